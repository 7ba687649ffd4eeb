from typing import Any

import polars as pl
import pytest

from actions.dispatch import dispatch
from actions.guard import undo_recheck
from actions.guard.facts import CAMPAIGN_SCHEMA
from actions.undo import plan, to_actions
from actions.writes import changes
from contracts.codes import ActionState

S = ActionState


@pytest.fixture
def act(ledger: Any, shop: Any, clock: Any) -> Any:
    def run(**values: Any) -> dict[ActionState, int]:
        arguments: dict[str, Any] = {
            "shop_id": "north",
            "platform_of": lambda action: "shopify",
            "holder": "one",
            "clock": clock,
            "recheck": lambda actions, live: {},
            "sleep": clock.sleep,
        }
        return dispatch(ledger, lambda action: shop, **{**arguments, **values})

    return run


@pytest.fixture
def undo(ledger: Any, shop: Any, clock: Any, act: Any) -> Any:
    """Undo everything of a shop, as the operator asks for it."""

    def run(batch: str, **values: Any) -> dict[ActionState, int]:
        actions = ledger.find(shop_id="north")
        undo_plan = plan(actions, shop.live(changes(actions)))
        restoring = to_actions(undo_plan, batch=batch, at=clock())
        ledger.enqueue_undo(restoring, batch=batch, by="ada", at=clock())
        ended: dict[ActionState, int] = act(undo_batch=batch, **values)
        return ended

    return run


def _originals(ledger: Any) -> list[ActionState]:
    return [action.state for action in ledger.find() if action.undoes is None]


def test_an_undo_restores_every_price_with_every_kill_switch_on(
    ledger: Any, shop: Any, approve: Any, act: Any, undo: Any, stop: Any
) -> None:
    approve("v1", "v2")
    act()
    for scope, name in (
        ("all", ""),
        ("platform", "shopify"),
        ("shop", "north"),
        ("policy", "repricing"),
    ):
        stop(scope, name)
    assert undo("u1") == {S.CONFIRMED: 2}
    assert shop.prices == {"v1": 1000, "v2": 1000}
    assert _originals(ledger) == [S.REVERTED, S.REVERTED]


def test_two_changes_of_one_price_are_restored_by_one_write(
    ledger: Any, shop: Any, clock: Any, approve: Any, act: Any, undo: Any
) -> None:
    approve("v1")
    act()
    clock.sleep(86_400)
    approve("v1", before_value=970, after_value=940)
    act()
    shop.sent.clear()
    assert undo("u1") == {S.CONFIRMED: 1}
    assert shop.prices == {"v1": 1000}
    assert len(shop.sent) == 1
    assert _originals(ledger) == [S.REVERTED, S.REVERTED]


def test_a_price_that_was_changed_by_someone_else_stays(
    ledger: Any, shop: Any, approve: Any, act: Any, undo: Any
) -> None:
    approve("v1", "v2")
    act()
    shop.prices["v1"] = 995
    assert undo("u1") == {S.CONFIRMED: 1}
    assert shop.prices == {"v1": 995, "v2": 1000}


def test_a_price_changed_between_the_plan_and_the_write_stays(
    ledger: Any, shop: Any, clock: Any, approve: Any, act: Any
) -> None:
    approve("v1")
    act()
    actions = ledger.find()
    restoring = to_actions(plan(actions, shop.live(changes(actions))), batch="u1", at=clock())
    ledger.enqueue_undo(restoring, batch="u1", by="ada", at=clock())
    shop.prices["v1"] = 995
    assert act(undo_batch="u1") == {S.SUPERSEDED: 1}
    assert shop.prices == {"v1": 995}
    assert _originals(ledger) == [S.CONFIRMED]


def test_undoing_again_does_nothing(shop: Any, approve: Any, act: Any, undo: Any) -> None:
    approve("v1")
    act()
    undo("u1")
    assert undo("u2") == {}
    assert shop.prices == {"v1": 1000}


def test_an_undo_that_crashed_is_finished_by_the_next_call(
    ledger: Any, shop: Any, clock: Any, approve: Any, act: Any, undo: Any, crash: Any
) -> None:
    approve("v1")
    act()
    shop.faults["v1"] = ["crash_late"]
    with pytest.raises(crash):
        undo("u1")
    clock.sleep(301)
    assert act() == {S.CONFIRMED: 1}
    assert _originals(ledger) == [S.REVERTED]


def test_an_undo_goes_before_what_waits(
    ledger: Any, shop: Any, clock: Any, approve: Any, act: Any
) -> None:
    approve("v1")
    act()
    approve("v2")
    actions = [action for action in ledger.find() if action.target_id == "v1"]
    restoring = to_actions(plan(actions, shop.live(changes(actions))), batch="u1", at=clock())
    clock.sleep(60)
    ledger.enqueue_undo(restoring, batch="u1", by="ada", at=clock())
    shop.sent.clear()
    act(chunk=1)
    assert shop.sent[0] == restoring[0].action_id
    assert len(shop.sent) == 2


@pytest.mark.parametrize(("is_locked", "state"), [(False, S.CONFIRMED), (True, S.REFUSED)])
def test_a_promotion_lock_binds_an_undo_and_the_other_limits_do_not(
    shop: Any, clock: Any, approve: Any, act: Any, undo: Any, is_locked: bool, state: S
) -> None:
    # Back up by 100 %, without facts, costs or rest: only the promotion may object.
    approve("v1", after_value=500)
    act()
    now = clock()
    rows = [("north", None, now, now.replace(year=2027), "sale")] if is_locked else []
    campaigns = pl.DataFrame(rows, schema=dict(CAMPAIGN_SCHEMA), orient="row")

    def recheck(actions: Any, _live: Any) -> dict[str, tuple[str, str]]:
        return undo_recheck(actions, campaigns, at=clock())

    assert undo("u1", recheck=recheck) == {state: 1}
