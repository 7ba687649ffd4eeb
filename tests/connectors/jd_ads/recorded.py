"""Answers of the platform about ads in their documented shape; all values are synthetic."""

import datetime as dt
import json
from typing import Any

import httpx
from pydantic import SecretStr

from connectors.base.ad_days import Part
from connectors.jd_ads.client import SUMS, JdAdsClient, JdAdsSettings
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.streams import Context, Page

CONTEXT = Context("jd", "CNY", "Asia/Shanghai", dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC))
PEOPLE: tuple[str, ...] = ()
DATE = {"date": "Mon, 16 Nov 2026 05:00:00 GMT"}
FIRST, LAST = dt.date(2026, 11, 14), dt.date(2026, 11, 15)


def part(channel: str, kind: str = "rows", unit: str = "yuan") -> str:
    return Part(channel, "campaign", kind, FIRST, LAST, unit).text


def figure(campaign: int = 31, date: str = "20261114", **figures: str | None) -> dict[str, Any]:
    """A day of a campaign in the older report; a figure of None is left out."""
    told = {
        "CampaignId": str(campaign),
        "CampaignName": "茶 搜索",
        "Cost": "123.45",
        "Impressions": "1000",
        "Clicks": "40",
        "TotalOrderCnt": "3",
        "TotalOrderSum": "250.00",
        "CTR": "4.00",
        **figures,
    }
    kept = {name: value for name, value in told.items() if value is not None}
    return {"id": campaign, "pin": "a-shop", "date": date, "figureData": kept}


def sums(*rows: dict[str, Any], unit: str = "yuan") -> Page:
    result = {"success": True, "resultCode": "0", "total": len(rows), "value": list(rows)}
    body = {"code": "0", "querycampdailysum_result": result}
    return Page(json.dumps(body).encode(), part("kuaiche", "sums", unit))


def row(campaign: int = 71, date: str = "2026-11-14", **values: Any) -> dict[str, Any]:
    """A day of a campaign."""
    return {
        "campaignId": campaign,
        "campaignName": "茶 海投",
        "clickDate": date,
        "cost": "50.00",
        "impressions": 500,
        "clicks": 10,
        "totalOrderCnt": 1,
        "totalOrderSum": "60.00",
        "CPC": "5.00",
        **values,
    }


def rows(*found: dict[str, Any], channel: str = "haitou", unit: str = "yuan") -> Page:
    data = {"datas": list(found), "paginator": {"pageNum": 1, "pageSize": 100, "items": len(found)}}
    body = {"code": "0", "data": {"success": True, "code": 1, "data": data}}
    return Page(json.dumps(body).encode(), part(channel, unit=unit))


PAGES = {
    "ads": [
        sums(figure(), figure(date="20261115")),
        rows(row(32, "2026-11-15"), channel="kuaiche"),
        rows(row(), row(72)),
    ]
}
EMPTY = {"ads": [sums(), rows(channel="kuaiche"), rows()]}
UNKNOWN: dict[str, list[Page]] = {"ads": []}


def answered(method: str, page: Page) -> httpx.Response:
    """A page in its envelope, which is misspelt."""
    name = f"{method.replace('.', '_')}_responce"
    return httpx.Response(200, json={name: json.loads(page.body)}, headers=DATE)


def refused(code: str) -> httpx.Response:
    error = {"code": code, "zh_desc": "secret text", "en_desc": "secret text"}
    return httpx.Response(200, json={"error_response": error}, headers=DATE)


def _failed(code: str) -> httpx.Response:
    result = {"success": False, "resultCode": code, "errorMsg": "secret text"}
    name = f"{SUMS.replace('.', '_')}_responce"
    inside = {"code": "0", "querycampdailysum_result": result}
    return httpx.Response(200, json={name: inside}, headers=DATE)


ERRORS: dict[str, tuple[httpx.Response, type[ShopkeeperError]]] = {
    "12": (refused("12"), SourceRejectedError),
    "19": (refused("19"), SourceRejectedError),
    "2": (refused("2"), TransientSourceError),
    "65": (refused("65"), TransientSourceError),
    "a new code": (refused("10100123"), SourceContractError),
    "a report that failed": (_failed("1001"), SourceRejectedError),
    "another report": (answered(SUMS, rows()), SourceContractError),
    "http 502": (httpx.Response(502, headers=DATE), TransientSourceError),
    "no envelope": (httpx.Response(200, json={"a": 1}, headers=DATE), SourceContractError),
}


def opened(transport: httpx.BaseTransport, **settings: Any) -> JdAdsClient:
    """A client of a live account behind the transport; waiting costs no time."""
    seconds = CONTEXT.read_at.timestamp()

    def sleep(more: float) -> None:
        nonlocal seconds
        seconds += more

    given = {"access_token": SecretStr("a-token"), **settings}
    return JdAdsClient(
        JdAdsSettings(app_key="12345678", app_secret=SecretStr("a-secret"), **given),
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
        client.read(SUMS, {"pageIndex": 1})
    finally:
        client.close()
