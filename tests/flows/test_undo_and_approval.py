"""What was written can be taken back; what waits for a person waits."""

from typing import Any

from flows.steps.act import act
from flows.steps.actions import Selection, approve, describe, reject, switch
from flows.steps.audit import audit
from flows.steps.build import build
from flows.steps.decide import decide
from flows.steps.home import Home
from flows.steps.pull import pull
from flows.steps.undo import undo
from tests.flows.conftest import Merchant

ALL = Selection()


def acted(home: Home) -> list[Any]:
    """Confirmed price changes of one day."""
    decide(home)
    act(home)
    confirmed = [one for one in home.ledger.find() if one.state == "confirmed"]
    assert confirmed
    return confirmed


def test_a_price_set_by_an_action_is_the_price_the_shop_answers(built: Merchant) -> None:
    with built.open() as home:
        for action in acted(home):
            assert built.prices(action.sku_id)[action.sku_id] == action.after_value
            assert action.observed_value == action.after_value != action.before_value


def test_undo_shows_its_plan_first_and_then_restores_every_price(built: Merchant) -> None:
    with built.open() as home:
        changed = acted(home)
        writes = len(built.writes())
        planned = undo(home, ALL, by="test", execute=False)
        assert len(planned.items) == len(changed)
        assert len(built.writes()) == writes
        undone = undo(home, ALL, by="test", execute=True)
        assert undone.states == {"confirmed": len(changed)}
        for action in changed:
            assert built.prices(action.sku_id)[action.sku_id] == action.before_value
        states = {one.state for one in home.ledger.find() if one.undoes is None}
        assert "confirmed" not in states
        assert "reverted" in states


def test_undo_works_with_every_kill_switch_on(built: Merchant) -> None:
    with built.open() as home:
        changed = acted(home)
        for scope in (
            {"everything": True},
            {"platform": "shopify"},
            {"shop_id": "demo"},
            {"policy": "repricing"},
        ):
            given: dict[str, Any] = {**scope}
            switch(home, on=True, by="test", **given)
        assert undo(home, ALL, by="test", execute=True).states == {"confirmed": len(changed)}


def test_undo_leaves_alone_what_someone_else_changed_in_between(built: Merchant) -> None:
    with built.open() as home:
        changed = acted(home)
        theirs = changed[0]
        built.tamper("set_price", sku=theirs.sku_id, price_minor=77_77)
        undone = undo(home, ALL, by="test", execute=True)
        conflicts = [item for item in undone.items if item["conflict"]]
        assert [item["sku_id"] for item in conflicts] == [theirs.sku_id]
        assert built.prices(theirs.sku_id) == {theirs.sku_id: 77_77}
        assert undone.states == {"confirmed": len(changed) - 1}


def test_several_changes_of_one_price_collapse_to_the_value_before_the_first(
    merchant: Merchant,
) -> None:
    confirmed = []
    for _ in range(3):
        with merchant.open() as home:
            pull(home)
            build(home)
            confirmed = acted(home)
        merchant.advance(26)
        merchant.export()
    targets = [one.target_id for one in confirmed]
    ours = [one for one in confirmed if targets.count(one.target_id) > 1]
    first, latest = ours[0], [one for one in ours if one.target_id == ours[0].target_id][-1]
    assert latest.before_value == first.after_value
    with merchant.open() as home:
        chosen = Selection(targets=(first.target_id,))
        undone = undo(home, chosen, by="test", execute=True)
    assert undone.states == {"confirmed": 1}
    assert merchant.prices(first.sku_id) == {first.sku_id: first.before_value}


def test_a_person_approves_or_rejects_and_the_ledger_says_who(built: Merchant) -> None:
    with built.open() as home:
        decide(home, policy="restock")
        waiting = [one.action_id for one in home.ledger.find() if one.state == "proposed"]
        assert len(waiting) > 1
        assert act(home)[0].states == {}
        assert approve(home, [waiting[0]], by="chen").changed == [waiting[0]]
        assert reject(home, [waiting[1][:12]], by="li").changed == [waiting[1]]
        assert describe(home, waiting[0])["approved_by"] == "chen"
        assert any("li" in line for line in describe(home, waiting[1])["history"])
        found = audit(home)
    assert found.events > 0
    assert found.is_whole
