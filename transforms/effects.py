"""What a policy earned: those that it acted on against those that are left alone to compare."""

import datetime as dt
import math
from dataclasses import replace
from typing import Final, NamedTuple

import polars as pl

from contracts.effects import LEAST_DAYS, LEAST_UNITS, Effect
from transforms.experiments import UNFAIR, cuped, sample_ratio, sequential_half_width

_DAYS_BEFORE: Final = 28


def effect(
    units: pl.DataFrame,
    outcomes: pl.LazyFrame,
    *,
    first: dt.date,
    last: dt.date,
    drawn_rate: float | None = None,
) -> Effect:
    """Compare both arms by their daily outcome, less what the time before let expect.

    `units` (unit_id, is_left_alone, since) says from which day on a unit was, or would have been,
    acted on; `outcomes` (unit_id, day, outcome_minor) what it brought, no row being nothing. The
    days known are `first` to `last`, both included. Of each unit the mean of the days from `since`
    on is taken, less what the mean of up to 28 days before tells of it (`experiments.cuped`). The
    95 % interval holds at all looks together (`experiments.sequential_half_width`), since the
    effect is shown every day; it is narrowest with `LEAST_UNITS` in each arm. `drawn_rate` is the
    part that was to be left alone: arms that are far from it have no effect.
    """
    alone = int(units["is_left_alone"].sum())
    counts = [units.height - alone, alone]
    chance = None if drawn_rate is None else sample_ratio(counts, [1 - drawn_rate, drawn_rate])
    ready = units.filter(pl.col("since") <= last - dt.timedelta(days=LEAST_DAYS - 1))
    arms = _arms(_outcomes(ready, outcomes, first=first, last=last))
    found = Effect(
        acted_on=counts[0],
        left_alone=counts[1],
        ready_acted_on=arms[False].n,
        ready_left_alone=arms[True].n,
        drawn_rate=drawn_rate,
        ratio_p_value=chance,
        is_drawn_fairly=chance is None or chance >= UNFAIR,
    )
    is_told = found.is_drawn_fairly and min(arm.n for arm in arms.values()) >= LEAST_UNITS
    return _with_interval(found, arms[False], arms[True]) if is_told else found


class _Arm(NamedTuple):
    """Units of an arm, and the mean and variance of what they brought."""

    n: int
    mean: float
    variance: float


def _arms(outcomes: pl.DataFrame) -> dict[bool, _Arm]:
    """Both arms; one without units has none."""
    left = cuped(pl.col("after"), pl.col("before"), arm="is_left_alone")
    found = (
        outcomes.with_columns(left=left)
        .group_by("is_left_alone")
        .agg(pl.len(), mean=pl.col("left").mean(), variance=pl.col("left").var())
    )
    nobody = dict.fromkeys((False, True), _Arm(0, 0.0, 0.0))
    return nobody | {is_alone: _Arm(*arm) for is_alone, *arm in found.iter_rows()}


def _with_interval(found: Effect, acted: _Arm, alone: _Arm) -> Effect:
    mean, variance = acted.mean - alone.mean, acted.variance + alone.variance
    error = acted.variance / acted.n + alone.variance / alone.n
    half = sequential_half_width(error, tightest_at=variance / LEAST_UNITS)
    return replace(
        found,
        mean_minor=mean,
        standard_error_minor=math.sqrt(error),
        low_minor=mean - half,
        high_minor=mean + half,
    )


def _outcomes(
    units: pl.DataFrame, outcomes: pl.LazyFrame, *, first: dt.date, last: dt.date
) -> pl.DataFrame:
    """Per unit the mean day `after`, and `before`; None where no day before is known."""
    since, day, value = pl.col("since"), pl.col("day"), pl.col("outcome_minor")
    begin = pl.max_horizontal(since - dt.timedelta(days=_DAYS_BEFORE), pl.lit(first))
    known = outcomes.filter(day.is_between(first, last)).select("unit_id", "day", "outcome_minor")
    sums = (
        units.lazy()
        .join(known, on="unit_id")
        .group_by("unit_id")
        .agg(
            after=value.filter(day >= since).sum(),
            before=value.filter((day < since) & (day >= begin)).sum(),
        )
    )
    days_after = (pl.lit(last) - since).dt.total_days() + 1
    days_before = (since - begin).dt.total_days()
    before = pl.when(days_before > 0).then(pl.col("before").fill_null(0) / days_before)
    return (
        units.lazy()
        .join(sums, on="unit_id", how="left")
        .select("is_left_alone", after=pl.col("after").fill_null(0) / days_after, before=before)
        .collect()
    )
