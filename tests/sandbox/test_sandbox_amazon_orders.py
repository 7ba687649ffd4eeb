"""Amazon's orders: searched exactly as the models say, page by page."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from sandbox.amazon import Manner
from sandbox.amazon.names import amazon_order_id, order_number
from sandbox.world.demand import advance
from tests.sandbox.seller import JAPAN, Seller, amazon_world, opened

PATH = "/orders/2026-01-01/orders"
ALL = ["BUYER", "RECIPIENT", "PROCEEDS", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES",
       "TAX", "PAYMENT"]  # fmt: skip


@pytest.fixture(scope="module")
def open_seller() -> Iterator[Seller]:
    """One world for all tests that only read."""
    with opened(amazon_world()) as found:
        yield found


@pytest.fixture
def seller(open_seller: Seller) -> Seller:
    return open_seller.rested()


def refused(seller: Seller, **query: Any) -> str:
    """The message of a search that is 400."""
    answer = seller.call("GET", PATH, params=query)
    assert answer.status_code == 400, answer.text
    return str(answer.json()["errors"][0]["message"])


def test_every_order_of_the_world_comes_once_over_all_pages(seller: Seller) -> None:
    start = seller.world.clock - timedelta(days=60)
    found = seller.orders(lastUpdatedAfter=start, maxResultsPerPage=20)
    limit = seller.world.clock - timedelta(minutes=2)
    known = seller.world.orders.filter(pl.col("updated_at") <= limit)["order_id"]
    assert sorted(order["orderId"] for order in found) == sorted(map(amazon_order_id, known))
    times = [order["lastUpdatedTime"] for order in found]
    assert times == sorted(times)


def test_an_answer_has_no_payload_and_names_its_bound(seller: Seller) -> None:
    answer = seller.get(PATH, createdAfter=seller.world.clock - timedelta(days=1))
    assert set(answer) == {"orders", "createdBefore"}
    assert answer["createdBefore"] == "2026-11-16T04:58:00Z"


def test_both_bounds_belong_to_the_span(seller: Seller) -> None:
    moment = seller.world.orders.sort("created_at")["created_at"][3]
    [order] = seller.orders(createdAfter=moment, createdBefore=moment)
    assert order["createdTime"] == moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"createdAfter": "2026-11-01T00:00:00Z", "lastUpdatedAfter": "2026-11-01T00:00:00Z"},
        {"createdAfter": "2026-11-01T00:00:00Z", "lastUpdatedBefore": "2026-11-02T00:00:00Z"},
        {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "createdBefore": "2026-11-02T00:00:00Z"},
        {"lastUpdatedAfter": "2026-11-02T00:00:00Z", "lastUpdatedBefore": "2026-11-01T00:00:00Z"},
        {"lastUpdatedAfter": "2026-11-01"},
        {"lastUpdatedAfter": "2026-11-01T00:00:00"},
        {"lastUpdatedAfter": "2026-02-30T00:00:00Z"},
        {"lastUpdatedAfter": "0001-01-01T00:00:00+14:00"},
        {"lastUpdatedAfter": ""},
        {"lastUpdatedAfter": ["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"]},
        {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "maxResultsPerPage": "0"},
        {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "maxResultsPerPage": "101"},
        {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "maxResultsPerPage": "ten"},
        {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "includedData": "BUYER,OTHER"},
        {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "includedData": ""},
        {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "fulfillmentStatuses": "Shipped"},
        {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "marketplaceIds": ",".join(["A"] * 51)},
        {"paginationToken": "never given"},
    ],
)  # fmt: skip
def test_a_search_the_models_do_not_allow_is_400(seller: Seller, query: dict[str, Any]) -> None:
    assert refused(seller, **query)


def test_the_end_must_be_two_minutes_ago_by_the_worlds_clock(seller: Seller) -> None:
    after, newest = "2026-11-01T00:00:00Z", seller.world.clock - timedelta(minutes=2)
    seller.get(PATH, lastUpdatedAfter=after, lastUpdatedBefore=newest)
    late = (newest + timedelta(seconds=1)).isoformat()
    assert "two minutes" in refused(seller, lastUpdatedAfter=after, lastUpdatedBefore=late)


def test_a_pagination_token_lives_for_a_day(seller: Seller) -> None:
    first = seller.get(PATH, createdAfter="2026-10-01T00:00:00Z", maxResultsPerPage=5)
    token = first["pagination"]["nextToken"]
    seller.clock.seconds += 24 * 3600 - 1
    assert seller.get(PATH, paginationToken=token, maxResultsPerPage=5)["orders"]
    seller.clock.seconds += 1
    assert "expired" in refused(seller, paginationToken=token)


def test_orders_that_arrive_between_pages_are_left_for_the_next_search() -> None:
    with opened(amazon_world()) as seller:
        first = seller.get(PATH, createdAfter="2026-10-01T00:00:00Z", maxResultsPerPage=100)
        advance(seller.world, 3)
        rest = seller.orders(paginationToken=first["pagination"]["nextToken"])
        assert max(order["createdTime"] for order in rest) <= first["createdBefore"]


def test_lists_come_with_commas_or_repeated(seller: Seller) -> None:
    base = {"createdAfter": "2026-10-01T00:00:00Z"}
    commas = seller.call("GET", PATH, params=base | {"includedData": "BUYER,FULFILLMENT"})
    repeated = seller.call("GET", PATH, params=base | {"includedData": ["BUYER", "FULFILLMENT"]})
    assert commas.json()["orders"] == repeated.json()["orders"]


def test_only_the_datasets_asked_for_are_there(seller: Seller) -> None:
    bare = seller.orders(createdAfter="2026-10-01T00:00:00Z")
    personal = {"buyer", "recipient", "proceeds", "fulfillment", "payment", "packages"}
    assert not personal & set().union(*bare)
    full = seller.orders(createdAfter="2026-10-01T00:00:00Z", includedData=ALL)
    assert personal <= set().union(*full)


def test_money_is_text_and_adds_up(seller: Seller) -> None:
    for order in seller.orders(createdAfter="2026-10-01T00:00:00Z", includedData=["PROCEEDS"]):
        row = seller.world.order(order_number(order["orderId"]) or 0)
        assert row is not None
        paid = row["original_minor"] - row["automatic_minor"] - row["code_minor"]
        assert order["proceeds"]["grandTotal"]["amount"] == f"{paid // 100}.{paid % 100:02d}"
        parts = [part["subtotal"]["amount"] for part in order["proceeds"]["breakdowns"]]
        assert sum(round(float(part) * 100) for part in parts) == paid
        items = [item["proceeds"]["proceedsTotal"]["amount"] for item in order["orderItems"]]
        assert sum(round(float(item) * 100) for item in items) == paid


def test_the_sign_of_a_discount_is_a_setting() -> None:
    def discounts(manner: Manner) -> list[float]:
        with opened(amazon_world(), manner=manner) as seller:
            found = seller.orders(createdAfter="2026-11-01T00:00:00Z", includedData=["PROCEEDS"])
        parts = [part for order in found for part in order["proceeds"]["breakdowns"]]
        return [float(p["subtotal"]["amount"]) for p in parts if p["type"] == "DISCOUNT"]

    positive = discounts(Manner(discounts_are_negative=False))
    assert positive
    assert min(positive) > 0
    assert discounts(Manner()) == [-one for one in positive]


def test_yen_have_no_decimals() -> None:
    with opened(amazon_world(JAPAN)) as seller:
        found = seller.orders(createdAfter="2026-11-10T00:00:00Z", includedData=["PROCEEDS"])
    amounts = [order["proceeds"]["grandTotal"] for order in found]
    assert {one["currencyCode"] for one in amounts} == {"JPY"}
    assert all(one["amount"].isdigit() for one in amounts)


def test_delivery_is_promised_as_a_span(seller: Seller) -> None:
    order_id = seller.world.orders["order_id"][0]
    row = seller.world.order(order_id)
    assert row is not None
    path = f"{PATH}/{amazon_order_id(order_id)}"
    order = seller.get(path, includedData=["FULFILLMENT"])["order"]
    assert order["fulfillment"]["deliverByWindow"] == {
        "earliestDateTime": row["deliver_from_at"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "latestDateTime": row["deliver_by_at"].strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def test_only_the_merchants_own_parcels_and_mail_aliases_are_told(seller: Seller) -> None:
    data = ["BUYER", "FULFILLMENT", "PACKAGES"]
    found = seller.orders(createdAfter="2026-10-01T00:00:00Z", includedData=data)
    by = {"AMAZON": 0, "MERCHANT": 0}
    for order in found:
        is_own = order["fulfillment"]["fulfilledBy"] == "MERCHANT"
        by[order["fulfillment"]["fulfilledBy"]] += 1
        assert ("buyerEmail" in order["buyer"]) is is_own
        assert is_own or "packages" not in order
    assert min(by.values()) > 10
    packages = [package for order in found for package in order.get("packages", ())]
    numbers = set(seller.world.parcels["number"])
    assert {package["trackingNumber"] for package in packages} <= numbers
    assert "DELIVERED" in {package["packageStatus"]["status"] for package in packages}


def test_a_cancelled_order_says_so_and_was_paid_by_nobody() -> None:
    world = amazon_world()
    clock = world.clock - timedelta(hours=1)
    world.set_order(
        world.orders["order_id"][5], cancelled_at=clock, updated_at=clock,
        cancel_reason="CUSTOMER", fulfillment_status="UNFULFILLED",
    )  # fmt: skip
    with opened(world) as seller:
        [order] = seller.orders(
            lastUpdatedAfter=clock, includedData=ALL, fulfillmentStatuses=["CANCELLED"]
        )
    assert order["fulfillment"]["fulfillmentStatus"] == "CANCELLED"
    assert "payment" not in order
    assert "proceeds" not in order
    bought = order["orderItems"][0]
    assert (bought["quantityOrdered"], "proceeds" in bought) == (0, False)
    execution = order["orderItems"][0]["cancellation"]["cancellationExecution"]
    assert execution["cancelledBy"] == "BUYER"
    assert order["orderItems"][0]["fulfillment"]["quantityFulfilled"] == 0


def test_filters_leave_out_other_stores_and_other_senders(seller: Seller) -> None:
    since = "2026-10-01T00:00:00Z"
    assert seller.orders(createdAfter=since, marketplaceIds=["A1PA6795UKMFR9"]) == []
    own = seller.orders(createdAfter=since, fulfilledBy=["MERCHANT"])
    rest = seller.orders(createdAfter=since, fulfilledBy=["AMAZON"])
    assert own
    assert len(own) + len(rest) == len(seller.orders(createdAfter=since))


@pytest.mark.parametrize(
    "order_id", ["111-0000000-0000001", "1", "x" * 300, "111-１２３４５６７-0000001"]
)
def test_an_unknown_order_is_404(seller: Seller, order_id: str) -> None:
    answer = seller.call("GET", f"{PATH}/{order_id}")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "NotFound")
