"""Writes against scripted answers: what each call is, and what its answer means for each item."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from connectors.taobao import outbound
from connectors.taobao.client import TaobaoClient
from contracts.actions import Change, Live, Outcome
from contracts.codes import OutcomeState
from contracts.payloads import Reply, encode
from tests.connectors.taobao import recorded
from tests.connectors.taobao.recorded import DATE, item, opened, refused, sku

ACCEPTED, REJECTED, UNKNOWN = OutcomeState.ACCEPTED, OutcomeState.REJECTED, OutcomeState.UNKNOWN
PRODUCT = item(1, sku(11), sku(12, price="40.00"))
BARE = item(2, num=7)
Answer = dict[str, Any] | httpx.Response
_DETAILS = "taobao.items.seller.list.get"


class Shop:
    """Answers methods as told, products as given, and keeps its writes."""

    def __init__(self, answers: dict[str, Answer | Callable[[dict[str, str]], Answer]]) -> None:
        self.answers = answers
        self.asked: list[dict[str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = {name: value[0] for name, value in parse_qs(request.content.decode()).items()}
        found = self._found(asked)
        if isinstance(found, httpx.Response):
            return found
        return httpx.Response(200, json={"any_response": found}, headers=DATE)

    def _found(self, asked: dict[str, str]) -> Answer:
        if asked["method"] == _DETAILS:
            wanted = asked["num_iids"].split(",")
            rows = [one for one in (PRODUCT, BARE) if str(one["num_iid"]) in wanted]
            return {"items": {"item": rows}} if rows else {}
        if asked["method"] == "taobao.time.get":
            return {}
        if asked["method"] in self.answers:
            self.asked.append(asked)
        answer = self.answers[asked["method"]]
        return answer(asked) if callable(answer) else answer


def shop(kind: str = "tmall", **answers: Any) -> tuple[TaobaoClient, Shop]:
    found = Shop({name.replace("_", "."): answer for name, answer in answers.items()})
    return opened(httpx.MockTransport(found), kind=kind), found


def change(target: str, after: int, parent: str | None = "1", **values: Any) -> Change:
    given = {"currency": "CNY", "before": None, **values}
    return Change(action_id=f"a-{target}", target_id=target, parent_id=parent, after=after, **given)


def states(outcomes: list[Outcome]) -> dict[str, OutcomeState]:
    return {one.action_id: one.state for one in outcomes}


def test_prices_of_a_tmall_product_go_in_one_call() -> None:
    client, found = shop(tmall_item_price_update={"price_update_result": "1"})
    told = outbound.set_prices(client, [change("11", 3_150), change("12", 3_550)])
    assert states(told) == {"a-11": ACCEPTED, "a-12": ACCEPTED}
    (asked,) = found.asked
    assert (asked["method"], asked["item_id"]) == ("tmall.item.price.update", "1")
    assert json.loads(asked["sku_prices"]) == [
        {"sku_id": 11, "price": "31.50"},
        {"sku_id": 12, "price": "35.50"},
    ]
    # The product's own price of 30.00 has left the range of its SKUs' prices.
    assert asked["item_price"] == "31.50"


def test_a_product_without_skus_has_a_price_of_its_own() -> None:
    client, found = shop(tmall_item_price_update={})
    told = outbound.set_prices(client, [change("2", 2_000, "2")])
    assert states(told) == {"a-2": ACCEPTED}
    assert found.asked[0]["item_price"] == "20.00"
    assert "sku_prices" not in found.asked[0]


def test_a_wrong_price_of_a_product_does_not_take_the_others_with_it() -> None:
    def answer(asked: dict[str, str]) -> Answer:
        prices = {one["price"] for one in json.loads(asked["sku_prices"])}
        return refused(15, "isv.price-out-of-range") if "99.00" in prices else {}

    client, found = shop(tmall_item_price_update=answer)
    told = outbound.set_prices(
        client, [change("11", 9_900), change("12", 3_500), change("13", 3_500)]
    )
    assert states(told) == {"a-11": REJECTED, "a-12": ACCEPTED, "a-13": REJECTED}
    assert len(found.asked) == 3
    assert all("Zora" not in (one.message or "") for one in told)


@pytest.mark.parametrize(
    ("after", "item_price"), [(3_500, "35.00"), (2_500, None), (4_500, "40.00")]
)
def test_a_sku_of_a_taobao_shop_is_priced_by_its_properties(
    after: int, item_price: str | None
) -> None:
    client, found = shop("taobao", taobao_item_sku_price_update={"sku": {}})
    told = outbound.set_prices(client, [change("11", after)])
    assert states(told) == {"a-11": ACCEPTED}
    asked = found.asked[0]
    assert (asked["num_iid"], asked["properties"]) == ("1", "1:11")
    assert asked["price"] == f"{after / 100:.2f}"
    assert asked.get("item_price") == item_price


def test_a_price_in_another_currency_or_without_its_product_is_not_sent() -> None:
    client, found = shop(tmall_item_price_update={})
    told = outbound.set_prices(
        client, [change("11", 100, currency="USD"), change("12", 100, None), change("9", 100, "9")]
    )
    assert set(states(told).values()) == {REJECTED}
    assert found.asked == []


def test_prices_are_read_back_by_listing() -> None:
    client, _ = shop()
    live = outbound.live_prices(client, [change("11", 1), change("2", 1, "2"), change("9", 1, "9")])
    assert (live["11"], live["2"]) == (
        Live(value=3_000, currency="CNY"),
        Live(value=3_000, currency="CNY"),
    )
    assert "9" not in live


def test_stock_is_set_to_what_it_is_to_be_and_not_by_a_difference() -> None:
    client, found = shop(taobao_skus_quantity_update={}, taobao_item_quantity_update={})
    told = outbound.set_stock(
        client, [change("TEA-1", 5, "1:11"), change("TEA-2", 6, "1:12"), change("CUP", 7, "2")]
    )
    assert set(states(told).values()) == {ACCEPTED}
    many, bare = found.asked
    assert (many["skuid_quantities"], many["type"]) == ("11:5;12:6", "1")
    assert (bare["num_iid"], bare["quantity"], bare["type"]) == ("2", "7", "1")


def test_no_more_than_twenty_skus_go_in_one_call() -> None:
    client, found = shop(taobao_skus_quantity_update={})
    changes = [change(f"S{number}", 1, f"1:{number:04}") for number in range(45)]
    outbound.set_stock(client, changes)
    assert [one["skuid_quantities"].count(":") for one in found.asked] == [20, 20, 5]


def test_stock_is_read_back_by_code_and_listing() -> None:
    client, _ = shop()
    changes = [change("TEA-1", 1, "1:11"), change("CUP", 1, "2"), change("GONE", 1, "1:99")]
    assert outbound.live_stock(client, changes) == {
        "TEA-1": Live(value=4, currency=None),
        "CUP": Live(value=7, currency=None),
    }


def grant(member: str, coupon: str | None = "77") -> Change:
    return change(member, 1, coupon, recipient=member, currency=None)


def test_success_of_a_grant_is_read_for_each_buyer() -> None:
    """The call succeeds even when every buyer failed."""
    answer = {
        "is_success": True,
        "failure_buyers": {"error_message": [{"ouid": "AAno", "reason": "Zora-Marked"}]},
        "coupon_results": {"coupon_result": [{"open_uid": "AAyes", "coupon_number": 1}]},
    }
    client, found = shop(taobao_promotion_coupon_send=answer)
    told = outbound.grant_coupons(client, [grant("AAyes"), grant("AAno"), grant("AAlost")])
    assert states(told) == {"a-AAyes": ACCEPTED, "a-AAno": REJECTED, "a-AAlost": UNKNOWN}
    assert all("Zora" not in (one.message or "") for one in told)
    assert all("AA" not in (one.message or "") for one in told)
    assert json.loads(found.asked[0]["ouid_data"])[0] == {"ouid": "AAyes"}


def test_success_for_nobody_is_no_success() -> None:
    failures = {"failure_buyers": {"error_message": [{"ouid": "AAx"}]}}
    client, _ = shop(taobao_promotion_coupon_send={"is_success": True, **failures})
    assert states(outbound.grant_coupons(client, [grant("AAx")])) == {"a-AAx": REJECTED}


def test_a_grant_goes_to_a_hundred_buyers_at_most_and_names_each_once() -> None:
    client, found = shop(taobao_promotion_coupon_send={"is_success": True})
    twice = [grant("AA1"), grant("AA1")]
    outbound.grant_coupons(client, [*twice, *(grant(f"AB{number}") for number in range(150))])
    sizes = [[one["ouid"] for one in json.loads(asked["ouid_data"])] for asked in found.asked]
    assert [len(some) for some in sizes] == [100, 51, 1]
    assert all(len(set(some)) == len(some) for some in sizes)


def test_a_grant_without_coupon_or_member_is_not_sent() -> None:
    client, found = shop(taobao_promotion_coupon_send={})
    nobody = change("AA", 1, "77")
    told = outbound.grant_coupons(client, [grant("AAx", None), nobody])
    assert set(states(told).values()) == {REJECTED}
    assert found.asked == []


def test_a_grant_that_may_have_happened_is_not_repeated() -> None:
    client, found = shop(taobao_promotion_coupon_send=refused(15, "isp.remote-service-timeout"))
    assert states(outbound.grant_coupons(client, [grant("AAx")])) == {"a-AAx": UNKNOWN}
    assert len(found.asked) == 1


def reply(oid: str, text: str) -> Change:
    return change(oid, 1, None, payload=encode(Reply(text=text)), currency=None)


def rates(*rows: dict[str, Any]) -> Callable[[dict[str, str]], Answer]:
    def answer(asked: dict[str, str]) -> Answer:
        start, end = (dt.datetime.fromisoformat(asked[name]) for name in ("start_date", "end_date"))
        assert end - start >= dt.timedelta(days=30)
        if asked["page_size"] == "1":
            return {"total_results": len(rows)}
        return {"total_results": len(rows), "trade_rates": {"trade_rate": list(rows)}}

    return answer


def test_a_review_that_somebody_answered_is_left_alone() -> None:
    rows = rates(
        recorded.review(1), recorded.review(2, reply="我们的"), recorded.review(3, reply="谢谢")
    )
    client, found = shop(
        taobao_traderates_get=rows, taobao_traderate_explain_add={"is_success": True}
    )
    changes = [reply("1", "谢谢"), reply("2", "谢谢"), reply("3", "谢谢")]
    told = states(outbound.send_replies(client, changes))
    assert told == {"a-1": ACCEPTED, "a-2": REJECTED, "a-3": ACCEPTED}
    sent = [one["oid"] for one in found.asked if one["method"] == "taobao.traderate.explain.add"]
    assert sent == ["1", "3"]
    live = outbound.REPLIES.live(client, [*changes, reply("4", "谢谢")])
    values = {"1": 0, "2": 0, "3": 1}
    assert live == {name: Live(value=value, currency=None) for name, value in values.items()}


def test_a_reply_is_five_hundred_characters_at_most() -> None:
    client, _ = shop(
        taobao_traderates_get=rates(), taobao_traderate_explain_add={"is_success": True}
    )
    changes = [reply("1", "好" * 501), reply("2", "好" * 500), change("3", 1, None)]
    told = states(outbound.send_replies(client, changes))
    assert told == {"a-1": REJECTED, "a-2": ACCEPTED, "a-3": REJECTED}


@pytest.mark.parametrize("answer", [{"is_success": False}, refused(15, "isv.over-thirty-days")])
def test_a_reply_that_is_not_taken_is_rejected(answer: Answer) -> None:
    client, _ = shop(taobao_traderates_get=rates(), taobao_traderate_explain_add=answer)
    assert states(outbound.send_replies(client, [reply("1", "谢谢")])) == {"a-1": REJECTED}


def test_a_taobao_shop_cannot_reply() -> None:
    client, _ = shop("taobao")
    assert states(outbound.send_replies(client, [reply("1", "谢谢")])) == {"a-1": REJECTED}
