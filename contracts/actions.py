"""What travels from a decision to a platform and back: proposals, actions, changes, outcomes."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import dataframely as dy

from contracts.codes import ActionState, Channel, OutcomeState, Purpose, WriteKind
from contracts.columns import MAX_MINOR, code, identifier, instant, member, number, text

OF_MESSAGE: Final = ":message"
"""What stands behind a code in the target of the message that names it."""
ORDERING = "restock"
"""Policy whose alerts are orders of goods: on the way until received, cancelled or overdue."""

FORGOTTEN = "forgotten"
"""Stands in an action for the person it was for, once they are forgotten, and for its reason."""


def _value(description: str, *, nullable: bool = False) -> dy.Int64:
    return dy.Int64(description=description, nullable=nullable, min=-MAX_MINOR, max=MAX_MINOR)


class Proposal(dy.Schema):
    """What a policy wants. Grain: (policy, shop_id, target_id, window_start).

    Values are minor units of `currency` for a price, pieces for stock and restock; of a coupon what
    it takes off: minor units of `currency`, without one hundredths of a percent; 0 and 1 for what
    is either done or not. What is written beside a value is the payload (contracts.payloads).
    """

    policy = identifier("Policy's name", key=True)
    policy_version = dy.Int64(min=1, description="Version of the policy's rule")
    shop_id = identifier("Our id of the shop", key=True)
    target_id = identifier(
        "What is written: listing for a price, SKU for stock, code for a coupon, order for a "
        "review request, review for a reply; for a message a name of it that is no person's",
        key=True,
    )
    parent_id = identifier("What the platform files it under (a product)", nullable=True)
    sku_id = identifier("The seller's code; null: it is about no single SKU", nullable=True)
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
    payload = text("JSON object of what is written beside the value", nullable=True)
    member_id = member("Whom it is for, by pseudonym", nullable=True)
    channel = code("How the member is reached", Channel, nullable=True)
    purpose = code("What the member is written to for", Purpose, nullable=True)
    exposure_minor = _value(
        "Most that it can cost, in the shop's currency: of a coupon the worst case of all its uses",
        nullable=True,
    )
    needs_target_id = identifier(
        "Target of a proposal of the same policy, shop and window to be confirmed first",
        nullable=True,
    )


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
    sku_id: str | None
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
    """Undo batch this action belongs to; None for an ordinary action."""
    fence: int
    """Counts claims; a holder with an older number may not write."""
    payload: str | None = None
    member_id: str | None = None
    channel: Channel | None = None
    purpose: Purpose | None = None
    exposure_minor: int | None = None
    needs: str | None = None
    """Id of the action that must be confirmed before this one is sent."""


_CONTENT: Final = (
    "policy", "shop_id", "write_kind", "target_id", "parent_id", "currency", "before_value",
    "after_value", "payload", "member_id", "channel", "purpose", "needs",
)  # fmt: skip
"""Columns of an action that decide what is sent, and to whom."""

_JSON: Final = json.JSONEncoder(ensure_ascii=False)


def content_hashes(row: Mapping[str, Any]) -> dict[str, str]:
    """What an event keeps of an action's content: whoever approves it approves this and no other.

    `row` has the columns of `Action`. Of what is written beside the value there is a hash of its
    own, since that is the text that was shown.
    """
    text = _JSON.encode([row[name] for name in _CONTENT])
    hashes = {"content_hash": hashlib.sha256(text.encode()).hexdigest()}
    if row["payload"] is not None:
        hashes["payload_hash"] = hashlib.sha256(row["payload"].encode()).hexdigest()
    return hashes


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """How many targets a policy left as they are, for one reason, when it last decided.

    Grain: (shop_id, policy, reason). The reason is one of the policy's holds, or a guard of
    `codes.COUNTED_GUARDS`.
    """

    shop_id: str
    policy: str
    reason: str
    targets: int
    samples: tuple[str, ...]
    """SKUs among them, the first few; none where they are a person's."""
    decided_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One item of a write."""

    action_id: str
    target_id: str
    parent_id: str | None
    before: int | None
    after: int
    currency: str | None
    payload: str | None = None
    """JSON, see contracts.payloads."""
    member_id: str | None = None
    channel: Channel | None = None
    purpose: Purpose | None = None
    is_undo: bool = False
    recipient: str | None = field(default=None, repr=False)
    """The platform's id or the address of the member; filled in while it is sent, never stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What the platform says is in force now."""

    value: int
    currency: str | None
    terms: Mapping[str, str | int | None] | None = None
    """Of a coupon what else is in force: `ends_at` (payloads.term_instant), `limit_units`,
    `per_customer_units`, `minimum_minor` of the shop's currency, `audience` (codes.Audience).

    None in it: there is no such end, limit or minimum. A name that is absent: the platform does
    not report it, and it is not compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What is in force is there and cannot be read; `why` holds no value and no personal data."""

    why: str


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
