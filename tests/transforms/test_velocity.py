"""How fast a SKU sells when it can be bought, told apart from what will not come again."""

import random
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from contracts.tables import SalesDaily, Velocity
from transforms.velocity import known_after, known_skus, velocity

LAST = date(2026, 11, 28)
Row = dict[str, Any]
_DAYS = {"shop_id": pl.String, "sku_id": pl.String}


def sale(day: date | int, units: float, **more: Any) -> Row:
    at = day if isinstance(day, date) else date(2026, 11, day)
    return {"shop_id": "s", "sku_id": "A", "sales_date": at, "sold_units": int(units), **more}


def days_of(column: str, days: list[Row] | None) -> pl.LazyFrame:
    schema = {"shop_id": pl.String, "sku_id": pl.String, column: pl.Date}
    return pl.LazyFrame(days or [], schema=schema)


def speeds(
    sales: list[Row],
    *,
    out: list[Row] | None = None,
    events: list[Row] | None = None,
    window: int = 56,
    until: date = LAST,
) -> dict[str, Row]:
    frame = velocity(
        SalesDaily.sample(overrides=sales).lazy(),
        days_of("stockout_date", out).select(
            "shop_id", "sku_id", first_date="stockout_date", last_date="stockout_date"
        ),
        days_of("event_date", events),
        as_of_date=until,
        window_days=window,
    )
    rows = Velocity.validate(frame.collect()).to_dicts()
    return {row["sku_id"]: row for row in rows}


def speed(sales: list[Row], out: list[int] | None = None, window: int = 28) -> Row:
    days = [{**KEY, "stockout_date": date(2026, 11, day)} for day in out or []]
    return speeds(sales, out=days, window=window)["A"]


KEY = {"shop_id": "s", "sku_id": "A"}


def back(days: int) -> date:
    """So many days before the last."""
    return LAST - timedelta(days=days)


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
    out = [{**KEY, "stockout_date": back(ago)} for ago in range(6, 400)]
    row = speeds([sale(back(3), 4)], out=out)["A"]
    assert speeds([sale(back(3), 4)], out=out[1:])["A"]["daily_units"] > 0
    assert (row["daily_units"], row["daily_sd_units"]) == (None, None)
    assert (row["forecast_method"], row["demand_until_date"]) == (None, None)


def test_an_article_that_sold_only_before_the_window_sells_nothing() -> None:
    old = speed([sale(date(2026, 9, 1), 4)])
    assert (old["daily_units"], old["daily_sd_units"], old["demand_class"]) == (0.0, 0.0, "none")
    assert old["last_sold_date"] == date(2026, 9, 1)


def test_seldom_sellers_decay_and_daily_sellers_smooth() -> None:
    assert speed([sale(day, 4) for day in range(1, 29)])["demand_class"] == "smooth"
    seldom = speed([sale(1, 10), sale(8, 10)])
    assert seldom["demand_class"] == "intermittent"
    assert 0 < seldom["daily_units"] < 10 * 2 / 28


def test_sales_after_the_day_are_not_known_yet() -> None:
    future = [sale(day, 4) for day in range(1, 29)]
    assert speeds(future, until=date(2026, 11, 10), window=10)["A"]["sold_units"] == 40


def steady(units: float, days: int = 56, **more: Any) -> list[Row]:
    """The same every day of the last so many."""
    return [sale(back(ago), units, **more) for ago in range(days)]


def with_day(sales: list[Row], ago: int, units: float) -> list[Row]:
    return [row for row in sales if row["sales_date"] != back(ago)] + [sale(back(ago), units)]


@pytest.mark.parametrize("ago", range(0, 56, 5))
def test_a_spike_does_not_move_the_forecast_of_a_steady_seller(ago: int) -> None:
    row = speeds(with_day(steady(10), ago, 150))["A"]
    assert (row["daily_units"], row["daily_sd_units"], row["outlier_days"]) == (10.0, 0.0, 1)


def test_a_week_of_a_spike_does_not_move_it_either_but_a_rise_of_two_weeks_is_believed() -> None:
    week = [sale(back(ago), 40 if ago < 7 else 10) for ago in range(56)]
    assert speeds(week)["A"]["daily_units"] == pytest.approx(10, rel=0.02)
    risen = [sale(back(ago), 40 if ago < 14 else 10) for ago in range(56)]
    row = speeds(risen)["A"]
    assert row["outlier_days"] == 0
    assert row["daily_units"] > 20


@pytest.mark.parametrize("ago", [0, 6, 30])
def test_one_bulk_order_on_a_dead_article_is_no_demand(ago: int) -> None:
    row = speeds([sale(back(ago), 300)])["A"]
    assert (row["daily_units"], row["demand_class"], row["outlier_days"]) == (0.0, "none", 1)


@pytest.mark.parametrize("dead", ["0", "Z"])
def test_articles_without_demand_stand_beside_others_in_any_order(dead: str) -> None:
    steady = [sale(back(ago), 3) for ago in range(40)]
    rows = speeds([sale(back(30), 300, sku_id=dead), *steady])
    assert (rows[dead]["forecast_method"], rows[dead]["daily_units"]) == (None, 0.0)
    assert rows["A"]["forecast_method"] is not None


def test_a_bulk_order_among_small_ones_leaves_the_small_ones_but_a_third_is_demand() -> None:
    small = [sale(back(ago), 1 + ago % 2) for ago in (3, 11, 20, 33, 41, 50)]
    usual = speeds(small)["A"]
    once = speeds([*small, sale(back(8), 300)])["A"]
    assert once["outlier_days"] == 1
    assert once["daily_units"] == pytest.approx(usual["daily_units"], rel=0.2)
    often = speeds([*small, *(sale(back(ago), 300) for ago in (8, 22, 36))])["A"]
    assert often["outlier_days"] == 0
    assert often["daily_units"] > 10 * usual["daily_units"]


def test_what_always_sells_in_bulk_is_known_by_its_sales_before_the_window() -> None:
    before = [sale(back(days), 40) for days in (60, 90, 120, 150)]
    assert speeds([*before, sale(back(5), 40)])["A"]["outlier_days"] == 0
    assert speeds([sale(back(5), 40)])["A"]["outlier_days"] == 1


def test_a_handful_is_no_bulk_order() -> None:
    assert speeds([sale(back(5), 10)])["A"]["outlier_days"] == 0


def test_poisson_demand_has_next_to_no_unusual_days() -> None:
    rng = np.random.default_rng(3)
    rates = [0.1, 0.5, 1.0, 3.0, 10.0, 40.0] * 20
    drawn = rng.poisson(rates, (56, len(rates)))
    rows = [
        sale(back(ago), units, sku_id=f"{number}")
        for ago, day in enumerate(drawn)
        for number, units in enumerate(day)
        if units
    ]
    found = speeds(rows)
    assert sum(row["outlier_days"] for row in found.values()) <= 0.001 * drawn.size
    mean = np.array(
        [found[f"{number}"]["daily_units"] for number in range(len(rates)) if rates[number] >= 3]
    )
    truth = np.array([rate for rate in rates if rate >= 3])
    assert abs((mean / truth).mean() - 1) < 0.03


def test_days_of_a_campaign_tell_nothing_of_other_days() -> None:
    sale_days = range(5, 15)
    sales = [sale(back(ago), 30 if ago in sale_days else 10) for ago in range(56)]
    sales += [{**row, "sku_id": "B"} for row in sales]
    whole = [{**KEY, "sku_id": None, "event_date": back(ago)} for ago in sale_days]
    found = speeds(sales, events=whole)
    assert [found[sku]["daily_units"] for sku in "AB"] == [10.0, 10.0]
    assert (found["A"]["event_days"], found["A"]["outlier_days"]) == (10, 0)
    single = speeds(sales, events=[{**row, "sku_id": "A"} for row in whole])
    assert (single["A"]["event_days"], single["B"]["event_days"]) == (10, 0)


def test_what_is_sold_out_for_the_whole_window_sells_as_it_did_before() -> None:
    sales = [sale(back(ago), 6) for ago in range(70, 160)]
    out = [{**KEY, "stockout_date": back(ago)} for ago in range(70)]
    row = speeds(sales, out=out)["A"]
    assert (row["daily_units"], row["daily_sd_units"]) == (6.0, 0.0)
    assert (row["demand_until_date"], row["stockout_days"]) == (back(70), 56)


def test_what_was_back_for_a_few_days_is_judged_by_those_and_the_days_before() -> None:
    sales = [sale(back(ago), 6) for ago in (0, 1, 2, *range(70, 160))]
    out = [{**KEY, "stockout_date": back(ago)} for ago in range(3, 70)]
    row = speeds(sales, out=out)["A"]
    assert (row["daily_units"], row["demand_until_date"]) == (6.0, back(0))


def test_demand_of_half_a_year_ago_is_not_known_to_be_demand() -> None:
    sales = [sale(back(ago), 6) for ago in range(230, 300)]
    out = [{**KEY, "stockout_date": back(ago)} for ago in range(230)]
    assert speeds(sales, out=out)["A"]["daily_units"] is None


WEEK = [20, 8, 8, 8, 10, 30, 40]


@pytest.mark.parametrize("skus", [1, 30])
def test_the_forecast_does_not_swing_with_the_weekday_of_the_run(skus: int) -> None:
    rng = np.random.default_rng(11)
    rows = [
        sale(day, units, sku_id=f"{sku}")
        for day in (back(ago) for ago in range(70))
        for sku, units in enumerate(rng.poisson(WEEK[day.weekday()], skus))
    ]
    runs = [speeds(rows, until=back(ago)) for ago in range(7)]
    levels = np.array([[run[f"{sku}"]["daily_units"] for sku in range(skus)] for run in runs])
    # A mean day sells 17.7; a plain level after a weekend was a third above one before it.
    assert (levels.max(axis=0) / levels.min(axis=0)).max() < 1.15
    assert levels.mean() == pytest.approx(np.mean(WEEK), rel=0.08)


def year(units: Any, **more: Any) -> list[Row]:
    """A bit more than a year of sales; `units` of a day, by how long ago."""
    return [sale(back(ago), units(ago), **more) for ago in range(450)]


def test_the_same_weeks_of_last_year_lift_the_forecast() -> None:
    # Last year it rose from 10 to 20 the day after the one that is a year ago.
    risen = year(lambda ago: 20 if 336 <= ago < 364 else 10)
    row = speeds(risen)["A"]
    assert row["year_rate"] == pytest.approx(2, rel=0.05)
    assert row["daily_units"] == pytest.approx(20, rel=0.05)
    assert speeds(year(lambda _: 10))["A"]["year_rate"] == pytest.approx(1)


def test_less_than_a_whole_year_has_no_last_year() -> None:
    short = [
        row for row in year(lambda ago: 20 if ago >= 336 else 10) if row["sales_date"] > back(400)
    ]
    row = speeds(short)["A"]
    assert (row["year_rate"], row["daily_units"]) == (1.0, 10.0)


def test_days_out_of_stock_last_year_are_missing_in_its_season_too() -> None:
    gone = range(340, 360)
    sales = [
        row for row in year(lambda _: 10) if row["sales_date"] not in {back(ago) for ago in gone}
    ]
    out = [{**KEY, "stockout_date": back(ago)} for ago in gone]
    assert speeds(sales, out=out)["A"]["year_rate"] == pytest.approx(1)
    assert speeds(sales)["A"]["year_rate"] < 0.7


def test_one_bulk_order_a_year_ago_is_no_season() -> None:
    sales = with_day(year(lambda _: 1), 350, 400)
    assert speeds(sales)["A"]["year_rate"] < 1.2


def test_an_empty_shop_has_no_velocity() -> None:
    assert speeds([]) == {}


def _some_sales(random_days: random.Random, days: range) -> list[Row]:
    return [
        {"shop_id": shop, "sku_id": sku, "day": date(2026, 1, day), "units": units}
        for day in days
        for shop in "st"
        for sku in "ABCDEF"
        if (units := random_days.choice([None, None, None, None, 0, 1])) is not None
    ]


@pytest.mark.parametrize("seed", range(40))
def test_skus_known_after_some_days_changed_are_those_of_all_days(seed: int) -> None:
    """One whose only sale vanished is gone, and one that lost its last day has the one before."""
    drawn = random.Random(seed)
    schema = {"shop_id": pl.String, "sku_id": pl.String, "day": pl.Date, "units": pl.Int64}
    before = pl.DataFrame(_some_sales(drawn, range(1, 7)), schema)
    days = pl.Series([date(2026, 1, day) for day in drawn.sample(range(1, 8), 3)])
    stood = before.filter(~pl.col("day").is_in(days.implode()))
    others = pl.DataFrame(_some_sales(drawn, range(1, 8)), schema)
    after = pl.concat([stood, others.filter(pl.col("day").is_in(days.implode()))])
    key = ["shop_id", "sku_id"]
    found = known_after(after.lazy(), last=known_skus(before.lazy()), days=days)
    assert found.sort(key).equals(known_skus(after.lazy()).sort(key))


def test_only_skus_that_may_have_lost_their_last_day_are_looked_up() -> None:
    old, new = date(2025, 1, 1), date(2026, 1, 1)
    last = pl.DataFrame({"shop_id": "s", "sku_id": ["A", "B"], "last_sold_date": [old, new]})
    rows = {"shop_id": "s", "sku_id": ["B", "C"], "day": new, "units": 1}
    found = known_after(pl.LazyFrame(rows), last=last, days=pl.Series([new]))
    assert sorted(found["sku_id"]) == ["A", "B", "C"]
