"""How the platform's lists are asked for."""

import datetime as dt
import math
from collections.abc import Iterator
from functools import partial
from typing import Any

from connectors.base.counted import CountedList
from connectors.base.fields import field_list
from connectors.base.gateway import china_time
from connectors.base.paging import by_number
from connectors.jd import codes, wire
from connectors.jd.client import JdClient
from contracts.errors import SourceContractError
from contracts.streams import Page, Window

_WEEK = dt.timedelta(days=7)
_PER_PAGE = 50
_ORDER_FIELDS = field_list(wire.Order, whole=("itemInfoList",))
SKU_FIELDS = field_list(wire.Sku)


def _order_fields(client: JdClient) -> dict[str, str]:
    buyer = client.settings.buyer_field
    return {"optional_fields": f"{_ORDER_FIELDS},{buyer}" if buyer else _ORDER_FIELDS}


def _week(_client: JdClient) -> dt.timedelta:
    return _WEEK


# By the last change, oldest first; a hundred pages can be turned, three months are told.
ORDERS = CountedList(
    method=codes.ORDERS,
    part="orders",
    start="start_date",
    end="end_date",
    page="page",
    size=100,
    total=wire.total,
    params={
        "order_state": codes.ORDER_STATES,
        "source_id": "JOS",
        "dateType": "0",
        "sortType": "0",
    },
    asked=_order_fields,
    most=10_000,
    kept=dt.timedelta(days=92),
)
_cases = partial(
    CountedList,
    size=_PER_PAGE,
    page_size="pageSize",
    number=int,
    total=wire.total,
    most=100 * _PER_PAGE,
    longest=_week,
)
CASES = _cases(
    method=codes.CASES,
    part="cases",
    start="applyTimeBegin",
    end="applyTimeEnd",
    page="pageNumber",
)
CANCELS = _cases(
    method=codes.CANCELS,
    part="cancels",
    start="applyTimeStart",
    end="applyTimeEnd",
    page="pageIndex",
)


def refunds(client: JdClient, window: Window) -> Iterator[Page]:
    """Cases that were asked for, each with a page for its money; then wishes to cancel."""
    for page in CASES.pages(client, window):
        yield page
        for case in wire.CASES.readable(page.body):
            service = case.same_order_service_bill.service_id
            if service is not None and service.isdecimal():
                answer = client.read(codes.AMOUNT, {"afsServiceId": int(service)})
                yield Page(answer.data, f"amount:{service}")
    yield from CANCELS.pages(client, window)


def items(client: JdClient, _window: Window) -> Iterator[Page]:
    """All SKUs by number, the last page first: what is deleted meanwhile moves the others there."""
    total = wire.total(client.read(codes.SKUS, _skus(1, 1)).data)
    if total is None:
        raise SourceContractError(f"{codes.SKUS} does not say how many SKUs there are")
    for number in range(math.ceil(total / _PER_PAGE), 0, -1):
        yield Page(client.read(codes.SKUS, _skus(number, _PER_PAGE)).data, "items")


def _skus(number: int, size: int, **asked: Any) -> dict[str, Any]:
    order = {"orderFiled": "skuId", "orderType": "asc"}  # the platform's spelling
    return {"pageNo": number, "page_size": size, "field": SKU_FIELDS, **order, **asked}


def skus(client: JdClient, numbers: list[int]) -> Page:
    """At most fifty SKUs by their number."""
    return Page(client.read(codes.SKUS, _skus(1, _PER_PAGE, skuId=numbers)).data, "items")


def reviews(client: JdClient, window: Window) -> Iterator[Page]:
    """Reviews that were written; a page that is not full is the last one."""
    asked = {
        "beginTime": china_time(window.start),
        "endTime": china_time(window.end),
        "score": 0,
        "pageSize": _PER_PAGE,
    }

    def ask(number: int) -> tuple[Page, bool]:
        body = client.read(codes.COMMENTS, {**asked, "page": number}).data
        return Page(body, "reviews"), len(wire.COMMENTS.raw(body)) == _PER_PAGE

    return by_number(ask)
