"""The golden series of the reference, reproduced, and what the classes mean."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from transforms.forecasts import croston, demand_class, error_sd, mean, sba, ses, tsb

GOLDEN = pl.DataFrame({"units": [0, 0, 3, 0, 0, 1, 0, 4, 0, 0, 0, 2]})
UNITS = pl.col("units")
CARPARTS = Path(__file__).parents[3] / "shared/data/carparts/carparts_wide.csv"


@pytest.mark.parametrize(
    ("forecast", "expected"),
    [
        (croston(UNITS, 0.1).last(), 0.93953488),
        (sba(UNITS, 0.1).last(), 0.89255814),
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
    assert dead.select(croston(UNITS, 0.1).last()).item() == pytest.approx(2.0)


def test_tsb_is_zero_while_nothing_was_ever_sold() -> None:
    level = tsb(UNITS, alpha_size=0.1, alpha_probability=0.1)
    assert pl.DataFrame({"units": [0, 0, 1]}).select(level).to_series().to_list()[:2] == [0.0, 0.0]


def textbook_ses(series: Sequence[float], alpha: float) -> float:
    level = series[0]
    for value in series[1:]:
        level += alpha * (value - level)
    return level


def textbook_croston(series: Sequence[float], alpha: float) -> float:
    """Croston 1972: size and gap are updated when something sells."""
    size, gap, since = None, 0.0, 0
    for value in series:
        since += 1
        if value > 0:
            size = value if size is None else size + alpha * (value - size)
            gap = since if not gap else gap + alpha * (since - gap)
            since = 0
    return 0.0 if size is None else size / gap


def textbook_tsb(series: Sequence[float], alpha: float) -> float:
    """Teunter, Syntetos and Babai 2011: the probability is updated every day."""
    size, probability = None, float(series[0] > 0)
    for number, value in enumerate(series):
        if number:
            probability += alpha * (float(value > 0) - probability)
        if value > 0:
            size = value if size is None else size + alpha * (value - size)
    return 0.0 if size is None else size * probability


@pytest.mark.parametrize(
    ("forecast", "textbook"),
    [
        (ses(UNITS, 0.1), textbook_ses),
        (croston(UNITS, 0.1), textbook_croston),
        (sba(UNITS, 0.1), lambda series, alpha: 0.95 * textbook_croston(series, alpha)),
        (tsb(UNITS, alpha_size=0.1, alpha_probability=0.1), textbook_tsb),
        (mean(UNITS), lambda series, _: sum(series) / len(series)),
    ],
    ids=["ses", "croston", "sba", "tsb", "mean"],
)
def test_two_thousand_series_equal_the_textbooks_recursions(
    forecast: pl.Expr, textbook: Callable[[Sequence[float], float], float]
) -> None:
    # The same 2,000 series through statsforecast 2.1.1: docs/decisions.md.
    found = DRAWN.group_by("sku", maintain_order=True).agg("units", level=forecast.last())
    listed = [textbook(series, 0.1) for series in found["units"].to_list()]
    assert np.abs(np.array(listed) - found["level"].to_numpy()).max() < 1e-9


def drawn(skus: int = 2_000, days: int = 60) -> pl.DataFrame:
    """Counts of every class, from sellers of once in two months to dozens a day."""
    rng = np.random.default_rng(20)
    rates = rng.gamma(0.5, 4, (skus, 1)) * rng.integers(0, 2, (skus, days)).clip(
        rng.integers(0, 2, (skus, 1))
    )
    units = rng.poisson(rates)
    return pl.DataFrame(
        {"sku": np.repeat(np.arange(skus), days), "units": units.ravel().astype(np.int64)}
    )


DRAWN = drawn()

# Root mean square error of one month, and of the total of twelve.
CARPARTS_ERRORS = {
    "ses of 0.1": (ses(UNITS, 0.1), 1.085, 5.82),
    "ses of 0.2": (ses(UNITS, 0.2), 1.104, 6.31),
    "tsb": (tsb(UNITS, alpha_size=0.1, alpha_probability=0.1), 1.110, 6.48),
    "mean": (mean(UNITS), 1.146, 7.38),
    "sba": (sba(UNITS, 0.1), 1.192, 8.37),
    "croston": (croston(UNITS, 0.1), 1.201, 8.62),
    "zero": (UNITS * 0.0, 1.204, 8.09),
    "naive": (UNITS * 1.0, 1.490, 16.98),
}


@pytest.fixture(scope="module")
def carparts() -> pl.DataFrame:
    if not CARPARTS.exists():
        pytest.skip("the demand of car parts lies outside the repository")
    wide = pl.read_csv(CARPARTS, infer_schema_length=None).drop_nulls()
    assert wide.height == 2_509
    return wide.unpivot(index="part", value_name="units").sort("part", "variable")


@pytest.mark.parametrize(
    ("forecast", "month", "year"), CARPARTS_ERRORS.values(), ids=CARPARTS_ERRORS.keys()
)
def test_errors_on_car_parts_are_those_of_the_reference(
    carparts: pl.DataFrame, forecast: pl.Expr, month: float, year: float
) -> None:
    ahead = forecast.slice(38, 1).first() * 12 - UNITS.tail(12).sum()
    errors = carparts.group_by("part", maintain_order=True).agg(
        month=(forecast.shift() - UNITS).tail(12), year=ahead
    )
    assert rms(errors["month"].explode()) == pytest.approx(month, abs=1e-3)
    assert rms(errors["year"]) == pytest.approx(year, abs=6e-3)


def rms(errors: pl.Series) -> float:
    return float(np.sqrt(np.mean(errors.to_numpy() ** 2)))
