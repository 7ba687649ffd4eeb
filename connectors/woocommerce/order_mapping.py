"""WooCommerce's orders as canonical tables. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable, Mapping

import polars as pl

from connectors.base.frames import ColumnType, columns, empty_to_null, flatten, with_parent_columns
from connectors.base.mapping import Mapper, Parsed, coded, money, pieces
from connectors.woocommerce import wire
from connectors.woocommerce.cells import gmt, name
from connectors.woocommerce.codes import (
    DRAFTS,
    FULFILMENT_STATUS,
    UNPAID_STATUS,
    UNPAID_WHATEVER_WAS_PAID,
)
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
_FEE: Paths = {"line": ("id", _ID), "fee_total": ("total", _TEXT)}
_REFUND: Paths = {"refund": ("id", _ID), "below_zero": ("total", _TEXT)}
_DETAIL: Paths = {"refund": ("id", _ID), "refunded": ("date_created_gmt", _TEXT)}
_RETURNED: Paths = {"line": ("line", _ID), "returned": ("quantity", _PIECES)}


def orders(pages: Iterable[Page], context: Context) -> Mapped:
    """Orders, lines, codes used and refunds. Amounts are decimal text, and leave as minor units.

    Lines are without tax and after all discounts. An order names its refunds; when each was and
    what it took back is told by a page of its own. A cart that nobody ordered, or an order that was
    made one again, is kept as what counts nowhere: left out, it would leave the order as it was.
    """
    parts = wire.parted(pages)
    heads = [page for _, page in parts.get("orders", [])]
    again = [page for _, page in parts.get(wire.AGAIN, [])]
    pages_of_refunds = [page for _, page in parts.get(wire.REFUNDS_OF, [])]
    changed = wire.ORDERS.documents(*heads)
    found = [*changed, *wire.ORDERS.documents(*again)]
    # What is read again is as it was then, though the platform dates no change of it.
    is_again = pl.col("at") >= len(changed)
    head = (
        columns(found, _ORDER)
        .with_row_index("at")
        .with_columns(
            created_at=gmt("created").value,
            updated_at=pl.when(is_again)
            .then(pl.lit(context.read_at))
            .otherwise(gmt("updated").value),
        )
    )
    version = head.select(_VERSION)
    lines, owners = flatten(order.line_items or [] for order in found)
    line = _without_inherited(
        with_parent_columns(columns(lines, _LINE), version, owners),
        [page for _, page in parts.get(wire.CODES, [])],
    )
    fees, owners = flatten(order.fee_lines or [] for order in found)
    fee = with_parent_columns(columns(fees, _FEE), version, owners)
    paid_back, owners = flatten(order.refunds or [] for order in found)
    refund = with_parent_columns(columns(paid_back, _REFUND), version, owners)
    codes, owners = flatten(order.coupon_lines or [] for order in found)
    code = with_parent_columns(columns(codes, {"code": ("code", _TEXT)}), version, owners)
    times, returned = _refund_details(pages_of_refunds)
    refund = refund.with_columns(
        back=money(pl.col("below_zero").str.strip_prefix("-"), context.currency).value
    ).join(times, on="refund", how="left", maintain_order="left")
    mapper = Mapper(context)
    _add_orders(mapper, head, fee, refund, context.currency)
    _reject_without_lists(mapper, found)
    _add_lines(mapper, line, refund.join(returned, on="refund"), context.currency)
    _add_fees(mapper, fee, context.currency)
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
    unknown = wire.ORDERS.unknown([*heads, *again]) | wire.REFUNDS.unknown(pages_of_refunds)
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def _without_inherited(line: pl.DataFrame, pages: list[Page]) -> pl.DataFrame:
    """Lines of variations without the code that is their product's, and their sisters' too."""
    found = wire.CODES_OF_PRODUCTS.documents(*pages)
    codes = {one.id: str(one.sku) for one in found if isinstance(one.id, int) and one.sku}
    products = pl.DataFrame(
        {"product": list(codes), "product_sku": list(codes.values())},
        schema={"product": _ID, "product_sku": _TEXT},
    )
    is_inherited = (pl.col("variation") != 0) & (pl.col("sku") == pl.col("product_sku"))
    return line.join(products, on="product", how="left", maintain_order="left").with_columns(
        sku=pl.when(~is_inherited.fill_null(value=False)).then("sku")
    )


def _reject_without_lists(mapper: Mapper, found: list[wire.Order]) -> None:
    """Hold orders that do not say what they hold: null is not the same as none."""
    for place in ("line_items", "refunds"):
        mute = [str(order.id) for order in found if getattr(order, place) is None]
        mapper.reject(
            Order, pl.Series(mute, dtype=_TEXT), QuarantineReason.MISSING_VALUE, column=place
        )


def _add_orders(
    mapper: Mapper, head: pl.DataFrame, fee: pl.DataFrame, refund: pl.DataFrame, currency: str
) -> None:
    """Orders with the sum of their refunds; an unreadable amount leaves the sum null."""
    back, off = pl.col("back"), money("fee_total", currency).value
    refunds = refund.group_by("at").agg(back=pl.when(back.is_not_null().all()).then(back.sum()))
    below = fee.group_by("at").agg(fees_off=(-off.clip(upper_bound=0)).sum())
    raw = (
        head.join(
            refunds.with_columns(has_refunds=True), on="at", how="left", maintain_order="left"
        )
        .join(below, on="at", how="left", maintain_order="left")
        .with_columns(
            pl.col("fees_off").fill_null(0), back=pl.when("has_refunds").then("back").otherwise(0)
        )
    )
    total, discount = money("total", currency), money("discount", currency)
    mapper.add(
        Order,
        raw,
        **_keys(),
        member_id=pl.when(pl.col("customer") != 0).then(name("customer")),
        placed_at=pl.col("created_at"),
        paid_at=gmt("paid"),
        cancelled_at=pl.when(pl.col("status").is_in(["cancelled", "trash"])).then("updated_at"),
        payment_status=_payment(total.value),
        fulfilment_status=_fulfilment(),
        is_test=pl.col("status").is_in(DRAFTS),
        currency=pl.col("order_currency"),
        discount_minor=Parsed(discount.value + pl.col("fees_off"), discount.raw, discount.reason),
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
        pl.when(unpaid.value.is_null() | pl.col("status").is_in(UNPAID_WHATEVER_WAS_PAID))
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
    # Who edits an order may charge more than the price was: that is the price then.
    price = pl.max_horizontal(gross.value, total.value)
    each = pl.when(pl.col("quantity") > 0).then(price / pl.col("quantity")).otherwise(price)
    mapper.add(
        OrderLine,
        raw,
        **_keys(),
        line_id=name("line"),
        listing_id=pl.when(pl.col("variation") != 0)
        .then(name("variation"))
        .when(pl.col("product") != 0)
        .then(name("product")),
        sku_id=empty_to_null("sku"),
        line_kind=pl.when(total.value == 0)
        .then(pl.lit(LineKind.GIFT))
        .otherwise(pl.lit(LineKind.SALE)),
        placed_at=pl.col("created_at"),
        quantity_units=pieces("quantity"),
        current_units=pieces("left"),
        currency=pl.col("order_currency"),
        unit_price_minor=Parsed(each.round(), gross.raw, gross.reason),
        discount_minor=Parsed(price - total.value, gross.raw, gross.reason),
        total_minor=total,
    )


def _add_fees(mapper: Mapper, fee: pl.DataFrame, currency: str) -> None:
    """What is charged beside goods and shipping; tips of plug-ins are fees here too.

    One below zero is how plug-ins take off: it is a discount of its order and no line.
    """
    total = money("fee_total", currency)
    mapper.add(
        OrderLine,
        fee.filter(~(total.value < 0).fill_null(value=False)),
        **_keys(),
        line_id=name("line"),
        line_kind=pl.lit(LineKind.FEE),
        placed_at=pl.col("created_at"),
        quantity_units=pl.lit(1),
        current_units=pl.lit(1),
        currency=pl.col("order_currency"),
        unit_price_minor=total,
        discount_minor=pl.lit(0),
        total_minor=total,
    )


def _refund_details(pages: list[Page]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """When each refund was, and the pieces it took back per line (below zero)."""
    found = wire.REFUNDS.documents(*pages)
    details = columns(found, _DETAIL)
    lines, owners = flatten(refund.line_items or [] for refund in found)
    returned = with_parent_columns(
        columns(lines, {**_RETURNED, "own": ("id", _ID)}), details, owners
    )
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
