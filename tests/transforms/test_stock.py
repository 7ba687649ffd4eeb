"""Days without stock are no days without demand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from contracts.tables import (
    Inbound,
    Listing,
    OpenOrder,
    PriceFact,
    StockFact,
    StockLevel,
    StockoutDay,
    SupplyTerms,
    Velocity,
)
from transforms.stock import latest_levels, stock_facts, stockout_spans

AS_OF = datetime(2026, 11, 28, 12, tzinfo=UTC)
LAST = date(2026, 11, 28)
Row = dict[str, Any]


def level(day: int, available: int, **more: Any) -> Row:
    seen = datetime(2026, 11, day, 10, tzinfo=UTC)
    row = {"shop_id": "s", "sku_id": "A", "warehouse_id": "w", "observed_at": seen}
    units = {"available_units": available, "on_hand_units": available}
    return {**row, "read_at": seen, **units, **more}


def out_days(levels: list[Row], exported: list[Row] | None = None) -> list[int]:
    spans = stockout_spans(
        StockoutDay.sample(overrides=exported or []).lazy(),
        StockLevel.sample(overrides=levels).lazy(),
        as_of=AS_OF,
        time_zone="UTC",
    ).collect()
    days = spans.select(pl.date_ranges("first_date", "last_date")).explode("first_date")
    return sorted(day.day for day in days["first_date"].unique())


def test_an_empty_shelf_stays_empty_until_it_is_seen_full() -> None:
    assert out_days([level(3, 5), level(10, 0), level(13, 8)]) == [10, 11, 12]
    assert out_days([level(3, 5), level(26, -1)]) == [26, 27, 28]


def test_a_day_that_ends_with_stock_is_not_out_of_stock() -> None:
    evening = level(10, 8, observed_at=datetime(2026, 11, 10, 20, tzinfo=UTC))
    assert out_days([level(10, 0), evening]) == []


def test_another_warehouse_that_has_some_keeps_it_buyable() -> None:
    other = level(5, 3, warehouse_id="v")
    assert out_days([level(3, 5), other, level(10, 0)]) == []
    gone = level(12, 0, warehouse_id="v")
    assert out_days([level(3, 5), other, level(10, 0), gone, level(14, 1)]) == [12, 13]


def test_exported_days_count_beside_observed_ones_and_those_to_come_do_not() -> None:
    listed = [
        {"shop_id": "s", "sku_id": "A", "stockout_date": date(2026, 11, day)} for day in (1, 11, 30)
    ]
    assert out_days([level(9, 0), level(12, 4)], listed) == [1, 9, 10, 11]


def test_what_was_read_after_as_of_was_not_known() -> None:
    unknown = level(10, 0, read_at=AS_OF + timedelta(hours=1))
    assert out_days([level(3, 5), unknown]) == []
    known = latest_levels(StockLevel.sample(overrides=[level(3, 5), unknown]).lazy(), AS_OF)
    assert known.collect()["available_units"].to_list() == [5]


def facts(levels: list[Row], *, sells: list[Row], inbound: list[Row] | None = None) -> Row:
    return stocked(levels, sells=sells, inbound=inbound).row(0, named=True)


def stocked(
    levels: list[Row],
    *,
    sells: list[Row] | None = None,
    inbound: list[Row] | None = None,
    listings: list[Row] | None = None,
    prices: list[Row] | None = None,
    orders: list[Row] | None = None,
    overdue_days: int = 14,
) -> pl.DataFrame:
    frame = stock_facts(
        StockLevel.sample(overrides=levels).lazy(),
        Velocity.sample(overrides=sells or []).lazy(),
        listings=Listing.sample(overrides=listings or []).lazy(),
        prices=PriceFact.sample(overrides=prices or []).lazy(),
        supply_terms=SupplyTerms.sample(overrides=[]).lazy(),
        inbound=Inbound.sample(overrides=inbound or []).lazy(),
        orders=OpenOrder.sample(overrides=orders or []).lazy(),
        as_of=AS_OF,
        time_zone="UTC",
        overdue_days=overdue_days,
    )
    return StockFact.validate(frame.collect())


def listed(**more: Any) -> Row:
    row = {"shop_id": "s", "sku_id": "A", "listing_id": "L", "listing_status": "active"}
    return {**row, "deleted_at": None, **more}


GONE = {"deleted_at": datetime(2026, 11, 10, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("listings", "discontinued", "shared"),
    [
        ([], False, False),
        ([listed()], False, False),
        ([listed(listing_status="unlisted")], False, False),
        ([listed(listing_status="draft")], True, False),
        ([listed(**GONE)], True, False),
        ([listed(listing_status="archived")], True, False),
        ([listed(**GONE), listed(listing_id="M", listing_status="draft")], True, False),
        ([listed(**GONE), listed(listing_id="M")], False, False),
        ([listed(), listed(listing_id="M")], False, True),
        ([listed(), listed(listing_id="M", listing_status="archived")], False, False),
        ([listed(), listed(listing_id="M", shop_id="other")], False, False),
        ([listed(sku_id="B", **GONE)], False, False),
    ],
)
def test_what_is_no_longer_sold_or_shares_its_code_is_told_as_that(
    listings: list[Row], discontinued: bool, shared: bool
) -> None:
    row = stocked([level(3, 5)], listings=listings).row(0, named=True)
    assert (row["is_discontinued"], row["is_shared"]) == (discontinued, shared)


def test_stock_is_the_sum_of_warehouses_with_the_age_of_the_oldest() -> None:
    levels = [level(3, 5), level(9, 4), level(5, 3, warehouse_id="v")]
    row = facts(levels, sells=[])
    assert row["available_units"] == 7
    assert row["observed_at"] == datetime(2026, 11, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize("daily", [None, 2.5])
def test_never_sold_is_zero_demand_but_unknown_demand_stays_unknown(daily: float | None) -> None:
    key = {"shop_id": "s", "sku_id": "A"}
    sells = {**key, "daily_units": daily, "daily_sd_units": daily}
    assert facts([level(3, 5)], sells=[sells])["daily_units"] == daily
    assert facts([level(3, 5)], sells=[])["daily_units"] == 0


KEY = {"shop_id": "s", "sku_id": "A"}


def test_an_overdue_arrival_still_counts_but_is_not_the_next_one() -> None:
    due = [
        {**KEY, "expected_date": date(2026, 11, 20), "inbound_units": 7},
        {**KEY, "expected_date": date(2026, 12, 3), "inbound_units": 5},
        {**KEY, "expected_date": date(2026, 11, 29), "inbound_units": 0},
    ]
    row = facts([level(3, 5)], sells=[], inbound=due)
    assert (row["inbound_units"], row["next_inbound_date"]) == (12, date(2026, 12, 3))
    late = facts([level(3, 5)], sells=[], inbound=due[:1])
    assert (late["inbound_units"], late["next_inbound_date"]) == (7, None)


@pytest.mark.parametrize(("due", "counted"), [(date(2026, 11, 14), 7), (date(2026, 11, 13), 0)])
def test_an_order_two_weeks_overdue_no_longer_counts_and_is_told(due: date, counted: int) -> None:
    late = {**KEY, "expected_date": due, "inbound_units": 7}
    row = facts([level(3, 5)], sells=[], inbound=[late])
    overdue = (row["overdue_units"], row["overdue_since_date"])
    assert (row["inbound_units"], overdue) == (counted, (0, None) if counted else (7, due))


@pytest.mark.parametrize(("allowed", "counted"), [(15, 7), (14, 0), (0, 0)])
def test_how_late_an_order_may_be_is_the_merchants_to_say(allowed: int, counted: int) -> None:
    due = {**KEY, "expected_date": date(2026, 11, 13), "inbound_units": 7}
    row = stocked([level(3, 5)], inbound=[due], overdue_days=allowed).row(0, named=True)
    assert (row["inbound_units"], row["overdue_units"]) == (counted, 7 - counted)


def test_price_and_cost_are_those_in_use_for_its_listing() -> None:
    worth = {"currency": "CNY", "price_minor": 990, "unit_cost_minor": 500, "category": "tea"}
    row = stocked([level(3, 5)], prices=[KEY | worth]).row(0, named=True)
    assert row.items() >= worth.items()
    assert stocked([level(3, 5)]).row(0, named=True)["price_minor"] is None


def test_an_approved_order_is_on_the_way_and_ages_like_any_other() -> None:
    order = {**KEY, "action_id": "a", "expected_date": date(2026, 12, 4), "open_units": 9}
    due = [{**KEY, "expected_date": date(2026, 12, 2), "inbound_units": 4}]
    row = stocked([level(3, 5)], inbound=due, orders=[order]).row(0, named=True)
    assert (row["inbound_units"], row["next_inbound_date"]) == (13, date(2026, 12, 2))
    late = {**order, "expected_date": date(2026, 11, 1)}
    row = stocked([level(3, 5)], inbound=due, orders=[late]).row(0, named=True)
    assert (row["inbound_units"], row["overdue_units"]) == (4, 9)


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ([level(3, 5), level(9, 0), level(4, 30, warehouse_id="v")], ("w", "v", 30)),
        ([level(3, 5), level(4, 30, warehouse_id="v")], (None, None, None)),
        ([level(3, 0), level(4, 30, warehouse_id="v")], (None, None, None)),  # it never held it
        ([level(3, 5), level(9, 0)], (None, None, None)),
        ([level(3, 5), level(9, 0), level(4, 0, warehouse_id="v")], (None, None, None)),
    ],
)
def test_a_warehouse_that_ran_out_while_another_holds_some_is_told(
    levels: list[Row], told: tuple[str | None, str | None, int | None]
) -> None:
    row = facts(levels, sells=[])
    names = ("bare_warehouse_id", "full_warehouse_id", "full_warehouse_units")
    assert tuple(row[name] for name in names) == told


@pytest.mark.parametrize(
    ("sku", "daily", "skus"),
    [
        ("B", 2.5, ["A", "B"]),
        ("B", None, ["A", "B"]),
        ("B", 0.0, ["A"]),  # it no longer sells
        ("L9", 2.5, ["A"]),  # sold without a code, under the id of its listing
        ("A", 2.5, ["A"]),
    ],
)
def test_what_sells_without_a_known_stock_is_told(
    sku: str, daily: float | None, skus: list[str]
) -> None:
    speed = {"shop_id": "s", "sku_id": sku, "daily_units": daily, "daily_sd_units": daily}
    listings = [listed(), listed(sku_id="B", listing_id="M"), listed(sku_id=None, listing_id="L9")]
    rows = stocked([level(3, 5)], sells=[speed], listings=listings).sort("sku_id")
    assert rows["sku_id"].to_list() == skus
    assert rows.filter(pl.col("sku_id") == "B")["available_units"].to_list() == [None] * (
        len(skus) - 1
    )
