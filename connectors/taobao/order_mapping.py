"""Trades as orders, lines and parcels. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from connectors.base.frames import ColumnType, columns, empty_to_null, flatten
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
_ROW = "row"
_CLOSED = ("TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO")
_UNDER_WAY = ("WAIT_SELLER_SEND_GOODS", "SELLER_CONSIGNED_PART", "WAIT_BUYER_CONFIRM_GOODS")

_TRADE: Final[Mapping[str, tuple[str, ColumnType]]] = {
    "tid": ("tid", _COUNT),
    "type": ("type", _TEXT),
    "trade_status": ("status", _TEXT),
    "created": ("created", _TEXT),
    "modified": ("modified", _TEXT),
    "paid": ("pay_time", _TEXT),
    "ended": ("end_time", _TEXT),
    "consigned": ("consign_time", _TEXT),
    "payment": ("payment", _TEXT),
    "post_fee": ("post_fee", _TEXT),
    "tax": ("order_tax_fee", _TEXT),
    "step": ("step_trade_status", _TEXT),
    "buyer": ("buyer_open_uid", _TEXT),
}
_LINE: Final[Mapping[str, tuple[str, ColumnType]]] = {
    "oid": ("oid", _COUNT),
    "num": ("num", _TEXT),
    "price": ("price", _TEXT),
    "line_status": ("status", _TEXT),
    "title": ("title", _TEXT),
    "is_service": ("is_service_order", pl.Boolean),
    "is_devalued": ("is_devalue_fee", pl.Boolean),
    "num_iid": ("num_iid", _COUNT),
    "sku": ("sku_id", _TEXT),
    "outer_iid": ("outer_iid", _TEXT),
    "outer_sku_id": ("outer_sku_id", _TEXT),
    "total_fee": ("total_fee", _TEXT),
    "discount_fee": ("discount_fee", _TEXT),
    "adjust_fee": ("adjust_fee", _TEXT),
    "part_mjz": ("part_mjz_discount", _TEXT),
    "divided": ("divide_order_fee", _TEXT),
    "refund": ("refund_status", _TEXT),
    "line_consigned": ("consign_time", _TEXT),
    "company": ("logistics_company", _TEXT),
    "number": ("invoice_no", _TEXT),
}
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
    heads, lines, unknown, rows = [], [], set[str](), 0
    for trades, names in wire.TRADES.pages(pages):
        held, owners = flatten(trade.lines for trade in trades)
        heads.append(columns(trades, _TRADE))
        owner = pl.Series(_ROW, owners, dtype=pl.UInt32) + rows
        lines.append(columns(held, _LINE).with_columns(owner))
        rows += len(trades)
        unknown |= names
    trade = (
        pl.concat(heads)
        .with_row_index(_ROW)
        .with_columns(
            gmt8("created").value.alias("placed_at"),
            gmt8("modified").value.alias("source_updated_at"),
        )
    )
    line = _priced(pl.concat(lines)).join(
        trade.select(_ROW, *_HEAD, "consigned"), on=_ROW, how="left", maintain_order="left"
    )
    mapper = Mapper(context)
    _add_orders(mapper, trade.join(_sums(line), on=_ROW, how="left", maintain_order="left"))
    _add_lines(mapper, line, context.facts)
    _add_parcels(mapper, line)
    return mapper.done(unknown_fields=tuple(sorted(unknown)))


def _priced(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines with their amounts in fen; null where one cannot be read."""
    zero = [pl.col(name).fill_null("0") for name in ("discount_fee", "adjust_fee", "part_mjz")]
    taken, adjusted, shared = (money(column, CURRENCY).value for column in zero)
    divided, undivided = money("divided", CURRENCY), money("total_fee", CURRENCY).value - shared
    is_divided = pl.col("divided").is_not_null()
    return lines.with_columns(
        unit_price=money("price", CURRENCY).value,
        # A seller who raised the price by hand took nothing off.
        cut=(taken + shared - adjusted).clip(lower_bound=0),
        cuts=pl.concat_str(*zero, separator=" "),
        total=pl.when(is_divided).then(divided.value).otherwise(undivided),
        totals=pl.coalesce("divided", "total_fee"),
        pieces=pieces("num").value,
        is_refunded=coded("refund", REFUND_STATUS).value == "refunded",
        strange=pl.when(coded("refund", REFUND_STATUS).value.is_null()).then("refund"),
    )


def _sums(lines: pl.DataFrame) -> pl.DataFrame:
    """What a trade's lines say of it; an amount is null as soon as one of theirs is."""

    def total(name: str) -> pl.Expr:
        column = pl.col(name)
        return pl.when(column.null_count() == 0).then(column.sum())

    return lines.group_by(_ROW).agg(
        goods=total("total"),
        cut=total("cut"),
        is_refunded=pl.col("is_refunded").fill_null(value=False).any(),
        strange=pl.col("strange").drop_nulls().first(),
    )


def _add_orders(mapper: Mapper, raw: pl.DataFrame) -> None:
    post, tax = pl.col("post_fee").fill_null("0"), pl.col("tax").fill_null("0")
    charged = pl.col("goods") + money(post, CURRENCY).value + money(tax, CURRENCY).value
    is_touched = pl.col("is_refunded").fill_null(value=False)
    payment = money("payment", CURRENCY)
    raw = raw.with_columns(payment_status=_payment_status(is_touched), charged=charged)
    # Cash on delivery has no time of payment of its own: the trade ends when it has arrived.
    paid = pl.when(pl.col("type") == "cod").then(pl.coalesce("paid", "ended")).otherwise("paid")
    is_received = pl.col("payment_status").is_in(RECEIVED)
    is_closed, has_left = pl.col("trade_status").is_in(_CLOSED), pl.col("consigned").is_not_null()
    fulfilment = coded("trade_status", FULFILMENT_STATUS)
    is_finished = pl.col("trade_status") == "TRADE_FINISHED"
    mapper.add(
        Order,
        raw,
        **_KEYS,
        member_id=empty_to_null("buyer"),
        placed_at=Parsed(pl.col("placed_at"), pl.col("created"), QuarantineReason.UNREADABLE_TIME),
        paid_at=gmt8(pl.when(is_received).then(paid)),
        cancelled_at=gmt8(pl.when(is_closed & ~has_left).then(pl.coalesce("ended", "modified"))),
        payment_status=Parsed(
            pl.col("payment_status"),
            pl.concat_str(
                "trade_status", "type", "step", "strange", separator=" ", ignore_nulls=True
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
        completed_at=gmt8(pl.when(is_finished).then("ended")),
    )


def _payment_status(is_touched: pl.Expr) -> pl.Expr:
    """Where the money stands: a deposit is no payment, and cash comes with the signature.

    Null when a code that it depends on is not known.
    """
    status, kind = coded("trade_status", PAYMENT_STATUS).value, coded("type", TRADE_TYPE).value
    step = coded("step", STEP_STATUS).value
    is_known = (
        kind.is_not_null()
        & pl.col("strange").is_null()
        & (pl.col("step").is_null() | step.is_not_null())
    )
    is_open = status.is_in([PaymentStatus.PENDING, PaymentStatus.PAID])
    is_on_delivery = kind == "on_delivery"
    was_never_whole = (step == "deposit") | (is_on_delivery & pl.col("paid").is_null())
    return pl.when(is_known).then(
        pl.when(is_open & (step == "deposit"))
        .then(pl.lit(str(PaymentStatus.PARTIALLY_PAID)))
        .when(is_open & (step == "nothing"))
        .then(pl.lit(str(PaymentStatus.PENDING)))
        .when(is_on_delivery & pl.col("trade_status").is_in(_UNDER_WAY))
        .then(pl.lit(str(PaymentStatus.PENDING)))
        .when((status == PaymentStatus.REFUNDED) & was_never_whole)
        .then(pl.lit(str(PaymentStatus.VOIDED)))
        .when((status == PaymentStatus.PAID) & is_touched)
        .then(pl.lit(str(PaymentStatus.PARTIALLY_REFUNDED)))
        .otherwise(status)
    )


def _add_lines(mapper: Mapper, raw: pl.DataFrame, facts: Facts) -> None:
    is_gone = pl.col("line_status").is_in(_CLOSED)
    status = coded("line_status", PAYMENT_STATUS)
    mapper.add(
        OrderLine,
        raw,
        **_KEYS,
        line_id=pl.col("oid"),
        listing_id=pl.coalesce(empty_to_null("sku"), pl.col("num_iid").cast(_TEXT)),
        # A variant that only shows its product's code has none of its own.
        sku_id=pl.coalesce(
            empty_to_null("outer_sku_id"),
            pl.when(empty_to_null("sku").is_null()).then(empty_to_null("outer_iid")),
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
    carrier = carrier_code(pl.col("company"))
    named = raw.with_columns(carrier=carrier, parcel=shipment_id(carrier, empty_to_null("number")))
    sent = named.filter(pl.col("parcel").is_not_null())
    mapper.add(
        Shipment,
        sent,
        **_KEYS,
        shipment_id=pl.col("parcel"),
        carrier_code=pl.col("carrier"),
        tracking_number=pl.col("number").str.strip_chars(),
        shipped_at=gmt8(pl.coalesce("line_consigned", "consigned")),
    )
