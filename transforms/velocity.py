"""How fast a SKU sells on a day on which it can be bought: the forecast that restock orders by."""

import datetime as dt
from functools import partial
from typing import Final

import dataframely as dy
import polars as pl

from contracts.codes import DemandClass
from contracts.tables import Velocity
from transforms.demand import LEAST_DAYS, days_to_judge_by, horizon_of, unusual
from transforms.forecasts import demand_class
from transforms.methods import LEVELS, chosen, forecasts
from transforms.seasons import in_last_year, last_year_of, with_weekday_index, year_rates

_SKU: Final = ["shop_id", "sku_id"]
_UNITS: Final = pl.col("units")


def velocity(
    sales_daily: pl.LazyFrame,
    stockouts: pl.LazyFrame,
    events: pl.LazyFrame,
    *,
    as_of_date: dt.date,
    window_days: int,
) -> dy.LazyFrame[Velocity]:
    """Forecast per SKU ever sold, from the `window_days` that end with `as_of_date`.

    `sales_daily` is the table of that name, or what of it left the shelf (`transforms.bundles`).
    Days out of stock (`stockouts`: as `transforms.stock.stockout_spans`), of campaigns (`events`:
    shop_id, sku_id, event_date; no SKU: all of them) and those that sold what is not usual are
    missing, not zero. With fewer than 7 others the last of three windows before stand in, so that a
    best seller that is sold out sells as it did; with none there either demand is unknown: null.

    The method is chosen per shop and class by the error of the next 14 days' total (`chosen`). The
    forecast is per day of a whole week, so it does not depend on the weekday of `as_of_date`. It
    follows the same weeks of last year, where sales reach back that far. The error's standard
    deviation is out of sample. Days before a new article's first sale count as days without one, so
    its demand is understated.
    """
    work = partial(
        _velocity, sales_daily, stockouts, events, until=as_of_date, window_days=window_days
    )
    return pl.defer(work, schema=Velocity.create_empty().schema).pipe(Velocity.cast)


def _velocity(
    sales_daily: pl.LazyFrame,
    stockouts: pl.LazyFrame,
    events: pl.LazyFrame,
    *,
    until: dt.date,
    window_days: int,
) -> pl.DataFrame:
    since = until - dt.timedelta(days=window_days - 1)
    # Read three times, it would be computed at each; with all its columns it would hold far more.
    before = sales_daily.filter(pl.col("sales_date") <= until)
    sales = before.select(*_SKU, "sales_date", "sold_units").collect().lazy()
    sold_date = pl.when(pl.col("sold_units") > 0).then("sales_date")
    known = (
        sales.select(*_SKU, last_sold_date=sold_date)
        .group_by(_SKU)
        .agg(pl.col("last_sold_date").max())
        .sort(_SKU)
        .with_row_index("sku")
        .collect()
    )
    keys = known.lazy().select(*_SKU, "sku")
    horizon = pl.col("sales_date") >= horizon_of(until, window_days)
    on_day = {"day": "sales_date", "units": "sold_units"}
    sold, last_year = (
        sales.filter(when).join(keys, on=_SKU).select("sku", **on_day).collect()
        for when in (horizon, in_last_year("sales_date", until=until, window_days=window_days))
    )
    spans = stockouts.join(keys, on=_SKU).select("sku", "first_date", "last_date").collect()
    out = _days_out(spans, until=until, window_days=window_days)
    campaigns = _per_sku(events, keys).join(keys, on=_SKU).select("sku", day="event_date")
    event_days = campaigns.unique().collect()
    # Few days are both, and many more are out of stock than of a campaign.
    event_days = event_days.join(
        out.join(event_days, on=["sku", "day"], how="semi"), on=["sku", "day"], how="anti"
    )
    left_out = pl.concat([out, event_days])
    days = days_to_judge_by(sold, left_out, until=until, window_days=window_days)
    odd = unusual(days, sold)
    levels = _levels(with_weekday_index(days.filter(~odd)))
    in_window = pl.col("day").is_between(since, until)
    counts = {
        "stockout_days": out.filter(in_window),
        "event_days": event_days.filter(in_window),
        "outlier_days": days.filter(odd),
    }
    rates = year_rates(last_year, left_out, until=until, window_days=window_days)
    frame = known.join(levels, on="sku", how="left").join(rates, on="sku", how="left")
    for name, rows in counts.items():
        frame = frame.join(rows.group_by("sku").agg(pl.len().alias(name)), on="sku", how="left")
    frame = frame.with_columns(pl.col(*counts, "sold_units").fill_null(0))
    judged = window_days - pl.col("stockout_days") - pl.col("event_days")
    # Without a sale in a window with enough days, nothing sells; that is known up to yesterday.
    is_idle = pl.col("demand_until_date").is_null() & (judged >= LEAST_DAYS)
    daily = pl.col("daily_units", "daily_sd_units")
    return frame.with_columns(
        pl.when(~is_idle).then(daily * pl.col("year_rate").fill_null(1.0)).otherwise(0.0),
        pl.when(is_idle).then(until).otherwise("demand_until_date").alias("demand_until_date"),
        pl.col("demand_class").fill_null(str(DemandClass.NONE)),
        pl.col("year_rate").fill_null(1.0),
        as_of_date=pl.lit(until),
        window_days=pl.lit(window_days, dtype=pl.Int64),
    ).pipe(Velocity.cast)


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


def _levels(days: pl.DataFrame) -> pl.DataFrame:
    """Class, method and forecast per SKU; `days` has sku, day, units, weekday_index, in order."""
    classes = days.group_by("sku", maintain_order=True).agg(
        sold_units=_UNITS.sum(),
        demand_until_date=pl.col("day").last(),
        demand_class=demand_class(_UNITS),
    )
    by_class = chosen(days, classes)
    methods = classes.with_columns(
        forecast_method=pl.col("demand_class").replace_strict(
            by_class, default=None, return_dtype=pl.String
        )
    )
    days = days.join(methods.select("sku", "forecast_method"), on="sku", maintain_order="left")
    found = [
        forecasts(days.filter(pl.col("forecast_method") == str(method)), method)
        for method in LEVELS
    ]
    sells = pl.col("demand_class") != str(DemandClass.NONE)
    daily = pl.col("daily_units", "daily_sd_units")
    return methods.join(pl.concat(found), on="sku", how="left").with_columns(
        pl.when(sells).then(daily).otherwise(0.0)
    )
