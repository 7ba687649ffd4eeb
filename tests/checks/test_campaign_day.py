"""A campaign: thirty times the orders at midnight, half on deposit, and their balances later."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from checks import usual
from checks.again import Again, told_again
from checks.orders import order_sums, order_times
from checks.payments import payments
from checks.profiles import SCHEMA, profile
from checks.stock import stock_moves
from checks.volume import AFTER_EVENT_DAYS, rows_per_day, volume
from contracts.checks import CheckResult
from contracts.streams import Window
from contracts.tables import Order, OrderLine, Refund, StockLevel
from tests.checks.conftest import LINE, ORDER, frame

ZONE = "Asia/Shanghai"
EVENT = dt.date(2026, 11, 11)
MIDNIGHT = dt.datetime.combine(EVENT, dt.time(), ZoneInfo(ZONE)).astimezone(dt.UTC)
USUAL, TIMES, SKUS = 6, 30, 10
DAY = dt.timedelta(days=1)
BALANCES = MIDNIGHT + dt.timedelta(hours=44)
MORNINGS = [MIDNIGHT + dt.timedelta(hours=hours) for hours in (6, 54, 78)]


def orders(at: dt.datetime) -> list[dict[str, Any]]:
    """What is known of orders at an instant: six a day, and on the event 180 in its first minutes,
    half of them on deposit until their balances are paid in the evening of the next day.
    """
    hour = dt.timedelta(hours=1)
    calm = [
        {"placed_at": placed, "paid_at": placed}
        for day in range(-63, 3)
        for number in range(USUAL)
        for placed in [MIDNIGHT + day * DAY + (9 + 2 * number) * hour]
    ]
    rush = [
        {"placed_at": MIDNIGHT + dt.timedelta(seconds=number), "total_minor": 1000,
         "paid_at": BALANCES + number * dt.timedelta(seconds=1) if number % 2 else MIDNIGHT + hour}
        for number in range(USUAL * TIMES)
    ]  # fmt: skip
    both: list[dict[str, Any]] = [*calm, *rush]
    return [
        {"order_id": str(number), **_as_of(one, at)}
        for number, one in enumerate(both)
        if one["placed_at"] <= at
    ]


def _as_of(order: dict[str, Any], at: dt.datetime) -> dict[str, Any]:
    changed = max(one for one in order.values() if isinstance(one, dt.datetime) and one <= at)
    told = {**order, "source_updated_at": changed, "read_at": changed}
    if order["paid_at"] > at:
        told |= {"paid_at": None, "payment_status": "partially_paid"}
    return told


def _changed(at: dt.datetime) -> pl.DataFrame:
    """What a reading at an instant brings: what changed in the day before it."""
    told = frame(Order, [{**ORDER, **one} for one in orders(at)])
    return told.filter(pl.col("source_updated_at") > at - DAY).with_columns(
        read_at=pl.lit(at).dt.cast_time_unit("us")
    )


def _profiles(at: dt.datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Of the readings of five mornings: how they looked, and what they told again."""
    looks, again = [], [pl.DataFrame(schema={"read_at": pl.Datetime("us", "UTC"), **SCHEMA})]
    for back in range(4, -1, -1):
        morning = at - back * DAY
        dated = pl.lit(morning).alias("read_at")
        now = _changed(morning)
        start = pl.lit(morning - DAY).alias("window_start")
        looks.append(profile({"orders": now}).select(dated, start, pl.all()))

        def keep(_table: str, told: pl.DataFrame, dated: pl.Expr = dated) -> None:
            again.append(told.select(dated, pl.all()))

        before = frame(Order, [{**ORDER, **one} for one in orders(morning - DAY)])
        note = Again(morning, Window(morning - DAY, morning), keep).note
        note({"orders": before}, {"orders": now})
    return pl.concat(looks), pl.concat(again)


def _stock(at: dt.datetime) -> pl.DataFrame:
    """Pieces of ten SKUs each morning, two less per order: taken off when it is placed."""
    rows = [
        {**LINE, "sku_id": f"s{sku}", "warehouse_id": "w", "observed_at": morning,
         "read_at": morning, "on_hand_units": left, "available_units": left, "committed_units": 0}
        for back in range(6, -1, -1)
        for morning in [at - back * DAY]
        for sku in range(SKUS)
        for left in [9_000 - 2 * sum(int(one["order_id"]) % SKUS == sku for one in orders(morning))]
    ]  # fmt: skip
    return frame(StockLevel, rows)


def judged(at: dt.datetime, events: set[dt.date]) -> list[CheckResult]:
    """All that is said of the orders on a morning after the event, and of each day's readings."""
    given = orders(at)
    placed = frame(Order, [{**ORDER, **one} for one in given])
    of_lines = [
        {"order_id": one["order_id"], "placed_at": one["placed_at"],
         "sku_id": f"s{int(one['order_id']) % SKUS}"}
        for one in given
    ]  # fmt: skip
    lines = frame(OrderLine, [{**LINE, **one} for one in of_lines]).lazy()
    per_day = rows_per_day(placed, "placed_at", time_zone=ZONE, until=at)
    day = at.astimezone(ZoneInfo(ZONE)).date()
    looks, again = _profiles(at)
    none = frame(Refund, []).lazy()
    orders_ = placed.lazy()
    return [
        volume("s", "orders", per_day, day=day, checked_at=at, events=events),
        order_sums("s", orders_, lines, currency="CNY", checked_at=at),
        order_times("s", orders_, checked_at=at),
        payments("s", orders_, none, currency="CNY", checked_at=at),
        *stock_moves("s", _stock(at).lazy(), orders_, lines, until=at, checked_at=at),
        usual.unit_jumps("s", "orders", looks, checked_at=at),
        usual.gone_columns("s", "orders", looks, checked_at=at),
        usual.asked_window("s", "orders", looks, checked_at=at),
        told_again("s", "orders", again, is_whole=False, read_at=at, checked_at=at),
    ]


@pytest.mark.parametrize("at", MORNINGS, ids=["deposits", "balances", "the day after"])
def test_a_campaign_of_the_settings_is_no_failure_at_all(at: dt.datetime) -> None:
    days = {EVENT + number * DAY for number in range(1 + AFTER_EVENT_DAYS)}
    results = judged(at, days)
    assert [one.check for one in results if not one.passed] == []
    (moves,) = (one for one in results if one.check == "stock_moves")
    assert moves.measured == f"{SKUS} SKUs that sold: as_sold {SKUS}"


@pytest.mark.parametrize(
    ("at", "found"),
    [(MORNINGS[0], [("volume", False, USUAL * (TIMES + 1))]), (MORNINGS[1], []), (MORNINGS[2], [])],
    ids=["deposits", "balances", "the day after"],
)
def test_one_that_nobody_declared_warns_and_holds_nothing(
    at: dt.datetime, found: list[tuple[str, bool, int]]
) -> None:
    failed = [one for one in judged(at, set()) if not one.passed]
    assert [(one.check, one.is_blocking, one.rows) for one in failed] == found


def test_half_of_the_orders_wait_for_their_balances_until_they_are_paid() -> None:
    waiting = [
        sum(one.get("payment_status") == "partially_paid" for one in orders(at)) for at in MORNINGS
    ]
    assert waiting == [USUAL * TIMES // 2, 0, 0]
