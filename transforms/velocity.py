"""How fast a SKU sells on a day on which it can be bought: the forecast that restock orders by."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Final

import dataframely as dy
import numpy as np
import polars as pl

from contracts.codes import DemandClass
from contracts.tables import Velocity
from transforms.demand import (
    LEAST_DAYS,
    JudgedDays,
    days_to_judge_by,
    horizon_of,
    judged_by_more,
    unusual,
)
from transforms.forecasts import demand_class
from transforms.methods import LEVELS, chosen, forecasts
from transforms.seasons import in_last_year, last_year_of, shop_weekdays, year_rates

VERSION: Final = 1
"""Raised when the same sales forecast something else."""
_SKU: Final = ["shop_id", "sku_id"]


def known_skus(sold: pl.LazyFrame) -> pl.DataFrame:
    """Every SKU of `sold` (shop_id, sku_id, day, units), with the last day it sold on."""
    return (
        sold.select(*_SKU, last_sold_date=pl.when(pl.col("units") > 0).then("day"))
        .group_by(_SKU)
        .agg(pl.col("last_sold_date").max())
        .collect(engine="streaming")
    )


def known_after(sold: pl.LazyFrame, *, last: pl.DataFrame, days: pl.Series) -> pl.DataFrame:
    """`known_skus`, of which `last` were known before nothing but these days was sold otherwise.

    Only a SKU that may have lost its last day is looked up in all of them.
    """
    then, is_changed = pl.col("last_sold_date"), pl.col("day").is_in(days.implode())
    anew = known_skus(sold.filter(is_changed))
    stands = then.is_not_null() & ~then.is_in(days.implode())
    found = anew.select(*_SKU, found_date="last_sold_date", is_found=True)
    is_told = pl.col("is_found") & (then.is_null() | (pl.col("found_date") >= then))
    beside = last.filter(~stands).join(found, on=_SKU, how="left")
    open_ones = beside.filter(~is_told.fill_null(value=False)).select(_SKU)
    frames = [last.filter(stands), anew]
    if open_ones.height:
        frames.append(known_skus(sold.join(open_ones.lazy(), on=_SKU, how="semi")))
    return pl.concat(frames).group_by(_SKU).agg(then.max())


def velocity(
    sales_daily: pl.LazyFrame,
    stockouts: pl.LazyFrame,
    events: pl.LazyFrame,
    *,
    as_of_date: dt.date,
    window_days: int,
    known: Callable[[pl.LazyFrame], pl.DataFrame] = known_skus,
) -> dy.LazyFrame[Velocity]:
    """Forecast per SKU ever sold, from the `window_days` that end with `as_of_date`.

    `sales_daily` is the table of that name, or what of it left the shelf (`transforms.bundles`).
    Days out of stock (`stockouts`: as `transforms.stock.stockout_spans`), of campaigns (`events`:
    shop_id, sku_id, event_date; no SKU: all of them) and those that sold what is not usual are
    missing, not zero. With fewer than 7 others the last of three windows before stand in, so that a
    best seller that is sold out sells as it did; with none there either demand is unknown: null.
    `known` finds the SKUs as `known_skus` does.

    The method is chosen per shop and class by the error of the next 14 days' total (`chosen`). The
    forecast is per day of a whole week, so it does not depend on the weekday of `as_of_date`. It
    follows the same weeks of last year, where sales reach back that far. The error's standard
    deviation is out of sample. Days before a new article's first sale count as days without one, so
    its demand is understated.
    """
    work = partial(
        _velocity,
        sales_daily,
        stockouts,
        events,
        until=as_of_date,
        window_days=window_days,
        known=known,
    )
    return pl.defer(work, schema=Velocity.create_empty().schema).pipe(Velocity.cast)


def _velocity(
    sales_daily: pl.LazyFrame,
    stockouts: pl.LazyFrame,
    events: pl.LazyFrame,
    *,
    until: dt.date,
    window_days: int,
    known: Callable[[pl.LazyFrame], pl.DataFrame],
) -> pl.DataFrame:
    since = until - dt.timedelta(days=window_days - 1)
    before = sales_daily.filter(pl.col("sales_date") <= until).select(
        *_SKU, day="sales_date", units="sold_units"
    )
    skus = known(before).sort(pl.struct(_SKU)).with_row_index("sku")
    keys = skus.lazy().select(*_SKU, "sku")
    # Read again rather than held: of years of sales few columns of some days are needed.
    day, was_then = pl.col("day"), in_last_year("day", until=until, window_days=window_days)
    sales = _numbered(before.filter((day >= since) | was_then), keys)
    sold, last_year = sales.filter(day >= since), sales.filter(was_then)
    spans = stockouts.join(keys, on=_SKU).select("sku", "first_date", "last_date").collect()
    out = _days_out(spans, until=until, window_days=window_days)
    campaigns = _per_sku(events, keys).join(keys, on=_SKU).select("sku", day="event_date")
    event_days = campaigns.unique().collect()
    if event_days.height:
        # Few days are both, and many more are out of stock than of a campaign.
        both = out.join(event_days, on=["sku", "day"], how="semi")
        event_days = event_days.join(both, on=["sku", "day"], how="anti")
    left_out = pl.concat([out, event_days])
    more = judged_by_more(sold, left_out, since=since, until=until)
    is_earlier = day.is_between(horizon_of(until, window_days), since, closed="left")
    sold = pl.concat([sold, _of_some(before.filter(is_earlier), skus.join(more, on="sku"))])
    judged = days_to_judge_by(sold, left_out, until=until, window_days=window_days)
    odd = unusual(judged, sold)
    levels = _levels(judged.without(odd))
    in_window = pl.col("day").is_between(since, until)
    counts = {
        "stockout_days": out.filter(in_window),
        "event_days": event_days.filter(in_window),
        "outlier_days": pl.DataFrame({"sku": judged.skus[np.nonzero(odd)[1]]}),
    }
    rates = year_rates(last_year, left_out, until=until, window_days=window_days)
    frame = skus.join(levels, on="sku", how="left").join(rates, on="sku", how="left")
    for name, rows in counts.items():
        frame = frame.join(rows.group_by("sku").agg(pl.len().alias(name)), on="sku", how="left")
    frame = frame.with_columns(pl.col(*counts, "sold_units").fill_null(0))
    told = window_days - pl.col("stockout_days") - pl.col("event_days")
    # Without a sale in a window with enough days, nothing sells; that is known up to yesterday.
    is_idle = pl.col("demand_until_date").is_null() & (told >= LEAST_DAYS)
    daily = pl.col("daily_units", "daily_sd_units")
    return frame.with_columns(
        pl.when(~is_idle).then(daily * pl.col("year_rate").fill_null(1.0)).otherwise(0.0),
        pl.when(is_idle).then(until).otherwise("demand_until_date").alias("demand_until_date"),
        pl.col("demand_class").fill_null(str(DemandClass.NONE)),
        pl.col("year_rate").fill_null(1.0),
        as_of_date=pl.lit(until),
        window_days=pl.lit(window_days, dtype=pl.Int64),
    ).pipe(Velocity.cast)


def _numbered(sold: pl.LazyFrame, keys: pl.LazyFrame) -> pl.DataFrame:
    """Sales by the number of the SKU."""
    found = sold.join(keys, on=_SKU).select("sku", "day", "units")
    return found.collect(engine="streaming")


def _of_some(sold: pl.LazyFrame, skus: pl.DataFrame) -> pl.DataFrame:
    """Sales of some SKUs, which are mostly few."""
    is_one = pl.col("sku_id").is_in(skus["sku_id"].implode())
    some = sold.filter(is_one) if skus.height else sold.limit(0)
    return _numbered(some, skus.lazy().select(*_SKU, "sku"))


def _days_out(spans: pl.DataFrame, *, until: dt.date, window_days: int) -> pl.DataFrame:
    """Days of the spans (sku, first_date, last_date) that a SKU is judged by, now and last year.

    Each once: a span begins after those before it have ended.
    """
    ended = pl.col("last_date").cum_max().shift().over("sku") + pl.duration(days=1)
    apart = spans.sort("sku", "first_date").with_columns(pl.max_horizontal("first_date", ended))
    since = horizon_of(until, window_days)
    then, ahead = last_year_of(until, window_days)
    told = (since, until), (then, min(ahead, since - dt.timedelta(days=1)))
    return pl.concat([_days_of(apart, *span) for span in told])


def _days_of(spans: pl.DataFrame, since: dt.date, until: dt.date) -> pl.DataFrame:
    """Days of the spans that lie within."""
    first, last = pl.max_horizontal("first_date", since), pl.min_horizontal("last_date", until)
    return (
        spans.with_columns(first_date=first, last_date=last)
        .filter(pl.col("first_date") <= pl.col("last_date"))
        .select("sku", day=pl.date_ranges("first_date", "last_date"))
        .explode("day")
    )


def _per_sku(events: pl.LazyFrame, keys: pl.LazyFrame) -> pl.LazyFrame:
    """Days of campaigns of single SKUs, and those of whole shops for each of their SKUs."""
    whole = events.filter(pl.col("sku_id").is_null()).select("shop_id", "event_date")
    single = events.filter(pl.col("sku_id").is_not_null()).select(*_SKU, "event_date")
    return pl.concat(
        [single, keys.select(_SKU).join(whole, on="shop_id").select(*_SKU, "event_date")]
    )


def _levels(judged: JudgedDays) -> pl.DataFrame:
    """Class, method and forecast per SKU."""
    classes = demand_class(judged.units, judged.counts)
    shop = shop_weekdays(judged)
    methods = chosen(judged, classes, shop)
    daily, daily_sd = np.zeros(classes.size), np.zeros(classes.size)
    for method in LEVELS:
        of_method = [str(kind) for kind, best in methods.items() if best is method]
        columns = np.flatnonzero(np.isin(classes, of_method))
        daily[columns], daily_sd[columns] = forecasts(judged.of(columns), method, shop)
    kinds = pl.Series(classes, dtype=pl.String)
    return pl.DataFrame(
        {
            "sku": judged.skus,
            "sold_units": judged.units.sum(axis=0).astype(np.int64),
            "demand_until_date": pl.Series(judged.last(judged.days)).cast(pl.Date),
            "demand_class": kinds,
            "forecast_method": kinds.replace_strict(methods, default=None, return_dtype=pl.String),
            "daily_units": pl.Series(daily).fill_nan(None),
            "daily_sd_units": pl.Series(daily_sd).fill_nan(None),
        }
    )
