"""Writes to the emulated shop, over real HTTP: what is sent is what is read back."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.woocommerce import CONNECTOR
from contracts.actions import Change, Outcome
from contracts.codes import OutcomeState, WriteKind
from contracts.payloads import CouponTerms, encode
from tests.connectors.woocommerce.shop import (
    Shop,
    client_of,
    shop_of,
    signed,
    two_products,
    url_of,
)
from tests.sandbox.woocommerce_shop import READER

ACCEPTED, REJECTED = OutcomeState.ACCEPTED, OutcomeState.REJECTED


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with shop_of() as found:
        yield found


@pytest.fixture
def own_shop() -> Iterator[Shop]:
    """A shop of the test's own, to be changed."""
    with shop_of() as found:
        yield found


def change(target: str, before: int | None, after: int, **more: Any) -> Change:
    given: dict[str, Any] = {"action_id": target, "parent_id": None, "currency": "EUR"}
    return Change(**{**given, "target_id": target, "before": before, "after": after, **more})


def test_prices_are_set_item_by_item_and_read_back(own_shop: Shop) -> None:
    first, second = two_products(own_shop)
    good = change(str(first["product_id"]), first["price_minor"], first["price_minor"] - 7)
    changes = [
        good,
        change("999999999", 100, 90),
        change("no-number", 100, 90),
        change(str(second["product_id"]), 100, 90, currency="USD"),
    ]
    outcomes = {one.action_id: one for one in own_shop.send(WriteKind.SET_PRICE, *changes)}
    states = [outcomes[one.action_id].state for one in changes]
    assert states == [ACCEPTED, REJECTED, REJECTED, REJECTED]
    assert own_shop.live(WriteKind.SET_PRICE, *changes) == {
        good.target_id: (good.after, "EUR"),
        str(second["product_id"]): (second["price_minor"], "EUR"),
    }


def test_of_what_is_on_sale_the_sale_price_is_set_and_the_regular_one_stays(
    own_shop: Shop,
) -> None:
    key = int(two_products(own_shop)[0]["product_id"])
    own_shop.woo.send("PUT", f"/products/{key}", regular_price="10.00", sale_price="8.00")
    lower, undo = change(str(key), 800, 700), change(str(key), 700, 800, is_undo=True)
    for one in (lower, undo):
        (outcome,) = own_shop.send(WriteKind.SET_PRICE, one)
        assert outcome.state is ACCEPTED
        assert own_shop.live(WriteKind.SET_PRICE, one) == {str(key): (one.after, "EUR")}
    shown = own_shop.woo.get(f"/products/{key}")
    assert (shown["regular_price"], shown["sale_price"]) == ("10.00", "8.00")
    (outcome,) = own_shop.send(WriteKind.SET_PRICE, change(str(key), 800, 1000))
    assert outcome.state is REJECTED


def test_a_sale_price_that_is_not_in_force_does_not_come_in_force_by_a_higher_price(
    own_shop: Shop,
) -> None:
    key = int(two_products(own_shop)[0]["product_id"])
    own_shop.woo.send("PUT", f"/products/{key}", regular_price="10.00", sale_price="11.00")
    assert own_shop.send(WriteKind.SET_PRICE, change(str(key), 1000, 1200))[0].state is REJECTED
    below = change(str(key), 1000, 1050)
    assert own_shop.send(WriteKind.SET_PRICE, below)[0].state is ACCEPTED
    shown = own_shop.woo.get(f"/products/{key}")
    assert (shown["price"], shown["sale_price"]) == ("10.50", "11.00")


def test_a_shop_that_shows_no_cents_is_read_to_the_cent_and_gets_no_price_with_cents() -> None:
    with shop_of(decimals=0) as plain:
        orders = plain.pulled("orders", days=2).frames["orders"]
        assert (orders["total_minor"] % 100 != 0).any()
        row = two_products(plain)[0]
        key, before = str(row["product_id"]), row["price_minor"]
        odd, even = change(key, before, 1250), change(key, before, 1300)
        assert plain.send(WriteKind.SET_PRICE, odd)[0].state is REJECTED
        assert plain.send(WriteKind.SET_PRICE, even)[0].state is ACCEPTED
        assert plain.live(WriteKind.SET_PRICE, even) == {key: (1300, "EUR")}


def test_stock_is_set_if_it_is_as_before(own_shop: Shop) -> None:
    first, second = two_products(own_shop)
    sku, pieces = str(first["product_id"]), first["on_hand_units"]
    good = change(sku, pieces, pieces + 5, currency=None, parent_id="shop")
    stale = change(str(second["product_id"]), second["on_hand_units"] + 1, 3, currency=None)
    lost = change("NO-SKU", 1, 2, currency=None)
    outcomes = {one.action_id: one for one in own_shop.send(WriteKind.SET_STOCK, good, stale, lost)}
    assert [outcomes[one.action_id].state for one in (good, stale, lost)] == [
        ACCEPTED, REJECTED, REJECTED,
    ]  # fmt: skip
    assert own_shop.live(WriteKind.SET_STOCK, good, lost) == {sku: (good.after, None)}


def test_a_lie_about_a_write_shows_when_it_is_read_back(own_shop: Shop) -> None:
    row = two_products(own_shop)[0]
    wanted = change(str(row["product_id"]), row["price_minor"], row["price_minor"] + 50)
    own_shop.woo.faults.unapplied = 1
    assert own_shop.send(WriteKind.SET_PRICE, wanted)[0].state is ACCEPTED
    live = own_shop.live(WriteKind.SET_PRICE, wanted)
    assert live == {wanted.target_id: (row["price_minor"], "EUR")}


def coupon_of(shop: Shop, target: str, after: int, **more: Any) -> Change:
    now = shop.client.now()
    terms = CouponTerms(
        title="Back again", starts_at=now, ends_at=now + dt.timedelta(days=7), usage_limit=1,
        **more.pop("terms", {}),
    )  # fmt: skip
    return change(target, None, after, payload=encode(terms), **more)


@pytest.mark.parametrize(("currency", "after"), [(None, 1500), ("EUR", 500)])
def test_a_coupon_is_made_once_found_in_any_case_and_closed(
    own_shop: Shop, currency: str | None, after: int
) -> None:
    create = coupon_of(own_shop, "ZK-BACK-7", after, currency=currency)
    before = own_shop.world.discounts.height
    for _ in range(2):
        (outcome,) = own_shop.send(WriteKind.CREATE_COUPON, create)
        assert outcome.state is ACCEPTED
    assert own_shop.world.discounts.height == before + 1
    assert own_shop.live(WriteKind.CREATE_COUPON, create) == {"ZK-BACK-7": (after, currency)}
    close = change("ZK-BACK-7", after, 0, currency=currency, is_undo=True)
    assert own_shop.send(WriteKind.CREATE_COUPON, close)[0].state is ACCEPTED
    assert own_shop.live(WriteKind.CREATE_COUPON, close) == {"ZK-BACK-7": (0, currency)}
    listed = own_shop.pulled("coupons").frames["coupons"].filter(coupon_code="zk-back-7")
    assert listed["coupon_status"].to_list() == ["expired"]


def test_a_code_that_was_made_meanwhile_is_done(
    own_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = coupon_of(own_shop, "RACE-1", 1000, currency=None)
    write = own_shop.client.write

    def made_first(method: str, path: str, value: Any, **more: Any) -> Any:
        write(method, path, value, **more)
        return write(method, path, value, **more)

    monkeypatch.setattr(own_shop.client, "write", made_first)
    (outcome,) = own_shop.send(WriteKind.CREATE_COUPON, create)
    assert outcome.state is ACCEPTED
    assert outcome.message == "woocommerce_rest_coupon_code_already_exists"


def test_a_members_coupon_holds_for_the_address_of_the_account_and_names_it_nowhere(
    own_shop: Shop,
) -> None:
    member = own_shop.world.customers.row(0, named=True)
    left_out = str(two_products(own_shop)[0]["product_id"])
    create = coupon_of(
        own_shop, "FOR-ONE", 300, recipient=str(member["household_id"]),
        terms={
            "min_spend_minor": 2000, "max_spend_minor": 9000, "excluded_listing_ids": (left_out,),
        },
    )  # fmt: skip
    (outcome,) = own_shop.send(WriteKind.CREATE_COUPON, create)
    assert outcome == Outcome(action_id="FOR-ONE", state=ACCEPTED)
    [made] = own_shop.woo.get("/coupons", code="for-one")
    assert made["email_restrictions"] == [member["email"]]
    assert made["excluded_product_ids"] == [int(left_out)]
    assert (made["minimum_amount"], made["maximum_amount"]) == ("20.00", "90.00")
    assert (made["usage_limit"], made["usage_limit_per_user"]) == (1, 1)
    assert (made["individual_use"], made["discount_type"]) == (True, "fixed_cart")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"currency": "USD"}, "in EUR"),
        ({"terms": {"listing_ids": ("1",)}}, "what it leaves out"),
        ({"recipient": "1"}, "no address"),
        ({"recipient": "somebody"}, "no address"),
    ],
)
def test_a_coupon_that_the_shop_cannot_give_is_refused_before_it_is_sent(
    shop: Shop, more: dict[str, Any], why: str
) -> None:
    (outcome,) = shop.send(WriteKind.CREATE_COUPON, coupon_of(shop, "NEVER-1", 500, **more))
    assert outcome.state is REJECTED
    assert why in (outcome.message or "")
    assert shop.live(WriteKind.CREATE_COUPON, change("NEVER-1", None, 0)) == {}


def test_a_coupon_that_begins_later_and_one_that_is_not_there_are_refused(shop: Shop) -> None:
    later = shop.client.now() + dt.timedelta(days=1)
    terms = CouponTerms(title="x", starts_at=later, ends_at=later + dt.timedelta(days=1))
    create = change("LATER-1", None, 500, payload=encode(terms))
    gone = change("GONE-1", 500, 0)
    bare = change("BARE-1", None, 500)
    outcomes = shop.send(WriteKind.CREATE_COUPON, create, gone, bare)
    assert [one.state for one in outcomes] == [REJECTED, REJECTED, REJECTED]


def test_a_batch_refused_as_a_whole_or_cut_off_is_told_item_by_item(
    own_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = two_products(own_shop)[0]
    wanted = change(str(row["product_id"]), row["price_minor"], row["price_minor"] + 50)
    own_shop.client.money()
    # The first request is the look at the prices, the second is the write.
    own_shop.woo.faults.statuses[:] = [502, 503, 429]
    (outcome,) = own_shop.send(WriteKind.SET_PRICE, wanted)
    assert outcome.state is ACCEPTED
    answered = own_shop.client.ask

    def then_broken(*given: Any) -> Any:
        found = answered(*given)
        own_shop.woo.faults.statuses[:] = [503]
        return found

    monkeypatch.setattr(own_shop.client, "ask", then_broken)
    again = change(wanted.target_id, wanted.after, wanted.after + 1)
    (outcome,) = own_shop.send(WriteKind.SET_PRICE, again)
    assert outcome.state is OutcomeState.UNKNOWN


def test_a_key_that_may_only_read_ends_the_sending(shop: Shop) -> None:
    row = two_products(shop)[0]
    wanted = change(str(row["product_id"]), row["price_minor"], row["price_minor"] + 1)
    write = CONNECTOR.write(WriteKind.SET_PRICE)
    assert write is not None
    with client_of(url_of(shop.woo), **signed(READER.key, READER.secret)) as client:
        assert [one.state for one in write.send(client, [wanted])] == [REJECTED]
