"""Reports of ads: JSON text inside of JSON, fen here and yuan there, days that still grow."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from sandbox.taobao import ids
from sandbox.world.ads import ads_seen
from sandbox.world.demand import advance
from tests.sandbox.taobao_seller import SHANGHAI, Seller, selling

SUMS = ("impressions", "clicks", "spend_minor", "orders", "revenue_minor")


@pytest.fixture
def seller() -> Iterator[Seller]:
    with selling() as found:
        yield found


def token(seller: Seller) -> str:
    found: str = seller.call("taobao.simba.login.authsign.get")["subway_token"]
    return found


def yesterday(seller: Seller) -> date:
    return seller.world.clock.astimezone(SHANGHAI).date() - timedelta(days=1)


def report(seller: Seller, name: str, **given: Any) -> Any:
    day = yesterday(seller)
    asked = {
        "subway_token": token(seller),
        "start_time": day - timedelta(days=2),
        "end_time": day,
        "source": "1,2",
        "search_type": "SEARCH",
        "page_size": 500,
        **given,
    }
    own = name.removesuffix("base").removesuffix("effect")
    kind = name.removeprefix(own)
    return seller.text(f"taobao.simba.rpt.{name}.get", f"rpt_{own}_{kind}_list", **asked)


def shown(seller: Seller, product: str, days: int = 3) -> pl.DataFrame:
    first = yesterday(seller) - timedelta(days=days - 1)
    seen = ads_seen(seller.world, seller.world.clock)
    return seen.filter((pl.col("product") == product) & (pl.col("date") >= first))


def total(rows: list[dict[str, str]], *names: str) -> int:
    return sum(int(row[name]) for row in rows for name in names)


def test_every_grain_of_the_search_ads_adds_up_to_what_was_shown(seller: Seller) -> None:
    expected = shown(seller, "zhitongche").select(SUMS).sum().row(0)
    found: dict[str, list[dict[str, str]]] = {"cust": report(seller, "custbase")}
    effects: dict[str, list[dict[str, str]]] = {"cust": report(seller, "custeffect")}
    listed = seller.call("taobao.simba.campaigns.get")["campaigns"]["campaign"]
    for campaign in listed:
        own = {"campaign_id": campaign["campaign_id"]}
        page = seller.call("taobao.simba.adgroupsbycampaignid.get", **own, page_no=1, page_size=200)
        for name in ("campaign", "campadgroup"):
            found.setdefault(name, []).extend(report(seller, f"{name}base", **own))
            effects.setdefault(name, []).extend(report(seller, f"{name}effect", **own))
        for adgroup in page["adgroups"]["adgroup_list"]["a_d_group"]:
            assert adgroup["num_iid"] > ids.ITEM
            one = {**own, "adgroup_id": adgroup["adgroup_id"]}
            for name in ("adgroup", "adgroupkeyword"):
                found.setdefault(name, []).extend(report(seller, f"{name}base", **one))
                effects.setdefault(name, []).extend(report(seller, f"{name}effect", **one))
    for name, rows in found.items():
        sums = (total(rows, "impressions"), total(rows, "click"), total(rows, "cost"))
        assert sums == expected[:3], name
        orders = total(effects[name], "directpaycount", "indirectpaycount")
        assert (orders, total(effects[name], "directpay", "indirectpay")) == expected[3:], name
    assert len(found["adgroupkeyword"]) == shown(seller, "zhitongche").height


def test_an_empty_report_is_an_empty_object(seller: Seller) -> None:
    assert report(seller, "custbase", source="2") == {}
    assert report(seller, "campaignbase", campaign_id=31_001, search_type="NOSEARCH") == {}
    assert report(seller, "custbase", page_no=2) == {}


def test_what_is_wrong_with_the_days_is_said_inside_of_the_text(seller: Seller) -> None:
    long_ago = yesterday(seller) - timedelta(days=40)
    error = report(seller, "custbase", start_time=long_ago)
    assert (error["code"], error["sub_msg"]) == (15, "date.must.lt.one.month")
    today = yesterday(seller) + timedelta(days=1)
    assert report(seller, "custbase", end_time=today)["code"] == 15


def test_reports_ask_for_a_token_of_their_own(seller: Seller) -> None:
    day = yesterday(seller)
    asked = {"start_time": day, "end_time": day, "source": "SUMMARY"}
    assert seller.error("taobao.simba.rpt.custbase.get", **asked)[0] == 40
    wrong = seller.error("taobao.simba.rpt.custbase.get", **asked, subway_token="x")
    assert wrong[0] == 15
    old = token(seller)
    advance(seller.world, 24)
    assert seller.error("taobao.simba.rpt.custbase.get", **asked, subway_token=old)[0] == 15


def test_recent_days_still_grow_and_what_was_spent_does_not(seller: Seller) -> None:
    day = yesterday(seller)
    asked = {"start_time": day, "end_time": day}
    before = (report(seller, "custbase", **asked), report(seller, "custeffect", **asked))
    advance(seller.world, 24 * 7)
    after = (report(seller, "custbase", **asked), report(seller, "custeffect", **asked))
    assert after[0] == before[0]
    pays = [total(rows, "directpay", "indirectpay") for rows in (before[1], after[1])]
    assert pays[0] < pays[1]


def test_the_day_in_typed_rows_is_all_text(seller: Seller) -> None:
    answer = seller.call("taobao.simba.rtrpt.campaign.get", the_date=yesterday(seller))
    rows = answer["resultss"]["rt_rpt_result_entity_d_t_o"]
    assert {row["campaignid"] for row in rows} == {"31001", "31002", "31003"}
    assert all(isinstance(value, str) for row in rows for value in row.values())
    spent = sum(shown(seller, "zhitongche", days=1)["spend_minor"].to_list())
    assert total(rows, "cost") == spent


def test_the_other_ads_are_typed_rows_in_yuan_by_campaign_and_item(seller: Seller) -> None:
    day = yesterday(seller)
    query = {"start_time": str(day - timedelta(days=2)), "end_time": str(day)}
    name = "taobao.onebp.dkx.report.report"
    context = json.dumps({"biz_code": "adStrategyDkx"})
    asked = {"report_query": json.dumps(query), "api_service_context": context}
    result = seller.call(f"{name}.campaign.daylist", **asked)["result"]
    rows = result["report_result_top_d_t_o_list"]["report_result_top_dto"]
    frame = shown(seller, "wanxiangtai")
    assert result["success"] is True
    assert result["total_count"] == len(rows)
    spent = sum(frame["spend_minor"].to_list())
    assert sum(int(Decimal(row["charge"]) * 100) for row in rows) == spent
    earned = sum(frame["revenue_minor"].to_list())
    assert sum(int(Decimal(row["alipay_inshop_amt"]) * 100) for row in rows) == earned
    assert {row["item_id"] - ids.ITEM for row in rows} == set(frame["product_id"])
    account = seller.call(f"{name}.account.daylist", report_query=json.dumps(query))["result"]
    assert account["total_count"] == 3
    one = json.dumps({**query, "campaign_id_list": [41_002]})
    own = seller.call(f"{name}.campaign.daylist", **{**asked, "report_query": one})["result"]
    assert own["total_count"] == 12
    assert seller.error(f"{name}.account.daylist")[0] == 40
    empty = seller.call(f"{name}.account.realtime", **asked)["result"]
    assert empty == {"success": True, "total_count": 0}
