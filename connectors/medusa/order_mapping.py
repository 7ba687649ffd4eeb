"""Medusa's orders and returns as canonical tables. Pure: the same pages give the same rows.

An order's totals are of now: what was returned is no more in them, what was paid back is a credit.
Here both are added again, so that an order stays as it was placed, or last edited.
"""

from collections.abc import Iterable

import polars as pl

from connectors.base.frames import PARENT, ROW, Frames, empty_to_null
from connectors.base.mapping import Mapper, Parsed, coded, pieces, utc
from connectors.medusa import wire
from connectors.medusa.amounts import charged, number, to_minor
from connectors.medusa.codes import (
    CANCELLED,
    FULFILMENT_STATUS,
    IS_DRAFT,
    PARTLY_CAPTURED,
    PAYMENT_STATUS,
    RETURN_STATUS,
)
from contracts.carriers import carrier_code, shipment_id
from contracts.codes import RECEIVED, FulfilmentStatus, LineKind, PaymentStatus, QuarantineReason
from contracts.streams import Context, Mapped, Page
from contracts.tables import Order, OrderCoupon, OrderLine, Refund, RefundCase, Shipment

_VERSION = ("id", "currency", "created_at", "placed_at", "updated_at", "newest_at")
"""What an order hands to all its rows."""
# The name before the top-level domain of the page where a parcel is followed.
_CARRIER = r"(?i)^https?://(?:[^/?#:]*?\.)??([a-z0-9-]+)\.(?:com?\.)?[a-z]{2,}(?:[/?#:]|$)"
_OWED = (PaymentStatus.PENDING, PaymentStatus.AUTHORIZED)
_RETURNED = ("detail.return_received_quantity", "detail.return_dismissed_quantity")


def orders(pages: Iterable[Page], context: Context) -> Mapped:
    """Orders, lines, codes used, refunds and parcels."""
    found = wire.ORDERS.frames(pages)
    head = _heads(found)
    version = head.select(_VERSION)
    lines = _lines(found, version, context.currency)
    payments = _payments(found, version)
    refunds = found.of("payment_collections.payments.refunds", payments, prefix="payment.")
    mapper = Mapper(context)
    _add_orders(mapper, _with_sums(head, found, lines, payments, refunds), context.currency)
    _add_lines(mapper, lines, context.currency)
    mapper.add(OrderCoupon, _codes(found, version), **_keys("order."), coupon_code=pl.col("code"))
    mapper.add(
        Refund,
        refunds,
        **_keys("payment.order."),
        refund_id=pl.col("id"),
        refunded_at=utc("created_at"),
        currency=pl.col("payment.order.currency"),
        refunded_minor=charged("amount", context.currency),
    )
    _add_parcels(mapper, found, version)
    return mapper.done()


def returns(pages: Iterable[Page], context: Context) -> Mapped:
    """Returns as cases, worth what their pieces cost with tax; in exchange or not.

    What went back for one is a refund of its order, so a case is closed when its goods are back.
    """
    parts: dict[str, list[Page]] = {"returns": [], wire.VALUES: []}
    for page in pages:
        parts[page.part].append(page)
    worth, found = wire.WORTH.frames(parts[wire.VALUES]), wire.RETURNS.frames(parts["returns"])
    owner = worth.documents.select(currency=pl.col("currency_code").str.to_uppercase())
    lines = _lines(worth, owner, context.currency).select(
        "order.currency", each=pl.col("full") / number("quantity"), item_id="id"
    )
    items = found.lists["items"].join(
        lines.unique("item_id", keep="first"), on="item_id", how="left", maintain_order="left"
    )
    sums = items.group_by(PARENT).agg(
        asked=(number("quantity") * pl.col("each")).sum(),
        is_known=pl.col("each").is_not_null().all(),
        line_id=pl.when(pl.len() == 1).then(pl.col("item_id").first()),
        pieces=pieces("quantity").value.sum(),
        currency=pl.col("order.currency").first(),
    )
    raw = found.documents.join(sums, left_on=ROW, right_on=PARENT, how="left")
    if wire.REGION in context.facts:  # the list knows no filter by region, that of orders does
        raw = raw.filter(pl.col("order_id").is_in(worth.documents["id"].to_list()))
    asked = pl.when("is_known").then("asked")
    mapper = Mapper(context).add(
        RefundCase,
        raw,
        case_id=pl.col("id"),
        order_id=pl.col("order_id"),
        line_id=pl.col("line_id"),
        case_status=coded("status", RETURN_STATUS),
        has_return=pl.lit(value=True),
        requested_at=utc("created_at"),
        currency=pl.col("currency"),
        asked_minor=charged("order_id", context.currency, asked),
        returned_units=pl.col("pieces"),
        source_updated_at=utc("updated_at"),
    )
    return mapper.done()


def _heads(found: Frames) -> pl.DataFrame:
    """Orders with the newest instant of all that hangs on them: money that moves dates no order."""
    head = found.documents.with_columns(
        currency=pl.col("currency_code").str.to_uppercase(),
        placed_at=utc("created_at").value,
    )
    dates = [head.select(pl.col(ROW).alias(PARENT), at=utc("updated_at").value)]
    for path in ("payment_collections", "fulfillments"):
        dates.append(found.lists[path].select(PARENT, at=utc("updated_at").value))
    newest = pl.concat(dates).group_by(PARENT).agg(newest_at=pl.col("at").max())
    return head.join(newest, left_on=ROW, right_on=PARENT, how="left", maintain_order="left")


def _lines(found: Frames, version: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Lines as placed: `full` with tax, `net` and `gross` without it, after and before discounts.

    `total` of all lines together is rounded, and each has its part of it.
    """
    rates = found.lists["items.tax_lines"].group_by(PARENT).agg(rate=number("rate").sum() / 100)
    lines = (
        found.of("items", version, prefix="order.")
        .join(rates, left_on=ROW, right_on=PARENT, how="left", maintain_order="left")
        .with_columns(pl.col("rate").fill_null(0.0))
    )
    returned = number("return_received_total") + number("return_dismissed_total")
    in_price = pl.when("is_tax_inclusive").then(1 + pl.col("rate")).otherwise(1.0)
    lines = lines.with_columns(
        returned=returned,
        full=number("total") + returned,
        price=number("unit_price") / in_price,
    ).with_columns(
        net=pl.col("full") / (1 + pl.col("rate")),
        gross=pl.col("price") * number("quantity"),
    )
    so_far = to_minor(pl.col("net").cum_sum(), currency)
    return lines.with_columns(net_minor=(so_far - so_far.shift(1, fill_value=0)).over(PARENT))


def _payments(found: Frames, version: pl.DataFrame) -> pl.DataFrame:
    """Payments of all collections, with their order's number in `order` and its columns behind."""
    collections = found.of("payment_collections", version, prefix="order.")
    parents = collections.select(pl.col(PARENT).alias("order"), pl.col("^order\\..*$"))
    return found.of("payment_collections.payments", parents)


def _codes(found: Frames, version: pl.DataFrame) -> pl.DataFrame:
    """Codes of promotions that took something off lines or shipping."""
    used = []
    for path in ("items", "shipping_methods"):
        parents = found.of(path, version, prefix="order.").select(pl.col("^order\\..*$"))
        used.append(found.of(f"{path}.adjustments", parents).drop(ROW, PARENT))
    return pl.concat(used).filter(pl.col("code").is_not_null()).unique(maintain_order=True)


def _with_sums(
    head: pl.DataFrame,
    found: Frames,
    lines: pl.DataFrame,
    payments: pl.DataFrame,
    refunds: pl.DataFrame,
) -> pl.DataFrame:
    """Orders with what their lines and payments add up to."""
    collections = found.lists["payment_collections"]
    sums = (
        lines.group_by(pl.col(PARENT).alias(ROW)).agg(
            returned=pl.col("returned").sum(),
            line_tax=(pl.col("full") - pl.col("net")).sum(),
            off=(pl.col("gross") - pl.col("net")).sum(),
        ),
        collections.group_by(pl.col(PARENT).alias(ROW)).agg(
            first_collection=pl.col("status").sort_by("id").first()
        ),
        payments.group_by(pl.col("order").alias(ROW)).agg(
            captured_at=utc("captured_at").value.max()
        ),
        refunds.group_by(pl.col("payment.order").alias(ROW)).agg(back=number("amount").sum()),
    )
    for one in sums:
        head = head.join(one, on=ROW, how="left", maintain_order="left")
    return head.with_columns(pl.col("returned", "line_tax", "off", "back").fill_null(0.0))


def _add_orders(mapper: Mapper, raw: pl.DataFrame, currency: str) -> None:
    payment = _payment()
    shipping = number("shipping_total") - number("shipping_tax_total")
    # What was returned is not stated any more.
    is_whole, stated = pl.col("returned") == 0, number("item_total") - number("item_tax_total")
    off = (pl.col("off") + number("shipping_subtotal") - shipping).clip(0.0)
    placed = number("total") + number("credit_line_total") + pl.col("returned")
    mapper.add(
        Order,
        raw,
        **_keys(),
        member_id=empty_to_null("customer_id"),
        placed_at=pl.col("placed_at"),
        paid_at=pl.when(payment.value.is_in(RECEIVED)).then("captured_at"),
        cancelled_at=utc("canceled_at"),
        payment_status=payment,
        fulfilment_status=_fulfilment(),
        is_test=Parsed(
            pl.col("status").replace_strict(IS_DRAFT, default=None, return_dtype=pl.Boolean),
            pl.col("status"),
            QuarantineReason.UNKNOWN_CODE,
        ),
        currency=pl.col("currency"),
        stated_goods_minor=Parsed(
            pl.when(is_whole).then(to_minor(stated, currency)),
            pl.when(is_whole).then("item_total"),
            QuarantineReason.UNREADABLE_MONEY,
        ),
        discount_minor=charged("shipping_subtotal", currency, off),
        shipping_minor=charged("shipping_total", currency, shipping),
        tax_minor=charged(
            "shipping_tax_total", currency, pl.col("line_tax") + number("shipping_tax_total")
        ),
        total_minor=charged("total", currency, placed),
        refunded_minor=to_minor(pl.col("back"), currency),
    )


def _payment() -> Parsed:
    """Where the money stands. What an edit or an exchange adds and nobody paid yet makes no order
    unpaid whose first collection was paid; one that was cancelled unpaid is void."""
    known = coded("payment_status", PAYMENT_STATUS)
    was_paid = (pl.col("payment_status") == PARTLY_CAPTURED) & (
        pl.col("first_collection") == "completed"
    )
    is_void = (pl.col("status") == CANCELLED) & known.value.is_in(_OWED)
    value = (
        pl.when(was_paid)
        .then(pl.lit(PaymentStatus.PAID))
        .when(is_void)
        .then(pl.lit(PaymentStatus.VOIDED))
        .otherwise(known.value)
    )
    return Parsed(value, known.raw, known.reason)


def _fulfilment() -> Parsed:
    """Where the goods stand; of an order that was cancelled before they left, they need not."""
    known = coded("fulfillment_status", FULFILMENT_STATUS)
    is_idle = (pl.col("status") == CANCELLED) & (known.value == FulfilmentStatus.UNFULFILLED)
    value = pl.when(is_idle).then(pl.lit(FulfilmentStatus.NOT_REQUIRED)).otherwise(known.value)
    return Parsed(value, known.raw, known.reason)


def _add_lines(mapper: Mapper, raw: pl.DataFrame, currency: str) -> None:
    total = Parsed(pl.col("net_minor"), pl.col("total"), QuarantineReason.UNREADABLE_MONEY)
    left = number("quantity") - sum(map(number, _RETURNED), start=pl.lit(0.0))
    gross = to_minor(pl.col("gross"), currency)
    kind = (
        pl.when("is_giftcard")
        .then(pl.lit(LineKind.STORED_VALUE))
        .when(pl.col("net_minor") == 0)
        .then(pl.lit(LineKind.GIFT))
        .otherwise(pl.lit(LineKind.SALE))
    )
    mapper.add(
        OrderLine,
        raw,
        **_keys("order."),
        line_id=pl.col("id"),
        listing_id=empty_to_null("variant_id"),
        sku_id=empty_to_null("variant_sku"),
        line_kind=kind,
        placed_at=pl.col("order.placed_at"),
        quantity_units=pieces("quantity"),
        current_units=pieces(left),
        currency=pl.col("order.currency"),
        unit_price_minor=charged("unit_price", currency, pl.col("price")),
        discount_minor=(gross - pl.col("net_minor")).clip(0),
        total_minor=total,
    )


def _add_parcels(mapper: Mapper, found: Frames, version: pl.DataFrame) -> None:
    """Parcels by carrier and number. The carrier is told by where the parcel is followed alone;
    one without such an address cannot be followed and is left out."""
    sent = found.of("fulfillments", version, prefix="order.").drop(ROW, PARENT, "id", "updated_at")
    parcels = found.of("fulfillments.labels", sent)
    carrier = carrier_code(pl.col("tracking_url").str.extract(_CARRIER, 1))
    named = parcels.with_columns(
        carrier=carrier, parcel=shipment_id(carrier, empty_to_null("tracking_number"))
    )
    mapper.add(
        Shipment,
        named.filter(pl.col("parcel").is_not_null(), pl.col("canceled_at").is_null()),
        **_keys("order."),
        shipment_id=pl.col("parcel"),
        carrier_code=pl.col("carrier"),
        tracking_number=pl.col("tracking_number").str.strip_chars(),
        shipped_at=utc("shipped_at"),
        delivered_at=utc("delivered_at"),
    )


def _keys(prefix: str = "") -> dict[str, Parsed | pl.Expr]:
    """Columns of all rows of an order; a line's own are not the order's."""
    placed, reason = pl.col(f"{prefix}placed_at"), QuarantineReason.UNREADABLE_TIME
    newest = pl.when(utc(f"{prefix}updated_at").value.is_not_null()).then(f"{prefix}newest_at")
    return {
        "order_id": pl.col(f"{prefix}id"),
        "created_date": Parsed(placed.dt.date(), pl.col(f"{prefix}created_at"), reason),
        "source_updated_at": Parsed(newest, pl.col(f"{prefix}updated_at"), reason),
    }
