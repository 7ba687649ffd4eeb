import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from actions.dispatch import dispatch
from contracts.actions import Action
from contracts.codes import ActionState
from contracts.errors import ConfigurationError, TransientSourceError

S = ActionState
Send = Callable[..., dict[ActionState, int]]


def _states(ledger: Any) -> dict[str, ActionState]:
    return {action.target_id: action.state for action in ledger.find()}


def _only(ledger: Any) -> Action:
    (action,) = ledger.find()
    assert isinstance(action, Action)
    return action


@pytest.mark.parametrize(
    ("fault", "state", "price", "message"),
    [
        ("ok", S.CONFIRMED, 970, None),
        ("late", S.CONFIRMED, 970, None),
        ("rejects", S.FAILED, 1000, "PRICE_LOCKED"),
    ],
)
def test_what_the_platform_shows_afterwards_decides(
    ledger: Any, shop: Any, approve: Any, send: Send, fault: str, state: S, price: int, message: str
) -> None:
    approve("v1")
    shop.faults["v1"] = [fault]
    assert send() == {state: 1}
    action = _only(ledger)
    assert (action.state, shop.prices["v1"], action.message) == (state, price, message)
    assert len(shop.sent) == 1


def test_sending_again_sends_nothing(shop: Any, approve: Any, send: Send) -> None:
    approve("v1", "v2", "v3")
    assert send() == {S.CONFIRMED: 3}
    assert send() == {}
    assert len(shop.sent) == 3


def test_a_price_that_moved_since_the_decision_supersedes_it(
    ledger: Any, shop: Any, approve: Any, send: Send
) -> None:
    approve("v1")
    shop.prices["v1"] = 990
    assert send() == {S.SUPERSEDED: 1}
    action = _only(ledger)
    assert action.message == "decided from 10.00 USD, the platform shows 9.90 USD"
    assert action.observed_value == 990
    assert shop.sent == []


def test_a_price_in_another_currency_is_not_overwritten(
    shop: Any, approve: Any, send: Send
) -> None:
    approve("v1")
    shop.currency = "EUR"
    assert send() == {S.SUPERSEDED: 1}


def test_a_listing_that_is_gone_is_not_written(shop: Any, approve: Any, send: Send) -> None:
    approve("v1")
    shop.prices.clear()
    assert send() == {S.SUPERSEDED: 1}


def test_what_the_guard_no_longer_allows_is_refused_at_the_door(
    ledger: Any, shop: Any, approve: Any, send: Send
) -> None:
    approve("v1", "v2")

    def recheck(actions: Any, live: Any) -> dict[str, tuple[str, str]]:
        assert live["v1"].value == 1000
        return {
            action.action_id: ("floor", "9.70 USD is below floor 9.81 USD")
            for action in actions
            if action.target_id == "v1"
        }

    assert send(recheck=recheck) == {S.REFUSED: 1, S.CONFIRMED: 1}
    refused = next(action for action in ledger.find() if action.target_id == "v1")
    assert refused.guard == "floor"
    assert shop.prices == {"v1": 1000, "v2": 970}


def test_two_policies_do_not_write_one_price_in_one_call(
    ledger: Any, shop: Any, approve: Any, send: Send
) -> None:
    approve("v1")
    approve("v1", policy="markdown", after_value=960)
    assert send() == {S.CONFIRMED: 1, S.SUPERSEDED: 1}
    assert len(shop.sent) == 1


def test_a_stop_pulled_while_sending_holds_the_next_chunk(
    ledger: Any, shop: Any, approve: Any, send: Send, stop: Any, resume: Any
) -> None:
    approve("v1", "v2", "v3", "v4")
    shop.on_send = lambda: stop("shop", "north") if not shop.sent else None
    assert send(chunk=2) == {S.CONFIRMED: 2, S.APPROVED: 2}
    assert len(shop.sent) == 2
    resume("shop", "north")
    assert send() == {S.CONFIRMED: 2}


@pytest.mark.parametrize(
    ("scope", "name", "sent"),
    [
        ("all", "", 0),
        ("platform", "shopify", 0),
        ("shop", "north", 0),
        ("policy", "repricing", 1),
        ("policy", "markdown", 1),
        ("shop", "south", 2),
    ],
)
def test_a_stop_holds_what_is_in_its_scope(
    shop: Any, approve: Any, send: Send, stop: Any, scope: str, name: str, sent: int
) -> None:
    approve("v1")
    approve("v2", policy="markdown")
    stop(scope, name)
    ended = send(chunk=1)
    assert ended.get(S.CONFIRMED, 0) == len(shop.sent) == sent
    assert ended.get(S.APPROVED, 0) <= 2 - sent


@pytest.mark.parametrize("fault", ["crash", "crash_late"])
def test_after_a_crash_the_platform_is_asked_and_only_then_written(
    ledger: Any, shop: Any, clock: Any, approve: Any, send: Send, fault: str, crash: Any
) -> None:
    approve("v1")
    shop.faults["v1"] = [fault]
    with pytest.raises(crash):
        send()
    assert _only(ledger).state is S.SENDING
    assert send() == {}, "another holder waits for the lease"
    clock.sleep(301)
    assert send().get(S.CONFIRMED) == 1
    assert shop.prices == {"v1": 970}
    assert len(shop.sent) == (1 if fault == "crash_late" else 2)


def test_after_a_crash_a_write_that_adds_up_waits_for_a_person(
    ledger: Any, shop: Any, clock: Any, approve: Any, send: Send, crash: Any
) -> None:
    approve("v1")
    shop.is_absolute = False
    shop.faults["v1"] = ["crash"]
    with pytest.raises(crash):
        send()
    clock.sleep(301)
    assert send() == {S.UNKNOWN: 1}
    assert len(shop.sent) == 1


def test_after_a_crash_the_platform_has_its_time_before_it_is_asked(
    ledger: Any, shop: Any, clock: Any, approve: Any, send: Send, crash: Any
) -> None:
    approve("v1")
    shop.settles = dt.timedelta(minutes=30)
    shop.faults["v1"] = ["crash_late"]
    with pytest.raises(crash):
        send()
    clock.sleep(30 * 60)
    assert send() == {}
    clock.sleep(61)
    assert send() == {S.CONFIRMED: 1}


def test_a_crash_leaves_the_rest_to_be_claimed_when_the_lease_ends(
    ledger: Any, shop: Any, clock: Any, approve: Any, send: Send, crash: Any
) -> None:
    approve("v1", "v2", "v3")
    shop.faults["v2"] = ["crash"]
    with pytest.raises(crash):
        send(chunk=1)
    clock.sleep(301)
    send(holder="two")
    assert set(_states(ledger).values()) == {S.CONFIRMED}
    assert sorted(shop.prices.values()) == [970, 970, 970]


def test_an_outage_before_sending_gives_the_actions_back(
    ledger: Any, shop: Any, approve: Any, send: Send
) -> None:
    approve("v1")
    shop.outage = True
    with pytest.raises(TransientSourceError):
        send()
    assert shop.sent == []
    shop.outage = False
    assert send() == {S.CONFIRMED: 1}


def test_an_outage_while_sending_is_settled_later_without_a_second_write(
    ledger: Any, shop: Any, clock: Any, approve: Any, send: Send
) -> None:
    approve("v1")

    def go_down() -> None:
        shop.prices["v1"] = 970
        shop.outage = True
        raise TransientSourceError("the shop does not answer")

    shop.on_send = go_down
    with pytest.raises(TransientSourceError):
        send()
    assert _only(ledger).state is S.SENDING
    shop.outage, shop.on_send = False, None
    clock.sleep(400)
    assert send() == {S.CONFIRMED: 1}
    assert shop.sent == []


def test_nothing_is_sent_when_the_lease_is_about_to_end(
    shop: Any, clock: Any, approve: Any, send: Send
) -> None:
    approve("v1")

    def slow(actions: Any, live: Any) -> dict[str, tuple[str, str]]:
        clock.sleep(241)
        return {}

    assert send(recheck=slow) == {S.APPROVED: 1}
    assert shop.sent == []


def test_an_alert_that_was_approved_is_done_without_a_write_even_under_a_stop(
    ledger: Any, clock: Any, approve: Any, stop: Any
) -> None:
    stop("all", "")
    approve("SKU-1", write_kind="none", currency=None, before_value=None, after_value=40)
    ended = dispatch(
        ledger,
        lambda action: None,
        shop_id="north",
        platform_of=lambda action: "shopify",
        holder="one",
        clock=clock,
        recheck=lambda actions, live: {},
    )
    assert ended == {S.CONFIRMED: 1}


def test_a_write_that_the_shop_does_not_have_fails_with_its_name(
    ledger: Any, clock: Any, approve: Any
) -> None:
    approve("v1")
    ended = dispatch(
        ledger,
        lambda action: None,
        shop_id="north",
        platform_of=lambda action: "shopify",
        holder="one",
        clock=clock,
        recheck=lambda actions, live: {},
    )
    assert ended == {S.FAILED: 1}
    assert _only(ledger).message == "this shop has no write set_price"


def test_a_time_out_longer_than_the_lease_is_a_wrong_setting(send: Send) -> None:
    with pytest.raises(ConfigurationError, match="shorter than its lease"):
        send(timeout=dt.timedelta(minutes=5))


def test_progress_counts_every_action(approve: Any, send: Send) -> None:
    approve("v1", "v2", "v3")
    steps: list[int] = []
    send(chunk=2, on_progress=steps.append)
    assert sum(steps) == 3


def test_a_time_out_whose_write_arrived_is_settled_by_the_same_call(
    ledger: Any, shop: Any, approve: Any, send: Send
) -> None:
    approve("v1")

    def time_out() -> None:
        shop.prices["v1"] = 970
        raise TransientSourceError("the shop did not answer in time")

    shop.on_send = time_out
    with pytest.raises(TransientSourceError):
        send()
    assert _only(ledger).state is S.CONFIRMED


def test_a_stop_pulled_while_a_chunk_is_checked_holds_it(
    shop: Any, approve: Any, send: Send, stop: Any
) -> None:
    approve("v1")

    def recheck(actions: Any, live: Any) -> dict[str, tuple[str, str]]:
        stop("all", "")
        return {}

    assert send(recheck=recheck) == {S.APPROVED: 1}
    assert shop.sent == []


def test_a_holder_whose_lease_was_taken_over_settles_nothing(
    ledger: Any, shop: Any, clock: Any, approve: Any, send: Send
) -> None:
    approve("v1")

    def taken_over() -> None:
        clock.sleep(301)
        ledger.abandoned(shop_id="north", at=clock())

    shop.on_send = taken_over
    assert send() == {}
    assert _only(ledger).state is S.SENDING


def test_a_refused_action_does_not_keep_another_from_the_same_price(
    ledger: Any, approve: Any, send: Send
) -> None:
    approve("v1", policy="markdown", after_value=960)
    approve("v1")

    def recheck(actions: Any, live: Any) -> dict[str, tuple[str, str]]:
        return {a.action_id: ("floor", "too low") for a in actions if a.policy == "markdown"}

    assert send(recheck=recheck) == {S.REFUSED: 1, S.CONFIRMED: 1}


@pytest.mark.parametrize("when", ["reading", "sleeping"])
def test_ctrl_c_gives_back_at_once_what_is_not_being_sent(
    ledger: Any, shop: Any, approve: Any, send: Send, clock: Any,
    monkeypatch: pytest.MonkeyPatch, when: str,
) -> None:  # fmt: skip
    def interrupt(*_: Any) -> Any:
        raise KeyboardInterrupt

    approve("v1", "v2", "v3")
    with monkeypatch.context() as patched:
        patched.setattr(*((shop, "live") if when == "reading" else (clock, "sleep")), interrupt)
        with pytest.raises(KeyboardInterrupt):
            send(chunk=2)
    if when == "reading":
        assert send() == {S.CONFIRMED: 3}
    else:
        # What the platform has heard of stays ours until it is read back.
        assert set(_states(ledger).values()) == {S.SENT}
        assert send() == {}


def test_a_kind_of_write_whose_platform_failed_is_not_tried_again_in_the_call(
    ledger: Any, shop: Any, approve: Any, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def fails(changes: Any) -> Any:
        asked.append(len(changes))
        raise TransientSourceError("the shop does not answer")

    approve("v1", "v2", "v3")
    monkeypatch.setattr(shop, "live", fails)
    with pytest.raises(TransientSourceError):
        send(chunk=1)
    assert asked == [1]
    assert set(_states(ledger).values()) == {S.APPROVED}
    assert shop.sent == []
