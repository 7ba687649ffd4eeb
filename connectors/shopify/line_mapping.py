"""An order's lines: what each is to the trade, and what it comes to without tax. Pure.

Frames are raw lines with the columns of their order beside them (`order`, `updated`); amounts are
decimal text until they are minor units.
"""

from collections.abc import Mapping

import polars as pl

from connectors.base.frames import ColumnType, columns, empty_to_null, flatten, with_parent_columns
from connectors.base.mapping import Mapper, Parsed, money
from connectors.shopify import wire
from connectors.shopify.ids import number_in
from connectors.shopify.shapes import Found
from contracts import money as currency_units
from contracts.codes import GOODS, LineKind, QuarantineReason
from contracts.tables import OrderLine

Paths = Mapping[str, tuple[str, ColumnType]]

OF_ORDER = ("order", "updated")
"""What tells one version of an order."""
_LINE_KEY = (*OF_ORDER, "line")
_TEXT, _COUNT = pl.String, pl.Int64
_LINE: Paths = {
    "line": ("id", _TEXT),
    "sku": ("sku", _TEXT),
    "variant": ("variant?.id", _TEXT),
    "quantity": ("quantity", _COUNT),
    "current": ("current_quantity", _COUNT),
    "unit_price": ("original_unit_price_set.shop_money.amount", _TEXT),
    "gross": ("original_total_set.shop_money.amount", _TEXT),
}


def raw_lines(found: Found, version: pl.DataFrame) -> pl.DataFrame:
    """A page's lines beside their orders."""
    lines: list[wire.Line] = found.children
    raw = columns(lines, _LINE).with_columns(
        pl.Series("cuts", _cuts(lines), dtype=_TEXT),
        pl.Series("taxes", _taxes(lines), dtype=_TEXT),
        pl.Series("is_gift_card", [line.is_gift_card for line in lines], dtype=pl.Boolean),
        pl.Series("is_shipped", [line.requires_shipping for line in lines], dtype=pl.Boolean),
    )
    return with_parent_columns(raw, version, found.owners)


def raw_fees(orders: list[wire.OrderHead], version: pl.DataFrame) -> pl.DataFrame:
    """What a page's orders charge beside goods and shipping: fees, and duties under one name."""
    fees, owners = flatten(order.additional_fees or () for order in orders)
    due = [(order.original_total_duties_set, place) for place, order in enumerate(orders)]
    duties = [(bag.shop_money.amount, place) for bag, place in due if bag is not None]
    raw = pl.DataFrame(
        {
            "fee": [*(fee.id for fee in fees), *("duties" for _ in duties)],
            "price": [*(fee.price.shop_money.amount for fee in fees), *(one for one, _ in duties)],
        },
        schema={"fee": _TEXT, "price": _TEXT},
    )
    return with_parent_columns(raw, version, [*owners, *(place for _, place in duties)])


def priced(lines: pl.DataFrame, orders: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Lines with `discount`, `tax` and `total` in minor units; null where one cannot be read.

    `tax` is what the prices hold of it: none unless `taxes_included` of the order says so.
    """
    included = orders.filter("taxes_included").select(OF_ORDER).unique()
    taxed = pl.lit(value=False)
    if included.height and lines["taxes"].null_count() < lines.height:
        lines = lines.join(
            included.with_columns(is_taxed=True), on=OF_ORDER, how="left", maintain_order="left"
        )
        taxed = pl.col("is_taxed").fill_null(value=False)
    gross = currency_units.to_minor(pl.col("gross"), currency)
    return lines.with_columns(
        discount=_sum(lines, "cuts", currency),
        tax=pl.when(taxed).then(_sum(lines, "taxes", currency)).otherwise(0),
    ).with_columns(total=gross - pl.col("discount") - pl.col("tax"))


def nameless(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines that name no article of the shop."""
    return lines.filter(pl.col("variant").is_null(), empty_to_null("sku").is_null())


def with_kinds(lines: pl.DataFrame, tips: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Priced lines with their `kind`; `tips` holds what each order's tips come to (`tip`).

    No field tells a tip. It is a line that names no article, ships nothing and comes to what the
    order says was received in tips: all such lines together, or the last one of that amount. A line
    that names no article and costs one minor unit a piece is a penny link.
    """
    custom = nameless(lines)
    is_link = currency_units.to_minor("unit_price", currency) == 1
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
    is_free = pl.col("total") == 0
    return lines.with_columns(
        kind=pl.when(pl.col("known") == LineKind.TIP)
        .then("known")
        .when("is_gift_card")
        .then(pl.lit(LineKind.STORED_VALUE))
        .when(is_free)
        .then(pl.lit(LineKind.GIFT))
        .otherwise(pl.coalesce("known", pl.lit(LineKind.SALE)))
    )


def taxes_of_goods(lines: pl.DataFrame) -> pl.DataFrame:
    """What the prices of an order's goods hold of tax: (`order`, `updated`, `goods_tax`)."""
    taxed = lines.filter(pl.col("tax") != 0, pl.col("kind").is_in(GOODS))
    once = taxed.unique(_LINE_KEY, keep="first", maintain_order=True)
    return once.group_by(OF_ORDER).agg(goods_tax=pl.col("tax").sum())


def add_lines(
    mapper: Mapper,
    lines: pl.DataFrame,
    keys: Mapping[str, Parsed | pl.Expr],
    currency: str,
) -> None:
    """Add priced lines with their kinds."""
    gross = money("gross", currency)
    unreadable = QuarantineReason.UNREADABLE_MONEY
    mapper.add(
        OrderLine,
        lines,
        **keys,
        line_id=number_in("line", "LineItem"),
        listing_id=number_in("variant", "ProductVariant"),
        sku_id=empty_to_null("sku"),
        line_kind=pl.col("kind"),
        placed_at=pl.col("created_at"),
        quantity_units=pl.col("quantity"),
        current_units=pl.col("current"),
        currency=pl.col("order_currency"),
        unit_price_minor=money("unit_price", currency),
        discount_minor=Parsed(pl.col("discount"), pl.col("cuts"), unreadable),
        total_minor=Parsed(pl.col("total"), gross.raw, unreadable),
    )


def add_fees(
    mapper: Mapper, fees: pl.DataFrame, keys: Mapping[str, Parsed | pl.Expr], currency: str
) -> None:
    """Add fees and duties as lines of their own, so that an order's charges are all there."""
    mapper.add(
        OrderLine,
        fees,
        **keys,
        line_id=pl.concat_str(pl.lit("fee-"), number_in("fee", "AdditionalFee")),
        line_kind=pl.lit(LineKind.FEE),
        placed_at=pl.col("created_at"),
        quantity_units=pl.lit(1),
        current_units=pl.lit(1),
        currency=pl.col("order_currency"),
        unit_price_minor=money("price", currency),
        discount_minor=pl.lit(0),
        total_minor=money("price", currency),
    )


def _tip_lines(custom: pl.DataFrame, tips: pl.DataFrame) -> pl.DataFrame:
    """Which of the lines that name no article are tips, by their key."""
    is_sold = pl.col("is_gift_card").eq_missing(other=True) | pl.col("is_shipped").eq_missing(
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


def _cuts(lines: list[wire.Line]) -> list[str | None]:
    """Discounts of each line as one text, null without any: lists would cost 20 µs a line."""
    return [
        " ".join([cut.allocated_amount_set.shop_money.amount for cut in cuts]) if cuts else None
        for cuts in [line.discount_allocations for line in lines]
    ]


def _taxes(lines: list[wire.Line]) -> list[str | None]:
    """Taxes of each line, likewise."""
    return [
        " ".join([tax.price_set.shop_money.amount for tax in taxes]) if taxes else None
        for taxes in [line.tax_lines for line in lines]
    ]


def _sum(lines: pl.DataFrame, column: str, currency: str) -> pl.Expr:
    """The sum of a column of amounts: 0 without any, null where one cannot be read."""
    if lines[column].null_count() == lines.height:
        return pl.lit(0, dtype=pl.Int64)
    parts = pl.col(column).str.split(" ").list.eval(currency_units.to_minor(pl.element(), currency))
    is_readable = ~parts.list.eval(pl.element().is_null()).list.any()
    return pl.when(pl.col(column).is_null()).then(0).when(is_readable).then(parts.list.sum())
