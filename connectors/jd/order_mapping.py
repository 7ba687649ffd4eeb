"""Orders with lines and parcels. Pure: the same pages and context give the same rows."""

from collections.abc import Iterable

import polars as pl

from connectors.base.frames import PARENT, empty_to_null
from connectors.base.mapping import Mapper, Parsed, coded, first_of, money, whole
from connectors.base.orders import HEAD, OrderTables, sale_or_gift, with_heads, with_sums
from connectors.base.shares import shared_out
from connectors.jd import wire
from connectors.jd.cells import instant
from connectors.jd.codes import CARRIERS, CURRENCY, FULFILMENT_STATUS, MONEY
from contracts.codes import RECEIVED, PaymentStatus, QuarantineReason
from contracts.streams import Context, Mapped, Page

_ON_DELIVERY = "1"  # how an order is paid for; words may follow the number


def orders(pages: Iterable[Page], context: Context) -> Mapped:
    """Orders, lines and parcels. Amounts are yuan text and leave as fen.

    The platform states what the buyer owes for the whole order, the prices of pieces and the
    freight. What was taken off is the difference, and is split over the lines by their prices.
    """
    found = wire.ORDERS.frames(pages)
    heads = with_heads(
        found.documents.with_columns(
            freightPrice=pl.col("freightPrice").fill_null("0"),
            owed=pl.coalesce("shouldPay", "actualPay"),
        ),
        order_id=pl.col("orderId"),
        placed=instant("orderStartTime"),
        updated=instant("modified"),
        currency=CURRENCY,
    ).with_columns(payment_status=_payment_status())
    goods = money("owed", CURRENCY).value - money("freightPrice", CURRENCY).value
    lines = _priced(found.of("itemInfoList", heads.select(*HEAD, "orderState", goods=goods)))
    mapper = Mapper(context)
    tables = OrderTables(mapper)
    heads = with_sums(heads, lines, cut=pl.col("cut").sum())
    _add_orders(tables, heads.with_columns(goods=goods))
    _add_lines(tables, lines)
    tables.parcels(_parcels(heads), carrier=pl.col("carrier"), number=empty_to_null("waybill"))
    return mapper.done(unknown_fields=found.unknown)


def _priced(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines with their share of what was taken off; null where an amount cannot be read."""
    price, pieces = money("jdPrice", CURRENCY).value, whole("itemTotal").value
    gross = pl.col("gross")
    off = (gross.sum().over(PARENT) - pl.col("goods")).clip(lower_bound=0)
    number = pl.col("skuId").cum_count().over(PARENT, "skuId")
    return lines.with_columns(gross=price * pieces, unit_price=price, pieces=pieces).with_columns(
        cut=shared_out(off, gross, PARENT),
        # One SKU may stand on two lines, as bought and as a gift.
        line=pl.when(number > 1).then(pl.format("{}:{}", "skuId", number)).otherwise("skuId"),
    )


def _payment_status() -> pl.Expr:
    """Where the money stands: the platform says when it came, and of cash that it has."""
    money_is, is_paid = coded("orderState", MONEY).value, instant("paymentConfirmTime").value
    came = is_paid.is_not_null()
    return pl.when(money_is.is_not_null()).then(
        first_of(
            ((money_is == "closed") & came, PaymentStatus.REFUNDED),
            (money_is == "closed", PaymentStatus.VOIDED),
            ((money_is == "done") | ((money_is == "paid") & came), PaymentStatus.PAID),
            otherwise=PaymentStatus.PENDING,
        )
    )


def _add_orders(tables: OrderTables, heads: pl.DataFrame) -> None:
    total, status = money("owed", CURRENCY), pl.col("payment_status")
    # Cash has no time of its own: it has come when the order ends.
    pays_on_delivery = pl.col("payType").str.extract(r"^(\d+)") == _ON_DELIVERY
    ended = pl.when(pays_on_delivery).then("orderEndTime")
    confirmed = instant("paymentConfirmTime")
    paid_at = pl.coalesce(confirmed.value, instant(ended).value)
    is_closed = coded("orderState", MONEY).value == "closed"
    ended_at, changed = instant("orderEndTime"), instant("modified")
    closed_at = pl.coalesce(ended_at.value, changed.value)
    is_given_back = status == PaymentStatus.REFUNDED
    tables.orders(
        heads,
        member_id=pl.coalesce(empty_to_null("open_id_buyer"), empty_to_null("xid_buyer")),
        paid_at=pl.when(status.is_in(RECEIVED)).then(paid_at),
        cancelled_at=pl.when(is_closed).then(closed_at),
        payment_status=Parsed(status, pl.col("orderState"), QuarantineReason.UNKNOWN_CODE),
        fulfilment_status=coded("orderState", FULFILMENT_STATUS),
        is_test=pl.lit(value=False),
        stated_goods_minor=pl.col("goods"),
        discount_minor=pl.col("cut"),
        shipping_minor=money("freightPrice", CURRENCY),
        tax_minor=pl.lit(0),
        total_minor=total,
        refunded_minor=pl.when(is_given_back).then(total.value).otherwise(0),
        completed_at=pl.when(coded("orderState", MONEY).value == "done").then(ended_at.value),
    )


def _add_lines(tables: OrderTables, lines: pl.DataFrame) -> None:
    price, total = money("jdPrice", CURRENCY), pl.col("gross") - pl.col("cut")
    is_closed = coded("orderState", MONEY).value == "closed"
    tables.lines(
        lines,
        line_id=pl.col("line"),
        listing_id=empty_to_null("skuId"),
        sku_id=empty_to_null("outerSkuId"),
        line_kind=sale_or_gift(total),
        quantity_units=whole("itemTotal"),
        current_units=pl.when(is_closed).then(0).otherwise("pieces"),
        unit_price_minor=price,
        discount_minor=Parsed(pl.col("cut"), price.raw, price.reason),
        total_minor=Parsed(total, price.raw, price.reason),
    )


def _parcels(heads: pl.DataFrame) -> pl.DataFrame:
    """Waybills with their carriers: of several carriers by a bar, of one carrier by commas."""
    groups = heads.with_columns(
        pl.col("waybill").str.split("|"), carriers=pl.col("logisticsId").str.split("|")
    ).with_columns(place=pl.int_ranges(pl.col("waybill").list.len()))
    carrier = pl.col("carriers").list.get(pl.col("place"), null_on_oob=True)
    return (
        groups.explode("waybill", "place")
        .with_columns(pl.col("waybill").str.split(","), carrier=carrier.replace(CARRIERS))
        .explode("waybill")
    )
