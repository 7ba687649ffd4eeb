"""kuaidi100's answers as documented, with synthetic values: what the compliance suite judges."""

import datetime as dt
import json
from typing import Any

import httpx
from pydantic import SecretStr

from connectors.kuaidi100.client import Kuaidi100Client, Kuaidi100Settings
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.streams import Context, Page

CONTEXT = Context("shop", "CNY", "Asia/Shanghai", dt.datetime(2026, 11, 22, 5, tzinfo=dt.UTC))
PEOPLE = ("Zora-Marked", "13800001234")
SETTINGS = Kuaidi100Settings(customer="TESTCUSTOMER", key=SecretStr("testKey123"))


def event(time: str, status: str, context: str = "scanned") -> dict[str, Any]:
    """One scan, as `resultv2` 1 tells it."""
    told = {"time": time, "ftime": time, "context": context, "location": "", "status": status}
    return {**told, "areaCode": None, "areaName": None}


def track(carrier: str, number: str, state: str, *newest_first: dict[str, Any]) -> dict[str, Any]:
    """What is known of a waybill."""
    return {
        "message": "ok",
        "nu": number,
        "ischeck": "1" if state == "3" else "0",
        "condition": "F00" if state == "3" else "00",
        "com": carrier,
        "status": "200",
        "state": state,
        "data": list(newest_first),
    }


def refused(code: str) -> dict[str, Any]:
    """A refusal, as it comes inside HTTP 200."""
    return {"result": False, "returnCode": code, "message": "查询无结果，请隔段时间再查"}


def page(shipment_id: str, body: dict[str, Any]) -> Page:
    """The answer about one parcel."""
    return Page(json.dumps(body, ensure_ascii=False).encode(), shipment_id)


_ARRIVED = track(
    "yuantong",
    "YT900001",
    "3",
    event("2026-11-20 15:04:05", "签收", "signed for by Zora-Marked"),
    event("2026-11-20 09:00:00", "派件", "courier 13800001234"),
    event("2026-11-19 02:10:00", "在途"),
    event("2026-11-18 20:00:00", "揽收"),
)
_UNDER_WAY = track("zhongtong", "ZT900002", "0", event("2026-11-21 23:30:00", "在途"))

PAGES = {
    "shipment_events": [
        page("yuantong:YT900001", _ARRIVED),
        page("zhongtong:ZT900002", _UNDER_WAY),
        page("yuantong:YT900003", refused("500")),
    ]
}
EMPTY = {"shipment_events": [page("yuantong:YT900003", refused("500"))]}
UNKNOWN = {
    "shipment_events": [
        page("jd:JD900004", track("jd", "JD900004", "99", event("2026-11-21 08:00:00", "在途"))),
        page("jd:JD900005", track("jd", "JD900005", "0", event("2026-11-21 08:00:00", "飞天"))),
    ]
}


def _answer(code: str) -> httpx.Response:
    return httpx.Response(200, json=refused(code))


ERRORS: dict[str, tuple[httpx.Response, type[ShopkeeperError]]] = {
    "501": (_answer("501"), TransientSourceError),
    "502": (_answer("502"), TransientSourceError),
    "503": (_answer("503"), SourceRejectedError),
    "601": (_answer("601"), SourceRejectedError),
    "699": (_answer("699"), SourceContractError),
    "no code": (httpx.Response(200, json={"message": "?"}), SourceContractError),
    "no JSON": (httpx.Response(200, text="<html>"), SourceContractError),
    "http 429": (httpx.Response(429), TransientSourceError),
    "http 502": (httpx.Response(502), TransientSourceError),
    "http 403": (httpx.Response(403), SourceRejectedError),
}


def client(transport: httpx.BaseTransport, **values: Any) -> Kuaidi100Client:
    """A client whose waiting costs no time."""
    return Kuaidi100Client(
        SETTINGS.model_copy(update=values),
        transport=transport,
        resolve=lambda _: ["93.184.216.34"],
        sleep=lambda _: None,
    )


def ask(transport: httpx.BaseTransport) -> None:
    """Ask where one parcel is."""
    opened = client(transport)
    try:
        opened.ask("yuantong", "YT900001")
    finally:
        opened.close()
