"""Shopify's orders as canonical tables. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from connectors.base.frames import ColumnType, columns, flatten, with_parent_columns
from connectors.base.mapping import Mapper, Parsed, coded, money, utc
from connectors.shopify import line_mapping, shapes, wire
from connectors.shopify.codes import FULFILLMENT_IS_SENT, FULFILMENT_STATUS, PAYMENT_STATUS
from connectors.shopify.ids import number_in
from connectors.shopify.line_mapping import OF_ORDER
from contracts.carriers import carrier_code, shipment_id
from contracts.codes import RECEIVED, QuarantineReason
from contracts.money import to_minor
from contracts.streams import Context, Mapped, Page
from contracts.tables import Order, OrderCoupon, Refund, Shipment

Paths = Mapping[str, tuple[str, ColumnType]]

_TEXT = pl.String
_VERSION: Paths = {
    "order": ("id", _TEXT),
    "created": ("created_at", _TEXT),
    "updated": ("updated_at", _TEXT),
    "order_currency": ("currency_code", _TEXT),
}
# Read once per order, then handed to its lines and refunds.
_HEAD = (
    number_in("order", "Order"),
    pl.col("created"),
    pl.col("updated"),
    pl.col("order_currency"),
    utc("created").value.alias("created_at"),
    utc("updated").value.alias("updated_at"),
)
_KEYS: dict[str, Parsed | pl.Expr] = {
    "order_id": pl.col("order"),
    "created_date": pl.col("created_at").dt.date(),
    "source_updated_at": Parsed(
        pl.col("updated_at"), pl.col("updated"), QuarantineReason.UNREADABLE_TIME
    ),
}
_ORDER: Paths = {
    "customer": ("customer?.id", _TEXT),
    "processed": ("processed_at", _TEXT),
    "cancelled": ("cancelled_at", _TEXT),
    "test": ("test", pl.Boolean),
    "payment": ("display_financial_status", _TEXT),
    "fulfilment": ("display_fulfillment_status", _TEXT),
    "taxes_included": ("taxes_included", pl.Boolean),
    "subtotal": ("subtotal_price_set?.shop_money.amount", _TEXT),
    "discount": ("total_discounts_set?.shop_money.amount", _TEXT),
    "shipping": ("shipping_line?.discounted_price_set.shop_money.amount", _TEXT),
    "undiscounted_shipping": ("total_shipping_price_set?.shop_money.amount", _TEXT),
    "tip": ("total_tip_received_set?.shop_money.amount", _TEXT),
    "tax": ("total_tax_set?.shop_money.amount", _TEXT),
    "total": ("total_price_set.shop_money.amount", _TEXT),
    "refunded": ("total_refunded_set.shop_money.amount", _TEXT),
}
_REFUND: Paths = {
    "refund": ("id", _TEXT),
    "refund_created": ("created_at", _TEXT),
    "paid_back": ("total_refunded_set.shop_money.amount", _TEXT),
}
_FULFILLMENT: Paths = {
    "shipped": ("created_at", _TEXT),
    "delivered": ("delivered_at", _TEXT),
    "promised": ("estimated_delivery_at", _TEXT),
    "fulfillment": ("status", _TEXT),
}
_TRACKING: Paths = {"company": ("company", _TEXT), "number": ("number", _TEXT)}


@dataclass(frozen=True, slots=True)
class _Raw:
    """What the pages hold, as text. `unfinished`: orders with lines that no page holds."""

    orders: pl.DataFrame
    lines: pl.DataFrame
    fees: pl.DataFrame
    refunds: pl.DataFrame
    codes: pl.DataFrame
    parcels: pl.DataFrame
    unfinished: pl.Series
    unknown: tuple[str, ...]


def orders(pages: Iterable[Page], context: Context) -> Mapped:
    """Orders, lines, codes used, refunds and parcels. Amounts are decimal text, and leave as minor
    units.

    A line's total is the platform's price of it less all discounts allocated to it, of the line and
    of the order (`discountedTotalSet` would leave those of the order out), and less the tax in it.
    Amounts are read by the exponent of the shop's currency; an order that names another currency
    keeps that name.
    """
    currency = context.currency
    raw = _raw(pages)
    lines = line_mapping.priced(raw.lines, raw.orders, currency)
    heads = _with_shipping(raw.orders, lines, currency)
    tips = _tips(heads.join(line_mapping.nameless(lines), on=OF_ORDER, how="semi"), currency)
    lines = line_mapping.with_kinds(lines, tips, currency)
    heads = heads.join(line_mapping.taxes_of_goods(lines), on=OF_ORDER, how="left")
    mapper = Mapper(context)
    _add_orders(mapper, heads, currency)
    line_mapping.add_lines(mapper, lines, _KEYS, currency)
    if raw.fees.height:
        line_mapping.add_fees(mapper, raw.fees, _KEYS, currency)
    _add_refunds(mapper, raw.refunds, currency)
    mapper.add(OrderCoupon, raw.codes, **_KEYS, coupon_code=pl.col("code"))
    _add_parcels(mapper, raw.parcels)
    if raw.unfinished.len():
        missing = QuarantineReason.MISSING_VALUE
        mapper.reject(Order, raw.unfinished, missing, detail="lines beyond the first page")
    return mapper.done(unknown_fields=raw.unknown)


def _raw(pages: Iterable[Page]) -> _Raw:
    heads, lines, fees, refunds, codes, parcels, unknown = [], [], [], [], [], [], set[str]()
    begun, ended = set[tuple[str, str]](), set[tuple[str, str]]()
    for found in (shapes.NOTHING, *map(shapes.ORDERS.read, pages)):
        version = columns(found.parents, _VERSION).select(*_HEAD)
        lines.append(line_mapping.raw_lines(found, version))
        unknown |= found.unknown
        going_on = set(version[found.unfinished].select(OF_ORDER).rows())
        if found.is_rest:
            ended |= set(version.select(OF_ORDER).rows()) - going_on
            continue
        begun |= going_on
        heads.append(version.hstack(columns(found.parents, _ORDER)))
        fees.append(line_mapping.raw_fees(found.parents, version))
        paid_back, owners = flatten(order.refunds or () for order in found.parents)
        refunds.append(with_parent_columns(columns(paid_back, _REFUND), version, owners))
        parcels.append(_parcels(found.parents, version))
        used, owners = flatten(order.discount_codes or () for order in found.parents)
        codes.append(
            with_parent_columns(
                pl.DataFrame({"code": used}, schema={"code": _TEXT}), version, owners
            )
        )
    return _Raw(
        orders=pl.concat(heads),
        lines=pl.concat(lines),
        fees=pl.concat(fees),
        refunds=pl.concat(refunds),
        codes=pl.concat(codes),
        parcels=pl.concat(parcels),
        unfinished=pl.Series(sorted({order for order, _ in begun - ended}), dtype=_TEXT),
        unknown=tuple(sorted(unknown)),
    )


def _with_shipping(orders: pl.DataFrame, lines: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Orders with what was charged for shipping (`shipping_minor`) and its raw text (`shipping`).

    Orders read before it was asked for tell of shipping before discounts; what no line's discount
    explains was taken off it.
    """
    is_older = pl.col("shipping").is_null() & pl.col("undiscounted_shipping").is_not_null()
    if not orders.select(is_older.any()).item():
        charged = to_minor("shipping", currency)
        is_none = pl.col("shipping").is_null()
        return orders.with_columns(shipping_minor=pl.when(is_none).then(0).otherwise(charged))
    once = lines.unique([*OF_ORDER, "line"], keep="first", maintain_order=True)
    cuts = once.group_by(OF_ORDER).agg(cuts=pl.col("discount").sum())
    off = to_minor("discount", currency).fill_null(0) - pl.col("cuts").fill_null(0)
    before = to_minor("undiscounted_shipping", currency)
    return orders.join(cuts, on=OF_ORDER, how="left", maintain_order="left").with_columns(
        shipping=pl.coalesce("shipping", "undiscounted_shipping"),
        shipping_minor=pl.when(is_older)
        .then((before - off.clip(0)).clip(0))
        .when(pl.col("shipping").is_null())
        .then(0)
        .otherwise(to_minor("shipping", currency)),
    )


def _tips(orders: pl.DataFrame, currency: str) -> pl.DataFrame:
    """What came in tips (`tip`) with each order, in minor units.

    Of orders read before it was asked for, what the total holds beside goods, shipping and tax.
    """
    tax = pl.when("taxes_included").then(0).otherwise(to_minor("tax", currency).fill_null(0))
    beside = to_minor("total", currency) - to_minor("subtotal", currency)
    told = to_minor("tip", currency)
    return orders.select(
        *OF_ORDER,
        tip=pl.when(pl.col("tip").is_null())
        .then(beside - pl.col("shipping_minor") - tax)
        .otherwise(told),
    ).unique()


def _add_orders(mapper: Mapper, raw: pl.DataFrame, currency: str) -> None:
    status = coded("payment", PAYMENT_STATUS)
    processed = utc("processed")
    paid = pl.when(status.value.is_in(RECEIVED)).then(processed.value)
    subtotal = money("subtotal", currency)
    stated = Parsed(
        subtotal.value - pl.col("goods_tax").fill_null(0), subtotal.raw, subtotal.reason
    )
    shipping = Parsed(
        pl.col("shipping_minor"), pl.col("shipping"), QuarantineReason.UNREADABLE_MONEY
    )
    mapper.add(
        Order,
        raw,
        **_KEYS,
        member_id=number_in("customer", "Customer"),
        placed_at=Parsed(pl.col("created_at"), pl.col("created"), QuarantineReason.UNREADABLE_TIME),
        paid_at=paid,
        cancelled_at=utc("cancelled"),
        payment_status=status,
        fulfilment_status=coded("fulfilment", FULFILMENT_STATUS),
        is_test=pl.col("test"),
        currency=pl.col("order_currency"),
        stated_goods_minor=stated,
        discount_minor=money("discount", currency),
        shipping_minor=shipping,
        tax_minor=money("tax", currency),
        total_minor=money("total", currency),
        refunded_minor=money("refunded", currency),
    )


def _add_refunds(mapper: Mapper, raw: pl.DataFrame, currency: str) -> None:
    mapper.add(
        Refund,
        raw,
        **_KEYS,
        refund_id=number_in("refund", "Refund"),
        refunded_at=utc("refund_created"),
        currency=pl.col("order_currency"),
        refunded_minor=money("paid_back", currency),
    )


def _parcels(orders: list[wire.OrderHead], version: pl.DataFrame) -> pl.DataFrame:
    """What left for each order, one row per tracking number."""
    sent, owners = flatten(order.fulfillments or () for order in orders)
    tracked, senders = flatten(one.tracking_info or () for one in sent)
    fulfilled = with_parent_columns(columns(sent, _FULFILLMENT), version, owners)
    return with_parent_columns(columns(tracked, _TRACKING), fulfilled, senders)


def _add_parcels(mapper: Mapper, raw: pl.DataFrame) -> None:
    """Parcels with carrier and number; one without cannot be followed and is left out."""
    carrier = carrier_code(pl.col("company"))
    named = raw.with_columns(carrier=carrier, parcel=shipment_id(carrier, pl.col("number")))
    is_sent = coded("fulfillment", FULFILLMENT_IS_SENT)
    mapper.add(
        Shipment,
        named.filter(pl.col("parcel").is_not_null(), is_sent.value.ne_missing("no")),
        **_KEYS,
        shipment_id=Parsed(
            pl.when(is_sent.value.is_not_null()).then(pl.col("parcel")),
            pl.col("fulfillment"),
            QuarantineReason.UNKNOWN_CODE,
        ),
        carrier_code=pl.col("carrier"),
        tracking_number=pl.col("number").str.strip_chars(),
        shipped_at=utc("shipped"),
        promised_at=utc("promised"),
        delivered_at=utc("delivered"),
    )
