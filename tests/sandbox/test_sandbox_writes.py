"""Writes: applied, refused with the platform's codes, repeated without harm, and kept."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.merchant import Merchant

SET_PRICE = """mutation($p: ID!, $v: [ProductVariantsBulkInput!]!, $some: Boolean) {
  productVariantsBulkUpdate(productId: $p, variants: $v, allowPartialUpdates: $some) {
    product { id } productVariants { id price compareAtPrice updatedAt }
    userErrors { field message code } } }"""
CREATE_CODE = """mutation($d: DiscountCodeBasicInput!) {
  discountCodeBasicCreate(basicCodeDiscount: $d) {
    codeDiscountNode { id codeDiscount { ... on DiscountCodeBasic { title status
      codes(first: 1) { nodes { code } }
      customerGets { value { ... on DiscountPercentage { percentage } } } } } }
    userErrors { field code message } } }"""
END_CODE = """mutation($id: ID!) { discountCodeDeactivate(id: $id) {
  codeDiscountNode { codeDiscount { ... on DiscountCodeBasic { status endsAt } } }
  userErrors { code } } }"""
SET_STOCK = """mutation($i: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $i) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id changes { name delta quantityAfterChange } }
    userErrors { field code message } } }"""


def variant(sku: object, **values: Any) -> dict[str, Any]:
    return {"id": f"gid://shopify/ProductVariant/{sku}", **values}


def set_price(
    merchant: Merchant, sku: object, *variants: dict[str, Any], some: bool = False
) -> Any:
    product = f"gid://shopify/Product/{sku}"
    answer = merchant.data(SET_PRICE, p=product, v=list(variants), some=some)
    return answer["productVariantsBulkUpdate"]


def price(merchant: Merchant, sku: object) -> int:
    found = merchant.http.get("/truth/prices", params={"skus": str(sku)}).json()
    return int(found[str(sku)])


@pytest.fixture
def sku(merchant: Merchant) -> int:
    return int(merchant.world.products["product_id"][0])


def test_a_price_that_was_set_is_the_price_that_is_answered_and_kept(
    merchant: Merchant, sku: int
) -> None:
    done = set_price(merchant, sku, variant(sku, price="12.34", compareAtPrice="15"))
    assert done["userErrors"] == []
    clock = merchant.http.get("/world/clock").json()["clock"]
    gid = f"gid://shopify/ProductVariant/{sku}"
    changed = {"id": gid, "price": "12.34", "compareAtPrice": "15.00", "updatedAt": clock}
    assert done["productVariants"] == [changed]
    read = "query($id: ID!) { productVariant(id: $id) { id price compareAtPrice updatedAt } }"
    assert merchant.data(read, id=gid)["productVariant"] == changed
    assert price(merchant, sku) == 1234
    [write] = merchant.http.get("/truth/writes").json()
    assert write["operation"] == "productVariantsBulkUpdate"
    assert write["applied"] == [{"sku": str(sku), "price_minor": 1234, "compare_at_minor": 1500}]


@given(minor=st.integers(0, 10**9))
@settings(max_examples=15, deadline=None)
def test_every_price_in_cents_survives_the_way_there_and_back(
    reader_of_prices: Merchant, minor: int
) -> None:
    sku = reader_of_prices.world.products["product_id"][0]
    text = str(Decimal(minor) / 100)
    done = set_price(reader_of_prices, sku, variant(sku, price=text))
    assert Decimal(done["productVariants"][0]["price"]) * 100 == minor
    assert price(reader_of_prices, sku) == minor


@pytest.fixture(scope="module")
def reader_of_prices(reader: Merchant) -> Merchant:
    """The shared world: nothing else reads the price of its first product."""
    return reader


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"price": "-1"}, "NEGATIVE_PRICE_VALUE"),
        ({"price": "1", "compareAtPrice": "-1"}, "NEGATIVE_PRICE_VALUE"),
        ({"price": "cheap"}, "INVALID_INPUT"),
        ({"id": "gid://shopify/ProductVariant/1"}, "PRODUCT_VARIANT_DOES_NOT_EXIST"),
        ({"id": None, "price": "1"}, "PRODUCT_VARIANT_ID_MISSING"),
    ],
)
def test_a_wrong_price_changes_nothing(
    merchant: Merchant, sku: int, values: dict[str, Any], code: str
) -> None:
    before = price(merchant, sku)
    refused = set_price(merchant, sku, variant(sku, price="1.00") | values)
    assert [error["code"] for error in refused["userErrors"]] == [code]
    assert refused["userErrors"][0]["field"][:2] == ["variants", "0"]
    assert refused["productVariants"] is None
    assert price(merchant, sku) == before
    [write] = merchant.http.get("/truth/writes").json()
    assert write["applied"] == []


def test_a_variant_of_another_product_and_an_unknown_product_are_refused(
    merchant: Merchant, sku: int
) -> None:
    other = merchant.world.products["product_id"][1]
    refused = set_price(merchant, sku, variant(other, price="1"))
    assert refused["userErrors"][0]["code"] == "PRODUCT_VARIANT_DOES_NOT_EXIST"
    unknown = set_price(merchant, 1, variant(sku, price="1"))
    assert unknown["userErrors"][0]["code"] == "PRODUCT_DOES_NOT_EXIST"
    assert unknown["product"] is None


@pytest.mark.parametrize(("some", "applied"), [(False, False), (True, True)])
def test_partial_updates_apply_what_is_right_only_when_allowed(
    merchant: Merchant, sku: int, *, some: bool, applied: bool
) -> None:
    before = price(merchant, sku)
    answer = set_price(merchant, sku, variant(sku, price="77.77"), variant(1, price="1"), some=some)
    assert [error["field"] for error in answer["userErrors"]] == [["variants", "1", "id"]]
    assert price(merchant, sku) == (7777 if applied else before)


def discount(**values: Any) -> dict[str, Any]:
    return {
        "title": "Welcome back",
        "code": "BACK10",
        "startsAt": "2026-11-01T00:00:00Z",
        "context": {"all": "ALL"},
        "customerGets": {"value": {"percentage": 0.1}, "items": {"all": True}},
        **values,
    }


def create(merchant: Merchant, **values: Any) -> Any:
    return merchant.data(CREATE_CODE, d=discount(**values))["discountCodeBasicCreate"]


def test_a_code_is_created_once_found_and_ended(merchant: Merchant) -> None:
    created = create(merchant)
    assert created["userErrors"] == []
    assert created["codeDiscountNode"]["codeDiscount"] == {
        "title": "Welcome back",
        "status": "ACTIVE",
        "codes": {"nodes": [{"code": "BACK10"}]},
        "customerGets": {"value": {"percentage": 0.1}},
    }
    assert create(merchant, code="back10")["userErrors"][0]["code"] == "TAKEN"
    gid = created["codeDiscountNode"]["id"]
    ended = merchant.data(END_CODE, id=gid)["discountCodeDeactivate"]
    clock = merchant.http.get("/world/clock").json()["clock"]
    assert ended["codeDiscountNode"]["codeDiscount"] == {"status": "EXPIRED", "endsAt": clock}
    again = merchant.data(END_CODE, id=gid)["discountCodeDeactivate"]
    assert again == ended
    writes = merchant.http.get("/truth/writes").json()
    assert [bool(write["applied"]) for write in writes] == [True, False, True, True]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"code": " "}, "BLANK"),
        ({"title": None}, "BLANK"),
        ({"context": None}, "BLANK"),
        ({"customerSelection": {"all": True}}, "TOO_MANY_ARGUMENTS"),
        ({"endsAt": "2026-10-01T00:00:00Z"}, "END_DATE_BEFORE_START_DATE"),
        (
            {
                "customerGets": {
                    "value": {"percentage": 0.1},
                    "items": {"products": {"productVariantsToAdd": ["x"] * 251}},
                }
            },
            "EXCEEDED_MAX",
        ),
        ({"startsAt": "tomorrow"}, "INVALID"),
        ({"customerGets": {"value": {"percentage": 10}}}, "VALUE_OUTSIDE_RANGE"),
        ({"customerGets": {"value": {"percentage": -0.1}}}, "VALUE_OUTSIDE_RANGE"),
        ({"customerGets": {"value": {"discountAmount": {"amount": "0"}}}}, "VALUE_OUTSIDE_RANGE"),
        ({"customerGets": {"value": {}}}, "BLANK"),
    ],
)
def test_a_wrong_discount_is_refused(merchant: Merchant, values: dict[str, Any], code: str) -> None:
    before = merchant.world.discounts.height
    refused = create(merchant, **values)
    assert [error["code"] for error in refused["userErrors"]] == [code]
    assert refused["codeDiscountNode"] is None
    assert merchant.world.discounts.height == before


def test_the_deprecated_selection_of_buyers_still_works(merchant: Merchant) -> None:
    created = create(merchant, context=None, customerSelection={"all": True})
    assert created["userErrors"] == []


def stock(sku: object, units: int, **values: Any) -> dict[str, Any]:
    item = {
        "inventoryItemId": f"gid://shopify/InventoryItem/{sku}",
        "locationId": "gid://shopify/Location/1",
        "quantity": units,
    }
    return {"name": "available", "reason": "correction", "quantities": [item | values]}


def set_stock(merchant: Merchant, key: str, given: dict[str, Any]) -> Any:
    return merchant.data(SET_STOCK, i=given, key=key)["inventorySetQuantities"]


def on_hand(merchant: Merchant, sku: int) -> int:
    product = merchant.world.product(sku)
    assert product is not None
    return int(product["on_hand_units"])


def test_the_same_key_sets_stock_once_and_answers_the_same(merchant: Merchant, sku: int) -> None:
    before = on_hand(merchant, sku)
    given = stock(sku, before + 5, changeFromQuantity=before)
    first, second = (set_stock(merchant, "key", given) for _ in range(2))
    assert first == second
    [change] = first["inventoryAdjustmentGroup"]["changes"]
    assert change == {"name": "available", "delta": 5, "quantityAfterChange": before + 5}
    assert on_hand(merchant, sku) == before + 5
    assert len(merchant.http.get("/truth/writes").json()) == 1
    other = set_stock(merchant, "key", stock(sku, 1))
    assert other["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    assert on_hand(merchant, sku) == before + 5


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"changeFromQuantity": -1}, "CHANGE_FROM_QUANTITY_STALE"),
        ({"quantity": -1}, "INVALID_QUANTITY_NEGATIVE"),
        ({"inventoryItemId": "gid://shopify/InventoryItem/1"}, "INVALID_INVENTORY_ITEM"),
        ({"locationId": "gid://shopify/Location/2"}, "INVALID_LOCATION"),
    ],
)
def test_a_wrong_stock_level_changes_nothing(
    merchant: Merchant, sku: int, values: dict[str, Any], code: str
) -> None:
    before = on_hand(merchant, sku)
    refused = set_stock(merchant, "key", stock(sku, 50, **values))
    assert [error["code"] for error in refused["userErrors"]] == [code]
    assert refused["inventoryAdjustmentGroup"] is None
    assert on_hand(merchant, sku) == before


def test_stock_is_not_set_without_the_directive(merchant: Merchant, sku: int) -> None:
    document = SET_STOCK.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "")
    answer = merchant.answer(document, i=stock(sku, 1))
    assert "@idempotent" in answer["errors"][0]["message"]
    assert merchant.http.get("/truth/writes").json() == []
