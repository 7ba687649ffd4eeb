"""Reads over HTTP: access, paging, search, counts, and money that adds up."""

from datetime import timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.shopify import paging
from sandbox.shopify.endpoint import Endpoint
from sandbox.shopify.shop import Shop
from sandbox.world.world import World
from tests.sandbox.merchant import Merchant

MONEY = "{ shopMoney { amount currencyCode } }"
LINES = (
    "lineItems(first: 45) { pageInfo { hasNextPage } nodes { id sku quantity currentQuantity"
    f" originalUnitPriceSet {MONEY} originalTotalSet {MONEY} discountedTotalSet {MONEY}"
    f" withCodes: discountedTotalSet(withCodeDiscounts: true) {MONEY} totalDiscountSet {MONEY}"
    f" discountAllocations {{ allocatedAmountSet {MONEY} discountApplication {{"
    " __typename ... on DiscountCodeApplication { code } } } } }"
)


def cents(bag: dict[str, Any]) -> int:
    return int(Decimal(bag["shopMoney"]["amount"]) * 100)


@pytest.mark.parametrize("headers", [{}, {"X-Shopify-Access-Token": "another"}])
def test_without_the_token_nobody_gets_in(reader: Merchant, headers: dict[str, str]) -> None:
    url = reader.http.base_url.join("/admin/api/2026-10/graphql.json")
    answer = httpx.post(url, json={"query": "{ shop { id } }"}, headers=headers)
    assert answer.status_code == 401


def test_the_date_header_is_the_clock_of_the_world(reader: Merchant) -> None:
    answer = reader.http.get("/world/clock")
    assert parsedate_to_datetime(answer.headers["date"]) == reader.world.clock
    assert len(answer.headers.get_list("date")) == 1


def test_the_shop_says_what_it_is(reader: Merchant) -> None:
    shop = reader.data("{ shop { name currencyCode ianaTimezone plan { shopifyPlus } } }")["shop"]
    assert shop == {
        "name": "Demo Grocer",
        "currencyCode": "USD",
        "ianaTimezone": "America/New_York",
        "plan": {"shopifyPlus": True},
    }


@pytest.mark.parametrize("page", [7, 134, 250])
def test_paging_visits_every_order_once_and_in_order(reader: Merchant, page: int) -> None:
    found = reader.orders("id updatedAt", page=page)
    ids = [order["id"].rsplit("/", 1)[1] for order in found]
    assert sorted(map(int, ids)) == sorted(reader.world.orders["order_id"])
    assert [order["updatedAt"] for order in found] == sorted(o["updatedAt"] for o in found)


def test_lines_beyond_the_first_page_are_read_by_cursor(reader: Merchant) -> None:
    largest = reader.world.orders.sort("line_count").row(-1, named=True)
    document = (
        "query($id: ID!, $after: String) { order(id: $id) { lineItems(first: 4, after: $after) {"
        " pageInfo { hasNextPage endCursor } edges { node { id } } } } }"
    )
    found: list[str] = []
    after = None
    while True:
        gid = f"gid://shopify/Order/{largest['order_id']}"
        lines = reader.data(document, id=gid, after=after)["order"]["lineItems"]
        found.extend(edge["node"]["id"] for edge in lines["edges"])
        if not lines["pageInfo"]["hasNextPage"]:
            break
        after = lines["pageInfo"]["endCursor"]
    assert len(found) == len(set(found)) == largest["line_count"] > 4


def test_money_of_every_order_adds_up(reader: Merchant) -> None:
    fields = f"totalPriceSet {MONEY} totalDiscountsSet {MONEY} discountCodes {LINES}"
    since = (reader.world.clock - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = reader.orders(fields, page=1, query=f"created_at:>={since}")
    orders = [order for order in found if not order["lineItems"]["pageInfo"]["hasNextPage"]]
    assert any(order["discountCodes"] for order in orders)
    for order in orders:
        paid = taken_off = 0
        for line in order["lineItems"]["nodes"]:
            off = {"AutomaticDiscountApplication": 0, "DiscountCodeApplication": 0}
            for part in line["discountAllocations"]:
                off[part["discountApplication"]["__typename"]] += cents(part["allocatedAmountSet"])
            total = cents(line["originalUnitPriceSet"]) * line["quantity"]
            listed = total - off["AutomaticDiscountApplication"]
            assert total == cents(line["originalTotalSet"])
            assert listed == cents(line["discountedTotalSet"])
            assert off["AutomaticDiscountApplication"] == cents(line["totalDiscountSet"])
            assert listed - off["DiscountCodeApplication"] == cents(line["withCodes"]) >= 0
            paid += cents(line["withCodes"])
            taken_off += sum(off.values())
        assert cents(order["totalPriceSet"]) == paid
        assert cents(order["totalDiscountsSet"]) == taken_off


@given(cut=st.integers(0, 7 * 24))
@settings(max_examples=15, deadline=None)
def test_two_half_open_windows_hold_every_order_once(reader: Merchant, cut: int) -> None:
    at = (reader.world.clock - timedelta(hours=cut)).isoformat().replace("+00:00", "Z")
    before = reader.orders("id", query=f"updated_at:<'{at}'", page=250)
    after = reader.orders("id", query=f"updated_at:>='{at}'", page=250)
    assert len(before) + len(after) == reader.world.orders.height
    assert {o["id"] for o in before}.isdisjoint(o["id"] for o in after)


def test_searching_by_sku_and_by_id_finds_the_one(reader: Merchant) -> None:
    sku = str(reader.world.products["product_id"][3])
    document = "query($q: String!) { productVariants(first: 250, query: $q) { nodes { sku } } }"
    for query in (f"sku:{sku}", f"id:{sku}", f"sku:'{sku}' AND id:{sku}"):
        found = reader.data(document, q=query)["productVariants"]["nodes"]
        assert found == [{"sku": sku}]
    other = str(reader.world.products["product_id"][5])
    both = reader.data(document, q=f"sku:{sku} OR sku:{other}")["productVariants"]["nodes"]
    assert {node["sku"] for node in both} == {sku, other}


@pytest.mark.parametrize(
    "query",
    [
        "colour:red",
        "sku:1 colour:red",
        "sku:1 OR colour:red",
        "milk",
        "(sku:1)",
        "vendor:>Meadow",
        "vendor:Mea*",
        "vendor:Meadow,Brook",
    ],
)
def test_a_search_that_is_not_emulated_is_refused_and_never_answered_with_everything(
    reader: Merchant, query: str
) -> None:
    document = "query($q: String!) { productVariants(first: 250, query: $q) { nodes { sku } } }"
    answer = reader.answer(document, q=query)
    assert answer["errors"][0]["extensions"] == {"code": "NOT_EMULATED"}
    assert not (answer["data"] or {}).get("productVariants")


@pytest.mark.parametrize(
    "document",
    [
        "{ products(first: 1, last: 1) { nodes { id } } }",
        "{ products(first: 1, sortKey: VENDOR) { nodes { id } } }",
        "{ orders(first: 1, savedSearchId: 7) { nodes { id } } }",
        "{ inventoryItems(first: 1) { nodes { inventoryLevels(first: 1) { nodes {"
        ' quantities(names: ["on_mars"]) { quantity } } } } } }',
    ],
)
def test_an_argument_that_is_not_emulated_is_refused(reader: Merchant, document: str) -> None:
    assert "errors" in reader.answer(document)


def test_orders_without_a_sort_key_come_by_the_day_they_were_processed(reader: Merchant) -> None:
    found = reader.data("{ orders(first: 50) { nodes { processedAt } } }")["orders"]["nodes"]
    instants = [order["processedAt"] for order in found]
    assert instants == sorted(instants)


@pytest.mark.parametrize("name", ["customer_date"])
def test_customers_are_found_by_the_day_they_came(reader: Merchant, name: str) -> None:
    since = reader.world.customers["created_at"].sort()[30]
    document = "query($q: String!) { customersCount(query: $q) { count } }"
    found = reader.data(document, q=f"{name}:>='{since.isoformat()}'")["customersCount"]["count"]
    assert found == (reader.world.customers["created_at"] >= since).sum() > 0


def test_counts_are_exact_up_to_the_limit_and_at_least_beyond(reader: Merchant) -> None:
    count = reader.data(
        "{ a: ordersCount { count precision } b: ordersCount(limit: 5) { count precision } }"
    )
    assert count == {
        "a": {"count": reader.world.orders.height, "precision": "EXACT"},
        "b": {"count": 5, "precision": "AT_LEAST"},
    }


def test_a_variant_tells_its_price_stock_cost_and_product(reader: Merchant) -> None:
    product = reader.world.products.filter(
        reader.world.products["unit_cost_minor"].is_not_null()
    ).row(0, named=True)
    document = """query($id: ID!) { productVariant(id: $id) { sku price compareAtPrice
      inventoryQuantity product { id title } inventoryItem { unitCost { amount currencyCode }
      inventoryLevels(first: 5) { nodes { location { name } quantities(names: ["available"]) {
      name quantity } } } } } }"""
    key = product["product_id"]
    found = reader.data(document, id=f"gid://shopify/ProductVariant/{key}")["productVariant"]
    stock = product["on_hand_units"]
    assert Decimal(found["price"]) * 100 == product["price_minor"]
    assert found["compareAtPrice"] is None
    assert found["inventoryQuantity"] == stock
    item = found["inventoryItem"]
    assert Decimal(item["unitCost"]["amount"]) * 100 == product["unit_cost_minor"]
    assert [node["quantities"] for node in item["inventoryLevels"]["nodes"]] == [
        [{"name": "available", "quantity": stock}]
    ]


def test_nodes_answers_in_the_order_asked_with_null_for_what_is_not_there(
    reader: Merchant,
) -> None:
    order = f"gid://shopify/Order/{reader.world.orders['order_id'][0]}"
    ids = ["gid://shopify/Order/1", order, "gid://shopify/Location/1"]
    found = reader.data("query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", ids=ids)
    assert found["nodes"] == [
        None,
        {"__typename": "Order", "id": order},
        {"__typename": "Location", "id": "gid://shopify/Location/1"},
    ]


def test_discount_codes_are_found_by_code_with_what_they_give(reader: Merchant) -> None:
    document = """query($code: String!) { codeDiscountNodeByCode(code: $code) { codeDiscount {
      ... on DiscountCodeBasic { status codes(first: 1) { nodes { code } } customerGets { value {
      ... on DiscountAmount { amount { currencyCode } } ... on DiscountPercentage { percentage } }
      } } } } }"""
    found = reader.data(document, code="manufacturer")["codeDiscountNodeByCode"]["codeDiscount"]
    assert found["codes"] == {"nodes": [{"code": "MANUFACTURER"}]}
    assert found["customerGets"]["value"] == {"amount": {"currencyCode": "USD"}}
    assert reader.data(document, code="never")["codeDiscountNodeByCode"] is None


def test_the_app_may_read_and_write_what_the_dialect_offers(reader: Merchant) -> None:
    document = "{ currentAppInstallation { accessScopes { handle } } }"
    scopes = reader.data(document)["currentAppInstallation"]["accessScopes"]
    assert {"read_orders", "write_products"} <= {scope["handle"] for scope in scopes}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{ orders(first: 251) { nodes { id } } }", "first must be between"),
        ("{ orders { nodes { id } } }", "you must provide one of first or last"),
        ('{ orders(first: 1, after: "x") { nodes { id } } }', "Invalid cursor"),
        ('{ orders(first: 1, query: "updated_at:>soon") { nodes { id } } }', "Invalid date"),
        ("{ orders(first: 1) { nodes { colour } } }", "Cannot query field"),
        ("{ orders(first: 1) {", "Syntax Error"),
        ('{ node(id: "7") { id } }', "Invalid global id"),
    ],
)
def test_what_cannot_be_answered_is_a_top_level_error(
    reader: Merchant, document: str, message: str
) -> None:
    assert message in reader.answer(document)["errors"][0]["message"]


def test_paging_ends_at_the_wall(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "WALL", 20)
    shop = Shop(world)
    try:
        document = (
            "query($after: String) { orders(first: 10, after: $after) { pageInfo { endCursor } } }"
        )
        after, answers = None, []
        for _ in range(3):
            answers.append(Endpoint(shop).answer(document, {"after": after}, None))
            page = (answers[-1]["data"] or {}).get("orders")
            after = page and page["pageInfo"]["endCursor"]
    finally:
        shop.close()
    assert ["errors" in answer for answer in answers] == [False, False, True]
