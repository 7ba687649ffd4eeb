"""Which orders count, on which day, and what was sold."""

from collections.abc import Iterator, Sequence
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
    """A shop's member as one number of 128 bits, grouped in a quarter of the time of two texts.

    It is a hash of both, each text by itself, which takes a third of hashing them as a pair; and
    the member's id is one of as many bits already: that two of a million members share one is as
    likely as that they share their id, once in 10^27. Says nothing beyond the process.
    """
    high, low = (
        (pl.col("member_id").hash(seed) ^ pl.col("shop_id").hash(seed + 2)).cast(pl.UInt128)
        for seed in (1, 2)
    )
    return high * 2**64 + low


def placed_orders(orders: dy.LazyFrame[Order], time_zone: str) -> pl.LazyFrame:
    """Counted orders, each with a number (`order`) and its shop-local day (`ordered_date`)."""
    return (
        counted_orders(orders)
        .select(
            "shop_id",
            "order_id",
            "member_id",
            "goods_minor",
            order_currency="currency",
            ordered_date=local_day("placed_at", time_zone),
            is_cancelled=pl.col("cancelled_at").is_not_null(),
        )
        .with_row_index("order")
    )


def of_orders(rows: pl.LazyFrame, orders: pl.LazyFrame) -> pl.LazyFrame:
    """Rows whose order is one of some, with the columns of `orders`; by shop_id and order_id.

    Shops are compared after the join: to join by one text costs half as much as by two.
    """
    by_order = rows.join(orders.rename({"shop_id": "order_shop_id"}), on="order_id")
    # Polars would make `==` a key of the join again.
    is_own = pl.col("shop_id").eq_missing(pl.col("order_shop_id"))
    return by_order.filter(is_own).drop("order_shop_id")


def counted_lines(
    lines: dy.LazyFrame[OrderLine], placed: pl.LazyFrame, time_zone: str
) -> pl.LazyFrame:
    """Lines of goods of `placed_orders`: what `sales_daily` sums, by its key.

    With `order`, `ordered_date` and `order_currency` of their orders.
    """
    units, kind = pl.col("quantity_units"), pl.col("line_kind")
    listed = pl.col("unit_price_minor") * units
    sold = goods(lines.lazy()).select(
        "shop_id",
        "order_id",
        "currency",
        sku_id=pl.coalesce("sku_id", "listing_id", pl.lit(_UNLINKED)),
        sales_date=local_day("placed_at", time_zone),
        sold_units=units,
        gift_units=pl.when(kind == LineKind.GIFT).then(units).otherwise(0),
        gmv_minor="total_minor",
        list_minor=pl.when(kind == LineKind.SALE).then(listed).otherwise(0),
    )
    columns = ["shop_id", "order_id", "order", "ordered_date", "order_currency"]
    return of_orders(sold, placed.select(columns)).drop("order_id")


def sales_daily(
    lines: dy.LazyFrame[OrderLine], orders: dy.LazyFrame[Order], time_zone: str
) -> dy.LazyFrame[SalesDaily]:
    """`sales_of` the lines of goods of counted orders."""
    return sales_of(counted_lines(lines, placed_orders(orders, time_zone), time_zone))


def sales_of(counted: pl.LazyFrame) -> dy.LazyFrame[SalesDaily]:
    """Sum `counted_lines` per SKU and shop-local day of ordering.

    Gross: before refunds and returns, without tax and shipping. A second currency in a shop gives a
    second row of the same key, which validation refuses, rather than a sum over currencies.
    """
    orders = pl.col("order").n_unique()
    return (
        counted.group_by(_DAY)
        .agg(pl.col(_AMOUNTS).sum(), orders_count=orders)
        .pipe(SalesDaily.cast)
    )


def added_up(parts: Sequence[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The `sales_daily` of all orders, from those of parts that share no order, day by day whole.

    Each frame has days that no other has: of a part its own, and at last, summed, the days that lie
    in several, as those on which one ends.
    """
    date = pl.col("sales_date")
    days = pl.concat(part.select(date.unique()) for part in parts)["sales_date"]
    is_shared = date.is_in(days.filter(days.is_duplicated()).implode())
    for part in parts:
        yield part.filter(~is_shared)
    shared = pl.concat(part.lazy().filter(is_shared) for part in parts)
    summed = shared.group_by(_DAY).agg(pl.col(*_AMOUNTS, "orders_count").sum())
    yield summed.select(SalesDaily.column_names()).collect(engine="streaming")


def dirty_days(changes: RowDiffs, time_zone: str) -> pl.Series:
    """Days of `sales_daily` that changes dirty: those on which the lines were or are ordered."""
    return touched_days(changes, {"order_lines": "placed_at"}, time_zone)
