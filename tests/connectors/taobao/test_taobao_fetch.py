"""How lists are read: counted, from their last page on, in spans that the platform takes."""

import datetime as dt
import json
import math
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from connectors.taobao import fetch
from connectors.taobao.client import TaobaoClient
from connectors.taobao.codes import BANNERS, TRADE_TYPE
from contracts.errors import SourceContractError
from contracts.streams import Window
from tests.connectors.taobao.recorded import CONTEXT, DATE, opened

NOW = CONTEXT.read_at
DAY = Window(NOW - dt.timedelta(days=1), NOW)


class Lists:
    """Answers each list with as many empty rows as it is said to have."""

    def __init__(self, totals: dict[str, int] | int) -> None:
        self.totals = totals
        self.asked: list[dict[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = {name: value[0] for name, value in parse_qs(request.content.decode()).items()}
        if asked["method"] == "taobao.time.get":
            return httpx.Response(200, json={"time_get_response": {}}, headers=DATE)
        self.asked.append(asked)
        return httpx.Response(200, json={"x_response": self.answer(asked)}, headers=DATE)

    def answer(self, asked: dict[str, str]) -> dict[str, Any]:
        if asked["method"] == "taobao.items.seller.list.get":
            rows = [{"num_iid": int(one)} for one in asked["num_iids"].split(",")]
            return {"items": {"item": rows}}
        name = asked.get("banner", asked["method"])
        total = self.totals if isinstance(self.totals, int) else self.totals.get(name, 0)
        number, size = (
            int(asked.get("page_no", asked.get("current_page", 1))),
            int(asked["page_size"]),
        )
        ids = range((number - 1) * size, min(number * size, total))
        if not asked["method"].startswith("taobao.items"):
            return {"total_results": total}
        base = 0 if "banner" not in asked else 5
        return {"total_results": total, "items": {"item": [{"num_iid": base + one} for one in ids]}}

    def pages(self) -> list[int]:
        return [int(one["page_no"]) for one in self.asked if one["page_size"] != "1"]


def client_of(lists: Lists, **settings: Any) -> TaobaoClient:
    return opened(httpx.MockTransport(lists), **settings)


def test_changed_trades_are_read_from_the_last_page_on_after_a_count() -> None:
    lists = Lists(149)
    assert len(list(fetch.TRADES.pages(client_of(lists), DAY))) == 3
    assert lists.pages() == [3, 2, 1]
    assert [one["page_no"] for one in lists.asked[:1]] == ["1"]
    assert not any("use_has_next" in one for one in lists.asked)


def test_all_types_of_trades_and_their_refunds_are_asked_for_by_name() -> None:
    lists = Lists(1)
    list(fetch.TRADES.pages(client_of(lists), DAY))
    list(fetch.REFUNDS.pages(client_of(lists), DAY))
    assert {one["type"] for one in lists.asked} == {",".join(TRADE_TYPE)}
    assert {"fixed", "cod", "step", "o2o_offlinetrade", "external_trade"} <= set(TRADE_TYPE)


def test_no_span_is_longer_than_a_day_or_than_the_setting_says() -> None:
    half = Window(DAY.start + dt.timedelta(milliseconds=1), DAY.end + dt.timedelta(milliseconds=1))
    for window, minutes, count in ((DAY, 1_440, 1), (half, 1_440, 1), (DAY, 30, 48)):
        lists = Lists(0)
        list(fetch.TRADES.pages(client_of(lists, window_minutes=minutes), window))
        spans = [
            dt.datetime.fromisoformat(one["end_modified"])
            - dt.datetime.fromisoformat(one["start_modified"])
            for one in lists.asked
        ]
        assert len(spans) == count
        assert max(spans) <= dt.timedelta(minutes=minutes)
    assert lists.asked[0]["start_modified"] == "2026-11-15 13:00:00"  # China's time


def test_spans_leave_no_second_out() -> None:
    lists = Lists(0)
    list(fetch.TRADES.pages(client_of(lists, window_minutes=30), DAY))
    ends = [one["end_modified"] for one in lists.asked[:-1]]
    assert ends == [one["start_modified"] for one in lists.asked[1:]]


def test_trades_of_more_than_three_months_ago_are_not_asked_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lists = Lists(9)
    ago = dt.timedelta(days=200)
    old = Window(DAY.start - ago, DAY.end - ago)
    assert list(fetch.TRADES.pages(client_of(lists), old)) == []
    assert fetch.TRADES.estimate(client_of(lists), old) == 0
    assert lists.asked == []
    assert "left out" in caplog.text


def test_the_last_ninety_days_of_trades_are_asked_for() -> None:
    lists = Lists(1)
    ago = dt.timedelta(days=89)
    assert (
        len(list(fetch.TRADES.pages(client_of(lists), Window(DAY.start - ago, DAY.end - ago)))) == 1
    )


def test_reviews_are_cut_by_time_where_there_are_more_than_can_be_paged() -> None:
    class Busy(Lists):
        def answer(self, asked: dict[str, str]) -> dict[str, Any]:
            start, end = (
                dt.datetime.fromisoformat(asked[name]) for name in ("start_date", "end_date")
            )
            return {"total_results": math.ceil((end - start).total_seconds() / 3600) * 100}

    lists = Busy(0)
    pages = list(fetch.REVIEWS.pages(client_of(lists), DAY))
    assert len(pages) == 16  # two halves of 1,200 rows, 150 a page
    assert max(lists.pages()) <= 200


def test_a_second_with_more_rows_than_can_be_paged_is_told() -> None:
    with pytest.raises(SourceContractError, match="one second"):
        list(fetch.REVIEWS.pages(client_of(Lists(10**6)), DAY))


def test_a_list_without_its_total_is_an_unknown_shape() -> None:
    class Silent(Lists):
        def answer(self, asked: dict[str, str]) -> dict[str, Any]:
            return {}

    with pytest.raises(SourceContractError, match="how many"):
        list(fetch.REFUNDS.pages(client_of(Silent(0)), DAY))


def test_products_are_found_in_every_list_once_and_their_details_asked_for_in_batches() -> None:
    lists = Lists({"taobao.items.onsale.get": 7, "sold_out": 6, "off_shelf": 2})
    pages = list(fetch.items(client_of(lists, items_per_call=4), DAY))
    found = [row["num_iid"] for page in pages for row in json.loads(page.body)["items"]["item"]]
    assert sorted(found) == list(range(11))  # 5..10 off sale, 0..6 on sale, 5 and 6 in both
    assert {one.get("banner") for one in lists.asked} >= set(BANNERS)


def test_all_products_are_asked_for_and_afterwards_what_changed_meanwhile() -> None:
    lists = Lists(0)
    list(fetch.items(client_of(lists), DAY))
    starts = [one["start_modified"] for one in lists.asked]
    assert (starts[0], starts[-1]) == ("2003-05-10 08:00:00", "2026-11-16 13:00:00")


def test_an_estimate_is_what_reading_takes() -> None:
    lists = Lists(149)
    client = client_of(lists)
    told = fetch.TRADES.estimate(client, DAY)
    lists.asked.clear()
    list(fetch.TRADES.pages(client, DAY))
    assert told == len(lists.asked) == 4


def test_coupons_come_twenty_a_page_and_say_their_unit() -> None:
    lists = Lists(41)
    pages = list(fetch.coupons(client_of(lists, coupon_unit="yuan"), DAY))
    assert [one["page_no"] for one in lists.asked] == ["1", "2", "3"]
    assert {page.part for page in pages} == {"yuan"}
