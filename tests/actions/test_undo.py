import datetime as dt
from typing import Any

import pytest

from actions.undo import UndoPlan, plan, to_actions
from actions.writes import originals_of
from contracts.actions import Action, Live
from contracts.codes import ActionState, WriteKind

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def _action(number: int = 1, **values: Any) -> Action:
    default: dict[str, Any] = {
        "action_id": f"a{number}",
        "run_id": "run",
        "policy": "repricing",
        "policy_version": 1,
        "shop_id": "north",
        "target_id": "v1",
        "parent_id": "p1",
        "sku_id": "SKU-1",
        "write_kind": WriteKind.SET_PRICE,
        "currency": "USD",
        "before_value": 1000,
        "after_value": 970,
        "reason_code": "beat_rival",
        "numbers": "{}",
        "units_at_risk": 2.0,
        "effect_minor": 10,
        "window_start": NOW,
        "expires_at": NOW + dt.timedelta(days=1),
        "evidence": "{}",
        "state": ActionState.CONFIRMED,
        "guard": None,
        "guard_reason": None,
        "decided_at": NOW + dt.timedelta(hours=number),
        "updated_at": NOW + dt.timedelta(hours=number),
        "approved_by": "policy",
        "observed_value": None,
        "message": None,
        "undoes": None,
        "fence": 1,
    }
    return Action(**{**default, **values})


def _dollars(value: int, currency: str | None = "USD") -> dict[str, Live]:
    return {"v1": Live(value=value, currency=currency)}


def _only_conflict(undo: UndoPlan) -> str | None:
    assert len(undo.items) == 1
    return undo.items[0].conflict


def test_three_changes_of_one_price_are_undone_as_one() -> None:
    chain = [
        _action(3, before_value=940, after_value=920),
        _action(1),
        _action(2, before_value=970, after_value=940),
    ]
    undo = plan(chain, _dollars(920))
    (restoring,) = to_actions(undo, batch="u1", at=NOW)
    assert (restoring.before_value, restoring.after_value) == (920, 1000)
    assert originals_of(restoring) == ["a1", "a2", "a3"]
    assert restoring.state is ActionState.APPROVED
    assert restoring.undoes == "u1"


@pytest.mark.parametrize(
    ("live", "conflict"),
    [
        (_dollars(970), None),
        (_dollars(980), "changed since: ours was 9.70 USD, in force is 9.80 USD"),
        (_dollars(970, "EUR"), "changed since: ours was 9.70 USD, in force is 9.70 EUR"),
        ({}, "the platform no longer knows it"),
    ],
)
def test_a_price_that_someone_else_changed_since_is_left_alone(
    live: dict[str, Live], conflict: str | None
) -> None:
    assert _only_conflict(plan([_action()], live)) == conflict


def test_a_price_that_someone_else_changed_in_between_is_left_alone() -> None:
    chain = [_action(1), _action(2, before_value=980, after_value=950)]
    conflict = _only_conflict(plan(chain, _dollars(950)))
    assert conflict == "it was changed by someone else between our changes"


def test_a_price_that_is_back_where_it_was_needs_no_undo() -> None:
    chain = [_action(1), _action(2, before_value=970, after_value=1000)]
    conflict = _only_conflict(plan(chain, _dollars(1000)))
    assert conflict == "the value from before us is in force already"


@pytest.mark.parametrize(
    "values",
    [
        {"write_kind": WriteKind.GRANT_COUPON},
        {"write_kind": WriteKind.SEND_MESSAGE},
        {"write_kind": WriteKind.REQUEST_REVIEW},
        {"write_kind": WriteKind.REPLY_REVIEW},
        {"write_kind": WriteKind.RECORD_EVENT},
        {"write_kind": WriteKind.SET_PROFILE},
        {"write_kind": WriteKind.NONE},
        {"undoes": "u0"},
        {"state": ActionState.UNKNOWN},
        {"state": ActionState.SENT},
        {"before_value": None},
    ],
)
def test_what_cannot_be_taken_back_is_listed_with_its_reason(values: dict[str, Any]) -> None:
    undo = plan([_action(**values)], _dollars(970))
    assert undo.items[0].conflict
    assert to_actions(undo, batch="u1", at=NOW) == []


@pytest.mark.parametrize(
    "state", [ActionState.REFUSED, ActionState.SHADOW, ActionState.FAILED, ActionState.REVERTED]
)
def test_what_never_took_effect_or_was_taken_back_is_not_in_the_plan(state: ActionState) -> None:
    assert plan([_action(state=state)], _dollars(970)).items == ()


def test_each_target_is_decided_on_its_own() -> None:
    actions = [_action(1), _action(2, target_id="v2")]
    live = {**_dollars(970), "v2": Live(value=1, currency="USD")}
    undo = plan(actions, live)
    assert [item.latest.target_id for item in undo.to_restore] == ["v1"]
    assert [item.latest.target_id for item in undo.items if item.conflict] == ["v2"]


def test_one_batch_restores_a_target_once_and_another_batch_may_do_it_again() -> None:
    undo = plan([_action()], _dollars(970))
    ids = [to_actions(undo, batch=batch, at=NOW)[0].action_id for batch in ("u1", "u1", "u2")]
    assert ids[0] == ids[1] != ids[2]
