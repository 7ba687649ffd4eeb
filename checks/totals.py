"""Whether days came to what the platform itself says, and by what they differ if not.

Ours are orders by the shop-local day on which they were placed, whatever became of them, at the
totals of their lines of goods; test orders are left out.
"""

import datetime as dt
from collections.abc import Iterator
from itertools import combinations
from typing import Final

import polars as pl

from contracts.checks import CheckResult
from contracts.codes import GOODS, PaymentStatus
from contracts.money import format_amount

LOOK_BACK: Final = dt.timedelta(days=28)
MOST_APART_RATE: Final = 0.01
"""Of what the platform says: so much may differ without a cause."""
BLOCKING_RATE: Final = 0.2
"""From here on orders are missing or counted twice, and what rests on them is held."""
_CLOSE_RATE: Final = 0.002
"""How near the difference is to the amount of a cause that explains it."""
CAUSES: Final = {
    "late": -1,
    "cancelled": -1,
    "unpaid": -1,
    "refunded": -1,
    "unlinked": -1,
    "discount": 1,
    "tax": 1,
    "shipping": 1,
}
"""What a platform leaves out of its total, or adds to it, where we do not."""
_UNPAID: Final = (PaymentStatus.PENDING, PaymentStatus.AUTHORIZED, PaymentStatus.EXPIRED)
_FEW: Final = 2
"""Causes that together explain a day."""
UNPRICED: Final = "unpriced"
"""The cause where the platform counts as many orders as we do and some of ours have no amount yet:
Amazon tells it once the payment is authorised."""
_MOST_TIMES: Final = 10
"""Of the mean order of the day: so much one without an amount may come to."""


def totals(
    shop_id: str,
    days: pl.LazyFrame,
    orders: pl.LazyFrame,
    lines: pl.LazyFrame,
    *,
    time_zone: str,
    currency: str,
    checked_at: dt.datetime,
) -> list[CheckResult]:
    """Hold the last 28 days that a platform tells (`DailyTotal`) against ours; nothing if none.

    A day without orders of ours counts zero. Amounts that no cause explains fail.
    """
    since = checked_at - LOOK_BACK
    told = days.filter(
        pl.col("deleted_at").is_null() & (pl.col("total_date") > pl.lit(since.date()))
    ).select("total_date", "read_at", said_minor="gmv_minor", said_orders="orders_count")
    own = (
        orders.filter(pl.col("deleted_at").is_null() & ~pl.col("is_test").fill_null(value=False))
        .with_columns(total_date=pl.col("placed_at").dt.convert_time_zone(time_zone).dt.date())
        .join(told.select("total_date", told_at="read_at"), on="total_date")
    )
    apart = (
        told.join(_ours(own, lines), on="total_date", how="left")
        .join(_counts(own), on="total_date", how="left")
        .with_columns(pl.exclude("total_date", "read_at").fill_null(0))
        .with_columns(apart=pl.col("said_minor") - pl.col("ours_minor"))
        .with_columns(cause=_cause())
        .collect()
    )
    if apart.is_empty():
        return []
    said = int(apart["said_minor"].sum())
    by_cause = _by_cause(apart)
    unknown = by_cause.get("unknown", 0)
    causes = ", ".join(f"{one} {format_amount(minor, currency)}" for one, minor in by_cause.items())
    return [
        CheckResult(
            shop_id=shop_id,
            table="orders",
            check="totals",
            passed=unknown <= MOST_APART_RATE * said,
            measured=f"{apart.height} days told, {format_amount(unknown, currency)} not explained"
            f"{': ' if causes else ''}{causes}",
            limit=f"{MOST_APART_RATE:.0%} of what the platform says",
            checked_at=checked_at,
            is_blocking=unknown > BLOCKING_RATE * said,
            rows=apart.height,
        )
    ]


def _ours(orders: pl.LazyFrame, lines: pl.LazyFrame) -> pl.LazyFrame:
    """Our amounts per day told, with the part of each cause."""
    is_goods = pl.col("line_kind").is_in(GOODS) & pl.col("deleted_at").is_null()
    goods = (
        lines.filter(is_goods)
        .group_by("order_id")
        .agg(
            pl.col("total_minor").sum().alias("goods"),
            pl.col("total_minor").filter(pl.col("sku_id").is_null()).sum().alias("unlinked"),
        )
    )
    amount = pl.col("goods")
    return (
        orders.join(goods, on="order_id")
        .group_by("total_date")
        .agg(
            ours_minor=amount.sum(),
            late=amount.filter(pl.col("read_at") > pl.col("told_at")).sum(),
            cancelled=amount.filter(pl.col("cancelled_at").is_not_null()).sum(),
            unpaid=amount.filter(pl.col("payment_status").is_in(_UNPAID)).sum(),
            refunded=pl.col("refunded_minor").sum(),
            unlinked=pl.col("unlinked").sum(),
            discount=pl.col("discount_minor").sum(),
            tax=pl.col("tax_minor").sum(),
            shipping=pl.col("shipping_minor").sum(),
        )
    )


def _counts(orders: pl.LazyFrame) -> pl.LazyFrame:
    """Our orders per day told: all, those not cancelled, and those that wait for an amount."""
    is_unpriced = (pl.col("goods_minor") == 0) & (pl.col("payment_status") == PaymentStatus.PENDING)
    return orders.group_by("total_date").agg(
        orders=pl.len(),
        open_orders=pl.col("cancelled_at").is_null().sum(),
        unpriced=(is_unpriced & pl.col("cancelled_at").is_null()).sum(),
    )


def _cause() -> pl.Expr:
    """The fewest causes that together are the difference; null where there is none."""
    apart, near = pl.col("apart"), _CLOSE_RATE * pl.col("said_minor") + 1
    is_equal = apart.abs() <= near
    explained = pl.coalesce(
        *(
            pl.when((apart - amount).abs() <= near).then(pl.lit(name))
            for name, amount in _together()
        ),
        pl.when(_is_unpriced()).then(pl.lit(UNPRICED)),
    )
    return pl.when(~is_equal).then(explained.fill_null("unknown"))


def _is_unpriced() -> pl.Expr:
    """Whether orders without an amount are what is missing: none is, and they may come to that."""
    counted, ours = pl.col("said_orders"), pl.col("ours_minor")
    are_all_here = (counted == pl.col("orders")) | (counted == pl.col("open_orders"))
    mean = ours / (pl.col("open_orders") - pl.col("unpriced"))
    is_likely = (ours == 0) | (pl.col("apart") <= pl.col("unpriced") * _MOST_TIMES * mean)
    return are_all_here & (pl.col("unpriced") > 0) & (pl.col("apart") > 0) & is_likely


def _together() -> Iterator[tuple[str, pl.Expr]]:
    for count in range(1, _FEW + 1):
        for names in combinations(CAUSES, count):
            amounts = [CAUSES[name] * pl.col(name) for name in names]
            yield " and ".join(names), pl.sum_horizontal(amounts)


def _by_cause(apart: pl.DataFrame) -> dict[str, int]:
    """Amount apart per cause, the largest first; a cause that explains nothing is left out."""
    sums = (
        apart.drop_nulls("cause")
        .group_by("cause")
        .agg(pl.col("apart").abs().sum())
        .sort("apart", "cause", descending=[True, False])
    )
    return dict(sums.iter_rows())
