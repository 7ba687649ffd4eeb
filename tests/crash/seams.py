"""Where a process may die: between which two commits, and at which of the calls."""

import importlib
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from contracts.codes import ActionState

Args = tuple[Any, ...]


def _always(_: Args) -> bool:
    return True


def _is_mutation(args: Args) -> bool:
    return b"mutation" in args[2]


def _to(state: ActionState) -> Callable[[Args], bool]:
    return lambda args: bool(args[1]) and args[2] is state


def _is(suffix: str) -> Callable[[Args], bool]:
    return lambda args: args[0].suffix == f".{suffix}"


class Stage(StrEnum):
    """What has to be there before the loop can come to a seam."""

    READING = "an empty home"
    ACTING = "a home that has read and built"
    UNDOING = "an undo that was asked for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seam:
    """A call of ours at which the process kills itself: before it, or after it came back."""

    target: str
    """module:name, or module:Class.name, where it is looked up by its caller."""
    is_after: bool
    calls: tuple[int, ...]
    """Dies at each of these calls in a run of its own; all in a row, at the first of them."""
    counts: Callable[[Args], bool] = _always
    stage: Stage

    def arm(self, call: int) -> None:
        """Let the call be the last thing this process does; no hook in the product."""
        module, _, path = self.target.partition(":")
        owner: Any = importlib.import_module(module)
        *outer, name = path.split(".")
        for part in outer:
            owner = getattr(owner, part)
        original, seen = getattr(owner, name), 0

        def dying(*args: Any, **named: Any) -> Any:
            nonlocal seen
            is_it = self.counts(args)
            seen += is_it
            if is_it and seen == call and not self.is_after:
                die()
            answer = original(*args, **named)
            if is_it and seen == call:
                die()
            return answer

        setattr(owner, name, dying)


def die() -> None:
    """As `kill -9` does it: nothing is closed, flushed or rolled back."""
    os.kill(os.getpid(), signal.SIGKILL)


def _seam(
    stage: Stage,
    target: str,
    *calls: int,
    is_after: bool = False,
    counts: Callable[[Args], bool] = _always,
) -> Seam:
    return Seam(target=target, is_after=is_after, calls=calls, counts=counts, stage=stage)


_reading = partial(_seam, Stage.READING)
_acting = partial(_seam, Stage.ACTING)
_undoing = partial(_seam, Stage.UNDOING)

_SEND = "flows.steps.writers:ShopWrite.send"
_NOTE = "warehouse.journal:Journal.note"
_SETTLE = "warehouse.ledger:Ledger.settle"
_POST = "connectors.base.http:Http.post"
_VERDICT = "actions.dispatch:verdict"
_REVERT = "actions.dispatch:_Dispatch._revert"

# In the order of the loop: a process that is started again after each of them meets all of them.
SEAMS: Mapping[str, Seam] = {
    "planning a reading": _reading("warehouse.readings:Readings.plan", 2, 1, 5, is_after=True),
    "half a page on disk": _reading("pathlib:Path.replace", 2, 1, 7, counts=_is("tmp")),
    "mid-page": _reading("warehouse.landing:Landing._keep_page", 1, 2, 6, is_after=True),
    "landed, not merged": _reading("warehouse.lake:Lake.merge", 1, 3, 6),
    "between tables of a family": _reading("warehouse.lake:Lake._commit", 2, 1, 3, is_after=True),
    "merged, not recorded": _reading("warehouse.lake:Lake.merge", 1, 2, 6, is_after=True),
    "quarantined, not recorded": _reading("warehouse.readings:Readings.record_load", 1, 2, 6),
    "recorded, not built": _reading(
        "warehouse.readings:Readings.record_load", 1, 4, 9, is_after=True
    ),
    "between derived tables": _reading("warehouse.lake:Lake.replace", 2, 1, 5, is_after=True),
    "derived, not recorded": _reading("warehouse.readings:Readings.record", 1, 1),
    "in publishing": _reading("warehouse.publish:insert", 1, 1),
    "published": _reading("flows.steps.build:publish", 1, 1, is_after=True),
    "decided, not recorded": _acting("warehouse.ledger:Ledger.record", 1, 2),
    "half of the decisions recorded": _acting("warehouse.proposals:append", 1, 2),
    "decisions recorded": _acting("warehouse.ledger:Ledger.record", 1, 2, is_after=True),
    "claimed": _acting("warehouse.ledger:Ledger.claim", 1, 1, is_after=True),
    "sending, not yet in the journal": _acting(_NOTE, 1, 2),
    "in the journal, not yet sent": _acting(_NOTE, 1, 1, is_after=True),
    "sending, not yet sent": _acting(_SEND, 1, 1),
    "sent, not yet answered": _acting(_POST, 3, 1, 2, is_after=True, counts=_is_mutation),
    "answered, not yet committed": _acting(_SEND, 1, 1, is_after=True),
    "sent, not read back": _acting(_SETTLE, 1, 1, is_after=True, counts=_to(ActionState.SENT)),
    "between read-back and settle": _acting(_VERDICT, 1, 2),
    "settled": _acting(_SETTLE, 1, 1, is_after=True, counts=_to(ActionState.CONFIRMED)),
    "half a report on disk": _acting("pathlib:Path.replace", 1, 1, counts=_is("draft")),
    "report written": _acting("flows.steps.report:render", 1, 1, is_after=True),
    "undo: asked for, not claimed": _undoing(
        "warehouse.ledger:Ledger.enqueue_undo", 1, 1, is_after=True
    ),
    "undo: sending, not yet in the journal": _undoing(_NOTE, 1, 1),
    "undo: sending, not yet sent": _undoing(_SEND, 1, 1),
    "undo: sent, not yet answered": _undoing(_POST, 2, 1, 4, is_after=True, counts=_is_mutation),
    "undo: answered, not yet committed": _undoing(_SEND, 1, 1, is_after=True),
    "undo: between read-back and settle": _undoing(_VERDICT, 1, 2, is_after=True),
    "undo: originals not marked": _undoing(_REVERT, 1, 1),
    "undo: originals marked": _undoing(_REVERT, 1, 1, is_after=True),
}
