"""How a guard refuses: the first violated rule leaves its name and its numbers in one sentence."""

from dataclasses import dataclass

import polars as pl

from actions.texts import REVIEW_REQUEST
from contracts.codes import WriteKind
from contracts.money import amount_text

IS_WRITE = pl.col("write_kind") != WriteKind.NONE
IS_PRICE = pl.col("write_kind") == WriteKind.SET_PRICE
IS_COUPON = pl.col("write_kind").is_in([WriteKind.CREATE_COUPON, WriteKind.GRANT_COUPON])
IS_ASKING = (pl.col("write_kind") == WriteKind.REQUEST_REVIEW) | (
    (pl.col("write_kind") == WriteKind.SEND_MESSAGE)
    & pl.col("payload").str.json_path_match("$.template").eq_missing(pl.lit(REVIEW_REQUEST))
)
"""It requests a review of the order that is its target: by the platform or by our own mail."""
POLICY_OFF = "policy_off"
"""The guard of a policy that is not set up any more, or writes nothing since its mode changed."""
HOLDS = frozenset({"quiet_hours", POLICY_OFF})
"""Guards that only ask to wait: what they stop at the door stays approved until its window ends."""


@dataclass(frozen=True, slots=True)
class GuardRule:
    """One limit: where it is violated, and what it then says."""

    guard: str
    is_violated: pl.Expr
    reason: pl.Expr


def with_refusal_columns(proposals: pl.DataFrame) -> pl.DataFrame:
    """Proposals with room for a refusal: `guard` and `guard_reason`, null as yet."""
    return proposals.with_columns(
        guard=pl.lit(None, dtype=pl.String), guard_reason=pl.lit(None, dtype=pl.String)
    )


def refuse(frame: pl.DataFrame, *rules: GuardRule, where: pl.Expr = IS_WRITE) -> pl.DataFrame:
    """Write the first violated rule into `guard` and `guard_reason` of writes that have none.

    `where` says which writes the rules are about.
    """
    is_open = where & IS_WRITE & pl.col("guard").is_null()
    places = [pl.when(rule.is_violated).then(pl.lit(place)) for place, rule in enumerate(rules)]
    first = frame.select(first=pl.when(is_open).then(pl.coalesce(places))).to_series()
    violated = first.drop_nulls().unique()
    if violated.is_empty():
        return frame
    # A sentence costs more than its rule: only those are written that some row needs.
    names = [pl.when(pl.lit(first) == place).then(pl.lit(rules[place].guard)) for place in violated]
    reasons = [pl.when(pl.lit(first) == place).then(rules[place].reason) for place in violated]
    return frame.with_columns(
        guard=pl.coalesce(*names, "guard"), guard_reason=pl.coalesce(*reasons, "guard_reason")
    )


def sentence(template: str, *values: pl.Expr) -> pl.Expr:
    """The template with its braces filled; what is null reads "nothing"."""
    return pl.format(template, *(value.cast(pl.String).fill_null("nothing") for value in values))


def money(amount: pl.Expr) -> pl.Expr:
    """An amount in minor units of the row's currency as people read it: "4.99 USD"."""
    return amount_text(amount, pl.col("currency"))


def percent(rate: pl.Expr) -> pl.Expr:
    """A fraction as people write it: "5.0 %"."""
    return (rate * 100).round(1).cast(pl.String) + " %"


def beyond(rate: pl.Expr, limit: float) -> pl.Expr:
    """Whether a quotient exceeds its limit; 105 / 100 - 1 is 0.05 and a hair, and does not."""
    return rate > limit + 1e-9
