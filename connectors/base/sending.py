"""Sending of changes group by group, so that each has its own outcome whatever became of others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

from connectors.base.limits import Urgency
from connectors.base.retry import NotAppliedError
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import OutcomeState
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)

Item = TypeVar("Item")
_ONE_BY_ONE: Final = 5


class UnfitError(SourceRejectedError):
    """A change that is not applied, and cannot be as it is; others may pass."""


class OddItemError(UnfitError):
    """What the platform says of one item is of a shape that we do not know; nothing was sent."""


def each(
    groups: Iterable[Sequence[Change]],
    send: Callable[[Sequence[Change]], list[Outcome]],
    *,
    alone: type[SourceRejectedError] | tuple[type[SourceRejectedError], ...] = (),
    at_once: int = 1,
) -> list[Outcome]:
    """Send each group; each change gets an outcome.

    A refusal of class `alone`, and a change that does not fit, is about its group; any other
    refusal, and a platform that stays busy, ends the sending. After the first few, `at_once` groups
    are under way at a time; what is when the sending ends is told by its own answer.

    Raises:
        NotAppliedError: nothing was sent at all.
    """
    outcomes: list[Outcome] = []
    ended: str | None = None
    with ThreadPoolExecutor(at_once, thread_name_prefix="sending") as pool:
        for some in _together(list(groups), at_once):
            if ended is not None:
                for group in some:
                    outcomes += all_as(group, OutcomeState.REJECTED, f"not sent: {ended}")
                continue
            for group, answer in zip(some, _answers(pool, send, some), strict=True):
                if isinstance(answer, list):
                    outcomes += answer
                    continue
                if isinstance(answer, NotAppliedError) and not outcomes:
                    raise answer
                state, is_end = _meaning(answer, alone)
                outcomes += all_as(group, state, str(answer))
                ended = str(answer) if is_end else ended
    return outcomes


def _together(groups: list[Sequence[Change]], at_once: int) -> Iterator[list[Sequence[Change]]]:
    """The first ones by themselves, so that a refusal finds few under way."""
    first = groups[:_ONE_BY_ONE] if at_once > 1 else groups
    yield from ([group] for group in first)
    rest = groups[len(first) :]
    yield from (rest[start : start + at_once] for start in range(0, len(rest), at_once))


def _answers(
    pool: ThreadPoolExecutor,
    send: Callable[[Sequence[Change]], list[Outcome]],
    groups: list[Sequence[Change]],
) -> Iterable[list[Outcome] | ShopkeeperError]:
    def tried(group: Sequence[Change]) -> list[Outcome] | ShopkeeperError:
        try:
            return send(group)
        except (SourceRejectedError, TransientSourceError, SourceContractError) as error:
            return error

    return pool.map(tried, groups) if len(groups) > 1 else map(tried, groups)


def _meaning(
    error: ShopkeeperError, alone: type[SourceRejectedError] | tuple[type[SourceRejectedError], ...]
) -> tuple[OutcomeState, bool]:
    """What an error says of its group, and whether it ends the sending."""
    if isinstance(error, NotAppliedError):
        return OutcomeState.REJECTED, True
    if isinstance(error, SourceRejectedError):
        return OutcomeState.REJECTED, not isinstance(error, (UnfitError, *_classes(alone)))
    return OutcomeState.UNKNOWN, False


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


def outcome(
    change: Change, message: str | None = None, state: OutcomeState = OutcomeState.ACCEPTED
) -> Outcome:
    """What became of one change; accepted unless it is said."""
    return Outcome(action_id=change.action_id, state=state, message=message)


def all_as(changes: Sequence[Change], state: OutcomeState, message: str | None) -> list[Outcome]:
    """One outcome for all of them."""
    return [outcome(change, message, state) for change in changes]


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Pieces of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


def urgency_of(changes: Sequence[Change]) -> Urgency:
    """What is taken back goes before what is done."""
    return Urgency.UNDO if any(change.is_undo for change in changes) else Urgency.ACT
