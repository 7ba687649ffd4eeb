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
from connectors.base.orders import HEAD, UPDATED_AT, OrderTables, known_sum, unit_price, with_heads
from contracts.codes import LineKind, QuarantineReason
from contracts.streams import Context, Mapped, Page
from contracts.tables import Order

_TEXT = pl.String
_PACKAGE: Mapping[str, tuple[str, ColumnType]] = {
    "carrier": ("carrier", _TEXT),
    "number": ("tracking_number", _TEXT),
    "shipped": ("ship_time", _TEXT),
    "package": ("package_status?.status", _TEXT),
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
    tables = OrderTables(mapper)
    found, unknown = shapes.ORDERS.documents(answers)
    heads, items = answered(found, context.currency)
    _add(mapper, heads, items, context.currency)
    _add_parcels(tables, found, _dated(heads, context.currency))
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
    sums = items.group_by("doc").agg(
        charged=known_sum(pl.col("gross") - _zero("cut")),
        discount=_zero("cut").sum(),
        shipping=_zero("shipping").sum(),
        other=_zero("other").sum(),
        tax=_zero("tax").sum(),
        unknown=pl.col("unknown").drop_nulls().first(),
        foreign=pl.col("foreign").drop_nulls().first(),
    )
    is_void = pl.col("status").is_in(WITHOUT_AMOUNTS) & pl.col("has_items").is_null()
    whole = (
        heads.join(sums.with_columns(has_items=pl.lit(value=True)), on="doc", how="left")
        .sort("doc")
        .with_columns(
            *(_zero(name) for name in ("discount", "shipping", "other", "tax")),
            charged=pl.when(is_void).then(0).otherwise("charged"),
        )
        .filter(pl.col("channel").ne_missing("NON_AMAZON"))
    )
    whole = _dated(whole, pl.coalesce("foreign", pl.lit(currency)))
    tables = OrderTables(mapper)
    _add_orders(tables, whole, currency)
    _add_lines(tables, items, whole)
    unknown = whole.filter(pl.col("unknown").is_not_null())
    if unknown.height:
        mapper.reject(Order, unknown["order"], QuarantineReason.UNKNOWN_CODE, column="proceeds")
    strange = whole.filter(~pl.col("channel").is_in(list(CHANNEL)))
    if strange.height:
        mapper.reject(
            Order, strange["order"], QuarantineReason.UNKNOWN_CODE, column="sales_channel"
        )


def _dated(heads: pl.DataFrame, currency: pl.Expr | str) -> pl.DataFrame:
    """Heads with what their rows are given. A report stands behind what the API says."""
    updated = utc("updated")
    at = updated.value - pl.when("behind").then(_BEHIND).otherwise(pl.duration())
    return with_heads(
        heads,
        order_id=pl.col("order"),
        placed=utc("created"),
        updated=Parsed(at, updated.raw, updated.reason),
        currency=currency,
    )


def _add_orders(tables: OrderTables, whole: pl.DataFrame, currency: str) -> None:
    told = money("total", currency)
    total = pl.col("charged") + pl.col("shipping") + pl.col("other") + pl.col("tax")
    tables.orders(
        whole,
        # Not told; nothing but the cancellation changes an order afterwards as a rule.
        cancelled_at=pl.when(pl.col("status").is_in(VOID)).then(UPDATED_AT),
        payment_status=coded("status", PAYMENT),
        fulfilment_status=coded("status", FULFILMENT),
        is_test=pl.lit(value=False),
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


def _add_lines(tables: OrderTables, items: pl.DataFrame, whole: pl.DataFrame) -> None:
    head = whole.select("doc", "status", *HEAD)
    lines = (
        items.with_columns(line=pl.coalesce("sku", "asin", "item"), cut=_zero("cut"))
        .group_by("doc", "line", maintain_order=True)
        .agg(
            pl.col("sku", "kind").first(),
            pl.col("unreadable").drop_nulls().first(),
            pl.col("is_told").any(),
            *(known_sum(name).alias(name) for name in _LINE_SUMS),
        )
        .join(head, on="doc", how="inner", maintain_order="left")
    )
    quantity, total = pl.col("quantity"), pl.col("gross") - pl.col("cut")
    is_free = pl.col("is_told") & (total == 0)
    tables.lines(
        lines,
        line_id=pl.col("line"),
        listing_id=pl.col("sku"),
        sku_id=pl.col("sku"),
        line_kind=pl.coalesce(
            "kind", pl.when(is_free).then(pl.lit(LineKind.GIFT)).otherwise(pl.lit(LineKind.SALE))
        ),
        quantity_units=quantity,
        current_units=pl.when(pl.col("status").is_in(VOID)).then(0).otherwise(quantity),
        unit_price_minor=unit_price(pl.col("gross"), quantity),
        discount_minor=pl.col("cut"),
        total_minor=Parsed(
            pl.when(pl.col("unreadable").is_null()).then(total),
            pl.col("unreadable"),
            QuarantineReason.UNREADABLE_MONEY,
        ),
    )


def _add_parcels(tables: OrderTables, found: list[wire.Order], heads: pl.DataFrame) -> None:
    """Packages; the platform's own of other channels are no matter of ours."""
    packages, owners = flatten(order.packages or [] for order in found)
    of_order = heads.select(*HEAD, "channel", "deliver_by")
    raw = with_parent_columns(columns(packages, _PACKAGE), of_order, owners)
    tables.parcels(
        raw.filter(pl.col("channel").ne_missing("NON_AMAZON")),
        carrier=pl.col("carrier"),
        number=pl.col("number"),
        is_sent=coded("package", PACKAGE_IS_SENT),
        shipped_at=utc("shipped"),
        promised_at=utc("deliver_by"),
    )


def _zero(column: str) -> pl.Expr:
    return pl.col(column).fill_null(0)
