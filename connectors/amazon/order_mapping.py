"""Amazon's orders as canonical tables, from answers of the API and from reports. Pure."""

from collections.abc import Iterable, Mapping

import polars as pl

from connectors.amazon import flat_file, wire
from connectors.amazon.codes import (
    CANCELLED,
    CHANNEL,
    FULFILMENT,
    PACKAGE_IS_SENT,
    PAYMENT,
    PROCEEDS,
    REPORT_STATUS,
    WITHOUT_AMOUNTS,
)
from connectors.amazon.stores import STORES
from connectors.base.mapping import Mapper, Parsed, coded, money, utc
from connectors.base.wire import ColumnType, columns, filled, flat, owned
from contracts.carriers import carrier_code, shipment_id
from contracts.codes import LineKind, QuarantineReason
from contracts.money import to_minor
from contracts.streams import Context, Mapped, Page
from contracts.tables import Order, OrderLine, Shipment

Paths = Mapping[str, tuple[str, ColumnType]]

_TEXT, _COUNT = pl.String, pl.Int64
_HEAD: Paths = {
    "order": ("order_id", _TEXT),
    "created": ("created_time", _TEXT),
    "updated": ("last_updated_time", _TEXT),
    "channel": ("sales_channel.channel_name", _TEXT),
    "status": ("fulfillment?.fulfillment_status", _TEXT),
    "deliver_from": ("fulfillment?.deliver_by_window?.earliest_date_time", _TEXT),
    "deliver_by": ("fulfillment?.deliver_by_window?.latest_date_time", _TEXT),
    "total": ("proceeds?.grand_total?.amount", _TEXT),
}
_ITEM: Paths = {
    "item": ("order_item_id", _TEXT),
    "sku": ("product.seller_sku", _TEXT),
    "asin": ("product.asin", _TEXT),
    "quantity": ("quantity_ordered", _COUNT),
}
_PROCEEDS: Paths = {
    "type": ("type", _TEXT),
    "amount": ("subtotal.amount", _TEXT),
    "currency": ("subtotal.currency_code", _TEXT),
}
_DETAIL: Paths = {"type": ("subtype", _TEXT), "amount": ("value?.amount", _TEXT)}
_PACKAGE: Paths = {
    "carrier": ("carrier", _TEXT),
    "number": ("tracking_number", _TEXT),
    "shipped": ("ship_time", _TEXT),
    "package": ("package_status?.status", _TEXT),
}
_KEYS: dict[str, Parsed | pl.Expr] = {
    "order_id": pl.col("order"),
    "created_date": pl.col("created_at").dt.date(),
    "source_updated_at": Parsed(
        pl.col("updated_at"), pl.col("updated"), QuarantineReason.UNREADABLE_TIME
    ),
}
# A report says less of the same version of an order than the API does, so it stands behind it.
_BEHIND = pl.duration(microseconds=1)
_OFF_SHIPPING, _OFF_OTHER = "off shipping", "off other"
_LINE_SUMS = ("quantity", "gross", "cut")


def orders(pages: Iterable[Page], context: Context) -> Mapped:
    """Orders, lines and parcels, from answers of the API and from reports.

    A line is one SKU of an order: a report has no ids of items and splits one that left from two
    warehouses, so items of a SKU are added up whichever way they were read.
    """
    answers: list[Page] = []
    pieces: list[Page] = []
    for page in pages:
        (pieces if page.part == flat_file.PART else answers).append(page)
    mapper = Mapper(context)
    found, unknown = wire.ORDERS.documents(answers)
    heads, items = _answered(found, context.currency)
    _add(mapper, heads, items, context.currency)
    _add_parcels(mapper, found, heads)
    if pieces:
        rows, others = flat_file.rows(pieces)
        unknown |= others
        heads, items = _reported(rows, context.currency)
        _add(mapper, heads, items, context.currency)
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def _answered(found: list[wire.Order], currency: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Heads and items of orders as the API tells them; `doc` numbers the orders."""
    heads = columns(found, _HEAD).with_columns(behind=pl.lit(value=False))
    bought, owners = flat(order.order_items for order in found)
    parts, sellers = flat(item.proceeds.breakdowns if item.proceeds else [] for item in bought)
    cuts, of_parts = flat(
        part.detailed_breakdowns if part.type == "DISCOUNT" else [] for part in parts
    )
    amounts = (
        columns(parts, _PROCEEDS)
        .with_columns(pl.Series("place", sellers, dtype=pl.UInt32))
        .with_columns(minor=to_minor("amount", currency), kind=pl.col("type"))
    )
    # What was taken off shipping and wrapping was not taken off the goods.
    elsewhere = (
        columns(cuts, _DETAIL)
        .with_columns(pl.Series("place", [sellers[one] for one in of_parts], dtype=pl.UInt32))
        .filter(pl.col("type").ne_missing("ITEM"), pl.col("amount").is_not_null())
        .with_columns(
            minor=to_minor("amount", currency).abs(),
            kind=pl.when(pl.col("type") == "SHIPPING")
            .then(pl.lit(_OFF_SHIPPING))
            .otherwise(pl.lit(_OFF_OTHER)),
            currency=pl.lit(None, _TEXT),
        )
        .select(amounts.columns)
    )
    items = (
        columns(bought, _ITEM)
        .with_columns(pl.Series("doc", owners, dtype=pl.UInt32))
        .with_row_index("place")
        .join(_by_item(pl.concat([amounts, elsewhere]), currency), on="place", how="left")
    )
    return heads.with_row_index("doc"), items.drop("place")


def _by_item(amounts: pl.DataFrame, currency: str) -> pl.DataFrame:
    """The amounts of each item, by `place`, in minor units.

    Whether a discount is written below zero is not said, so its size is what counts.
    """
    minor, kind = pl.col("minor"), pl.col("kind")

    def total(*kinds: str) -> pl.Expr:
        return minor.filter(kind.is_in(kinds)).sum()

    is_known = kind.is_in([*PROCEEDS, _OFF_SHIPPING, _OFF_OTHER])
    return amounts.group_by("place", maintain_order=True).agg(
        gross=pl.when((kind == "ITEM").any()).then(total("ITEM")),
        cut=total("DISCOUNT").abs() - total(_OFF_SHIPPING, _OFF_OTHER),
        shipping=total("SHIPPING") - total(_OFF_SHIPPING),
        other=total("GIFT_WRAP", "COD_FEE", "OTHER") - total(_OFF_OTHER),
        tax=total("TAX"),
        unreadable=pl.col("amount").filter(minor.is_null()).first(),
        unknown=kind.filter(~is_known).first(),
        foreign=pl.col("currency").filter(pl.col("currency") != currency).first(),
    )


def _reported(rows: pl.DataFrame, currency: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Heads and items of orders as a report tells them, one row per item and warehouse."""
    rows = rows.with_columns(
        pl.col("amazon-order-id").rank("dense").cast(pl.UInt32).alias("doc"),
        *(to_minor(filled(name), currency).alias(f"{name} minor") for name in flat_file.AMOUNTS),
    )

    def minor(name: str) -> pl.Expr:
        return pl.col(f"{name} minor").fill_null(0)

    unread = [
        pl.when(pl.col(f"{name} minor").is_null()).then(filled(name)) for name in flat_file.AMOUNTS
    ]
    heads = rows.group_by("doc", maintain_order=True).agg(
        order=pl.col("amazon-order-id").first(),
        created=pl.col("purchase-date").first(),
        updated=pl.col("last-updated-date").max(),
        channel=_channel(pl.col("sales-channel").first()),
        status=_status(pl.col("order-status").first()),
        deliver_from=pl.lit(None, _TEXT),
        deliver_by=pl.lit(None, _TEXT),
        total=pl.lit(None, _TEXT),
        behind=pl.lit(value=True),
    )
    items = rows.select(
        "doc",
        item=pl.col("asin"),
        sku=filled("sku"),
        asin=filled("asin"),
        quantity=pl.col("quantity").cast(pl.Int64, strict=False),
        gross=pl.col("item-price minor"),
        cut=minor("item-promotion-discount").abs(),
        shipping=minor("shipping-price") - minor("ship-promotion-discount").abs(),
        other=minor("gift-wrap-price"),
        tax=minor("item-tax") + minor("shipping-tax") + minor("gift-wrap-tax"),
        unreadable=pl.coalesce(unread),
        unknown=pl.lit(None, _TEXT),
        foreign=pl.when(pl.col("currency") != currency).then(filled("currency")),
    )
    return heads, items


def _channel(reported: pl.Expr) -> pl.Expr:
    """A report's sales channel as the API's; one that is no store's stays, and quarantines."""
    stores = [store.name for store in STORES.values()]
    return pl.when(reported.is_in(stores)).then(pl.lit("AMAZON")).otherwise(reported.fill_null(""))


def _status(reported: pl.Expr) -> pl.Expr:
    """A report's status as the API's; one that is not known stays, and quarantines its order."""
    return reported.replace(REPORT_STATUS)


def _add(mapper: Mapper, heads: pl.DataFrame, items: pl.DataFrame, currency: str) -> None:
    """Orders and their lines; those without amounts, where that is in order, are left out."""
    created, updated = utc("created"), utc("updated")
    gross = pl.col("gross")
    items = items.filter(gross.is_not_null() | (pl.col("quantity") != 0))
    sums = items.group_by("doc").agg(
        goods=pl.when(gross.null_count() == 0).then((gross - _zero("cut")).sum()),
        discount=_zero("cut").sum(),
        shipping=_zero("shipping").sum(),
        other=_zero("other").sum(),
        tax=_zero("tax").sum(),
        unreadable=pl.col("unreadable").drop_nulls().first(),
        unknown=pl.col("unknown").drop_nulls().first(),
        foreign=pl.col("foreign").drop_nulls().first(),
    )
    whole = (
        heads.with_columns(
            created_at=created.value,
            updated_at=updated.value - pl.when("behind").then(_BEHIND).otherwise(pl.duration()),
        )
        .join(sums, on="doc", how="left", maintain_order="left")
        .with_columns(order_currency=pl.coalesce("foreign", pl.lit(currency)))
        .filter(pl.col("channel").ne_missing("NON_AMAZON"))
        .filter(
            ~pl.col("status").is_in(WITHOUT_AMOUNTS).fill_null(value=False)
            | pl.coalesce("goods", "unreadable", "unknown").is_not_null()
        )
    )
    _add_orders(mapper, whole, currency)
    _add_lines(mapper, items, whole)
    strange = whole.filter(~pl.col("channel").is_in(list(CHANNEL)))
    if strange.height:
        mapper.reject(
            Order, strange["order"], QuarantineReason.UNKNOWN_CODE, column="sales_channel"
        )


def _add_orders(mapper: Mapper, whole: pl.DataFrame, currency: str) -> None:
    is_cancelled = pl.col("status") == CANCELLED
    told = money("total", currency)
    total = pl.col("goods") + pl.col("shipping") + pl.col("other") + pl.col("tax")
    mapper.add(
        Order,
        whole,
        **_KEYS,
        placed_at=Parsed(pl.col("created_at"), pl.col("created"), QuarantineReason.UNREADABLE_TIME),
        # Not told; nothing but the cancellation changes an order afterwards as a rule.
        cancelled_at=pl.when(is_cancelled).then("updated_at"),
        payment_status=coded("status", PAYMENT),
        fulfilment_status=coded("status", FULFILMENT),
        is_test=pl.lit(value=False),
        currency=pl.col("order_currency"),
        goods_minor=Parsed(
            pl.when(pl.col("unreadable").is_null()).then("goods"),
            pl.col("unreadable"),
            QuarantineReason.UNREADABLE_MONEY,
        ),
        discount_minor=pl.col("discount"),
        shipping_minor=pl.col("shipping"),
        tax_minor=pl.col("tax"),
        total_minor=Parsed(
            pl.when(told.raw.is_not_null()).then(told.value).otherwise(total),
            told.raw,
            told.reason,
        ),
        refunded_minor=pl.lit(0),
        deliver_from_at=utc("deliver_from"),
        deliver_by_at=utc("deliver_by"),
    )
    unknown = whole.filter(pl.col("unknown").is_not_null())
    if unknown.height:
        mapper.reject(Order, unknown["order"], QuarantineReason.UNKNOWN_CODE, column="proceeds")


def _add_lines(mapper: Mapper, items: pl.DataFrame, whole: pl.DataFrame) -> None:
    head = whole.select(
        "doc", "order", "updated", "created_at", "updated_at", "order_currency", "status"
    )
    lines = (
        items.with_columns(line=pl.coalesce("sku", "asin", "item"), cut=_zero("cut"))
        .group_by("doc", "line", maintain_order=True)
        .agg(
            pl.col("sku").first(),
            *(
                pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sum()).alias(name)
                for name in _LINE_SUMS
            ),
        )
        .join(head, on="doc", how="inner", maintain_order="left")
    )
    quantity, total = pl.col("quantity"), pl.col("gross") - pl.col("cut")
    each = (pl.col("gross") / pl.when(quantity > 0).then(quantity)).round(0, "half_to_even")
    mapper.add(
        OrderLine,
        lines,
        **_KEYS,
        line_id=pl.col("line"),
        listing_id=pl.col("sku"),
        sku_id=pl.col("sku"),
        line_kind=pl.when(total == 0).then(pl.lit(LineKind.GIFT)).otherwise(pl.lit(LineKind.SALE)),
        placed_at=pl.col("created_at"),
        quantity_units=quantity,
        current_units=pl.when(pl.col("status") == CANCELLED).then(0).otherwise(quantity),
        currency=pl.col("order_currency"),
        unit_price_minor=pl.coalesce(each.cast(pl.Int64), "gross"),
        discount_minor=pl.col("cut"),
        total_minor=total,
    )


def _add_parcels(mapper: Mapper, found: list[wire.Order], heads: pl.DataFrame) -> None:
    """Packages with carrier and number; one without cannot be followed and is left out."""
    packages, owners = flat(order.packages for order in found)
    carrier = carrier_code(pl.col("carrier"))
    raw = owned(
        columns(packages, _PACKAGE),
        heads.select("order", "created", "updated", "channel", "deliver_by"),
        owners,
    ).with_columns(
        carrier=carrier,
        parcel=shipment_id(carrier, pl.col("number")),
        created_at=utc("created").value,
        updated_at=utc("updated").value,
    )
    is_sent = coded("package", PACKAGE_IS_SENT)
    mapper.add(
        Shipment,
        raw.filter(
            pl.col("parcel").is_not_null(),
            is_sent.value.ne_missing("no"),
            pl.col("channel").ne_missing("NON_AMAZON"),
        ),
        **_KEYS,
        shipment_id=Parsed(
            pl.when(is_sent.value.is_not_null() | is_sent.raw.is_null()).then("parcel"),
            is_sent.raw,
            QuarantineReason.UNKNOWN_CODE,
        ),
        carrier_code=pl.col("carrier"),
        tracking_number=pl.col("number").str.strip_chars(),
        shipped_at=utc("shipped"),
        promised_at=utc("deliver_by"),
    )


def _zero(column: str) -> pl.Expr:
    return pl.col(column).fill_null(0)
