import datetime as dt

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from contracts.actions import Action, KillSwitch
from contracts.codes import LIVE_STATES, ActionState
from contracts.ports import Ledger as LedgerPort
from tests.warehouse.rows import hour, judged, proposal
from warehouse.database import Database
from warehouse.event_chain import Events
from warehouse.ledger import Ledger
from warehouse.models import actions as table
from warehouse.proposals import with_action_ids
from warehouse.transitions import TRANSITIONS

LEASE = dt.timedelta(hours=1)
APPROVED = proposal(state="approved")


def record(ledger: Ledger, *proposals: dict[str, object], at: int = 0) -> list[Action]:
    ledger.record(judged(*proposals), run_id="run", at=hour(at))
    ids = with_action_ids(judged(*proposals))["action_id"].to_list()
    return sorted(ledger.find(action_ids=ids), key=lambda action: action.target_id)


def claim(ledger: Ledger, *, at: int = 0, holder: str = "h", limit: int = 9) -> list[Action]:
    return ledger.claim(shop_id="demo", holder=holder, limit=limit, lease=LEASE, at=hour(at))


def states(ledger: Ledger) -> list[str]:
    return sorted(str(action.state) for action in ledger.find())


def kinds(events: Events, action: Action) -> list[str]:
    return [event.kind for event in events.of(action.action_id)]


def put(database: Database, action: Action, state: ActionState) -> None:
    with database.write() as connection:
        connection.execute(
            update(table).where(table.c.action_id == action.action_id).values(state=state)
        )


def test_it_answers_the_port(ledger: Ledger) -> None:
    port: LedgerPort = ledger
    assert port.switches() == []


def test_the_same_proposal_again_is_left_alone(ledger: Ledger) -> None:
    proposals = judged(proposal("v1"), proposal("v2", state="refused", guard="floor"))
    assert ledger.record(proposals, run_id="r1", at=hour(0)) == {"proposed": 1, "refused": 1}
    assert ledger.record(proposals, run_id="r2", at=hour(1)) == {}
    assert {action.run_id for action in ledger.find()} == {"r1"}


def test_what_is_beyond_the_cap_of_a_day_is_no_row_but_replaces_what_waits(ledger: Ledger) -> None:
    capped = {"state": "refused", "guard": "cap", "guard_reason": "not among the best"}
    waits = proposal("v1", after_value=900)
    assert ledger.record(judged(waits), run_id="r1", at=hour(0)) == {"proposed": 1}
    flood = [proposal(f"v{number}", after_value=800, **capped) for number in range(1, 40)]
    assert ledger.record(judged(*flood), run_id="r2", at=hour(1)) == {"refused": 1}
    found = {(one.target_id, one.after_value, str(one.state)) for one in ledger.find()}
    assert found == {("v1", 900, "superseded"), ("v1", 800, "refused")}


def test_an_action_comes_back_as_it_was_judged(ledger: Ledger) -> None:
    given = proposal(
        state="refused", guard="floor", guard_reason="90 < 95", parent_id="p1", effect_minor=-7
    )
    (action,) = record(ledger, given, at=3)
    assert (action.guard, action.guard_reason, action.parent_id) == ("floor", "90 < 95", "p1")
    assert (action.before_value, action.after_value, action.effect_minor) == (100, 90, -7)
    assert (action.window_start, action.decided_at) == (hour(0), hour(3))
    assert (action.undoes, action.fence, action.approved_by) == (None, 0, None)


def test_other_values_replace_a_waiting_proposal_of_the_same_window(ledger: Ledger) -> None:
    (old,) = record(ledger, proposal(after_value=90))
    (new,) = record(ledger, proposal(after_value=91))
    (next_window,) = record(ledger, proposal(after_value=92, window_start=hour(24)))
    found = {action.action_id: action.state for action in ledger.find()}
    assert found == {
        old.action_id: "superseded",
        new.action_id: "proposed",
        next_window.action_id: "proposed",
    }


@pytest.mark.parametrize("state", LIVE_STATES)
def test_a_live_action_lets_no_other_of_its_window_act(
    state: ActionState, ledger: Ledger, database: Database
) -> None:
    (first,) = record(ledger, APPROVED)
    put(database, first, state)
    late = [proposal(after_value=80, state=entered) for entered in ("approved", "refused")]
    assert record(ledger, late[0])[0].state == ActionState.SUPERSEDED
    assert record(ledger, proposal("v2", state="approved"))[0].state == ActionState.APPROVED
    assert record(ledger, {**late[1], "after_value": 1})[0].state == ActionState.REFUSED


def test_the_database_itself_allows_one_live_action_per_window(
    ledger: Ledger, database: Database
) -> None:
    record(ledger, APPROVED)
    with database.read() as connection:
        row = dict(connection.execute(select(table)).mappings().one())
    twin = {**row, "action_id": "other"}
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(table).values(twin))
    with database.write() as connection:
        connection.execute(insert(table).values({**twin, "undoes": "batch"}))


def test_only_what_is_proposed_and_in_time_is_approved_by_someone(
    ledger: Ledger, events: Events
) -> None:
    waiting, late = record(ledger, proposal("v1"), proposal("v2", expires_at=hour(1)))
    (refused,) = record(ledger, proposal("v3", state="refused"))
    ids = [waiting.action_id, late.action_id, refused.action_id, "nobody"]
    assert ledger.approve(ids, by="ann", at=hour(2)) == [waiting.action_id]
    assert ledger.approve(ids, by="bob", at=hour(2)) == []
    (approved,) = ledger.find(states=[ActionState.APPROVED])
    assert approved.approved_by == "ann"
    assert kinds(events, waiting) == ["proposed", "approved"]
    assert kinds(events, refused)[:2] == ["refused", "transition_refused"]


def test_a_rejected_proposal_stays_rejected(ledger: Ledger) -> None:
    (action,) = record(ledger, proposal())
    assert ledger.reject([action.action_id], by="ann", at=hour(1)) == [action.action_id]
    assert ledger.approve([action.action_id], by="ann", at=hour(1)) == []
    assert states(ledger) == ["rejected"]


def test_what_waits_or_is_approved_expires_but_not_while_it_is_claimed(ledger: Ledger) -> None:
    record(ledger, proposal("v1"), proposal("v2", state="approved"), proposal("v3", state="shadow"))
    (claimed,) = claim(ledger, at=23)
    assert ledger.expire(at=hour(23)) == 0
    assert ledger.expire(at=hour(24)) == 2
    assert claimed.target_id == "v2"
    assert states(ledger) == ["expired", "expired", "shadow"]


def test_claimed_is_claimed_by_nobody_else_until_the_lease_ends(ledger: Ledger) -> None:
    record(ledger, APPROVED, proposal("v2", state="approved"))
    (first,) = claim(ledger, limit=1)
    (second,) = claim(ledger)
    assert {first.target_id, second.target_id} == {"v1", "v2"}
    assert claim(ledger) == []
    assert [action.fence for action in claim(ledger, at=2)] == [2, 2]


def test_nothing_is_claimed_for_another_shop_or_after_its_window(ledger: Ledger) -> None:
    record(ledger, APPROVED, proposal("v2", state="approved", shop_id="other"))
    assert [action.target_id for action in claim(ledger)] == ["v1"]
    assert claim(ledger, at=30) == []


def test_a_chunk_is_of_as_few_policies_as_can_be(ledger: Ledger) -> None:
    for number in range(6):
        policy = ("repricing", "watch")[number % 2]
        record(ledger, proposal(f"v{number}", state="approved", policy=policy))
    chunks = [claim(ledger, limit=3), claim(ledger, limit=3)]
    assert [{one.policy for one in chunk} for chunk in chunks] == [{"repricing"}, {"watch"}]


def test_a_holder_whose_lease_ran_out_can_change_nothing(ledger: Ledger, events: Events) -> None:
    record(ledger, APPROVED)
    old = claim(ledger, holder="old")
    new = claim(ledger, at=2, holder="new")
    assert ledger.settle(old, ActionState.SENDING, at=hour(2)) == []
    assert ledger.settle(new, ActionState.SENDING, at=hour(2)) == [new[0].action_id]
    refused = events.of(new[0].action_id)[-2]
    assert refused.kind == "transition_refused"
    assert (refused.details["fence"], refused.details["by_fence"]) == (2, 1)


def test_what_a_crash_left_under_way_is_taken_over_with_a_new_fence(ledger: Ledger) -> None:
    record(ledger, APPROVED)
    crashed = claim(ledger)
    ledger.settle(crashed, ActionState.SENDING, at=hour(0))
    assert ledger.abandoned(shop_id="demo", at=hour(0)) == []
    (found,) = ledger.abandoned(shop_id="demo", at=hour(2))
    assert (found.fence, found.updated_at) == (2, hour(0))
    assert ledger.settle(crashed, ActionState.SENT, at=hour(2)) == []
    assert ledger.settle([found], ActionState.APPROVED, at=hour(2)) == [found.action_id]
    assert [action.fence for action in claim(ledger, at=2)] == [3]


def test_a_claim_given_up_can_be_claimed_at_once(ledger: Ledger, events: Events) -> None:
    record(ledger, APPROVED)
    claimed = claim(ledger)
    ledger.settle(claimed, ActionState.APPROVED, at=hour(0))
    assert len(claim(ledger)) == 1
    assert kinds(events, claimed[0]) == ["approved", "claimed", "released", "claimed"]


def test_the_way_to_confirmed_is_written_down_with_what_was_read_back(
    ledger: Ledger, events: Events
) -> None:
    record(ledger, APPROVED)
    claimed = claim(ledger)
    for state in (ActionState.SENDING, ActionState.SENT):
        ledger.settle(claimed, state, at=hour(0))
    observed = {claimed[0].action_id: 90}
    ledger.settle(claimed, ActionState.CONFIRMED, at=hour(1), message="ok", observed=observed)
    (action,) = ledger.find(states=[ActionState.CONFIRMED])
    assert (action.observed_value, action.message, action.updated_at) == (90, "ok", hour(1))
    assert kinds(events, action) == ["approved", "claimed", "sending", "sent", "confirmed"]
    assert events.of(action.action_id)[-1].details["observed"] == 90


@pytest.mark.parametrize("before", ActionState)
def test_a_state_follows_another_only_as_the_table_says(
    before: ActionState, ledger: Ledger, database: Database, events: Events
) -> None:
    (action,) = record(ledger, proposal())
    for after in ActionState:
        put(database, action, before)
        changed = ledger.settle([action], after, at=hour(1))
        is_allowed = after in TRANSITIONS[before]
        assert changed == ([action.action_id] if is_allowed else [])
        assert states(ledger) == [after if is_allowed else before]
        assert (kinds(events, action)[-1] == "transition_refused") is not is_allowed


def test_what_has_ended_cannot_be_sent() -> None:
    ended = {state for state, following in TRANSITIONS.items() if not following}
    assert ended == {
        ActionState.SHADOW, ActionState.REFUSED, ActionState.REJECTED, ActionState.EXPIRED,
        ActionState.SUPERSEDED, ActionState.FAILED, ActionState.REVERTED,
    }  # fmt: skip
    to_sending = {state for state in TRANSITIONS if ActionState.SENDING in TRANSITIONS[state]}
    assert to_sending == {ActionState.APPROVED}


def undo_of(action: Action) -> Action:
    values = {name: getattr(action, name) for name in action.__slots__}
    return Action(**{**values, "action_id": "undo", "before_value": 90, "after_value": 100})


def test_an_undo_is_claimed_before_anything_else_whatever_its_window(
    ledger: Ledger, events: Events
) -> None:
    (original,) = record(ledger, APPROVED)
    record(ledger, proposal("v2", state="approved", expires_at=hour(90)))
    undo = undo_of(original)
    assert ledger.enqueue_undo([undo], batch="b1", by="ann", at=hour(40)) == ["undo"]
    assert ledger.enqueue_undo([undo], batch="b1", by="ann", at=hour(41)) == []
    assert ledger.expire(at=hour(50)) == 1
    claimed = claim(ledger, at=50)
    assert claimed[0].action_id == "undo"
    assert (claimed[0].undoes, claimed[0].approved_by) == ("b1", "ann")
    assert [action.action_id for action in ledger.find(undo_batch="b1")] == ["undo"]
    assert kinds(events, undo) == ["undo_enqueued", "claimed"]


def test_a_batch_of_undo_is_claimed_alone_when_asked(ledger: Ledger) -> None:
    (original,) = record(ledger, APPROVED)
    ledger.enqueue_undo([undo_of(original)], batch="b1", by="ann", at=hour(0))
    claimed = ledger.claim(
        shop_id="demo", holder="h", limit=9, lease=LEASE, at=hour(0), undo_batch="b1"
    )
    assert [action.action_id for action in claimed] == ["undo"]


def test_actions_are_found_by_all_that_is_given(ledger: Ledger) -> None:
    record(ledger, proposal("v1"), proposal("v2", shop_id="other"), at=1)
    record(ledger, proposal("v3", policy="restock"), at=2)

    def targets(**wanted: object) -> list[str]:
        return [action.target_id for action in ledger.find(**wanted)]  # type: ignore[arg-type]

    assert sorted(targets()) == sorted(targets(run_id="run")) == ["v1", "v2", "v3"]
    assert targets(shop_id="other") == ["v2"]
    assert targets(policy="restock", states=[ActionState.PROPOSED]) == ["v3"]
    assert targets(since=hour(2)) == ["v3"]
    assert sorted(targets(until=hour(2))) == ["v1", "v2"]
    assert targets(targets=["v1", "v9"]) == ["v1"]
    assert targets(action_ids=[]) == targets(states=[]) == targets(targets=[]) == []


def test_stops_are_in_force_until_they_are_taken_back(ledger: Ledger, events: Events) -> None:
    ledger.stop("shop", "demo", by="ann", at=hour(1))
    ledger.stop("shop", "demo", by="bob", at=hour(2))
    assert ledger.switches() == [KillSwitch(scope="shop", name="demo", since=hour(1), by="ann")]
    assert ledger.resume("shop", "demo", by="bob", at=hour(3)) is True
    assert ledger.resume("shop", "demo", by="bob", at=hour(3)) is False
    assert ledger.switches() == []
    assert [(event.kind, event.by) for event in events.of("shop:demo")] == [
        ("stopped", "ann"),
        ("resumed", "bob"),
    ]


def test_a_days_refusals_are_recorded_in_one_go(ledger: Ledger, events: Events) -> None:
    many = judged(*(proposal(f"v{number}", state="refused") for number in range(6_000)))
    assert ledger.record(many, run_id="r", at=hour(0)) == {"refused": 6_000}
    ids = with_action_ids(many)["action_id"].to_list()
    assert len(ledger.find(action_ids=ids)) == 6_000
    assert (events.count(), events.verify()) == (6_000, None)


def test_a_refused_proposal_is_judged_again_when_the_reason_is_gone(
    ledger: Ledger, database: Database
) -> None:
    record(ledger, proposal(state="refused", guard="kill_switch", guard_reason="stopped"))
    judged_again = judged(APPROVED)
    assert ledger.record(judged_again, run_id="later", at=hour(1)) == {"approved": 1}
    (action,) = ledger.find()
    assert (action.state, action.guard, action.guard_reason) == ("approved", None, None)
    assert (action.run_id, action.decided_at, action.approved_by) == ("later", hour(1), "policy")
    assert kinds(Events(database), action) == ["refused", "approved"]
    assert ledger.record(judged_again, run_id="again", at=hour(2)) == {}


def test_many_refused_proposals_are_judged_again_together(ledger: Ledger) -> None:
    record(ledger, *(proposal(one, state="refused", guard="fresh") for one in ("v1", "v2", "v3")))
    again = judged(*(proposal(one, state="approved") for one in ("v1", "v2", "v3")))
    assert ledger.record(again, run_id="later", at=hour(1)) == {"approved": 3}
    assert states(ledger) == ["approved"] * 3


def test_a_shadow_row_becomes_a_proposal_when_the_mode_is_raised(ledger: Ledger) -> None:
    record(ledger, proposal(state="shadow"))
    assert ledger.record(judged(proposal()), run_id="later", at=hour(1)) == {"proposed": 1}


@pytest.mark.parametrize("state", [*LIVE_STATES, ActionState.REJECTED, ActionState.FAILED])
def test_what_was_decided_or_sent_is_not_judged_again(
    ledger: Ledger, database: Database, state: ActionState
) -> None:
    (action,) = record(ledger, APPROVED)
    put(database, action, state)
    refused = judged(proposal(state="refused", guard="floor"))
    assert ledger.record(refused, run_id="later", at=hour(1)) == {}
    assert states(ledger) == [str(state)]


def test_a_target_in_force_keeps_its_refused_rivals_refused(ledger: Ledger) -> None:
    record(ledger, proposal(after_value=80, state="refused", guard="floor"))
    record(ledger, proposal(after_value=90, state="approved"))
    late = judged(proposal(after_value=80, state="approved"))
    assert ledger.record(late, run_id="later", at=hour(1)) == {}
    assert states(ledger) == ["approved", "refused"]


def test_one_policy_can_be_claimed_alone(ledger: Ledger) -> None:
    record(ledger, APPROVED)
    policy = str(APPROVED["policy"])
    nothing = ledger.claim(
        shop_id="demo", holder="h", limit=9, lease=LEASE, at=hour(0), policy="other"
    )
    assert nothing == []
    mine = ledger.claim(shop_id="demo", holder="h", limit=9, lease=LEASE, at=hour(0), policy=policy)
    assert [action.policy for action in mine] == [policy]
