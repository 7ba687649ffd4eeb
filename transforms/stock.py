"""When a SKU could not be sold, and what a restock decision reads."""

import datetime as dt
from typing import Final, cast
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from contracts.bundles import NO_PIECES
from contracts.codes import DemandClass
from contracts.tables import (
    Inbound,
    Listing,
    OpenOrder,
    PriceFact,
    StockFact,
    StockLevel,
    StockoutDay,
    SupplyTerms,
    Velocity,
)
from transforms.bundles import parts_of, with_bundle_levels
from transforms.days import local_day
from transforms.listings import codes_no_longer_sold, shared_codes

_SKU = ["shop_id", "sku_id"]
USUAL_OVERDUE_DAYS: Final = 14
"""An arrival that is later than this is no longer counted on: it would block orders for ever."""


def latest_levels(
    stock_levels: dy.LazyFrame[StockLevel], as_of: dt.datetime
) -> dy.LazyFrame[StockLevel]:
    """The newest level per SKU and warehouse that was known at `as_of`."""
    known = stock_levels.lazy().filter(pl.max_horizontal("observed_at", "read_at") <= as_of)
    newest = known.sort("observed_at", "read_at", "content_hash")
    return newest.unique([*_SKU, "warehouse_id"], keep="last").pipe(StockLevel.cast)


def stockout_spans(
    exported: dy.LazyFrame[StockoutDay],
    stock_levels: dy.LazyFrame[StockLevel],
    *,
    as_of: dt.datetime,
    time_zone: str,
) -> pl.LazyFrame:
    """When a SKU could not be sold, up to the day of `as_of`: what was exported and what observed.

    Columns shop_id, sku_id, first_date, last_date, shop-local and both included; spans may overlap.
    A day is observed as one when the last known level of all warehouses together was not above zero
    at its end; a level holds until the next observation.
    """
    today = as_of.astimezone(ZoneInfo(time_zone)).date()
    until = (pl.col("first_date").shift(-1).over(_SKU) - pl.duration(days=1)).fill_null(today)
    # What always had some everywhere was never out of it, which is so of most.
    levels = stock_levels.lazy()
    emptied = levels.filter(pl.col("available_units") <= 0)
    observed = (
        levels.join(emptied, on=_SKU, how="semi")
        .pipe(_end_of_day_levels, as_of=as_of, time_zone=time_zone)
        .rename({"level_date": "first_date"})
        .with_columns(last_date=until)
        .filter(pl.col("level") <= 0)
        .select(*_SKU, "first_date", "last_date")
    )
    day = pl.col("stockout_date")
    exported_spans = (
        exported.lazy().filter(day <= today).select(*_SKU, first_date=day, last_date=day)
    )
    return pl.concat([exported_spans, observed])


def _end_of_day_levels(levels: pl.LazyFrame, *, as_of: dt.datetime, time_zone: str) -> pl.LazyFrame:
    """Level over all warehouses at the end of each day with an observation, days in order."""
    order = ["observed_at", "read_at", "content_hash"]
    available = pl.col("available_units")
    change = available - available.shift().over(*_SKU, "warehouse_id").fill_null(0)
    return (
        levels.filter(pl.max_horizontal("observed_at", "read_at") <= as_of)
        .sort(*_SKU, *order)
        .with_columns(change=change)
        .with_columns(
            level=pl.col("change").cum_sum().over(_SKU),
            level_date=local_day("observed_at", time_zone),
        )
        .group_by(*_SKU, "level_date", maintain_order=True)
        .agg(pl.col("level").last())
    )


def stock_facts(
    stock_levels: dy.LazyFrame[StockLevel],
    velocity: dy.LazyFrame[Velocity],
    *,
    listings: dy.LazyFrame[Listing],
    prices: dy.LazyFrame[PriceFact],
    supply_terms: dy.LazyFrame[SupplyTerms],
    inbound: dy.LazyFrame[Inbound],
    orders: dy.LazyFrame[OpenOrder],
    as_of: dt.datetime,
    time_zone: str,
    pieces: pl.LazyFrame = NO_PIECES,
    overdue_days: int = USUAL_OVERDUE_DAYS,
) -> dy.LazyFrame[StockFact]:
    """One row per SKU with a stock level known at `as_of`, all warehouses together, per bundle, and
    per listed one or part of a bundle that sells without any.

    `listings` are those that are gone included: a code whose listings are all off sale is
    discontinued, unless a bundle that is on sale holds it; one of several live listings is shared.
    `pieces` are the articles of bundles (`transforms.bundles.articles`).

    A SKU never sold has a demand of zero. On the way are the merchant's purchase orders and what
    was approved here and shows nowhere yet (`orders`). An arrival up to `overdue_days` late
    still counts, but the next arrival is never before today; a later one is reported as late.
    """
    today = as_of.astimezone(ZoneInfo(time_zone)).date()
    levels = (
        latest_levels(stock_levels, as_of)
        .group_by(_SKU)
        .agg(pl.col("on_hand_units", "available_units").sum(), pl.col("observed_at").min())
        .pipe(with_bundle_levels, pieces)
    )
    uneven = _uneven(stock_levels.lazy(), as_of)
    selling = _selling(velocity.lazy(), listings.lazy(), pieces)
    off_sale = codes_no_longer_sold(listings)
    needed = parts_of(pieces.join(off_sale, on=_SKU, how="anti"))
    no_longer_sold = off_sale.join(needed, on=_SKU, how="anti").with_columns(is_discontinued=True)
    shared = shared_codes(listings).with_columns(is_shared=True)
    bundles = pieces.select(_SKU).unique().with_columns(is_bundle=True)
    sells = velocity.lazy().select(*_SKU, *_OF_VELOCITY, is_sold=pl.lit(value=True))
    never_sold, supplier = pl.col("is_sold").is_null(), pl.col("supplier")
    daily = pl.col("daily_units", "daily_sd_units")
    return (
        levels.join(selling, on=_SKU, how="full", coalesce=True)
        .join(_coming(_on_order(inbound, orders), today, overdue_days), on=_SKU, how="left")
        .join(sells, on=_SKU, how="left")
        .join(supply_terms.lazy(), on=_SKU, how="left")
        .join(uneven, on=_SKU, how="left")
        .join(_worth(prices.lazy()), on=_SKU, how="left")
        .join(no_longer_sold, on=_SKU, how="left")
        .join(shared, on=_SKU, how="left")
        .join(bundles, on=_SKU, how="left")
        .with_columns(
            pl.when(~never_sold).then(daily).otherwise(0.0),
            pl.col("demand_class").fill_null(str(DemandClass.NONE)),
            pl.col("inbound_units", "overdue_units", *_COUNTS).fill_null(0),
            pl.col("is_discontinued", "is_shared", "is_bundle").fill_null(value=False),
            supplier=pl.when(supplier != "").then(supplier.str.slice(0, 200)),
        )
        .pipe(StockFact.cast)
    )


_COUNTS: Final = ("sold_units", "stockout_days", "event_days", "outlier_days")
_OF_VELOCITY: Final = (
    "daily_units",
    "daily_sd_units",
    "demand_class",
    "forecast_method",
    "demand_until_date",
    "last_sold_date",
    *_COUNTS,
)


def _selling(velocity: pl.LazyFrame, listings: pl.LazyFrame, pieces: pl.LazyFrame) -> pl.LazyFrame:
    """Codes that sell or may, of a listing or a bundle: sales without a code stand under the
    listing's id."""
    sells = velocity.filter(pl.col("daily_units").is_null() | (pl.col("daily_units") > 0))
    known = pl.concat([listings.select(_SKU), parts_of(pieces)])
    return sells.join(known, on=_SKU, how="semi").select(_SKU)


def _uneven(levels: pl.LazyFrame, as_of: dt.datetime) -> pl.LazyFrame:
    """SKUs that one warehouse has run out of while another holds some, with the two."""
    place, left = [*_SKU, "warehouse_id"], pl.col("available_units")
    known = levels.filter(pl.max_horizontal("observed_at", "read_at") <= as_of)
    used = known.group_by(place).agg(most=left.max()).filter(pl.col("most") > 0)
    by_stock = pl.col("warehouse_id").sort_by("available_units", "warehouse_id")
    latest = latest_levels(cast("dy.LazyFrame[StockLevel]", levels), as_of)
    return (
        latest.join(used, on=place, how="semi")
        .group_by(_SKU)
        .agg(
            bare_warehouse_id=pl.col("warehouse_id").filter(left <= 0).min(),
            full_warehouse_id=by_stock.last(),
            full_warehouse_units=left.max(),
        )
        .filter(pl.col("bare_warehouse_id").is_not_null(), pl.col("full_warehouse_units") > 0)
    )


def _on_order(inbound: dy.LazyFrame[Inbound], orders: dy.LazyFrame[OpenOrder]) -> pl.LazyFrame:
    approved = orders.lazy().select(*_SKU, "expected_date", inbound_units="open_units")
    return pl.concat([inbound.lazy().select(*_SKU, "expected_date", "inbound_units"), approved])


def _coming(inbound: pl.LazyFrame, today: dt.date, overdue_days: int) -> pl.LazyFrame:
    """What is on the way per SKU, and apart from it what is overdue for too long."""
    expected, coming = pl.col("expected_date"), pl.col("inbound_units")
    is_lost = expected < today - dt.timedelta(days=overdue_days)
    return (
        inbound.filter(coming > 0)
        .group_by(_SKU)
        .agg(
            inbound_units=coming.filter(~is_lost).sum(),
            next_inbound_date=expected.filter(expected >= today).min(),
            overdue_units=coming.filter(is_lost).sum(),
            overdue_since_date=expected.filter(is_lost).min(),
        )
    )


def _worth(prices: pl.LazyFrame) -> pl.LazyFrame:
    """What a piece sells for and costs, per SKU."""
    columns = ("category", "currency", "price_minor", "discount_rate", "unit_cost_minor")
    return prices.unique(_SKU, keep="any").select(*_SKU, *columns)
