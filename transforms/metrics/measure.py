"""Measuring: any metrics of a shop over a span of days, per period and by dimensions."""

import datetime as dt
from collections.abc import Collection, Sequence
from enum import StrEnum
from functools import reduce
from typing import Final

import polars as pl

from contracts.metrics import Dimension, Gap, Metric
from transforms.metrics.catalogue import needed
from transforms.metrics.facts import FACTS
from transforms.metrics.sources import DATE, Sources

PERIOD: Final = "period"
GAP_SUFFIX: Final = "_gap"


class Period(StrEnum):
    """How long a stretch of time a row stands for; it begins on the day in `period`."""

    SPAN = "span"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


EVERY: Final = {Period.DAY: "1d", Period.WEEK: "1w", Period.MONTH: "1mo"}


def measure(
    names: Sequence[str],
    of: Sources,
    *,
    first: dt.date,
    last: dt.date,
    period: Period = Period.SPAN,
    by: Collection[Dimension] = (),
) -> pl.DataFrame:
    """Metrics from `first` to `last`, both included. Grain: (period, *by), sorted.

    Columns: `period` (a span's, week's or month's first day within the span), the dimensions, and
    per metric its value as Float64 and `<name>_gap`, which says why it is None. Without dimensions
    every period is there, whether something happened or not. What is counted over a period, such
    as buyers, is counted once in it; rates are of the period's sums.
    """
    metrics = needed(names)
    frame = sums(metrics, of, first=first, last=last, period=period, by=by)
    for one in metrics:
        frame = valued(frame, one)
    columns = [column for name in names for column in (name, name + GAP_SUFFIX)]
    key = [PERIOD, *by]
    return frame.select(*key, *columns).sort(key).collect(engine="streaming")


def sums(
    metrics: Sequence[Metric],
    of: Sources,
    *,
    first: dt.date,
    last: dt.date,
    period: Period,
    by: Collection[Dimension] = (),
) -> pl.LazyFrame:
    """Metrics of facts as they are aggregated, and columns of their gaps (`of_fact`); nothing is
    withheld yet. Grain: (period, *by)."""
    key = [PERIOD, *by]
    near = of.within(first, last)
    parts = [
        _aggregated(
            fact, [one for one in metrics if one.fact == fact], near, first, last, period, by
        )
        for fact in dict.fromkeys(one.fact for one in metrics if one.fact)
    ]
    frame = reduce(lambda left, right: left.join(right, on=key, how="full", coalesce=True), parts)
    if not by:
        frame = _periods(first, last, period).join(frame, on=PERIOD, how="left")
    return frame


def _aggregated(
    fact: str,
    metrics: Sequence[Metric],
    of: Sources,
    first: dt.date,
    last: dt.date,
    period: Period,
    by: Collection[Dimension],
) -> pl.LazyFrame:
    rows = FACTS[fact].rows(of, frozenset(by)).filter(pl.col(DATE).is_between(first, last))
    keyed = rows.with_columns(on_period(period, first).alias(PERIOD))
    is_daily = FACTS[fact].is_daily
    if is_daily:
        keyed = keyed.with_columns(read_days=pl.col(DATE).n_unique().over(PERIOD))
    lacks_days = pl.col("read_days").first() < _days(period, last).first()
    return keyed.group_by(PERIOD, *by).agg(
        *(lacks_days.alias(of_fact(one, Gap.DAYS_MISSING)) for one in metrics if is_daily),
        *(one.value.alias(one.name) for one in metrics),
        *(
            is_void.alias(of_fact(one, gap))
            for one in metrics
            for gap, is_void in one.fact_gaps.items()
        ),
    )


def of_fact(metric: Metric, gap: Gap) -> str:
    """The column that says whether a gap is there, by the rows of the fact."""
    return f"{metric.name}:{gap}"


def on_period(period: Period, first: dt.date) -> pl.Expr:
    """The first day of a day's period, not before the span's."""
    if period is Period.SPAN:
        return pl.lit(first)
    return pl.max_horizontal(pl.col(DATE).dt.truncate(EVERY[period]), pl.lit(first))


def _days(period: Period, last: dt.date) -> pl.Expr:
    """How many days of a period are within the span."""
    begins, ends = pl.col(PERIOD), pl.lit(last + dt.timedelta(days=1))
    if period is not Period.SPAN:
        every = EVERY[period]
        ends = pl.min_horizontal(begins.dt.truncate(every).dt.offset_by(every), ends)
    return (ends - begins).dt.total_days()


def _periods(first: dt.date, last: dt.date, period: Period) -> pl.LazyFrame:
    days = pl.LazyFrame({DATE: pl.date_range(first, last, eager=True)})
    return days.select(on_period(period, first).alias(PERIOD)).unique()


def valued(frame: pl.LazyFrame, metric: Metric) -> pl.LazyFrame:
    """With a metric's value, and why it has none."""
    if metric.fact:
        value = pl.col(metric.name).cast(pl.Float64)
        value = value.fill_null(0.0) if FACTS[metric.fact].is_whole else value
    else:
        value = metric.value.cast(pl.Float64)
    is_daily = bool(metric.fact) and FACTS[metric.fact].is_daily
    voids = [*([Gap.DAYS_MISSING] if is_daily else []), *metric.fact_gaps]
    by_fact = {why: pl.col(of_fact(metric, why)) for why in voids}
    gaps = [*by_fact.items(), *metric.gaps.items()]
    gap = pl.coalesce(
        pl.lit(None, dtype=pl.String),
        *(pl.when(is_void).then(pl.lit(str(why))) for why, is_void in gaps),
    )
    with_gap = frame.with_columns(value.alias(metric.name), gap.alias("gap"))
    is_unknown = ~pl.col(metric.name).is_finite() | pl.col(metric.name).is_null()
    inherited = [one + GAP_SUFFIX for one in metric.inputs]
    why_unknown = pl.coalesce(*inherited, pl.lit(str(Gap.NO_DATA)))
    why_none = pl.coalesce("gap", pl.when(is_unknown).then(why_unknown))
    return (
        with_gap.with_columns(why_none.alias(metric.name + GAP_SUFFIX))
        .with_columns(
            pl.when(pl.col(metric.name + GAP_SUFFIX).is_null()).then(metric.name).alias(metric.name)
        )
        .drop("gap")
    )
