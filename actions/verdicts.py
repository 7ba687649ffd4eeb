"""Verdicts: where a write that was sent, or may have been, ends by what the platform shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from actions.terms import other_term
from actions.writes import value_text
from contracts.actions import Action, Live, Outcome, Unread
from contracts.codes import ActionState, OutcomeState, WriteKind

# Of these the platform can only say whether they were done: what it does not name was not.
_DONE_OR_NOT = (
    WriteKind.GRANT_COUPON,
    WriteKind.SEND_MESSAGE,
    WriteKind.REQUEST_REVIEW,
    WriteKind.REPLY_REVIEW,
    WriteKind.RECORD_EVENT,
    WriteKind.SET_PROFILE,
)
PROVEN = "the platform took it; whether it was delivered or read cannot be asked"
UNPROVEN = "no answer tells whether it arrived and it cannot be read back; a person has to look"

Recheck = Callable[[Sequence[Action], Mapping[str, Live]], Mapping[str, tuple[str, str]]]
"""Actions and the live value per target to the guard and reason per action id to refuse; a guard of
`actions.guard.HOLDS` holds."""


@dataclass(frozen=True, slots=True)
class End:
    """Where an action ends, and why."""

    state: ActionState
    message: str | None = None
    guard: str | None = None


def readable(answers: Mapping[str, Live | Unread]) -> dict[str, Live]:
    """What is in force per target, where it can be read."""
    return {target: answer for target, answer in answers.items() if isinstance(answer, Live)}


def end_unread(
    actions: Sequence[Action], answers: Mapping[str, Live | Unread]
) -> dict[Action, End]:
    """Actions whose live value cannot be read: delayed, each with the reason."""
    found = [(action, answers.get(action.target_id)) for action in actions]
    return {
        action: End(ActionState.APPROVED, f"held: what is in force cannot be read: {answer.why}")
        for action, answer in found
        if isinstance(answer, Unread)
    }


def sort_outcomes(
    sending: Sequence[Action], outcomes: Sequence[Outcome]
) -> tuple[list[Action], dict[Action, End], dict[Action, End]]:
    """What the platform accepted, rejected, or could not take now (delayed); the rest is
    unknown."""
    by_id = {outcome.action_id: outcome for outcome in outcomes}
    accepted: list[Action] = []
    rejected: dict[Action, End] = {}
    delayed: dict[Action, End] = {}
    for action in sending:
        outcome = by_id.get(action.action_id)
        if outcome is not None and outcome.state is OutcomeState.REJECTED:
            why = outcome.message or "the platform rejected it"
            rejected[action] = End(ActionState.FAILED, why)
        elif outcome is not None and outcome.state is OutcomeState.HELD:
            delayed[action] = End(ActionState.APPROVED, outcome.message)
        elif outcome is not None and outcome.state is OutcomeState.ACCEPTED:
            accepted.append(action)
    return accepted, rejected, delayed


def is_done(action: Action, live: Live | Unread | None) -> bool:
    """Whether the platform shows the write as it was sent, all its terms included."""
    if isinstance(live, Unread):
        return False
    return is_shown(action, live, action.after_value) and other_term(action, live) is None


def is_shown(action: Action, live: Live | None, value: int | None) -> bool:
    """Whether the platform shows a value of an action's target."""
    if action.write_kind in _DONE_OR_NOT:
        return (live.value if live else 0) == (value or 0)
    if live is None:
        return value is None
    return live.value == value and live.currency == action.currency


def verdict(
    action: Action, live: Live | Unread | None, *, is_accepted: bool, is_absolute: bool
) -> End:
    """Where a write that was sent, or may have been, ends."""
    if isinstance(live, Unread):
        why = f"what is in force cannot be read: {live.why}; a person has to look"
        return End(ActionState.UNKNOWN, why)
    if is_shown(action, live, action.after_value):
        other = other_term(action, live)
        if other is None:
            return End(ActionState.CONFIRMED)
        return End(
            ActionState.UNKNOWN, f"the platform shows it with another {other}; a person has to look"
        )
    if is_shown(action, live, action.before_value):
        if is_accepted:
            return End(
                ActionState.FAILED, f"the platform says accepted, but it shows {live_text(live)}"
            )
        if is_absolute:
            return End(ActionState.APPROVED, "it did not arrive and is to be sent again")
        return End(
            ActionState.UNKNOWN,
            f"the platform shows {live_text(live)}; sending it again might do it twice",
        )
    return End(ActionState.UNKNOWN, f"the platform shows {live_text(live)}; a person has to look")


def live_text(live: Live | None) -> str:
    """What the platform shows, as people read it."""
    return "nothing" if live is None else value_text(live.value, live.currency)


def excluding(actions: Sequence[Action], gone: Sequence[Action]) -> list[Action]:
    """The actions but for those of the same ids."""
    ids = {action.action_id for action in gone}
    return [action for action in actions if action.action_id not in ids]
