"""Orders agree with their lines and with themselves."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.orders import FEWEST_APART, order_sums, order_times
from contracts.checks import CheckResult
from contracts.tables import Order, OrderLine
from tests.checks.conftest import LINE, ORDER, PLACED, READ_AT, Rows, frame

HOUR = dt.timedelta(hours=1)
SOME = FEWEST_APART + 1


def sums(orders: Rows, lines: Rows, count: int = SOME, **changes: object) -> CheckResult:
    """Orders of 10.00 in two lines, all changed alike."""
    many = [{"order_id": str(number), **changes} for number in range(count)]
    halves = [
        {"order_id": one["order_id"], "line_id": name, "total_minor": 500}
        for one in many
        for name in ("a", "b")
    ]
    of_orders, of_lines = orders(*many).lazy(), lines(*halves).lazy()
    return order_sums("demo", of_orders, of_lines, currency="USD", checked_at=READ_AT)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"total_minor": 1002}, ""),
        ({"total_minor": 1300, "shipping_minor": 200, "tax_minor": 100}, ""),
        ({"tax_minor": 160}, "tax 9.60 USD"),
        ({"shipping_minor": 300}, "shipping 18.00 USD"),
        ({"total_minor": 900, "discount_minor": 100}, "discount 6.00 USD"),
        ({"total_minor": 600, "refunded_minor": 400}, "refunded 24.00 USD"),
        ({"total_minor": 100_000}, "unknown 5,940.00 USD"),
    ],
)
def test_what_an_order_is_charged_is_the_sum_of_its_parts_or_the_cause_is_told(
    orders: Rows, lines: Rows, changes: dict[str, int], told: str
) -> None:
    result = sums(orders, lines, **changes)
    assert result.passed is not bool(told)
    assert result.is_blocking is bool(told)
    assert result.measured.endswith(told)
    assert result.rows == SOME


def test_a_few_orders_may_differ_and_old_test_and_gone_ones_are_not_judged(
    orders: Rows, lines: Rows
) -> None:
    assert sums(orders, lines, FEWEST_APART, total_minor=5_000).passed
    old = READ_AT - dt.timedelta(days=29)
    for changes in ({"placed_at": old}, {"is_test": True}, {"deleted_at": READ_AT}):
        result = sums(orders, lines, total_minor=5_000, **changes)
        assert (result.passed, result.rows) == (True, 0)


def test_a_minority_of_orders_that_differ_warns(orders: Rows, lines: Rows) -> None:
    names = [str(number) for number in range(2 * SOME)]
    odd = [{"order_id": name, "total_minor": 1000 + 4000 * (int(name) < SOME)} for name in names]
    whole = [{"order_id": name} for name in names]
    result = order_sums(
        "demo", orders(*odd).lazy(), lines(*whole).lazy(), currency="USD", checked_at=READ_AT
    )
    assert (result.passed, result.is_blocking) == (False, False)


@pytest.mark.parametrize("name", ["paid_at", "cancelled_at", "completed_at"])
def test_nothing_happens_to_an_order_before_it_is_placed(orders: Rows, name: str) -> None:
    def judge(at: dt.datetime, count: int = SOME) -> CheckResult:
        given = [{"order_id": str(number), name: at} for number in range(count)]
        return order_times("demo", orders(*given).lazy(), checked_at=READ_AT)

    assert judge(PLACED - 8 * HOUR).measured == f"6 of 6 orders differ: {name} 6"
    assert not judge(PLACED - 8 * HOUR).passed
    assert judge(PLACED - 8 * HOUR, FEWEST_APART).passed
    assert judge(PLACED - dt.timedelta(minutes=5)).passed
    assert judge(PLACED + 8 * HOUR).passed


NULLABLE_ORDER = ("total_minor", "tax_minor", "shipping_minor", "refunded_minor", "discount_minor",
                  "paid_at", "placed_at", "is_test")  # fmt: skip


@settings(max_examples=25)
@given(
    st.lists(st.sets(st.sampled_from(NULLABLE_ORDER)), max_size=4),
    st.lists(st.sets(st.sampled_from(("total_minor", "placed_at", "order_id"))), max_size=4),
)
def test_no_null_and_no_empty_table_stops_a_check(
    of_orders: list[set[str]], of_lines: list[set[str]]
) -> None:
    orders = frame(Order, [{**ORDER, **dict.fromkeys(nulls)} for nulls in of_orders]).lazy()
    lines = frame(OrderLine, [{**LINE, **dict.fromkeys(nulls)} for nulls in of_lines]).lazy()
    assert order_sums("demo", orders, lines, currency="USD", checked_at=READ_AT).passed
    assert order_times("demo", orders, checked_at=READ_AT).passed
