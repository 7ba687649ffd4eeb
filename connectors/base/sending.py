"""Sending of changes group by group, so that each has its own outcome whatever became of others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from connectors.base.limits import Urgency
from connectors.base.retry import NotAppliedError
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import OutcomeState
from contracts.errors import SourceContractError, SourceRejectedError, TransientSourceError

Item = TypeVar("Item")


class OddItemError(SourceRejectedError):
    """What the platform says of one item is of a shape that we do not know; nothing was sent."""


def each(
    groups: Iterable[Sequence[Change]],
    send: Callable[[Sequence[Change]], list[Outcome]],
    *,
    alone: type[SourceRejectedError] | tuple[type[SourceRejectedError], ...] = (),
) -> list[Outcome]:
    """Send each group; each change gets an outcome.

    A refusal of class `alone`, and an item that we cannot read, is about its group; any other
    refusal, and a platform that stays busy, ends the sending.

    Raises:
        NotAppliedError: nothing was sent at all.
    """
    outcomes: list[Outcome] = []
    ended: str | None = None
    for group in groups:
        if ended is not None:
            outcomes += all_as(group, OutcomeState.REJECTED, f"not sent: {ended}")
            continue
        try:
            outcomes += send(group)
        except NotAppliedError as error:
            if not outcomes:
                raise
            ended = str(error)
            outcomes += all_as(group, OutcomeState.REJECTED, ended)
        except SourceRejectedError as error:
            is_alone = isinstance(error, (OddItemError, *_classes(alone)))
            ended = None if is_alone else str(error)
            outcomes += all_as(group, OutcomeState.REJECTED, str(error))
        except (TransientSourceError, SourceContractError) as error:
            outcomes += all_as(group, OutcomeState.UNKNOWN, str(error))
    return outcomes


@contextmanager
def nothing_sent() -> Iterator[None]:
    """What goes wrong inside goes wrong before anything is written, and is raised as such.

    Raises:
        NotAppliedError: the platform cannot answer now.
        SourceRejectedError: it refuses.
        OddItemError: it answers in a way that we do not know.
    """
    try:
        yield
    except NotAppliedError:
        raise
    except TransientSourceError as error:
        raise NotAppliedError(str(error), retry_after=error.retry_after) from None
    except SourceContractError as error:
        raise OddItemError(f"nothing was sent: {error}") from None


def read(answer: Callable[[], Item]) -> Item | Unread:
    """What one item's answer says; that it cannot be read is said of this item alone."""
    try:
        return answer()
    except SourceContractError as error:
        return Unread(why=str(error))


def read_each(
    changes: Iterable[Change], live: Callable[[Change], Live | None]
) -> dict[str, Live | Unread]:
    """What is in force per target, asked one by one; absent is what the platform does not know."""
    answers = {change.target_id: read(partial(live, change)) for change in changes}
    return {target: answer for target, answer in answers.items() if answer is not None}


def _classes(
    alone: type[SourceRejectedError] | tuple[type[SourceRejectedError], ...],
) -> tuple[type[SourceRejectedError], ...]:
    return alone if isinstance(alone, tuple) else (alone,)


def all_as(changes: Sequence[Change], state: OutcomeState, message: str | None) -> list[Outcome]:
    """One outcome for all of them."""
    return [Outcome(action_id=change.action_id, state=state, message=message) for change in changes]


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Pieces of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


def urgency_of(changes: Sequence[Change]) -> Urgency:
    """What is taken back goes before what is done."""
    return Urgency.UNDO if any(change.is_undo for change in changes) else Urgency.ACT
