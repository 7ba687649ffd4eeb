"""Orders with all that hangs on them: one document in several tables, by the same rules everywhere.

A connector says what a field means; here lies what every platform's orders have in common: the keys
that an order hands to its rows, sums over rows that are unknown as soon as one of them is, what is
refunded, what a free line is, fees as lines, parcels by carrier and number.

Children are frames with the columns of their order beside them (`Frames.of(path, heads)`).
"""

from typing import Final

import polars as pl

from connectors.base.frames import PARENT, ROW
from connectors.base.mapping import Mapper, Parsed
from contracts.carriers import carrier_code, shipment_id
from contracts.codes import LineKind, PaymentStatus, QuarantineReason
from contracts.tables import Order, OrderCoupon, OrderLine, Refund, Shipment

ORDER_ID, PLACED_AT, UPDATED_AT = "order:id", "order:placed_at", "order:updated_at"
_CURRENCY, _PLACED, UPDATED = "order:currency", "order:placed", "order:updated"
HEAD: Final = (ORDER_ID, _CURRENCY, PLACED_AT, _PLACED, UPDATED_AT, UPDATED)
"""Columns that an order hands to its children; `UPDATED` is the raw text of its date."""
_PLACED_ORDER = Parsed(pl.col(PLACED_AT), pl.col(_PLACED), QuarantineReason.UNREADABLE_TIME)
_KEYS: Final[dict[str, Parsed | pl.Expr]] = {
    "order_id": pl.col(ORDER_ID),
    "created_date": pl.col(PLACED_AT).dt.date(),
    "source_updated_at": Parsed(
        pl.col(UPDATED_AT), pl.col(UPDATED), QuarantineReason.UNREADABLE_TIME
    ),
}


def with_heads(
    documents: pl.DataFrame,
    *,
    order_id: pl.Expr,
    placed: Parsed,
    updated: Parsed,
    currency: pl.Expr | str,
) -> pl.DataFrame:
    """Documents with the columns of `HEAD`, read once for an order and all its rows."""
    return documents.with_columns(
        order_id.cast(pl.String).alias(ORDER_ID),
        (pl.lit(currency) if isinstance(currency, str) else currency).alias(_CURRENCY),
        placed.value.alias(PLACED_AT),
        placed.raw.cast(pl.String).alias(_PLACED),
        updated.value.alias(UPDATED_AT),
        updated.raw.cast(pl.String).alias(UPDATED),
    )


def with_newest(heads: pl.DataFrame, children: pl.DataFrame, at: pl.Expr) -> pl.DataFrame:
    """Orders dated by the newest of their own change and their children's.

    For a platform that does not date an order anew when something is added to it: such a version
    would tie with the one before it.
    """
    newest = children.group_by(PARENT).agg(at.max().alias("newest"))
    joined = _joined(heads, newest)
    return joined.with_columns(pl.max_horizontal(UPDATED_AT, "newest").alias(UPDATED_AT)).drop(
        "newest"
    )


def with_sums(heads: pl.DataFrame, children: pl.DataFrame, **sums: pl.Expr) -> pl.DataFrame:
    """Orders with what their children come to; null of an order that has none."""
    return _joined(heads, children.group_by(PARENT).agg(**sums))


def known_sum(column: str | pl.Expr) -> pl.Expr:
    """A sum that is null as soon as one of its values is: a part of an amount is no amount."""
    values = pl.col(column) if isinstance(column, str) else column
    return pl.when(values.null_count() == 0).then(values.sum())


def status_of_paid(total: pl.Expr, refunded: pl.Expr) -> pl.Expr:
    """Where the money of an order stands that was paid in whole, by what went back of it."""
    return (
        pl.when((refunded > 0) & (refunded >= total))
        .then(pl.lit(PaymentStatus.REFUNDED))
        .when(refunded > 0)
        .then(pl.lit(PaymentStatus.PARTIALLY_REFUNDED))
        .otherwise(pl.lit(PaymentStatus.PAID))
    )


def sale_or_gift(total: pl.Expr) -> pl.Expr:
    """The kind of a line of goods: one that is charged nothing is a gift."""
    return pl.when(total == 0).then(pl.lit(LineKind.GIFT)).otherwise(pl.lit(LineKind.SALE))


def unit_price(gross: pl.Expr, quantity: pl.Expr) -> pl.Expr:
    """What a piece cost before discounts, of what all of them did; half to even."""
    each = (gross / pl.when(quantity > 0).then(quantity)).round(0, "half_to_even")
    return pl.coalesce(each.cast(pl.Int64, strict=False), gross)


class OrderTables:
    """Adds orders and their children to a mapper; rows need the columns of `HEAD`."""

    def __init__(self, mapper: Mapper) -> None:
        self._mapper = mapper

    def orders(self, heads: pl.DataFrame, **columns: Parsed | pl.Expr) -> None:
        """Orders, as `Mapper.add`; keys, currency and `placed_at` are there."""
        currency = pl.col(_CURRENCY)
        self._mapper.add(
            Order, heads, **_KEYS, placed_at=_PLACED_ORDER, currency=currency, **columns
        )

    def lines(self, lines: pl.DataFrame, **columns: Parsed | pl.Expr) -> None:
        """Lines, as `Mapper.add`."""
        placed, currency = pl.col(PLACED_AT), pl.col(_CURRENCY)
        self._mapper.add(OrderLine, lines, **_KEYS, placed_at=placed, currency=currency, **columns)

    def fees(self, fees: pl.DataFrame, *, line_id: pl.Expr, total: Parsed) -> None:
        """What is charged beside goods and shipping, as lines that are no goods."""
        self.lines(
            fees,
            line_id=line_id,
            line_kind=pl.lit(LineKind.FEE),
            quantity_units=pl.lit(1),
            current_units=pl.lit(1),
            unit_price_minor=total,
            discount_minor=pl.lit(0),
            total_minor=total,
        )

    def refunds(
        self,
        refunds: pl.DataFrame,
        *,
        refund_id: pl.Expr,
        refunded_at: Parsed,
        refunded_minor: Parsed,
    ) -> None:
        """What was paid back, and when."""
        self._mapper.add(
            Refund,
            refunds,
            **_KEYS,
            refund_id=refund_id,
            refunded_at=refunded_at,
            currency=pl.col(_CURRENCY),
            refunded_minor=refunded_minor,
        )

    def codes(self, codes: pl.DataFrame, code: pl.Expr) -> None:
        """Codes that were used."""
        self._mapper.add(OrderCoupon, codes, **_KEYS, coupon_code=code)

    def parcels(
        self,
        parcels: pl.DataFrame,
        *,
        carrier: pl.Expr,
        number: pl.Expr,
        is_sent: Parsed | None = None,
        **dates: Parsed | pl.Expr,
    ) -> None:
        """Parcels by carrier and number; one without cannot be followed and is left out.

        `is_sent` reads what became of one: "no" leaves it out, null quarantines its order.
        """
        code = carrier_code(carrier)
        named = parcels.with_columns(carrier_=code, parcel_=shipment_id(code, number))
        sent = named.filter(pl.col("parcel_").is_not_null())
        parcel: Parsed | pl.Expr = pl.col("parcel_")
        if is_sent is not None:
            sent = sent.filter(is_sent.value.ne_missing("no"))
            is_known = is_sent.value.is_not_null() | is_sent.raw.is_null()
            parcel = Parsed(pl.when(is_known).then("parcel_"), is_sent.raw, is_sent.reason)
        self._mapper.add(
            Shipment,
            sent,
            **_KEYS,
            shipment_id=parcel,
            carrier_code=pl.col("carrier_"),
            tracking_number=number.str.strip_chars(),
            **dates,
        )


def _joined(heads: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    return heads.join(found, left_on=ROW, right_on=PARENT, how="left", maintain_order="left")
