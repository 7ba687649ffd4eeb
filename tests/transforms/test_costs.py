"""The cost that a price may rest on: the one of the day, converted, and no unconfirmed jump."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from contracts.economics import Confirmed
from contracts.fx import FX_SCHEMA
from contracts.tables import Cost
from transforms.costs import NO_HELD_RATES, costs_in_use

AS_OF = datetime(2026, 11, 20, 17, tzinfo=UTC)  # 2026-11-21 in Shanghai
FIRST = date(2026, 11, 1)
RATES = pl.DataFrame(
    [("CNY", 1.0, date(2026, 11, 20)), ("USD", 7.0, date(2026, 11, 19)), ("JPY", 0.05, FIRST)],
    schema=dict(FX_SCHEMA),
    orient="row",
)
Row = dict[str, Any]


def cost(minor: int, day: date, **more: Any) -> Row:
    read = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    row = {"shop_id": "s", "sku_id": "A", "valid_from": day, "unit_cost_minor": minor}
    return {**row, "currency": "USD", "read_at": read, **more}


def costs(*minors: int) -> list[Row]:
    """One cost a day, from the first of November on."""
    return [cost(minor, FIRST + timedelta(days=day)) for day, minor in enumerate(minors)]


def found(
    rows: list[Row], *, last: int | None = None, currency: str = "USD", **confirmed: Any
) -> tuple[int | None, int | None]:
    """The cost in use and the one that waits for a person."""
    row = in_use(rows, last=last, currency=currency, **confirmed)
    return row["unit_cost_minor"], row["unconfirmed_cost_minor"]


def in_use(
    rows: list[Row],
    *,
    last: int | None = None,
    currency: str = "USD",
    held_rates: pl.LazyFrame = NO_HELD_RATES,
    min_fx_move_rate: float = 0.0,
    **confirmed: Any,
) -> Row:
    known = [] if last is None else [("s", "A", last)]
    frame = costs_in_use(
        Cost.sample(overrides=rows).lazy(),
        known=pl.LazyFrame(
            known,
            schema={"shop_id": pl.String, "sku_id": pl.String, "known_minor": pl.Int64},
            orient="row",
        ),
        currency=currency,
        fx=RATES,
        confirmed=Confirmed(**confirmed),
        max_jump_rate=0.3,
        max_fall_rate=0.1,
        as_of=AS_OF,
        time_zone="Asia/Shanghai",
        held_rates=held_rates,
        min_fx_move_rate=min_fx_move_rate,
    )
    return frame.collect().row(0, named=True)


def test_the_cost_is_the_one_valid_on_the_shops_day() -> None:
    days = (date(2026, 1, 1), date(2026, 11, 21), date(2026, 11, 22))
    rows = [cost(minor, day) for minor, day in zip((50, 60, 70), days, strict=True)]
    assert found(rows) == (60, None)


@pytest.mark.parametrize(
    ("minors", "expected"),
    [
        ((2100, 2700), (2700, None)),
        ((2100, 2800), (2100, 2800)),
        ((2100, 1890), (1890, None)),
        ((2100, 1889), (2100, 1889)),  # euros under the label of dollars fall by a seventh
        ((2100, 210), (2100, 210)),
        ((2100, 21_000), (2100, 21_000)),
        ((2100, 2600, 3200, 4000), (4000, None)),  # a market that moves in steps is followed
    ],
)
def test_a_cost_that_rises_by_more_than_three_tenths_or_falls_by_more_than_one_is_not_used(
    minors: tuple[int, ...], expected: tuple[int, int | None]
) -> None:
    assert found(costs(*minors)) == expected


def test_a_later_feed_that_repeats_a_jump_confirms_nothing_and_one_that_mends_it_is_used() -> None:
    assert found(costs(2100, 210, 210, 212, 210)) == (2100, 210)
    assert found(costs(2100, 210, 210, 2050)) == (2050, None)
    assert found(costs(2100, 210, 2050, 205)) == (2050, 205)


def test_a_cost_that_is_overwritten_in_its_place_jumps_against_the_one_in_use_before() -> None:
    assert found(costs(210), last=2100) == (2100, 210)
    assert found(costs(2000), last=2100) == (2000, None)
    assert found(costs(210), last=2100, costs={"A": 210}) == (210, None)


def test_a_person_confirms_one_cost_by_its_amount_or_all_that_were_read_by_a_day() -> None:
    jumped = costs(2100, 210, 215)
    assert found(jumped, costs={"A": 210}) == (215, None)
    assert found(jumped, costs={"B": 210}) == (2100, 215)
    assert found(jumped, costs={"A": 2150}) == (2100, 215)
    assert found(jumped, costs_until=date(2026, 11, 2)) == (215, None)
    assert found(jumped, costs_until=date(2026, 11, 1)) == (2100, 215)


def test_a_cost_in_another_currency_is_converted_by_a_dated_rate_and_rounded_up() -> None:
    row = in_use([cost(1001, FIRST)], currency="CNY")
    assert (row["unit_cost_minor"], row["cost_currency"]) == (7007, "USD")
    assert row["cost_rate_date"] == date(2026, 11, 19)
    yen = in_use([cost(1001, FIRST, currency="JPY")], currency="USD")
    assert (yen["unit_cost_minor"], yen["cost_rate_date"]) == (715, FIRST)  # 1001 x .05 / 7 = 7.15
    same = in_use([cost(1001, FIRST)])
    assert (same["unit_cost_minor"], same["cost_rate_date"]) == (1001, None)


def test_a_feed_that_changes_its_currency_and_not_its_numbers_jumps() -> None:
    rows = [cost(2100, FIRST, currency="CNY"), cost(2100, date(2026, 11, 2), currency="USD")]
    assert found(rows, currency="CNY") == (2100, 14_700)
    assert in_use(rows, currency="CNY")["cost_fx_rate"] is None  # that of the one in use
    in_dollars = [rows[0], cost(310, date(2026, 11, 2), currency="USD")]
    assert found(in_dollars, currency="CNY") == (2170, None)


@pytest.mark.parametrize(
    ("held", "least", "used"),
    [
        (None, 0.015, 7000),
        (6.9, 0.015, 6900),  # 1.45 % below
        (6.89, 0.015, 7000),
        (7.1, 0.015, 7100),
        (7.11, 0.015, 7000),
        (6.999, 0.0, 7000),
    ],
)
def test_a_rate_that_hardly_moved_leaves_the_one_used_last_in_use(
    held: float | None, least: float, used: int
) -> None:
    rates = pl.LazyFrame(
        [] if held is None else [("s", "USD", held), ("t", "USD", 1.0), ("s", "JPY", 1.0)],
        schema={"shop_id": pl.String, "currency": pl.String, "held_rate": pl.Float64},
        orient="row",
    )
    row = in_use([cost(1000, FIRST)], currency="CNY", held_rates=rates, min_fx_move_rate=least)
    assert (row["unit_cost_minor"], row["cost_fx_rate"]) == (used, pytest.approx(used / 1000))
    assert row["cost_rate_date"] == date(2026, 11, 19)  # that of the rate it was compared with


def test_a_held_rate_stands_for_no_rate_that_is_missing_and_no_currency_of_the_shop() -> None:
    rates = pl.LazyFrame({"shop_id": "s", "currency": ["EUR", "USD"], "held_rate": [1.01, 1.01]})
    options: Row = {"held_rates": rates, "min_fx_move_rate": 0.1}
    assert in_use([cost(2100, FIRST, currency="EUR")], **options)["unit_cost_minor"] is None
    row = in_use([cost(2100, FIRST)], **options)
    assert (row["unit_cost_minor"], row["cost_fx_rate"]) == (2100, None)


def test_without_a_rate_there_is_no_cost_and_its_currency_is_told() -> None:
    row = in_use([cost(2100, FIRST), cost(2100, date(2026, 11, 2), currency="EUR")])
    assert (row["unit_cost_minor"], row["cost_currency"]) == (None, "EUR")
    assert row["unconfirmed_cost_minor"] is None
