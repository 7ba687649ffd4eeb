"""What travels from a decision to a platform and back: proposals, actions, changes, outcomes."""

import datetime as dt
from dataclasses import dataclass

import dataframely as dy

from contracts.codes import ActionState, OutcomeState, WriteKind
from contracts.columns import MAX_MINOR, code, identifier, instant, number, text


def _value(description: str, *, nullable: bool = False) -> dy.Int64:
    return dy.Int64(description=description, nullable=nullable, min=-MAX_MINOR, max=MAX_MINOR)


class Proposal(dy.Schema):
    """What a policy wants. Grain: (policy, shop_id, target_id, window_start).

    Values are minor units of `currency` for a price and pieces for stock and restock.
    """

    policy = identifier("Policy's name", key=True)
    policy_version = dy.Int64(min=1, description="Version of the policy's rule")
    shop_id = identifier("Our id of the shop", key=True)
    target_id = identifier("What is written: listing for a price, SKU for stock", key=True)
    parent_id = identifier("What the platform files it under (a product)", nullable=True)
    sku_id = identifier("The seller's code")
    write_kind = code("What is written", WriteKind)
    currency = dy.String(nullable=True, regex="^[A-Z]{3}$", description="Currency of the values")
    before_value = _value("Value in force when decided", nullable=True)
    after_value = _value("Value proposed")
    reason_code = identifier("Rule that led here; a template explains it")
    numbers = text("JSON object of the numbers the reason names")
    units_at_risk = number("Pieces that sell at the new value per day", "pieces per day")
    effect_minor = _value("Expected change of margin per day", nullable=True)
    window_start = instant("Start of the decision window", key=True)
    expires_at = instant("End of it; not sent later")
    evidence = text("JSON object: the input rows and the table versions they came from")


class Judged(Proposal):
    """A proposal after the guard."""

    state = code("State in which it enters the ledger", ActionState)
    guard = text("Guard that refused or held it", nullable=True)
    guard_reason = text("Its numbers, in one sentence", nullable=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A row of the ledger."""

    action_id: str
    run_id: str
    policy: str
    policy_version: int
    shop_id: str
    target_id: str
    parent_id: str | None
    sku_id: str
    write_kind: WriteKind
    currency: str | None
    before_value: int | None
    after_value: int
    reason_code: str
    numbers: str
    units_at_risk: float
    effect_minor: int | None
    window_start: dt.datetime
    expires_at: dt.datetime
    evidence: str
    state: ActionState
    guard: str | None
    guard_reason: str | None
    decided_at: dt.datetime
    updated_at: dt.datetime
    approved_by: str | None
    observed_value: int | None
    """What the platform answered when read back."""
    message: str | None
    """Why it failed, was superseded or needs a person, in one sentence."""
    undoes: str | None
    """Undo batch this action belongs to; null for an ordinary action."""
    fence: int
    """Counts claims; a holder with an older number may not write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One item of a write."""

    action_id: str
    target_id: str
    parent_id: str | None
    before: int | None
    after: int
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What the platform says is in force now."""

    value: int
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the platform answered for one item; `message` holds its code, never personal data."""

    action_id: str
    state: OutcomeState
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KillSwitch:
    """A stop in force. `scope` is all, platform, shop or policy; `name` is empty for all."""

    scope: str
    name: str
    since: dt.datetime
    by: str
