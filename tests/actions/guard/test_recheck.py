import datetime as dt
from typing import Any

import pytest

from actions.guard import GuardFacts, history_of, judge, per_item_recheck
from contracts.actions import Action, KillSwitch, Live, Proposal
from contracts.codes import ActionState, PolicyMode, WriteKind

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def _actions(case: Any, **values: Any) -> list[Action]:
    more = {
        "run_id": "run",
        "state": ActionState.APPROVED,
        "guard": None,
        "guard_reason": None,
        "decided_at": NOW - HOUR,
        "updated_at": NOW - HOUR,
        "approved_by": "policy",
        "observed_value": None,
        "message": None,
        "undoes": None,
        "fence": 1,
    }
    return [
        Action(
            **{
                **row,
                "write_kind": WriteKind(row["write_kind"]),
                **more,
                "action_id": f"a-{row['target_id']}",
                **values,
            }
        )
        for row in case.proposals
    ]


def _refused(case: Any, live: Live | None = None, **values: Any) -> list[str]:
    actions = _actions(case, **values)
    shown = live or Live(value=1000, currency="USD")
    refused = per_item_recheck(
        actions,
        {action.target_id: shown for action in actions},
        case.facts(),
        limits=case.limits,
        economics=case.economics,
        at=NOW,
    )
    assert set(refused) <= {action.action_id for action in actions}
    return [guard for guard, _ in refused.values()]


def test_what_is_still_sound_is_sent(case: Any) -> None:
    assert _refused(case) == []


@pytest.mark.parametrize(
    ("changed", "guard"),
    [
        ({"unit_cost_minor": 840}, "floor"),
        ({"unit_cost_minor": None}, "cost_missing"),
        ({"cover_days": 1.0}, "sells_out"),
    ],
)
def test_facts_that_changed_between_decision_and_sending_refuse(
    case: Any, changed: dict[str, Any], guard: str
) -> None:
    assert _refused(case.priced(**changed)) == [guard]


def test_the_price_the_platform_shows_counts_and_not_the_one_that_was_read(case: Any) -> None:
    assert _refused(case.priced(price_minor=1300)) == []
    assert _refused(case, Live(value=1300, currency="USD")) == ["price_moved"]
    assert _refused(case, Live(value=1000, currency="EUR")) == ["currency_changed"]


def test_a_stop_pulled_after_the_decision_refuses(case: Any) -> None:
    switch = KillSwitch(scope="policy", name="repricing", since=NOW, by="ada")
    assert _refused(case.knowing(switches=[switch])) == ["kill_switch"]


def test_an_action_does_not_stand_in_its_own_way(case: Any) -> None:
    actions = _actions(case)
    known: dict[str, Any] = {"history": history_of(actions)}
    assert _refused(case.knowing(**known)) == []


def test_a_change_that_another_policy_made_meanwhile_refuses(case: Any) -> None:
    (other,) = _actions(case, policy="markdown", state=ActionState.SENT)
    known: dict[str, Any] = {"history": history_of([other])}
    assert _refused(case.knowing(**known)) == ["cooldown"]


def test_a_batch_that_was_judged_is_not_broken_up_at_the_door(case: Any) -> None:
    assert _refused(case.batch(5).limited(max_actions=1)) == []


def test_an_alert_is_never_refused(case: Any) -> None:
    alert = {"write_kind": "none", "currency": None, "before_value": None}
    assert _refused(case.proposing(**alert).having(read_at=None)) == []


def test_only_price_changes_are_history(case: Any) -> None:
    assert history_of(_actions(case.proposing(write_kind="none"))).is_empty()
    assert history_of(_actions(case)).height == 1


def test_facts_that_nobody_gave_hold_writes(case: Any) -> None:
    judged = judge(
        case.judged().select(Proposal.column_names()),
        GuardFacts(depends=()),
        limits=case.limits,
        economics=case.economics,
        mode=PolicyMode.AUTO,
        at=NOW,
    )
    assert judged["guard"].to_list() == ["stale_input"]
