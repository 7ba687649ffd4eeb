"""Answers of the platform in their documented shape; all values are synthetic."""

import datetime as dt
import json
from typing import Any

import httpx
from pydantic import SecretStr

from connectors.jd import codes
from connectors.jd.client import JdClient, JdSettings
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.streams import Context, Page

CONTEXT = Context("jd", "CNY", "Asia/Shanghai", dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC))
PEOPLE = ("Zora-Marked", "xid-zora-marked", "Marked Lane 7", "13900000000")
_ZORA = "xid-zora-marked"
DATE = {"date": "Mon, 16 Nov 2026 05:00:00 GMT"}
NEVER = "0001-01-01 00:00:00"


def body(inside: dict[str, Any]) -> bytes:
    return json.dumps({"code": "0", **inside}, ensure_ascii=False).encode()


def item(sku: int = 100012043978, **values: Any) -> dict[str, Any]:
    """Two pieces at 30.00."""
    return {
        "skuId": str(sku),
        "outerSkuId": "TEA-1",
        "skuName": "绿茶 250g",
        "jdPrice": "30.00",
        "wareId": "10001",
        "itemTotal": "2",
        **values,
    }


def order(number: int, *items: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A finished order of 60.00, less 10.00, with freight of 6.00."""
    return {
        "orderId": str(number),
        "venderId": "11",
        "payType": "4",
        "orderState": "FINISHED_L",
        "orderStartTime": "2026-11-10 23:59:00",
        "paymentConfirmTime": "2026-11-11 00:01:00",
        "orderEndTime": "2026-11-15 10:00:00",
        "modified": "2026-11-15 10:00:00",
        "shouldPay": "56.00",
        "actualPay": "56.00",
        "freightPrice": "6.00",
        "waybill": "YT1",
        "logisticsId": "463",
        "itemInfoList": list(items) or [item()],
        **values,
    }


def orders(*rows: dict[str, Any]) -> Page:
    result = {"orderInfoList": list(rows), "orderTotal": len(rows), "apiResult": {"success": True}}
    return Page(body({"searchorderinfo_result": result}), "orders")


def case(service: int, **values: Any) -> dict[str, Any]:
    """An after-sales case whose money went back."""
    bill = {
        "serviceId": service,
        "afsApplyId": service + 1,
        "orderId": 290000000001,
        "wareId": 10001,
        "wareName": "绿茶",
        "afsApplyTime": 1794535200000,
        "approveDate": 1794538800000,
        "customerPin": _ZORA,
        "questionDesc": "Zora-Marked says it is broken",
        "applyReason": "质量问题 Zora-Marked",
    }
    given = {"afsRefundId": 7, "refoundAmount": 30, "completeTime": 1794708000000, "status": 13}
    return {**given, "sameOrderServiceBill": {**bill, **values.pop("bill", {})}, **values}


def cases(*rows: dict[str, Any]) -> Page:
    result = {
        "success": True,
        "code": "00000",
        "pageNumber": "1",
        "pageSize": "50",
        "totalCount": str(len(rows)),
        "data": list(rows),
    }
    return Page(body({"pageResult": result}), "cases")


def amount(service: int, actual: str | None = "30.00", most: str | None = None) -> Page:
    """The money of a case: what was paid back, or what may be."""
    data: dict[str, Any] = {"orderId": 290000000001}
    if actual is not None:
        data["afsActualRefundDetail"] = {"actualRefundAmount": actual}
    if most is not None:
        data["afsEstimateRefundDetail"] = {"maxRefundAmount": most}
    result = {"success": True, "errorCode": "200", "data": data}
    return Page(body({"result": result}), f"amount:{service}")


def cancel(number: int, **values: Any) -> dict[str, Any]:
    """A wish to cancel that was approved; fen."""
    return {
        "id": number,
        "orderId": 290000000002,
        "buyerId": _ZORA,
        "buyerName": "Zora-Marked",
        "status": 3,
        "applyTime": "2026-11-12 10:00:00",
        "checkTime": "2026-11-12 11:00:00",
        "modified": "2026-11-12 11:00:00",
        "applyRefundSum": 5600,
        **values,
    }


def cancels(*rows: dict[str, Any]) -> Page:
    result = {"success": True, "totalCount": len(rows), "result": list(rows)}
    return Page(body({"queryResult": result}), "cancels")


def sku(number: int, **values: Any) -> dict[str, Any]:
    return {
        "skuId": number,
        "wareId": 10001,
        "status": 1,
        "jdPrice": 30.0,
        "stockNum": 9,
        "outerId": "TEA-1",
        "skuName": "绿茶 250g",
        "wareTitle": "绿茶",
        "categoryId": 1320,
        "created": 1767196800000,
        "modified": 1793462400000,
        **values,
    }


def skus(*rows: dict[str, Any]) -> Page:
    page = {"data": list(rows), "pageNo": 1, "pageSize": 50, "totalItem": len(rows)}
    return Page(body({"page": page}), "items")


def review(number: int, **values: Any) -> dict[str, Any]:
    return {
        "commentId": str(number),
        "skuid": "100012043978",
        "orderId": 290000000001,
        "score": 1,
        "content": "坏了 Zora-Marked",
        "creationTime": "2026-11-14 09:00:00",
        "isVenderReply": False,
        "nickName": "Zora-Marked",
        "pin": "Zora-Marked",
        "open_id_buyer": _ZORA,
        "replies": [],
        **values,
    }


def reviews(*rows: dict[str, Any]) -> Page:
    return Page(body({"comments": list(rows)}), "reviews")


_TOLD = {
    "open_id_buyer": _ZORA,
    "pin": "Zora-Marked",
    "orderRemark": "leave it with Zora-Marked",
    "consigneeInfo": {
        "fullname": "Zora-Marked",
        "mobile": "13900000000",
        "fullAddress": "Marked Lane 7",
    },
}
_CALLED_OFF = order(290000000002, orderState="TRADE_CANCELED", waybill="", logisticsId="", **_TOLD)
_OPEN = order(
    290000000003,
    item(100012043979, outerSkuId=""),
    orderState="NOT_PAY",
    paymentConfirmTime=NEVER,
    orderEndTime="1970-01-01 00:00:00",
    actualPay="0.00",
    waybill=None,
    logisticsId=None,
)
PAGES = {
    "orders": [orders(order(290000000001), _CALLED_OFF), orders(_OPEN)],
    "refunds": [
        cases(case(700), case(701, status=None, completeTime=None)),
        amount(700),
        amount(701, None, "12.50"),
        cancels(cancel(800), cancel(801, status=0, checkTime=None)),
    ],
    "items": [
        skus(sku(100012043978), sku(100012043979, outerId=None, status=2)),
        skus(sku(100012043980, outerId="CUP", jdPrice="9.90")),
    ],
    "reviews": [
        reviews(
            review(19000000001),
            review(
                19000000002, score=5, replies=[{"content": "谢谢 Zora-Marked", "creationTime": 0}]
            ),
        ),
        reviews(
            review(19000000003, score=3, open_id_buyer=None, pin=None, content="ok", nickName=None)
        ),
    ],
}
EMPTY = {
    "orders": [orders()],
    "refunds": [cases(), cancels()],
    "items": [skus()],
    "reviews": [reviews()],
}
UNKNOWN: dict[str, list[Page]] = {
    "orders": [orders(order(290000000009, orderState="WAIT_FOR_RAIN"))],
    "refunds": [cases(case(709, status=99)), amount(709)],
    "items": [skus(sku(100012043989, status=77))],
    "reviews": [reviews(review(19000000009, score=0))],
}


def answered(method: str, inside: dict[str, Any]) -> httpx.Response:
    """An answer in its envelope, which is misspelt."""
    name = f"{method.replace('.', '_')}_responce"
    return httpx.Response(200, json={name: {"code": "0", **inside}}, headers=DATE)


def refused(code: str | int) -> httpx.Response:
    error = {"code": code, "zh_desc": "Zora-Marked", "en_desc": "Zora-Marked"}
    return httpx.Response(200, json={"error_response": error}, headers=DATE)


def _found(**result: Any) -> httpx.Response:
    return answered(codes.ORDERS, {"searchorderinfo_result": result})


_FINAL = (3, *range(4, 28), 50, 60, 61, 62, 63, 64, 68, 70, 71, 72, 73)
_BUSY = (1, 2, 43, 65, 66, 67, 69)
ERRORS: dict[str, tuple[httpx.Response, type[ShopkeeperError]]] = {
    **{f"{code}": (refused(str(code)), SourceRejectedError) for code in _FINAL},
    **{f"{code}": (refused(str(code)), TransientSourceError) for code in _BUSY},
    "a code that is a number": (refused(19), SourceRejectedError),
    "a new code": (refused("10100123"), SourceContractError),
    "an envelope's code": (
        answered(codes.ORDERS, {"code": "65"}),
        TransientSourceError,
    ),
    "an envelope's own code": (answered(codes.ORDERS, {"code": "1188"}), SourceRejectedError),
    "no success below": (
        _found(apiResult={"success": False, "code": "E9", "chineseErrCode": "Zora-Marked"}),
        SourceRejectedError,
    ),
    "success that is said as text": (
        _found(apiResult={"success": "false"}),
        SourceRejectedError,
    ),
    "success that is not said": (_found(orderTotal=0), SourceContractError),
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


def opened(transport: httpx.BaseTransport, **settings: Any) -> JdClient:
    """A client of a live shop behind the transport; waiting costs no time."""
    waiting = Waiting()
    given = {"access_token": SecretStr("a-token"), **settings}
    return JdClient(
        JdSettings(app_key="12345678", app_secret=SecretStr("a-secret"), **given),
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
        client.read(codes.ORDERS, {"page": "1"})
    finally:
        client.close()
