"""An order's lines: what each is to the trade, and what it comes to without tax. Pure.

Frames are raw lines with the columns of their order beside them (`order`, `updated`); amounts are
decimal text until they are minor units.
"""

import polars as pl

from connectors.base.frames import empty_to_null
from connectors.base.mapping import Parsed, money
from connectors.base.orders import HEAD, ORDER_ID, UPDATED, OrderTables, sale_or_gift
from connectors.shopify.ids import number_in
from contracts import money as currency_units
from contracts.codes import GOODS, LineKind, QuarantineReason

OF_ORDER = (ORDER_ID, UPDATED)
"""What tells one version of an order."""
_LINE_KEY = (*OF_ORDER, "id")
_TEXT = pl.String


def amount_of(bag: str) -> str:
    """The column of an amount in the shop's currency."""
    return f"{bag}.shopMoney.amount"


def charged(fees: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """What orders charge beside goods and shipping: fees, and duties under one name."""
    price = pl.col(amount_of("originalTotalDutiesSet"))
    duties = orders.filter(price.is_not_null())
    return pl.concat(
        [
            fees.select(*HEAD, fee="id", price=amount_of("price")),
            duties.select(*HEAD, fee=pl.lit("duties"), price=price),
        ]
    )


def priced(lines: pl.DataFrame, orders: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Lines with `discount`, `tax` and `total` in minor units; null where one cannot be read.

    `tax` is what the prices hold of it: none unless `taxes_included` of the order says so.
    """
    included = orders.filter("taxesIncluded").select(OF_ORDER).unique()
    taxed = pl.lit(value=False)
    if included.height and lines["taxes"].null_count() < lines.height:
        lines = lines.join(
            included.with_columns(is_taxed=True), on=OF_ORDER, how="left", maintain_order="left"
        )
        taxed = pl.col("is_taxed").fill_null(value=False)
    gross = currency_units.to_minor(amount_of("originalTotalSet"), currency)
    return lines.with_columns(
        discount=_sum(lines, "cuts", currency),
        tax=pl.when(taxed).then(_sum(lines, "taxes", currency)).otherwise(0),
    ).with_columns(total=gross - pl.col("discount") - pl.col("tax"))


def nameless(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines that name no article of the shop."""
    return lines.filter(pl.col("variant.id").is_null(), empty_to_null("sku").is_null())


def with_kinds(lines: pl.DataFrame, tips: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Priced lines with their `kind`; `tips` holds what each order's tips come to (`tip`).

    No field tells a tip. It is a line that names no article, ships nothing and comes to what the
    order says was received in tips: all such lines together, or the last one of that amount. A line
    that names no article and costs one minor unit a piece is a penny link.
    """
    custom = nameless(lines)
    is_link = currency_units.to_minor(amount_of("originalUnitPriceSet"), currency) == 1
    known = pl.concat(
        [
            _tip_lines(custom, tips).with_columns(known=pl.lit(LineKind.TIP)),
            custom.filter(is_link).select(*_LINE_KEY, known=pl.lit(LineKind.DIFFERENCE)),
        ]
    ).unique(_LINE_KEY, keep="first", maintain_order=True)
    if known.height:
        lines = lines.join(known, on=_LINE_KEY, how="left", maintain_order="left")
    else:
        lines = lines.with_columns(known=pl.lit(None, dtype=_TEXT))
    return lines.with_columns(
        kind=pl.when(pl.col("known") == LineKind.TIP)
        .then("known")
        .when("isGiftCard")
        .then(pl.lit(LineKind.STORED_VALUE))
        .when(pl.col("total") != 0)
        .then(pl.coalesce("known", pl.lit(LineKind.SALE)))
        .otherwise(sale_or_gift(pl.col("total")))
    )


def taxes_of_goods(lines: pl.DataFrame) -> pl.DataFrame:
    """What the prices of an order's goods hold of tax: (`order`, `updated`, `goods_tax`)."""
    taxed = lines.filter(pl.col("tax") != 0, pl.col("kind").is_in(GOODS))
    once = taxed.unique(_LINE_KEY, keep="first", maintain_order=True)
    return once.group_by(OF_ORDER).agg(goods_tax=pl.col("tax").sum())


def add_lines(tables: OrderTables, lines: pl.DataFrame, currency: str) -> None:
    """Add priced lines with their kinds."""
    gross, unreadable = pl.col(amount_of("originalTotalSet")), QuarantineReason.UNREADABLE_MONEY
    tables.lines(
        lines,
        line_id=number_in("id", "LineItem"),
        listing_id=number_in("variant.id", "ProductVariant"),
        sku_id=empty_to_null("sku"),
        line_kind=pl.col("kind"),
        quantity_units=pl.col("quantity"),
        current_units=pl.col("currentQuantity"),
        unit_price_minor=money(amount_of("originalUnitPriceSet"), currency),
        discount_minor=Parsed(pl.col("discount"), pl.col("cuts"), unreadable),
        total_minor=Parsed(pl.col("total"), gross, unreadable),
    )


def _tip_lines(custom: pl.DataFrame, tips: pl.DataFrame) -> pl.DataFrame:
    """Which of the lines that name no article are tips, by their key."""
    is_sold = pl.col("isGiftCard").eq_missing(other=True) | pl.col("requiresShipping").eq_missing(
        other=True
    )
    found = (
        custom.filter(~is_sold)
        .unique(_LINE_KEY, keep="first", maintain_order=True)
        .join(tips.filter(pl.col("tip") > 0), on=OF_ORDER, maintain_order="left")
        .with_row_index("place")
    )
    is_all = pl.col("total").sum().over(OF_ORDER) == pl.col("tip")
    is_alike = pl.col("total") == pl.col("tip")
    is_last = pl.col("place") == pl.col("place").filter(is_alike).max().over(OF_ORDER)
    return found.filter(is_all | is_last).select(_LINE_KEY)


def _sum(lines: pl.DataFrame, column: str, currency: str) -> pl.Expr:
    """The sum of a column of amounts: 0 without any, null where one cannot be read."""
    if lines[column].null_count() == lines.height:
        return pl.lit(0, dtype=pl.Int64)
    parts = pl.col(column).str.split(" ").list.eval(currency_units.to_minor(pl.element(), currency))
    is_readable = ~parts.list.eval(pl.element().is_null()).list.any()
    return pl.when(pl.col(column).is_null()).then(0).when(is_readable).then(parts.list.sum())
