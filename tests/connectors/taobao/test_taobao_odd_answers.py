"""One odd row of an answer costs itself: numbers for text, no lists, nulls, and what lacks."""

import json
from typing import Any

import httpx
import pytest

from checks.rows import split
from connectors.base.declaration import Stream
from connectors.base.isolation import map_documents
from connectors.taobao import CONNECTOR, fetch, outbound, wire
from connectors.taobao.order_mapping import orders
from contracts.actions import Change, Live, Unread
from contracts.streams import Page, Window
from tests.connectors.taobao.recorded import (
    CONTEXT,
    DATE,
    PAGES,
    item,
    line,
    opened,
    review,
    sku,
    trade,
    trades,
)

TID = 2600000000000000001
DAY = Window(CONTEXT.read_at.replace(hour=0), CONTEXT.read_at)


def without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def page(part: str, outer: str, inner: str, rows: Any) -> Page:
    return Page(json.dumps({outer: {inner: rows}}).encode(), part)


def loaded(stream: str, *pages: Page) -> tuple[set[str], set[str]]:
    """Ids of the first table's documents that were loaded, and of those that are held."""
    found = CONNECTOR.stream(stream)
    assert found is not None
    parted = split(map_documents(found, lambda: pages, CONTEXT), CONTEXT)
    table = next(iter(parted.good))
    ids = parted.good[table][{"orders": "order_id", "listings": "product_id"}[table]]
    return set(ids), set(parted.bad["document_id"])


@pytest.mark.parametrize(
    "odd",
    [
        trade(TID, without(line(1), "price")),
        trade(TID, line(1, price=None)),
        trade(TID, line(1, price=["30.00"])),
        trade(TID, line(1, sku_id={"id": 1})),
        trade(TID, line(1) | {"oid": "none"}),
        trade(TID, line(1, num="two")),
        trade(TID, orders={"order": [line(1), "more"]}),
        trade(TID, orders=[line(1)]),
        trade(TID, created=None),
        trade(TID, type=None),
        trade(TID, status=None),
        {"tid": TID},
    ],
)
def test_an_odd_trade_is_held_alone(odd: dict[str, Any]) -> None:
    assert loaded("orders", trades(odd, trade(TID + 2)), trades(trade(TID + 4))) == (
        {str(TID + 2), str(TID + 4)},
        {str(TID)},
    )


@pytest.mark.parametrize(
    "change",
    [
        {"orders": {"order": [line(1, sku_id=5100000000000000001)]}},
        {"orders": {"order": [line(1, price=30.00, num="2") | {"oid": "1"}]}},
        {"orders": {"order": [line(1, consign_time=None, invoice_no=None)]}},
        {"orders": {"order": line(1)}},
        {"tid": str(TID)},
        {"pay_time": None, "end_time": None, "consign_time": None, "payment": 56},
    ],
)
def test_what_can_be_read_is_read(change: dict[str, Any]) -> None:
    parted = split(orders([trades(trade(TID) | change)], CONTEXT), CONTEXT)
    assert parted.bad.is_empty()
    row = parted.good["order_lines"].row(0, named=True)
    assert (row["listing_id"], row["quantity_units"], row["total_minor"]) == (
        "5100000000000000001",
        2,
        5_000,
    )


@pytest.mark.parametrize("stream", CONNECTOR.streams, ids=lambda stream: stream.name)
@pytest.mark.parametrize("kind", ["absent", "null", "without rows", "null rows"])
def test_a_list_that_is_absent_or_null_is_empty(stream: Stream, kind: str) -> None:
    page = PAGES[stream.name][0]
    [(outer, rows)] = [(k, v) for k, v in json.loads(page.body).items() if isinstance(v, dict)]
    told = {
        "absent": {},
        "null": {outer: None},
        "without rows": {outer: {}},
        "null rows": {outer: dict.fromkeys(rows)},
    }[kind]
    empty = Page(json.dumps(told).encode(), page.part)
    mapped = stream.to_canonical([empty], CONTEXT)
    assert all(frame.is_empty() for frame in mapped.frames.values())
    assert stream.documents is not None
    assert stream.documents.split(empty) == []


def test_a_part_of_a_piece_counts_as_one() -> None:
    found = orders([trades(trade(TID, line(1, num=1.5)))], CONTEXT).frames["order_lines"]
    assert found.select("quantity_units", "current_units", "total_minor").row(0) == (2, 2, 5_000)


class Platform:
    """Answers a method with rows of its list, and counts them where it is asked how many."""

    def __init__(self, **lists: list[Any]) -> None:
        self.lists = lists

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = dict(httpx.QueryParams(request.content.decode()))
        outer, inner = {
            "taobao.items.seller.list.get": ("items", "item"),
            "taobao.items.onsale.get": ("items", "item"),
            "taobao.traderates.get": ("trade_rates", "trade_rate"),
        }.get(asked["method"], ("none", "none"))
        rows = self.lists.get(asked["method"].split(".")[1], []) if outer != "none" else []
        name = asked["method"].removeprefix("taobao.").replace(".", "_") + "_response"
        answer = {"total_results": len(rows), outer: {inner: rows}}
        return httpx.Response(200, json={name: answer}, headers=DATE)


def test_a_product_without_a_readable_number_does_not_end_the_reading_of_products() -> None:
    client = opened(httpx.MockTransport(Platform(items=[{"num_iid": None}, "odd", item(7)])))
    pages = list(fetch.items(client, DAY))
    assert [wire.numbers(one.body) for one in pages] == [[7]]


def price(target: str, parent: str) -> Change:
    return Change(
        action_id=target, target_id=target, parent_id=parent, before=1, after=2, currency="CNY"
    )


def test_live_answers_for_what_it_can_read_and_says_what_it_cannot() -> None:
    rows = [item(1, sku(11)), item(2, sku(21), skus="none"), item(3, price="12.345")]
    client = opened(httpx.MockTransport(Platform(items=rows)))
    changes = [price("11", "1"), price("21", "2"), price("3", "3")]
    found = outbound.live_prices(client, changes)
    assert found["11"] == Live(value=3_000, currency="CNY")
    assert isinstance(found["21"], Unread)
    assert isinstance(found["3"], Unread)
    levels = [price("TEA-1", "1:11"), price("TEA-2", "2:21"), price("TEA", "3")]
    stock = outbound.live_stock(client, levels)
    assert stock["TEA-1"] == Live(value=4, currency=None)
    assert isinstance(stock["TEA-2"], Unread)
    assert stock["TEA"] == Live(value=9, currency=None)


def test_an_odd_review_keeps_no_other_from_being_replied_to() -> None:
    rows = [review(1, reply=["a"]), review(2, reply="")]
    client = opened(httpx.MockTransport(Platform(traderates=rows)))
    found = outbound.REPLIES.live(client, [price("1", ""), price("2", "")])
    assert isinstance(found["1"], Unread)
    assert found["2"] == Live(value=0, currency=None)
