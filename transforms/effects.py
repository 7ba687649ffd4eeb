"""What a policy earned: those that it acted on against those that are left alone to compare."""

import datetime as dt
import math
from typing import Final

import polars as pl
import scipy  # type: ignore[import-untyped]  # loads its parts when they are used

from contracts.effects import LEAST_DAYS, LEAST_UNITS, Effect

_DAYS_BEFORE: Final = 28
_CONFIDENCE: Final = 0.95


def effect(units: pl.DataFrame, outcomes: pl.LazyFrame, *, first: dt.date, last: dt.date) -> Effect:
    """Compare both arms by the change of their daily outcome.

    `units` (unit_id, is_left_alone, since) says from which day on a unit was, or would have been,
    acted on; `outcomes` (unit_id, day, outcome_minor) what it brought, no row being nothing. The
    days known are `first` to `last`, both included. Of each unit the mean of the days from `since`
    on less the mean of up to 28 days before is taken, which removes what units differ by in any
    case. The interval is Welch's of the difference of means, at 95 % (Welch 1947).
    """
    ready = units.filter(pl.col("since") <= last - dt.timedelta(days=LEAST_DAYS - 1))
    arms = {
        row["is_left_alone"]: row
        for row in _changes(ready, outcomes, first=first, last=last)
        .group_by("is_left_alone")
        .agg(n=pl.len(), mean=pl.col("change").mean(), variance=pl.col("change").var())
        .to_dicts()
    }
    acted, alone = arms.get(False, {"n": 0}), arms.get(True, {"n": 0})
    flags = units["is_left_alone"]
    counts = {
        "acted_on": int((~flags).sum()),
        "left_alone": int(flags.sum()),
        "ready_acted_on": acted["n"],
        "ready_left_alone": alone["n"],
    }
    if min(acted["n"], alone["n"]) < LEAST_UNITS:
        return Effect(**counts)
    mean = acted["mean"] - alone["mean"]
    half = _half_width(acted, alone)
    return Effect(**counts, mean_minor=mean, low_minor=mean - half, high_minor=mean + half)


def _changes(
    units: pl.DataFrame, outcomes: pl.LazyFrame, *, first: dt.date, last: dt.date
) -> pl.DataFrame:
    """Per unit the mean day since less the mean day before (0 where no day before is known)."""
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
        .select(
            "is_left_alone",
            change=pl.col("after").fill_null(0) / days_after - before.fill_null(0),
        )
        .collect()
    )


def _half_width(one: dict[str, float], other: dict[str, float]) -> float:
    """Half of Welch's interval: its degrees of freedom are those of Satterthwaite."""
    parts = [arm["variance"] / arm["n"] for arm in (one, other)]
    total = sum(parts)
    if total == 0:
        return 0.0
    freedom = total**2 / sum(
        part**2 / (arm["n"] - 1) for part, arm in zip(parts, (one, other), strict=True)
    )
    return float(scipy.special.stdtrit(freedom, (1 + _CONFIDENCE) / 2)) * math.sqrt(total)
