"""Whether a platform's own sum of an order's goods is that of the lines that we count as goods."""

import datetime as dt

import polars as pl

from contracts.checks import CheckResult
from contracts.money import format_amount

CHECK = "goods"
LOOK_BACK = dt.timedelta(days=28)


def goods(
    shop_id: str, orders: pl.LazyFrame, *, currency: str, checked_at: dt.datetime
) -> list[CheckResult]:
    """How many orders of the last 28 days differ, and by what amount; nothing where none is stated.

    It warns and holds nothing: the lines are the platform's own too, and they are what counts.
    """
    apart = (pl.col("goods_minor") - pl.col("stated_goods_minor")).abs()
    is_recent = pl.col("placed_at") > checked_at - LOOK_BACK
    stated, differing, amount = (
        orders.filter(is_recent & pl.col("stated_goods_minor").is_not_null())
        .select(pl.len(), (apart > 0).sum().alias("differing"), apart.sum().alias("apart"))
        .collect()
        .row(0)
    )
    if not stated:
        return []
    return [
        CheckResult(
            shop_id=shop_id,
            table="orders",
            check=CHECK,
            passed=not differing,
            measured=f"{differing:,} of {stated:,} orders differ from the platform's own subtotal,"
            f" by {format_amount(amount, currency)} in all",
            limit="the sum of their lines of goods",
            checked_at=checked_at,
            is_blocking=False,
            rows=stated,
        )
    ]
