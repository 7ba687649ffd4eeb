"""What each member bought, was given and got back so far: it changes with their documents alone."""

from collections.abc import Mapping
from typing import Final

import dataframely as dy
import polars as pl

from contracts.codes import OPEN_CASES, GrantStatus
from contracts.tables import CouponGrant, MemberFact, Order, OrderCoupon, Refund, RefundCase
from transforms.days import local_day
from transforms.sales import counted_orders, member_number

VERSION: Final = 2
"""Raised when the same documents say something else of a member."""
MEMBER: Final = ["shop_id", "member_id"]
ORDER: Final = ["shop_id", "order_id"]
_DAYS_FOR_A_GAP: Final = 3
_NOT_GIVEN: Final = (GrantStatus.UNASSIGNED, GrantStatus.FAILED)
_COLUMNS: Final[Mapping[str, pl.DataType]] = {
    name: MemberFact.columns()[name].dtype
    for name in (
        *MEMBER, "currency", "orders_count", "order_days_units", "first_order_at", "last_order_at",
        "last_order_date", "order_gaps_days", "usual_gap_days", "spent_minor", "later_minor",
        "last_coupon_at", "last_refunded_at", "has_open_case",
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

    Grain: (shop_id, member_id); guests are nobody in particular. Coupons and money that went back
    are those of orders that count, open cases those of any but a test. Of some members all of their
    orders are enough, whatever the other tables hold beside what is theirs. A shop with two
    currencies gives two rows per member, which validation of `MemberFact` refuses.
    """
    theirs = members_orders(orders)
    counted = theirs.select(*ORDER, "member_id", "placed_at")
    coupons = pl.concat([redeemed(order_coupons.lazy(), counted), granted(grants)])
    back = pl.concat([paid_back(refunds.lazy(), counted), paid_back(cases.lazy(), counted)])
    return (
        bought(theirs, time_zone)
        .join(_last(coupons).rename({"at": "last_coupon_at"}), on=MEMBER, how="left")
        .join(_last(back).rename({"at": "last_refunded_at"}), on=MEMBER, how="left")
        .join(_with_open_case(orders, cases), on=MEMBER, how="left")
        .with_columns(pl.col("has_open_case").fill_null(value=False), *of_gaps())
        .pipe(as_declared)
    )


def as_declared(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The columns of a history, of rows that have more."""
    return rows.select(pl.col(name).cast(dtype) for name, dtype in _COLUMNS.items())


def members_orders(orders: dy.LazyFrame[Order]) -> pl.LazyFrame:
    """Orders that count and are not a guest's."""
    return counted_orders(orders).filter(pl.col("member_id").is_not_null())


def bought(theirs: pl.LazyFrame, time_zone: str) -> pl.LazyFrame:
    """What `members_orders` add up to. Grain: (shop_id, member_id, currency).

    `of_gaps` says the rest. `first_order_date` is the shop-local day of `first_order_at`.
    """
    # Sorted once, so that no day is looked for within a group.
    rows = (
        theirs.select(
            *MEMBER, "currency", "placed_at", "goods_minor",
            order_date=local_day("placed_at", time_zone),
            member=member_number(),
        )
        .sort("member", "order_date")
    )  # fmt: skip
    is_first = (pl.col("member") != pl.col("member").shift()).fill_null(value=True)
    date, gap = pl.col("order_date"), pl.col("order_date").diff().dt.total_days()
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
            first_order_at=pl.col("placed_at").min(),
            first_order_date=date.min(),
            last_order_at=pl.col("placed_at").max(),
            last_order_date=date.max(),
            order_gaps_days=pl.col("gap").drop_nulls(),
            spent_minor=pl.col("goods_minor").sum(),
            later_minor=pl.col("later_minor").sum(),
        )
    )


def of_gaps() -> list[pl.Expr]:
    """What the gaps between days with an order say: how many such days, and which gap is usual."""
    gaps = pl.col("order_gaps_days").list
    days = gaps.len() + 1
    usual = pl.when(days >= _DAYS_FOR_A_GAP).then(gaps.median())
    return [gaps.sort(), days.alias("order_days_units"), usual.alias("usual_gap_days")]


def redeemed(used: pl.LazyFrame, counted: pl.LazyFrame) -> pl.LazyFrame:
    """When members redeemed a coupon on an order that counts: `member_id`, `at`."""
    orders = counted.join(used.select(ORDER).unique(), on=ORDER, how="semi")
    return orders.select(*MEMBER, at="placed_at")


def granted(grants: dy.LazyFrame[CouponGrant]) -> pl.LazyFrame:
    """When members were given a coupon; undated, it was when we first read it."""
    given = grants.filter(
        pl.col("member_id").is_not_null(), ~pl.col("grant_status").is_in(_NOT_GIVEN)
    )
    when = pl.coalesce("granted_at", "source_updated_at", "read_at")
    return given.select(*MEMBER, at=when)


def paid_back(rows: pl.LazyFrame, counted: pl.LazyFrame) -> pl.LazyFrame:
    """When money of orders that count went back to members, by refunds or by cases."""
    paid = rows.filter(pl.col("refunded_at").is_not_null())
    return paid.join(counted, on=ORDER).select(*MEMBER, at="refunded_at")


def _last(events: pl.LazyFrame) -> pl.LazyFrame:
    return events.group_by(MEMBER).agg(pl.col("at").max())


def _with_open_case(orders: dy.LazyFrame[Order], cases: dy.LazyFrame[RefundCase]) -> pl.LazyFrame:
    named = orders.lazy().filter(pl.col("member_id").is_not_null(), ~pl.col("is_test"))
    return disputing(named, cases).with_columns(has_open_case=pl.lit(value=True))


def disputing(orders: pl.LazyFrame, cases: dy.LazyFrame[RefundCase]) -> pl.LazyFrame:
    """Members who want money back for one of these orders, where that is not decided."""
    is_open = pl.col("case_status").is_in(OPEN_CASES)
    return cases.filter(is_open).join(orders, on=ORDER).select(MEMBER).unique()
