"""The golden series of the reference, reproduced, and what the classes mean."""

import math

import polars as pl
import pytest

from transforms.forecasts import croston, demand_class, error_sd, sba, ses, tsb

GOLDEN = pl.DataFrame({"units": [0, 0, 3, 0, 0, 1, 0, 4, 0, 0, 0, 2]})
UNITS = pl.col("units")


@pytest.mark.parametrize(
    ("forecast", "expected"),
    [
        (croston(UNITS, 0.1), 0.93953488),
        (sba(UNITS, 0.1), 0.89255814),
        (tsb(UNITS, alpha_size=0.1, alpha_probability=0.1).last(), 0.72819911),
        (tsb(UNITS, alpha_size=0.2, alpha_probability=0.05).last(), 0.42991539),
        (ses(UNITS, 0.2).last(), 0.86063944),
    ],
)
def test_golden_series(forecast: pl.Expr, expected: float) -> None:
    assert GOLDEN.select(forecast).item() == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([5, 6, 5, 6], "smooth"),
        ([1, 1, 1, 40], "erratic"),
        ([0, 0, 3, 0, 0, 3], "intermittent"),
        ([0, 0, 1, 0, 0, 40], "lumpy"),
        ([0, 0, 0], "none"),
        ([4, 0, 0], "intermittent"),
    ],
)
def test_classes_by_gap_and_spread_of_sizes(units: list[int], expected: str) -> None:
    assert pl.DataFrame({"units": units}).select(demand_class(UNITS)).item() == expected


def test_the_golden_series_is_intermittent() -> None:
    assert GOLDEN.select(demand_class(UNITS)).item() == "intermittent"  # ADI 3.0, CV² 0.2667


def test_forecast_error_is_measured_on_the_day_after() -> None:
    frame = pl.DataFrame({"units": [10, 20, 10]})
    level = pl.Series([10.0, 15.0, 12.5])  # alpha 0.5: errors 10 and -5
    assert frame.select(ses(UNITS, 0.5)).to_series().to_list() == level.to_list()
    assert frame.select(error_sd(UNITS, ses(UNITS, 0.5))).item() == pytest.approx(math.sqrt(62.5))


def test_tsb_forgets_an_article_that_stopped_selling_and_croston_does_not() -> None:
    dead = pl.DataFrame({"units": [2] * 10 + [0] * 60})
    assert dead.select(tsb(UNITS, alpha_size=0.1, alpha_probability=0.1).last()).item() < 0.01
    assert dead.select(croston(UNITS, 0.1)).item() == pytest.approx(2.0)


def test_tsb_is_zero_while_nothing_was_ever_sold() -> None:
    level = tsb(UNITS, alpha_size=0.1, alpha_probability=0.1)
    assert pl.DataFrame({"units": [0, 0, 1]}).select(level).to_series().to_list()[:2] == [0.0, 0.0]
