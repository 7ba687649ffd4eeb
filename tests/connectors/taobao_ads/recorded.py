"""Answers of the platform about ads in their documented shape; all values are synthetic."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import SecretStr

from connectors.base.ad_days import Part
from connectors.taobao_ads.client import TaobaoAdsClient, TaobaoAdsSettings
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.streams import Context, Page

CONTEXT = Context("tm", "CNY", "Asia/Shanghai", dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC))
PEOPLE: tuple[str, ...] = ()
DATE = {"date": "Mon, 16 Nov 2026 05:00:00 GMT"}
FIRST, LAST = dt.date(2026, 11, 14), dt.date(2026, 11, 15)


def part(grain: str, kind: str, *, channel: str = "zhitongche", unit: str = "fen") -> str:
    return Part(channel, grain, kind, FIRST, LAST, unit).text


def rows(grain: str, kind: str, *found: Mapping[str, Any], unit: str = "fen") -> Page:
    """The text inside a report of the search ads."""
    return Page(json.dumps(found).encode(), part(grain, kind, unit=unit))


def base(date: str = "2026-11-14", **values: str) -> dict[str, str]:
    return {
        "date": date,
        "source": "SUMMARY",
        "campaignid": "31",
        "impressions": "1000",
        "click": "40",
        "cost": "12345",
        "aclick": "40",
        "ctr": "4.00",
        "cpc": "308.63",
        "cpm": "12345.00",
        **values,
    }


def effect(date: str = "2026-11-14", **values: str) -> dict[str, str]:
    return {
        "date": date,
        "source": "SUMMARY",
        "campaignid": "31",
        "directpay": "20000",
        "indirectpay": "5000",
        "directpaycount": "2",
        "indirectpaycount": "1",
        "carttotal": "9",
        **values,
    }


def campaigns(*found: dict[str, Any]) -> Page:
    body = {"campaigns": {"campaign": list(found)}} if found else {}
    return Page(json.dumps(body).encode(), part("campaign", "names"))


def adgroups(*found: dict[str, Any]) -> Page:
    listed = {"adgroup_list": {"a_d_group": list(found)}} if found else {}
    return Page(json.dumps({"adgroups": {"page_no": 1, **listed}}).encode(), part("sku", "names"))


def row(date: str = "2026-11-14", **values: Any) -> dict[str, Any]:
    return {
        "log_date": date,
        "campaign_id": 41,
        "item_id": 680000000000000001,
        "ad_pv": 500,
        "click": 20,
        "charge": "100.50",
        "alipay_inshop_num": 2,
        "alipay_inshop_amt": "250.00",
        "alipay_inshop_num_kuan": 3,
        "alipay_inshop_amt_kuan": "300.00",
        "ctr": "0.04",
        **values,
    }


def wanxiangtai(*found: dict[str, Any], unit: str = "yuan") -> Page:
    result: dict[str, Any] = {"success": True, "total_count": len(found)}
    if found:
        result["report_result_top_d_t_o_list"] = {"report_result_top_dto": list(found)}
    text = part("sku", "whole", channel="wanxiangtai", unit=unit)
    return Page(json.dumps({"result": result}).encode(), text)


ADGROUP = {"adgroup_id": 3101, "campaign_id": 31, "num_iid": 680000000000000001}
GROUP = {"adgroupid": "3101"}
KEYWORD = {**GROUP, "keywordid": "7", "keywordstr": "绿茶"}
PAGES = {
    "ads": [
        campaigns({"campaign_id": 31, "title": "爆款"}),
        rows("campaign", "base", base()),
        rows("campaign", "effect", effect()),
        rows("sku", "base", base(**GROUP)),
        rows("sku", "effect", effect(**GROUP)),
        adgroups(ADGROUP),
        rows("keyword", "base", base(**KEYWORD)),
        rows("keyword", "effect", effect(**KEYWORD)),
        wanxiangtai(row(), row(item_id=680000000000000003, charge="50.25")),
    ]
}
EMPTY = {"ads": [campaigns(), wanxiangtai()]}
UNKNOWN: dict[str, list[Page]] = {"ads": []}


def refused(code: int, sub_code: str = "") -> httpx.Response:
    error = {"code": code, "msg": "said", "sub_code": sub_code, "sub_msg": "said"}
    return httpx.Response(200, json={"error_response": error}, headers=DATE)


def inside(code: int, sub_code: str) -> httpx.Response:
    """A refusal in the text of a report that succeeded."""
    text = json.dumps({"code": code, "sub_code": sub_code, "sub_msg": "date.must.lt.one.month"})
    content = {"rpt_cust_base_list": text, "subway_token": "1102-x"}
    return httpx.Response(200, json={"any_response": content}, headers=DATE)


ERRORS: dict[str, tuple[httpx.Response, type[ShopkeeperError]]] = {
    "7": (refused(7, "accesscontrol.limited-by-api-access-count"), TransientSourceError),
    "11": (refused(11, "isv.permission-api-package-limit"), SourceRejectedError),
    "15 isp": (refused(15, "isp.remote-service-timeout"), TransientSourceError),
    "15 subway_token": (refused(15, "isv.invalid-parameter:subway_token"), SourceRejectedError),
    "27": (refused(27), SourceRejectedError),
    "a new code": (refused(99), SourceContractError),
    "15 isv in the text": (inside(15, "isv.missing-parameter"), SourceRejectedError),
    "15 isp in the text": (inside(15, "isp.service-busy"), TransientSourceError),
    "a new code in the text": (inside(99, ""), SourceContractError),
    "another shape": (
        httpx.Response(200, json={"any_response": {"subway_token": "1102-x"}}, headers=DATE),
        SourceContractError,
    ),
}


def opened(transport: httpx.BaseTransport, **settings: Any) -> TaobaoAdsClient:
    """A client of a live account behind the transport; waiting costs no time."""
    seconds = CONTEXT.read_at.timestamp()

    def sleep(more: float) -> None:
        nonlocal seconds
        seconds += more

    return TaobaoAdsClient(
        TaobaoAdsSettings(
            app_key="12345678",
            app_secret=SecretStr("a-secret"),
            session=SecretStr("a-session"),
            **settings,
        ),
        transport=transport,
        resolve=lambda host: ["203.119.206.1"],
        clock=lambda: seconds,
        sleep=sleep,
        wall_clock=lambda: seconds,
    )


def ask(transport: httpx.BaseTransport) -> None:
    """Ask for one report of an account behind the transport."""
    client = opened(transport)
    try:
        client.report("taobao.simba.rpt.custbase.get", {}, "rpt_cust_base_list")
    finally:
        client.close()
