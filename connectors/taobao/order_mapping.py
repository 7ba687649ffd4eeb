"""Trades as orders, lines and parcels. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from connectors.base.frames import PARENT, ROW, empty_to_null
from connectors.base.mapping import Mapper, Parsed, coded, gmt8, money, pieces
from connectors.taobao import wire
from connectors.taobao.codes import (
    FULFILMENT_STATUS,
    PAYMENT_STATUS,
    REFUND_STATUS,
    STEP_STATUS,
    TRADE_TYPE,
)
from connectors.taobao.kinds import line_kind
from contracts.carriers import carrier_code, shipment_id
from contracts.codes import (
    RECEIVED,
    FulfilmentStatus,
    PaymentStatus,
    QuarantineReason,
)
from contracts.streams import Context, Facts, Mapped, Page
from contracts.tables import Order, OrderLine, Shipment

CURRENCY: Final = "CNY"
_TEXT, _COUNT = pl.String, pl.Int64
_CLOSED = ("TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO")
_UNDER_WAY = ("WAIT_SELLER_SEND_GOODS", "SELLER_CONSIGNED_PART", "WAIT_BUYER_CONFIRM_GOODS")

# The trade's own columns that its lines and parcels are given too.
_HEAD = ("tid", "modified", "placed_at", "source_updated_at")
_MODIFIED = Parsed(
    pl.col("source_updated_at"), pl.col("modified"), QuarantineReason.UNREADABLE_TIME
)
_KEYS: Mapping[str, Parsed | pl.Expr] = {
    "order_id": pl.col("tid"),
    "created_date": pl.col("placed_at").dt.date(),
    "source_updated_at": _MODIFIED,
}


def orders(pages: Iterable[Page], context: Context) -> Mapped:
    """Trades with lines and parcels. Amounts are yuan text and leave as fen.

    A line's total is `divide_order_fee`, the platform's price of it after all discounts, and stays
    when something is refunded; `payment` does not, and of a trade's only line it holds the postage.
    Before the platform has divided a trade's discounts it is `total_fee` less `part_mjz_discount`.
    """
    found = wire.TRADES.frames(pages)
    trade = found.documents.with_columns(
        placed_at=gmt8("created").value, source_updated_at=gmt8("modified").value
    )
    head = trade.select(*_HEAD, trade_consign_time="consign_time")
    line = _priced(found.of("orders", head))
    mapper = Mapper(context)
    sums = _sums(line)
    _add_orders(
        mapper,
        trade.join(sums, left_on=ROW, right_on=PARENT, how="left", maintain_order="left"),
    )
    _add_lines(mapper, line, context.facts)
    _add_parcels(mapper, line)
    return mapper.done(unknown_fields=found.unknown)


def _priced(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines with their amounts in fen; null where one cannot be read."""
    zero = [
        pl.col(name).fill_null("0") for name in ("discount_fee", "adjust_fee", "part_mjz_discount")
    ]
    taken, adjusted, shared = (money(column, CURRENCY).value for column in zero)
    divided, undivided = (
        money("divide_order_fee", CURRENCY),
        money("total_fee", CURRENCY).value - shared,
    )
    is_divided = pl.col("divide_order_fee").is_not_null()
    return lines.with_columns(
        unit_price=money("price", CURRENCY).value,
        # A seller who raised the price by hand took nothing off.
        cut=(taken + shared - adjusted).clip(lower_bound=0),
        cuts=pl.concat_str(*zero, separator=" "),
        total=pl.when(is_divided).then(divided.value).otherwise(undivided),
        totals=pl.coalesce("divide_order_fee", "total_fee"),
        pieces=pieces("num").value,
        is_refunded=coded("refund_status", REFUND_STATUS).value == "refunded",
        strange=pl.when(coded("refund_status", REFUND_STATUS).value.is_null()).then(
            "refund_status"
        ),
    )


def _sums(lines: pl.DataFrame) -> pl.DataFrame:
    """What a trade's lines say of it; an amount is null as soon as one of theirs is."""

    def total(name: str) -> pl.Expr:
        column = pl.col(name)
        return pl.when(column.null_count() == 0).then(column.sum())

    return lines.group_by(PARENT).agg(
        goods=total("total"),
        cut=total("cut"),
        is_refunded=pl.col("is_refunded").fill_null(value=False).any(),
        strange=pl.col("strange").drop_nulls().first(),
    )


def _add_orders(mapper: Mapper, raw: pl.DataFrame) -> None:
    post, tax = pl.col("post_fee").fill_null("0"), pl.col("order_tax_fee").fill_null("0")
    charged = pl.col("goods") + money(post, CURRENCY).value + money(tax, CURRENCY).value
    is_touched = pl.col("is_refunded").fill_null(value=False)
    payment = money("payment", CURRENCY)
    raw = raw.with_columns(payment_status=_payment_status(is_touched), charged=charged)
    # Cash on delivery has no time of payment of its own: the trade ends when it has arrived.
    paid = (
        pl.when(pl.col("type") == "cod")
        .then(pl.coalesce("pay_time", "end_time"))
        .otherwise("pay_time")
    )
    is_received = pl.col("payment_status").is_in(RECEIVED)
    is_closed, has_left = pl.col("status").is_in(_CLOSED), pl.col("consign_time").is_not_null()
    fulfilment = coded("status", FULFILMENT_STATUS)
    is_finished = pl.col("status") == "TRADE_FINISHED"
    mapper.add(
        Order,
        raw,
        **_KEYS,
        member_id=empty_to_null("buyer_open_uid"),
        placed_at=Parsed(pl.col("placed_at"), pl.col("created"), QuarantineReason.UNREADABLE_TIME),
        paid_at=gmt8(pl.when(is_received).then(paid)),
        cancelled_at=gmt8(pl.when(is_closed & ~has_left).then(pl.coalesce("end_time", "modified"))),
        payment_status=Parsed(
            pl.col("payment_status"),
            pl.concat_str(
                "status", "type", "step_trade_status", "strange", separator=" ", ignore_nulls=True
            ),
            QuarantineReason.UNKNOWN_CODE,
        ),
        fulfilment_status=Parsed(
            pl.when(is_closed & has_left)
            .then(pl.lit(str(FulfilmentStatus.FULFILLED)))
            .otherwise(fulfilment.value),
            fulfilment.raw,
            fulfilment.reason,
        ),
        is_test=pl.lit(value=False),
        currency=pl.lit(CURRENCY),
        discount_minor=pl.col("cut"),
        shipping_minor=money(post, CURRENCY),
        tax_minor=money(tax, CURRENCY),
        total_minor=Parsed(
            pl.when(is_touched | pl.col("payment").is_null())
            .then("charged")
            .otherwise(payment.value),
            payment.raw,
            payment.reason,
        ),
        refunded_minor=Parsed(
            pl.when(is_touched)
            .then((pl.col("charged") - payment.value).clip(lower_bound=0))
            .otherwise(0),
            payment.raw,
            payment.reason,
        ),
        completed_at=gmt8(pl.when(is_finished).then("end_time")),
    )


def _payment_status(is_touched: pl.Expr) -> pl.Expr:
    """Where the money stands: a deposit is no payment, and cash comes with the signature.

    Null when a code that it depends on is not known.
    """
    status, kind = coded("status", PAYMENT_STATUS).value, coded("type", TRADE_TYPE).value
    step = coded("step_trade_status", STEP_STATUS).value
    is_known = (
        kind.is_not_null()
        & pl.col("strange").is_null()
        & (pl.col("step_trade_status").is_null() | step.is_not_null())
    )
    is_open = status.is_in([PaymentStatus.PENDING, PaymentStatus.PAID])
    is_on_delivery = kind == "on_delivery"
    was_never_whole = (step == "deposit") | (is_on_delivery & pl.col("pay_time").is_null())
    return pl.when(is_known).then(
        pl.when(is_open & (step == "deposit"))
        .then(pl.lit(str(PaymentStatus.PARTIALLY_PAID)))
        .when(is_open & (step == "nothing"))
        .then(pl.lit(str(PaymentStatus.PENDING)))
        .when(is_on_delivery & pl.col("status").is_in(_UNDER_WAY))
        .then(pl.lit(str(PaymentStatus.PENDING)))
        .when((status == PaymentStatus.REFUNDED) & was_never_whole)
        .then(pl.lit(str(PaymentStatus.VOIDED)))
        .when((status == PaymentStatus.PAID) & is_touched)
        .then(pl.lit(str(PaymentStatus.PARTIALLY_REFUNDED)))
        .otherwise(status)
    )


def _add_lines(mapper: Mapper, raw: pl.DataFrame, facts: Facts) -> None:
    is_gone = pl.col("status").is_in(_CLOSED)
    status = coded("status", PAYMENT_STATUS)
    mapper.add(
        OrderLine,
        raw,
        **_KEYS,
        line_id=pl.col("oid"),
        listing_id=pl.coalesce(empty_to_null("sku_id"), pl.col("num_iid").cast(_TEXT)),
        # A variant that only shows its product's code has none of its own.
        sku_id=pl.coalesce(
            empty_to_null("outer_sku_id"),
            pl.when(empty_to_null("sku_id").is_null()).then(empty_to_null("outer_iid")),
        ),
        line_kind=line_kind(facts),
        placed_at=pl.col("placed_at"),
        quantity_units=pieces("num"),
        current_units=Parsed(
            pl.when(status.value.is_not_null()).then(pl.when(is_gone).then(0).otherwise("pieces")),
            status.raw,
            status.reason,
        ),
        currency=pl.lit(CURRENCY),
        unit_price_minor=Parsed(
            pl.col("unit_price"), pl.col("price"), QuarantineReason.UNREADABLE_MONEY
        ),
        discount_minor=Parsed(pl.col("cut"), pl.col("cuts"), QuarantineReason.UNREADABLE_MONEY),
        total_minor=Parsed(pl.col("total"), pl.col("totals"), QuarantineReason.UNREADABLE_MONEY),
    )


def _add_parcels(mapper: Mapper, raw: pl.DataFrame) -> None:
    """Parcels by carrier and number; lines that travel together name the same one."""
    carrier = carrier_code(pl.col("logistics_company"))
    named = raw.with_columns(
        carrier=carrier, parcel=shipment_id(carrier, empty_to_null("invoice_no"))
    )
    sent = named.filter(pl.col("parcel").is_not_null())
    mapper.add(
        Shipment,
        sent,
        **_KEYS,
        shipment_id=pl.col("parcel"),
        carrier_code=pl.col("carrier"),
        tracking_number=pl.col("invoice_no").str.strip_chars(),
        shipped_at=gmt8(pl.coalesce("consign_time", "trade_consign_time")),
    )
