"""Undo: restores what was in force before us, where nobody has touched it since."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from actions.terms import other_term
from actions.writes import is_order, originals_of, value_text
from contracts.actions import Action, Live, Unread
from contracts.codes import ActionState, Reversal, WriteKind

_REACHED = (
    ActionState.SENDING,
    ActionState.SENT,
    ActionState.CONFIRMED,
    ActionState.UNKNOWN,
)
UNDER_WAY = (ActionState.APPROVED, ActionState.SENDING, ActionState.SENT)
"""States of an undo that is requested and not done."""
_EXPIRES = dt.timedelta(days=1)
_NOT_UNDOABLE = {
    WriteKind.NONE: "a notice wrote nothing, so there is nothing to take back",
    WriteKind.GRANT_COUPON: "a coupon in a member's purse cannot be taken out of it",
    WriteKind.SEND_MESSAGE: "a message that was sent cannot be called back",
    WriteKind.REQUEST_REVIEW: "a request for a review cannot be called back",
    WriteKind.REPLY_REVIEW: "a public reply stands; it is changed on the platform by hand",
    WriteKind.RECORD_EVENT: "what the CRM did upon an event cannot be called back",
    WriteKind.SET_PROFILE: "what a profile held before us is not known",
}
_CLOSED = 0
"""Value of a coupon that was closed."""


@dataclass(frozen=True, slots=True)
class UndoItem:
    """What becomes of one target."""

    actions: tuple[Action, ...]
    """Ours on this target, oldest first; they collapse to one restoration."""
    conflict: str | None
    """Why it is left alone; None: it is restored."""
    note: str | None = None
    """What stays all the same."""

    @property
    def latest(self) -> Action:
        """Our last action on the target."""
        return self.actions[-1]

    @property
    def expected(self) -> int:
        """Value that must be in force: the one we set last."""
        return self.latest.after_value

    @property
    def restore(self) -> int | None:
        """Value in force before our first action; a coupon is closed."""
        first = self.actions[0]
        return _CLOSED if first.write_kind is WriteKind.CREATE_COUPON else first.before_value


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What an undo will do, to be shown before it is done."""

    items: tuple[UndoItem, ...]

    @property
    def to_restore(self) -> tuple[UndoItem, ...]:
        """Items that will be written."""
        return tuple(item for item in self.items if item.conflict is None)


def is_undoable(kind: WriteKind) -> bool:
    """Whether a kind of write can be taken back at all."""
    return kind not in _NOT_UNDOABLE


def not_undoable(kind: WriteKind) -> str | None:
    """Why a kind of write can never be taken back; None: it can, or the platform decides."""
    return _NOT_UNDOABLE.get(kind)


def plan(
    actions: Sequence[Action],
    live: Mapping[str, Live | Unread],
    *,
    under_way: Sequence[Action] = (),
    reversals: Mapping[WriteKind, Reversal] | None = None,
    redeemed: Mapping[str, int] | None = None,
) -> UndoPlan:
    """One item per shop, target and kind of write among the actions; `live` is by target.

    Actions that never reached the platform are left out. `under_way` are undo actions not done yet:
    what they take back is not taken back twice. `reversals` is what the platform allows;
    `redeemed` how often codes were used, where that is known.
    """
    allowed = reversals or {}
    being_undone = {original for undo in under_way for original in originals_of(undo)}
    reached = [action for action in actions if action.state in _REACHED]
    ordered = sorted(reached, key=lambda action: (action.decided_at, action.updated_at))
    targets: dict[tuple[str, str, WriteKind], list[Action]] = {}
    for action in ordered:
        targets.setdefault((action.shop_id, action.target_id, action.write_kind), []).append(action)
    return UndoPlan(
        tuple(
            UndoItem(
                tuple(same),
                "an undo of it is under way; `shopkeeper act` finishes it"
                if any(action.action_id in being_undone for action in same)
                else _conflict(same, live.get(target_id), allowed.get(kind)),
                _note(same[0], (redeemed or {}).get(target_id)),
            )
            for (_, target_id, kind), same in targets.items()
        )
    )


def _standing(orders: Sequence[Action]) -> str | None:
    """Why orders of one SKU cannot be cancelled."""
    if any(order.undoes is not None for order in orders):
        return "it is an undo itself"
    if any(order.before_value is None for order in orders):
        return _NOT_UNDOABLE[WriteKind.NONE]
    return None


def _note(first: Action, redeemed: int | None) -> str | None:
    """What taking it back leaves to be done, or does not take back."""
    if is_order(first):
        return "no longer counted as on the way; tell the supplier"
    kind = first.write_kind
    if kind is not WriteKind.CREATE_COUPON or not redeemed:
        return None
    if redeemed == 1:
        return "redeemed once before, which stands"
    return f"redeemed {redeemed} times before, which stands"


def _conflict(
    actions: Sequence[Action], live: Live | Unread | None, reversal: Reversal | None
) -> str | None:
    """Why these actions of one target, oldest first, cannot be taken back."""
    first, latest = actions[0], actions[-1]
    reason = _forbidden(actions, reversal)
    if reason is not None or is_order(first):
        return reason
    if live is None:
        return "the platform no longer knows it"
    if isinstance(live, Unread):
        return f"what is in force cannot be read: {live.why}"
    if first.write_kind is WriteKind.CREATE_COUPON and live.value == _CLOSED:
        return "it is closed or has ended already"
    if live.value != latest.after_value or live.currency != latest.currency:
        ours = value_text(latest.after_value, latest.currency)
        return (
            f"changed since: ours was {ours}, in force is {value_text(live.value, live.currency)}"
        )
    other = other_term(latest, live)
    if other is not None:
        return f"changed since: in force is another {other}"
    if live.value == first.before_value:
        return "the value from before us is in force already"
    return None


def _forbidden(actions: Sequence[Action], reversal: Reversal | None) -> str | None:
    """Why they cannot be, whatever the platform shows now."""
    first = actions[0]
    if is_order(first):
        return _standing(actions)
    if first.write_kind in _NOT_UNDOABLE:
        return _NOT_UNDOABLE[first.write_kind]
    if reversal is Reversal.IRREVERSIBLE:
        return "the platform offers no way to take it back"
    if any(action.undoes is not None for action in actions):
        return "it is an undo itself"
    if any(action.state is not ActionState.CONFIRMED for action in actions):
        return "what became of our write is not known so far"
    if first.before_value is None and first.write_kind is not WriteKind.CREATE_COUPON:
        return "the value in force before us is not known"
    if any(later.before_value != earlier.after_value for earlier, later in pairwise(actions)):
        return "it was changed by someone else between our changes"
    return None


def to_actions(undo: UndoPlan, *, batch: str, at: dt.datetime) -> list[Action]:
    """Actions that restore, approved by whoever requests the undo. Ids derive from the batch."""
    return [_restoring(item, batch=batch, at=at) for item in undo.to_restore]


def _restoring(item: UndoItem, *, batch: str, at: dt.datetime) -> Action:
    latest, restore = item.latest, item.restore
    assert restore is not None
    return Action(
        action_id=hashlib.sha256(f"{batch}\n{latest.action_id}".encode()).hexdigest()[:32],
        run_id=batch,
        policy=latest.policy,
        policy_version=latest.policy_version,
        shop_id=latest.shop_id,
        target_id=latest.target_id,
        parent_id=latest.parent_id,
        sku_id=latest.sku_id,
        write_kind=latest.write_kind,
        currency=latest.currency,
        before_value=item.expected,
        after_value=restore,
        reason_code="undo",
        numbers=json.dumps({"actions": len(item.actions)}),
        units_at_risk=latest.units_at_risk,
        effect_minor=None,
        window_start=at,
        expires_at=at + _EXPIRES,
        evidence=json.dumps({"undoes": [action.action_id for action in item.actions]}),
        state=ActionState.APPROVED,
        guard=None,
        guard_reason=None,
        decided_at=at,
        updated_at=at,
        approved_by=None,
        observed_value=None,
        message=None,
        undoes=batch,
        fence=0,
        member_id=latest.member_id,
    )
