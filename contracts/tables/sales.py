"""Orders and what hangs on them. One order is one document; lines are its children."""

import dataframely as dy
import polars as pl

from contracts.codes import FulfilmentStatus, LineKind, PaymentStatus
from contracts.columns import code, currency, flag, identifier, instant, member, minor, units
from contracts.tables.base import Dated, TableKind, table

_ORDER = ("order_id",)


@table("orders", TableKind.VERSIONED, document=_ORDER, partition="created_date", version=2)
class Order(Dated):
    """A customer's order. Grain: (shop_id, order_id). Amounts as of the order, before refunds."""

    order_id = identifier("The platform's order number", key=True)
    member_id = member("Keyed pseudonym of the customer; null for a guest", nullable=True)
    placed_at = instant("When the customer ordered")
    paid_at = instant("When the money arrived; null while it has not", nullable=True)
    cancelled_at = instant("When it was cancelled", nullable=True)
    payment_status = code("Where the money stands", PaymentStatus)
    fulfilment_status = code("Where the goods stand", FulfilmentStatus)
    is_test = flag("Placed to test the shop; counts nowhere")
    currency = currency()
    goods_minor = minor("Its lines of goods after all discounts, without shipping and tax")
    stated_goods_minor = minor(
        "What the platform itself states as goods; null where it states none", nullable=True
    )
    goods_units = units("Pieces on its lines of goods; null where it has no lines", nullable=True)
    discount_minor = minor("All discounts on lines and order", promotional=True)
    shipping_minor = minor("Shipping charged")
    tax_minor = minor("Tax charged")
    total_minor = minor("What the customer was charged")
    refunded_minor = minor("What was paid back so far", promotional=True)
    deliver_from_at = instant("Earliest promised delivery, where one is promised", nullable=True)
    deliver_by_at = instant("Latest promised delivery, where one is promised", nullable=True)
    completed_at = instant("When the platform closed it as done", nullable=True)


@table("order_lines", TableKind.VERSIONED, document=_ORDER, partition="created_date", version=2)
class OrderLine(Dated):
    """A line of an order. Grain: (shop_id, order_id, line_id)."""

    order_id = identifier("The platform's order number", key=True)
    line_id = identifier("The platform's line", key=True)
    listing_id = identifier("The platform's variant; null when it was deleted", nullable=True)
    sku_id = identifier("The seller's code; null when the listing has none", nullable=True)
    line_kind = code("What it is to the trade; a sale, a gift and a sample are goods", LineKind)
    placed_at = instant("When the customer ordered")
    quantity_units = units("Pieces ordered")
    current_units = units("Pieces left after removals and refunds")
    currency = currency()
    unit_price_minor = minor("Price of one piece before discounts")
    discount_minor = minor(
        "Discounts on this line, its share of the order's included", promotional=True
    )
    total_minor = minor("The platform's total after all discounts; never price times quantity")

    @dy.rule()
    def gift_is_free(cls) -> pl.Expr:
        """A gift is charged nothing."""
        return (cls.line_kind.col != LineKind.GIFT) | (cls.total_minor.col == 0)


@table("order_coupons", TableKind.VERSIONED, document=_ORDER, partition="created_date")
class OrderCoupon(Dated):
    """A coupon code used on an order. Grain: (shop_id, order_id, coupon_code)."""

    order_id = identifier("The platform's order number", key=True)
    coupon_code = identifier("The code as the customer typed it", key=True, personal="coupon")


@table("refunds", TableKind.VERSIONED, document=_ORDER, partition="created_date")
class Refund(Dated):
    """Money paid back. Grain: (shop_id, order_id, refund_id)."""

    order_id = identifier("The platform's order number", key=True)
    refund_id = identifier("The platform's refund", key=True)
    refunded_at = instant("When it was paid back")
    currency = currency()
    refunded_minor = minor("Amount paid back", promotional=True)
