"""What each member bought, was given and got back so far: it changes with their documents alone."""

from collections.abc import Mapping
from typing import Final

import dataframely as dy
import polars as pl

from contracts.codes import OPEN_CASES, GrantStatus
from contracts.table_diffs import RowDiffs
from contracts.tables import CouponGrant, MemberFact, Order, OrderCoupon, Refund, RefundCase
from transforms.days import local_day
from transforms.sales import counted_orders, member_number

VERSION: Final = 1
"""Raised when the same documents say something else of a member."""
MEMBER: Final = ["shop_id", "member_id"]
_ORDER: Final = ["shop_id", "order_id"]
_DAYS_FOR_A_GAP: Final = 3
_NOT_GIVEN: Final = (GrantStatus.UNASSIGNED, GrantStatus.FAILED)
_COLUMNS: Final[Mapping[str, pl.DataType]] = {
    name: MemberFact.columns()[name].dtype
    for name in (
        *MEMBER, "currency", "orders_count", "order_days_units", "first_order_at", "last_order_at",
        "last_order_date", "usual_gap_days", "spent_minor", "later_minor", "last_coupon_at",
        "last_refunded_at", "has_open_case",
    )
}  # fmt: skip


def histories(
    orders: dy.LazyFrame[Order],
    *,
    refunds: dy.LazyFrame[Refund],
    cases: dy.LazyFrame[RefundCase],
    order_coupons: dy.LazyFrame[OrderCoupon],
    grants: dy.LazyFrame[CouponGrant],
    time_zone: str,
) -> pl.LazyFrame:
    """Members with an order that counts in GMV, by columns that `MemberFact` has too.

    Grain: (shop_id, member_id); guests are nobody in particular. Of some members all of their
    orders are enough, whatever the other tables hold beside what is theirs. A shop with two
    currencies gives two rows per member, which validation of `MemberFact` refuses.
    """
    theirs = orders.lazy().filter(pl.col("member_id").is_not_null(), ~pl.col("is_test"))
    named = theirs.select(*_ORDER, "member_id", "placed_at")
    return (
        _bought(orders, time_zone)
        .join(_given(named, order_coupons.lazy(), grants.lazy()), on=MEMBER, how="left")
        .join(_paid_back(named, refunds.lazy(), cases.lazy()), on=MEMBER, how="left")
        .join(_open_cases(named, cases.lazy()), on=MEMBER, how="left")
        .with_columns(pl.col("has_open_case").fill_null(value=False))
        .pipe(_as_declared)
    )


def kept_histories(facts: dy.LazyFrame[MemberFact], touched: pl.Series) -> pl.LazyFrame:
    """Histories of members that no change has touched, as earlier facts have them."""
    return facts.lazy().filter(~pl.col("member_id").is_in(touched.implode())).pipe(_as_declared)


def touched_members(changes: RowDiffs, owners: pl.DataFrame) -> pl.Series:
    """Members of whom a document changed; `owners` has the orders of the cases that did."""
    frames = [owners]
    for name in ("orders", "coupon_grants"):
        frames += [changes[name].before, changes[name].after]
    return pl.concat([one["member_id"] for one in frames]).drop_nulls().unique()


def _as_declared(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.select(pl.col(name).cast(dtype) for name, dtype in _COLUMNS.items())


def _bought(orders: dy.LazyFrame[Order], time_zone: str) -> pl.LazyFrame:
    # Sorted once, so that no day is looked for within a group.
    rows = (
        counted_orders(orders)
        .filter(pl.col("member_id").is_not_null())
        .select(
            *MEMBER, "currency", "placed_at", "goods_minor",
            order_date=local_day("placed_at", time_zone),
            member=member_number(),
        )
        .sort("member", "order_date")
    )  # fmt: skip
    is_first = (pl.col("member") != pl.col("member").shift()).fill_null(value=True)
    date, gap = pl.col("order_date"), pl.col("order_date").diff().dt.total_days()
    days = pl.col("gap").count() + 1
    return (
        rows.with_columns(
            first_date=pl.when(is_first).then(date).forward_fill(),
            gap=pl.when(~is_first & (gap > 0)).then(gap),
        )
        .with_columns(later_minor=pl.when(date > pl.col("first_date")).then("goods_minor"))
        .group_by("member", "currency")
        .agg(
            pl.col(MEMBER).first(),
            orders_count=pl.len(),
            order_days_units=days,
            first_order_at=pl.col("placed_at").min(),
            last_order_at=pl.col("placed_at").max(),
            last_order_date=date.max(),
            usual_gap_days=pl.when(days >= _DAYS_FOR_A_GAP).then(pl.col("gap").median()),
            spent_minor=pl.col("goods_minor").sum(),
            later_minor=pl.col("later_minor").sum(),
        )
    )


def _given(named: pl.LazyFrame, used: pl.LazyFrame, grants: pl.LazyFrame) -> pl.LazyFrame:
    """When each was last given a coupon or used one; undated, it was when we first read it."""
    redeemed = named.join(used.select(_ORDER).unique(), on=_ORDER, how="semi")
    given = grants.filter(
        pl.col("member_id").is_not_null(), ~pl.col("grant_status").is_in(_NOT_GIVEN)
    )
    when = pl.coalesce("granted_at", "source_updated_at", "read_at")
    both = [redeemed.select(*MEMBER, at="placed_at"), given.select(*MEMBER, at=when)]
    return pl.concat(both).group_by(MEMBER).agg(last_coupon_at=pl.col("at").max())


def _paid_back(named: pl.LazyFrame, refunds: pl.LazyFrame, cases: pl.LazyFrame) -> pl.LazyFrame:
    paid = [rows.select(*_ORDER, "refunded_at") for rows in (refunds, cases)]
    when = pl.col("refunded_at")
    return (
        pl.concat(paid)
        .filter(when.is_not_null())
        .join(named, on=_ORDER)
        .group_by(MEMBER)
        .agg(last_refunded_at=when.max())
    )


def _open_cases(named: pl.LazyFrame, cases: pl.LazyFrame) -> pl.LazyFrame:
    is_open = pl.col("case_status").is_in(OPEN_CASES)
    found = cases.filter(is_open).join(named, on=_ORDER).select(MEMBER).unique()
    return found.with_columns(has_open_case=pl.lit(value=True))
