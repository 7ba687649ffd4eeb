"""A reading is held against those before it: its units, columns, currencies, size and instants."""

import datetime as dt
from collections.abc import Callable
from functools import partial

import dataframely as dy
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks import usual
from checks.profiles import SCHEMA, profile
from contracts.checks import CheckResult
from contracts.tables import (
    AdsDaily,
    Coupon,
    Listing,
    Order,
    OrderLine,
    Price,
    Refund,
    RefundCase,
    table_of,
)
from tests.checks.conftest import READ_AT

DAY = dt.timedelta(days=1)
Judge = Callable[..., CheckResult]


def prices(*amounts: int | None, listed: int | None = 900, currency: str = "USD") -> pl.DataFrame:
    """Prices of as many listings."""
    kit = {"shop_id": "demo", "source_updated_at": READ_AT, "currency": currency}
    given = [
        {**kit, "listing_id": str(number), "price_minor": amount, "list_price_minor": listed}
        for number, amount in enumerate(amounts)
    ]
    types = {name: column.dtype for name, column in Price.columns().items()}
    return pl.DataFrame([{name: row.get(name) for name in types} for row in given], schema=types)


def read(*frames: pl.DataFrame, table: str = "prices") -> pl.DataFrame:
    """The profiles of daily readings, oldest first, as the warehouse gives them."""
    told = [
        pl.DataFrame(
            schema={
                "read_at": pl.Datetime("us", "UTC"),
                "window_start": pl.Datetime("us", "UTC"),
                **SCHEMA,
            }
        )
    ]
    for number, frame in enumerate(frames):
        at = READ_AT + number * DAY
        told.append(
            profile({table: frame}).select(
                pl.lit(at).alias("read_at"), pl.lit(at - DAY).alias("window_start"), pl.all()
            )
        )
    return pl.concat(told)


def judge(check: Judge, *frames: pl.DataFrame) -> CheckResult:
    return check("demo", "prices", read(*frames), checked_at=READ_AT)


USUAL = (900, 1000, 1100, 1200, 1300)


@pytest.mark.parametrize(
    ("times", "passed"),
    [(1, True), (30, True), (1 / 30, True), (100, False), (0.01, False), (-1, False)],
)
def test_fen_for_yuan_and_a_turned_sign_are_seen_and_thirty_times_is_no_other_unit(
    times: float, passed: bool
) -> None:
    changed = [round(amount * times) for amount in USUAL]
    result = judge(usual.unit_jumps, prices(*USUAL), prices(*changed))
    assert result.passed is passed
    assert result.is_blocking
    if not passed:
        assert f"price_minor × {times:g}" in result.measured


def test_a_fault_that_lasts_does_not_become_what_is_usual() -> None:
    wrong = prices(*(amount * 100 for amount in USUAL))
    for days in range(1, 6):
        assert not judge(usual.unit_jumps, prices(*USUAL), *[wrong] * days).passed
    assert judge(usual.unit_jumps, prices(*USUAL), wrong, wrong, prices(*USUAL)).passed


@pytest.mark.parametrize(
    ("schema", "column"),
    [
        (Coupon, "redeemed_units"),
        (Coupon, "discount_minor"),
        (Order, "discount_minor"),
        (Order, "refunded_minor"),
        (OrderLine, "discount_minor"),
        (Refund, "refunded_minor"),
        (RefundCase, "asked_minor"),
    ],
)
def test_a_campaign_may_give_away_any_multiple_of_the_usual(
    schema: type[dy.Schema], column: str
) -> None:
    def told(amount: int) -> pl.DataFrame:
        kit = {"shop_id": "demo", "source_updated_at": READ_AT, "currency": "USD"}
        types = {name: one.dtype for name, one in schema.columns().items()}
        given = [{**kit, column: amount + number} for number in range(6)]
        return pl.DataFrame([{name: row.get(name) for name in types} for row in given], types)

    table = table_of(schema).name
    profiles = read(told(100), told(90_000), table=table)
    assert usual.unit_jumps("demo", table, profiles, checked_at=READ_AT).passed


def test_four_values_say_nothing() -> None:
    assert judge(usual.unit_jumps, prices(*USUAL), prices(*(one * 100 for one in USUAL[:4]))).passed
    assert judge(usual.unit_jumps, prices(*USUAL[:4]), prices(*(one * 100 for one in USUAL))).passed


@pytest.mark.parametrize(
    ("before", "now", "passed"),
    [(900, None, False), (900, 900, True), (None, None, True), (None, 900, True)],
)
def test_a_column_that_all_rows_had_is_gone(
    before: int | None, now: int | None, passed: bool
) -> None:
    result = judge(usual.gone_columns, prices(*USUAL, listed=before), prices(*USUAL, listed=now))
    assert result.passed is passed
    assert ("list_price_minor" in result.measured) is not passed


def test_a_currency_that_was_not_there_before_is_seen_as_long_as_it_is_told() -> None:
    usd, eur = prices(*USUAL), prices(*USUAL, currency="EUR")
    assert judge(usual.currencies, usd, usd).passed
    assert judge(usual.currencies, usd, eur).measured == "EUR"
    assert not judge(usual.currencies, usd, eur, pl.concat([usd, eur])).passed
    assert judge(usual.currencies, usd, eur, usd).passed


@pytest.mark.parametrize(
    ("rows", "passed"), [(30, True), (21, True), (19, False), (0, False), (59, True), (60, False)]
)
def test_a_snapshot_that_is_cut_or_holds_all_twice_is_seen(rows: int, passed: bool) -> None:
    usual_rows = prices(*[1000] * 30)
    result = judge(usual.snapshot_size, usual_rows, usual_rows, prices(*[1000] * rows))
    assert result.passed is passed
    assert "30 usual" in result.measured
    assert judge(usual.snapshot_size, prices(*[1000] * 19), prices(*[1000] * 3)).passed


@pytest.mark.parametrize(
    ("early", "passed"),
    [(dt.timedelta(0), True), (dt.timedelta(minutes=5), True), (dt.timedelta(hours=8), False)],
)
def test_what_changed_before_the_span_asked_for_is_of_another_zone(
    early: dt.timedelta, passed: bool
) -> None:
    changed = prices(*USUAL).with_columns(source_updated_at=pl.lit(READ_AT - DAY - early))
    result = judge(usual.asked_window, changed)
    assert result.passed is passed
    if not passed:
        assert result.measured == "8 hours before the span asked for"


@pytest.mark.parametrize(
    ("hours", "passed"), [(0, True), (8, False), (-5.75, False), (0.1, True), (27, True)]
)
def test_a_list_whose_oldest_document_moves_by_a_zone_is_in_another_zone(
    hours: float, passed: bool
) -> None:
    def listed(at: dt.datetime) -> pl.DataFrame:
        return Listing.sample(3).with_columns(pl.lit(at).alias("created_at"), deleted_at=None)

    moved = listed(READ_AT + dt.timedelta(hours=hours))
    told = read(listed(READ_AT), moved, moved, table="listings")
    result = usual.zone("demo", "listings", told, checked_at=READ_AT)
    assert result.passed is passed
    if not passed:
        assert result.measured == f"1 instants have moved: created_at {hours:+g} h"


@pytest.mark.parametrize(("days", "passed"), [(1, True), (0, False), (2, False)])
def test_days_that_begin_elsewhere_are_told_earlier_or_later_than_ever(
    days: int, passed: bool
) -> None:
    def told(number: int, lag: int) -> pl.DataFrame:
        day = (READ_AT + number * DAY).date() - lag * DAY
        return AdsDaily.sample(3).with_columns(pl.lit(day).alias("ad_date"), deleted_at=None)

    profiles = read(told(0, 1), told(1, 1), told(2, days), table="ads_daily")
    older_window = read(told(0, 30), table="ads_daily")
    profiles = pl.concat([older_window, profiles])
    result = usual.day_lag("demo", "ads_daily", profiles, time_zone="UTC", checked_at=READ_AT)
    assert (result.passed, result.is_blocking) == (passed, False)
    assert result.measured == f"the newest day is {days} days ago"


def test_a_row_that_only_says_that_a_slice_is_empty_is_none() -> None:
    empty = AdsDaily.sample(3).with_columns(deleted_at=pl.lit(READ_AT))
    assert set(profile({"ads_daily": empty})["rows"]) == {0}


CHECKS = (
    usual.unit_jumps, usual.gone_columns, usual.currencies, usual.snapshot_size, usual.asked_window,
    usual.zone, partial(usual.day_lag, time_zone='UTC'),
)  # fmt: skip
AMOUNTS = st.lists(st.one_of(st.none(), st.integers(0, 10**13)), max_size=7)


@settings(max_examples=40)
@given(st.lists(st.tuples(AMOUNTS, st.booleans(), st.booleans()), max_size=4))
def test_no_null_no_empty_reading_and_no_single_row_stops_a_check(
    readings: list[tuple[list[int | None], bool, bool]],
) -> None:
    frames = [
        prices(*amounts, listed=None if is_listed else 900).with_columns(
            pl.lit(None if is_dated else READ_AT, pl.Datetime("us", "UTC")).alias(
                "source_updated_at"
            ),
            pl.lit(None if is_dated else "USD", pl.String).alias("currency"),
        )
        for amounts, is_listed, is_dated in readings
    ]
    for check in CHECKS:
        result = judge(check, *frames)
        assert result.measured
        assert result.passed or len(frames) > 1 or check is usual.asked_window
