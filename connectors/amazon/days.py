"""How what the platform tells by whole days is read: what they came to, and who visited."""

import datetime as dt
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from connectors.amazon import reports
from connectors.amazon.client import AmazonClient
from connectors.amazon.operations import GET_METRICS
from connectors.amazon.refusals import DeniedError
from connectors.base.days import days_to_read
from connectors.base.wire import decoded
from contracts.errors import SourceContractError, SourceRejectedError
from contracts.streams import Page, Window

REPORT_TYPE: Final = "GET_SALES_AND_TRAFFIC_REPORT"
TRAFFIC: Final = "traffic"
"""Part of a day's report, before the day: rows of products do not tell it themselves."""
SHOP_TRAFFIC: Final = "shop_traffic"
"""Part of a report of several days, whose products are of all of them together."""
TOTALS: Final = "totals"
_KEPT: Final = dt.timedelta(days=729)
"""Both sources go back two years."""
_TOTALS_TRAILING: Final = 28
"""The days that totals are checked of, in the one call that newer ones take anyway: an order that
is cancelled leaves the total of its day, however late."""
_DAY: Final = dt.timedelta(days=1)


class _Specification(msgspec.Struct, rename="camel"):
    data_start_time: str
    data_end_time: str


class _Report(msgspec.Struct, rename="camel"):
    report_specification: _Specification


_REPORT = msgspec.json.Decoder(_Report)


def totals(client: AmazonClient, window: Window) -> Iterator[Page]:
    """The totals of a window's days, and with every pull those of the last four weeks again.

    Days are the store's, and each end is told with the offset that it has there.
    """
    now, zone = client.recent_now(client.urgency), ZoneInfo(client.settings.store.zone)
    first, last = days_to_read(window, now, zone, _TOTALS_TRAILING)
    first = max(first, now.astimezone(zone).date() - _KEPT)
    if first > last:
        return
    ends = (dt.datetime.combine(day, dt.time(), zone) for day in (first, last + _DAY))
    params = (
        ("marketplaceIds", client.settings.marketplace_id),
        ("interval", "--".join(end.isoformat() for end in ends)),
        ("granularity", "Day"),
        ("granularityTimeZone", zone.key),
    )
    yield Page(client.ask(GET_METRICS, params=params).body, TOTALS)


def traffic(client: AmazonClient, window: Window) -> Iterator[Page]:
    """Reports of the days that end in a window; where it reaches up to now, of the last ones again.

    So a day is read when it is over, and once more a day as long as its visits still change. What a
    report says of products is added up over all that was asked for, so of late days each has one of
    its own, requested before the first is waited for; one for all days before tells of the shop
    alone. A day that the platform has no data of keeps what was read of it before.

    Raises:
        SourceRejectedError: the application lacks the role.
        SourceContractError: a report is of other days than were asked for.
    """
    wanted = [(span, _requested(client, *span)) for span in _spans(client, window)]
    for span, report_id in wanted:
        chunks = reports.finished(client, report_id)
        if chunks is not None:
            yield _page(b"".join(chunks), *span)


def _spans(client: AmazonClient, window: Window) -> list[tuple[dt.date, dt.date]]:
    """First and last days of the reports to ask for: earlier days together, late ones alone."""
    settings, now = client.settings, client.recent_now(client.urgency)
    zone = ZoneInfo(settings.store.zone)
    today = now.astimezone(zone).date()
    first, last = window.start.astimezone(zone).date(), window.end.astimezone(zone).date() - _DAY
    if first > last:
        return []
    if window.end > now - _DAY:
        first -= settings.traffic_trailing_days * _DAY
    first = max(first, today - _KEPT)
    alone = max(first, today - settings.product_traffic_days * _DAY)
    earlier = first, min(last, alone - _DAY)
    days = (alone + place * _DAY for place in range((last - alone).days + 1))
    return [*([earlier] if earlier[0] <= earlier[1] else []), *((day, day) for day in days)]


def _requested(client: AmazonClient, first: dt.date, last: dt.date) -> str:
    """A report of days: both ends belong to it. Products by their page: by SKU, those that were
    seen and not bought would be left out."""
    start, end = (dt.datetime.combine(day, dt.time(), dt.UTC) for day in (first, last))
    options = {"dateGranularity": "DAY", "asinGranularity": "CHILD"}
    try:
        return reports.requested(client, REPORT_TYPE, start, end, **options)
    except DeniedError as error:
        raise SourceRejectedError(
            f"{error}; visits take the Brand Analytics role: give it to the application, or set"
            " `has_brand_analytics = false`"
        ) from None


def _page(body: bytes, first: dt.date, last: dt.date) -> Page:
    told = decoded(_REPORT.decode, body).report_specification
    dates = [first.isoformat(), last.isoformat()]
    if [told.data_start_time[:10], told.data_end_time[:10]] != dates:
        raise SourceContractError(f"a report of {first} to {last} is of other days")
    return Page(body, f"{TRAFFIC}:{first}" if first == last else SHOP_TRAFFIC)
