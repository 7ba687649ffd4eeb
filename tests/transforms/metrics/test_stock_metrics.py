"""Stock in money equals what a person adds up; what is known of one day is told of that day."""

import datetime as dt
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.metrics import Dimension
from tests.transforms.metrics.shop import at, on, shop
from transforms.metrics.measure import Period, measure

Row = dict[str, Any]
LAST = on(20)
"""The last whole day, as `shop` has it."""
MONTH: Any = {"first": on(0), "last": LAST}


def held(sku: str, units: int | None, **more: Any) -> Row:
    return {
        "sku_id": sku, "on_hand_units": units, "available_units": units, "daily_units": 2.0,
        "is_discontinued": False, "last_sold_date": on(19), **more,
    }  # fmt: skip


def old_order() -> Row:
    """The shop's data reaches back further than stock needs to be dead."""
    return {"order_id": "0", "placed_at": at(-200), "payment_status": "paid", "goods_units": 1}


def cost(sku: str, minor: int, **more: Any) -> Row:
    return {"sku_id": sku, "valid_from": on(-300), "unit_cost_minor": minor, **more}


def value(name: str, of: Any, **how: Any) -> float | str:
    row: Row = measure([name], of, **{**MONTH, **how}).row(0, named=True)
    found: float | str = row[f"{name}_gap"] if row[name] is None else round(row[name], 6)
    return found


SKUS = st.lists(
    st.fixed_dictionaries(
        {
            "units": st.integers(-2, 500),
            "cost": st.integers(1, 10**6),
            "daily": st.none() | st.integers(0, 80).map(lambda pieces: pieces / 4),
            "sold_ago": st.none() | st.integers(0, 200),
            "listed_ago": st.integers(0, 200),
            "is_bundle": st.booleans(),
        }
    ),
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(skus=SKUS)
def test_value_cover_and_dead_stock_equal_what_a_person_adds_up(skus: list[Row]) -> None:
    named = {f"S{number}": one for number, one in enumerate(skus)}
    of = shop(
        orders=[old_order()],
        stock=[
            held(
                name, one["units"], daily_units=one["daily"], is_bundle=one["is_bundle"],
                last_sold_date=None if one["sold_ago"] is None
                else LAST - dt.timedelta(one["sold_ago"]),
            )
            for name, one in named.items()
        ],
        costs=[cost(name, one["cost"]) for name, one in named.items()],
        listings=[
            {"listing_id": name, "sku_id": name, "created_at": at(20 - one["listed_ago"])}
            for name, one in named.items()
        ],
    )  # fmt: skip
    worth = daily = covered = dead = 0.0
    shelves = [one for one in named.values() if not one["is_bundle"]]
    for one in shelves:
        amount = max(one["units"], 0) * one["cost"]
        worth += amount
        if one["daily"] is not None:
            covered += amount
            daily += one["daily"] * one["cost"]
        is_idle = one["sold_ago"] is None or one["sold_ago"] >= 90
        if is_idle and one["listed_ago"] >= 90:
            dead += amount
    if not shelves:
        assert value("stock_value", of) == "last_day_only"
        return
    assert value("stock_value", of) == worth
    assert value("dead_stock_value", of) == dead
    assert value("cover_days", of) == (round(covered / daily, 6) if daily else "no_base")
    assert value("dead_stock_rate", of) == (round(dead / worth, 6) if worth else "no_base")


def test_stock_is_told_of_the_last_whole_day_and_of_no_other() -> None:
    of = shop(stock=[held("A", 10)], costs=[cost("A", 300)])
    daily = measure(["stock_value"], of, first=on(18), last=LAST, period=Period.DAY)
    assert daily.select("stock_value", "stock_value_gap").rows() == [
        (None, "last_day_only"), (None, "last_day_only"), (3000, None),
    ]  # fmt: skip
    assert value("stock_value", of, last=on(19)) == "last_day_only"


def test_stock_without_enough_costs_is_not_valued() -> None:
    of = shop(stock=[held("A", 88), held("B", 12)], costs=[cost("A", 300)])
    assert (value("stock_cost_coverage", of), value("stock_value", of)) == (0.88, "cost_missing")
    of = shop(stock=[held("A", 90), held("B", 10)], costs=[cost("A", 300)])
    assert value("stock_value", of) == 27_000


def test_stock_is_worth_the_cost_of_the_day_by_the_rate_of_exchange() -> None:
    costs = [cost("A", 300), cost("A", 400, valid_from=on(2)), cost("A", 900, valid_from=on(21))]
    assert value("stock_value", shop(stock=[held("A", 10)], costs=costs)) == 4000
    foreign = [cost("A", 400, currency="USD")]
    assert value("stock_value", shop(stock=[held("A", 10)], costs=foreign)) == "cost_missing"


def test_how_long_an_article_is_listed_is_counted_in_days_of_the_shop() -> None:
    # Half past three in the shop is the evening before in UTC.
    listed = [{"listing_id": "a", "sku_id": "A", "created_at": at(-69, 3)}]
    idle = held("A", 2, last_sold_date=None)
    of = shop(stock=[idle], listings=listed, orders=[old_order()], costs=[cost("A", 100)])
    assert value("dead_stock_value", of) == 0
    listed[0]["created_at"] = at(-70, 3)
    of = shop(stock=[idle], listings=listed, orders=[old_order()], costs=[cost("A", 100)])
    assert value("dead_stock_value", of) == 200


def test_what_a_young_shop_has_not_sold_is_not_called_dead() -> None:
    young = {**old_order(), "placed_at": at(-60)}
    of = shop(
        orders=[young], stock=[held("A", 10, last_sold_date=None)], costs=[cost("A", 300)]
    )  # fmt: skip
    assert value("dead_stock_value", of) == value("dead_stock_rate", of) == "censored"


def test_sell_through_and_sold_out_skus() -> None:
    of = shop(
        orders=[{**old_order(), "order_id": "1", "placed_at": at(3)}],
        lines=[{
            "order_id": "1", "line_id": "1", "sku_id": "A", "line_kind": "sale",
            "placed_at": at(3), "quantity_units": 30, "total_minor": 100,
        }],
        stock=[
            held("A", 10), held("B", 0),
            held("C", -3, is_discontinued=True), held("D", 0, daily_units=0.0),
        ],
    )  # fmt: skip
    assert value("sell_through", of) == 0.75
    assert value("sold_out_rate", of) == 0.5
    by_sku = measure(["stock_units"], of, **MONTH, by=[Dimension.SKU])
    assert dict(by_sku.select("sku", "stock_units").rows()) == {"A": 10, "B": 0, "C": 0, "D": 0}


def test_what_a_member_is_worth_is_what_is_expected_of_them_times_the_margin() -> None:
    of = shop(
        members=[
            {"member_id": "ann", "year_orders": 3.0, "order_minor": 2000},
            {"member_id": "bob", "year_orders": 0.5, "order_minor": 4000},
            {"member_id": "cy"},
        ],
        orders=[{**old_order(), "order_id": "1", "placed_at": at(3)}],
        lines=[{
            "order_id": "1", "line_id": "1", "sku_id": "A", "line_kind": "sale",
            "placed_at": at(3), "quantity_units": 1, "total_minor": 1000,
        }],
        costs=[cost("A", 350)],
    )  # fmt: skip
    assert (value("known_members", of), value("expected_gmv", of)) == (3, 4000)
    # 1000 x 0.9 - 50 - 350 of 1000 is left.
    assert (value("contribution_rate", of), value("clv", of)) == (0.5, 2000)
    assert value("clv", of, last=on(19)) == "last_day_only"
