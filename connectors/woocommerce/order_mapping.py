"""WooCommerce's orders as canonical tables. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable, Mapping

import polars as pl

from connectors.base.mapping import Mapper, Parsed, coded, money
from connectors.base.wire import ColumnType, columns, filled, flat, owned
from connectors.woocommerce import wire
from connectors.woocommerce.cells import gmt, name, pieces
from connectors.woocommerce.codes import DRAFTS, FULFILMENT_STATUS, UNPAID_STATUS
from contracts.codes import FulfilmentStatus, LineKind, PaymentStatus, QuarantineReason
from contracts.streams import Context, Mapped, Page
from contracts.tables import Order, OrderCoupon, OrderLine, Refund

Paths = Mapping[str, tuple[str, ColumnType]]

_TEXT, _ID, _PIECES = pl.String, pl.Int64, pl.Float64

_ORDER: Paths = {
    "order": ("id", _ID),
    "status": ("status", _TEXT),
    "order_currency": ("currency", _TEXT),
    "created": ("date_created_gmt", _TEXT),
    "updated": ("date_modified_gmt", _TEXT),
    "paid": ("date_paid_gmt", _TEXT),
    "completed": ("date_completed_gmt", _TEXT),
    "discount": ("discount_total", _TEXT),
    "shipping": ("shipping_total", _TEXT),
    "total": ("total", _TEXT),
    "tax": ("total_tax", _TEXT),
    "customer": ("customer_id", _ID),
}
_VERSION = ("at", "order", "order_currency", "created", "updated", "created_at", "updated_at")
_LINE: Paths = {
    "line": ("id", _ID),
    "product": ("product_id", _ID),
    "variation": ("variation_id", _ID),
    "quantity": ("quantity", _PIECES),
    "subtotal": ("subtotal", _TEXT),
    "line_total": ("total", _TEXT),
    "sku": ("sku", _TEXT),
}
_REFUND: Paths = {"refund": ("id", _ID), "below_zero": ("total", _TEXT)}
_DETAIL: Paths = {"refund": ("id", _ID), "refunded": ("date_created_gmt", _TEXT)}
_RETURNED: Paths = {"line": ("line", _ID), "returned": ("quantity", _PIECES)}


def orders(pages: Iterable[Page], context: Context) -> Mapped:
    """Orders, lines, codes used and refunds. Amounts are decimal text, and leave as minor units.

    Lines are without tax and after all discounts. An order names its refunds; when each was and
    what it took back is told by a page of its own.
    """
    heads, details = wire.sorted_out(pages, wire.REFUNDS_OF)
    found = [order for order in wire.ORDERS.documents(*heads) if order.status not in DRAFTS]
    head = (
        columns(found, _ORDER)
        .with_row_index("at")
        .with_columns(created_at=gmt("created").value, updated_at=gmt("updated").value)
    )
    version = head.select(_VERSION)
    lines, owners = flat(order.line_items for order in found)
    line = owned(columns(lines, _LINE), version, owners)
    paid_back, owners = flat(order.refunds for order in found)
    refund = owned(columns(paid_back, _REFUND), version, owners)
    codes, owners = flat(order.coupon_lines for order in found)
    code = owned(columns(codes, {"code": ("code", _TEXT)}), version, owners)
    pages_of_refunds = [page for _, page in details]
    times, returned = _refund_details(pages_of_refunds)
    refund = refund.with_columns(
        back=money(pl.col("below_zero").str.strip_prefix("-"), context.currency).value
    ).join(times, on="refund", how="left", maintain_order="left")
    mapper = Mapper(context)
    _add_orders(mapper, head, line, refund, context.currency)
    _add_lines(mapper, line, refund.join(returned, on="refund"), context.currency)
    mapper.add(OrderCoupon, code, **_keys(), coupon_code=pl.col("code"))
    mapper.add(
        Refund,
        refund,
        **_keys(),
        refund_id=name("refund"),
        refunded_at=gmt("refunded"),
        currency=pl.col("order_currency"),
        refunded_minor=money(pl.col("below_zero").str.strip_prefix("-"), context.currency),
    )
    unknown = wire.ORDERS.unknown(heads) | wire.REFUNDS.unknown(pages_of_refunds)
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def _add_orders(
    mapper: Mapper, head: pl.DataFrame, line: pl.DataFrame, refund: pl.DataFrame, currency: str
) -> None:
    """Orders with the sums of their lines and refunds; an unreadable amount leaves the sum null."""
    goods, back = money("line_total", currency).value, pl.col("back")
    sums = line.group_by("at").agg(goods=pl.when(goods.is_not_null().all()).then(goods.sum()))
    refunds = refund.group_by("at").agg(back=pl.when(back.is_not_null().all()).then(back.sum()))
    raw = head.join(sums.with_columns(has_lines=True), on="at", how="left", maintain_order="left")
    raw = raw.join(
        refunds.with_columns(has_refunds=True), on="at", how="left", maintain_order="left"
    ).with_columns(
        goods=pl.when("has_lines").then("goods").otherwise(0),
        back=pl.when("has_refunds").then("back").otherwise(0),
    )
    total = money("total", currency)
    mapper.add(
        Order,
        raw,
        **_keys(),
        member_id=pl.when(pl.col("customer") != 0).then(name("customer")),
        placed_at=pl.col("created_at"),
        paid_at=gmt("paid"),
        cancelled_at=pl.when(pl.col("status") == "cancelled").then("updated_at"),
        payment_status=_payment(total.value),
        fulfilment_status=_fulfilment(),
        is_test=pl.lit(value=False),
        currency=pl.col("order_currency"),
        goods_minor=pl.col("goods"),
        discount_minor=money("discount", currency),
        shipping_minor=money("shipping", currency),
        tax_minor=money("tax", currency),
        total_minor=total,
        refunded_minor=pl.col("back"),
        completed_at=gmt("completed"),
    )


def _payment(total: pl.Expr) -> Parsed:
    """Where the money stands: whether it was paid and what went back, which no status tells."""
    unpaid = coded("status", UNPAID_STATUS)
    back = pl.col("back")
    value = (
        pl.when(unpaid.value.is_null() | (pl.col("status") == "refunded"))
        .then(unpaid.value)
        .when(pl.col("paid").is_null())
        .then(unpaid.value)
        .when((back > 0) & (back >= total))
        .then(pl.lit(PaymentStatus.REFUNDED))
        .when(back > 0)
        .then(pl.lit(PaymentStatus.PARTIALLY_REFUNDED))
        .otherwise(pl.lit(PaymentStatus.PAID))
    )
    return Parsed(value, unpaid.raw, unpaid.reason)


def _fulfilment() -> Parsed:
    """Where the goods stand; what was handed over and then paid back was handed over."""
    plain = coded("status", FULFILMENT_STATUS)
    was_sent = pl.col("completed").is_not_null() & (plain.value == FulfilmentStatus.NOT_REQUIRED)
    value = pl.when(was_sent).then(pl.lit(FulfilmentStatus.FULFILLED)).otherwise(plain.value)
    return Parsed(value, plain.raw, plain.reason)


def _add_lines(mapper: Mapper, line: pl.DataFrame, returned: pl.DataFrame, currency: str) -> None:
    taken = returned.group_by("at", "line").agg(pl.col("returned").sum())
    raw = line.join(taken, on=["at", "line"], how="left", maintain_order="left").with_columns(
        left=pl.col("quantity") + pl.col("returned").fill_null(0)
    )
    gross, total = money("subtotal", currency), money("line_total", currency)
    is_free = total.value == 0
    mapper.add(
        OrderLine,
        raw,
        **_keys(),
        line_id=name("line"),
        listing_id=pl.when(pl.col("variation") != 0)
        .then(name("variation"))
        .when(pl.col("product") != 0)
        .then(name("product")),
        sku_id=filled("sku"),
        line_kind=pl.when(is_free).then(pl.lit(LineKind.GIFT)).otherwise(pl.lit(LineKind.SALE)),
        placed_at=pl.col("created_at"),
        quantity_units=pieces("quantity"),
        current_units=pieces("left"),
        currency=pl.col("order_currency"),
        unit_price_minor=Parsed(
            (gross.value / pl.col("quantity")).round(), gross.raw, gross.reason
        ),
        discount_minor=Parsed(gross.value - total.value, gross.raw, gross.reason),
        total_minor=total,
    )


def _refund_details(pages: list[Page]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """When each refund was, and the pieces it took back per line (below zero)."""
    found = wire.REFUNDS.documents(*pages)
    details = columns(found, _DETAIL)
    lines, owners = flat(refund.line_items for refund in found)
    returned = owned(columns(lines, {**_RETURNED, "own": ("id", _ID)}), details, owners)
    # A refund read twice is one.
    times = details.unique("refund", keep="first", maintain_order=True)
    return times, returned.unique(["refund", "own"], keep="first").select(
        "refund", "line", "returned"
    )


def _keys() -> dict[str, Parsed | pl.Expr]:
    """Columns that an order hands to all its rows."""
    return {
        "order_id": name("order"),
        "created_date": Parsed(
            pl.col("created_at").dt.date(), pl.col("created"), QuarantineReason.UNREADABLE_TIME
        ),
        "source_updated_at": Parsed(
            pl.col("updated_at"), pl.col("updated"), QuarantineReason.UNREADABLE_TIME
        ),
    }
