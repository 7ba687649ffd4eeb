"""What the platform does not show at once is neither failed nor sent again too early."""

from collections.abc import Callable
from typing import Any

import pytest

from contracts.actions import Action
from contracts.codes import ActionState

S = ActionState
Send = Callable[..., dict[ActionState, int]]


def _only(ledger: Any) -> Action:
    (action,) = ledger.find()
    assert isinstance(action, Action)
    return action


@pytest.mark.parametrize(
    ("fault", "first", "state", "price", "message"),
    [
        (
            "lies", S.SENT, S.FAILED, 1000,
            "the platform says accepted, but it shows 10.00 USD",
        ),
        ("odd", S.SENT, S.UNKNOWN, 977, "the platform shows 9.77 USD; a person has to look"),
    ],
)  # fmt: skip
def test_what_does_not_show_at_once_is_judged_when_the_lease_has_run_out(
    ledger: Any, shop: Any, clock: Any, approve: Any, send: Send, fault: str, first: S, state: S,
    price: int, message: str,
) -> None:  # fmt: skip
    approve("v1")
    shop.faults["v1"] = [fault]
    assert send() == {first: 1}
    assert send() == {}
    clock.sleep(301)
    assert send() == {state: 1}
    action = _only(ledger)
    assert (action.state, shop.prices["v1"], action.message) == (state, price, message)
    assert len(shop.sent) == 1


@pytest.mark.parametrize(("fault", "first"), [("lies", S.SENT), ("lost", S.SENDING)])
def test_a_change_that_appears_a_minute_later_is_confirmed_and_not_sent_again(
    shop: Any, clock: Any, approve: Any, send: Send, fault: str, first: S
) -> None:
    approve("v1")
    shop.faults["v1"] = [fault]
    assert send() == {first: 1}
    clock.sleep(60)
    shop.prices["v1"] = 970
    assert send() == {}
    clock.sleep(240)
    assert send() == {S.CONFIRMED: 1}
    assert len(shop.sent) == 1


@pytest.mark.parametrize("fault", ["lost", "silent"])
def test_a_write_that_did_not_arrive_is_sent_again_when_the_lease_has_run_out(
    shop: Any, clock: Any, approve: Any, send: Send, fault: str
) -> None:
    approve("v1")
    shop.faults["v1"] = [fault]
    assert send() == {S.SENDING: 1}
    assert send() == {}
    clock.sleep(301)
    assert send() == {S.APPROVED: 1, S.CONFIRMED: 1}
    assert shop.prices == {"v1": 970}
    assert len(shop.sent) == 2


def test_a_write_that_adds_up_is_never_sent_again_unseen(
    ledger: Any, shop: Any, clock: Any, approve: Any, send: Send
) -> None:
    approve("v1")
    shop.is_absolute = False
    shop.faults["v1"] = ["lost"]
    assert send() == {S.SENDING: 1}
    clock.sleep(301)
    assert send() == {S.UNKNOWN: 1}
    assert send() == {}
    assert _only(ledger).message
    assert len(shop.sent) == 1
