"""The BG/NBD model finds what the literature and its own laws say."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.lifetime import LEAST_REPEATERS, BgNbd, fit

CDNOW = Path(__file__).parents[3] / "shared/data/cdnow/cdnow_customers_summary.csv"
PUBLISHED = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=-9582.4)


@pytest.fixture(scope="module")
def cdnow() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Repeats, weeks to the last order and weeks known, of 2,357 customers."""
    if not CDNOW.exists():
        pytest.skip("the CDNOW data lies outside the repository")
    read = pl.read_csv(CDNOW).select(pl.col("frequency", "recency", "T").cast(pl.Float64))
    repeats, last_at, known_for = (read[name].to_numpy() for name in read.columns)
    return repeats, last_at, known_for


def test_the_published_parameters_and_likelihood_of_cdnow_are_found(
    cdnow: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    model = fit(*cdnow)
    assert model is not None
    found = (model.r, model.alpha, model.a, model.b)
    assert found == pytest.approx((0.242593, 4.413532, 0.792886, 2.425754), abs=1e-3)
    assert model.log_likelihood == pytest.approx(-9582.42556, abs=1e-3)
    alive = model.alive_rate(np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert alive[0] == pytest.approx(0.7266092, abs=1e-4)


def test_the_unit_of_time_changes_alpha_alone(
    cdnow: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    repeats, last_at, known_for = cdnow
    weeks, days = fit(*cdnow), fit(repeats, last_at * 7, known_for * 7)
    assert weeks is not None
    assert days is not None
    assert (days.r, days.a, days.b) == pytest.approx((weeks.r, weeks.a, weeks.b), rel=1e-4)
    assert days.alpha == pytest.approx(weeks.alpha * 7, rel=1e-4)


def test_too_few_who_came_back_give_no_model() -> None:
    many, few = np.ones(LEAST_REPEATERS), np.ones(LEAST_REPEATERS - 1)
    known_for = np.linspace(10, 30, LEAST_REPEATERS)
    assert fit(few, known_for[1:] / 2, known_for[1:]) is None
    assert fit(np.zeros(5000), np.zeros(5000), np.full(5000, 9.0)) is None
    assert fit(np.array([]), np.array([]), np.array([])) is None
    assert fit(many * np.arange(1, LEAST_REPEATERS + 1), known_for / 2, known_for) is not None


@given(
    repeats=st.integers(1, 900),
    last_at=st.floats(0.1, 800),
    waits=st.lists(st.floats(0, 800), min_size=2, max_size=2),
)
def test_the_longer_one_stays_away_the_likelier_they_left(
    repeats: int, last_at: float, waits: list[float]
) -> None:
    sooner, later = sorted(waits)
    known_for = np.array([last_at + sooner, last_at + later])
    alive = PUBLISHED.alive_rate(np.full(2, float(repeats)), np.full(2, last_at), known_for)
    assert 0 <= alive[1] <= alive[0] <= 1


def test_of_who_never_came_back_nothing_tells() -> None:
    alive = PUBLISHED.alive_rate(np.zeros(1), np.zeros(1), np.array([900.0]))
    assert alive.tolist() == [1.0]
