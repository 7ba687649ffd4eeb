"""Cohorts equal a person's count; a month that has not ended has no value."""

import calendar
import datetime as dt
from collections import defaultdict
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.metrics.shop import ZONE, shop
from transforms.metrics.cohorts import cohorts
from transforms.metrics.sources import Sources

Row = dict[str, Any]
KNOWN_UNTIL = dt.date(2026, 11, 29)
"""As `shop` has it: November has not ended."""


def order(number: int, day: dt.date, member: str | None) -> Row:
    placed = dt.datetime.combine(day, dt.time(4), dt.UTC)
    return {
        "order_id": str(number), "member_id": member, "placed_at": placed, "goods_units": 1,
        "goods_minor": 100 + number, "payment_status": "paid",
    }  # fmt: skip


def months_between(first: dt.date, last: dt.date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def by_hand(orders: list[tuple[dt.date, str | None]]) -> dict[tuple[dt.date, int], Row]:
    """Every cell, order by order."""
    first: dict[str, dt.date] = {}
    for day, who in orders:
        if who is not None:
            first[who] = min(first.get(who, day), day.replace(day=1))
    active: dict[tuple[dt.date, int], set[str]] = defaultdict(set)
    amounts: dict[tuple[dt.date, int], int] = defaultdict(int)
    for number, (day, who) in enumerate(orders):
        if who is not None:
            cell = (first[who], months_between(first[who], day))
            active[cell].add(who)
            amounts[cell] += 100 + number
    cells: dict[tuple[dt.date, int], Row] = {}
    for cohort in set(first.values()):
        members = sum(one == cohort for one in first.values())
        for since in range(months_between(cohort, KNOWN_UNTIL) + 1):
            year, month = divmod(cohort.month - 1 + since, 12)
            last = dt.date(cohort.year + year, month + 1, 1)
            last = last.replace(day=calendar.monthrange(last.year, last.month)[1])
            cell = (cohort, since)
            is_known = last <= KNOWN_UNTIL
            cells[cell] = {
                "members": members,
                "active_members": len(active[cell]) if is_known else None,
                "gmv_minor": amounts[cell] if is_known else None,
                "retention_rate": len(active[cell]) / members if is_known else None,
            }
    return cells


ORDERS = st.lists(
    st.tuples(
        st.dates(dt.date(2026, 5, 20), KNOWN_UNTIL), st.sampled_from(["ann", "bob", "cy", None])
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(orders=ORDERS)
def test_cohorts_equal_a_persons_count_and_months_that_have_not_ended_have_no_value(
    orders: list[tuple[dt.date, str | None]],
) -> None:
    of = shop(orders=[order(number, *one) for number, one in enumerate(orders)])
    found = {
        (row.pop("cohort"), row.pop("months_since")): row
        for row in cohorts(of).drop("shop_id").collect().to_dicts()
    }
    assert found == by_hand(orders)


def test_a_cohort_is_of_the_shops_month_and_of_orders_that_count() -> None:
    # 30 September, 17:00 UTC is 1 October in Shanghai.
    late = order(1, dt.date(2026, 9, 30), "ann") | {
        "placed_at": dt.datetime(2026, 9, 30, 17, tzinfo=dt.UTC)
    }
    unpaid = order(2, dt.date(2026, 8, 1), "ann") | {"payment_status": "pending"}
    of: Sources = shop(orders=[late, unpaid])
    assert of.time_zone == ZONE
    found = cohorts(of).collect()
    assert found["cohort"].unique().to_list() == [dt.date(2026, 10, 1)]
    assert found.select("months_since", "active_members").rows() == [(0, 1), (1, None)]
    assert found.schema["retention_rate"] == pl.Float64
