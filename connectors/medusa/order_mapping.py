"""Medusa's orders and returns as canonical tables. Pure: the same pages give the same rows.

An order's totals are of now: what was returned is no more in them, what was paid back is a credit.
Here both are added again, so that an order stays as it was placed, or last edited.
"""

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from connectors.base.frames import PARENT, ROW, Frames, empty_to_null
from connectors.base.mapping import Mapper, Parsed, coded, first_of, pieces, utc
from connectors.base.orders import (
    HEAD,
    OrderTables,
    sale_or_gift,
    with_heads,
    with_newest,
    with_sums,
)
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
from contracts.codes import RECEIVED, FulfilmentStatus, LineKind, PaymentStatus, QuarantineReason
from contracts.streams import Context, Mapped, Page
from contracts.tables import RefundCase

_OWNER = "owner"
"""The number of the order that something hangs on, however deep."""
_PAID_BY, _PAYMENTS = "payment_collections", "payment_collections.payments"
# The name before the top-level domain of the page where a parcel is followed.
_CARRIER = r"(?i)^https?://(?:[^/?#:]*?\.)??([a-z0-9-]+)\.(?:com?\.)?[a-z]{2,}(?:[/?#:]|$)"


def orders(pages: Iterable[Page], context: Context) -> Mapped:
    """Orders, lines, codes used, refunds and parcels."""
    found, currency = wire.ORDERS.frames(pages), context.currency
    heads = with_heads(
        found.documents,
        order_id=pl.col("id"),
        placed=utc("created_at"),
        updated=utc("updated_at"),
        currency=pl.col("currency_code").str.to_uppercase(),
    )
    for path in (_PAID_BY, "fulfillments"):  # money that moves dates no order
        heads = with_newest(heads, found.lists[path], utc("updated_at").value)
    lines = _lines(found, heads.select(HEAD), currency)
    payments, refunds, parcels, codes = _hanging(found, heads.select(ROW, *HEAD))
    heads = with_sums(
        heads,
        lines,
        returned=pl.col("returned").sum(),
        line_tax=(pl.col("full") - pl.col("net")).sum(),
        off=(pl.col("gross") - pl.col("net")).sum(),
    )
    heads = with_sums(heads, found.lists[_PAID_BY], first=pl.col("status").sort_by("id").first())
    heads = with_sums(heads, payments, captured=utc("captured_at").value.max())
    heads = with_sums(heads, refunds, back=number("amount").sum())
    mapper = Mapper(context)
    tables = OrderTables(mapper)
    _add_orders(tables, heads.with_columns(pl.col(pl.Float64).fill_null(0.0)), currency)
    _add_lines(tables, lines, currency)
    tables.codes(codes, pl.col("code"))
    tables.refunds(
        refunds,
        refund_id=pl.col("id"),
        refunded_at=utc("created_at"),
        refunded_minor=charged("amount", currency),
    )
    tables.parcels(  # whose carrier is told by where they are followed alone
        parcels,
        carrier=pl.col("tracking_url").str.extract(_CARRIER, 1),
        number=empty_to_null("tracking_number"),
        shipped_at=utc("sent.shipped_at"),
        delivered_at=utc("sent.delivered_at"),
    )
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
        "currency", each=pl.col("full") / number("quantity"), item_id="id"
    )
    items = found.lists["items"].join(
        lines.unique("item_id", keep="first"), on="item_id", how="left", maintain_order="left"
    )
    raw = with_sums(
        found.documents,
        items,
        asked=(number("quantity") * pl.col("each")).sum(),
        is_known=pl.col("each").is_not_null().all(),
        line_id=pl.when(pl.len() == 1).then(pl.col("item_id").first()),
        pieces=pieces("quantity").value.sum(),
        currency=pl.col("currency").first(),
    )
    if wire.REGION in context.facts:  # the list knows no filter by region, that of orders does
        raw = raw.filter(pl.col("order_id").is_in(worth.documents["id"].to_list()))
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
        asked_minor=charged("order_id", context.currency, pl.when("is_known").then("asked")),
        returned_units=pl.col("pieces"),
        source_updated_at=utc("updated_at"),
    )
    return mapper.done()


def _lines(found: Frames, heads: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Lines as placed: `full` with tax, `net` and `gross` without it, after and before discounts.

    Of `net_minor` all lines of an order together are rounded, and each has its part of it.
    """
    lines = with_sums(
        found.of("items", heads),
        found.lists["items.tax_lines"],
        rate=1 + number("rate").sum() / 100,
    ).with_columns(pl.col("rate").fill_null(1.0))
    returned = number("return_received_total") + number("return_dismissed_total")
    lines = lines.with_columns(
        returned=returned,
        full=number("total") + returned,
        price=number("unit_price") / pl.when("is_tax_inclusive").then("rate").otherwise(1.0),
    ).with_columns(net=pl.col("full") / pl.col("rate"), gross=pl.col("price") * number("quantity"))
    so_far = to_minor(pl.col("net").cum_sum(), currency)
    return lines.with_columns(net_minor=(so_far - so_far.shift(1, fill_value=0)).over(PARENT))


def _hanging(found: Frames, heads: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """Payments, refunds, parcels and codes, each with its order's columns and number.

    Codes are of what took something off lines or shipping: the order's own list of promotions
    holds null for one that was deleted.
    """

    def of(path: str, parents: pl.DataFrame) -> pl.DataFrame:
        held = parents.select(pl.col(_OWNER), *HEAD, pl.col(r"^sent\..*$"))
        return found.of(path, held).with_columns(pl.col(_OWNER).alias(PARENT))

    orders = heads.rename({ROW: _OWNER})
    payments = of(_PAYMENTS, of(_PAID_BY, orders))
    sent = of("fulfillments", orders).rename(
        {name: f"sent.{name}" for name in ("shipped_at", "delivered_at", "canceled_at")}
    )
    parcels = of("fulfillments.labels", sent).filter(pl.col("sent.canceled_at").is_null())
    codes = pl.concat(
        of(f"{path}.adjustments", of(path, orders)).select("code", *HEAD)
        for path in ("items", "shipping_methods")
    )
    used = codes.filter(pl.col("code").is_not_null()).unique(maintain_order=True)
    return payments, of(f"{_PAYMENTS}.refunds", payments), parcels, used


def _add_orders(tables: OrderTables, raw: pl.DataFrame, currency: str) -> None:
    payment = _payment()
    shipping = number("shipping_total") - number("shipping_tax_total")
    off = (pl.col("off") + number("shipping_subtotal") - shipping).clip(0.0)
    # What was returned is not stated any more.
    is_whole, stated = pl.col("returned") == 0, number("item_total") - number("item_tax_total")
    tables.orders(
        raw,
        member_id=empty_to_null("customer_id"),
        paid_at=pl.when(payment.value.is_in(RECEIVED)).then("captured"),
        cancelled_at=utc("canceled_at"),
        payment_status=payment,
        fulfilment_status=_fulfilment(),
        is_test=Parsed(
            pl.col("status").replace_strict(IS_DRAFT, default=None, return_dtype=pl.Boolean),
            pl.col("status"),
            QuarantineReason.UNKNOWN_CODE,
        ),
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
        total_minor=charged(
            "total", currency, number("total") + number("credit_line_total") + pl.col("returned")
        ),
        refunded_minor=to_minor(pl.col("back"), currency),
    )


def _payment() -> Parsed:
    """Where the money stands. What an edit or an exchange adds and nobody paid yet makes no order
    unpaid whose first collection was paid; one that was cancelled unpaid is void."""
    known = coded("payment_status", PAYMENT_STATUS)
    is_paid = (pl.col("payment_status") == PARTLY_CAPTURED) & (pl.col("first") == "completed")
    owed = known.value.is_in([PaymentStatus.PENDING, PaymentStatus.AUTHORIZED])
    is_void = (pl.col("status") == CANCELLED) & owed
    rules = ((is_paid, PaymentStatus.PAID), (is_void, PaymentStatus.VOIDED))
    return replace(known, value=first_of(*rules, otherwise=known.value))


def _fulfilment() -> Parsed:
    """Where the goods stand; of an order that was cancelled before they left, they need not."""
    known = coded("fulfillment_status", FULFILMENT_STATUS)
    is_idle = (pl.col("status") == CANCELLED) & (known.value == FulfilmentStatus.UNFULFILLED)
    rule = (is_idle, FulfilmentStatus.NOT_REQUIRED)
    return replace(known, value=first_of(rule, otherwise=known.value))


def _add_lines(tables: OrderTables, raw: pl.DataFrame, currency: str) -> None:
    net = pl.col("net_minor")
    back = number("detail.return_received_quantity") + number("detail.return_dismissed_quantity")
    card = (pl.col("is_giftcard"), LineKind.STORED_VALUE)
    tables.lines(
        raw,
        line_id=pl.col("id"),
        listing_id=empty_to_null("variant_id"),
        sku_id=empty_to_null("variant_sku"),
        line_kind=first_of(card, otherwise=sale_or_gift(net)),
        quantity_units=pieces("quantity"),
        current_units=pieces(number("quantity") - back),
        unit_price_minor=charged("unit_price", currency, pl.col("price")),
        discount_minor=(to_minor(pl.col("gross"), currency) - net).clip(0),
        total_minor=Parsed(net, pl.col("total"), QuarantineReason.UNREADABLE_MONEY),
    )
