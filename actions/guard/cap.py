"""Cap: where more writes pass than a day may have, those of the largest expected effect go."""

import datetime as dt

import polars as pl

from actions.guard.facts import GuardFacts
from actions.guard.limits import Limits
from actions.guard.refusals import IS_WRITE, GuardRule, refuse
from contracts.codes import ActionState

_GROUP = ["policy", "shop_id"]
_TARGET = [*_GROUP, "target_id"]
_DAY = dt.timedelta(days=1)


def apply_daily_cap(
    frame: pl.DataFrame, facts: GuardFacts, *, limits: Limits, at: dt.datetime
) -> pl.DataFrame:
    """Refuse the writes beyond `keep_actions` in 24 hours, counted per policy and shop.

    Unlike the breaker's limits it expects a flood: it picks instead of refusing the batch. What
    waits approved keeps its place, also when the batch proposes it again.
    """
    if limits.keep_actions is None:
        return frame
    counted = facts.history.filter((pl.col("at") > at - _DAY) & ~pl.col("is_undo"))
    recent = counted.group_by(_GROUP).agg(done=pl.len())
    waits = counted.filter(pl.col("state") == ActionState.APPROVED)
    is_again = pl.struct(*_TARGET).is_in(waits.select(pl.struct(*_TARGET)).to_series().implode())
    passes = IS_WRITE & pl.col("guard").is_null() & ~is_again
    order = [pl.col("effect_minor").fill_null(0) * -1, pl.col("target_id")]
    ranked = (
        frame.with_row_index("row")
        .filter(passes)
        .sort(order)
        .with_columns(place=pl.int_range(pl.len()).over(_GROUP))
        .select("row", "place")
    )
    joined = (
        frame.with_row_index("row")
        .join(ranked, on="row", how="left", maintain_order="left")
        .join(recent, on=_GROUP, how="left", maintain_order="left")
    )
    room = limits.keep_actions - pl.col("done").fill_null(0).cast(pl.Int64)
    reason = f"not among the {limits.keep_actions} of 24 hours with the largest expected effect"
    rule = GuardRule("cap", pl.col("place") >= room, pl.lit(reason))
    return refuse(joined, rule).select(frame.columns)
