"""The guard: judges what policies propose; what it refuses keeps the guard's name and numbers."""

import datetime as dt
from collections.abc import Mapping, Sequence

import polars as pl

from actions.guard.breaker import check_breaker
from actions.guard.calendar import check_calendar
from actions.guard.cap import apply_daily_cap
from actions.guard.channels import channel_bounds, check_channel_prices
from actions.guard.coordination import check_coordination
from actions.guard.coupons import check_coupon_budget
from actions.guard.facts import HISTORY_STATES, GuardFacts, at_live, history_of
from actions.guard.gates import check_gates, with_input_warnings
from actions.guard.items import check_item_limits
from actions.guard.limits import Limits
from actions.guard.people import check_consent_and_caps
from actions.guard.refusals import (
    HOLDS,
    IS_ASKING,
    IS_COUPON,
    IS_PRICE,
    GuardRule,
    refuse,
    sentence,
    with_refusal_columns,
)
from actions.guard.stacking import with_codes
from actions.guard.switches import check_kill_switches
from actions.holdout import held_out
from contracts.actions import ORDERING, Action, Judged, Live, Proposal
from contracts.codes import ActionState, PolicyMode, Purpose, WriteKind
from contracts.economics import Economics

_STATES = {
    PolicyMode.SHADOW: ActionState.SHADOW,
    PolicyMode.APPROVE: ActionState.PROPOSED,
    PolicyMode.AUTO: ActionState.APPROVED,
}
_PUBLIC = (WriteKind.REPLY_REVIEW,)


def judge(
    proposals: pl.DataFrame,
    facts: GuardFacts,
    *,
    limits: Limits,
    economics: Economics,
    mode: PolicyMode,
    at: dt.datetime,
) -> pl.DataFrame:
    """Proposals of one policy and shop (schema `Proposal`) with their state (schema `Judged`).

    Alerts write nothing, so no guard holds them. What the shop says in public is read by a person
    first, and goods are ordered by one, in every mode. `at` is the moment of the decision by the
    clock of the facts. PolicyMode off judges nothing: no rows.
    """
    if mode is PolicyMode.OFF or proposals.is_empty():
        return Judged.create_empty()
    judged = _single(
        with_refusal_columns(proposals),
        facts,
        limits=limits,
        economics=economics,
        at=at,
        is_sending=False,
    )
    # Who is left alone to compare takes a place of the cap, so that both arms were picked alike.
    judged = _refuse_held_out(apply_daily_cap(judged, facts, limits=limits, at=at), facts)
    judged = _refuse_unmet_needs(check_breaker(judged, facts, limits=limits, at=at))
    judged = with_input_warnings(judged, facts, limits=limits, at=at)
    is_a_persons = pl.col("write_kind").is_in(_PUBLIC) | (pl.col("policy") == ORDERING)
    passed = pl.when(is_a_persons & pl.lit(mode is PolicyMode.AUTO)).then(
        pl.lit(str(ActionState.PROPOSED))
    )
    state = pl.when(pl.col("guard").is_null()).then(passed.otherwise(pl.lit(str(_STATES[mode]))))
    return Judged.validate(
        judged.with_columns(state=state.otherwise(pl.lit(str(ActionState.REFUSED)))).select(
            Judged.column_names()
        )
    )


def per_item_recheck(
    actions: Sequence[Action],
    live: Mapping[str, Live],
    facts: GuardFacts,
    *,
    limits: Limits,
    economics: Economics,
    at: dt.datetime,
) -> dict[str, tuple[str, str]]:
    """What must not be sent after all: guard and reason per action id.

    Judges each action again by the price that the platform shows now (per target), and by the
    facts of now. The batch was judged when it was decided. A guard of `HOLDS` only asks to wait.
    """
    frame, seen = with_refusal_columns(_frame(actions)), at_live(facts, live)
    judged = _single(frame, seen, limits=limits, economics=economics, at=at, is_sending=True)
    return _refusals(judged)


def undo_recheck(
    actions: Sequence[Action], campaigns: pl.DataFrame, *, at: dt.datetime
) -> dict[str, tuple[str, str]]:
    """The same of an undo, which restores what was in force before us: promotion locks alone bind
    it, and no policy, so that it works where the one of its original is gone.
    """
    return _refusals(check_calendar(with_refusal_columns(_frame(actions)), campaigns, at=at))


def _refusals(judged: pl.DataFrame) -> dict[str, tuple[str, str]]:
    """Guard and reason of what has one, by action id."""
    refused = judged.filter(pl.col("guard").is_not_null())
    rows = refused.select("action_id", "guard", "guard_reason").iter_rows()
    return {action_id: (guard, reason) for action_id, guard, reason in rows}


def _single(
    frame: pl.DataFrame,
    facts: GuardFacts,
    *,
    limits: Limits,
    economics: Economics,
    at: dt.datetime,
    is_sending: bool,
) -> pl.DataFrame:
    """Everything that is judged write by write; what counts on the others of a batch comes last."""
    frame = check_kill_switches(frame, facts)
    frame = check_gates(frame, facts, limits=limits, at=at)
    frame = check_item_limits(frame, facts, limits=limits, economics=economics, at=at)
    frame = with_codes(frame, facts, economics=economics, at=at)
    frame = check_calendar(frame, facts.campaigns, at=at)
    frame = check_channel_prices(frame, facts, limits=limits, at=at)
    frame = check_coordination(frame, facts, at=at)
    frame = check_consent_and_caps(frame, facts, limits=limits, at=at, is_sending=is_sending)
    return check_coupon_budget(
        frame, facts, limits=limits, economics=economics, at=at, is_sending=is_sending
    )


def _refuse_held_out(frame: pl.DataFrame, facts: GuardFacts) -> pl.DataFrame:
    """Refuse prices of the SKUs, coupons and marketing to the members, that are left alone.

    The others are measured by them; nobody is left without service or a review request for it.
    """
    salt, share = facts.holdout_salt, facts.holdout_share
    of_sku = pl.lit(held_out(frame["sku_id"], salt=salt, share=share))
    of_member = pl.lit(held_out(frame["member_id"], salt=salt, share=share))
    is_marketing = IS_COUPON | ((pl.col("purpose") == Purpose.MARKETING) & ~IS_ASKING)
    template = f"one of the {share:.1%} of {{}} that are left alone to compare"
    return refuse(
        frame,
        GuardRule("holdout", IS_PRICE & of_sku, pl.lit(template.format("SKUs"))),
        GuardRule("holdout", is_marketing & of_member, pl.lit(template.format("members"))),
    )


def _refuse_unmet_needs(frame: pl.DataFrame) -> pl.DataFrame:
    """Refuse what needs another proposal of the batch that is not there, or is refused itself.

    Also what others need, if all of them are refused: a code that nobody gets helps nobody.
    """
    keys = ["policy", "shop_id", "window_start"]
    is_open, needed = pl.col("guard").is_null(), pl.col("needs_target_id")
    passed = frame.filter(is_open & needed.is_null())
    there = passed.select(*keys, needs_target_id="target_id").unique().with_columns(is_there=True)
    joined = frame.join(there, on=[*keys, "needs_target_id"], how="left", maintain_order="left")
    alone = needed.is_not_null() & pl.col("is_there").is_null()
    rule = GuardRule("needs", alone, sentence("{} is needed first and was refused", needed))
    judged = refuse(joined, rule).select(frame.columns)
    waiting = judged.filter(needed.is_not_null()).group_by(*keys, target_id=needed)
    used = waiting.agg(is_used=is_open.any())
    unused = GuardRule(
        "needless", ~pl.col("is_used"), pl.lit("all that it is made for was refused")
    )
    return refuse(
        judged.join(used, on=[*keys, "target_id"], how="left", maintain_order="left"), unused
    ).select(frame.columns)


def _frame(actions: Sequence[Action]) -> pl.DataFrame:
    """Actions as proposals, with their id."""
    names = Proposal.column_names()
    rows = [
        (
            # What an action needs is confirmed by the time it is claimed.
            *(None if name == "needs_target_id" else getattr(action, name) for name in names),
            action.action_id,
        )
        for action in actions
    ]
    schema = {
        **{name: column.dtype for name, column in Proposal.columns().items()},
        "action_id": pl.String(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


__all__ = [
    "HISTORY_STATES",
    "HOLDS",
    "GuardFacts",
    "Limits",
    "channel_bounds",
    "history_of",
    "judge",
    "per_item_recheck",
    "undo_recheck",
]
