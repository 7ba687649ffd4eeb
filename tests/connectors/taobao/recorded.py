"""Answers of the platform in their documented shape; all values are synthetic."""

import datetime as dt
import json
from typing import Any

import httpx
from pydantic import SecretStr

from connectors.taobao.client import TaobaoClient, TaobaoSettings
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.streams import Context, Page

CONTEXT = Context("tm", "CNY", "Asia/Shanghai", dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC))
PEOPLE = ("Zora-Marked", "AAZora-marked-uid", "zora@marked.example", "Marked Lane 7")
_ZORA = "AAZora-marked-uid"
DATE = {"date": "Mon, 16 Nov 2026 05:00:00 GMT"}


def page(part: str, outer: str, inner: str, *rows: dict[str, Any]) -> Page:
    """An answer without its envelope; an empty list is left out, as the platform does."""
    lists = {outer: {inner: list(rows)}} if rows else {}
    return Page(json.dumps({**lists, "request_id": "0a"}, ensure_ascii=False).encode(), part)


def line(oid: int, **values: Any) -> dict[str, Any]:
    """A line of 2 pieces at 30.00, less 5.00 of its own and 5.00 of the trade's discount."""
    return {
        "oid": oid,
        "num": 2,
        "price": "30.00",
        "status": "TRADE_FINISHED",
        "num_iid": 680000000000000001,
        "sku_id": "5100000000000000001",
        "outer_iid": "TEA",
        "outer_sku_id": "TEA-1",
        "total_fee": "55.00",
        "discount_fee": "5.00",
        "adjust_fee": "0.00",
        "part_mjz_discount": "5.00",
        "divide_order_fee": "50.00",
        "refund_status": "NO_REFUND",
        "consign_time": "2026-11-11 09:00:00",
        "logistics_company": "圆通速递",
        "invoice_no": "YT1",
        **values,
    }


def trade(tid: int, *lines: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A finished trade of the lines, with postage of 6.00."""
    found = lines or (line(tid),)
    goods = sum(float(one["divide_order_fee"]) for one in found)
    return {
        "tid": tid,
        "type": "fixed",
        "status": "TRADE_FINISHED",
        "created": "2026-11-10 23:59:00",
        "modified": "2026-11-15 10:00:00",
        "pay_time": "2026-11-11 00:01:00",
        "end_time": "2026-11-15 10:00:00",
        "consign_time": "2026-11-11 09:00:00",
        "payment": f"{goods + 6:.2f}",
        "post_fee": "6.00",
        "buyer_open_uid": _ZORA,
        "orders": {"order": list(found)},
        **values,
    }


def trades(*rows: dict[str, Any]) -> Page:
    return page("trades", "trades", "trade", *rows)


def refund(number: int, **values: Any) -> dict[str, Any]:
    return {
        "refund_id": str(number),
        "tid": 2600000000000000001,
        "oid": 2700000000000000001,
        "status": "SUCCESS",
        "created": "2026-11-12 10:00:00",
        "modified": "2026-11-13 10:00:00",
        "refund_fee": "50.00",
        "has_good_return": True,
        "num": 2,
        "reason": "质量问题",
        **values,
    }


def item(num_iid: int, *skus: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "num_iid": num_iid,
        "title": "绿茶",
        "price": "30.00",
        "num": 9,
        "approve_status": "onsale",
        "cid": 50000001,
        "outer_id": "TEA",
        "created": "2026-01-01 00:00:00",
        "modified": "2026-11-01 00:00:00",
        **({"skus": {"sku": list(skus)}} if skus else {}),
        **values,
    }


def sku(sku_id: int, **values: Any) -> dict[str, Any]:
    return {
        "sku_id": sku_id,
        "price": "30.00",
        "quantity": 4,
        "outer_id": f"TEA-{sku_id % 10}",
        "properties": f"1:{sku_id}",
        "properties_name": f"1:{sku_id}:规格:{sku_id % 10}00g",
        "created": "2026-01-01 00:00:00",
        "modified": "2026-11-02 00:00:00",
        **values,
    }


def items(*rows: dict[str, Any]) -> Page:
    return page("items", "items", "item", *rows)


def review(oid: int, **values: Any) -> dict[str, Any]:
    return {
        "tid": 2600000000000000001,
        "oid": oid,
        "result": "bad",
        "created": "2026-11-14 20:00:00",
        "num_iid": 680000000000000001,
        "ouid": _ZORA,
        "content": "Zora-Marked, zora@marked.example, Marked Lane 7: 太慢",
        "reply": "",
        **values,
    }


def reviews(*rows: dict[str, Any]) -> Page:
    return page("reviews", "trade_rates", "trade_rate", *rows)


def member(ouid: str, **values: Any) -> dict[str, Any]:
    return {
        "buyer_nick": "Zora-Marked",
        "ouid": ouid,
        "status": "normal",
        "grade": 1,
        "grade_name": "普通会员",
        "trade_count": 3,
        "trade_amount": "168.00",
        "item_num": 6,
        "close_trade_count": 0,
        "close_trade_amount": "0.00",
        "last_trade_time": "2026-11-10 23:59:00",
        "relation_source": 1,
        **values,
    }


def members(*rows: dict[str, Any]) -> Page:
    return page("members", "members", "basic_member", *rows)


def coupon(number: int, **values: Any) -> dict[str, Any]:
    return {
        "coupon_id": number,
        "denominations": 500,
        "condition": 2000,
        "creat_time": "2026-11-01 00:00:00",
        "end_time": "2026-12-01 00:00:00",
        "create_channel": "自己创建",
        **values,
    }


def coupons(*rows: dict[str, Any], unit: str = "fen") -> Page:
    return page(unit, "coupons", "coupon", *rows)


_FIRST = trade(
    2600000000000000001,
    line(2700000000000000001),
    line(2700000000000000002, outer_sku_id="TEA-2", sku_id="5100000000000000002"),
)
_SECOND = trade(
    2600000000000000003,
    modified="2026-11-16 09:00:00",
    status="WAIT_SELLER_SEND_GOODS",
)
_PRODUCTS = (
    item(680000000000000001, sku(5100000000000000001), sku(5100000000000000002)),
    item(680000000000000003, outer_id="CUP", approve_status="instock"),
)
PAGES = {
    "orders": [trades(_FIRST), trades(_SECOND)],
    "refunds": [page("refunds", "refunds", "refund", refund(1), refund(2, status="CLOSED"))],
    "items": [items(_PRODUCTS[0]), items(_PRODUCTS[1])],
    "reviews": [
        reviews(review(2700000000000000001)),
        reviews(review(2700000000000000002, result="good", reply="谢谢 Zora-Marked")),
    ],
    "members": [members(member(_ZORA), member("AAother"))],
    "coupons": [coupons(coupon(1)), coupons(coupon(2, end_time="2026-11-10 00:00:00"))],
}
EMPTY = {
    "orders": [trades()],
    "refunds": [page("refunds", "refunds", "refund")],
    "items": [items()],
    "reviews": [reviews()],
    "members": [members()],
    "coupons": [coupons()],
}
UNKNOWN: dict[str, list[Page]] = {
    "orders": [trades(trade(2600000000000000009, status="WAIT_FOR_RAIN"))],
    "refunds": [page("refunds", "refunds", "refund", refund(9, status="UNDECIDED"))],
    "items": [items(item(680000000000000009, sku(5100000000000000009), approve_status="lent"))],
    "reviews": [reviews(review(2700000000000000009, result="superb"))],
    "members": [],
    "coupons": [],
}


def refused(code: int, sub_code: str = "", sub_msg: str = "Zora-Marked") -> httpx.Response:
    error = {"code": code, "msg": "Zora-Marked", "sub_code": sub_code, "sub_msg": sub_msg}
    return httpx.Response(200, json={"error_response": error}, headers=DATE)


_BAN = "This ban will last for 1 more seconds"
_LIMITED = "accesscontrol.limited-by-{}-access-count"
_FINAL = (3, 4, 5, 6, 9, 11, 12, 13, *range(21, 35), 40, 41, 42, 43, 53)
ERRORS: dict[str, tuple[httpx.Response, type[ShopkeeperError]]] = {
    **{f"{code}": (refused(code, "isv.any"), SourceRejectedError) for code in _FINAL},
    **{
        f"7 {rule}": (refused(7, _LIMITED.format(rule), _BAN), TransientSourceError)
        for rule in ("app", "api", "app-api", "dynamic")
    },
    "8": (refused(8), TransientSourceError),
    "10": (refused(10), TransientSourceError),
    "15 isp": (refused(15, "isp.remote-service-timeout"), TransientSourceError),
    "15 isv": (refused(15, "isv.item-not-exist"), SourceRejectedError),
    "15 without a sub code": (refused(15), SourceContractError),
    "a new code": (refused(99), SourceContractError),
    "a new code of theirs": (refused(560, "isp.item-service-error"), TransientSourceError),
    "a new code of ours": (refused(560, "isv.item-is-locked"), SourceRejectedError),
    "http 502": (httpx.Response(502, headers=DATE), TransientSourceError),
    "http 403": (httpx.Response(403, headers=DATE), SourceRejectedError),
    "no envelope": (httpx.Response(200, json={"a": 1}, headers=DATE), SourceContractError),
    "another shape": (httpx.Response(200, text="<html>", headers=DATE), SourceContractError),
}


class Waiting:
    """Clocks that go on by what was slept."""

    def __init__(self) -> None:
        self.seconds = CONTEXT.read_at.timestamp()

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def opened(transport: httpx.BaseTransport, **settings: Any) -> TaobaoClient:
    """A client of a live shop behind the transport; waiting costs no time."""
    waiting = Waiting()
    given = {"session": SecretStr("a-session"), **settings}
    return TaobaoClient(
        TaobaoSettings(app_key="12345678", app_secret=SecretStr("a-secret"), **given),
        transport=transport,
        resolve=lambda host: ["203.119.206.1"],
        clock=waiting.now,
        sleep=waiting.sleep,
        wall_clock=waiting.now,
    )


def ask(transport: httpx.BaseTransport) -> None:
    """Ask for one list of a shop behind the transport."""
    client = opened(transport)
    try:
        client.read("taobao.refunds.receive.get", {"fields": "refund_id"})
    finally:
        client.close()
