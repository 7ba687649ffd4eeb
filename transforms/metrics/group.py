"""Several shops as one: metrics of their sums, in one currency, by the rates of each day."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

import polars as pl

from contracts.fx import with_rates_on
from contracts.metrics import Gap, Metric, Unit
from transforms.metrics.catalogue import needed
from transforms.metrics.facts import FACTS
from transforms.metrics.measure import GAP_SUFFIX, PERIOD, Period, of_fact, on_period, sums, valued
from transforms.metrics.sources import DATE, Sources

_RATE: Final = "fx_rate"


def measure_group(
    names: Sequence[str],
    shops: Sequence[Sources],
    *,
    first: dt.date,
    last: dt.date,
    period: Period,
    rates: pl.DataFrame,
    base: str,
) -> pl.DataFrame:
    """Metrics of shops together from `first` to `last`, both included. Grain: (period), sorted.

    Columns as `transforms.metrics.measure.measure`. Each shop's days are its own; their sums are
    added up, amounts converted to `base` by the newest of the dated `rates` on or before the day
    (schema `contracts.fx.FX_SCHEMA`), and rates of sums are rates of all shops' sums. An amount of
    a day without a rate has no value, nor has what depends on it. What is counted once each, such
    as buyers, cannot be added up over shops, for nobody knows whom they share.
    """
    metrics = needed(names)
    days = pl.concat([_days(metrics, of, first, last) for of in shops])
    rated = with_rates_on(days.lazy(), rates, of="currency", to=base, on=DATE)
    keyed = rated.with_columns(on_period(period, first).alias(PERIOD))
    facts = [one for one in metrics if one.fact]
    columns = [column for one in facts for column in _added(one)]
    frame = keyed.group_by(PERIOD).agg(columns)
    for one in metrics:
        frame = valued(frame, one)
    shown = [column for name in names for column in (name, name + GAP_SUFFIX)]
    whole = _withheld(frame.collect(), metrics, names)
    return whole.select(PERIOD, *shown).sort(PERIOD)


def _days(metrics: list[Metric], of: Sources, first: dt.date, last: dt.date) -> pl.DataFrame:
    """A shop's sums of each day, before anything is withheld. Grain: (day)."""
    found = sums(metrics, of, first=first, last=last, period=Period.DAY).collect()
    amounts = [pl.col(one.name).cast(pl.Float64) for one in metrics if one.fact]
    return found.rename({PERIOD: DATE}).with_columns(*amounts, currency=pl.lit(of.currency))


def _added(metric: Metric) -> list[pl.Expr]:
    """A fact's metric over shops and days, and why it may have no value."""
    value = pl.col(metric.name)
    is_money = metric.unit is Unit.MONEY
    lacks_rate = pl.col(_RATE).is_null() & (value.fill_null(0) != 0) & pl.lit(is_money)
    converted = value * pl.col(_RATE) if is_money else value
    found = [
        pl.when(value.count() > 0).then(converted.sum()).alias(metric.name),
        lacks_rate.any().alias(f"{metric.name}:no_rate"),
    ]
    if FACTS[metric.fact].is_daily:
        found.append(value.is_null().any().alias(of_fact(metric, Gap.DAYS_MISSING)))
    return found + [pl.col(of_fact(metric, why)).any() for why in metric.fact_gaps]


def _withheld(frame: pl.DataFrame, metrics: list[Metric], names: Sequence[str]) -> pl.DataFrame:
    """Without values of what cannot be added up, or misses a rate."""
    for name in names:
        rests = [one for one in needed([name]) if one.fact]
        cannot = not all(one.is_additive for one in rests)
        misses = pl.any_horizontal(f"{one.name}:no_rate" for one in rests)
        gap = (
            pl.when(pl.lit(cannot))
            .then(pl.lit(str(Gap.NOT_ADDITIVE)))
            .when(misses)
            .then(pl.lit(str(Gap.RATE_MISSING)))
            .otherwise(pl.col(name + GAP_SUFFIX))
        )
        frame = frame.with_columns(gap.alias(name + GAP_SUFFIX)).with_columns(
            pl.when(pl.col(name + GAP_SUFFIX).is_null()).then(name).alias(name)
        )
    return frame
