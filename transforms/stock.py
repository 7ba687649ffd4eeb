"""When a SKU could not be sold, how fast it sells otherwise, and what a restock decision reads."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from contracts.codes import DemandClass
from contracts.tables import (
    Inbound,
    Listing,
    SalesDaily,
    StockFact,
    StockLevel,
    StockoutDay,
    SupplyTerms,
    Velocity,
)
from transforms.days import local_day
from transforms.forecasts import demand_class, error_sd, ses, tsb
from transforms.listings import codes_no_longer_sold, shared_codes

_SKU = ["shop_id", "sku_id"]
_ALPHA: Final = 0.1
# With fewer days in stock the level is noise, and a guess would order goods.
_LEAST_DAYS: Final = 7


def latest_levels(
    stock_levels: dy.LazyFrame[StockLevel], as_of: dt.datetime
) -> dy.LazyFrame[StockLevel]:
    """The newest level per SKU and warehouse that was known at `as_of`."""
    known = stock_levels.lazy().filter(pl.max_horizontal("observed_at", "read_at") <= as_of)
    newest = pl.all().sort_by("observed_at", "read_at", "content_hash").last()
    return known.group_by(*_SKU, "warehouse_id").agg(newest).pipe(StockLevel.cast)


def stockout_days(
    exported: dy.LazyFrame[StockoutDay],
    stock_levels: dy.LazyFrame[StockLevel],
    *,
    as_of: dt.datetime,
    window_days: int,
    time_zone: str,
) -> pl.LazyFrame:
    """Days on which a SKU could not be sold: those exported and those observed.

    Grain: (shop_id, sku_id, stockout_date), shop-local, the `window_days` up to the day of `as_of`.
    A day is observed as one when the last known level of all warehouses together was not above zero
    at its end; a level holds until the next observation.
    """
    today = as_of.astimezone(ZoneInfo(time_zone)).date()
    since = today - dt.timedelta(days=window_days - 1)
    until = (pl.col("level_date").shift(-1).over(_SKU) - pl.duration(days=1)).fill_null(today)
    first = pl.max_horizontal("level_date", pl.lit(since))
    observed = (
        _end_of_day_levels(stock_levels.lazy(), as_of=as_of, time_zone=time_zone)
        .with_columns(first=first, until=until)
        .filter((pl.col("level") <= 0) & (pl.col("until") >= pl.col("first")))
        .select(*_SKU, stockout_date=pl.date_ranges("first", "until"))
        .explode("stockout_date")
    )
    told = exported.lazy().select(*_SKU, "stockout_date")
    in_window = pl.col("stockout_date").is_between(since, today)
    return pl.concat([told, observed]).filter(in_window).unique()


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


def velocity(
    sales_daily: dy.LazyFrame[SalesDaily],
    stockouts: pl.LazyFrame,
    *,
    as_of_date: dt.date,
    window_days: int,
) -> dy.LazyFrame[Velocity]:
    """Forecast per SKU ever sold, from the `window_days` that end with `as_of_date`.

    Stock-out days (`stockouts`: shop_id, sku_id, stockout_date) are missing, not zero. SKUs that
    sell on most days get SES, the others TSB, which decays when sales stop. The error's standard
    deviation is out of sample. Fewer than 7 days in stock: both are null, demand is unknown. Days
    before a new article's first sale count as days without one, so its demand is understated.
    """
    since = as_of_date - dt.timedelta(days=window_days - 1)
    until_now = sales_daily.lazy().filter(pl.col("sales_date") <= as_of_date)
    out = stockouts.filter(pl.col("stockout_date").is_between(since, as_of_date))
    known = until_now.group_by(_SKU).agg(
        last_sold_date=pl.col("sales_date").filter(pl.col("sold_units") > 0).max()
    )
    days_out = out.group_by(_SKU).agg(stockout_days=pl.len())
    in_window = until_now.filter(pl.col("sales_date") >= since)
    levels = _levels(_days_in_stock(in_window, out, since=since, until=as_of_date))
    in_stock = window_days - pl.col("stockout_days")
    daily = pl.col("daily_units", "daily_sd_units")
    return (
        known.join(days_out, on=_SKU, how="left")
        .join(levels, on=_SKU, how="left")
        .with_columns(pl.col("stockout_days", "sold_units").fill_null(0))
        .with_columns(
            pl.when(in_stock >= _LEAST_DAYS).then(daily.fill_null(0.0)),
            pl.col("demand_class").fill_null(str(DemandClass.NONE)),
            as_of_date=pl.lit(as_of_date),
            window_days=pl.lit(window_days),
        )
        .pipe(Velocity.cast)
    )


def _days_in_stock(
    sold: pl.LazyFrame, out: pl.LazyFrame, *, since: dt.date, until: dt.date
) -> pl.LazyFrame:
    """Pieces per day in stock, zeros included, of SKUs sold in the window; days in order."""
    days = pl.select(sales_date=pl.date_range(since, until)).lazy()
    day = [*_SKU, "sales_date"]
    return (
        sold.select(_SKU)
        .unique()
        .join(days, how="cross")
        .join(out, left_on=day, right_on=[*_SKU, "stockout_date"], how="anti")
        .join(sold.select(*day, "sold_units"), on=day, how="left")
        .with_columns(pl.col("sold_units").fill_null(0))
        .sort(day)
    )


def _levels(days: pl.LazyFrame) -> pl.LazyFrame:
    demand = pl.col("sold_units")
    smooth = ses(demand, _ALPHA)
    seldom = tsb(demand, alpha_size=_ALPHA, alpha_probability=_ALPHA)
    is_frequent = pl.col("demand_class").is_in([DemandClass.SMOOTH, DemandClass.ERRATIC])
    return (
        days.group_by(_SKU, maintain_order=True)
        .agg(
            demand.sum(),
            demand_class=demand_class(demand),
            ses=smooth.last(),
            ses_sd=error_sd(demand, smooth),
            tsb=seldom.last(),
            tsb_sd=error_sd(demand, seldom),
        )
        .select(
            *_SKU,
            "sold_units",
            "demand_class",
            daily_units=pl.when(is_frequent).then("ses").otherwise("tsb"),
            daily_sd_units=pl.when(is_frequent).then("ses_sd").otherwise("tsb_sd"),
        )
    )


def stock_facts(
    stock_levels: dy.LazyFrame[StockLevel],
    velocity: dy.LazyFrame[Velocity],
    *,
    listings: dy.LazyFrame[Listing],
    supply_terms: dy.LazyFrame[SupplyTerms],
    inbound: dy.LazyFrame[Inbound],
    as_of: dt.datetime,
    time_zone: str,
) -> dy.LazyFrame[StockFact]:
    """One row per SKU with a stock level known at `as_of`, all warehouses together.

    Left out are codes that several live listings share, and those that are no longer sold;
    `listings` are those that are gone included.

    A SKU never sold has a demand of zero. Overdue arrivals still count as on the way, but the next
    arrival is never before today.
    """
    today = as_of.astimezone(ZoneInfo(time_zone)).date()
    levels = (
        latest_levels(stock_levels, as_of)
        .join(shared_codes(listings), on=_SKU, how="anti")
        .join(codes_no_longer_sold(listings), on=_SKU, how="anti")
        .group_by(_SKU)
        .agg(pl.col("on_hand_units", "available_units").sum(), pl.col("observed_at").min())
    )
    due = pl.col("expected_date").filter(pl.col("expected_date") >= today)
    coming = (
        inbound.lazy()
        .filter(pl.col("inbound_units") > 0)
        .group_by(_SKU)
        .agg(pl.col("inbound_units").sum(), next_inbound_date=due.min())
    )
    sells = velocity.lazy().select(
        *_SKU, "daily_units", "daily_sd_units", "sold_units", is_sold=pl.lit(value=True)
    )
    never_sold = pl.col("is_sold").is_null()
    return (
        levels.join(coming, on=_SKU, how="left")
        .join(sells, on=_SKU, how="left")
        .join(supply_terms.lazy(), on=_SKU, how="left")
        .with_columns(
            pl.when(never_sold).then(0.0).otherwise("daily_units").alias("daily_units"),
            pl.when(never_sold).then(0.0).otherwise("daily_sd_units").alias("daily_sd_units"),
            pl.col("inbound_units", "sold_units").fill_null(0),
        )
        .pipe(StockFact.cast)
    )
