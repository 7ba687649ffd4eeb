"""Writes: one outcome per item, whatever became of the others."""

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from connectors.base.retry import NotAppliedError
from connectors.shopify import outbound
from connectors.shopify.coupon_outbound import COUPONS
from contracts.actions import Change, Live, Unread
from contracts.codes import OutcomeState
from contracts.payloads import CouponTerms, encode

Opened = Callable[..., Any]
Answer = Callable[..., httpx.Response]
START = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


def change(number: int, *, product: str | None = "1", after: int = 499) -> Change:
    return Change(
        action_id=f"a{number}",
        target_id=str(number),
        parent_id=product,
        before=399,
        after=after,
        currency="USD",
    )


def updated(*errors: tuple[list[str] | None, str]) -> dict[str, Any]:
    found = [{"field": field, "code": code} for field, code in errors]
    return {"productVariantsBulkUpdate": {"userErrors": found}}


def states(outcomes: list[Any]) -> dict[str, str]:
    return {outcome.action_id: str(outcome.state) for outcome in outcomes}


def test_prices_are_sent_per_product_as_exact_text(opened: Opened) -> None:
    client, platform = opened(updated())
    changes = [change(1), change(2, product="2"), change(3, after=5)]
    outcomes = outbound.set_prices(client, changes)
    assert states(outcomes) == dict.fromkeys(("a1", "a2", "a3"), "accepted")
    first = platform.asked[0]["variables"]
    assert first["product"] == "gid://shopify/Product/1"
    assert [variant["price"] for variant in first["variants"]] == ["4.99", "0.05"]
    assert first["variants"][0]["id"] == "gid://shopify/ProductVariant/1"
    assert len(platform.asked) == 2


def test_prices_of_many_products_are_under_way_four_at_a_time(opened: Opened) -> None:
    together = threading.Barrier(4, timeout=30)

    def waiting(_asked: Any) -> dict[str, Any]:
        together.wait()  # broken, unless four requests wait for each other
        return updated()

    client, platform = opened(*[updated()] * 5, waiting)
    changes = [change(number, product=str(number)) for number in range(13)]
    assert set(states(outbound.set_prices(client, changes)).values()) == {"accepted"}
    assert len(platform.asked) == 13


def test_a_refused_item_does_not_take_the_others_with_it(opened: Opened) -> None:
    client, _ = opened(updated((["variants", "1", "price"], "NEGATIVE_PRICE_VALUE")))
    outcomes = outbound.set_prices(client, [change(1), change(2), change(3)])
    assert states(outcomes) == {"a1": "accepted", "a2": "rejected", "a3": "accepted"}
    assert outcomes[1].message == "NEGATIVE_PRICE_VALUE"


@pytest.mark.parametrize(
    ("field", "code", "state"),
    [
        (["productId"], "PRODUCT_DOES_NOT_EXIST", "rejected"),
        (None, "PRODUCT_SUSPENDED", "rejected"),
        (None, "INVALID_INPUT", "unknown"),
    ],
)
def test_an_error_without_an_item_is_about_all(
    opened: Opened, field: list[str] | None, code: str, state: str
) -> None:
    client, _ = opened(updated((field, code)))
    assert states(outbound.set_prices(client, [change(1), change(2)])) == {"a1": state, "a2": state}


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (httpx.ReadTimeout("slow"), "unknown"),
        (httpx.Response(502), "unknown"),
        (httpx.Response(200, content=b"<html>"), "unknown"),
        (httpx.Response(200, json={"data": {"productVariantsBulkUpdate": None}}), "unknown"),
        (httpx.Response(403), "rejected"),
    ],
)
def test_what_may_have_been_applied_is_unknown_and_what_was_refused_is_rejected(
    opened: Opened, reply: Any, state: str
) -> None:
    client, platform = opened(reply)
    assert states(outbound.set_prices(client, [change(1)])) == {"a1": state}
    assert len(platform.asked) == 1


def test_a_refusal_of_the_account_ends_the_sending(opened: Opened) -> None:
    client, platform = opened(httpx.Response(401))
    outcomes = outbound.set_prices(client, [change(1), change(2, product="2")])
    assert states(outcomes) == {"a1": "rejected", "a2": "rejected"}
    assert len(platform.asked) == 1


def test_a_time_out_of_one_product_does_not_stop_the_next(opened: Opened) -> None:
    client, _ = opened(httpx.ReadTimeout("slow"), updated())
    outcomes = outbound.set_prices(client, [change(1), change(2, product="2")])
    assert states(outcomes) == {"a1": "unknown", "a2": "accepted"}


def test_a_platform_that_stays_busy_raises_before_anything_was_sent(
    opened: Opened, answer: Answer
) -> None:
    client, _ = opened(answer(errors=["THROTTLED"]))
    with pytest.raises(NotAppliedError):
        outbound.set_prices(client, [change(1)])


def test_a_platform_that_becomes_busy_rejects_the_rest(opened: Opened, answer: Answer) -> None:
    client, _ = opened(updated(), answer(errors=["THROTTLED"]))
    changes = [change(1), change(2, product="2"), change(3, product="3")]
    assert states(outbound.set_prices(client, changes)) == {
        "a1": "accepted",
        "a2": "rejected",
        "a3": "rejected",
    }


def test_a_price_without_product_or_currency_is_never_sent(opened: Opened) -> None:
    client, platform = opened(updated())
    homeless = change(1, product=None)
    assert states(outbound.set_prices(client, [homeless])) == {"a1": "rejected"}
    assert platform.asked == []


def test_a_product_with_many_variants_is_written_in_pieces(opened: Opened) -> None:
    client, platform = opened(updated())
    outcomes = outbound.set_prices(client, [change(number) for number in range(251)])
    assert len(outcomes) == 251
    assert [len(asked["variables"]["variants"]) for asked in platform.asked] == [250, 1]


def test_live_prices_leave_out_what_the_shop_does_not_know(opened: Opened) -> None:
    node = {"id": "gid://shopify/ProductVariant/1", "price": "4.99"}
    client, _ = opened({"shop": {"currencyCode": "USD"}, "nodes": [node, None, {}]})
    changes = [change(1), change(2), change(3)]
    assert outbound.live_prices(client, changes) == {"1": Live(value=499, currency="USD")}


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "gid://shopify/ProductVariant/2", "price": None},
        {"id": "gid://shopify/ProductVariant/2", "price": "4.999"},
        {"price": "4.99"},
        [],
        7,
    ],
)
def test_one_odd_variant_is_unread_and_the_others_are_answered(opened: Opened, odd: Any) -> None:
    node = {"id": "gid://shopify/ProductVariant/1", "price": "4.99"}
    client, _ = opened({"shop": {"currencyCode": "USD"}, "nodes": [node, odd]})
    live = outbound.live_prices(client, [change(1), change(2)])
    assert live["1"] == Live(value=499, currency="USD")
    assert isinstance(live["2"], Unread)


def coupon(after: int, *, currency: str | None = None, **more: Any) -> Change:
    recipient = more.pop("recipient", None)
    terms = CouponTerms(
        title="Autumn", starts_at=START, ends_at=START + dt.timedelta(days=7), **more
    )
    return Change(
        action_id="c1",
        target_id="AUTUMN-1",
        parent_id=None,
        before=None,
        after=after,
        currency=currency,
        payload=encode(terms),
        recipient=recipient,
    )


def created(*codes: str) -> dict[str, Any]:
    return {"discountCodeBasicCreate": {"userErrors": [{"field": None, "code": c} for c in codes]}}


def test_a_coupon_states_a_fraction_and_whom_it_is_for(opened: Opened) -> None:
    client, platform = opened(created())
    COUPONS.send(client, [coupon(1500, recipient="7")])
    sent = platform.asked[0]["variables"]["coupon"]
    assert sent["customerGets"]["value"] == {"percentage": 0.15}
    assert sent["context"] == {"customers": {"add": ["gid://shopify/Customer/7"]}}
    assert (sent["code"], sent["startsAt"]) == ("AUTUMN-1", "2026-11-22T00:00:00+00:00")
    assert "customerSelection" not in sent


def test_a_least_spend_is_stated_in_the_shops_currency(opened: Opened) -> None:
    client, platform = opened(created())
    COUPONS.send(client, [coupon(550, currency="USD", min_spend_minor=3000)])
    sent = platform.asked[0]["variables"]["coupon"]
    least = {"subtotal": {"greaterThanOrEqualToSubtotal": "30.00"}}
    assert sent["minimumRequirement"] == least


@pytest.mark.parametrize("payload", [None, "{", '{"title": "Autumn"}'])
def test_a_coupon_without_whole_terms_is_not_sent(opened: Opened, payload: str | None) -> None:
    client, platform = opened()
    (outcome,) = COUPONS.send(client, [replace(coupon(1500), payload=payload)])
    assert outcome.state is OutcomeState.REJECTED
    assert platform.asked == []


def test_a_coupon_names_the_variants_that_it_holds_for_and_joins_no_other(opened: Opened) -> None:
    client, platform = opened(created())
    COUPONS.send(client, [coupon(1500, listing_ids=("7", "8"))])
    sent = platform.asked[0]["variables"]["coupon"]
    variants = ["gid://shopify/ProductVariant/7", "gid://shopify/ProductVariant/8"]
    assert sent["customerGets"]["items"] == {"products": {"productVariantsToAdd": variants}}
    assert not any(sent["combinesWith"].values())


@pytest.mark.parametrize(
    "terms", [{"excluded_listing_ids": ("7",)}, {"max_spend_minor": 9000}], ids=["goods", "largest"]
)
def test_a_term_that_no_code_here_keeps_is_refused_and_not_dropped(
    opened: Opened, terms: dict[str, Any]
) -> None:
    client, platform = opened()
    (outcome,) = COUPONS.send(client, [coupon(1500, **terms)])
    assert outcome.state is OutcomeState.REJECTED
    assert platform.asked == []


def test_a_coupon_of_an_amount_states_it_in_major_units(opened: Opened) -> None:
    client, platform = opened(created())
    COUPONS.send(client, [coupon(550, currency="USD")])
    sent = platform.asked[0]["variables"]["coupon"]
    assert sent["customerGets"]["value"]["discountAmount"]["amount"] == "5.50"
    assert sent["context"] == {"all": "ALL"}


@pytest.mark.parametrize(
    ("codes", "state"), [((), "accepted"), (("TAKEN",), "accepted"), (("TOO_LONG",), "rejected")]
)
def test_a_code_that_exists_already_is_done(
    opened: Opened, codes: tuple[str, ...], state: str
) -> None:
    client, _ = opened(created(*codes))
    assert states(COUPONS.send(client, [coupon(1500)])) == {"c1": state}


def test_a_coupon_without_terms_is_never_created(opened: Opened) -> None:
    client, platform = opened(created())
    assert states(COUPONS.send(client, [change(1)])) == {"a1": "rejected"}
    assert platform.asked == []


def code_node(value: dict[str, Any], status: str = "ACTIVE", **terms: Any) -> dict[str, Any]:
    basic = {
        "__typename": "DiscountCodeBasic",
        "status": status,
        "endsAt": "2026-11-29T00:00:00Z",
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "customerGets": {"value": value},
        "minimumRequirement": None,
        "context": {"__typename": "DiscountBuyerSelectionAll"},
        **terms,
    }
    node = {"id": "gid://shopify/DiscountCodeNode/9", "codeDiscount": basic}
    return {"shop": {"currencyCode": "USD"}, "codeDiscountNodeByCode": node}


TERMS: dict[str, str | int | None] = {
    "ends_at": "2026-11-29T00:00:00Z",
    "limit_units": 1,
    "per_customer_units": 1,
    "minimum_minor": None,
    "audience": "everybody",
}


SHARE = {"__typename": "DiscountPercentage", "percentage": 0.15}
AMOUNT = {"__typename": "DiscountAmount", "amount": {"amount": "5.5", "currencyCode": "USD"}}


@pytest.mark.parametrize(
    ("answered", "live"),
    [
        (code_node(SHARE), {"AUTUMN-1": Live(value=1500, currency=None, terms=TERMS)}),
        (code_node(AMOUNT), {"AUTUMN-1": Live(value=550, currency="USD", terms=TERMS)}),
        (code_node(SHARE, "EXPIRED"), {"AUTUMN-1": Live(value=0, currency=None, terms=TERMS)}),
        ({"shop": {"currencyCode": "USD"}, "codeDiscountNodeByCode": None}, {}),
    ],
)
def test_a_coupon_is_read_back_as_it_was_written(
    opened: Opened, answered: dict[str, Any], live: dict[str, Live]
) -> None:
    client, _ = opened(answered)
    assert COUPONS.live(client, [coupon(1500)]) == live


NAMED = {"__typename": "DiscountCustomers", "customers": [{"id": "gid://shopify/Customer/7"}]}
SUBTOTAL = {
    "__typename": "DiscountMinimumSubtotal",
    "greaterThanOrEqualToSubtotal": {"amount": "30.0", "currencyCode": "USD"},
}


@pytest.mark.parametrize(
    ("told", "recipient", "term", "value"),
    [
        ({"endsAt": None}, None, "ends_at", None),
        ({"endsAt": "2026-11-30T01:00:00+01:00"}, None, "ends_at", "2026-11-30T00:00:00Z"),
        ({"usageLimit": None}, None, "limit_units", None),
        ({"appliesOncePerCustomer": False}, None, "per_customer_units", None),
        ({"minimumRequirement": SUBTOTAL}, None, "minimum_minor", 3000),
        ({"context": NAMED}, "7", "audience", "member"),
        ({"context": NAMED}, "8", "audience", "other"),
        ({"context": NAMED}, None, "audience", "other"),
        ({"context": {"__typename": "DiscountMarkets"}}, None, "audience", "other"),
    ],
)
def test_every_term_of_a_code_is_read_back(
    opened: Opened, told: dict[str, Any], recipient: str | None, term: str, value: Any
) -> None:
    client, _ = opened(code_node(SHARE, **told))
    live = COUPONS.live(client, [coupon(1500, recipient=recipient)])["AUTUMN-1"]
    assert isinstance(live, Live)
    assert live.terms == {**TERMS, term: value}


PIECES = {"__typename": "DiscountMinimumQuantity"}


@pytest.mark.parametrize(
    "odd",
    [
        code_node(SHARE, minimumRequirement=PIECES),
        code_node({"__typename": "DiscountOnQuantity"}),
        code_node(SHARE, endsAt="soon"),
        code_node(SHARE, context=None),
        code_node(SHARE, __typename="DiscountCodeFreeShipping"),
    ],
)
def test_a_code_that_is_no_code_of_ours_is_unread_and_the_others_are_answered(
    opened: Opened, odd: dict[str, Any]
) -> None:
    client, _ = opened(odd, code_node(SHARE))
    other = replace(coupon(1500), target_id="AUTUMN-2")
    live = COUPONS.live(client, [coupon(1500), other])
    assert isinstance(live["AUTUMN-1"], Unread)
    assert live["AUTUMN-2"] == Live(value=1500, currency=None, terms=TERMS)


def test_closing_a_coupon_deactivates_it(opened: Opened) -> None:
    client, platform = opened(code_node(SHARE), {"discountCodeDeactivate": {"userErrors": []}})
    assert states(COUPONS.send(client, [coupon(0)])) == {"c1": "accepted"}
    assert platform.asked[1]["variables"] == {"id": "gid://shopify/DiscountCodeNode/9"}


STOCKED = {
    "inventoryItems": {
        "nodes": [
            {
                "id": f"gid://shopify/InventoryItem/{number}",
                "sku": sku,
                "inventoryLevels": {
                    "nodes": [
                        {
                            "location": {"id": "gid://shopify/Location/4"},
                            "quantities": [{"name": "available", "quantity": 6}],
                        }
                    ]
                },
            }
            for number, sku in ((1, "SKU-1"), (2, "SKU-10"), (3, "TWICE"), (4, "TWICE"))
        ]
    }
}


def stock(sku: str = "SKU-1") -> Change:
    return Change(action_id="s1", target_id=sku, parent_id="4", before=6, after=9, currency=None)


def quantities_set(*codes: str) -> dict[str, Any]:
    return {"inventorySetQuantities": {"userErrors": [{"field": None, "code": c} for c in codes]}}


def test_stock_is_set_from_what_it_was_under_a_key_of_the_action(opened: Opened) -> None:
    client, platform = opened(STOCKED, quantities_set())
    assert states(outbound.set_stock(client, [stock()])) == {"s1": "accepted"}
    sent = platform.asked[1]["variables"]
    quantity = sent["input"]["quantities"][0]
    assert (quantity["quantity"], quantity["changeFromQuantity"]) == (9, 6)
    assert quantity["inventoryItemId"] == "gid://shopify/InventoryItem/1"
    again, repeated = opened(STOCKED, quantities_set())
    outbound.set_stock(again, [stock()])
    assert repeated.asked[1]["variables"]["key"] == sent["key"]


@pytest.mark.parametrize("sku", ["TWICE", "SKU-404"])
def test_a_sku_that_is_not_one_item_is_never_written(opened: Opened, sku: str) -> None:
    client, platform = opened(STOCKED)
    assert states(outbound.set_stock(client, [stock(sku)])) == {"s1": "rejected"}
    assert len(platform.asked) == 1


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("CHANGE_FROM_QUANTITY_STALE", OutcomeState.REJECTED),
        ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", OutcomeState.REJECTED),
        ("IDEMPOTENCY_CONCURRENT_REQUEST", OutcomeState.UNKNOWN),
    ],
)
def test_stock_that_moved_is_rejected_and_a_write_under_way_unknown(
    opened: Opened, code: str, state: OutcomeState
) -> None:
    client, _ = opened(STOCKED, quantities_set(code))
    assert states(outbound.set_stock(client, [stock()])) == {"s1": str(state)}


def test_live_stock_is_what_is_available_at_the_location(opened: Opened) -> None:
    client, _ = opened(STOCKED)
    assert outbound.live_stock(client, [stock()]) == {"SKU-1": Live(value=6, currency=None)}
