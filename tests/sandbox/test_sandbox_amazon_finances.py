"""Amazon's account: what is posted, when, and in which state."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sandbox.amazon import finances
from sandbox.amazon.names import amazon_order_id
from tests.sandbox.seller import STORE, Seller, amazon_world, opened

PATH = "/finances/2024-06-19/transactions"


@pytest.fixture
def seller() -> Iterator[Seller]:
    with opened(amazon_world()) as found:
        yield found


def booked(seller: Seller, **query: Any) -> list[dict[str, Any]]:
    """All transactions of a query, page by page."""
    found, more = [], True
    asked = {"postedAfter": seller.world.clock - timedelta(days=60), **query}
    seller.rested()
    while more:
        payload = seller.get(PATH, **asked)["payload"]
        found += payload["transactions"]
        asked["nextToken"] = payload.get("nextToken")
        more = asked["nextToken"] is not None
    return found


def related(transaction: dict[str, Any]) -> dict[str, str]:
    return {
        one["relatedIdentifierName"]: one["relatedIdentifierValue"]
        for one in transaction["relatedIdentifiers"]
    }


def test_every_sale_is_posted_and_what_was_deferred_a_second_time_with_its_name(
    seller: Seller,
) -> None:
    found = booked(seller)
    assert len({one["transactionId"] for one in found}) == len(found) > finances.PAGE
    sales = [one for one in found if one["transactionType"] == "Shipment"]
    again = [one for one in sales if "DEFERRED_TRANSACTION_ID" in related(one)]
    states = {one["transactionId"]: one["transactionStatus"] for one in sales}
    assert {states[related(one)["DEFERRED_TRANSACTION_ID"]] for one in again} == {
        "DEFERRED_RELEASED"
    }
    assert {one["transactionStatus"] for one in again} == {"RELEASED"}
    kept = seller.world.orders.filter(seller.world.orders["cancelled_at"].is_null())
    posted = {related(one)["ORDER_ID"] for one in sales}
    assert posted <= {amazon_order_id(one) for one in kept["order_id"]}
    assert len(posted) > 0.9 * kept.height


def test_items_and_the_whole_add_up_to_the_total(seller: Seller) -> None:
    for one in booked(seller):
        total = round(one["totalAmount"]["currencyAmount"] * 100)
        whole = [part["breakdownAmount"]["currencyAmount"] for part in one["breakdowns"]]
        assert round(sum(whole) * 100) == total
        items = [part["totalAmount"]["currencyAmount"] for part in one.get("items", ())]
        assert not items or round(sum(items) * 100) == total


def test_a_span_leaves_out_its_end_and_a_longer_one_than_180_days_is_empty(seller: Seller) -> None:
    first = booked(seller)[0]["postedDate"]
    assert booked(seller, postedAfter=first)[0]["postedDate"] == first
    assert booked(seller, postedBefore=first) == []
    assert booked(seller, postedAfter=seller.world.clock - timedelta(days=200)) == []


def test_filters_by_state_order_and_store(seller: Seller) -> None:
    deferred = booked(seller, transactionStatus="DEFERRED")
    assert {one["transactionStatus"] for one in deferred} == {"DEFERRED"}
    order = related(deferred[0])["ORDER_ID"]
    own = booked(
        seller, postedAfter=None, relatedIdentifierName="ORDER_ID", relatedIdentifierValue=order
    )
    assert [related(one)["ORDER_ID"] for one in own] == [order]
    assert booked(seller, marketplaceId=STORE) == booked(seller)
    assert booked(seller, marketplaceId="A2EUQ1WTGCTBG2") == []


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"relatedIdentifierName": "ORDER_ID"},
        {"postedAfter": "2099-01-01T00:00:00Z"},
        {"postedAfter": "2026-11-01T00:00:00Z", "postedBefore": "2026-10-01T00:00:00Z"},
        {"postedAfter": "2026-11-01T00:00:00Z", "nextToken": "another's"},
    ],
)
def test_what_the_model_forbids_is_refused(seller: Seller, query: dict[str, str]) -> None:
    answer = seller.call("GET", PATH, params=query)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "InvalidInput")
