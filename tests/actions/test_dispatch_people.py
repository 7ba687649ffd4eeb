"""Writes towards people at the door: proven by an answer, done or not, held, one after another."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from actions.dispatch import dispatch
from actions.undo import plan, to_actions
from actions.writes import changes
from contracts.actions import Action, Change, Live, Outcome
from contracts.codes import ActionState, OutcomeState, Reversal, WriteKind
from contracts.errors import NotAppliedError, SourceRejectedError, TransientSourceError

S = ActionState
MESSAGE: dict[str, Any] = {
    "write_kind": "send_message",
    "currency": None,
    "before_value": 0,
    "after_value": 1,
    "payload": "{}",
    "member_id": "m-1",
    "channel": "email",
    "purpose": "marketing",
}
COUPON: dict[str, Any] = {
    "write_kind": "create_coupon",
    "before_value": None,
    "after_value": 500,
    "payload": "{}",
}


@dataclass
class Mailer:
    """Mail that nobody can read back. Faults of the next chunks: see `send`."""

    faults: list[Any] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)
    settles: dt.timedelta = dt.timedelta(0)
    is_absolute: bool = False
    reads_back: bool = False

    def live(self, changes: Sequence[Change]) -> dict[str, Live]:
        raise AssertionError("nothing can be read back")

    def send(self, changes: Sequence[Change]) -> list[Outcome]:
        fault = self.faults.pop(0) if self.faults else OutcomeState.ACCEPTED
        if isinstance(fault, NotAppliedError):
            raise fault
        self.arrived += [change.target_id for change in changes]
        if isinstance(fault, BaseException):
            raise fault
        if fault is None:
            return []
        return [
            Outcome(action_id=change.action_id, state=fault, message="550") for change in changes
        ]


@pytest.fixture
def mailer() -> Mailer:
    return Mailer()


@pytest.fixture
def act(ledger: Any, clock: Any, shop: Any, mailer: Mailer) -> Callable[..., Any]:
    """Dispatch with two platforms: the shop, and the mailer for messages."""

    def outbound(action: Action) -> Any:
        return mailer if action.write_kind is WriteKind.SEND_MESSAGE else shop

    def run(**values: Any) -> dict[ActionState, int]:
        arguments: dict[str, Any] = {
            "shop_id": "north",
            "platform_of": lambda action: "email" if outbound(action) is mailer else "shopify",
            "holder": "one",
            "clock": clock,
            "recheck": lambda actions, live: {},
            "sleep": clock.sleep,
        }
        return dispatch(ledger, outbound, **{**arguments, **values})

    return run


@pytest.fixture
def record(ledger: Any, judged: Any, clock: Any) -> Callable[..., None]:
    """Put approved actions into the ledger."""

    def put(target: str, values: dict[str, Any], **more: Any) -> None:
        ledger.record(judged(clock(), target, **{**values, **more}), run_id="run", at=clock())

    return put


def told(ledger: Any) -> dict[str, tuple[ActionState, str | None]]:
    return {action.target_id: (action.state, action.message) for action in ledger.find()}


def test_what_cannot_be_read_back_is_proven_by_the_answer(
    act: Any, record: Any, ledger: Any, mailer: Mailer
) -> None:
    record("hello", MESSAGE)
    assert act() == {S.CONFIRMED: 1}
    state, message = told(ledger)["hello"]
    assert state is S.CONFIRMED
    assert "the platform took it" in str(message)
    assert mailer.arrived == ["hello"]


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (OutcomeState.REJECTED, S.FAILED),
        (OutcomeState.UNKNOWN, S.UNKNOWN),
        (None, S.UNKNOWN),
        (TransientSourceError("time-out"), S.UNKNOWN),
    ],
)
def test_a_message_without_a_clear_answer_is_left_to_a_person_and_never_sent_twice(
    act: Any, record: Any, ledger: Any, clock: Any, mailer: Mailer, fault: Any, state: S
) -> None:
    record("hello", MESSAGE)
    mailer.faults = [fault]
    for _ in range(3):
        try:
            act()
        except TransientSourceError:
            clock.sleep(1)
        clock.sleep(600)
    assert told(ledger)["hello"][0] is state
    assert mailer.arrived == ["hello"]


def test_a_message_that_is_put_off_waits_with_its_reason_and_is_sent_by_a_later_call(
    act: Any, record: Any, ledger: Any, mailer: Mailer
) -> None:
    record("hello", MESSAGE)
    mailer.faults = [OutcomeState.HELD]
    assert act() == {S.APPROVED: 1}
    assert told(ledger)["hello"] == (S.APPROVED, "550")
    assert act() == {S.CONFIRMED: 1}


def test_a_write_that_is_put_off_is_not_read_back_but_sent_by_a_later_call(
    act: Any, record: Any, ledger: Any, mailer: Mailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailer.reads_back = True
    mailer.faults = [OutcomeState.HELD]
    monkeypatch.setattr(mailer, "live", lambda changes: {})
    record("hello", MESSAGE)
    assert act() == {S.APPROVED: 1}
    assert told(ledger)["hello"] == (S.APPROVED, "550")


def test_a_message_whose_sender_died_is_left_to_a_person(
    act: Any, record: Any, ledger: Any, clock: Any, crash: Any, mailer: Mailer
) -> None:
    record("hello", MESSAGE)
    mailer.faults = [crash()]
    with pytest.raises(crash):
        act()
    assert told(ledger)["hello"][0] is S.SENDING
    clock.sleep(600)
    assert act(holder="two") == {S.UNKNOWN: 1}
    assert mailer.arrived == ["hello"]


def test_a_message_that_certainly_was_not_sent_is_sent_by_the_next_call(
    act: Any, record: Any, ledger: Any, mailer: Mailer
) -> None:
    record("hello", MESSAGE)
    mailer.faults = [NotAppliedError("connection refused")]
    with pytest.raises(NotAppliedError):
        act()
    assert told(ledger)["hello"][0] is S.APPROVED
    assert act() == {S.CONFIRMED: 1}
    assert mailer.arrived == ["hello"]


@pytest.mark.parametrize("before", [0, None])
def test_what_is_done_or_not_is_read_back_as_such(
    act: Any, record: Any, ledger: Any, shop: Any, before: int | None
) -> None:
    shop.currency = None
    record("order-7", MESSAGE, write_kind="request_review", before_value=before)
    record("order-8", MESSAGE, write_kind="request_review", before_value=before)
    shop.prices["order-8"] = 1
    assert act() == {S.CONFIRMED: 1, S.SUPERSEDED: 1}
    assert told(ledger)["order-7"][0] is S.CONFIRMED
    assert "the platform shows 1" in str(told(ledger)["order-8"][1])
    assert len(shop.sent) == 1


def test_a_grant_that_succeeds_for_no_buyer_fails(
    act: Any, record: Any, ledger: Any, shop: Any, clock: Any
) -> None:
    record("c1", MESSAGE, write_kind="grant_coupon")
    shop.faults = {"c1": ["lies"]}
    act()
    clock.sleep(600)
    act(holder="two")
    state, message = told(ledger)["c1"]
    assert (state, "says accepted" in str(message)) == (S.FAILED, True)


def test_a_message_goes_out_in_the_same_call_after_its_coupon_was_confirmed(
    act: Any, ledger: Any, judged: Any, clock: Any, shop: Any, mailer: Mailer
) -> None:
    coupon = judged(clock(), "C1", **COUPON)
    message = judged(clock(), "C1:message", **MESSAGE, needs_target_id="C1")
    ledger.record(message.vstack(coupon), run_id="run", at=clock())
    order: list[str] = []
    shop.on_send = lambda: order.append("coupon")
    assert act() == {S.CONFIRMED: 2}
    assert (order, mailer.arrived) == (["coupon"], ["C1:message"])


def test_a_message_whose_coupon_failed_is_not_sent(
    act: Any, ledger: Any, judged: Any, clock: Any, shop: Any, mailer: Mailer
) -> None:
    coupon = judged(clock(), "C1", **COUPON)
    message = judged(clock(), "C1:message", **MESSAGE, needs_target_id="C1")
    ledger.record(coupon.vstack(message), run_id="run", at=clock())
    shop.faults = {"C1": ["rejects"]}
    assert act() == {S.FAILED: 1}
    assert told(ledger)["C1:message"] == (S.SUPERSEDED, "what it needs first ended failed")
    assert mailer.arrived == []


def test_what_is_held_stays_approved_with_its_reason_and_lets_the_others_go(
    act: Any, record: Any, ledger: Any, mailer: Mailer
) -> None:
    for number in range(5):
        record(f"m{number}", MESSAGE)

    def night(actions: Sequence[Action], live: Any) -> dict[str, tuple[str, str]]:
        return {
            action.action_id: ("quiet_hours", "it is night")
            for action in actions
            if action.target_id != "m4"
        }

    assert act(recheck=night, chunk=2) == {S.CONFIRMED: 1, S.APPROVED: 4}
    assert told(ledger)["m0"] == (S.APPROVED, "it is night")
    assert mailer.arrived == ["m4"]
    # Given back at once: whoever comes next in the morning finds them free.
    assert act(holder="two") == {S.CONFIRMED: 4}


def test_what_is_held_expires_with_its_window(
    act: Any, record: Any, ledger: Any, clock: Any
) -> None:
    record("m0", MESSAGE)
    act(recheck=lambda actions, live: {a.action_id: ("quiet_hours", "night") for a in actions})
    clock.sleep(2 * 86_400)
    assert ledger.expire(at=clock()) == 1


@pytest.mark.parametrize("broken", ["shop", "mailer"])
def test_a_platform_that_fails_leaves_the_others_to_be_written(
    act: Any, record: Any, ledger: Any, shop: Any, mailer: Mailer, approve: Any, broken: str
) -> None:
    approve("v1")
    record("hello", MESSAGE)
    shop.outage = broken == "shop"
    mailer.faults = [SourceRejectedError("no")] if broken == "mailer" else []
    with pytest.raises((SourceRejectedError, TransientSourceError)):
        act()
    states = {target: state for target, (state, _) in told(ledger).items()}
    expected = {"shop": (S.APPROVED, S.CONFIRMED), "mailer": (S.CONFIRMED, S.UNKNOWN)}[broken]
    assert (states["v1"], states["hello"]) == expected


def test_a_client_that_cannot_be_opened_holds_its_own_writes(
    act: Any, approve: Any, record: Any, ledger: Any, clock: Any, shop: Any
) -> None:
    approve("v1")
    record("hello", MESSAGE)

    def outbound(action: Action) -> Any:
        if action.write_kind is WriteKind.SEND_MESSAGE:
            raise SourceRejectedError("no password")
        return shop

    with pytest.raises(SourceRejectedError, match="no password"):
        dispatch(
            ledger,
            outbound,
            shop_id="north",
            platform_of=lambda action: "shopify",
            holder="one",
            clock=clock,
            recheck=lambda actions, live: {},
            sleep=clock.sleep,
        )
    assert told(ledger)["v1"][0] is S.CONFIRMED
    assert told(ledger)["hello"][0] is S.APPROVED
    assert act(holder="two") == {S.CONFIRMED: 1}


def test_a_stop_of_one_platform_leaves_the_other_running(
    act: Any, approve: Any, record: Any, ledger: Any, stop: Any
) -> None:
    approve("v1", "v2", "v3")
    record("hello", MESSAGE)
    stop("platform", "shopify")
    assert act(chunk=1) == {S.CONFIRMED: 1, S.APPROVED: 3}
    assert told(ledger)["hello"][0] is S.CONFIRMED


def test_a_coupon_is_closed_by_its_undo_and_what_was_redeemed_is_told(
    act: Any, record: Any, ledger: Any, shop: Any, clock: Any
) -> None:
    record("C1", COUPON)
    act()
    actions = ledger.find()
    undo = plan(actions, shop.live(changes(actions)), redeemed={"C1": 1, "C2": 4})
    (item,) = undo.to_restore
    assert (item.expected, item.restore) == (500, 0)
    assert item.note == "redeemed once before, which stands"
    (closing,) = to_actions(undo, batch="b", at=clock())
    (change,) = changes([closing])
    assert (change.after, change.is_undo, change.payload) == (0, True, None)
    ledger.enqueue_undo([closing], batch="b", by="ada", at=clock())
    assert act(undo_batch="b") == {S.CONFIRMED: 1}
    assert shop.prices["C1"] == 0
    assert ledger.find(action_ids=[actions[0].action_id])[0].state is S.REVERTED


def test_a_code_that_is_closed_or_that_the_platform_never_closes_is_a_conflict(
    act: Any, record: Any, ledger: Any, shop: Any
) -> None:
    record("C1", COUPON)
    act()
    actions = ledger.find()
    kept = plan(actions, shop.live([]), reversals={WriteKind.CREATE_COUPON: Reversal.IRREVERSIBLE})
    assert kept.items[0].conflict == "the platform offers no way to take it back"
    shop.prices["C1"] = 0
    closed = plan(actions, shop.live(changes(actions)))
    assert closed.items[0].conflict == "it is closed or has ended already"


def test_a_recipient_is_never_shown() -> None:
    change = Change(
        action_id="a",
        target_id="t",
        parent_id=None,
        before=0,
        after=1,
        currency=None,
        recipient="ada@example.com",
    )
    assert "ada" not in repr(change)
