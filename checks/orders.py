"""Whether orders agree with themselves: the total with its parts, and what happened with when."""

import datetime as dt
from typing import Final

import polars as pl

from contracts.checks import CheckResult
from contracts.money import format_amount

LOOK_BACK: Final = dt.timedelta(days=28)
MOST_APART_RATE: Final = 0.05
"""Orders that may differ: a platform rounds, and some orders are edited by hand."""
FEWEST_APART: Final = 5
"""So many orders may always differ."""
BLOCKING_RATE: Final = 0.5
"""Where more differ, a unit, a sign or a zone is wrong, and actions are held; fewer are a warning:
what counts are the lines, and they are the platform's own too."""
CLOCK_TOLERANCE: Final = dt.timedelta(minutes=5)
_CAUSES: Final = {
    "tax": pl.col("tax_minor"),
    "shipping": pl.col("shipping_minor"),
    "discount": pl.col("discount_minor"),
    "refunded": pl.col("refunded_minor"),
}


def order_sums(
    shop_id: str,
    orders: pl.LazyFrame,
    lines: pl.LazyFrame,
    *,
    currency: str,
    checked_at: dt.datetime,
) -> CheckResult:
    """Whether orders of the last 28 days are charged what their lines, shipping and tax come to.

    A minor unit per line may be lost in rounding. The difference is told by its cause: that it is
    the order's tax, shipping, discount or refunds, or none of these.
    """
    recent = pl.col("placed_at") > checked_at - LOOK_BACK
    sums = (
        lines.filter(recent & pl.col("deleted_at").is_null())
        .group_by("order_id")
        .agg(pl.col("total_minor").sum().alias("lines_minor"), pl.len().alias("lines"))
    )
    parts = pl.sum_horizontal("lines_minor", "shipping_minor", "tax_minor", ignore_nulls=False)
    apart = pl.col("total_minor") - parts
    is_judged = recent & pl.col("deleted_at").is_null() & ~pl.col("is_test")
    judged = orders.filter(is_judged).join(sums, on="order_id").with_columns(apart=apart)
    cause = pl.coalesce(
        pl.when(is_close(pl.col("apart").abs(), amount)).then(pl.lit(name))
        for name, amount in _CAUSES.items()
    ).fill_null("unknown")
    differing = (
        judged.filter(pl.col("apart").abs() > pl.col("lines"))
        .group_by(cause=cause)
        .agg(pl.len().alias("orders"), pl.col("apart").abs().sum())
        .sort("apart", descending=True)
        .collect()
    )
    count = judged.select(pl.len()).collect().item()
    return differing_result(
        shop_id, "orders", "order_sums", int(differing["orders"].sum()), count,
        told=by_cause(differing, currency), limit="their lines, shipping and tax",
        checked_at=checked_at,
    )  # fmt: skip


def order_times(shop_id: str, orders: pl.LazyFrame, *, checked_at: dt.datetime) -> CheckResult:
    """Whether orders of the last 28 days were paid, cancelled and completed after being placed.

    One of the instants in another zone than the others shows here.
    """
    early = pl.col("placed_at") - CLOCK_TOLERANCE
    columns = ("paid_at", "cancelled_at", "completed_at")
    recent = orders.filter(
        (pl.col("placed_at") > checked_at - LOOK_BACK) & pl.col("deleted_at").is_null()
    )
    counts = recent.select(
        pl.len(),
        pl.any_horizontal(pl.col(name) < early for name in columns).sum().alias("any"),
        *((pl.col(name) < early).sum() for name in columns),
    ).collect()
    found = counts.row(0, named=True)
    told = ", ".join(f"{name} {found[name]:,}" for name in columns if found[name])
    return differing_result(
        shop_id, "orders", "order_times", int(found["any"]), int(found["len"]),
        told=told, limit="placed before all else", checked_at=checked_at,
    )  # fmt: skip


def is_close(apart: pl.Expr, amount: pl.Expr) -> pl.Expr:
    """Whether an amount explains a difference, but for a minor unit per line (`lines`)."""
    return (amount > 0) & ((apart - amount).abs() <= pl.col("lines"))


def by_cause(differing: pl.DataFrame, currency: str) -> str:
    """Causes with what they come to, from columns `cause` and `apart`."""
    return ", ".join(
        f"{cause} {format_amount(apart, currency)}"
        for cause, apart in differing.select("cause", "apart").iter_rows()
    )


def differing_result(
    shop_id: str,
    table: str,
    check: str,
    apart: int,
    orders: int,
    *,
    told: str,
    limit: str,
    checked_at: dt.datetime,
) -> CheckResult:
    """The result of a check of orders, of which a few may differ, and most must not."""
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check=check,
        passed=apart <= max(FEWEST_APART, MOST_APART_RATE * orders),
        measured=f"{apart:,} of {orders:,} orders differ{': ' if told else ''}{told}",
        limit=limit,
        checked_at=checked_at,
        is_blocking=apart > BLOCKING_RATE * orders,
        rows=orders,
    )
