"""Orders: by creation or change, and one in full; every value is text, money in yuan."""

from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from sandbox.jd.errors import ERRORS
from sandbox.jd.shop import ORDER, SKU, TIME, WARE, Shop, masked_pin, open_id, order_text, yuan
from sandbox.kit.arguments import Arguments, less
from sandbox.kit.fields import Document, Fields, Row, as_is, document, documents, fixed, written
from sandbox.kit.frames import first_of
from sandbox.kit.lists import Page, within
from sandbox.world.aftersales import stated

MAX_PAGE, MAX_PAGES = 100, 100
MAX_SPAN: Final = timedelta(days=31)
CREATED_DAYS, MODIFIED_DAYS = 2 * 365, 90
FREE_FREIGHT_MINOR, FREIGHT_MINOR = 5_900, 600
UNPAID: Final = ("PENDING", "AUTHORIZED")
NEVER: Final = "0001-01-01 00:00:00"
"""How a time that has not come is written."""
ITEM: Final[Fields] = {
    **written(lambda key: str(SKU + key), skuId="product_id"),
    **written(lambda key: str(WARE + key), wareId="product_id"),
    **written(str, outerSkuId="product_id", productNo="product_id", itemTotal="quantity"),
    **as_is(skuName="title"),
    **written(yuan, jdPrice="unit_minor"),
}
DISCOUNT: Final[Fields] = {
    **written(order_text, orderId="order_id"),
    **as_is("skuId", "couponType"),
    **written(yuan, couponPrice="minor"),
}
REQUIRED: Final[Fields] = written(order_text, orderId="order_id")
DETAILS: Final[Fields] = {
    **as_is(orderState="state", waybill="number", logisticsId="carrier", venderId="vender_id"),
    **written(yuan, orderTotalPrice="goods_minor", totalOriginalPrice="goods_minor"),
    **written(yuan, sellerDiscount="off_minor", totalSellerDiscount="off_minor"),
    **written(yuan, orderSellerPrice="net_minor", shouldPay="due_minor", actualPay="got_minor"),
    **written(yuan, freightPrice="freight_minor"),
    **written(TIME.written, orderStartTime="created_at", modified="modified_at"),
    "paymentConfirmTime": lambda row: _written(row["paid_at"]),
    "orderEndTime": lambda row: _written(row["end_at"]),
    **written(masked_pin, pin="household_id"),
    **written(open_id, open_id_buyer="household_id"),
    "itemInfoList": lambda row: documents(ITEM, row["lines"]),
    "couponDetailList": lambda row: documents(DISCOUNT, _discounts(row)),
    # Not kept up since late in 2024.
    **fixed(orderPayment="0.00"),
    **fixed(orderType="22", payType="4-在线支付", returnOrder="0", orderRemark=""),
    **fixed(consigneeInfo={"fullname": "*", "mobile": "***********", "fullAddress": "*****"}),
}  # fmt: skip


def _written(at: datetime | None) -> str:
    return NEVER if at is None else TIME.written(at)


def search(shop: Shop, args: Arguments) -> Document:
    """Orders created or changed in a span of a month at most; past 100 pages there are none."""
    states = args.needed("order_state", str).split(",")
    asked = frozenset(args.needed("optional_fields", str).split(","))
    by_creation = args.text("dateType") == "1"
    start = args.needed("start_date", TIME.parsed)
    end = args.needed("end_date", TIME.parsed)
    if not timedelta() <= end - start <= MAX_SPAN:
        raise ERRORS("invalid", name="end_date", reason="within a month after start_date")
    column = "created_at" if by_creation else "modified_at"
    oldest = shop.now - timedelta(days=CREATED_DAYS if by_creation else MODIFIED_DAYS)
    found = book_of(shop).filter(
        within(column, max(start, oldest), end), pl.col("state").is_in(states)
    )
    found = found.sort(column, "order_id", descending=args.text("sortType") == "1")
    page = Page.of(args, "page", "page_size", most=MAX_PAGE)
    shown = page.rows(found) if page.number <= MAX_PAGES else found.clear()
    return {"orderTotal": str(found.height), "orderInfoList": _documents(shop, shown, asked)}


def one(shop: Shop, args: Arguments) -> Document:
    """One order."""
    own = pl.col("order_id") == args.needed("order_id", less(ORDER))
    asked = frozenset(args.needed("optional_fields", str).split(","))
    found = book_of(shop).filter(own)
    if found.is_empty():
        raise ERRORS("no-order")
    return {"orderInfo": _documents(shop, found, asked)[0]}


def book_of(shop: Shop) -> pl.DataFrame:
    """The shop's orders at the world's clock; grain: order."""
    return shop.derived(_book, shop.book().orders)


def is_arrived() -> pl.Expr:
    """Of a case: the goods had come when the member asked for the money."""
    return (pl.col("delivered_at") <= pl.col("applied_at")).fill_null(value=False)


def _book(orders: pl.DataFrame) -> pl.DataFrame:
    is_unpaid = pl.col("financial_status").is_in(UNPAID)
    is_small = pl.col("original_minor") < FREE_FREIGHT_MINOR
    is_cancelled = pl.col("is_back") & ~is_arrived()
    state = first_of(
        (pl.col("cancelled_at").is_not_null() | is_cancelled, "TRADE_CANCELED"),
        (is_unpaid, "NOT_PAY"),
        (pl.col("shipped_at").is_null(), "WAIT_SELLER_STOCK_OUT"),
        (pl.col("confirmed_at").is_null(), "WAIT_GOODS_RECEIVE_CONFIRM"),
        otherwise="FINISHED_L",
    )
    return orders.with_columns(
        state=stated(state, *UNPAID),
        freight_minor=pl.when(is_small).then(FREIGHT_MINOR).otherwise(0),
        paid_at=pl.when(~is_unpaid).then("paid_at"),
        end_at=pl.coalesce("cancelled_at", pl.when(is_cancelled).then("back_at"), "confirmed_at"),
    )


def _documents(shop: Shop, page: pl.DataFrame, asked: frozenset[str]) -> list[Document]:
    lines, vender = shop.lines_of(page), str(shop.credentials.vender_id)
    rows = (
        _summed(row | {"vender_id": vender}, lines.get(row["order_id"], []))
        for row in page.iter_rows(named=True)
    )
    return [document(REQUIRED, row) | document(DETAILS, row, only=asked) for row in rows]


def _summed(order: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The order with its lines and what they cost."""
    goods = sum(line["unit_minor"] * line["quantity"] for line in lines)
    off = sum(line["automatic_minor"] + line["code_minor"] for line in lines)
    due = goods - off + order["freight_minor"]
    sums = {"goods_minor": goods, "off_minor": off, "net_minor": goods - off, "due_minor": due}
    return {**order, **sums, "got_minor": due if order["paid_at"] else 0, "lines": lines}


def _discounts(order: Row) -> list[dict[str, Any]]:
    """What was taken off: of one SKU, and of the order by the shop."""
    off = [
        (str(SKU + line["product_id"]), "30-单品促销优惠", line["automatic_minor"])
        for line in order["lines"]
    ]
    off.append(("", "100-店铺优惠", sum(line["code_minor"] for line in order["lines"])))
    return [
        {"order_id": order["order_id"], "skuId": sku, "couponType": kind, "minor": minor}
        for sku, kind, minor in off
        if minor
    ]
