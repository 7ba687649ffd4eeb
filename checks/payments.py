"""Whether the money of orders agrees with what is told of it elsewhere: states, refunds, payouts.

No platform that is read lists payments one by one. What was received is held against the state of
the order, what was paid back against refunds and cases, and what was paid out against what
customers were charged.
"""

import datetime as dt
from typing import Final

import polars as pl

from checks.orders import LOOK_BACK, by_cause, differing_result, is_close
from contracts.checks import CheckResult
from contracts.codes import RECEIVED, CaseStatus, EntryKind, PaymentStatus

MOST_ASKED_TIMES: Final = 2
"""A case may ask for postage beside what the order was charged; more is another unit."""
BLOCKING_RATE: Final = 0.5
LEAST_DATED_RATE: Final = 0.05
"""A platform that dates fewer of its payments does not tell when money arrives."""
_UNPAID: Final = (PaymentStatus.PENDING, PaymentStatus.AUTHORIZED, PaymentStatus.EXPIRED)
_TOTAL, _BACK = pl.col("total_minor"), pl.col("refunded_minor")


def payments(
    shop_id: str,
    orders: pl.LazyFrame,
    refunds: pl.LazyFrame,
    *,
    currency: str,
    checked_at: dt.datetime,
) -> CheckResult:
    """Whether orders of the last 28 days were paid and paid back as their states and refunds say.

    `refunds` may be empty: of an order without any, only the state is held against the amount.
    """
    sums = _living(refunds).group_by("order_id").agg(listed=pl.col("refunded_minor").sum())
    recent = _recent(orders, checked_at).join(sums, on="order_id", how="left")
    is_received = pl.col("payment_status").is_in(RECEIVED)
    dated = pl.col("paid_at").is_not_null()
    tells = recent.filter(is_received).select(tells=dated.mean() >= LEAST_DATED_RATE)
    causes = {
        "paid without an instant": pl.col("tells") & is_received & ~dated,
        "unpaid with an instant": pl.col("payment_status").is_in(_UNPAID) & dated,
        "paid back more than charged": _BACK > _TOTAL,
        "paid back and still paid": (_BACK >= _TOTAL) & (_TOTAL > 0) & _is(PaymentStatus.PAID),
        "other refunds than paid back": (pl.col("listed") - _BACK).abs() > 0,
    }
    cause = pl.coalesce(pl.when(holds).then(pl.lit(name)) for name, holds in causes.items())
    judged = recent.join(tells, how="cross").select(apart=_TOTAL, cause=cause)
    counts = judged.group_by("cause").agg(pl.len(), pl.col("apart").sum()).collect()
    wrong = counts.drop_nulls("cause").sort("apart", "cause", descending=[True, False])
    return differing_result(
        shop_id, "orders", "payments", int(wrong["len"].sum()), int(counts["len"].sum()),
        told=by_cause(wrong, currency),
        limit="paid and paid back as their states and refunds say", checked_at=checked_at,
    )  # fmt: skip


def case_amounts(
    shop_id: str, orders: pl.LazyFrame, cases: pl.LazyFrame, *, checked_at: dt.datetime
) -> CheckResult:
    """Warn of cases of the last 28 days that ask for more than their order was charged.

    Where most do, the amounts are in another unit, and what rests on cases is held.
    """
    recent = _living(cases).filter(
        (pl.col("requested_at") > checked_at - LOOK_BACK)
        & (pl.col("case_status") != CaseStatus.REFUSED)
    )
    asked = recent.group_by("order_id").agg(pl.col("asked_minor").max(), cases=pl.len())
    charged = _living(orders).filter(_TOTAL > 0).select("order_id", "total_minor")
    is_more = pl.col("asked_minor") > MOST_ASKED_TIMES * _TOTAL
    wrong, count = (
        asked.join(charged, on="order_id").select(is_more.sum(), n=pl.len()).collect().row(0)
    )
    return CheckResult(
        shop_id=shop_id,
        table="refund_cases",
        check="case_amounts",
        passed=not wrong,
        measured=f"{wrong:,} of {count:,} orders are asked back more than they were charged",
        limit=f"at most {MOST_ASKED_TIMES} times what was charged",
        checked_at=checked_at,
        is_blocking=wrong > BLOCKING_RATE * count,
        rows=count,
    )


def payouts(
    shop_id: str,
    orders: pl.LazyFrame,
    settlements: pl.LazyFrame,
    *,
    currency: str,
    checked_at: dt.datetime,
) -> CheckResult:
    """Whether orders of the last 28 days were settled at what customers were charged, by cause."""
    sales = (
        _living(settlements)
        .filter(pl.col("entry_kind") == EntryKind.SALE)
        .group_by("order_id")
        .agg(settled=pl.col("amount_minor").sum())
    )
    apart = pl.col("settled") - _TOTAL
    judged = (
        _recent(orders, checked_at)
        .join(sales, on="order_id")
        .with_columns(apart=apart, lines=pl.lit(1))
    )
    cause = pl.coalesce(
        pl.when(is_close(apart.abs(), pl.col(f"{name}_minor"))).then(pl.lit(name))
        for name in ("discount", "tax", "shipping", "refunded")
    ).fill_null("unknown")
    counts = (
        judged.group_by(cause=pl.when(apart.abs() > 1).then(cause))
        .agg(pl.len(), pl.col("apart").abs().sum())
        .sort("apart", descending=True)
        .collect()
    )
    unknown = counts.filter(pl.col("cause") == "unknown")
    return differing_result(
        shop_id, "settlements", "payouts", int(unknown["len"].sum()), int(counts["len"].sum()),
        told=by_cause(counts.drop_nulls("cause"), currency),
        limit="what customers were charged, or less by a cause", checked_at=checked_at,
    )  # fmt: skip


def _is(status: PaymentStatus) -> pl.Expr:
    return pl.col("payment_status") == status


def _living(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.filter(pl.col("deleted_at").is_null())


def _recent(orders: pl.LazyFrame, checked_at: dt.datetime) -> pl.LazyFrame:
    return _living(orders).filter(
        (pl.col("placed_at") > checked_at - LOOK_BACK) & ~pl.col("is_test").fill_null(value=False)
    )
