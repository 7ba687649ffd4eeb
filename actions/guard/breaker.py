"""Breaker: a flood is usually a bad input, so a batch beyond its limits is refused whole."""

import datetime as dt

import polars as pl

from actions.guard.facts import GuardFacts
from actions.guard.limits import Limits
from actions.guard.refusals import (
    IS_PRICE,
    IS_WRITE,
    GuardRule,
    beyond,
    money,
    percent,
    refuse,
    sentence,
)
from contracts.codes import ActionState

_GROUP = ["policy", "shop_id"]
_TARGET = [*_GROUP, "target_id"]
_VALUES = ["target_id", "write_kind", "before_value", "after_value", "units_at_risk"]
_DAY, _USUAL = dt.timedelta(days=1), dt.timedelta(days=28)
_RUNS, _TARGETS = 7, 20
"""History from which a usual run is known; below it the absolute limits stand alone."""


def check_breaker(
    frame: pl.DataFrame, facts: GuardFacts, *, limits: Limits, at: dt.datetime
) -> pl.DataFrame:
    """Refuse all writes of a policy and shop when they and those of 24 hours exceed a limit."""
    batch = frame.filter(IS_WRITE & pl.col("guard").is_null())
    past = facts.history.filter(~pl.col("is_undo"))
    # What waits approved for the same target is what this batch proposes again, not one more.
    again = (pl.col("state") == ActionState.APPROVED) & pl.col("is_proposed").is_not_null()
    recent = (
        past.filter(pl.col("at") > at - _DAY)
        .join(batch.select(_TARGET).unique().with_columns(is_proposed=True), on=_TARGET, how="left")
        .filter(~again)
    )
    columns = [*_GROUP, *_VALUES]
    day = _sums(pl.concat([batch.select(columns), recent.select(columns)]))
    totals = day.join(_sums(batch), on=_GROUP, suffix="_batch").join(
        _usual(past.filter(pl.col("at") > at - _USUAL)), on=_GROUP, how="left"
    )
    joined = frame.join(totals, on=_GROUP, how="left", maintain_order="left")
    return refuse(joined, *_absolute(limits), *_relative(limits)).select(frame.columns)


def _sums(writes: pl.DataFrame, by: list[str] = _GROUP) -> pl.DataFrame:
    """Count, mean relative change and money given away per day. Grain: `by`.

    All writes count; what changes and gives away by the day are prices.
    """
    before, after = (pl.when(IS_PRICE).then(pl.col(name)) for name in _VALUES[2:4])
    cut = (before - after).clip(lower_bound=0)
    return writes.group_by(by).agg(
        writes=pl.len(),
        mean_change=((after - before).abs() / before).mean(),
        cut_minor=(cut * pl.col("units_at_risk")).sum(),
    )


def _usual(past: pl.DataFrame) -> pl.DataFrame:
    """The median run of 28 days. Grain: (policy, shop_id)."""
    runs = _sums(past, [*_GROUP, "run_id"])
    usual = runs.group_by(_GROUP).agg(
        runs=pl.len(),
        usual_writes=pl.col("writes").median(),
        usual_change=pl.col("mean_change").median(),
    )
    targets = past.group_by(_GROUP).agg(targets=pl.col("target_id").n_unique())
    return usual.join(targets, on=_GROUP)


def _absolute(limits: Limits) -> list[GuardRule]:
    writes, change = pl.col("writes"), pl.col("mean_change")
    exposure = pl.col("cut_minor")
    return [
        GuardRule(
            "breaker",
            writes > limits.max_actions,
            sentence(f"{{}} writes in 24 hours, limit {limits.max_actions}", writes),
        ),
        GuardRule(
            "breaker",
            beyond(change, limits.max_mean_change_rate),
            sentence(
                f"mean change {{}} in 24 hours, limit {limits.max_mean_change_rate:.1%}",
                percent(change),
            ),
        ),
        GuardRule(
            "breaker",
            exposure > limits.max_exposure_minor,
            sentence(
                "cuts give away {} per day, limit {}",
                money(exposure.round(0)),
                money(pl.lit(limits.max_exposure_minor)),
            ),
        ),
    ]


def _relative(limits: Limits) -> list[GuardRule]:
    is_known = (pl.col("runs") >= _RUNS) & (pl.col("targets") >= _TARGETS)
    ratio = limits.max_run_ratio
    writes, change = pl.col("writes_batch"), pl.col("mean_change_batch")
    usual_writes, usual_change = pl.col("usual_writes"), pl.col("usual_change")
    return [
        GuardRule(
            "breaker",
            is_known & (writes > ratio * usual_writes),
            sentence(
                f"{{}} writes, more than {ratio:g} times the usual {{}}", writes, usual_writes
            ),
        ),
        GuardRule(
            "breaker",
            is_known & (change > ratio * usual_change),
            sentence(
                f"mean change {{}}, more than {ratio:g} times the usual {{}}",
                percent(change),
                percent(usual_change),
            ),
        ),
    ]
