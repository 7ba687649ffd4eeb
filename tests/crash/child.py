"""One process of the loop; dies at a seam if it is told to, and else ends by itself."""

import datetime as dt
import json
import sys
from pathlib import Path

from actions.dispatch import dispatch
from flows.steps.act import act
from flows.steps.actions import Selection
from flows.steps.build import build
from flows.steps.clock import ShopClock
from flows.steps.decide import decide
from flows.steps.opening import open_home
from flows.steps.pull import blocked_in, pull
from flows.steps.report import report
from flows.steps.undo import undo
from tests.crash.seams import SEAMS, Stage

CHUNK = 5
"""Actions sent together; small, so that a crash leaves some sent and some not."""


def loop(folder: Path, *, seam: str | None = None, call: int = 1) -> None:
    """Pull, build, decide, act, report and undo all of it; the same again goes on where it was."""
    armed = SEAMS[seam] if seam else None
    with open_home(folder) as home:
        is_undoing = any(action.undoes for action in home.ledger.find())
        if armed and (armed.stage is not Stage.UNDOING or is_undoing):
            armed.arm(call)
        for one in blocked_in(pull(home)):
            raise one.as_error
        build(home)
        decide(home)
        act(home)
        report(home)
        if armed and armed.stage is not Stage.UNDOING:
            return  # it was not met
        if armed and not is_undoing:
            armed.arm(call)
        undo(home, Selection(), by="crash", execute=True)


def let_pass(minutes: int) -> None:
    """Let the platform's clock be later for whoever acts; its data stays what it was."""
    original_call = ShopClock.__call__

    def later(clock: ShopClock) -> dt.datetime:
        return original_call(clock) + dt.timedelta(minutes=minutes)

    ShopClock.__call__ = later  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    # Imported before it is needed; what to do comes on one line.
    told = json.loads(sys.stdin.readline() or "null")
    if told is not None:
        assert dispatch.__kwdefaults__ is not None
        dispatch.__kwdefaults__["chunk"] = CHUNK
        let_pass(told["minutes"])
        loop(Path(told["folder"]), seam=told["seam"], call=told["call"])
