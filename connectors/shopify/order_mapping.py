"""Shopify's orders as canonical tables. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from connectors.base.frames import children, first_of_each, frame, with_parent_columns
from connectors.base.mapping import Mapper, Parsed, coded, money, utc
from connectors.base.orders import HEAD, OrderTables, with_heads
from connectors.shopify import line_mapping, shapes, wire
from connectors.shopify.codes import FULFILLMENT_IS_SENT, FULFILMENT_STATUS, PAYMENT_STATUS
from connectors.shopify.ids import number_in
from connectors.shopify.line_mapping import OF_ORDER, amount_of
from contracts.codes import RECEIVED, QuarantineReason
from contracts.money import to_minor
from contracts.streams import Context, Mapped, Page
from contracts.tables import Order

_SHIPPING = amount_of("shippingLine.discountedPriceSet")
_UNDISCOUNTED = amount_of("totalShippingPriceSet")


@dataclass(slots=True)
class _Pages:
    """What the pages hold, as text, page by page."""

    heads: list[pl.DataFrame] = field(default_factory=list)
    lines: list[pl.DataFrame] = field(default_factory=list)
    fees: list[pl.DataFrame] = field(default_factory=list)
    refunds: list[pl.DataFrame] = field(default_factory=list)
    parcels: list[pl.DataFrame] = field(default_factory=list)
    begun: set[tuple[str, str]] = field(default_factory=set)
    ended: set[tuple[str, str]] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def add(self, found: shapes.Found) -> None:
        """Add a page; one of further lines tells their order's version and no more of it."""
        shape = wire.OrderVersion if found.is_rest else wire.OrderHead
        documents = _with_heads(frame(found.parents, shape))
        version = documents.select(HEAD)
        lines = frame(found.children, wire.Line).drop("__parentId")
        self.lines.append(with_parent_columns(lines, version, found.owners))
        self.unknown |= found.unknown
        going_on = set(version[found.unfinished].select(OF_ORDER).rows())
        if found.is_rest:
            self.ended |= set(version.select(OF_ORDER).rows()) - going_on
            return
        self.begun |= going_on
        self.heads.append(documents)
        self.fees.append(_inside(found.parents, version, wire.Fee, "additionalFees"))
        self.refunds.append(_inside(found.parents, version, wire.Refund, "refunds"))
        self.parcels.append(_parcels(found.parents, version))

    def unfinished(self) -> pl.Series:
        """Orders with lines that no page holds."""
        found = sorted({order for order, _ in self.begun - self.ended})
        return pl.Series(found, dtype=pl.String)


def orders(pages: Iterable[Page], context: Context) -> Mapped:
    """Orders, lines, codes used, refunds and parcels. Amounts are decimal text, and leave as minor
    units.

    A line's total is the platform's price of it less all discounts allocated to it, of the line and
    of the order (`discountedTotalSet` would leave those of the order out), and less the tax in it.
    Amounts are read by the exponent of the shop's currency; an order that names another currency
    keeps that name.
    """
    currency, raw = context.currency, _Pages()
    for found in shapes.ORDERS.each(pages):
        raw.add(found)
    heads = _whole(raw.heads)
    lines = line_mapping.priced(_whole(raw.lines), heads, currency)
    heads = _with_shipping(heads, lines, currency)
    tips = _tips(heads.join(line_mapping.nameless(lines), on=OF_ORDER, how="semi"), currency)
    lines = line_mapping.with_kinds(lines, tips, currency)
    heads = heads.join(line_mapping.taxes_of_goods(lines), on=OF_ORDER, how="left")
    mapper = Mapper(context)
    tables = OrderTables(mapper)
    _add_orders(tables, heads, currency)
    line_mapping.add_lines(tables, lines, currency)
    fees = line_mapping.charged(_whole(raw.fees), heads)
    if fees.height:
        line_id = pl.concat_str(pl.lit("fee-"), number_in("fee", "AdditionalFee"))
        tables.fees(fees, line_id=line_id, total=money("price", currency))
    tables.refunds(
        _whole(raw.refunds),
        refund_id=number_in("id", "Refund"),
        refunded_at=utc("createdAt"),
        refunded_minor=money(amount_of("totalRefundedSet"), currency),
    )
    codes = heads.select(*HEAD, code="discountCodes").explode("code")
    tables.codes(codes.filter(pl.col("code").is_not_null()), pl.col("code"))
    tables.parcels(
        _whole(raw.parcels),
        carrier=pl.col("company"),
        number=pl.col("number"),
        is_sent=coded("status", FULFILLMENT_IS_SENT),
        shipped_at=utc("createdAt"),
        promised_at=utc("estimatedDeliveryAt"),
        delivered_at=utc("deliveredAt"),
    )
    unfinished = raw.unfinished()
    if unfinished.len():
        missing = QuarantineReason.MISSING_VALUE
        mapper.reject(Order, unfinished, missing, detail="lines beyond the first page")
    return mapper.done(unknown_fields=tuple(sorted(raw.unknown)))


def _whole(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """All pages as one; they themselves are held no longer."""
    whole = pl.concat(frames)
    frames.clear()
    return whole


def _with_heads(documents: pl.DataFrame) -> pl.DataFrame:
    return with_heads(
        documents,
        order_id=number_in("id", "Order"),
        placed=utc("createdAt"),
        updated=utc("updatedAt"),
        currency=pl.col("currencyCode"),
    ).drop("id", "createdAt", "updatedAt", "currencyCode")


def _inside(
    orders: list[wire.OrderHead], version: pl.DataFrame, shape: type, path: str
) -> pl.DataFrame:
    """Rows of a list in each order, with the order's version beside them."""
    found, owners = children(orders, wire.OrderHead, path)
    return with_parent_columns(frame(found, shape), version, owners)


def _with_shipping(orders: pl.DataFrame, lines: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Orders with what was charged for shipping (`shipping_minor`) and its raw text.

    Orders read before it was asked for tell of shipping before discounts; what no line's discount
    explains was taken off it.
    """
    is_older = pl.col(_SHIPPING).is_null() & pl.col(_UNDISCOUNTED).is_not_null()
    if not orders.select(is_older.any()).item():
        charged = to_minor(_SHIPPING, currency)
        is_none = pl.col(_SHIPPING).is_null()
        return orders.with_columns(shipping_minor=pl.when(is_none).then(0).otherwise(charged))
    once = first_of_each(lines, [*OF_ORDER, "id"])
    cuts = once.group_by(OF_ORDER).agg(cuts=pl.col("discount").sum())
    off = to_minor(amount_of("totalDiscountsSet"), currency).fill_null(0) - pl.col(
        "cuts"
    ).fill_null(0)
    before = to_minor(_UNDISCOUNTED, currency)
    return orders.join(cuts, on=OF_ORDER, how="left", maintain_order="left").with_columns(
        pl.coalesce(_SHIPPING, _UNDISCOUNTED).alias(_SHIPPING),
        shipping_minor=pl.when(is_older)
        .then((before - off.clip(0)).clip(0))
        .when(pl.col(_SHIPPING).is_null())
        .then(0)
        .otherwise(to_minor(_SHIPPING, currency)),
    )


def _tips(orders: pl.DataFrame, currency: str) -> pl.DataFrame:
    """What came in tips (`tip`) with each order, in minor units.

    Of orders read before it was asked for, what the total holds beside goods, shipping and tax.
    """
    tax = (
        pl.when("taxesIncluded")
        .then(0)
        .otherwise(to_minor(amount_of("totalTaxSet"), currency).fill_null(0))
    )
    beside = to_minor(amount_of("totalPriceSet"), currency) - to_minor(
        amount_of("subtotalPriceSet"), currency
    )
    tip = amount_of("totalTipReceivedSet")
    return orders.select(
        *OF_ORDER,
        tip=pl.when(pl.col(tip).is_null())
        .then(beside - pl.col("shipping_minor") - tax)
        .otherwise(to_minor(tip, currency)),
    ).unique()


def _add_orders(tables: OrderTables, heads: pl.DataFrame, currency: str) -> None:
    status = coded("displayFinancialStatus", PAYMENT_STATUS)
    subtotal = money(amount_of("subtotalPriceSet"), currency)
    stated = subtotal.value - pl.col("goods_tax").fill_null(0)
    shipping = pl.col("shipping_minor")
    tables.orders(
        heads,
        member_id=number_in("customer.id", "Customer"),
        paid_at=pl.when(status.value.is_in(RECEIVED)).then(utc("processedAt").value),
        cancelled_at=utc("cancelledAt"),
        payment_status=status,
        fulfilment_status=coded("displayFulfillmentStatus", FULFILMENT_STATUS),
        is_test=pl.col("test"),
        stated_goods_minor=Parsed(stated, subtotal.raw, subtotal.reason),
        discount_minor=money(amount_of("totalDiscountsSet"), currency),
        shipping_minor=Parsed(shipping, pl.col(_SHIPPING), QuarantineReason.UNREADABLE_MONEY),
        tax_minor=money(amount_of("totalTaxSet"), currency),
        total_minor=money(amount_of("totalPriceSet"), currency),
        refunded_minor=money(amount_of("totalRefundedSet"), currency),
    )


def _parcels(orders: list[wire.OrderHead], version: pl.DataFrame) -> pl.DataFrame:
    """What left for each order, one row per tracking number."""
    sent, owners = children(orders, wire.OrderHead, "fulfillments")
    tracked, senders = children(sent, wire.Fulfillment, "trackingInfo")
    fulfilled = with_parent_columns(frame(sent, wire.Fulfillment), version, owners)
    return with_parent_columns(frame(tracked, wire.Tracking), fulfilled, senders)
