"""A fault plan strikes the calls it is meant for, as often as it says, and each fault is real."""

import json
import subprocess
import sys
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.__main__ import main
from sandbox.plan import Fault, FaultPlan
from tests.sandbox.merchant import PATH, Merchant

PRICES = "query prices($ids: [ID!]!) { nodes(ids: $ids) { ... on ProductVariant { id price } } }"
SET = """mutation setPrices($product: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $product, variants: $variants) {
    productVariants { id price } userErrors { code } } }"""
SHOP = "query clock { shop { id } }"


def plan(merchant: Merchant, *faults: dict[str, Any]) -> None:
    answer = merchant.http.post("/world/faults", json=list(faults))
    assert answer.json() == {"faults": len(faults)}


def sku(merchant: Merchant) -> str:
    return str(merchant.world.products["product_id"][0])


def price(merchant: Merchant) -> int:
    """The price in force, in cents, by a way that no fault is meant for."""
    found = merchant.http.get("/truth/prices", params={"skus": sku(merchant)}).json()
    return int(found[sku(merchant)])


def set_price(merchant: Merchant, text: str = "12.34") -> httpx.Response:
    number = sku(merchant)
    variables = {
        "product": f"gid://shopify/Product/{number}",
        "variants": [{"id": f"gid://shopify/ProductVariant/{number}", "price": text}],
    }
    return merchant.http.post(PATH, json={"query": SET, "variables": variables})


def test_a_write_is_done_although_the_connection_ends_before_the_answer(merchant: Merchant) -> None:
    plan(merchant, {"what": "unanswered", "where": "productVariantsBulkUpdate"})
    with pytest.raises(httpx.TransportError):
        set_price(merchant)
    assert price(merchant) == 1234


def test_a_call_that_is_lost_did_nothing(merchant: Merchant) -> None:
    before = price(merchant)
    plan(merchant, {"what": "lost", "where": "mutation"})
    with pytest.raises(httpx.TransportError):
        set_price(merchant)
    assert price(merchant) == before
    assert merchant.http.get("/truth/writes").json() == []


def test_a_success_did_nothing_and_is_written_down_as_such(merchant: Merchant) -> None:
    before = price(merchant)
    plan(merchant, {"what": "nothing", "where": "setPrices"})
    answer = set_price(merchant).json()["data"]["productVariantsBulkUpdate"]
    assert answer["userErrors"] == []
    assert answer["productVariants"][0]["price"] == "12.34"
    assert price(merchant) == before
    [write] = merchant.http.get("/truth/writes").json()
    assert write["applied"] == []


def test_a_change_appears_some_calls_later(merchant: Merchant) -> None:
    before = price(merchant)
    plan(merchant, {"what": "later", "where": "mutation", "calls": 2, "seconds": 3600})
    set_price(merchant)
    for shown in (before, before, 1234):
        merchant.data(SHOP)
        assert price(merchant) == shown
    [write] = merchant.http.get("/truth/writes").json()
    assert write["applied"] == [{"sku": sku(merchant), "price_minor": 1234}]


def test_a_change_appears_when_its_minute_has_passed(merchant: Merchant) -> None:
    before = price(merchant)
    plan(merchant, {"what": "later", "where": "mutation", "calls": 1000, "seconds": 60})
    set_price(merchant)
    merchant.data(SHOP)
    assert price(merchant) == before
    merchant.http.post("/world/advance", json={"hours": 1})
    merchant.data(SHOP)
    assert price(merchant) == 1234


@pytest.mark.parametrize(("what", "shown"), [("operator_before", "12.34"), ("operator_after", "")])
def test_somebody_else_sets_the_same_price(merchant: Merchant, what: str, shown: str) -> None:
    plan(merchant, {"what": what, "where": "productVariantsBulkUpdate"})
    set_price(merchant)
    assert (price(merchant) == 1234) is bool(shown)


def test_an_answer_ends_in_its_middle(merchant: Merchant) -> None:
    plan(merchant, {"what": "cut", "where": "shop"})
    with pytest.raises(httpx.TransportError):
        merchant.answer(SHOP)
    assert merchant.data(SHOP)


def test_half_an_answer_comes_as_if_it_were_whole(merchant: Merchant) -> None:
    plan(merchant, {"what": "garbled", "where": "shop"})
    answer = merchant.http.post(PATH, json={"query": SHOP})
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()


def test_a_token_is_refused_until_it_is_renewed(merchant: Merchant) -> None:
    plan(merchant, {"what": "token", "count": 0})
    found = [merchant.http.post(PATH, json={"query": SHOP}).status_code for _ in range(2)]
    plan(merchant)
    assert [*found, merchant.http.post(PATH, json={"query": SHOP}).status_code] == [401, 401, 200]


def test_a_platform_asks_to_wait_for_an_hour(merchant: Merchant) -> None:
    plan(merchant, {"what": "status", "status": 429, "seconds": 3600})
    answer = merchant.http.post(PATH, json={"query": SHOP})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3600")


@pytest.mark.parametrize("seconds", [120, -120])
def test_the_clock_is_two_minutes_off(merchant: Merchant, seconds: int) -> None:
    def told() -> float:
        answer = merchant.http.post(PATH, json={"query": SHOP})
        return parsedate_to_datetime(answer.headers["date"]).timestamp()

    right = told()
    plan(merchant, {"what": "clock", "seconds": seconds})
    assert told() - right == seconds


def test_the_data_changes_before_a_page_is_answered(merchant: Merchant) -> None:
    plan(merchant, {"what": "data", "op": "change_order", "where": "orders", "at": 2})
    before = merchant.world.orders
    merchant.orders("id", page=200)
    assert merchant.world.orders.equals(before)
    merchant.orders("id", page=200)
    assert not merchant.world.orders.equals(before)


@pytest.mark.parametrize(
    ("what", "status"), [("bulk_failed", "FAILED"), ("bulk_expired", "EXPIRED")]
)
def test_a_bulk_operation_ends_without_a_file(merchant: Merchant, what: str, status: str) -> None:
    plan(merchant, {"what": what, "where": "bulkOperation"})
    started = merchant.data(
        "mutation { bulkOperationRunQuery(groupObjects: true, "
        'query: "{ orders { edges { node { id } } } }") { bulkOperation { id } } }'
    )["bulkOperationRunQuery"]["bulkOperation"]["id"]
    document = "query($id: ID!) { bulkOperation(id: $id) { status url } }"
    assert merchant.data(document, id=started)["bulkOperation"] == {"status": status, "url": None}


def test_a_plan_strikes_at_the_call_it_names_and_then_as_often_as_it_says() -> None:
    struck = FaultPlan([Fault(what="token", where="orders", at=2, every=3, count=2)])
    calls = [bool(struck.struck(frozenset({"orders"}))) for _ in range(10)]
    assert [number for number, is_struck in enumerate(calls, start=1) if is_struck] == [2, 5]
    assert not struck.struck(frozenset({"products"}))


def test_the_same_seed_strikes_the_same_calls() -> None:
    def strikes(seed: int) -> list[bool]:
        drawn = FaultPlan([Fault(what="token", rate=0.3, seed=seed, count=0)])
        return [bool(drawn.struck(frozenset({"*"}))) for _ in range(50)]

    assert strikes(1) == strikes(1) != strikes(2)


def test_a_plan_that_is_none_says_where_it_is_wrong(merchant: Merchant) -> None:
    answer = merchant.http.post("/world/faults", json=[{"what": "lightning"}])
    assert answer.status_code == 400
    assert "$[0].what" in answer.json()["errors"]


def test_a_file_that_is_no_plan_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.json"
    file.write_text('[{"what": "token", "at": 0}]', encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["serve", "--today", "2026-11-22", "--fault-plan", str(file)])
    assert "no fault plan: Expected `int` >= 1 - at `$[0].at`" in capsys.readouterr().err


def test_struck_calls_are_counted(merchant: Merchant) -> None:
    plan(merchant, {"what": "token", "where": "shop", "at": 2, "count": 1})
    for _ in range(3):
        merchant.http.post(PATH, json={"query": SHOP})
    [told] = merchant.http.get("/world/faults").json()
    assert (told["what"], told["met"], told["struck"]) == ("token", 3, 1)


def test_a_plan_is_in_force_from_the_start_when_it_is_served_with_one(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps([{"what": "token", "count": 0}]), encoding="utf-8")
    command = [sys.executable, "-m", "sandbox", "serve", "--today", "2026-11-22"]
    command += ["--days", "1", "--households", "5", "--token", "t", "--fault-plan", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        headers = {"X-Shopify-Access-Token": "t"}
        answer = httpx.post(url + PATH, json={"query": SHOP}, headers=headers, timeout=30)
        process.terminate()
    assert answer.status_code == 401


def test_every_order_of_the_truth_adds_up_to_its_days(merchant: Merchant) -> None:
    orders, days = merchant.http.get("/truth/orders").json(), merchant.days()
    assert len(orders) == sum(day["orders"] for day in days)
    for name in ("units", "gmv_minor"):
        assert sum(one[name] for one in orders) == sum(day[name] for day in days)


def test_an_empty_plan_ends_what_was_planted_and_not_used_up(merchant: Merchant) -> None:
    listed = (
        "query o($after: String) { orders(first: 2, after: $after) { pageInfo { endCursor } } }"
    )
    plan(merchant, {"what": "repeated_cursor", "where": "orders", "count": 3})
    first = merchant.data(listed)["orders"]["pageInfo"]["endCursor"]
    assert merchant.data(listed, after=first)["orders"]["pageInfo"]["endCursor"] == first
    plan(merchant)
    assert merchant.data(listed, after=first)["orders"]["pageInfo"]["endCursor"] != first
