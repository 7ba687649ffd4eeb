"""Bulk exports: the same values as pages, children under their parents, the platform's limits."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest

from sandbox.shopify import bulk
from tests.sandbox.merchant import Merchant

RUN = """mutation($q: String!, $g: Boolean!) { bulkOperationRunQuery(query: $q, groupObjects: $g) {
  bulkOperation { id status } userErrors { field message code } } }"""
POLL = """query($id: ID!) { bulkOperation(id: $id) {
  status errorCode objectCount rootObjectCount fileSize url } }"""
MONEY = "{ shopMoney { amount currencyCode } }"
SENT = (
    "id createdAt updatedAt deliveredAt estimatedDeliveryAt status displayStatus"
    " trackingInfo { company number url }"
)
ORDER = (
    f"id name createdAt updatedAt cancelledAt displayFinancialStatus totalPriceSet {MONEY}"
    f" discountCodes customer {{ id email }} refunds {{ id totalRefundedSet {MONEY} }}"
    f" transactions {{ id kind amountSet {MONEY} }} fulfillments {{ {SENT} }}"
)
LINE = (
    f"id sku title quantity currentQuantity originalUnitPriceSet {MONEY}"
    f" discountAllocations {{ allocatedAmountSet {MONEY} }} variant {{ id }} product {{ vendor }}"
)


def run(merchant: Merchant, query: str, *, grouped: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = merchant.data(RUN, q=query, g=grouped)["bulkOperationRunQuery"]
    return found


def exported(
    merchant: Merchant, query: str, *, grouped: bool = True
) -> tuple[list[dict[str, Any]], dict[str, Any], int]:
    started = run(merchant, query, grouped=grouped)
    assert started["userErrors"] == []
    gid = started["bulkOperation"]["id"]
    statuses = [started["bulkOperation"]["status"]]
    while statuses[-1] != "COMPLETED":
        done = merchant.data(POLL, id=gid)["bulkOperation"]
        statuses.append(done["status"])
        time.sleep(0.01)
    assert list(dict.fromkeys(statuses)) == ["CREATED", "RUNNING", "COMPLETED"]
    if done["url"] is None:
        return [], done, 0
    text = merchant.http.get(done["url"]).text
    return [json.loads(line) for line in text.splitlines()], done, len(text.encode())


def test_a_bulk_file_holds_what_pages_answer(reader: Merchant) -> None:
    since = (reader.world.clock - timedelta(days=3)).strftime("updated_at:>=%Y-%m-%dT%H:%M:%SZ")
    lines_of = f"lineItems {{ edges {{ node {{ {LINE} }} }} }}"
    query = f'{{ orders(query: "{since}") {{ edges {{ node {{ {ORDER} {lines_of} }} }} }} }}'
    found, _, _ = exported(reader, query)
    fields = ORDER.replace("refunds {", "refunds(first: 9) {").replace(
        "transactions {", "transactions(first: 9) {"
    )
    wanted = f"{fields} lineItems(first: 30) {{ nodes {{ {LINE} }} }}"
    pages = reader.orders(wanted, page=2, query=since)
    orders = {row["id"]: row for row in found if "__parentId" not in row}
    assert len(orders) == len(pages) > 20
    assert {len(order["fulfillments"]) for order in pages} == {0, 1}
    for order in pages:
        lines = order.pop("lineItems")["nodes"]
        assert orders[order["id"]] == order
        own = [row for row in found if row.get("__parentId") == order["id"]]
        # A page holds thirty lines; the file holds all.
        assert [{k: v for k, v in row.items() if k != "__parentId"} for row in own][:30] == lines


def test_grouped_children_follow_their_parent(reader: Merchant) -> None:
    levels = "inventoryItem { id inventoryLevels { edges { node { id } } } }"
    variants = f"variants {{ edges {{ node {{ id {levels} }} }} }}"
    query = f"{{ products {{ edges {{ node {{ id {variants} }} }} }} }}"
    found, done, size = exported(reader, query)
    assert int(done["objectCount"]) == len(found) == 3 * reader.world.products.height
    assert int(done["rootObjectCount"]) == reader.world.products.height
    assert int(done["fileSize"]) == size
    stack: list[str] = []
    for row in found:
        parent = row.get("__parentId")
        stack = [*stack[: stack.index(parent) + 1], row["id"]] if parent else [row["id"]]
    assert [row["id"].split("/")[3] for row in found[:3]] == [
        "Product",
        "ProductVariant",
        "InventoryLevel",
    ]


def test_ungrouped_files_hold_the_same_lines(reader: Merchant) -> None:
    query = "{ orders { edges { node { id lineItems { edges { node { id } } } } } } }"
    grouped, _, _ = exported(reader, query)
    loose, _, _ = exported(reader, query, grouped=False)
    key = str
    assert sorted(map(key, grouped)) == sorted(map(key, loose))


def test_a_search_without_results_has_no_file(reader: Merchant) -> None:
    _, done, _ = exported(reader, '{ orders(query: "id:1") { edges { node { id } } } }')
    assert (done["url"], done["objectCount"], done["fileSize"]) == (None, "0", None)


@pytest.mark.parametrize(
    "query",
    [
        "{ shop { id } }",
        "{ orders { edges { node { id",
        "{ orders { edges { node { colour } } } }",
        "{ orders { edges { node { id } } } customers { edges { node { id } } } }",
        "{ orders { edges { node { refunds { refundLineItems { edges { node { id } } } } } } } }",
        "{ products { edges { node { variants { edges { node { product { variants { edges { node {"
        " product { variants { edges { node { id } } } } } } } } } } } } } } }",
        "{ products { edges { node { "
        + " ".join(f"v{i}: variants {{ edges {{ node {{ id }} }} }}" for i in range(5))
        + " } } } }",
    ],
)
def test_what_the_platform_does_not_export_is_refused(reader: Merchant, query: str) -> None:
    refused = run(reader, query)
    assert refused["bulkOperation"] is None
    assert [error["code"] for error in refused["userErrors"]] == ["INVALID"]


def test_five_exports_run_at_once_and_a_cancelled_one_makes_room(merchant: Merchant) -> None:
    query = "{ customers { edges { node { id } } } }"
    started = [run(merchant, query) for _ in range(bulk.MAX_RUNNING)]
    assert run(merchant, query)["userErrors"][0]["code"] == "LIMIT_REACHED"
    cancel = "mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } } }"
    gid = started[0]["bulkOperation"]["id"]
    answer = merchant.data(cancel, id=gid)["bulkOperationCancel"]
    assert answer["bulkOperation"]["status"] == "CANCELED"
    assert run(merchant, query)["userErrors"] == []
    listed = merchant.data("{ bulkOperations(first: 9) { nodes { id } } }")["bulkOperations"]
    assert len(listed["nodes"]) == bulk.MAX_RUNNING + 1


def test_a_search_that_cannot_be_read_fails_the_export(merchant: Merchant) -> None:
    started = run(merchant, '{ orders(query: "updated_at:>soon") { edges { node { id } } } }')
    gid = started["bulkOperation"]["id"]
    answer = {"status": "CREATED"}
    while answer["status"] in {"CREATED", "RUNNING"}:
        answer = merchant.data(POLL, id=gid)["bulkOperation"]
        time.sleep(0.01)
    assert (answer["status"], answer["errorCode"]) == ("FAILED", "INTERNAL_SERVER_ERROR")


def test_an_export_holds_the_world_as_it_was_at_its_start(merchant: Merchant) -> None:
    fields = "id updatedAt fulfillments { id updatedAt }"
    query = f"{{ orders {{ edges {{ node {{ {fields} }} }} }} }}"
    before = {order["id"]: order for order in merchant.orders(fields, page=50)}
    started = run(merchant, query)["bulkOperation"]
    merchant.http.post("/world/advance", json={"hours": 24}).raise_for_status()
    done: dict[str, Any] = {"status": ""}
    while done["status"] != "COMPLETED":
        done = merchant.data(POLL, id=started["id"])["bulkOperation"]
        time.sleep(0.01)
    assert int(done["objectCount"]) == len(before) < merchant.world.orders.height
    lines = merchant.http.get(done["url"]).text.splitlines()
    assert {order["id"]: order for order in map(json.loads, lines)} == before


def test_a_guessed_file_is_not_found(reader: Merchant) -> None:
    assert reader.http.get("/bulk/orders.jsonl").status_code == 404
