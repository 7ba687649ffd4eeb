"""Money given back: service bills of goods that came, applications for goods that had not.

The list of bills counts in a unit that nobody documents; what was paid stands in each bill's own
answer, in yuan. Applications to cancel are in fen, and their list is no list of payments.
"""

from datetime import timedelta
from typing import Any, Final

import polars as pl

from sandbox.jd.errors import ERRORS
from sandbox.jd.orders import book_of, is_arrived
from sandbox.jd.shop import ORDER, SKU, TIME, WARE, Shop, masked_pin, order_text
from sandbox.kit.arguments import Arguments, less, whole
from sandbox.kit.fields import Document, Fields, as_is, document, documents, fixed, written
from sandbox.kit.lists import Page, equal, falling, within
from sandbox.world.aftersales import cases

SERVICE: Final = 1_000_000_000_000
MAX_PAGE: Final = 50
APPLIED_SPAN, APPROVED_SPAN = timedelta(days=7), timedelta(days=10)
PAID, FAILED = 13, 14
_STATUS: Final = {"PAID": PAID, "REFUSED": FAILED, "CLOSED": 11, "OPEN": 1}
_CHECKED: Final = {"PAID": 3, "REFUSED": 2, "CLOSED": 11, "OPEN": 0}
BILL: Final[Fields] = {
    **written(lambda key: SERVICE + key, serviceId="case_id", afsApplyId="case_id"),
    **written(lambda key: ORDER + key, orderId="order_id"),
    **written(lambda key: WARE + key, wareId="product_id"),
    **as_is(wareName="title"),
    **written(masked_pin, customerPin="household_id"),
    **written(TIME.written, afsApplyTime="applied_at", approveDate="approved_at"),
    **fixed(approveName="", approveNotes="", questionDesc="", applyReason="质量问题"),
}
LISTED: Final[Fields] = {
    **written(lambda key: SERVICE + key, afsRefundId="case_id"),
    **as_is(refoundAmount="amount_minor"),
    **written(TIME.written, completeTime="completed_at"),
    **as_is("status"),
    "sameOrderServiceBill": lambda row: document(BILL, row),
}
APPLICATION: Final[Fields] = {
    **as_is(id="case_id", applyRefundSum="amount_minor", status="checked"),
    **written(order_text, orderId="order_id"),
    **written(masked_pin, buyerId="household_id", buyerName="household_id"),
    **written(TIME.written, applyTime="applied_at", checkTime="completed_at"),
    **written(lambda key: [{"skuId": SKU + key}], skuVoList="product_id"),
    **fixed(checkUserName="", checkRemark="", reason="不想要了", systemId=18),
}


def bills(shop: Shop, args: Arguments) -> Document:
    """Service bills and their refunds, by application, by approval or of one order."""
    number = args.get("order_id", less(ORDER))
    applied = _span(args, "applyTimeBegin", "applyTimeEnd", APPLIED_SPAN)
    approved = _span(args, "approveTimeBegin", "approveTimeEnd", APPROVED_SPAN)
    if number is None and applied is None and approved is None:
        raise ERRORS("missing", name="applyTimeBegin")
    found = _cases(shop).filter(
        is_arrived(),
        equal("order_id", number),
        within("applied_at", *applied or (None, None)),
        within("approved_at", *approved or (None, None)),
    )
    page = Page.of(args, "pageNumber", "pageSize", most=MAX_PAGE, default=10)
    shown = page.rows(falling(found, "applied_at", "case_id"))
    counts = {"pageNumber": page.number, "pageSize": page.size, "totalCount": found.height}
    texts = {name: str(count) for name, count in counts.items()}
    return {**texts, "data": documents(LISTED, shown.iter_rows(named=True))}


def refund(shop: Shop, args: Arguments) -> Document:
    """What one bill paid, or what it may pay at most; never both."""
    own = pl.col("case_id") == args.needed("afsServiceId", less(SERVICE))
    found = _cases(shop).filter(is_arrived(), own)
    if found.is_empty():
        raise ERRORS("no-service")
    case = found.row(0, named=True)
    branch, name = "afsEstimateRefundDetail", "maxRefundAmount"
    if case["state"] == "PAID":
        branch, name = "afsActualRefundDetail", "actualRefundAmount"
    amount = {branch: {name: case["amount_minor"] / 100}}
    return {"data": {"orderId": ORDER + case["order_id"], **amount}}


def applications(shop: Shop, args: Arguments) -> Document:
    """Applications to cancel what had not come, by application or by check; amounts in fen."""
    spans = [
        within(column, args.get(f"{name}Start", TIME.parsed), args.get(f"{name}End", TIME.parsed))
        for name, column in (("applyTime", "applied_at"), ("checkTime", "completed_at"))
    ]
    found = _cases(shop).filter(
        ~is_arrived(),
        equal("order_id", args.get("orderId", less(ORDER))),
        equal("checked", args.get("status", whole)),
        *spans,
    )
    page = Page.of(args, "pageIndex", "pageSize", most=MAX_PAGE, default=10, last=100)
    shown = page.rows(falling(found, "applied_at", "case_id"))
    rows = documents(APPLICATION, shown.iter_rows(named=True))
    return {"totalCount": found.height, "result": rows}


def _cases(shop: Shop) -> pl.DataFrame:
    """Cases with what was sold; approval comes an hour after the application."""
    orders = book_of(shop).select("order_id", "household_id", "delivered_at")
    found = cases(shop.world, book_of(shop)).join(orders, on="order_id", maintain_order="left")
    is_ended = pl.col("state") != "OPEN"
    return shop.titled(found).with_columns(
        approved_at=pl.when(is_ended).then(pl.col("applied_at") + timedelta(hours=1)),
        completed_at=pl.when(is_ended).then("modified_at"),
        status=pl.col("state").replace_strict(_STATUS),
        checked=pl.col("state").replace_strict(_CHECKED),
    )


def _span(args: Arguments, first: str, last: str, most: timedelta) -> tuple[Any, Any] | None:
    start, end = args.get(first, TIME.parsed), args.get(last, TIME.parsed)
    if start is None and end is None:
        return None
    if start is None or end is None or not timedelta() <= end - start <= most:
        raise ERRORS("invalid", name=last, reason=f"within {most.days} days after {first}")
    return start, end
