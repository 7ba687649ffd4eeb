"""The golden series of the reference, reproduced, and what the classes mean."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from transforms.forecasts import croston, demand_class, error_sd, mean, sba, ses, tsb

Numbers = npt.NDArray[np.float64]
Forecast = Callable[[Numbers], Numbers]


def series(*units: float) -> Numbers:
    """One series, a row per day."""
    return np.array(units, dtype=float)[:, None]


GOLDEN = series(0, 0, 3, 0, 0, 1, 0, 4, 0, 0, 0, 2)
CARPARTS = Path(__file__).parents[3] / "shared/data/carparts/carparts_wide.csv"


@pytest.mark.parametrize(
    ("forecast", "expected"),
    [
        (lambda units: croston(units, 0.1), 0.93953488),
        (lambda units: sba(units, 0.1), 0.89255814),
        (lambda units: tsb(units, alpha_size=0.1, alpha_probability=0.1), 0.72819911),
        (lambda units: tsb(units, alpha_size=0.2, alpha_probability=0.05), 0.42991539),
        (lambda units: ses(units, 0.2), 0.86063944),
    ],
)
def test_golden_series(forecast: Forecast, expected: float) -> None:
    assert forecast(GOLDEN)[-1, 0] == pytest.approx(expected, abs=1e-7)


def class_of(*units: float, days: int | None = None) -> str:
    return str(demand_class(series(*units), np.array([days or len(units)]))[0])


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
    assert class_of(*units) == expected


def test_what_comes_after_the_last_day_of_a_series_is_no_day_without_a_sale() -> None:
    assert class_of(5, 6, 5, 0, 0, days=3) == "smooth"
    units, counts = series(10, 20, 0), np.array([2])
    assert error_sd(units, ses(units, 0.5), counts=counts)[0] == 10


def test_the_golden_series_is_intermittent() -> None:
    assert class_of(*GOLDEN[:, 0]) == "intermittent"  # ADI 3.0, CV² 0.2667


def test_forecast_error_is_measured_on_the_day_after() -> None:
    units = series(10, 20, 10)
    level = ses(units, 0.5)  # errors 10 and -5
    assert level[:, 0].tolist() == [10.0, 15.0, 12.5]
    assert error_sd(units, level, counts=np.array([3]))[0] == pytest.approx(math.sqrt(62.5))


def test_tsb_forgets_an_article_that_stopped_selling_and_croston_does_not() -> None:
    dead = series(*[2] * 10, *[0] * 60)
    assert tsb(dead, alpha_size=0.1, alpha_probability=0.1)[-1, 0] < 0.01
    assert croston(dead, 0.1)[-1, 0] == pytest.approx(2.0)


def test_tsb_is_zero_while_nothing_was_ever_sold() -> None:
    level = tsb(series(0, 0, 1), alpha_size=0.1, alpha_probability=0.1)
    assert level[:2, 0].tolist() == [0.0, 0.0]


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
        (lambda units: ses(units, 0.1), textbook_ses),
        (lambda units: croston(units, 0.1), textbook_croston),
        (lambda units: sba(units, 0.1), lambda series, a: 0.95 * textbook_croston(series, a)),
        (lambda units: tsb(units, alpha_size=0.1, alpha_probability=0.1), textbook_tsb),
        (mean, lambda series, _: sum(series) / len(series)),
    ],
    ids=["ses", "croston", "sba", "tsb", "mean"],
)
def test_two_thousand_series_equal_the_textbooks_recursions(
    forecast: Forecast, textbook: Callable[[Sequence[float], float], float]
) -> None:
    # The same 2,000 series through statsforecast 2.1.1: docs/decisions.md.
    listed = [textbook(each, 0.1) for each in DRAWN.T.tolist()]
    assert np.abs(np.array(listed) - forecast(DRAWN)[-1]).max() < 1e-9


def drawn(skus: int = 2_000, days: int = 60) -> Numbers:
    """Counts of every class, from sellers of once in two months to dozens a day."""
    rng = np.random.default_rng(20)
    rates = rng.gamma(0.5, 4, (skus, 1)) * rng.integers(0, 2, (skus, days)).clip(
        rng.integers(0, 2, (skus, 1))
    )
    return np.asarray(rng.poisson(rates).T, dtype=float)


DRAWN = drawn()

# Root mean square error of one month, and of the total of twelve.
CARPARTS_ERRORS: dict[str, tuple[Forecast, float, float]] = {
    "ses of 0.1": (lambda units: ses(units, 0.1), 1.085, 5.82),
    "ses of 0.2": (lambda units: ses(units, 0.2), 1.104, 6.31),
    "tsb": (lambda units: tsb(units, alpha_size=0.1, alpha_probability=0.1), 1.110, 6.48),
    "mean": (mean, 1.146, 7.38),
    "sba": (lambda units: sba(units, 0.1), 1.192, 8.37),
    "croston": (lambda units: croston(units, 0.1), 1.201, 8.62),
    "zero": (np.zeros_like, 1.204, 8.09),
    "naive": (lambda units: units, 1.490, 16.98),
}


@pytest.fixture(scope="module")
def carparts() -> Numbers:
    """A row per month, a column per part."""
    if not CARPARTS.exists():
        pytest.skip("the demand of car parts lies outside the repository")
    wide = pl.read_csv(CARPARTS, infer_schema_length=None).drop_nulls().drop("part")
    assert wide.height == 2_509
    return wide.to_numpy().T.astype(float)


@pytest.mark.parametrize(
    ("forecast", "month", "year"), CARPARTS_ERRORS.values(), ids=CARPARTS_ERRORS.keys()
)
def test_errors_on_car_parts_are_those_of_the_reference(
    carparts: Numbers, forecast: Forecast, month: float, year: float
) -> None:
    level = forecast(carparts)
    ahead = level[38] * 12 - carparts[-12:].sum(axis=0)
    assert rms(level[-13:-1] - carparts[-12:]) == pytest.approx(month, abs=1e-3)
    assert rms(ahead) == pytest.approx(year, abs=6e-3)


def rms(errors: Numbers) -> float:
    return float(np.sqrt(np.mean(errors**2)))
