"""Sending of changes group by group, so that each has its own outcome whatever became of others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from connectors.base.limits import Urgency
from connectors.base.retry import NotAppliedError
from contracts.actions import Change, Outcome
from contracts.codes import OutcomeState
from contracts.errors import SourceContractError, SourceRejectedError, TransientSourceError

Item = TypeVar("Item")


def each(
    groups: Iterable[Sequence[Change]],
    send: Callable[[Sequence[Change]], list[Outcome]],
    *,
    alone: type[SourceRejectedError] | tuple[type[SourceRejectedError], ...] = (),
) -> list[Outcome]:
    """Send each group; each change gets an outcome.

    A refusal of class `alone` is about its group; any other, and a platform that stays busy, ends
    the sending.

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
            ended = None if isinstance(error, alone) else str(error)
            outcomes += all_as(group, OutcomeState.REJECTED, str(error))
        except (TransientSourceError, SourceContractError) as error:
            outcomes += all_as(group, OutcomeState.UNKNOWN, str(error))
    return outcomes


@contextmanager
def nothing_sent() -> Iterator[None]:
    """What goes wrong inside goes wrong before anything is written, and is raised as such.

    Raises:
        NotAppliedError: the platform cannot answer now.
        SourceRejectedError: it refuses, or answers in a way that we do not know.
    """
    try:
        yield
    except NotAppliedError:
        raise
    except TransientSourceError as error:
        raise NotAppliedError(str(error), retry_after=error.retry_after) from None
    except SourceContractError as error:
        raise SourceRejectedError(f"nothing was sent: {error}") from None


def all_as(changes: Sequence[Change], state: OutcomeState, message: str | None) -> list[Outcome]:
    """One outcome for all of them."""
    return [Outcome(action_id=change.action_id, state=state, message=message) for change in changes]


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Pieces of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


def urgency_of(changes: Sequence[Change]) -> Urgency:
    """What is taken back goes before what is done."""
    return Urgency.UNDO if any(change.is_undo for change in changes) else Urgency.ACT
