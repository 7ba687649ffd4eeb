"""Sales v1: what a store came to in spans of time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from sandbox.amazon.account import Account
from sandbox.amazon.errors import ERRORS, wrong
from sandbox.amazon.names import product_of_asin, product_of_sku
from sandbox.amazon.operations import OPERATIONS
from sandbox.amazon.order_shapes import FULFILLED_BY
from sandbox.amazon.sold import sold
from sandbox.kit import parameters
from sandbox.kit.fields import Document
from sandbox.kit.money import amount_text
from sandbox.kit.parameters import text, texts
from sandbox.kit.rest import JSON, Call
from sandbox.world.world import instant

ROOTS: Final = {"/sales/v1": JSON}
_YEARS: Final = timedelta(days=731)
_HOURS: Final = timedelta(days=30)
_NETWORKS: Final = {"MFN": "MERCHANT", "AFN": "AMAZON"}


@OPERATIONS(
    "GET", "/sales/v1/orderMetrics", 0.5, 15,
    query={
        "marketplaceIds": texts(most=1, is_required=True),
        "interval": text(is_required=True),
        "granularity": text("Hour", "Day", "Week", "Month", "Year", "Total", is_required=True),
        "granularityTimeZone": text(),
        "buyerType": text("B2B", "B2C", "All", default="All"),
        "fulfillmentNetwork": text(*_NETWORKS),
        "firstDayOfWeek": text("Monday", "Sunday", default="Monday"),
        "asin": text(),
        "sku": text(),
        "amazonProgram": text("AmazonHaul"),
    },
)  # fmt: skip
def get_order_metrics(account: Account, call: Call) -> Document:
    """Orders, pieces and sales of each span; of spans that reach over an end only what lies inside.

    No buyer of the world is a business, and no program sells anything.
    """
    query = call.query
    account.check_store(*query["marketplaceIds"])
    start, end = _interval(query["interval"])
    longest = _HOURS if query["granularity"] == "Hour" else _YEARS
    if not account.now - longest <= start < end <= account.now + _YEARS:
        raise wrong("The interval is empty or too long ago for its granularity.")
    zone = _zone(query, start, end)
    lines = _chosen(account, query).filter(_inside(start, end))
    return {
        "payload": [
            _metrics(lines, span, account.world.currency)
            for span in _spans(query, start, end, zone)
        ]
    }


def _interval(value: str) -> tuple[datetime, datetime]:
    start, _, end = value.partition("--")
    try:
        parameters.instant(start), parameters.instant(end)
    except ValueError as error:
        raise ERRORS("invalid", name="interval", reason=error) from None
    return datetime.fromisoformat(start), datetime.fromisoformat(end)


def _zone(query: dict[str, Any], start: datetime, end: datetime) -> tzinfo | None:
    name = query["granularityTimeZone"]
    if name is None:
        if query["granularity"] not in ("Hour", "Total"):
            raise ERRORS("missing", name="granularityTimeZone")
        return start.tzinfo
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise wrong("granularityTimeZone is no time zone.") from None
    if any(one.astimezone(zone).utcoffset() != one.utcoffset() for one in (start, end)):
        raise wrong("granularityTimeZone does not align with the offset of the interval.")
    return zone


def _chosen(account: Account, query: dict[str, Any]) -> pl.DataFrame:
    if query["asin"] is not None and query["sku"] is not None:
        raise wrong("Only one of asin and sku can be given.")
    lines = sold(account)
    if query["buyerType"] == "B2B" or query["amazonProgram"] is not None:
        return lines.clear()
    if query["asin"] is not None:
        lines = lines.filter(pl.col("product_id").eq_missing(product_of_asin(query["asin"])))
    if query["sku"] is not None:
        lines = lines.filter(pl.col("product_id").eq_missing(product_of_sku(query["sku"])))
    if query["fulfillmentNetwork"] is not None:
        lines = lines.filter(FULFILLED_BY.is_in([_NETWORKS[query["fulfillmentNetwork"]]]))
    return lines


def _spans(
    query: dict[str, Any], start: datetime, end: datetime, zone: tzinfo | None
) -> Iterator[tuple[datetime, datetime]]:
    """Whole spans by the clock of the zone, from that of the start to that of the end."""
    granularity = query["granularity"]
    if granularity == "Total":
        yield start, end
        return
    at = start.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    if granularity != "Hour":
        at = at.replace(hour=0)
    if granularity == "Week":
        at -= timedelta(days=(at.weekday() + (query["firstDayOfWeek"] == "Sunday")) % 7)
    if granularity in ("Month", "Year"):
        at = at.replace(day=1)
    if granularity == "Year":
        at = at.replace(month=1)
    while at < end:
        following = _following(at, granularity)
        yield at, following
        at = following


def _following(at: datetime, granularity: str) -> datetime:
    if granularity == "Hour":
        return (at.astimezone(UTC) + timedelta(hours=1)).astimezone(at.tzinfo)
    if granularity in ("Month", "Year"):
        days = 31 if granularity == "Month" else 366
        later = (at + timedelta(days=days)).replace(day=1)
        return later if granularity == "Month" else later.replace(month=1)
    return at + timedelta(days=1 if granularity == "Day" else 7)


def _inside(start: datetime, end: datetime) -> pl.Expr:
    at = pl.col("created_at")
    return (at >= instant(start.astimezone(UTC))) & (at < instant(end.astimezone(UTC)))


def _metrics(lines: pl.DataFrame, span: tuple[datetime, datetime], currency: str) -> Document:
    start, end = span
    own = lines.filter(_inside(start, end))
    units, minor = int(own["units"].sum()), int(own["gross_minor"].sum())
    return {
        "interval": "--".join(
            one.isoformat(timespec="minutes").replace("+00:00", "Z") for one in span
        ),
        "unitCount": units,
        "orderItemCount": own.height,
        "orderCount": own["order_id"].n_unique(),
        "averageUnitPrice": _money(round(minor / units) if units else 0, currency),
        "totalSales": _money(minor, currency),
    }


def _money(minor: int, currency: str) -> Document:
    """Decimal text without needless zeros: 25, 12.5."""
    amount = amount_text(minor, currency)
    short = amount.rstrip("0").rstrip(".") if "." in amount else amount
    return {"amount": short, "currencyCode": currency}
