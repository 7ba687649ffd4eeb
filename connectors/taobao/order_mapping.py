"""Trades as orders, lines and parcels. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable

import polars as pl

from connectors.base.frames import empty_to_null
from connectors.base.mapping import Mapper, Parsed, coded, first_of, gmt8, money, pieces
from connectors.base.orders import HEAD, OrderTables, known_sum, with_heads, with_sums
from connectors.taobao import wire
from connectors.taobao.codes import (
    CURRENCY,
    FULFILMENT_STATUS,
    PAYMENT_STATUS,
    REFUND_STATUS,
    STEP_STATUS,
    TRADE_TYPE,
)
from connectors.taobao.kinds import line_kind
from contracts.codes import RECEIVED, FulfilmentStatus, PaymentStatus, QuarantineReason
from contracts.streams import Context, Facts, Mapped, Page

_CLOSED = ("TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO")
_UNDER_WAY = ("WAIT_SELLER_SEND_GOODS", "SELLER_CONSIGNED_PART", "WAIT_BUYER_CONFIRM_GOODS")


def orders(pages: Iterable[Page], context: Context) -> Mapped:
    """Trades with lines and parcels. Amounts are yuan text and leave as fen.

    A line's total is `divide_order_fee`, the platform's price of it after all discounts, and stays
    when something is refunded; `payment` does not, and of a trade's only line it holds the postage.
    Before the platform has divided a trade's discounts it is `total_fee` less `part_mjz_discount`.
    """
    found = wire.TRADES.frames(pages)
    heads = with_heads(
        found.documents,
        order_id=pl.col("tid"),
        placed=gmt8("created"),
        updated=gmt8("modified"),
        currency=CURRENCY,
    )
    lines = _priced(found.of("orders", heads.select(*HEAD, trade_consign_time="consign_time")))
    mapper = Mapper(context)
    tables = OrderTables(mapper)
    _add_orders(tables, _with_sums(heads, lines))
    _add_lines(tables, lines, context.facts)
    tables.parcels(
        lines,
        carrier=pl.col("logistics_company"),
        number=empty_to_null("invoice_no"),
        shipped_at=gmt8(pl.coalesce("consign_time", "trade_consign_time")),
    )
    return mapper.done(unknown_fields=found.unknown)


def _priced(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines with their amounts in fen; null where one cannot be read."""
    names = ("discount_fee", "adjust_fee", "part_mjz_discount")
    zero = [pl.col(name).fill_null("0") for name in names]
    taken, adjusted, shared = (money(column, CURRENCY).value for column in zero)
    divided, undivided = money("divide_order_fee", CURRENCY), money("total_fee", CURRENCY)
    refund = coded("refund_status", REFUND_STATUS)
    return lines.with_columns(
        unit_price=money("price", CURRENCY).value,
        # A seller who raised the price by hand took nothing off.
        cut=(taken + shared - adjusted).clip(lower_bound=0),
        cuts=pl.concat_str(*zero, separator=" "),
        charged=pl.when(divided.raw.is_not_null())
        .then(divided.value)
        .otherwise(undivided.value - shared),
        charges=pl.coalesce("divide_order_fee", "total_fee"),
        pieces=pieces("num").value,
        is_refunded=refund.value == "refunded",
        strange=pl.when(refund.value.is_null()).then(refund.raw),
    )


def _with_sums(heads: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Trades with what their lines say of them, and what they were charged in all."""
    post, tax = (pl.col(name).fill_null("0") for name in ("post_fee", "order_tax_fee"))
    summed = with_sums(
        heads.with_columns(post_fee=post, order_tax_fee=tax),
        lines,
        goods=known_sum("charged"),
        cut=known_sum("cut"),
        is_refunded=pl.col("is_refunded").fill_null(value=False).any(),
        strange=pl.col("strange").drop_nulls().first(),
    )
    extra = money("post_fee", CURRENCY).value + money("order_tax_fee", CURRENCY).value
    return summed.with_columns(
        pl.col("is_refunded").fill_null(value=False), charged=pl.col("goods") + extra
    ).with_columns(payment_status=_payment_status())


def _add_orders(tables: OrderTables, heads: pl.DataFrame) -> None:
    payment, fulfilment = money("payment", CURRENCY), coded("status", FULFILMENT_STATUS)
    charged, is_touched = pl.col("charged"), pl.col("is_refunded")
    # Cash on delivery has no time of payment of its own: the trade ends when it has arrived.
    is_cash, arrived = pl.col("type") == "cod", pl.coalesce("pay_time", "end_time")
    paid_at = pl.when(is_cash).then(arrived).otherwise("pay_time")
    is_received = pl.col("payment_status").is_in(RECEIVED)
    is_closed, has_left = pl.col("status").is_in(_CLOSED), pl.col("consign_time").is_not_null()
    left_whole = pl.when(is_closed & has_left).then(pl.lit(FulfilmentStatus.FULFILLED))
    is_whole = ~is_touched & pl.col("payment").is_not_null()
    back = pl.when(is_touched).then((charged - payment.value).clip(lower_bound=0)).otherwise(0)
    codes = pl.concat_str(
        "status", "type", "step_trade_status", "strange", separator=" ", ignore_nulls=True
    )
    tables.orders(
        heads,
        member_id=empty_to_null("buyer_open_uid"),
        paid_at=gmt8(pl.when(is_received).then(paid_at)),
        cancelled_at=gmt8(pl.when(is_closed & ~has_left).then(pl.coalesce("end_time", "modified"))),
        payment_status=Parsed(pl.col("payment_status"), codes, QuarantineReason.UNKNOWN_CODE),
        fulfilment_status=Parsed(
            left_whole.otherwise(fulfilment.value), fulfilment.raw, fulfilment.reason
        ),
        is_test=pl.lit(value=False),
        discount_minor=pl.col("cut"),
        shipping_minor=money("post_fee", CURRENCY),
        tax_minor=money("order_tax_fee", CURRENCY),
        total_minor=Parsed(
            pl.when(is_whole).then(payment.value).otherwise(charged), payment.raw, payment.reason
        ),
        refunded_minor=Parsed(back, payment.raw, payment.reason),
        completed_at=gmt8(pl.when(pl.col("status") == "TRADE_FINISHED").then("end_time")),
    )


def _payment_status() -> pl.Expr:
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
        first_of(
            (is_open & (step == "deposit"), PaymentStatus.PARTIALLY_PAID),
            (is_open & (step == "nothing"), PaymentStatus.PENDING),
            (is_on_delivery & pl.col("status").is_in(_UNDER_WAY), PaymentStatus.PENDING),
            ((status == PaymentStatus.REFUNDED) & was_never_whole, PaymentStatus.VOIDED),
            (
                (status == PaymentStatus.PAID) & pl.col("is_refunded"),
                PaymentStatus.PARTIALLY_REFUNDED,
            ),
            otherwise=status,
        )
    )


def _add_lines(tables: OrderTables, lines: pl.DataFrame, facts: Facts) -> None:
    status, amount = coded("status", PAYMENT_STATUS), QuarantineReason.UNREADABLE_MONEY
    left = pl.when(pl.col("status").is_in(_CLOSED)).then(0).otherwise("pieces")
    no_sku = empty_to_null("sku_id").is_null()
    tables.lines(
        lines,
        line_id=pl.col("oid"),
        listing_id=pl.coalesce(empty_to_null("sku_id"), pl.col("num_iid").cast(pl.String)),
        # A variant that only shows its product's code has none of its own.
        sku_id=pl.coalesce(
            empty_to_null("outer_sku_id"), pl.when(no_sku).then(empty_to_null("outer_iid"))
        ),
        line_kind=line_kind(facts),
        quantity_units=pieces("num"),
        current_units=Parsed(
            pl.when(status.value.is_not_null()).then(left), status.raw, status.reason
        ),
        unit_price_minor=Parsed(pl.col("unit_price"), pl.col("price"), amount),
        discount_minor=Parsed(pl.col("cut"), pl.col("cuts"), amount),
        total_minor=Parsed(pl.col("charged"), pl.col("charges"), amount),
    )
