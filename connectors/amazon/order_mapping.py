"""Amazon's orders as canonical tables, from answers of the API and from reports. Pure."""

from collections.abc import Iterable, Mapping

import polars as pl

from connectors.amazon import flat_file, shapes, wire
from connectors.amazon.codes import (
    CHANNEL,
    FULFILMENT,
    PACKAGE_IS_SENT,
    PAYMENT,
    VOID,
    WITHOUT_AMOUNTS,
)
from connectors.amazon.order_items import answered, reported
from connectors.base.frames import ColumnType, columns, flatten, with_parent_columns
from connectors.base.mapping import Mapper, Parsed, coded, money, utc
from contracts.carriers import carrier_code, shipment_id
from contracts.codes import LineKind, QuarantineReason
from contracts.streams import Context, Mapped, Page
from contracts.tables import Order, OrderLine, Shipment

_TEXT = pl.String
_PACKAGE: Mapping[str, tuple[str, ColumnType]] = {
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
    found, unknown = shapes.ORDERS.documents(answers)
    heads, items = answered(found, context.currency)
    _add(mapper, heads, items, context.currency)
    _add_parcels(mapper, found, heads)
    if pieces:
        rows, others = flat_file.rows(pieces)
        unknown |= others
        heads, items = reported(rows, context.currency)
        _add(mapper, heads, items, context.currency)
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def _add(mapper: Mapper, heads: pl.DataFrame, items: pl.DataFrame, currency: str) -> None:
    """Orders and their lines. An item of no pieces that costs nothing is no line.

    An order that is void, or that nothing is authorised of, may come without amounts: they are 0
    then. It is never left out, or a version of it that is known would stay as it was.
    """
    created, updated = utc("created"), utc("updated")
    of_order = heads.select("doc", is_bare=pl.col("status").is_in(WITHOUT_AMOUNTS))
    is_wrong = pl.any_horizontal(pl.col("unreadable", "unknown", "foreign").is_not_null())
    is_nothing = ((pl.col("quantity") == 0) & (_zero("gross") == 0)).fill_null(value=False)
    items = (
        items.filter(~is_nothing | is_wrong)
        .join(of_order, on="doc", how="left", maintain_order="left")
        .with_columns(
            is_told=pl.col("gross").is_not_null(),
            gross=pl.when("is_bare", ~is_wrong).then(_zero("gross")).otherwise("gross"),
        )
    )
    charged = pl.col("gross") - _zero("cut")
    sums = items.group_by("doc").agg(
        charged=pl.when(pl.col("gross").null_count() == 0).then(charged.sum()),
        discount=_zero("cut").sum(),
        shipping=_zero("shipping").sum(),
        other=_zero("other").sum(),
        tax=_zero("tax").sum(),
        unknown=pl.col("unknown").drop_nulls().first(),
        foreign=pl.col("foreign").drop_nulls().first(),
    )
    whole = (
        heads.with_columns(
            created_at=created.value,
            updated_at=updated.value - pl.when("behind").then(_BEHIND).otherwise(pl.duration()),
        )
        .join(sums.with_columns(has_items=pl.lit(value=True)), on="doc", how="left")
        .sort("doc")
        .with_columns(
            *(_zero(name) for name in ("discount", "shipping", "other", "tax")),
            charged=pl.when(pl.col("status").is_in(WITHOUT_AMOUNTS), pl.col("has_items").is_null())
            .then(0)
            .otherwise("charged"),
            order_currency=pl.coalesce("foreign", pl.lit(currency)),
        )
        .filter(pl.col("channel").ne_missing("NON_AMAZON"))
    )
    _add_orders(mapper, whole, currency)
    _add_lines(mapper, items, whole)
    strange = whole.filter(~pl.col("channel").is_in(list(CHANNEL)))
    if strange.height:
        mapper.reject(
            Order, strange["order"], QuarantineReason.UNKNOWN_CODE, column="sales_channel"
        )


def _add_orders(mapper: Mapper, whole: pl.DataFrame, currency: str) -> None:
    told = money("total", currency)
    total = pl.col("charged") + pl.col("shipping") + pl.col("other") + pl.col("tax")
    mapper.add(
        Order,
        whole,
        **_KEYS,
        placed_at=Parsed(pl.col("created_at"), pl.col("created"), QuarantineReason.UNREADABLE_TIME),
        # Not told; nothing but the cancellation changes an order afterwards as a rule.
        cancelled_at=pl.when(pl.col("status").is_in(VOID)).then("updated_at"),
        payment_status=coded("status", PAYMENT),
        fulfilment_status=coded("status", FULFILMENT),
        is_test=pl.lit(value=False),
        currency=pl.col("order_currency"),
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
            pl.col("sku", "kind").first(),
            pl.col("unreadable").drop_nulls().first(),
            pl.col("is_told").any(),
            *(
                pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sum()).alias(name)
                for name in _LINE_SUMS
            ),
        )
        .join(head, on="doc", how="inner", maintain_order="left")
    )
    quantity, total = pl.col("quantity"), pl.col("gross") - pl.col("cut")
    each = (pl.col("gross") / pl.when(quantity > 0).then(quantity)).round(0, "half_to_even")
    is_free = pl.col("is_told") & (total == 0)
    mapper.add(
        OrderLine,
        lines,
        **_KEYS,
        line_id=pl.col("line"),
        listing_id=pl.col("sku"),
        sku_id=pl.col("sku"),
        line_kind=pl.coalesce(
            "kind", pl.when(is_free).then(pl.lit(LineKind.GIFT)).otherwise(pl.lit(LineKind.SALE))
        ),
        placed_at=pl.col("created_at"),
        quantity_units=quantity,
        current_units=pl.when(pl.col("status").is_in(VOID)).then(0).otherwise(quantity),
        currency=pl.col("order_currency"),
        unit_price_minor=pl.coalesce(each.cast(pl.Int64), "gross"),
        discount_minor=pl.col("cut"),
        total_minor=Parsed(
            pl.when(pl.col("unreadable").is_null()).then(total),
            pl.col("unreadable"),
            QuarantineReason.UNREADABLE_MONEY,
        ),
    )


def _add_parcels(mapper: Mapper, found: list[wire.Order], heads: pl.DataFrame) -> None:
    """Packages with carrier and number; one without cannot be followed and is left out."""
    packages, owners = flatten(order.packages or [] for order in found)
    carrier = carrier_code(pl.col("carrier"))
    raw = with_parent_columns(
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
