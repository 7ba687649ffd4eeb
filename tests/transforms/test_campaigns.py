"""Coupons and deposits of a campaign's orders, by hand."""

import datetime as dt
from typing import Any

import dataframely as dy
import polars as pl

from contracts.tables import Order, OrderCoupon
from transforms.campaigns import campaign_sums

DAY = dt.date(2026, 11, 11)
NOON = dt.datetime(2026, 11, 11, 4, tzinfo=dt.UTC)  # in Shanghai


def orders(*rows: dict[str, Any]) -> dy.LazyFrame[Order]:
    usual = {
        "shop_id": "tmall", "placed_at": NOON, "paid_at": NOON, "cancelled_at": None,
        "payment_status": "paid", "is_test": False, "currency": "CNY", "goods_minor": 9_000,
        "discount_minor": 1_000, "total_minor": 9_000,
    }  # fmt: skip
    overrides = [{**usual, "order_id": str(place), **row} for place, row in enumerate(rows)]
    return Order.sample(overrides=overrides).lazy().pipe(Order.cast)


def coupons(*order_ids: str) -> dy.LazyFrame[OrderCoupon]:
    rows = [{"shop_id": "tmall", "order_id": one, "coupon_code": f"c{place}"}
            for place, one in enumerate(order_ids)]  # fmt: skip
    return OrderCoupon.sample(overrides=rows).lazy().pipe(OrderCoupon.cast)


def test_an_order_with_two_codes_costs_once_and_others_cost_nothing() -> None:
    told = campaign_sums(
        orders({}, {"discount_minor": 300}, {}, {"placed_at": NOON - dt.timedelta(hours=13)}),
        coupons("0", "0", "1", "3"),
        first=DAY, last=DAY, time_zone="Asia/Shanghai",
    ).collect()  # fmt: skip
    assert told.row(0, named=True) == {
        "coupon_orders": 2, "coupon_minor": 1_300, "deposit_orders": 0, "deposit_minor": 0,
    }  # fmt: skip


def test_a_deposit_waits_until_its_balance_is_paid_or_it_is_cancelled() -> None:
    part = {"payment_status": "partially_paid", "paid_at": None}
    told = campaign_sums(
        orders(part, {**part, "total_minor": 500}, {**part, "cancelled_at": NOON}, {},
               {**part, "is_test": True}),
        coupons(), first=DAY, last=DAY, time_zone="Asia/Shanghai",
    ).collect()  # fmt: skip
    assert told.select("deposit_orders", "deposit_minor").row(0) == (2, 9_500)


def test_a_span_without_orders_has_sums_of_nothing() -> None:
    told = campaign_sums(
        orders({}), coupons("0"), first=DAY + dt.timedelta(days=1), last=DAY + dt.timedelta(days=2),
        time_zone="Asia/Shanghai",
    ).collect()  # fmt: skip
    assert told.row(0) == (0, 0, 0, 0)
    assert told.schema == pl.Schema({name: pl.Int64 for name in told.columns})
