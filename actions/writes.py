"""What an action writes: the change requested of a platform, and its value as text."""

import json
from collections.abc import Sequence

from contracts.actions import ORDERING, Action, Change
from contracts.codes import WriteKind
from contracts.money import format_amount


def changes(actions: Sequence[Action]) -> list[Change]:
    """The changes to write or look up: one per action."""
    return [
        Change(
            action_id=action.action_id,
            target_id=action.target_id,
            parent_id=action.parent_id,
            before=action.before_value,
            after=action.after_value,
            currency=action.currency,
            payload=action.payload,
            member_id=action.member_id,
            channel=action.channel,
            purpose=action.purpose,
            is_undo=action.undoes is not None,
        )
        for action in actions
    ]


def is_order(action: Action) -> bool:
    """Whether it is an order of goods: nothing was written, but it counts as on the way."""
    return action.write_kind is WriteKind.NONE and action.policy == ORDERING


def originals_of(undo: Action) -> list[str]:
    """Ids of the actions that an undo action takes back."""
    originals: list[str] = json.loads(undo.evidence)["undoes"]
    return originals


def value_text(value: int | None, currency: str | None) -> str:
    """A value as people read it: "9.70 USD", pieces as they are, None as "nothing"."""
    if value is None:
        return "nothing"
    return str(value) if currency is None else format_amount(value, currency)
