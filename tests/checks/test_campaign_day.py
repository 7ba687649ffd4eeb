"""The day of a campaign: thirty times the orders at midnight, deposits first, balances later."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from checks import usual
from checks.orders import order_sums, order_times
from checks.profiles import profile
from checks.volume import rows_per_day, volume
from contracts.checks import CheckResult
from contracts.tables import Order, OrderLine
from tests.checks.conftest import LINE, ORDER, frame

ZONE = "Asia/Shanghai"
EVENT = dt.date(2026, 11, 11)
MIDNIGHT = dt.datetime.combine(EVENT, dt.time(), ZoneInfo(ZONE)).astimezone(dt.UTC)
USUAL, TIMES = 6, 30


def orders() -> list[dict[str, Any]]:
    """Six orders a day for nine weeks; on the event 180 in its first minutes, half on deposit."""
    day, hour = dt.timedelta(days=1), dt.timedelta(hours=1)
    calm = [
        {"placed_at": at, "paid_at": at}
        for back in range(63, 0, -1)
        for number in range(USUAL)
        for at in [MIDNIGHT - back * day + (9 + 2 * number) * hour]
    ]
    rush = [
        {"placed_at": MIDNIGHT + dt.timedelta(seconds=number), "total_minor": 1000,
         "paid_at": None if number % 2 else MIDNIGHT + hour,
         "payment_status": "partially_paid" if number % 2 else "paid"}
        for number in range(USUAL * TIMES)
    ]  # fmt: skip
    both: list[dict[str, Any]] = [*calm, *rush]
    return [{"order_id": str(number), **one} for number, one in enumerate(both)]


def _told(placed: pl.DataFrame, read_at: dt.datetime) -> pl.DataFrame:
    """The profile of what was read of a day."""
    start = read_at - dt.timedelta(days=1)
    part = placed.filter(pl.col("placed_at").is_between(start, read_at))
    found = profile({"orders": part.with_columns(source_updated_at="placed_at")})
    return found.select(
        pl.lit(read_at).alias("read_at"), pl.lit(start).alias("window_start"), pl.all()
    )


def judged(events: set[dt.date]) -> list[CheckResult]:
    """All that is said of the orders on the morning after the event, and of each day's readings."""
    at = MIDNIGHT + dt.timedelta(hours=30)
    given = orders()
    placed = frame(Order, [{**ORDER, **one} for one in given])
    of_lines = [{name: one[name] for name in ("order_id", "placed_at")} for one in given]
    lines = frame(OrderLine, [{**LINE, **one} for one in of_lines])
    per_day = rows_per_day(placed, "placed_at", time_zone=ZONE)
    told = [_told(placed, at - dt.timedelta(days=back)) for back in range(4, -1, -1)]
    profiles = pl.concat(told)
    return [
        volume("s", "orders", per_day, day=EVENT, checked_at=at, events=events),
        order_sums("s", placed.lazy(), lines.lazy(), currency="CNY", checked_at=at),
        order_times("s", placed.lazy(), checked_at=at),
        usual.unit_jumps("s", "orders", profiles, checked_at=at),
        usual.gone_columns("s", "orders", profiles, checked_at=at),
        usual.asked_window("s", "orders", profiles, checked_at=at),
    ]


def test_a_campaign_of_the_settings_is_no_failure_at_all() -> None:
    assert [one.check for one in judged({EVENT}) if not one.passed] == []


def test_one_that_nobody_declared_warns_and_holds_nothing() -> None:
    failed = [one for one in judged(set()) if not one.passed]
    assert [(one.check, one.is_blocking, one.rows) for one in failed] == [("volume", False, 180)]
