"""What days came to, and who visited, as canonical tables.

Pure: the same pages and context give the same rows.
"""

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from connectors.amazon import shapes
from connectors.base.documents import owner_of
from connectors.base.frames import columns, empty_to_null
from connectors.base.mapping import Mapper, Parsed, money
from contracts.codes import QuarantineReason
from contracts.streams import Context, Mapped, Page
from contracts.tables import DailyTotal, ListingTrafficDaily, TrafficDaily
from contracts.tables.traffic import NO_LISTING

_INSTANT: Final = r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(?::\d\d)?(Z|[+-]\d\d:\d\d)"
_TEXT, _NUMBER = pl.String, pl.Float64
_UNDATED = pl.lit(None, pl.Datetime("us", "UTC"))
_TOTAL: Final = {
    "span": ("interval", _TEXT),
    "orders": ("order_count", _NUMBER),
    "amount": ("total_sales.amount", _TEXT),
    "currency": ("total_sales.currency_code", _TEXT),
}
_DAY: Final = {
    "day": ("date", _TEXT),
    "sessions": ("traffic_by_date.sessions", _NUMBER),
    "views": ("traffic_by_date.page_views", _NUMBER),
}
_PRODUCT: Final = {
    "parent": ("parent_asin", _TEXT),
    "child": ("child_asin", _TEXT),
    "sessions": ("traffic_by_asin.sessions", _NUMBER),
    "views": ("traffic_by_asin.page_views", _NUMBER),
}


def totals(pages: Iterable[Page], context: Context) -> Mapped:
    """The store's totals of whole days of the shop.

    A span that is no day of the shop's zone is left out: where a shop's days begin elsewhere than
    the store's, nothing that it came to can be held against it.
    """
    found, unknown = shapes.TOTALS.documents(pages)
    start, end = pl.col("start"), pl.col("end")
    day = start.dt.date()
    is_day = (start == day) & (end == day.dt.offset_by("1d"))
    raw = columns(found, _TOTAL).with_columns(
        start=_local(f"^{_INSTANT}--", context.time_zone),
        end=_local(f"--{_INSTANT}$", context.time_zone),
    )
    mapper = Mapper(context).add(
        DailyTotal,
        raw.filter(start.is_null() | end.is_null() | is_day),
        total_date=Parsed(
            pl.when(end.is_not_null()).then(day), pl.col("span"), QuarantineReason.UNREADABLE_TIME
        ),
        currency=pl.col("currency"),
        orders_count=_count("orders"),
        gmv_minor=money("amount", context.currency),
    )
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def traffic(pages: Iterable[Page], context: Context) -> Mapped:
    """Visits of the shop and of its products per day of the store.

    A session is all that a visitor does in a day. A product is a page of the store, whichever SKUs
    are sold on it; only a report of one day tells them. A day on which none was seen replaces what
    was read of its products before. A page that came twice counts once.
    """
    unique = list(dict.fromkeys(pages))
    days, unknown = shapes.DAYS.documents(unique)
    seen: list[Any] = []
    dates: list[str] = []
    alone = {page: day for page in unique if (day := owner_of(page)) is not None}
    for page, day in alone.items():
        shown, odd = shapes.PRODUCTS.documents([page])
        unknown |= odd
        seen += shown
        dates += [day] * len(shown)
    by_day = columns(days, _DAY)
    products = _products(columns(seen, _PRODUCT).with_columns(pl.Series("day", dates, _TEXT)))
    mapper = Mapper(context)
    mapper.add(TrafficDaily, by_day, traffic_source=pl.lit(shapes.ALL_SOURCES), **_visits())
    mapper.add(
        ListingTrafficDaily,
        products,
        product_id=pl.col("product"),
        listing_id=pl.lit(NO_LISTING),
        **_visits(),
    )
    is_quiet = pl.col("day").is_in(set(alone.values()) - set(dates))
    quiet = by_day.filter(is_quiet).select(traffic_date=_date("day").value)
    mapper.add_empty(ListingTrafficDaily, quiet.drop_nulls().unique(), _UNDATED)
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def _products(seen: pl.DataFrame) -> pl.DataFrame:
    """One row per product and day: a page that changed its family on the day is told twice."""
    product = pl.coalesce(empty_to_null("child"), "parent")
    return seen.group_by("day", product=product, maintain_order=True).agg(
        pl.col("sessions", "views").sum()
    )


def _visits() -> dict[str, Parsed]:
    return {
        "traffic_date": _date("day"),
        "visitors_units": _count("sessions"),
        "views_units": _count("views"),
    }


def _date(name: str) -> Parsed:
    day = pl.col(name).str.to_date("%Y-%m-%d", strict=False)
    return Parsed(day, pl.col(name), QuarantineReason.UNREADABLE_TIME)


def _count(name: str) -> Parsed:
    """A whole number, in whatever way JSON writes it."""
    number = pl.col(name)
    value = pl.when(number == number.floor()).then(number).cast(pl.Int64, strict=False)
    return Parsed(value, number, QuarantineReason.UNREADABLE_NUMBER)


def _local(pattern: str, zone: str) -> pl.Expr:
    """An end of a span by the shop's clock; null: it is none."""
    span = pl.col("span")
    text = pl.concat_str(span.str.extract(pattern, 1), pl.lit(":00"), span.str.extract(pattern, 2))
    instant = text.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
    return instant.dt.convert_time_zone(zone).dt.replace_time_zone(None)
