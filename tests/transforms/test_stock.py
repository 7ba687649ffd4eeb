"""Days without stock are no days without demand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from contracts.tables import (
    Inbound,
    Listing,
    SalesDaily,
    StockFact,
    StockLevel,
    StockoutDay,
    SupplyTerms,
    Velocity,
)
from transforms.stock import latest_levels, stock_facts, stockout_days, velocity

AS_OF = datetime(2026, 11, 28, 12, tzinfo=UTC)
LAST = date(2026, 11, 28)
Row = dict[str, Any]


def level(day: int, available: int, **more: Any) -> Row:
    seen = datetime(2026, 11, day, 10, tzinfo=UTC)
    row = {"shop_id": "s", "sku_id": "A", "warehouse_id": "w", "observed_at": seen}
    units = {"available_units": available, "on_hand_units": available}
    return {**row, "read_at": seen, **units, **more}


def out_days(levels: list[Row], exported: list[Row] | None = None, window: int = 28) -> list[int]:
    days = stockout_days(
        StockoutDay.sample(overrides=exported or []).lazy(),
        StockLevel.sample(overrides=levels).lazy(),
        as_of=AS_OF,
        window_days=window,
        time_zone="UTC",
    ).collect()
    return sorted(day.day for day in days["stockout_date"])


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


def test_exported_days_count_once_and_days_before_the_window_do_not() -> None:
    told = [
        {"shop_id": "s", "sku_id": "A", "stockout_date": date(2026, 11, day)} for day in (1, 11, 20)
    ]
    assert out_days([level(2, 0), level(12, 4)], told, window=19) == [10, 11, 20]


def test_what_was_read_after_as_of_was_not_known() -> None:
    unknown = level(10, 0, read_at=AS_OF + timedelta(hours=1))
    assert out_days([level(3, 5), unknown]) == []
    known = latest_levels(StockLevel.sample(overrides=[level(3, 5), unknown]).lazy(), AS_OF)
    assert known.collect()["available_units"].to_list() == [5]


def sale(day: int, units: int, **more: Any) -> Row:
    row = {"shop_id": "s", "sku_id": "A", "sales_date": date(2026, 11, day), "sold_units": units}
    return {**row, **more}


def speed(sales: list[Row], out: list[int] | None = None, window: int = 28) -> Row:
    days = {"stockout_date": [date(2026, 11, day) for day in out or []]}
    stockouts = pl.LazyFrame(days, schema={"stockout_date": pl.Date}).with_columns(
        shop_id=pl.lit("s"), sku_id=pl.lit("A")
    )
    frame = velocity(
        SalesDaily.sample(overrides=sales).lazy(), stockouts, as_of_date=LAST, window_days=window
    )
    return Velocity.validate(frame.collect()).row(0, named=True)


def test_days_out_of_stock_are_missing_and_not_zero() -> None:
    sales = [sale(day, 4) for day in range(1, 29) if day not in (20, 21, 22)]
    steady = speed(sales, out=[20, 21, 22])
    assert (steady["daily_units"], steady["daily_sd_units"]) == (4.0, 0.0)
    assert (steady["stockout_days"], steady["sold_units"]) == (3, 100)
    assert speed(sales)["daily_units"] < 4


def test_what_sold_on_a_day_that_ended_empty_is_left_out() -> None:
    sales = [sale(day, 4) for day in range(1, 28)] + [sale(28, 1)]
    assert speed(sales, out=[28])["daily_units"] == 4.0


def test_without_a_week_in_stock_demand_is_unknown_and_not_zero() -> None:
    row = speed([sale(1, 4)], out=list(range(7, 29)))
    assert (row["daily_units"], row["daily_sd_units"]) == (None, None)
    assert speed([sale(1, 4)], out=list(range(8, 29)))["daily_units"] > 0


def test_an_article_that_sold_only_before_the_window_sells_nothing() -> None:
    old = speed([sale(1, 4)], window=7)
    assert (old["daily_units"], old["daily_sd_units"], old["demand_class"]) == (0.0, 0.0, "none")
    assert old["last_sold_date"] == date(2026, 11, 1)


def test_seldom_sellers_decay_and_daily_sellers_smooth() -> None:
    assert speed([sale(day, 4) for day in range(1, 29)])["demand_class"] == "smooth"
    seldom = speed([sale(1, 10), sale(8, 10)])
    assert seldom["demand_class"] == "intermittent"
    assert 0 < seldom["daily_units"] < 10 * 2 / 28


def test_sales_after_the_day_are_not_known_yet() -> None:
    future = [sale(day, 4) for day in range(1, 29)]
    frame = velocity(
        SalesDaily.sample(overrides=future).lazy(),
        pl.LazyFrame(schema={"shop_id": pl.String, "sku_id": pl.String, "stockout_date": pl.Date}),
        as_of_date=date(2026, 11, 10),
        window_days=10,
    )
    assert frame.collect()["sold_units"].to_list() == [40]


def facts(levels: list[Row], *, sells: list[Row], inbound: list[Row] | None = None) -> Row:
    return stocked(levels, sells=sells, inbound=inbound).row(0, named=True)


def stocked(
    levels: list[Row],
    *,
    sells: list[Row] | None = None,
    inbound: list[Row] | None = None,
    listings: list[Row] | None = None,
) -> pl.DataFrame:
    frame = stock_facts(
        StockLevel.sample(overrides=levels).lazy(),
        Velocity.sample(overrides=sells or []).lazy(),
        listings=Listing.sample(overrides=listings or []).lazy(),
        supply_terms=SupplyTerms.sample(overrides=[]).lazy(),
        inbound=Inbound.sample(overrides=inbound or []).lazy(),
        as_of=AS_OF,
        time_zone="UTC",
    )
    return StockFact.validate(frame.collect())


def listed(**more: Any) -> Row:
    row = {"shop_id": "s", "sku_id": "A", "listing_id": "L", "listing_status": "active"}
    return {**row, "deleted_at": None, **more}


GONE = {"deleted_at": datetime(2026, 11, 10, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("listings", "is_stocked"),
    [
        ([], True),
        ([listed()], True),
        ([listed(listing_status="draft")], True),
        ([listed(**GONE)], False),
        ([listed(listing_status="archived")], False),
        ([listed(**GONE), listed(listing_id="M")], True),
        ([listed(), listed(listing_id="M")], False),
        ([listed(), listed(listing_id="M", listing_status="archived")], True),
        ([listed(), listed(listing_id="M", shop_id="other")], True),
        ([listed(sku_id="B", **GONE)], True),
    ],
)
def test_what_is_no_longer_sold_or_shares_its_code_is_not_reordered(
    listings: list[Row], is_stocked: bool
) -> None:
    assert bool(stocked([level(3, 5)], listings=listings).height) is is_stocked


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


def test_an_overdue_arrival_still_counts_but_is_not_the_next_one() -> None:
    key = {"shop_id": "s", "sku_id": "A"}
    due = [
        {**key, "expected_date": date(2026, 11, 20), "inbound_units": 7},
        {**key, "expected_date": date(2026, 12, 3), "inbound_units": 5},
        {**key, "expected_date": date(2026, 11, 29), "inbound_units": 0},
    ]
    row = facts([level(3, 5)], sells=[], inbound=due)
    assert (row["inbound_units"], row["next_inbound_date"]) == (12, date(2026, 12, 3))
    late = facts([level(3, 5)], sells=[], inbound=due[:1])
    assert (late["inbound_units"], late["next_inbound_date"]) == (7, None)
