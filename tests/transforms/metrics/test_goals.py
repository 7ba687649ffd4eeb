"""Targets: what is reached, how much of the time has gone, and what others reach."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.tables import Benchmark
from tests.transforms.metrics.shop import at, on, shop
from tests.warehouse.rows import rows
from transforms.metrics.goals import PROFILE_DAYS, compare, progress

Row = dict[str, Any]
LAST = 20
"""The last whole day of the shop, a Sunday."""


def order(number: int, day: int, amount: int) -> Row:
    return {
        "order_id": str(number), "member_id": f"m{number}", "placed_at": at(day),
        "goods_minor": amount, "payment_status": "paid",
    }  # fmt: skip


def target(name: str, value: float, first: int, last: int) -> Row:
    return {
        "metric_name": name, "target_value": value, "first_date": on(first), "last_date": on(last),
    }  # fmt: skip


def one(of: Any) -> Row:
    (row,) = progress(of).to_dicts()
    return row


def test_without_eight_weeks_before_it_time_goes_by_days() -> None:
    # Seven days of fourteen have gone; the target is in yuan.
    orders = [order(day, day, 100) for day in range(14, 21)]
    row = one(shop(orders=orders, targets=[target("gmv", 14, 14, 27)]))
    assert (row["target"], row["value"], row["profile"]) == (1400, 700, "linear")
    assert (row["reached_rate"], row["gone_rate"], row["pace"]) == (0.5, 0.5, 1.0)


def test_time_goes_as_the_shops_own_weekdays_bring_it() -> None:
    # Saturdays and Sundays bring 400 each, other days 40: Monday to Friday are a fifth of a week.
    weights = [40, 40, 40, 40, 40, 400, 400]
    orders = [order(100 + day, day, weights[day % 7]) for day in range(14 - PROFILE_DAYS, 19)]
    of = shop(orders=orders, targets=[target("gmv", 10, 14, 20)])
    row = one(replace(of, known_until=on(18)))
    assert (row["value"], row["profile"]) == (200, "weekday")
    assert row["gone_rate"] == pytest.approx(0.2)
    assert row["pace"] == pytest.approx(1.0)


@settings(max_examples=15, deadline=None)
@given(
    amounts=st.lists(st.integers(1, 10**6), min_size=PROFILE_DAYS + 14, max_size=PROFILE_DAYS + 14),
    gone=st.integers(1, 14),
    wanted=st.integers(1, 10**6),
)
def test_pace_equals_a_recomputation_day_by_day(amounts: list[int], gone: int, wanted: int) -> None:
    begin = LAST + 1 - gone
    days = range(begin - PROFILE_DAYS, LAST + 1)
    orders = [order(number, day, amounts[number]) for number, day in enumerate(days)]
    row = one(shop(orders=orders, targets=[target("gmv", wanted, begin, begin + 13)]))
    brought = [0] * 7
    for number, day in enumerate(days):
        if day < begin:
            brought[on(day).weekday()] += amounts[number]
    share = [brought[on(day).weekday()] for day in range(begin, begin + 14)]
    reached = sum(amounts[PROFILE_DAYS : PROFILE_DAYS + gone]) / (wanted * 100)
    assert row["reached_rate"] == pytest.approx(reached)
    assert row["gone_rate"] == pytest.approx(sum(share[:gone]) / sum(share))
    assert row["pace"] == pytest.approx(reached / (sum(share[:gone]) / sum(share)))


def test_of_what_is_counted_once_in_a_span_time_goes_by_days() -> None:
    # One member orders every day: the days' buyers are 56, those of the weeks together are one.
    days = range(14 - PROFILE_DAYS, 21)
    orders = [order(100 + day, day, 100) | {"member_id": "ann"} for day in days]
    of = shop(orders=orders, targets=[target(name, 2, 14, 27) for name in ("buyers", "orders")])
    profiles = progress(of).select("metric", "profile", "gone_rate").rows()
    assert profiles == [("buyers", "linear", 0.5), ("orders", "weekday", 0.5)]


def test_what_does_not_grow_with_time_is_compared_as_it_stands() -> None:
    orders = [order(day, day, 300) for day in range(14, 21)]
    row = one(shop(orders=orders, targets=[target("aov", 4, 14, 27)]))
    assert (row["value"], row["profile"], row["gone_rate"]) == (300, "level", None)
    assert row["pace"] == row["reached_rate"] == 0.75


def test_a_target_whose_time_has_not_come_or_without_data_says_so() -> None:
    targets = [target("gmv", 5, 21, 27), target("visitors", 5, 14, 20)]
    found = progress(shop(targets=targets)).select("metric", "value", "gap", "pace").rows()
    assert found == [("visitors", None, "no_data", None), ("gmv", None, "censored", None)]


def test_a_goal_for_what_is_no_metric_says_so() -> None:
    goal = target("nonsense", 5, 14, 20)
    found = one(shop(targets=[goal]))
    assert (found["metric"], found["target"], found["gap"]) == ("nonsense", 5, "unknown_metric")
    peers = goal | {"peer_group": "all", "benchmark_value": 6}
    other = Benchmark.cast(rows(Benchmark, [peers]).lazy())
    (row,) = compare(shop(), other).to_dicts()
    assert (row["peer_group"], row["benchmark"], row["gap"]) == ("all", 6, "unknown_metric")


@pytest.mark.parametrize(
    ("name", "last", "expected"),
    [("gmv", LAST, (700, 0.4)), ("gmv", LAST + 1, (None, None)), ("aov", LAST + 1, (100, -0.8))],
)
def test_a_benchmark_is_of_the_same_days(
    name: str, last: int, expected: tuple[float | None, float | None]
) -> None:
    orders = [order(day, day, 100) for day in range(14, 21)]
    goal = {"metric_name": name, "peer_group": "all", "benchmark_value": 5,
            "first_date": on(14), "last_date": on(last)}  # fmt: skip
    of = shop(orders=orders)
    (row,) = compare(of, Benchmark.cast(rows(Benchmark, [goal]).lazy())).to_dicts()
    assert (row["benchmark"], row["value"]) == (500, expected[0])
    assert row["difference_rate"] == (expected[1] and pytest.approx(expected[1]))
    assert (row["gap"] == "censored") is (expected[0] is None)
