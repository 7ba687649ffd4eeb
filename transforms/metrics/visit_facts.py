"""Facts of visits: by hour, by place of the shop, of distinct visitors, to what is sold, carts."""

from collections.abc import Mapping
from functools import partial
from typing import Final

import polars as pl

from contracts.codes import RECEIVED, PaymentStatus
from contracts.metrics import Dimension
from contracts.tables.traffic import NO_LISTING
from contracts.visit_codes import ActiveWindow
from transforms.days import local_day
from transforms.metrics.funnels import funnels
from transforms.metrics.sources import DATE, Fact, Sources
from transforms.sales import goods

CART_HOURS: Final = 24
_WINDOW_DAYS: Final = {ActiveWindow.DAY: 1, ActiveWindow.WEEK: 7, ActiveWindow.MONTH: 30}
_VISITOR: Final = ["shop_id", "member_id"]


def _hours(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """Visits per hour and source."""
    names = {"traffic_date": DATE, "hour": Dimension.HOUR, "traffic_source": Dimension.SOURCE}
    return of.hours.lazy().rename(names)


def _slots(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """Impressions and clicks per place of the shop."""
    return of.slots.lazy().rename({"traffic_date": DATE, "slot_id": Dimension.SLOT})


def _active(of: Sources, _by: frozenset[Dimension], window: ActiveWindow) -> pl.LazyFrame:
    """Distinct visitors of the days up to each day: the platform's own, else of pages opened."""
    own = of.active_users.lazy().filter(pl.col("active_window") == window)
    columns = ["shop_id", DATE, "active_units"]
    told = own.rename({"traffic_date": DATE}).select(columns)
    counted = _counted(of, _WINDOW_DAYS[window]).select(columns)
    return pl.concat([told, counted.join(told, on=columns[:2], how="anti")])


def _counted(of: Sources, days: int) -> pl.LazyFrame:
    """Exact distinct visitors of `days` days up to each whole day, from the pages opened.

    Nothing where a page names no visitor, and nothing before the log is as long as the window. Each
    visit counts from its day until its window ends or the visitor's next visit begins.
    """
    day = pl.col(DATE)
    seen = (
        of.visit_events.lazy()
        .filter(pl.col("member_id").is_not_null().all())
        .select(*_VISITOR, local_day("visited_at", of.time_zone).alias(DATE))
        .filter(day <= of.known_until)
        .unique()
        .sort(*_VISITOR, DATE)
        .with_columns(
            until=pl.min_horizontal(
                day + pl.duration(days=days), day.shift(-1).over(_VISITOR, order_by=DATE)
            )
        )
    )
    changes = [
        seen.select("shop_id", DATE, change=pl.lit(1, pl.Int64)),
        seen.select("shop_id", pl.col("until").alias(DATE), change=pl.lit(-1, pl.Int64)),
    ]
    span = seen.group_by("shop_id").agg(pl.date_ranges(day.min(), day.max()).first().alias(DATE))
    every = span.explode(DATE).with_columns(change=pl.lit(0, pl.Int64))
    return (
        pl.concat([*changes, every])
        .group_by("shop_id", DATE)
        .agg(pl.col("change").sum())
        .sort("shop_id", DATE)
        .with_columns(active_units=pl.col("change").cum_sum().over("shop_id"))
        .join(span.select("shop_id", days=DATE), on="shop_id")
        .filter(
            day >= pl.col("days").list.min() + pl.duration(days=days - 1),
            day <= pl.col("days").list.max(),
        )
    )


def _listings(of: Sources, by: frozenset[Dimension]) -> pl.LazyFrame:
    """Visits to what is sold per day and product, with those who ordered it.

    Buyers are counted anew each day and product, as visitors are: `ordering` placed an order,
    `paying` paid it, `deposits` paid a deposit so far. By SKU each one of a product that is counted
    as a whole has all of its visitors, so that SKUs do not add up.
    """
    code = pl.coalesce("sku_id", "listing_id").alias(Dimension.SKU)
    known = of.listings.lazy().select("shop_id", "product_id", "listing_id", code)
    key = ["shop_id", DATE, "product_id", *([Dimension.SKU] if Dimension.SKU in by else [])]
    is_told = pl.col("carted_units").is_not_null()
    visits = (_by_code(of, known) if Dimension.SKU in by else of.listing_traffic.lazy()).rename(
        {"traffic_date": DATE}
    )
    return (
        visits.group_by(key)
        .agg(
            pl.col("visitors_units", "views_units", "carted_units").sum(),
            carting_units=pl.col("visitors_units").filter(is_told).sum(),
        )
        .join(_buyers(of, known, key, visits.select(DATE)), on=key, how="left")
        .with_columns(pl.col("ordering", "paying", "deposits").fill_null(0))
        .rename({"product_id": Dimension.PRODUCT})
    )


def _by_code(of: Sources, known: pl.LazyFrame) -> pl.LazyFrame:
    visits = of.listing_traffic.lazy()
    is_whole = pl.col("listing_id") == NO_LISTING
    codes = known.select("shop_id", "product_id", Dimension.SKU).unique()
    of_product = visits.filter(is_whole).join(codes, on=["shop_id", "product_id"], how="left")
    of_listing = visits.filter(~is_whole).join(
        known.drop("product_id"), on=["shop_id", "listing_id"], how="left"
    )
    rest = pl.coalesce(Dimension.SKU, "product_id").alias(Dimension.SKU)
    return pl.concat([of_product, of_listing]).with_columns(rest)


def _buyers(of: Sources, known: pl.LazyFrame, key: list[str], days: pl.LazyFrame) -> pl.LazyFrame:
    """Who ordered on days with visits, unpaid orders included, by the key of visits."""
    status = pl.col("payment_status")
    member = pl.coalesce("member_id", pl.concat_str(pl.lit("order:"), "order_id"))
    placed = (
        of.orders_of_lines.lazy()
        .filter(~pl.col("is_test"))
        .select(
            "shop_id", "order_id",
            local_day("placed_at", of.time_zone).alias(DATE),
            buyer=member,
            is_paid=status.is_in([str(one) for one in RECEIVED]),
            is_deposit=(status == PaymentStatus.PARTIALLY_PAID) & pl.col("cancelled_at").is_null(),
        )
    ).join(days, on=DATE, how="semi")  # fmt: skip
    return (
        goods(of.lines.lazy())
        .select("shop_id", "order_id", "listing_id")
        .join(placed, on=["shop_id", "order_id"])
        .join(known, on=["shop_id", "listing_id"])
        .group_by(*key, "buyer")
        .agg(pl.col("is_paid").any(), pl.col("is_deposit").any())
        .group_by(key)
        .agg(
            ordering=pl.len().cast(pl.Int64),
            paying=pl.col("is_paid").sum().cast(pl.Int64),
            deposits=pl.col("is_deposit").sum().cast(pl.Int64),
        )
    )


def _carts(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """Carts on the day on which they were begun; `is_known`: their 24 hours have passed."""
    limit = pl.duration(hours=CART_HOURS)
    took = pl.col("ordered_at") - pl.col("carted_at")
    return of.carts.lazy().with_columns(
        local_day("carted_at", of.time_zone).alias(DATE),
        is_ordered=(took <= limit).fill_null(value=False),
        is_known=pl.col("carted_at") + limit <= of.known_at,
    )


FACTS: Final[Mapping[str, Fact]] = {
    "hours": Fact(
        rows=_hours, dimensions=frozenset({Dimension.HOUR, Dimension.SOURCE}), is_daily=True
    ),
    "slots": Fact(rows=_slots, dimensions=frozenset({Dimension.SLOT}), is_daily=True),
    **{
        f"active_{one}": Fact(rows=partial(_active, window=one), is_daily=True)
        for one in ActiveWindow
    },
    "listing_traffic": Fact(
        rows=_listings, dimensions=frozenset({Dimension.PRODUCT, Dimension.SKU}), is_daily=True
    ),
    "paths": Fact(
        rows=funnels, dimensions=frozenset({Dimension.PATH, Dimension.STEP}), is_daily=True
    ),
    "carts": Fact(rows=_carts),
}
"""By name."""
