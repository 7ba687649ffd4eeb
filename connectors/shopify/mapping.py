"""Shopify's answers as canonical tables. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable, Mapping

import polars as pl

from connectors.base.mapping import Mapper, Parsed, coded, money, utc, whole
from connectors.base.wire import ColumnType, columns, filled, flat, owned
from connectors.shopify import wire
from connectors.shopify.codes import (
    COUPON_STATUS,
    DISCOUNT_KIND,
    FULFILLMENT_IS_SENT,
    FULFILMENT_STATUS,
    LISTING_STATUS,
    PAYMENT_STATUS,
)
from contracts import money as currency_units
from contracts.carriers import carrier_code, shipment_id
from contracts.codes import RECEIVED, LineKind, QuarantineReason
from contracts.streams import Context, Mapped, Page
from contracts.tables import (
    Coupon,
    Listing,
    Member,
    Order,
    OrderCoupon,
    OrderLine,
    Price,
    Refund,
    Shipment,
    StockLevel,
)

Paths = Mapping[str, tuple[str, ColumnType]]

_TEXT, _COUNT = pl.String, pl.Int64
_NOTHING = wire.Documents([], [], [], is_rest=False, unknown=set())

_ORDER_VERSION: Paths = {
    "order": ("id", _TEXT),
    "created": ("created_at", _TEXT),
    "updated": ("updated_at", _TEXT),
    "order_currency": ("currency_code", _TEXT),
}
# Read once per order, then handed to its lines and refunds.
_ORDER_HEAD = (
    pl.col("order").str.strip_prefix("gid://shopify/Order/"),
    pl.col("created"),
    pl.col("updated"),
    pl.col("order_currency"),
    utc("created").value.alias("created_at"),
    utc("updated").value.alias("updated_at"),
)
_ORDER_KEYS: dict[str, Parsed | pl.Expr] = {
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
    "goods": ("subtotal_price_set?.shop_money.amount", _TEXT),
    "discount": ("total_discounts_set?.shop_money.amount", _TEXT),
    "shipping": ("total_shipping_price_set.shop_money.amount", _TEXT),
    "tax": ("total_tax_set?.shop_money.amount", _TEXT),
    "total": ("total_price_set.shop_money.amount", _TEXT),
    "refunded": ("total_refunded_set.shop_money.amount", _TEXT),
}
_LINE: Paths = {
    "line": ("id", _TEXT),
    "sku": ("sku", _TEXT),
    "variant": ("variant?.id", _TEXT),
    "quantity": ("quantity", _COUNT),
    "current": ("current_quantity", _COUNT),
    "unit_price": ("original_unit_price_set.shop_money.amount", _TEXT),
    "gross": ("original_total_set.shop_money.amount", _TEXT),
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
_VARIANT: Paths = {
    "variant": ("id", _TEXT),
    "sku": ("sku", _TEXT),
    "variant_title": ("title", _TEXT),
    "price": ("price", _TEXT),
    "list_price": ("compare_at_price", _TEXT),
    "created": ("created_at", _TEXT),
    "updated": ("updated_at", _TEXT),
    "product": ("product.id", _TEXT),
    "product_title": ("product.title", _TEXT),
    "status": ("product.status", _TEXT),
    "vendor": ("product.vendor", _TEXT),
    "type": ("product.product_type", _TEXT),
    "product_updated": ("product.updated_at", _TEXT),
}
_ITEM: Paths = {"sku": ("sku", _TEXT), "tracked": ("tracked", pl.Boolean)}
_LEVEL: Paths = {"location": ("location.id", _TEXT), "updated": ("updated_at", _TEXT)}
_CUSTOMER: Paths = {
    "customer": ("id", _TEXT),
    "created": ("created_at", _TEXT),
    "updated": ("updated_at", _TEXT),
    "orders": ("number_of_orders", _TEXT),
    "spent": ("amount_spent.amount", _TEXT),
    "spent_currency": ("amount_spent.currency_code", _TEXT),
}
_DISCOUNT: Paths = {
    "discount": ("id", _TEXT),
    "type": ("discount.typename", _TEXT),
    "title": ("discount.title", _TEXT),
    "status": ("discount.status", _TEXT),
    "starts": ("discount.starts_at", _TEXT),
    "ends": ("discount.ends_at", _TEXT),
    "updated": ("discount.updated_at", _TEXT),
    "limit": ("discount.usage_limit", _COUNT),
    "redeemed": ("discount.async_usage_count", _COUNT),
    "kind": ("discount.customer_gets?.value.typename", _TEXT),
    "percentage": ("discount.customer_gets?.value.percentage", pl.Float64),
    "amount": ("discount.customer_gets?.value.amount?.amount", _TEXT),
    "amount_currency": ("discount.customer_gets?.value.amount?.currency_code", _TEXT),
}


def orders(pages: Iterable[Page], context: Context) -> Mapped:
    """Orders, lines, codes used, refunds and parcels. Amounts are decimal text, and leave as minor
    units.

    A line's total is the platform's price of it less all discounts allocated to it, of the line and
    of the order; `discountedTotalSet` would leave those of the order out. Amounts are read by the
    exponent of the shop's currency; an order that names another currency keeps that name.
    """
    heads, lines, refunds, codes, parcels, unknown = [], [], [], [], [], set[str]()
    for found in (_NOTHING, *map(wire.ORDERS.documents, pages)):
        version = columns(found.parents, _ORDER_VERSION).select(*_ORDER_HEAD)
        line = columns(found.children, _LINE).with_columns(_cuts(found.children))
        lines.append(owned(line, version, found.owners))
        unknown |= found.unknown
        if found.is_rest:
            continue
        heads.append(version.hstack(columns(found.parents, _ORDER)))
        paid_back, owners = flat(order.refunds for order in found.parents)
        refunds.append(owned(columns(paid_back, _REFUND), version, owners))
        parcels.append(_parcels(found.parents, version))
        used, owners = flat(order.discount_codes for order in found.parents)
        codes.append(owned(pl.DataFrame({"code": used}, schema={"code": _TEXT}), version, owners))
    mapper = Mapper(context)
    _add_orders(mapper, pl.concat(heads), context.currency)
    _add_lines(mapper, pl.concat(lines), context.currency)
    _add_refunds(mapper, pl.concat(refunds), context.currency)
    mapper.add(OrderCoupon, pl.concat(codes), **_ORDER_KEYS, coupon_code=pl.col("code"))
    _add_parcels(mapper, pl.concat(parcels))
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def products(pages: Iterable[Page], context: Context) -> Mapped:
    """Listings and the prices in force, one of each per variant, in the shop's currency."""
    raw, unknown = _documents(wire.PRODUCTS, pages, _VARIANT)
    is_only = pl.col("variant_title").is_in(["Default Title", ""])
    title = (
        pl.when(is_only)
        .then("product_title")
        .otherwise(pl.concat_str("product_title", "variant_title", separator=" "))
    )
    mapper = Mapper(context)
    mapper.add(
        Listing,
        raw,
        listing_id=_id("variant", "ProductVariant"),
        product_id=_id("product", "Product"),
        sku_id=filled("sku"),
        title=title,
        listing_status=coded("status", LISTING_STATUS),
        brand=filled("vendor"),
        category=filled("type"),
        created_at=utc("created"),
        source_updated_at=pl.max_horizontal(utc("updated").value, utc("product_updated").value),
    )
    mapper.add(
        Price,
        raw,
        listing_id=_id("variant", "ProductVariant"),
        observed_at=utc("updated"),
        currency=pl.lit(context.currency),
        price_minor=money("price", context.currency),
        list_price_minor=money("list_price", context.currency),
        source_updated_at=utc("updated"),
    )
    return mapper.done(unknown_fields=unknown)


def inventory(pages: Iterable[Page], context: Context) -> Mapped:
    """Stock per SKU and location. Items that are not tracked, or have no SKU, hold no stock."""
    levels, unknown = [], set[str]()
    for found in (_NOTHING, *map(wire.INVENTORY.documents, pages)):
        level = columns(found.children, _LEVEL).with_columns(_pieces(found.children))
        levels.append(owned(level, columns(found.parents, _ITEM), found.owners))
        unknown |= found.unknown
    raw = pl.concat(levels).filter("tracked", filled("sku").is_not_null())
    mapper = Mapper(context).add(
        StockLevel,
        raw,
        sku_id=pl.col("sku"),
        warehouse_id=_id("location", "Location"),
        observed_at=utc("updated"),
        on_hand_units=pl.col("on_hand"),
        available_units=pl.col("available"),
        committed_units=pl.col("committed"),
        source_updated_at=utc("updated"),
    )
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def customers(pages: Iterable[Page], context: Context) -> Mapped:
    """Members, without anything that says who they are."""
    raw, unknown = _documents(wire.CUSTOMERS, pages, _CUSTOMER)
    mapper = Mapper(context).add(
        Member,
        raw,
        member_id=_id("customer", "Customer"),
        joined_at=utc("created"),
        orders_units=whole("orders"),
        currency=pl.col("spent_currency"),
        spent_minor=money("spent", context.currency),
        source_updated_at=utc("updated"),
    )
    return mapper.done(unknown_fields=unknown)


def discounts(pages: Iterable[Page], context: Context) -> Mapped:
    """Coupons: discounts on the amount that a code gives, each by the first of its codes.

    Automatic discounts, free shipping, "buy X get Y" and those of apps are no coupons of ours and
    are left out on purpose.
    """
    parts, unknown = [], set[str]()
    for found in (_NOTHING, *map(wire.DISCOUNTS.documents, pages)):
        pairs = zip(reversed(found.owners), reversed(found.children), strict=True)
        first = {owner: child.code for owner, child in pairs}
        codes = [first.get(owner) for owner in range(len(found.parents))]
        code = pl.Series("code", codes, dtype=_TEXT)
        parts.append(columns(found.parents, _DISCOUNT).with_columns(code))
        unknown |= found.unknown
    raw = pl.concat(parts).filter(pl.col("type") == "DiscountCodeBasic")
    mapper = Mapper(context).add(
        Coupon,
        raw,
        coupon_id=pl.col("discount").str.extract(r"/(\d+)$"),
        coupon_code=pl.col("code"),
        title=pl.col("title"),
        coupon_status=coded("status", COUPON_STATUS),
        discount_kind=coded("kind", DISCOUNT_KIND),
        discount_rate=pl.col("percentage"),
        currency=pl.col("amount_currency").fill_null(context.currency),
        discount_minor=money("amount", context.currency),
        starts_at=utc("starts"),
        ends_at=utc("ends"),
        limit_units=pl.col("limit"),
        redeemed_units=pl.col("redeemed"),
        source_updated_at=utc("updated"),
    )
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def _add_orders(mapper: Mapper, raw: pl.DataFrame, currency: str) -> None:
    status = coded("payment", PAYMENT_STATUS)
    processed = utc("processed")
    paid = pl.when(status.value.is_in(RECEIVED)).then(processed.value)
    mapper.add(
        Order,
        raw,
        **_ORDER_KEYS,
        member_id=_id("customer", "Customer"),
        placed_at=Parsed(pl.col("created_at"), pl.col("created"), QuarantineReason.UNREADABLE_TIME),
        paid_at=paid,
        cancelled_at=utc("cancelled"),
        payment_status=status,
        fulfilment_status=coded("fulfilment", FULFILMENT_STATUS),
        is_test=pl.col("test"),
        currency=pl.col("order_currency"),
        stated_goods_minor=money("goods", currency),
        discount_minor=money("discount", currency),
        shipping_minor=money("shipping", currency),
        tax_minor=money("tax", currency),
        total_minor=money("total", currency),
        refunded_minor=money("refunded", currency),
    )


def _add_lines(mapper: Mapper, raw: pl.DataFrame, currency: str) -> None:
    cuts = pl.col("cuts").str.split(" ").list.eval(currency_units.to_minor(pl.element(), currency))
    is_readable = ~cuts.list.eval(pl.element().is_null()).list.any()
    is_whole_price = pl.col("cuts").is_null()
    raw = raw.with_columns(
        discount=pl.when(is_whole_price).then(0).when(is_readable).then(cuts.list.sum())
    )
    gross = money("gross", currency)
    total = gross.value - pl.col("discount")
    mapper.add(
        OrderLine,
        raw,
        **_ORDER_KEYS,
        line_id=_id("line", "LineItem"),
        listing_id=_id("variant", "ProductVariant"),
        sku_id=filled("sku"),
        line_kind=pl.when(total == 0).then(pl.lit(LineKind.GIFT)).otherwise(pl.lit(LineKind.SALE)),
        placed_at=pl.col("created_at"),
        quantity_units=pl.col("quantity"),
        current_units=pl.col("current"),
        currency=pl.col("order_currency"),
        unit_price_minor=money("unit_price", currency),
        discount_minor=Parsed(
            pl.col("discount"), pl.col("cuts"), QuarantineReason.UNREADABLE_MONEY
        ),
        total_minor=Parsed(total, gross.raw, gross.reason),
    )


def _add_refunds(mapper: Mapper, raw: pl.DataFrame, currency: str) -> None:
    mapper.add(
        Refund,
        raw,
        **_ORDER_KEYS,
        refund_id=_id("refund", "Refund"),
        refunded_at=utc("refund_created"),
        currency=pl.col("order_currency"),
        refunded_minor=money("paid_back", currency),
    )


def _parcels(orders: list[wire.Order], version: pl.DataFrame) -> pl.DataFrame:
    """What left for each order, one row per tracking number."""
    sent, owners = flat(order.fulfillments for order in orders)
    tracked, senders = flat(one.tracking_info for one in sent)
    fulfilled = owned(columns(sent, _FULFILLMENT), version, owners)
    return owned(columns(tracked, _TRACKING), fulfilled, senders)


def _add_parcels(mapper: Mapper, raw: pl.DataFrame) -> None:
    """Parcels with carrier and number; one without cannot be followed and is left out."""
    carrier = carrier_code(pl.col("company"))
    named = raw.with_columns(carrier=carrier, parcel=shipment_id(carrier, pl.col("number")))
    is_sent = coded("fulfillment", FULFILLMENT_IS_SENT)
    mapper.add(
        Shipment,
        named.filter(pl.col("parcel").is_not_null(), is_sent.value.ne_missing("no")),
        **_ORDER_KEYS,
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


def _documents(
    shape: wire.Shape, pages: Iterable[Page], paths: Paths
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Documents without children as one frame, and the names of unknown fields."""
    frames, unknown = [], set[str]()
    for found in (_NOTHING, *map(shape.documents, pages)):
        frames.append(columns(found.parents, paths))
        unknown |= found.unknown
    return pl.concat(frames), tuple(sorted(unknown))


def _cuts(lines: list[wire.Line]) -> pl.Series:
    """Discounts of each line as one text, null without any: lists would cost 20 µs a line."""
    texts = [
        " ".join([cut.allocated_amount_set.shop_money.amount for cut in cuts]) if cuts else None
        for cuts in [line.discount_allocations for line in lines]
    ]
    return pl.Series("cuts", texts, dtype=_TEXT)


def _pieces(levels: list[wire.Level]) -> list[pl.Series]:
    return [
        pl.Series(state, [level.pieces(state) for level in levels], dtype=_COUNT)
        for state in ("on_hand", "available", "committed")
    ]


def _id(column: str, kind: str) -> pl.Expr:
    """The number in a global id, as text."""
    return pl.col(column).str.strip_prefix(f"gid://shopify/{kind}/")
