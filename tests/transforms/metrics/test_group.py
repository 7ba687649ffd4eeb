"""Shops together: what a person adds up, converted by the rate of each day, or no value at all."""

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.fx import FX_SCHEMA
from tests.transforms.metrics.shop import at, on, shop
from transforms.metrics.group import measure_group
from transforms.metrics.measure import Period, measure
from transforms.metrics.sources import Sources

Row = dict[str, Any]
RATES = [("USD", 7.0, on(0)), ("USD", 7.5, on(3)), ("JPY", 0.05, on(2))]
WEEK: Any = {"first": on(0), "last": on(6)}


def sells(currency: str, orders: list[tuple[int, int, str]], **tables: Any) -> Sources:
    """A shop; its orders by day, amount and member."""
    of = shop(
        orders=[
            {
                "order_id": str(number), "placed_at": at(day), "payment_status": "paid",
                "goods_units": 1, "goods_minor": goods, "member_id": who, "currency": currency,
            }
            for number, (day, goods, who) in enumerate(orders)
        ],
        **tables,
    )  # fmt: skip
    return replace(of, currency=currency)


def group(names: list[str], *shops: Sources, period: Period = Period.SPAN) -> pl.DataFrame:
    rates = pl.DataFrame(RATES, schema=FX_SCHEMA, orient="row")
    return measure_group(names, shops, **WEEK, period=period, rates=rates, base="CNY")


def value(name: str, *shops: Sources) -> float | str:
    row: Row = group([name], *shops).row(0, named=True)
    found: float | str = row[f"{name}_gap"] if row[name] is None else row[name]
    return found


ORDERS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 10**6), st.sampled_from(["ann", "bob"])), max_size=6
)


@settings(max_examples=30, deadline=None)
@given(home=ORDERS, abroad=ORDERS, far=ORDERS)
def test_gmv_of_all_shops_is_what_a_person_converts_and_adds_up(
    home: list[Any], abroad: list[Any], far: list[Any]
) -> None:
    shops = [sells(code, one) for code, one in (("CNY", home), ("USD", abroad), ("JPY", far))]
    total = float(sum(goods for _, goods, _ in home))
    total += sum(goods * (7.0 if day < 3 else 7.5) for day, goods, _ in abroad)
    # A yen has no minor unit: one of it is worth five fen.
    total += sum(goods * 5 for _, goods, _ in far)
    is_rated = all(day >= 2 for day, _, _ in far)
    assert value("gmv", *shops) == (pytest.approx(total) if is_rated else "rate_missing")
    count = len(home) + len(abroad) + len(far)
    assert value("orders", *shops) == count
    if is_rated:
        assert value("aov", *shops) == (pytest.approx(total / count) if count else "no_base")
        daily = group(["gmv"], *shops, period=Period.DAY)
        assert daily.height == 7
        assert daily["gmv"].sum() == pytest.approx(total)


def test_a_shop_alone_in_the_base_currency_is_what_it_is_by_itself() -> None:
    of = sells("CNY", [(0, 1000, "ann"), (4, 300, "bob")])
    names = ["gmv", "orders", "aov", "refund_rate", "repurchase_share", "returning_gmv"]
    assert group(names, of).equals(measure(names, of, **WEEK))


def test_a_missing_rate_of_one_day_withholds_the_amounts_of_it_and_no_counts() -> None:
    far = sells("JPY", [(0, 500, "ann"), (5, 500, "ann")])
    daily = group(["gmv", "orders"], far, period=Period.DAY)
    assert daily["gmv_gap"].to_list() == ["rate_missing", *[None] * 6]
    assert daily["gmv"].to_list() == [None, 0, 0, 0, 0, 2500, 0]
    assert daily["orders"].to_list() == [1, 0, 0, 0, 0, 1, 0]
    nowhere = sells("EUR", [(5, 500, "ann")])
    assert value("aov", nowhere) == "rate_missing"


def test_buyers_whom_shops_may_share_are_not_added_up() -> None:
    shops = [sells("CNY", [(0, 100, "ann")]), sells("CNY", [(0, 100, "ann")])]
    names = ("buyers", "new_buyers", "cac", "repurchase_rate", "retention_d7", "stock_value")
    found = {name: value(name, *shops) for name in names}
    assert found.pop("stock_value") == "last_day_only"
    assert set(found.values()) == {"not_additive"}
    assert value("buyer_days", *shops) == 2  # by its definition of each day and shop


def test_visits_that_one_shop_does_not_know_of_a_day_are_not_known_of_the_group() -> None:
    def visits(*days: int) -> list[Row]:
        return [
            {"traffic_date": on(day), "traffic_source": "all", "visitors_units": 10} for day in days
        ]

    whole, gappy = (sells("CNY", [], traffic=visits(*days)) for days in (range(7), range(6)))
    assert value("visitors", whole, whole) == 140
    assert value("visitors", whole, gappy) == "days_missing"


def test_margins_are_withheld_by_the_costs_of_all_shops_together() -> None:
    def with_line(total: int, **tables: Any) -> Sources:
        line = {
            "order_id": "0", "line_id": "1", "sku_id": "A", "line_kind": "sale",
            "placed_at": at(0), "quantity_units": 1, "total_minor": total,
        }  # fmt: skip
        return sells("CNY", [(0, total, "ann")], lines=[line], **tables)

    known = {"costs": [{"sku_id": "A", "valid_from": on(-9), "unit_cost_minor": 300}]}
    assert value("gross_margin", with_line(9000, **known), with_line(1000)) == 8700
    assert value("gross_margin", with_line(8000, **known), with_line(1000)) == "cost_missing"


def test_days_are_each_shops_own() -> None:
    late = dt.datetime.combine(on(0), dt.time(23, 30), dt.UTC)
    order = {
        "order_id": "1", "placed_at": late, "payment_status": "paid", "goods_units": 1,
        "goods_minor": 100,
    }  # fmt: skip
    east = shop(orders=[order])
    west = replace(east, time_zone="America/New_York")
    daily = group(["orders"], east, west, period=Period.DAY)
    assert daily["orders"].to_list()[:2] == [1, 1]
