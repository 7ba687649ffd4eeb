"""Which orders count, on which day, and what was sold."""

from collections.abc import Sequence
from typing import Final

import dataframely as dy
import polars as pl

from contracts.codes import GOODS, RECEIVED, LineKind
from contracts.table_diffs import RowDiffs
from contracts.tables import Order, OrderLine, SalesDaily
from transforms.days import local_day, touched_days

VERSION = 2
"""Raised when `sales_daily` computes something else, so that the next build is a whole one."""
_UNLINKED = "(unlinked)"
_DAY: Final = ["shop_id", "sku_id", "sales_date", "currency"]
_NUMBERED: Final = pl.Series(dtype=pl.Categorical)
"""As long as it lives texts keep the numbers that they got: with the last frame that holds any,
Polars forgets them, and the next text is 0 again."""
_AMOUNTS: Final = ["sold_units", "gift_units", "gmv_minor", "list_minor"]


def counted_orders(orders: dy.LazyFrame[Order]) -> pl.LazyFrame:
    """Orders that count in GMV: no tests, money received, cancelled and refunded ones included.

    One whose lines hold no goods, such as a price difference paid by itself, is no order.
    """
    received = pl.col("payment_status").is_in([str(status) for status in RECEIVED])
    has_goods = pl.col("goods_units").is_null() | (pl.col("goods_units") > 0)
    return orders.lazy().filter(received & ~pl.col("is_test") & has_goods)


def goods(lines: pl.LazyFrame) -> pl.LazyFrame:
    """Lines that are goods; tips, stored value, fees and price differences are not."""
    return lines.filter(pl.col("line_kind").is_in([str(kind) for kind in GOODS]))


def member_number() -> pl.Expr:
    """A shop's member as one number, which is grouped in a third of the time of two texts.

    It is the same for the same member within a process, and says nothing beyond it.
    """
    shop, member = (
        pl.col(name).cast(pl.Categorical).to_physical().cast(pl.UInt64)
        for name in ("shop_id", "member_id")
    )
    return shop * 2**32 + member


def of_orders(rows: pl.LazyFrame, orders: pl.LazyFrame) -> pl.LazyFrame:
    """Rows whose order is one of some, with the columns of `orders`; by shop_id and order_id.

    Shops are compared after the join: to join by one text costs half as much as by two.
    """
    by_order = rows.join(orders.rename({"shop_id": "order_shop_id"}), on="order_id")
    return by_order.filter(pl.col("shop_id") == pl.col("order_shop_id")).drop("order_shop_id")


def counted_lines(
    lines: dy.LazyFrame[OrderLine], orders: dy.LazyFrame[Order], time_zone: str
) -> pl.LazyFrame:
    """Lines of goods of counted orders.

    Of its order a line has `order`, a number, `ordered_date`, shop-local, and `order_currency`.
    """
    counted = counted_orders(orders).select(
        "shop_id",
        "order_id",
        ordered_date=local_day("placed_at", time_zone),
        order_currency="currency",
    )
    return of_orders(goods(lines.lazy()), counted.with_row_index("order"))


def sales_daily(
    lines: dy.LazyFrame[OrderLine], orders: dy.LazyFrame[Order], time_zone: str
) -> dy.LazyFrame[SalesDaily]:
    """Sum the lines of goods of counted orders per SKU and shop-local day of ordering.

    Gross: before refunds and returns, without tax and shipping. A second currency in a shop gives a
    second row of the same key, which validation refuses, rather than a sum over currencies.
    """
    units, kind = pl.col("quantity_units"), pl.col("line_kind")
    listed = pl.col("unit_price_minor") * units
    return (
        counted_lines(lines, orders, time_zone)
        .select(
            "shop_id",
            "currency",
            "order",
            sku_id=pl.coalesce("sku_id", "listing_id", pl.lit(_UNLINKED)),
            sales_date=local_day("placed_at", time_zone),
            sold_units=units,
            gift_units=pl.when(kind == LineKind.GIFT).then(units).otherwise(0),
            gmv_minor="total_minor",
            list_minor=pl.when(kind == LineKind.SALE).then(listed).otherwise(0),
        )
        .group_by(_DAY)
        .agg(pl.col(_AMOUNTS).sum(), orders_count=pl.col("order").n_unique())
        .pipe(SalesDaily.cast)
    )


def added_up(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The `sales_daily` of all orders from those of parts that share no order.

    A day that lies in several parts, as those on which one ends, is summed; the others are whole.
    """
    date, whole = pl.col("sales_date"), pl.concat(parts)
    days = pl.concat(part.select(date.unique()) for part in parts)["sales_date"]
    is_shared = date.is_in(days.filter(days.is_duplicated()).implode())
    shared = whole.filter(is_shared).group_by(_DAY).agg(pl.col(*_AMOUNTS, "orders_count").sum())
    return pl.concat([whole.filter(~is_shared), shared.select(whole.columns)])


def dirty_days(changes: RowDiffs, time_zone: str) -> pl.Series:
    """Days of `sales_daily` that changes dirty: those on which the lines were or are ordered."""
    return touched_days(changes, {"order_lines": "placed_at"}, time_zone)
