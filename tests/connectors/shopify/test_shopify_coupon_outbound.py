"""Coupons as they are written to Shopify, read back and closed."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from connectors.shopify import outbound
from connectors.shopify.coupon_outbound import COUPONS
from contracts.actions import Change, Live, Unread
from contracts.codes import OutcomeState
from contracts.payloads import CouponTerms, encode
from tests.connectors.shopify.outbound_shop import Opened, change, states

START = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)


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
