"""How demand differs by weekday, and how it changed over the coming weeks of last year.

Both are estimates from few pieces, so a SKU's own is drawn towards the shop's by as many pieces as
a prior is worth, and the shop's towards none (a gamma prior on Poisson counts).
"""

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from transforms.demand import JudgedDays, Numbers, bulk_limit

_WEEKDAY_PRIOR: Final = 20.0
_YEAR_PRIOR: Final = 50.0
AHEAD_DAYS: Final = 28
YEAR: Final = 364
"""Days: whole weeks, so that weekdays meet."""
_LEAST_RATE, _MOST_RATE = 1 / 3, 3.0


def shop_weekdays(judged: JudgedDays) -> Numbers:
    """What the shop sells by weekday, Monday first, as a multiple of its SKUs' mean days."""
    sold, due = _by_weekday(judged)
    rates: Numbers = (sold.sum(axis=1) + _WEEKDAY_PRIOR) / (due.sum(axis=1) + _WEEKDAY_PRIOR)
    return rates


def weekday_index(judged: JudgedDays, shop: Numbers) -> Numbers:
    """What the weekday of each day sells, as a multiple of the SKU's mean day.

    It leaves out the day it stands on, so that an error of a forecast with it is out of sample.
    `shop` as `shop_weekdays`, towards which it is drawn.
    """
    sold, due = _by_weekday(judged)
    sold, due = sold + _WEEKDAY_PRIOR * shop[:, None], due + _WEEKDAY_PRIOR
    of_day = [np.take_along_axis(sums, judged.weekdays, axis=0) for sums in (sold, due)]
    index: Numbers = (of_day[0] - judged.units) / (of_day[1] - judged.mean)
    return index


def _by_weekday(judged: JudgedDays) -> tuple[Numbers, Numbers]:
    """Pieces of each SKU by weekday, and how many its mean day makes expect; a row per weekday."""
    skus = judged.skus.size
    place = (judged.weekdays * np.int64(skus) + np.arange(skus)).ravel()
    sold, days = (
        np.bincount(place, weights=each.ravel(), minlength=7 * skus).reshape(7, skus)
        for each in (judged.units, judged.is_day)
    )
    return sold.astype(np.float64), days * judged.mean


def in_last_year(column: str, *, until: dt.date, window_days: int) -> pl.Expr:
    """Whether a day is one of those that `year_rates` compares, or shows that a year was whole."""
    since, _, ahead = _last_year(until, window_days)
    return pl.col(column).is_between(since - dt.timedelta(days=window_days), ahead)


def last_year_of(until: dt.date, window_days: int) -> tuple[dt.date, dt.date]:
    """First and last day of those that `year_rates` compares."""
    since, _, ahead = _last_year(until, window_days)
    return since, ahead


def _last_year(until: dt.date, window_days: int) -> tuple[dt.date, dt.date, dt.date]:
    """First and last day of last year's window, and the last of the weeks after it."""
    then = until - dt.timedelta(days=YEAR)
    since, ahead = then - dt.timedelta(days=window_days - 1), then + dt.timedelta(days=AHEAD_DAYS)
    return since, then, ahead


def year_rates(
    sold: pl.DataFrame, left_out: pl.DataFrame, *, until: dt.date, window_days: int
) -> pl.DataFrame:
    """What a SKU sold in the same coming weeks of last year, per day, as a multiple of the window.

    Grain: (sku), with `year_rate`, of those that sold in last year's window; none where sales do
    not reach back a whole year before it. Between a third and three. `sold` and `left_out` as in
    `transforms.demand`, of the days `in_last_year`.
    """
    since, then, ahead = _last_year(until, window_days)
    first = sold.select(pl.col("day").min()).item()
    if first is None or first > since:
        return pl.DataFrame(schema={"sku": sold.schema["sku"], "year_rate": pl.Float64})
    is_ahead = pl.col("day") > then
    sold_days = sold.filter(pl.col("day").is_between(since, ahead)).join(
        left_out, on=["sku", "day"], how="anti"
    )
    # One bulk order a year ago is no season.
    sold_days = sold_days.with_columns(
        pl.min_horizontal("units", bulk_limit(pl.col("units")).over("sku"))
    )
    lost = (
        left_out.filter(pl.col("day").is_between(since, ahead))
        .group_by("sku")
        .agg(lost_before=(~is_ahead).sum(), lost_ahead=is_ahead.sum())
    )
    before_days = pl.max_horizontal(window_days - pl.col("lost_before").fill_null(0), 1)
    ahead_days = pl.max_horizontal(AHEAD_DAYS - pl.col("lost_ahead").fill_null(0), 0)
    units = pl.col("units")
    per_sku = (
        sold_days.group_by("sku")
        .agg(before=units.filter(~is_ahead).sum(), ahead=units.filter(is_ahead).sum())
        .filter(pl.col("before") > 0)
        .join(lost, on="sku", how="left")
        .with_columns(due=pl.col("before") / before_days * ahead_days)
    )
    shop = (pl.col("ahead").sum() + _YEAR_PRIOR) / (pl.col("due").sum() + _YEAR_PRIOR)
    own = (pl.col("ahead") + _YEAR_PRIOR * shop) / (pl.col("due") + _YEAR_PRIOR)
    return per_sku.select("sku", year_rate=own.clip(_LEAST_RATE, _MOST_RATE))
