"""Members, coupons and reviews: who gets a coupon, and what the shop answers."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from sandbox.taobao import ids
from sandbox.taobao.members import is_blocked, is_member
from sandbox.world.demand import advance
from tests.sandbox.taobao_seller import Seller, beijing, selling

SEND = "taobao.promotion.coupon.send"
RATES = "taobao.traderates.get"
GOT = {"rate_type": "get", "role": "buyer"}


@pytest.fixture
def seller() -> Iterator[Seller]:
    with selling() as found:
        yield found


def coupon(seller: Seller, **given: Any) -> int:
    asked = {
        "denominations": 10,
        "condition": 59,
        "end_time": beijing(seller.world.clock + timedelta(days=10)),
        **given,
    }
    found: int = seller.call("taobao.promotion.coupon.add", **asked)["coupon_id"]
    return found


def households(seller: Seller) -> list[int]:
    found: list[int] = seller.world.customers["household_id"].to_list()
    return found


def ouids(members: list[int]) -> str:
    return json.dumps([{"ouid": ids.open_uid(member)} for member in members])


def test_a_coupon_is_made_in_yuan_and_listed_in_fen(seller: Seller) -> None:
    coupon_id = coupon(seller)
    found = seller.call("taobao.promotion.coupons.get")
    assert found["total_results"] == 1
    row = found["coupons"]["coupon"][0]
    assert row["coupon_id"] == coupon_id > 2**53
    assert (row["denominations"], row["condition"]) == (1000, 5900)
    assert "coupons" not in seller.call("taobao.promotion.coupons.get", denominations=5)


@pytest.mark.parametrize(
    "given", [{"denominations": 7}, {"end_time": "2026-01-01 00:00:00"}, {"condition": 10}]
)
def test_a_coupon_the_platform_does_not_make(seller: Seller, given: dict[str, Any]) -> None:
    end = beijing(seller.world.clock + timedelta(days=1))
    asked = {"denominations": 10, "end_time": end, **given}
    assert seller.error("taobao.promotion.coupon.add", **asked)[0] == 41


def test_fifty_coupons_can_be_live_and_twenty_are_on_a_page(seller: Seller) -> None:
    coupon(seller, end_time=beijing(seller.world.clock + timedelta(days=1)))
    for _ in range(49):
        coupon(seller)
    end = beijing(seller.world.clock + timedelta(days=1))
    asked = {"denominations": 3, "end_time": end}
    assert seller.error("taobao.promotion.coupon.add", **asked)[0] == 15
    page = seller.call("taobao.promotion.coupons.get", page_no=3)
    assert (page["total_results"], len(page["coupons"]["coupon"])) == (50, 10)
    advance(seller.world, 25)
    coupon(seller)


def test_sending_succeeds_even_when_nobody_gets_it(seller: Seller) -> None:
    strangers = [one for one in households(seller) if not is_member(one)][:3]
    answer = seller.call(SEND, coupon_id=coupon(seller), ouid_data=ouids(strangers))
    assert answer["is_success"] is True
    assert "coupon_results" not in answer
    failed = answer["failure_buyers"]["error_message"]
    assert [one["ouid"] for one in failed] == [ids.open_uid(one) for one in strangers]
    assert {one["reason"] for one in failed} == {"买家不是店铺会员"}
    assert [write["kind"] for write in seller.world.writes] == ["add_coupon"]


def test_each_buyer_has_an_outcome_of_its_own(seller: Seller) -> None:
    members = [one for one in households(seller) if is_member(one) and not is_blocked(one)]
    blocked = [one for one in households(seller) if is_member(one) and is_blocked(one)]
    stranger = [one for one in households(seller) if not is_member(one)]
    sent = [members[0], stranger[0], members[1], *blocked[:1], 7_777_777]
    answer = seller.call(SEND, coupon_id=coupon(seller), ouid_data=ouids(sent))
    got = answer["coupon_results"]["coupon_result"]
    assert [one["ouid"] for one in got] == [ids.open_uid(one) for one in members[:2]]
    assert len({one["coupon_number"] for one in got}) == 2
    failed = answer["failure_buyers"]["error_message"]
    assert len(failed) == len(sent) - 2
    assert seller.world.writes[-1]["after"] == members[:2]


def test_coupons_are_sent_by_id_and_never_by_a_masked_nick(seller: Seller) -> None:
    chosen = next(one for one in households(seller) if is_member(one) and not is_blocked(one))
    coupon_id = coupon(seller)
    assert seller.call(SEND, coupon_id=coupon_id, buyer_ids=ids.open_uid(chosen))["coupon_results"]
    answer = seller.call(SEND, coupon_id=coupon_id, buyer_nick="t**")
    assert answer["failure_buyers"]["error_message"][0]["buyer_nick"] == "t**"


def test_more_than_a_hundred_buyers_or_none_are_refused(seller: Seller) -> None:
    coupon_id = coupon(seller)
    many = ouids([households(seller)[0]] * 101)
    assert seller.error(SEND, coupon_id=coupon_id, ouid_data=many)[0] == 41
    assert seller.error(SEND, coupon_id=coupon_id)[0] == 40


def test_a_coupon_that_is_unknown_or_over_is_not_sent(seller: Seller) -> None:
    end = beijing(seller.world.clock + timedelta(hours=1))
    coupon_id = coupon(seller, end_time=end)
    one = ouids(households(seller)[:1])
    assert seller.error(SEND, coupon_id=1, ouid_data=one) == (15, "isv.coupon-not-exist")
    advance(seller.world, 2)
    assert seller.error(SEND, coupon_id=coupon_id, ouid_data=one) == (15, "isv.coupon-expired")


def test_members_are_who_bought_with_what_they_spent(seller: Seller) -> None:
    answer = seller.call("taobao.crm.members.get", current_page=1, page_size=100)
    assert answer["total_result"] == len(households(seller))
    rows = {row["ouid"]: row for row in answer["members"]["basic_member"]}
    chosen = households(seller)[0]
    own = seller.world.orders.filter(
        (pl.col("household_id") == chosen) & pl.col("cancelled_at").is_null()
    )
    row = rows[ids.open_uid(chosen)]
    assert row["trade_count"] + row["close_trade_count"] >= own.height
    assert row["buyer_nick"].endswith("**")
    outside = [row["ouid"] for row in rows.values() if row["grade"] == 0]
    assert set(outside) <= {ids.open_uid(one) for one in households(seller) if not is_member(one)}
    last = seller.call("taobao.crm.members.search", current_page=999, page_size=100)
    assert "members" not in last
    assert seller.error("taobao.crm.members.get", page_size=100)[0] == 40


def test_members_are_read_by_when_something_happened_to_them(seller: Seller) -> None:
    asked = {"current_page": 1, "start_modify": beijing(seller.world.clock)}
    assert seller.call("taobao.crm.members.increment.get", **asked)["total_result"] == 0
    advance(seller.world, 24)
    now = beijing(seller.world.clock)
    found = seller.call("taobao.crm.members.increment.get", **asked, end_modify=now)
    assert found["members"]["basic_member"]


def test_reviews_are_those_of_half_a_year_the_newest_first(seller: Seller) -> None:
    fields = "tid,oid,result,created,content,nick,num_iid,reply"
    rows = seller.pages(RATES, "trade_rates", "trade_rate", fields=fields, **GOT, page_size=150)
    by_page = seller.call(RATES, fields="created", **GOT)["trade_rates"]["trade_rate"]
    assert len(rows) == seller.world.reviews.height
    assert [row["created"] for row in by_page] == sorted(
        (row["created"] for row in by_page), reverse=True
    )
    assert {row["result"] for row in rows} == {"good", "neutral", "bad"}
    replied = seller.world.reviews["reply"].drop_nulls().to_list()
    assert sorted(row["reply"] for row in rows if "reply" in row) == sorted(replied)
    given = {"rate_type": "give", "role": "seller"}
    assert seller.call(RATES, fields=fields, **given)["total_results"] == 0


def test_one_span_answers_fifteen_hundred_reviews_at_most(seller: Seller) -> None:
    copies = [
        seller.world.reviews.with_columns(review_id=pl.col("review_id") + 10**12 * at)
        for at in range(12)
    ]
    seller.world.reviews = pl.concat(copies)
    assert seller.world.reviews.height > 1500
    asked = {"fields": "tid", **GOT, "page_size": 150}
    assert seller.call(RATES, **asked)["total_results"] == 1500
    assert "trade_rates" not in seller.call(RATES, **asked, page_no=11)
    half = beijing(seller.world.clock - timedelta(days=20))
    parts = [seller.call(RATES, **asked, **{name: half})["total_results"]
             for name in ("start_date", "end_date")]  # fmt: skip
    assert sum(parts) > 1500
    assert seller.error(RATES, **asked, page_no=201)[0] == 41
    assert seller.error(RATES, fields="tid", **GOT, page_size=151)[0] == 41


def test_an_explanation_stands_under_its_review(seller: Seller) -> None:
    row = seller.call(RATES, fields="oid,tid,content", **GOT)["trade_rates"]["trade_rate"][0]
    answer = seller.call("taobao.traderate.explain.add", oid=row["oid"], reply="感谢您的反馈")
    assert answer["is_success"] is True
    again = seller.call(RATES, fields="oid,reply", **GOT, tid=row["tid"])
    assert again["trade_rates"]["trade_rate"] == [{"oid": row["oid"], "reply": "感谢您的反馈"}]
    feed = seller.call("tmall.traderate.feeds.get", child_trade_id=row["oid"])
    assert feed["tmall_rate_info"]["content"] == row["content"]
    assert seller.world.writes[-1]["kind"] == "reply_review"


def test_what_is_too_long_too_late_or_unknown_is_not_explained(seller: Seller) -> None:
    explain = "taobao.traderate.explain.add"
    rows = seller.pages(RATES, "trade_rates", "trade_rate", fields="oid,created", **GOT)
    newest = max(rows, key=lambda row: row["created"])["oid"]
    oldest = min(rows, key=lambda row: row["created"])["oid"]
    assert seller.error(explain, oid=newest, reply="长" * 501)[0] == 41
    assert seller.error(explain, oid=newest, reply="")[0] == 40
    assert seller.error(explain, oid=oldest, reply="谢谢")[1] == "isv.traderate-explain-expired"
    assert seller.error(explain, oid=1, reply="谢谢")[1] == "isv.traderate-not-exist"
    assert seller.world.writes == []
    seller.call(explain, oid=newest, reply="长" * 500)
