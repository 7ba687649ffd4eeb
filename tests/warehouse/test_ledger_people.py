"""Actions towards people in the ledger: what binds them, what they wait for, what is forgotten."""

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from contracts.actions import Action
from contracts.codes import ActionState, Channel, Purpose, WriteKind
from tests.warehouse.conftest import VAULT
from tests.warehouse.rows import hour, judged, proposal
from warehouse.database import Database
from warehouse.encryption import is_sealed
from warehouse.erasures import Erasure, Erasures
from warehouse.event_chain import Events
from warehouse.ledger import Ledger
from warehouse.models import actions as table
from warehouse.proposals import with_action_ids

LEASE = dt.timedelta(hours=1)
MEMBER = "m-" + "0" * 32
COUPON: dict[str, Any] = {
    "policy": "member_coupon",
    "target_id": "CODE-1",
    "write_kind": "create_coupon",
    "member_id": MEMBER,
    "payload": '{"title": "Back"}',
    "exposure_minor": 500,
    "sku_id": None,
}
MESSAGE: dict[str, Any] = {
    "policy": "member_coupon",
    "target_id": "CODE-1:message",
    "write_kind": "send_message",
    "member_id": MEMBER,
    "channel": "email",
    "purpose": "marketing",
    "payload": '{"values": {"name": "Ada"}}',
    "before_value": 0,
    "after_value": 1,
    "needs_target_id": "CODE-1",
    "sku_id": None,
}
ENDS = [
    ActionState.REFUSED,
    ActionState.REJECTED,
    ActionState.EXPIRED,
    ActionState.SUPERSEDED,
    ActionState.FAILED,
    ActionState.UNKNOWN,
]


def pair(**values: Any) -> list[dict[str, Any]]:
    return [proposal(**{**one, **values}) for one in (MESSAGE, COUPON)]


def record(ledger: Ledger, *proposals: dict[str, Any], at: int = 0) -> dict[str, Action]:
    ledger.record(judged(*proposals), run_id="run", at=hour(at))
    return {action.target_id: action for action in ledger.find()}


def claim(ledger: Ledger, *, at: int = 0) -> list[Action]:
    return ledger.claim(shop_id="demo", holder="h", limit=9, lease=LEASE, at=hour(at))


def state_of(ledger: Ledger, action: Action) -> str:
    (found,) = ledger.find(action_ids=[action.action_id])
    return str(found.state)


def test_what_has_no_payload_keeps_the_id_it_always_had() -> None:
    old = judged(proposal("v1"))
    content = "repricing|demo|v1|2026-11-11T12:00:00.000000+00:00|90|100"
    expected = hashlib.sha256(content.encode()).hexdigest()[:32]
    assert with_action_ids(old)["action_id"].to_list() == [expected]


@pytest.mark.parametrize(
    "changed",
    [
        {"payload": '{"title": "Other"}'},
        {"member_id": "m-" + "1" * 32},
        {"channel": "sms"},
        {"purpose": "service"},
    ],
)
def test_other_content_is_another_action(changed: dict[str, str]) -> None:
    ids = with_action_ids(judged(proposal(**COUPON), proposal(**{**COUPON, **changed})))
    assert ids["action_id"].n_unique() == 2


def test_a_message_that_announces_another_coupon_is_another_message() -> None:
    one, other = (
        with_action_ids(judged(*pair()[:1], proposal(**{**COUPON, "payload": text})))
        for text in ("{}", "[]")
    )
    assert one["needs"][0] != other["needs"][0]
    assert one["action_id"][0] != other["action_id"][0]


def test_an_action_comes_back_with_whom_it_is_for_and_what_it_needs(ledger: Ledger) -> None:
    found = record(ledger, *pair(state="approved"))
    message, coupon = found["CODE-1:message"], found["CODE-1"]
    assert message.needs == coupon.action_id
    assert (message.member_id, message.channel, message.purpose) == (
        MEMBER,
        Channel.EMAIL,
        Purpose.MARKETING,
    )
    assert (coupon.payload, coupon.exposure_minor, coupon.needs) == ('{"title": "Back"}', 500, None)
    assert coupon.sku_id is None


def test_a_message_is_claimed_once_its_coupon_is_confirmed(ledger: Ledger) -> None:
    found = record(ledger, *pair(state="approved"))
    (coupon,) = claim(ledger)
    assert coupon.target_id == "CODE-1"
    assert claim(ledger) == []
    ledger.settle([coupon], ActionState.SENDING, at=hour(0))
    assert claim(ledger) == []
    ledger.settle([coupon], ActionState.CONFIRMED, at=hour(0))
    (message,) = claim(ledger)
    assert message.action_id == found["CODE-1:message"].action_id


def end(ledger: Ledger, coupon: Action, state: ActionState) -> None:
    """Bring a coupon, proposed or claimed, to an end by the way that leads there."""
    if state is ActionState.REJECTED:
        ledger.reject([coupon.action_id], by="ann", at=hour(1))
    elif state is ActionState.EXPIRED:
        ledger.expire(at=hour(24))
    else:
        if state is ActionState.UNKNOWN:
            ledger.settle([coupon], ActionState.SENDING, at=hour(1))
        ledger.settle([coupon], state, at=hour(1))


@pytest.mark.parametrize("state", ENDS)
def test_a_message_is_superseded_when_its_coupon_ends_any_other_way(
    state: ActionState, ledger: Ledger, events: Events
) -> None:
    entered = "proposed" if state in (ActionState.REJECTED, ActionState.EXPIRED) else "approved"
    expires = {"expires_at": hour(48)} if state is ActionState.EXPIRED else {}
    message, coupon = pair(state=entered)
    found = record(ledger, {**message, **expires}, coupon)
    claimed = claim(ledger)
    end(ledger, claimed[0] if claimed else found["CODE-1"], state)
    assert state_of(ledger, found["CODE-1"]) == state
    (waiting,) = ledger.find(action_ids=[found["CODE-1:message"].action_id])
    assert waiting.state is ActionState.SUPERSEDED
    assert waiting.message == f"what it needs first ended {state}"
    assert [event.kind for event in events.of(waiting.action_id)] == [entered, "superseded"]


def test_a_coupon_that_was_closed_again_is_not_announced(ledger: Ledger) -> None:
    found = record(ledger, *pair(state="approved"))
    (coupon,) = claim(ledger)
    for state in (ActionState.SENDING, ActionState.CONFIRMED, ActionState.REVERTED):
        ledger.settle([coupon], state, at=hour(0))
    assert claim(ledger) == []
    assert state_of(ledger, found["CODE-1:message"]) == "superseded"


def test_what_needs_something_that_was_not_proposed_does_not_wait_for_ever(ledger: Ledger) -> None:
    found = record(ledger, proposal(**MESSAGE, state="approved"))
    assert found["CODE-1:message"].state is ActionState.SUPERSEDED
    assert claim(ledger) == []


def test_deciding_again_leaves_a_pair_as_it_is(ledger: Ledger) -> None:
    proposals = judged(*pair(state="proposed"))
    assert ledger.record(proposals, run_id="r1", at=hour(0)) == {"proposed": 2}
    assert ledger.record(proposals, run_id="r2", at=hour(1)) == {}


def test_a_coupon_with_other_terms_takes_its_message_along(ledger: Ledger) -> None:
    first = record(ledger, *pair())
    changed = proposal(**{**COUPON, "payload": '{"title": "More"}'})
    ledger.record(judged(proposal(**MESSAGE), changed), run_id="r2", at=hour(1))
    assert state_of(ledger, first["CODE-1"]) == "superseded"
    assert state_of(ledger, first["CODE-1:message"]) == "superseded"
    waiting = ledger.find(states=[ActionState.PROPOSED])
    assert {action.target_id for action in waiting} == {"CODE-1", "CODE-1:message"}


def test_why_it_was_held_is_not_told_of_what_was_sent(ledger: Ledger) -> None:
    record(ledger, proposal(state="approved"))
    (held,) = claim(ledger)
    ledger.settle([held], ActionState.APPROVED, at=hour(0), guard="quiet_hours", message="night")
    (waiting,) = ledger.find()
    assert (waiting.guard, waiting.message) == ("quiet_hours", "night")
    (again,) = claim(ledger)
    ledger.settle([again], ActionState.SENDING, at=hour(1))
    (sending,) = ledger.find()
    assert (sending.guard, sending.message) == (None, None)


def test_actions_are_found_by_member_and_by_kind(ledger: Ledger) -> None:
    record(ledger, *pair(), proposal("v1"))
    assert {one.target_id for one in ledger.find(member_id=MEMBER)} == {"CODE-1", "CODE-1:message"}
    assert [one.target_id for one in ledger.find(write_kinds=[WriteKind.SET_PRICE])] == ["v1"]


def test_an_event_proves_what_was_written_without_repeating_it(
    ledger: Ledger, events: Events
) -> None:
    found = record(ledger, *pair())
    message = found["CODE-1:message"]
    (event,) = events.of(message.action_id)
    assert message.payload is not None
    assert event.details["payload_hash"] == hashlib.sha256(message.payload.encode()).hexdigest()
    assert "Ada" not in str(event.details)
    assert MEMBER not in str(event.details)


def test_who_is_forgotten_is_in_no_action_and_nobody_takes_their_place(
    ledger: Ledger, database: Database, tmp_path: Path
) -> None:
    other = "m-" + "1" * 32
    about = {**MESSAGE, "target_id": f"{MEMBER}:hello", "needs_target_id": None}
    record(
        ledger,
        *pair(state="approved"),
        proposal(**about, numbers=f'{{"member": "{MEMBER}"}}'),
        proposal(**{**about, "target_id": "x", "member_id": other}),
    )
    erasures = Erasures(database, tmp_path / "forgotten")
    written = ledger.find(member_id=MEMBER)
    erasures.clear(Erasure("demo", MEMBER, hour(0), "ann"), written, names=lambda _: False)
    assert ledger.find(member_id=MEMBER) == []
    everything = ledger.find()
    assert MEMBER not in str(everything)
    gone = [action for action in everything if action.member_id == "forgotten"]
    assert len(gone) == 3
    assert {action.state for action in gone} == {"superseded"}
    assert {(one.payload, one.parent_id, one.numbers, one.evidence) for one in gone} == {
        (None, None, "{}", "{}")
    }
    assert "CODE-1" not in str(everything)
    (kept,) = ledger.find(member_id=other)
    assert kept.payload == MESSAGE["payload"]


def test_two_of_the_same_window_are_forgotten_one_after_the_other(
    ledger: Ledger, database: Database, tmp_path: Path
) -> None:
    members = ["m-" + digit * 32 for digit in "12"]
    record(
        ledger,
        *(
            proposal(
                **{
                    **MESSAGE,
                    "target_id": member,
                    "member_id": member,
                    "needs_target_id": None,
                    "state": "approved",
                }
            )
            for member in members
        ),
    )
    erasures = Erasures(database, tmp_path / "forgotten")
    for member in members:
        written = ledger.find(member_id=member)
        erasures.clear(Erasure("demo", member, hour(0), "ann"), written, names=lambda _: False)
    assert all(action.target_id.startswith("forgotten-") for action in ledger.find())
    with database.write() as connection:
        connection.execute(update(table).values(state="confirmed"))


def test_what_is_said_of_persons_is_sealed_where_it_is_stored_and_what_is_of_articles_is_not(
    ledger: Ledger, database: Database
) -> None:
    database.seal_with(VAULT)
    found = record(ledger, *pair(), proposal("v1", sku_id="A", evidence='{"price_minor": 100}'))
    assert {one.target_id for one in found.values()} == {"CODE-1", "CODE-1:message", "v1"}
    with database.read() as connection:
        columns = ", ".join(("target_id", "numbers", "evidence", "payload"))
        stored = connection.execute(text(f"SELECT sku_id, {columns} FROM actions")).all()
    fields = {row.sku_id: [one is not None and is_sealed(one) for one in row[1:]] for row in stored}
    assert fields == {None: [True, True, True, True], "A": [False, False, False, False]}


def test_rows_of_several_instants_and_with_gaps_are_read_back_as_they_were_recorded(
    ledger: Ledger,
) -> None:
    given = [
        proposal(f"v{number}", parent_id=parent, units_at_risk=0.25, expires_at=hour(ends))
        for number, (parent, ends) in enumerate([("p", 24), (None, 23), ("q", 24)])
    ]
    ledger.record(judged(*given), run_id="run", at=hour(1))
    found = {one.target_id: one for one in ledger.find()}
    fields = {target: (one.parent_id, one.expires_at) for target, one in found.items()}
    assert fields == {"v0": ("p", hour(24)), "v1": (None, hour(23)), "v2": ("q", hour(24))}
    assert {(one.decided_at, one.units_at_risk, one.fence) for one in found.values()} == {
        (hour(1), 0.25, 0)
    }
