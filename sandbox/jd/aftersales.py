"""Money given back: service bills of goods that came, applications for goods that had not.

The list of bills counts in a unit that nobody documents; what was paid stands in each bill's own
answer, in yuan. Applications to cancel are in fen, and their list is no list of payments.
"""

from datetime import timedelta
from typing import Final

import polars as pl

from sandbox.jd.errors import ERRORS
from sandbox.jd.orders import book_of, is_arrived
from sandbox.jd.shop import ORDER, SKU, TIME, WARE, Shop, masked_pin, order_text
from sandbox.kit.arguments import Arguments, less, whole
from sandbox.kit.fields import Document, Fields, as_is, document, written
from sandbox.kit.frames import the_row
from sandbox.kit.lists import Page, equal, falling, spanned, within

SERVICE: Final = 1_000_000_000_000
MAX_PAGE: Final = 50
APPLIED_SPAN, APPROVED_SPAN = timedelta(days=7), timedelta(days=10)
_STATUS: Final = {"PAID": 13, "REFUSED": 14, "CLOSED": 11, "OPEN": 1}
_CHECKED: Final = {"PAID": 3, "REFUSED": 2, "CLOSED": 11, "OPEN": 0}
BILL: Final[Fields] = {
    **written(lambda key: SERVICE + key, serviceId="case_id", afsApplyId="case_id"),
    **written(lambda key: ORDER + key, orderId="order_id"),
    **written(lambda key: WARE + key, wareId="product_id"),
    **as_is(wareName="title"),
    **written(masked_pin, customerPin="household_id"),
    **written(TIME.written, afsApplyTime="applied_at", approveDate="approved_at"),
}
LISTED: Final[Fields] = {
    **written(lambda key: SERVICE + key, afsRefundId="case_id"),
    **as_is("status", refoundAmount="amount_minor"),
    **written(TIME.written, completeTime="completed_at"),
    "sameOrderServiceBill": lambda row: document(BILL, row),
}
APPLICATION: Final[Fields] = {
    **as_is(id="case_id", applyRefundSum="amount_minor", status="checked"),
    **written(order_text, orderId="order_id"),
    **written(masked_pin, buyerId="household_id", buyerName="household_id"),
    **written(TIME.written, applyTime="applied_at", checkTime="completed_at"),
    **written(lambda key: [{"skuId": SKU + key}], skuVoList="product_id"),
}


def bills(shop: Shop, args: Arguments) -> Document:
    """Service bills and their refunds, by application, by approval or of one order."""
    number, name = args.get("order_id", less(ORDER)), "applyTimeBegin"
    asked = [args.text(one) for one in (name, "applyTimeEnd", "approveTimeBegin", "approveTimeEnd")]
    if number is None and not any(asked):
        raise ERRORS("missing", name=name)
    found = _cases(shop).filter(
        is_arrived(),
        equal("order_id", number),
        _span(args, "applied_at", name, "applyTimeEnd", APPLIED_SPAN),
        _span(args, "approved_at", "approveTimeBegin", "approveTimeEnd", APPROVED_SPAN),
    )
    page = Page.of(args, "pageNumber", "pageSize", most=MAX_PAGE, default=10)
    counts = {"pageNumber": page.number, "pageSize": page.size, "totalCount": found.height}
    rows = page.documents(LISTED, falling(found, "applied_at", "case_id"))
    return {**{name: str(count) for name, count in counts.items()}, "data": rows}


def refund(shop: Shop, args: Arguments) -> Document:
    """What one bill paid, or what it may pay at most; never both."""
    own = is_arrived() & (pl.col("case_id") == args.needed("afsServiceId", less(SERVICE)))
    case = the_row(_cases(shop), own, ERRORS("no-service"))
    branch, name = "afsEstimateRefundDetail", "maxRefundAmount"
    if case["state"] == "PAID":
        branch, name = "afsActualRefundDetail", "actualRefundAmount"
    amount = {branch: {name: case["amount_minor"] / 100}}
    return {"data": {"orderId": ORDER + case["order_id"], **amount}}


def applications(shop: Shop, args: Arguments) -> Document:
    """Applications to cancel what had not come, by application or by check; amounts in fen."""
    found = _cases(shop).filter(
        ~is_arrived(),
        equal("order_id", args.get("orderId", less(ORDER))),
        equal("checked", args.get("status", whole)),
        spanned(args, "applied_at", "applyTimeStart", "applyTimeEnd", TIME.parsed),
        spanned(args, "completed_at", "checkTimeStart", "checkTimeEnd", TIME.parsed),
    )
    page = Page.of(args, "pageIndex", "pageSize", most=MAX_PAGE, default=10, last=100)
    rows = page.documents(APPLICATION, falling(found, "applied_at", "case_id"))
    return {"totalCount": found.height, "result": rows}


def _cases(shop: Shop) -> pl.DataFrame:
    """Cases with what was sold; approval comes an hour after the application."""
    orders = book_of(shop).select("order_id", "household_id", "delivered_at")
    found = shop.book().cases.join(orders, on="order_id", maintain_order="left")
    is_ended = pl.col("state") != "OPEN"
    return shop.titled(found).with_columns(
        approved_at=pl.when(is_ended).then(pl.col("applied_at") + timedelta(hours=1)),
        completed_at=pl.when(is_ended).then("modified_at"),
        status=pl.col("state").replace_strict(_STATUS),
        checked=pl.col("state").replace_strict(_CHECKED),
    )


def _span(args: Arguments, column: str, first: str, last: str, most: timedelta) -> pl.Expr:
    """Rows of a span that is given whole and not too long, or not at all."""
    start, end = args.get(first, TIME.parsed), args.get(last, TIME.parsed)
    is_whole = start and end and timedelta() <= end - start <= most
    if (start or end) and not is_whole:
        raise ERRORS("invalid", name=last, reason=f"within {most.days} days after {first}")
    return within(column, start, end)
