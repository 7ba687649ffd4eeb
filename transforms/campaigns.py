"""Campaigns: what the orders of a span used of coupons, and what waits for its balance."""

import datetime as dt
from typing import cast

import dataframely as dy
import polars as pl

from contracts.codes import PaymentStatus
from contracts.tables import Order, OrderCoupon
from transforms.days import local_day
from transforms.sales import counted_orders

_ORDER = ["shop_id", "order_id"]


def campaign_sums(
    orders: dy.LazyFrame[Order],
    coupons: dy.LazyFrame[OrderCoupon],
    *,
    first: dt.date,
    last: dt.date,
    time_zone: str,
) -> pl.LazyFrame:
    """Coupons and deposits of the orders from `first` to `last`, shop-local and both included.

    One row: `coupon_orders` (that used a code, of those that count in GMV), `coupon_minor` (all
    that was taken off them: at most this is what codes cost), `deposit_orders` (a part is paid, the
    balance is open) and `deposit_minor` (what they are worth once it is paid).
    """
    is_of_span = local_day("placed_at", time_zone).is_between(first, last)
    own = cast("dy.LazyFrame[Order]", orders.lazy().filter(is_of_span))
    with_code = counted_orders(own).join(coupons.lazy(), on=_ORDER, how="semi")
    is_open = (
        (pl.col("payment_status") == PaymentStatus.PARTIALLY_PAID)
        & pl.col("cancelled_at").is_null()
        & ~pl.col("is_test")
    )
    used = with_code.select(
        coupon_orders=pl.len().cast(pl.Int64), coupon_minor=pl.col("discount_minor").sum()
    )
    waiting = (
        own.lazy()
        .filter(is_open)
        .select(deposit_orders=pl.len().cast(pl.Int64), deposit_minor=pl.col("total_minor").sum())
    )
    return pl.concat([used, waiting], how="horizontal")
