"""An undo that a crash interrupted is finished, and not begun a second time."""

from typing import Any

import pytest

from actions.undo import UNDER_WAY, plan, to_actions
from actions.writes import changes
from contracts.codes import ActionState
from tests.actions.conftest import Crash
from warehouse.ledger import Ledger

S = ActionState


def _asked(ledger: Any, shop: Any, clock: Any, *, batch: str) -> list[str | None]:
    """Ask for an undo of everything; why each target is left alone."""
    actions = [action for action in ledger.find() if action.undoes is None]
    waiting = [action for action in ledger.find(states=UNDER_WAY) if action.undoes is not None]
    planned = plan(actions, shop.live(changes(actions)), under_way=waiting)
    restoring = to_actions(planned, batch=batch, at=clock())
    ledger.enqueue_undo(restoring, batch=batch, by="ada", at=clock())
    return [item.conflict for item in planned.items]


def test_what_an_undo_under_way_takes_back_is_not_taken_back_twice(
    ledger: Any, shop: Any, clock: Any, approve: Any, send: Any
) -> None:
    approve("v1", "v2")
    send()
    assert _asked(ledger, shop, clock, batch="u1") == [None, None]
    again = _asked(ledger, shop, clock, batch="u2")
    assert {told and told.split(";")[0] for told in again} == {"an undo of it is under way"}
    shop.sent.clear()
    assert send() == {S.CONFIRMED: 2}
    assert len(shop.sent) == 2
    assert [one.state for one in ledger.find() if one.undoes is None] == [S.REVERTED] * 2


@pytest.mark.parametrize("died_at", [S.REVERTED, S.CONFIRMED])
def test_a_crash_while_an_undo_is_settled_leaves_no_original_in_force(
    ledger: Any,
    shop: Any,
    clock: Any,
    approve: Any,
    send: Any,
    monkeypatch: pytest.MonkeyPatch,
    died_at: ActionState,
) -> None:
    approve("v1")
    send()
    _asked(ledger, shop, clock, batch="u1")
    settle = Ledger.settle

    def dying(self: Ledger, actions: Any, state: ActionState, **named: Any) -> list[str]:
        if state is died_at:
            raise Crash
        return settle(self, actions, state, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "settle", dying)
        with pytest.raises(Crash):
            send()
    clock.sleep(3_600)
    shop.sent.clear()
    assert send() == {S.CONFIRMED: 1}
    assert shop.sent == []
    assert [one.state for one in ledger.find()] == [S.REVERTED, S.CONFIRMED]
