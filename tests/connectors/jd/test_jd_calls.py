"""How JD is asked and written to."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from connectors.jd import codes, fetch, outbound
from connectors.jd.client import JdClient
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import OutcomeState
from contracts.streams import Window
from tests.connectors.jd import recorded
from tests.connectors.jd.recorded import CONTEXT, answered, opened, refused, sku

ACCEPTED, REJECTED, UNKNOWN = OutcomeState.ACCEPTED, OutcomeState.REJECTED, OutcomeState.UNKNOWN
NOW = CONTEXT.read_at
DAY = Window(NOW - dt.timedelta(days=1), NOW)
_CLOCK = "jingdong.vender.shop.query"
Answer = Callable[[dict[str, Any]], httpx.Response]


class Shop:
    """Answers methods as it is told, and keeps what it was asked."""

    def __init__(self, answers: dict[str, Answer | httpx.Response]) -> None:
        self.answers = {_CLOCK: answered(_CLOCK, {}), **answers}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        fields = {name: value[0] for name, value in parse_qs(request.content.decode()).items()}
        asked = json.loads(fields["360buy_param_json"])
        self.asked.append((fields["method"], asked))
        found = self.answers[fields["method"]]
        return found if isinstance(found, httpx.Response) else found(asked)

    @property
    def written(self) -> list[tuple[str, dict[str, Any]]]:
        return [(name, asked) for name, asked in self.asked if name != _CLOCK]

    def of(self, method: str) -> list[dict[str, Any]]:
        return [asked for name, asked in self.asked if name == method]


def shop(answers: dict[str, Answer | httpx.Response], **settings: Any) -> tuple[JdClient, Shop]:
    found = Shop(answers)
    return opened(httpx.MockTransport(found), **settings), found


def listed(total: int) -> Answer:
    """So many orders, a hundred a page."""

    def answer(asked: dict[str, Any]) -> httpx.Response:
        size = int(asked["page_size"])
        first = (int(asked["page"]) - 1) * size
        rows = [recorded.order(one) for one in range(first, min(first + size, total))]
        result = {"orderInfoList": rows, "orderTotal": str(total), "apiResult": {"success": "true"}}
        return answered(codes.ORDERS, {"searchorderinfo_result": result})

    return answer


def test_changed_orders_are_counted_and_read_from_the_last_page() -> None:
    client, found = shop({codes.ORDERS: listed(230)})
    pages = list(fetch.ORDERS.pages(client, DAY))
    assert [
        len(json.loads(one.body)["searchorderinfo_result"]["orderInfoList"]) for one in pages
    ] == [
        30,
        100,
        100,
    ]
    first, *rest = found.of(codes.ORDERS)
    assert (first["page"], first["page_size"]) == ("1", "1")
    assert [one["page"] for one in rest] == ["3", "2", "1"]
    assert (first["start_date"], first["end_date"]) == (
        "2026-11-15 13:00:00",
        "2026-11-16 13:00:00",
    )
    assert (first["dateType"], first["source_id"]) == ("0", "JOS")
    assert {"NOT_PAY", "TRADE_CANCELED", "LOCKED"} <= set(first["order_state"].split(","))


def test_no_field_that_names_a_person_is_asked_for_but_the_one_of_the_settings() -> None:
    client, found = shop({codes.ORDERS: listed(0)}, buyer_field="xid_buyer")
    list(fetch.ORDERS.pages(client, DAY))
    fields = found.of(codes.ORDERS)[0]["optional_fields"].split(",")
    assert fields[-1] == "xid_buyer"
    assert not {"pin", "consigneeInfo", "orderRemark", "open_id_buyer"} & set(fields)
    assert {"itemInfoList", "shouldPay", "paymentConfirmTime"} <= set(fields)


def test_cases_are_asked_for_in_weeks_each_with_its_money_and_then_what_was_cancelled() -> None:
    def cases(asked: dict[str, Any]) -> httpx.Response:
        assert isinstance(asked["pageNumber"], int)
        rows = [recorded.case(700)] if asked["applyTimeBegin"] < "2026-11-10" else []
        body = json.loads(recorded.cases(*rows).body)
        return answered(codes.CASES, body)

    client, found = shop(
        {
            codes.CASES: cases,
            codes.AMOUNT: answered(codes.AMOUNT, json.loads(recorded.amount(700).body)),
            codes.CANCELS: answered(codes.CANCELS, json.loads(recorded.cancels().body)),
        }
    )
    pages = list(fetch.refunds(client, Window(NOW - dt.timedelta(days=10), NOW)))
    assert [page.part for page in pages] == ["cases", "amount:700"]
    assert found.of(codes.AMOUNT) == [{"afsServiceId": 700}]
    spans = {(one["applyTimeBegin"], one["applyTimeEnd"]) for one in found.of(codes.CASES)}
    assert spans == {
        ("2026-11-06 13:00:00", "2026-11-13 13:00:00"),
        ("2026-11-13 13:00:00", "2026-11-16 13:00:00"),
    }
    assert len(found.of(codes.CANCELS)) == 2


def test_reviews_are_read_up_to_the_page_that_is_not_full() -> None:
    def comments(asked: dict[str, Any]) -> httpx.Response:
        rows = [recorded.review(one) for one in range(50 if asked["page"] == 1 else 7)]
        return answered(codes.COMMENTS, {"comments": rows})

    client, found = shop({codes.COMMENTS: comments})
    assert len(list(fetch.reviews(client, DAY))) == 2
    assert [one["page"] for one in found.of(codes.COMMENTS)] == [1, 2]


def skus_of(*rows: dict[str, Any]) -> Answer:
    def answer(asked: dict[str, Any]) -> httpx.Response:
        wanted = asked.get("skuId")
        found = [one for one in rows if wanted is None or one["skuId"] in wanted]
        return answered(codes.SKUS, json.loads(recorded.skus(*found).body))

    return answer


def change(target: str, after: int, **values: Any) -> Change:
    given = {"parent_id": None, "currency": "CNY", "before": None, **values}
    return Change(action_id=f"a-{target}", target_id=target, after=after, **given)


def states(outcomes: list[Outcome]) -> dict[str, OutcomeState]:
    return {one.action_id: one.state for one in outcomes}


def test_a_price_is_yuan_text_of_one_sku_and_a_refusal_is_its_own() -> None:
    def answer(asked: dict[str, Any]) -> httpx.Response:
        if asked["skuId"] == 12:
            return answered(codes.SET_PRICE, {"code": "11201093"})
        return answered(codes.SET_PRICE, {"success": True})

    client, found = shop({codes.SET_PRICE: answer})
    changes = [
        change("11", 3_150),
        change("12", 3_550),
        change("13", 100, currency="USD"),
        change("x", 100),
        change("14", 990),
    ]
    told = states(outbound.set_prices(client, changes))
    assert told == {
        "a-11": ACCEPTED,
        "a-12": REJECTED,
        "a-13": REJECTED,
        "a-x": REJECTED,
        "a-14": ACCEPTED,
    }
    assert found.of(codes.SET_PRICE)[0] == {"skuId": 11, "jdPrice": "31.50"}
    assert len(found.written) == 3


@pytest.mark.parametrize(
    "call", ["jingdong.ware.stock.sku.set", "jingdong.stock.write.updateSkuStock"]
)
def test_stock_is_set_to_what_it_is_to_be(call: str) -> None:
    client, found = shop({call: answered(call, {"success": True})}, stock_call=call)
    told = outbound.set_stock(client, [change("TEA-1", 0, parent_id="11"), change("TEA-2", 5)])
    assert states(told) == {"a-TEA-1": ACCEPTED, "a-TEA-2": REJECTED}
    assert found.of(call) == [{"skuId": 11, "stockNum": 0}]


def test_a_write_that_may_have_happened_is_unknown_and_the_next_ones_go_on() -> None:
    answers = iter([refused("65"), answered(codes.SET_PRICE, {})])
    client, found = shop({codes.SET_PRICE: lambda _: next(answers)})
    told = outbound.set_prices(client, [change("11", 100), change("12", 100)])
    assert states(told) == {"a-11": UNKNOWN, "a-12": ACCEPTED}
    assert len(found.written) == 2


def test_prices_and_stock_are_read_back_by_sku_and_an_odd_one_costs_itself() -> None:
    rows = (sku(11), sku(12, jdPrice="12.345"), sku(13, stockNum="many"), sku(14, stockNum=0))
    client, _ = shop({codes.SKUS: skus_of(*rows)})
    prices = outbound.live_prices(client, [change(one, 1) for one in ("11", "12", "13", "99", "x")])
    assert prices["11"] == Live(value=3_000, currency="CNY")
    assert isinstance(prices["12"], Unread)
    assert isinstance(prices["13"], Unread)
    assert set(prices) == {"11", "12", "13"}
    levels = [change("A", 1, parent_id="11"), change("B", 1, parent_id="14")]
    assert outbound.live_stock(client, levels) == {
        "A": Live(value=9, currency=None),
        "B": Live(value=0, currency=None),
    }
