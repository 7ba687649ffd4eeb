"""How ad reports are read: by days in China, the last ones again with every pull."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Final

from connectors.base.ad_days import Part
from connectors.base.days import days_to_read, spans
from connectors.base.gateway import CHINA
from connectors.base.paging import by_number
from connectors.jd_ads import wire
from connectors.jd_ads.client import HAITOU, KUAICHE, SUMS, JdAdsClient
from contracts.streams import Page, Window

_LONGEST_DAYS: Final = 30
_ROWS: Final = 100
_LONG_EFFECT: Final = 15


def ads(client: JdAdsClient, window: Window) -> Iterator[Page]:
    """Reports of the days of a window, see `days_to_read`."""
    now, settings = client.recent_now(), client.settings
    first, last = days_to_read(window, now, CHINA, settings.trailing_days)
    kept = now.astimezone(CHINA).date() - dt.timedelta(days=settings.report_days)
    for start, end in spans(max(first, kept), last, _LONGEST_DAYS):
        if settings.has_kuaiche and settings.kuaiche_call == SUMS:
            yield from _sums(client, start, end)
        elif settings.has_kuaiche:
            yield from _rows(client, "kuaiche", KUAICHE, start, end)
        if settings.has_haitou:
            yield from _rows(client, "haitou", HAITOU, start, end)


def _sums(client: JdAdsClient, first: dt.date, last: dt.date) -> Iterator[Page]:
    asked = {
        "startDay": first.isoformat(),
        "endDay": last.isoformat(),
        "isDaily": True,
        "isOrderOrClick": False,
        "isTodayOr15Days": client.settings.effect_days == _LONG_EFFECT,
        "platform": "all",
        "pageSize": _ROWS,
    }
    part = Part("kuaiche", "campaign", "sums", first, last, client.settings.unit)
    return _pages(client, SUMS, asked, "pageIndex", part)


def _rows(
    client: JdAdsClient, channel: str, method: str, first: dt.date, last: dt.date
) -> Iterator[Page]:
    asked = {
        "startDay": first.isoformat(),
        "endDay": last.isoformat(),
        "isDaily": "true",
        "platform": "all",
        "clickOrOrderDay": client.settings.effect_days,
        "clickOrOrderCaliber": 0,
        "pageSize": _ROWS,
    }
    part = Part(channel, "campaign", "rows", first, last, client.settings.unit)
    return _pages(client, method, asked, "page", part)


def _pages(
    client: JdAdsClient, method: str, asked: Mapping[str, Any], number_name: str, part: Part
) -> Iterator[Page]:
    """Pages of a report up to the one that is not full."""
    rows = wire.rows_of(part)

    def ask(number: int) -> tuple[Page, bool]:
        body = client.read(method, {**asked, number_name: number}).data
        return Page(body, part.text), len(rows.raw(body)) == _ROWS

    return by_number(ask)
