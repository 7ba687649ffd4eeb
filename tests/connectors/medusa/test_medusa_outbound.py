"""Prices, stock and coupons as they are written, and what is refused before anything is."""

import datetime as dt
from dataclasses import replace
from typing import Any

import httpx
import pytest

from connectors.medusa import CONNECTOR
from connectors.medusa.client import MedusaClient
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import Audience, OutcomeState, WriteKind
from contracts.payloads import CouponTerms, encode
from tests.connectors.medusa.recorded import (
    campaign,
    item,
    opened,
    price,
    price_list,
    promotion,
    refused,
    variant,
)
from tests.connectors.medusa.scripted import Script

NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
PRICE, STOCK, COUPON = WriteKind.SET_PRICE, WriteKind.SET_STOCK, WriteKind.CREATE_COUPON
ACCEPTED, REJECTED = OutcomeState.ACCEPTED, OutcomeState.REJECTED


def client_of(script: Script, **settings: Any) -> MedusaClient:
    return opened(httpx.MockTransport(script), **settings)


def change(target: str, before: int | None, after: int, **more: Any) -> Change:
    given = {"parent_id": None, "currency": None, **more}
    return Change(action_id=f"a-{target}", target_id=target, before=before, after=after, **given)


def send(client: MedusaClient, kind: WriteKind, *changes: Change) -> list[Outcome]:
    write = CONNECTOR.write(kind)
    assert write is not None
    return write.send(client, changes)


def live(client: MedusaClient, kind: WriteKind, target: str, **more: Any) -> Live | Unread | None:
    write = CONNECTOR.write(kind)
    assert write is not None
    assert write.live is not None
    return write.live(client, [change(target, None, 0, **more)]).get(target)


def to_price(target: str, before: int, after: int, currency: str = "EUR") -> Change:
    return change(target, before, after, currency=currency)


# ---- prices -------------------------------------------------------------------------------------

_PRICES = [
    price(19.99),
    price(2500, "jpy"),
    price(17.77, rules={"region_id": "reg_1"}, price_rules=[]),
    price(11, min_quantity=10, max_quantity=99),
]


def priced(**more: Any) -> Script:
    return Script({"product-variants": [variant("1", prices=_PRICES), variant("2")]} | more)


def test_all_prices_of_a_variant_are_sent_with_the_one_changed() -> None:
    """Whatever is not sent is deleted there, and conditions that are not sent are lost."""
    script = priced()
    (outcome,) = send(client_of(script), PRICE, to_price("variant_1", 1999, 1850))
    assert outcome.state is ACCEPTED
    ((path, body),) = script.written
    assert path == "products/prod_1/variants/variant_1"
    kept = [{name: one[name] for name in body["prices"][0]} for one in _PRICES]
    assert body["prices"] == [{**kept[0], "amount": 18.5}, *kept[1:]]


def test_of_a_region_its_own_price_is_the_one() -> None:
    script = priced(regions=[{"id": "reg_1", "currency_code": "eur"}])
    client = client_of(script, region_id="reg_1")
    assert live(client, PRICE, "variant_1") == Live(value=1777, currency="EUR")
    send(client, PRICE, to_price("variant_1", 1777, 1600))
    assert [one["amount"] for one in script.written[0][1]["prices"]] == [19.99, 2500, 16, 11]


@pytest.mark.parametrize(
    ("target", "currency", "said"),
    [
        ("variant_9", "EUR", "no such variant"),
        ("variant_1", "USD", "prices are in EUR"),
        ("variant_1", None, "has a currency"),
        ("variant_3", "EUR", "no price in EUR"),
        ("variant_4", "EUR", "unknown shape"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason_and_ends_itself_alone(
    target: str, currency: str | None, said: str
) -> None:
    script = priced()
    script.rows["product-variants"] += [
        variant("3", prices=[price(2500, "jpy")]),
        variant("4", prices=None),
    ]
    bad = change(target, 1999, 1850, currency=currency)
    outcomes = send(client_of(script), PRICE, bad, to_price("variant_2", 1999, 1850))
    assert [one.state for one in outcomes] == [REJECTED, ACCEPTED]
    assert said in (outcomes[0].message or "")
    assert len(script.written) == 1


def test_a_price_list_is_read_and_never_written_around() -> None:
    script = priced(**{"price-lists": [price_list("1")]})
    client = client_of(script)
    assert live(client, PRICE, "variant_1") == Live(value=1500, currency="EUR")
    (outcome,) = send(client, PRICE, to_price("variant_1", 1500, 1600))
    assert outcome.state is REJECTED
    assert script.written == []


@pytest.mark.parametrize(
    ("answer", "states"),
    [
        (refused(400, "invalid_data"), [REJECTED, REJECTED]),
        (httpx.Response(401, json={"message": "Unauthorized"}), [REJECTED, REJECTED]),
        (refused(500, "unknown_error"), [OutcomeState.UNKNOWN, OutcomeState.UNKNOWN]),
    ],
)
def test_what_the_shop_answers_decides_each_outcome(
    answer: httpx.Response, states: list[OutcomeState]
) -> None:
    script = priced()
    script.answer = lambda path: answer if path.startswith("products/") else None
    changes = [to_price(f"variant_{number}", 1999, 1850) for number in (1, 2)]
    outcomes = send(client_of(script), PRICE, *changes)
    assert [one.state for one in outcomes] == states
    assert len(script.written) == (1 if answer.status_code == 401 else 2)
    assert "Zora" not in str(outcomes)


_ODD = price(1) | {"amount": "odd"}


def test_an_odd_variant_is_unread_and_the_others_are_read() -> None:
    script = priced()
    script.rows["product-variants"].append(variant("3", prices=[_ODD]))
    client = client_of(script)
    assert isinstance(live(client, PRICE, "variant_3"), Unread)
    assert live(client, PRICE, "variant_2") == Live(value=1999, currency="EUR")


def test_a_price_that_cannot_be_sent_again_as_it_is_keeps_its_variant_unwritten() -> None:
    odd = _ODD | {"currency_code": "usd"}
    script = Script({"product-variants": [variant("1", prices=[price(19.99), odd])]})
    (outcome,) = send(client_of(script), PRICE, to_price("variant_1", 1999, 1850))
    assert outcome.state is REJECTED
    assert script.written == []


# ---- stock --------------------------------------------------------------------------------------


def shelved(*items: dict[str, Any], sku: str = "TEE-1") -> Script:
    kit = variant("1", sku=sku, inventory_items=[{"inventory_item_id": "iitem_1"}])
    return Script({"inventory-items": [*items], "product-variants": [kit]})


def test_pieces_that_can_be_sold_are_set_beside_those_reserved() -> None:
    script = shelved(item("1"))
    client = client_of(script)
    assert live(client, STOCK, "TEE-1") == Live(value=80, currency=None)
    (outcome,) = send(client, STOCK, change("TEE-1", 80, 44, parent_id="sloc_1"))
    assert outcome.state is ACCEPTED
    path = "inventory-items/iitem_1/location-levels/sloc_1"
    assert script.written == [(path, {"stocked_quantity": 62})]


def test_a_renamed_variant_still_finds_its_item() -> None:
    sold_as = [{"sku": "NEW", "inventory_items": [{"required_quantity": 1}]}]
    script = shelved(item("1", sku="OLD", variants=sold_as), sku="NEW")
    assert live(client_of(script), STOCK, "NEW") == Live(value=80, currency=None)


_LEVELS = [
    {"location_id": place, "stocked_quantity": 5, "reserved_quantity": 0}
    for place in ("sloc_1", "sloc_2")
]


@pytest.mark.parametrize(
    ("goods", "sent"),
    [
        (item("1"), change("TEE-1", 79, 44)),  # no longer as before
        (item("1"), change("TEE-1", None, 44, parent_id="sloc_9")),
        (item("1", location_levels=_LEVELS), change("TEE-1", None, 44)),  # at which place?
        (item("1"), change("TEE-9", None, 44)),
    ],
)
def test_stock_that_is_not_one_number_as_before_is_not_written(
    goods: dict[str, Any], sent: Change
) -> None:
    script = shelved(goods)
    (outcome,) = send(client_of(script), STOCK, sent)
    assert outcome.state is REJECTED
    assert script.written == []


def test_parts_of_a_piece_are_nothing_that_we_write() -> None:
    level = {"location_id": "sloc_1", "stocked_quantity": 1.5, "reserved_quantity": 0}
    script = shelved(item("1", location_levels=[level]))
    assert isinstance(live(client_of(script), STOCK, "TEE-1"), Unread)
    (outcome,) = send(client_of(script), STOCK, change("TEE-1", None, 44))
    assert outcome.state is REJECTED


# ---- coupons ------------------------------------------------------------------------------------


def terms(**more: Any) -> str:
    given = {"starts_at": NOW, "ends_at": NOW + dt.timedelta(days=7), **more}
    return encode(CouponTerms(title="Hello", **given))


def test_a_code_is_a_promotion_with_a_campaign_of_its_own() -> None:
    script = Script()
    made = change(
        "K-1",
        None,
        750,
        currency="EUR",
        payload=terms(usage_limit=3, min_spend_minor=3000, max_spend_minor=9050),
    )
    (outcome,) = send(client_of(script, region_id=None), COUPON, made)
    assert outcome.state is ACCEPTED
    ((path, body),) = script.written
    assert path == "promotions"
    assert body == {
        "code": "K-1",
        "type": "standard",
        "status": "active",
        "is_tax_inclusive": True,
        "limit": 3,
        "application_method": {
            "type": "fixed",
            "value": 7.5,
            "currency_code": "eur",
            "target_type": "order",
            "allocation": "across",
        },
        "rules": [
            {"attribute": "currency_code", "operator": "eq", "values": ["eur"]},
            {"attribute": "original_item_total", "operator": "gte", "values": ["30.00"]},
            {"attribute": "original_item_total", "operator": "lte", "values": ["90.50"]},
        ],
        "campaign": {
            "name": "Hello",
            "campaign_identifier": "K-1",
            "starts_at": "2026-11-22T00:00:00Z",
            "ends_at": "2026-11-29T00:00:00Z",
            "budget": {"type": "use_by_attribute", "attribute": "customer_id", "limit": 1},
        },
    }


def test_a_rate_may_hold_for_some_goods_as_often_as_one_likes_in_one_region() -> None:
    script = Script({"regions": [{"id": "reg_1", "currency_code": "eur"}]})
    payload = terms(listing_ids=("variant_1",), is_once_per_customer=False)
    send(client_of(script, region_id="reg_1"), COUPON, change("K-1", None, 1250, payload=payload))
    body = script.written[0][1]
    method = body["application_method"]
    assert (method["type"], method["value"], method["target_type"]) == ("percentage", 12.5, "items")
    rule = {"attribute": "items.variant_id", "operator": "in", "values": ["variant_1"]}
    assert method["target_rules"] == [rule]
    assert {"attribute": "region.id", "operator": "eq", "values": ["reg_1"]} in body["rules"]
    assert "budget" not in body["campaign"]
    assert not body["is_tax_inclusive"]


def of_member(*customers: str, code: str = "K-1") -> tuple[Script, Change]:
    script = Script({"customers": [{"id": one} for one in customers]})
    return script, change(code, None, 1500, payload=terms(), member_id="m", recipient="cus_1")


def test_a_code_for_a_member_holds_for_nobody_else() -> None:
    script, made = of_member("cus_1")
    send(client_of(script), COUPON, made)
    rule = {"attribute": "customer.id", "operator": "eq", "values": ["cus_1"]}
    assert rule in script.written[0][1]["rules"]


def test_a_code_for_a_member_whom_the_shop_does_not_know_is_not_made() -> None:
    script, made = of_member()
    (outcome,) = send(client_of(script), COUPON, made)
    assert outcome.state is REJECTED
    assert script.written == []


def _rule(attribute: str, operator: str, *values: str) -> dict[str, Any]:
    return {"attribute": attribute, "operator": operator, "values": [{"value": v} for v in values]}


def known(**more: Any) -> Script:
    return Script({"promotions": [promotion("1", code="K-1", **more)]})


def test_a_code_is_read_back_with_its_terms_and_whom_it_is_for() -> None:
    rules = [_rule("customer.id", "eq", "cus_1"), _rule("original_item_total", "gte", "30.00")]
    script = known(campaign=campaign(), limit=3, rules=rules)
    script.rows["customers"] = [{"id": "cus_1"}]
    found = live(client_of(script), COUPON, "K-1", recipient="cus_1", member_id="m")
    assert found == Live(
        value=1000,
        currency=None,
        terms={
            "ends_at": "2026-11-25T00:00:00Z",
            "limit_units": 3,
            "per_customer_units": 1,
            "minimum_minor": 3000,
            "maximum_minor": None,
            "audience": Audience.MEMBER,
        },
    )
    of_all = live(client_of(known()), COUPON, "K-1")
    assert isinstance(of_all, Live)
    assert of_all.terms is not None
    assert of_all.terms["audience"] is Audience.EVERYBODY


@pytest.mark.parametrize(
    "more",
    [{"status": "inactive"}, {"campaign": campaign(ends_at="2026-11-22T00:00:00.000Z")}],
)
def test_what_is_closed_or_over_takes_nothing_off(more: dict[str, Any]) -> None:
    found = live(client_of(known(**more)), COUPON, "K-1")
    assert isinstance(found, Live)
    assert found.value == 0


@pytest.mark.parametrize(
    "more",
    [
        {"rules": [_rule("customer.groups.id", "in", "cusgroup_1")]},
        {"application_method": {"type": "fixed", "value": 7, "currency_code": "jpy"}},
        {"application_method": {"type": "percentage", "value": None, "currency_code": None}},
        {"application_method": {"type": "percentage", "value": 12.345, "currency_code": None}},
        {"rules": [_rule("original_item_total", "gte", "much")]},
        {"campaign": campaign(ends_at="soon")},
    ],
)
def test_a_code_that_is_not_of_our_making_is_unread(more: dict[str, Any]) -> None:
    assert isinstance(live(client_of(known(**more)), COUPON, "K-1"), Unread)


def test_letters_of_a_code_count_as_they_are() -> None:
    script = Script({"promotions": [promotion("1", code="k-1")]})
    assert live(client_of(script), COUPON, "K-1") is None


def test_a_code_that_is_there_counts_as_made_and_is_closed_by_its_id() -> None:
    script = known()
    made = change("K-1", None, 1000, payload=terms())
    (outcome,) = send(client_of(script), COUPON, made)
    assert (outcome.state, script.written) == (ACCEPTED, [])
    closing = replace(made, before=1000, after=0, is_undo=True)
    (outcome,) = send(client_of(script), COUPON, closing)
    assert outcome.state is ACCEPTED
    assert script.written == [("promotions/promo_1", {"status": "inactive"})]
