import datetime as dt

import polars as pl
import pytest

from checks.volume import rows_per_day, volume
from contracts.checks import CheckResult

DAY = dt.date(2026, 11, 20)
AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def weeks(count: int, *, today: int) -> pl.DataFrame:
    """Mondays bring 100 rows, Tuesdays 120 and so on to 220; every other week 4 % more."""
    days = [DAY - dt.timedelta(days=back) for back in range(7 * count, 0, -1)]
    usual = [
        (100 + 20 * day.weekday()) * (1.04 if day.isocalendar().week % 2 else 1) for day in days
    ]
    rows = [round(value) for value in usual]
    return pl.DataFrame({"day": [*days, DAY], "rows": [*rows, today]}).filter(pl.col("rows") > 0)


def judge(per_day: pl.DataFrame, *events: dt.date) -> CheckResult:
    return volume("demo", "orders", per_day, day=DAY, checked_at=AT, events=events)


@pytest.mark.parametrize(
    ("today", "passed"), [(180, True), (190, True), (90, False), (400, False), (0, False)]
)
def test_a_friday_is_held_against_fridays(today: int, passed: bool) -> None:
    result = judge(weeks(12, today=today))
    assert result.passed is passed
    assert result.rows == today
    assert "183 expected" in result.measured or "184 expected" in result.measured


def test_four_weeks_are_enough_and_less_is_said_so() -> None:
    assert not judge(weeks(4, today=40)).passed
    young = judge(weeks(3, today=40))
    assert young.passed
    assert "21 days of history" in young.measured


def test_an_event_day_is_neither_judged_nor_learnt_from() -> None:
    assert judge(weeks(12, today=2000), DAY).passed
    last_week = DAY - dt.timedelta(weeks=1)
    per_day = weeks(12, today=180).with_columns(
        rows=pl.when(pl.col("day") == last_week).then(9000).otherwise("rows")
    )
    assert "183 expected" in judge(per_day, last_week).measured


def test_a_shop_that_closes_one_day_a_week_is_not_alarming_on_it() -> None:
    per_day = weeks(12, today=0).filter(pl.col("day").dt.weekday() != DAY.isoweekday())
    assert judge(per_day).passed


def test_an_order_after_midnight_in_utc_counts_for_the_shops_evening() -> None:
    evening = pl.DataFrame({"placed_at": [dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC)]})
    assert rows_per_day(evening, "placed_at", time_zone="America/New_York").rows() == [(DAY, 1)]


def test_too_few_rows_hold_actions_and_a_surge_warns() -> None:
    assert judge(weeks(12, today=0)).is_blocking
    surge = judge(weeks(12, today=30 * 183))
    assert not surge.passed
    assert not surge.is_blocking


def test_days_are_counted_as_they_are() -> None:
    days = pl.DataFrame({"ad_date": [DAY, DAY, None]})
    assert rows_per_day(days, "ad_date", time_zone="Asia/Shanghai").rows() == [(DAY, 2)]


def test_a_day_that_ends_with_a_reading_is_called_by_its_end() -> None:
    """Read at six in the evening of New York: the day began at six on the day before."""
    until = dt.datetime(2026, 11, 20, 23, tzinfo=dt.UTC)
    second = dt.timedelta(seconds=1)
    at = [until - second, until - dt.timedelta(days=1), until - dt.timedelta(days=1) - second]
    placed = pl.DataFrame({"placed_at": [*at, until]})
    days = rows_per_day(placed, "placed_at", time_zone="America/New_York", until=until)
    assert days.rows() == [
        (DAY - dt.timedelta(days=1), 1),
        (DAY, 2),
        (DAY + dt.timedelta(days=1), 1),
    ]
