"""Planted faults show in the answers."""

from datetime import datetime
from typing import Any

import pytest

from tests.sandbox.merchant import PATH, Merchant

ONE = """query($id: ID!) { order(id: $id) { createdAt updatedAt currencyCode displayFinancialStatus
  totalPriceSet { shopMoney { currencyCode } }
  lineItems(first: 100) { nodes { id quantity
    originalUnitPriceSet { shopMoney { amount } } } } } }"""
PAGE = """query($after: String) { orders(first: 3, after: $after) {
  pageInfo { endCursor hasNextPage } nodes { id } } }"""


def spoiled(merchant: Merchant, op: str, **request: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    touched = merchant.tamper(op, **request)
    order = merchant.data(ONE, id=f"gid://shopify/Order/{touched['order_id']}")["order"]
    return touched, order


def line(order: dict[str, Any], touched: dict[str, Any]) -> dict[str, Any] | None:
    gid = f"gid://shopify/LineItem/{touched['line_id']}"
    return next((item for item in order["lineItems"]["nodes"] if item["id"] == gid), None)


def test_a_change_happens_between_what_was_read_and_what_comes(merchant: Merchant) -> None:
    before = merchant.http.get("/world/clock").json()["clock"]
    _, order = spoiled(merchant, "change_order")
    after = merchant.http.get("/world/clock").json()["clock"]
    assert before <= order["updatedAt"] < after


def test_a_line_costs_a_cent(merchant: Merchant) -> None:
    touched, order = spoiled(merchant, "penny_price")
    found = line(order, touched)
    assert found is not None
    assert found["originalUnitPriceSet"]["shopMoney"]["amount"] == "0.01"


def test_an_order_turns_to_another_currency(merchant: Merchant) -> None:
    _, order = spoiled(merchant, "currency")
    assert order["currencyCode"] == order["totalPriceSet"]["shopMoney"]["currencyCode"] == "EUR"


def test_a_status_the_schema_does_not_know_is_answered(merchant: Merchant) -> None:
    _, order = spoiled(merchant, "status")
    assert order["displayFinancialStatus"] == "HELD_BY_PARTNER"


def test_an_order_is_placed_in_the_future_and_listed_now(merchant: Merchant) -> None:
    _, order = spoiled(merchant, "future")
    created, updated = (datetime.fromisoformat(order[k]) for k in ("createdAt", "updatedAt"))
    assert created > merchant.world.clock > updated


def test_a_line_disappears(merchant: Merchant) -> None:
    touched, order = spoiled(merchant, "remove_line")
    assert line(order, touched) is None
    assert order["lineItems"]["nodes"]


def test_a_quantity_grows_on_the_order_that_was_named(merchant: Merchant) -> None:
    order_id = str(merchant.world.orders["order_id"][0])
    before = merchant.data(ONE, id=f"gid://shopify/Order/{order_id}")["order"]
    touched, order = spoiled(merchant, "change_order", order_id=order_id)
    old, new = line(before, touched), line(order, touched)
    assert touched["order_id"] == order_id
    assert old is not None
    assert new is not None
    assert new["quantity"] == old["quantity"] + 1


def test_every_fault_takes_an_order_of_its_own(merchant: Merchant) -> None:
    touched = [merchant.tamper(op)["order_id"] for op in ("penny_price", "currency", "status")]
    assert len(set(touched)) == 3


def test_a_second_operator_sets_a_price(merchant: Merchant) -> None:
    sku = str(merchant.world.products["product_id"][0])
    assert merchant.tamper("set_price", sku=sku, price_minor=4321)["price_minor"] == 4321
    assert merchant.http.get("/truth/prices", params={"skus": sku}).json() == {sku: 4321}


def test_a_page_repeats_the_one_before_while_the_cursor_goes_on(merchant: Merchant) -> None:
    first = merchant.data(PAGE)["orders"]
    merchant.tamper("duplicate_page")
    second = merchant.data(PAGE, after=first["pageInfo"]["endCursor"])["orders"]
    third = merchant.data(PAGE, after=second["pageInfo"]["endCursor"])["orders"]
    assert second["nodes"] == first["nodes"]
    assert second["pageInfo"]["endCursor"] != first["pageInfo"]["endCursor"]
    assert {node["id"] for node in third["nodes"]}.isdisjoint(n["id"] for n in first["nodes"])


def test_a_cursor_repeats(merchant: Merchant) -> None:
    cursor = merchant.data(PAGE)["orders"]["pageInfo"]["endCursor"]
    merchant.tamper("repeat_cursor")
    page = merchant.data(PAGE, after=cursor)["orders"]["pageInfo"]
    assert page == {"endCursor": cursor, "hasNextPage": True}
    assert merchant.data(PAGE, after=cursor)["orders"]["pageInfo"]["endCursor"] != cursor


@pytest.mark.parametrize("status", [429, 500, 503])
def test_the_next_answers_are_an_http_error(merchant: Merchant, status: int) -> None:
    merchant.tamper("http", status=status, count=2)
    document = {"query": "{ shop { id } }"}
    found = [merchant.http.post(PATH, json=document).status_code for _ in range(3)]
    assert found == [status, status, 200]


def test_the_next_answers_are_throttled(merchant: Merchant) -> None:
    merchant.tamper("throttle", count=1)
    answers = [merchant.answer("{ shop { id } }") for _ in range(2)]
    assert answers[0]["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "errors" not in answers[1]
