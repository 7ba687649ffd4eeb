"""A platform's own totals of a day are held against ours, and a difference is told by its cause."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.totals import totals
from contracts.checks import CheckResult
from contracts.tables import DailyTotal, Order, OrderLine
from tests.checks.conftest import KIT, LINE, ORDER, PLACED, READ_AT, frame

DAY = PLACED.date()
GMV = 10_000
"""Ten orders of 10.00 on one day."""


def judge(
    said: int | None,
    *changes: dict[str, Any],
    line: dict[str, Any] | None = None,
    told_at: dt.datetime = READ_AT,
) -> CheckResult:
    """What the platform says of the day, and changes of single ones of our ten orders."""
    total = {**KIT, "total_date": DAY, "orders_count": 10, "gmv_minor": said, "read_at": told_at}
    given_orders = [dict(changes[number]) if number < len(changes) else {} for number in range(10)]
    orders = [{**ORDER, "order_id": str(no), **one} for no, one in enumerate(given_orders)]
    lines = [
        {**LINE, "order_id": one["order_id"], "total_minor": one["goods_minor"], **(line or {})}
        for one in orders
    ]
    (result,) = totals(
        "demo",
        frame(DailyTotal, [total]).lazy(),
        frame(Order, orders).lazy(),
        frame(OrderLine, lines).lazy(),
        time_zone="America/New_York",
        currency="USD",
        checked_at=READ_AT,
    )
    return result


def test_a_day_that_came_to_what_the_platform_says_passes() -> None:
    result = judge(GMV)
    assert (result.passed, result.rows, result.table) == (True, 1, "orders")
    assert result.measured == "1 days told, 0.00 USD not explained"


@pytest.mark.parametrize(
    ("said", "change", "told"),
    [
        (9_000, {"cancelled_at": READ_AT}, "cancelled 10.00 USD"),
        (9_000, {"payment_status": "pending"}, "unpaid 10.00 USD"),
        (9_600, {"refunded_minor": 400}, "refunded 4.00 USD"),
        (10_150, {"discount_minor": 150}, "discount 1.50 USD"),
        (10_160, {"tax_minor": 160}, "tax 1.60 USD"),
        (10_300, {"shipping_minor": 300}, "shipping 3.00 USD"),
        (10_460, {"tax_minor": 160, "shipping_minor": 300}, "tax and shipping 4.60 USD"),
        (
            8_750,
            {"cancelled_at": READ_AT, "refunded_minor": 250},
            "cancelled and refunded 12.50 USD",
        ),
        (9_000, {"read_at": READ_AT + dt.timedelta(hours=1)}, "late 10.00 USD"),
    ],
)  # fmt: skip
def test_what_differs_is_told_by_its_cause_and_fails_nothing(
    said: int, change: dict[str, Any], told: str
) -> None:
    result = judge(said, change)
    assert result.passed
    assert result.measured == f"1 days told, 0.00 USD not explained: {told}"


WAITING = {"payment_status": "pending", "goods_minor": 0}


@pytest.mark.parametrize(
    ("said", "change", "is_known"),
    [
        (GMV, WAITING, True),
        (14_000, WAITING, True),  # an order of five times the others' amount
        (GMV * 100, WAITING, False),  # another unit is no order that waits
        (GMV, {**WAITING, "payment_status": "paid"}, False),
        (8_000, WAITING, False),  # we hold more than the platform tells
        (GMV, {**WAITING, "placed_at": PLACED - dt.timedelta(days=2)}, False),  # one is missing
    ],
)
def test_orders_that_wait_for_an_amount_are_a_cause_while_none_is_missing(
    said: int, change: dict[str, Any], is_known: bool
) -> None:
    result = judge(said, change)
    assert (result.passed, "unpriced" in result.measured) == (is_known, is_known)


def test_goods_that_are_linked_to_no_sku_are_a_cause() -> None:
    assert "unlinked 100.00 USD" in judge(0, line={"sku_id": None}).measured


@pytest.mark.parametrize(
    ("said", "passed", "is_blocking"),
    [(10_090, True, False), (11_000, False, False), (15_000, False, True)],
)
def test_a_difference_without_a_cause_warns_and_a_large_one_holds(
    said: int, passed: bool, is_blocking: bool
) -> None:
    result = judge(said)
    assert (result.passed, result.is_blocking) == (passed, is_blocking)
    assert "unknown" in result.measured


def test_test_orders_other_days_and_lines_that_are_no_goods_count_nothing() -> None:
    other = {"placed_at": PLACED - dt.timedelta(days=1)}
    assert judge(8_000, {"is_test": True}, other).passed
    assert judge(0, line={"line_kind": "fee"}).passed


def test_an_order_in_the_evening_counts_on_the_shops_day() -> None:
    evening = dt.datetime.combine(DAY + dt.timedelta(days=1), dt.time(2), dt.UTC)
    assert judge(GMV, {"placed_at": evening}).passed
    assert not judge(GMV, {"placed_at": evening + dt.timedelta(hours=6)}).passed


def test_where_no_platform_tells_nothing_is_said() -> None:
    empty = (pl.LazyFrame(schema={name: column.dtype for name, column in table.columns().items()})
             for table in (DailyTotal, Order, OrderLine))  # fmt: skip
    zone, at = "America/New_York", READ_AT
    assert totals("demo", *empty, time_zone=zone, currency="USD", checked_at=at) == []


NULLABLE = ("goods_minor", "refunded_minor", "tax_minor", "placed_at", "is_test", "payment_status")


@settings(max_examples=20)
@given(st.lists(st.sets(st.sampled_from(NULLABLE)), max_size=3), st.sampled_from([None, 0, GMV]))
def test_no_null_stops_the_check(nulls: list[set[str]], said: int | None) -> None:
    assert judge(said, *(dict.fromkeys(one) for one in nulls)).rows == 1
