"""Which orders count, on which day, and what was sold."""

import dataframely as dy
import polars as pl

from contracts.codes import GOODS, RECEIVED, LineKind
from contracts.table_diffs import RowDiffs
from contracts.tables import Order, OrderLine, SalesDaily
from transforms.days import local_day, touched_days

VERSION = 2
"""Raised when `sales_daily` computes something else, so that the next build is a whole one."""
_UNLINKED = "(unlinked)"


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


def sales_daily(
    lines: dy.LazyFrame[OrderLine], orders: dy.LazyFrame[Order], time_zone: str
) -> dy.LazyFrame[SalesDaily]:
    """Sum the lines of goods of counted orders per SKU and shop-local day of ordering.

    Gross: before refunds and returns, without tax and shipping. A second currency in a shop gives a
    second row of the same key, which validation refuses, rather than a sum over currencies.
    """
    sold = goods(lines.lazy()).join(counted_orders(orders), on=["shop_id", "order_id"], how="semi")
    units, kind = pl.col("quantity_units"), pl.col("line_kind")
    return (
        sold.with_columns(
            sku_id=pl.coalesce("sku_id", "listing_id", pl.lit(_UNLINKED)),
            sales_date=local_day("placed_at", time_zone),
        )
        .group_by("shop_id", "sku_id", "sales_date", "currency")
        .agg(
            sold_units=units.sum(),
            gift_units=units.filter(kind == LineKind.GIFT).sum(),
            orders_count=pl.col("order_id").n_unique(),
            gmv_minor=pl.col("total_minor").sum(),
            list_minor=(pl.col("unit_price_minor") * units).filter(kind == LineKind.SALE).sum(),
        )
        .pipe(SalesDaily.cast)
    )


def dirty_days(changes: RowDiffs, time_zone: str) -> pl.Series:
    """Days of `sales_daily` that changes dirty: those on which the lines were or are ordered."""
    return touched_days(changes, {"order_lines": "placed_at"}, time_zone)
