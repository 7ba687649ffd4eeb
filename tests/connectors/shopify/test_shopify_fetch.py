"""Reading a source: the count decides, pages are complete, bulk files are cut between documents."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.shopify import fetch, queries
from contracts.errors import SourceContractError, TransientSourceError
from contracts.streams import Window

Opened = Callable[..., Any]
Answer = Callable[..., httpx.Response]
WINDOW = Window(
    dt.datetime(2026, 11, 1, tzinfo=dt.UTC), dt.datetime(2026, 11, 2, 0, 0, 0, 500, tzinfo=dt.UTC)
)
FILE = "https://storage.googleapis.com/bulk/1"
UPDATED = "2026-11-01T10:00:00Z"


def count(found: int, precision: str = "EXACT") -> dict[str, Any]:
    return {"count": {"count": found, "precision": precision}}


def customer(number: int) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/Customer/{number}",
        "createdAt": UPDATED,
        "updatedAt": UPDATED,
        "numberOfOrders": "1",
        "amountSpent": {"amount": "1.0", "currencyCode": "USD"},
    }


def customers(*numbers: int, after: str | None = None) -> dict[str, Any]:
    info = {"hasNextPage": after is not None, "endCursor": after}
    return {"customers": {"nodes": [customer(number) for number in numbers], "pageInfo": info}}


def bulk_job(*lines: str) -> list[dict[str, Any] | httpx.Response]:
    job = {"id": "gid://shopify/BulkOperation/1", "errorCode": None}
    started = {**job, "status": "CREATED", "fileSize": None, "url": None}
    done = {**job, "status": "COMPLETED", "fileSize": None, "url": FILE}
    return [
        {"bulkOperationRunQuery": {"bulkOperation": started, "userErrors": []}},
        {"bulkOperation": done},
        httpx.Response(200, content="".join(f"{line}\n" for line in lines).encode()),
    ]


def read(client: Any, source: queries.Source = queries.CUSTOMERS) -> list[Any]:
    return list(fetch.read(client, WINDOW, source=source))


def test_a_window_is_half_open_and_widened_to_whole_seconds() -> None:
    assert queries.search(WINDOW) == (
        "updated_at:>='2026-11-01T00:00:00Z' updated_at:<'2026-11-02T00:00:01Z'"
    )


def test_nothing_found_asks_for_nothing(opened: Opened) -> None:
    client, platform = opened(count(0))
    assert read(client) == []
    assert len(platform.asked) == 1


def test_a_few_documents_are_paged(opened: Opened) -> None:
    client, platform = opened(count(3), customers(1, 2, after="a"), customers(3))
    pages = read(client)
    assert [page.part for page in pages] == ["page", "page"]
    assert [asked["variables"]["after"] for asked in platform.asked[1:]] == [None, "a"]


def test_a_page_holds_the_data_without_its_cost(opened: Opened, answer: Answer) -> None:
    data = customers(1)
    first, _ = opened(count(1), answer(data, available=19_000))
    again, _ = opened(count(1), answer(data, available=500))
    assert read(first) == read(again)


def test_pages_grow_to_what_one_query_may_cost(opened: Opened, answer: Answer) -> None:
    first = answer(customers(1, after="a"), requested=50)
    client, platform = opened(count(2), first, customers(2))
    read(client)
    assert [asked["variables"]["first"] for asked in platform.asked[1:]] == [5, 100]


@pytest.mark.parametrize("counted", [count(25_001), count(10_000, "AT_LEAST")])
def test_more_than_can_be_paged_is_read_in_bulk(opened: Opened, counted: dict[str, Any]) -> None:
    client, platform = opened(counted, *bulk_job(json.dumps(customer(1))))
    assert [page.part for page in read(client)] == ["bulk"]
    assert not any("customersPage" in asked.get("query", "") for asked in platform.asked)


def test_paging_that_takes_longer_than_a_job_is_left_for_bulk(
    opened: Opened, answer: Answer
) -> None:
    dear = answer(customers(1, 2, 3, 4, 5, after="a"), requested=500, available=1000)
    client, _ = opened(count(1000), dear, *bulk_job(json.dumps(customer(1))))
    assert [page.part for page in read(client)] == ["bulk"]


def test_a_repeated_cursor_ends_the_reading(opened: Opened) -> None:
    client, _ = opened(count(3), customers(1, after="a"), customers(2, after="a"))
    with pytest.raises(SourceContractError, match="cursor"):
        read(client)


def test_a_page_that_repeats_an_earlier_one_is_asked_for_again(opened: Opened) -> None:
    client, _ = opened(count(2), customers(1, after="a"), customers(1, after="b"), customers(2))
    bodies = b"".join(page.body for page in read(client))
    assert bodies.count(b"Customer/1") == bodies.count(b"Customer/2") == 1


def test_a_page_that_keeps_repeating_is_no_end(opened: Opened) -> None:
    client, _ = opened(count(2), customers(1, after="a"), customers(1, after="b"))
    with pytest.raises(TransientSourceError, match="repeats"):
        read(client)


def bag(amount: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount}}


def line(number: int) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "sku": None,
        "quantity": 1,
        "currentQuantity": 1,
        "variant": None,
        "originalUnitPriceSet": bag("1.00"),
        "originalTotalSet": bag("1.00"),
        "discountAllocations": [],
    }


def lines(*numbers: int, after: str | None) -> dict[str, Any]:
    info = {"hasNextPage": after is not None, "endCursor": after}
    return {"nodes": [line(number) for number in numbers], "pageInfo": info}


def order(after: str | None) -> dict[str, Any]:
    amounts = ("subtotalPrice", "totalDiscounts", "totalShippingPrice", "totalTax", "totalPrice")
    return {
        **version(UPDATED),
        **{f"{name}Set": bag("1.00") for name in (*amounts, "totalRefunded")},
        "processedAt": UPDATED,
        "cancelledAt": None,
        "test": False,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "FULFILLED",
        "discountCodes": [],
        "customer": None,
        "refunds": [],
        "lineItems": lines(1, 2, after=after),
    }


def version(updated: str) -> dict[str, Any]:
    return {
        "id": "gid://shopify/Order/1",
        "createdAt": UPDATED,
        "updatedAt": updated,
        "currencyCode": "USD",
    }


def orders(after: str | None) -> dict[str, Any]:
    info = {"hasNextPage": False, "endCursor": None}
    return {"orders": {"nodes": [order(after)], "pageInfo": info}}


def rest(*numbers: int, after: str | None, updated: str = UPDATED) -> dict[str, Any]:
    return {"node": {**version(updated), "lineItems": lines(*numbers, after=after)}}


def test_lines_beyond_a_pages_first_are_fetched(opened: Opened) -> None:
    client, platform = opened(count(1), orders("l2"), rest(3, 4, after="l4"), rest(5, after=None))
    pages = read(client, queries.ORDERS)
    assert [page.part for page in pages] == ["page", "rest:1", "rest:1"]
    assert [asked["variables"]["after"] for asked in platform.asked[2:]] == ["l2", "l4"]


@pytest.mark.parametrize(
    "changed", [rest(3, after=None, updated="2026-11-03T00:00:00Z"), {"node": None}]
)
def test_lines_of_two_versions_of_an_order_are_never_mixed(
    opened: Opened, changed: dict[str, Any]
) -> None:
    client, _ = opened(count(1), orders("l2"), changed)
    with pytest.raises(TransientSourceError, match="changed while it was read"):
        read(client, queries.ORDERS)


def documents(sizes: list[int]) -> Iterator[str]:
    for parent, size in enumerate(sizes):
        yield json.dumps({"id": f"p{parent}", "title": '"__parentId":'})
        for child in range(size):
            yield json.dumps({"id": f"c{parent}.{child}", "__parentId": f"p{parent}"})


@given(sizes=st.lists(st.integers(0, 5), max_size=12), cut=st.integers(0, 2000))
def test_a_bulk_file_is_cut_between_documents(sizes: list[int], cut: int) -> None:
    body = "".join(f"{text}\n" for text in documents(sizes)).encode()
    held = bytearray(body[:cut])
    place = fetch.last_document(held)
    assert place == 0 or body[place - 1 : place] == b"\n"
    following = body[place:].split(b"\n")[0]
    assert not following or "__parentId" not in json.loads(following)


def test_a_long_bulk_file_becomes_several_pages(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "PAGE_BYTES", 100)
    texts = list(documents([3, 0, 2, 4]))
    chunks = iter([f"{text}\n".encode() for text in texts])
    job = bulk_job()
    job[-1] = httpx.Response(200, content=chunks)
    client, _ = opened(count(25_001), *job)
    pages = read(client)
    assert len(pages) > 1
    assert b"".join(page.body for page in pages).decode().splitlines() == texts
    assert all("__parentId" not in json.loads(page.body.splitlines()[0]) for page in pages)
