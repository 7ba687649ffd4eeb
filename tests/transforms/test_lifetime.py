"""The models of buying and spending find what is published of CDNOW (C1 to C7), and their laws."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.lifetime import LEAST_REPEATERS, BuyingModel, fit, fit_spending
from transforms.members import MOST_FITTED, MembersSeen, fitted

DATA = Path(__file__).parents[3] / "shared/data/cdnow"
CDNOW = DATA / "cdnow_customers_summary.csv"
VALUES = DATA / "cdnow_customers_summary_with_transactions.csv"
LOG = DATA / "CDNOW_sample.txt"
PUBLISHED = BuyingModel(
    r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=-9582.4, is_modified=False
)
MODIFIED = BuyingModel(r=0.5248, alpha=6.183, a=0.8914, b=1.614, log_likelihood=-9582.13)


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
    model = fit(*cdnow, is_modified=False)
    assert model is not None
    found = (model.r, model.alpha, model.a, model.b)
    assert found == pytest.approx((0.242593, 4.413532, 0.792886, 2.425754), abs=1e-3)
    assert model.log_likelihood == pytest.approx(-9582.42556, abs=1e-3)
    alive = model.alive_rate(np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert alive[0] == pytest.approx(0.7266092, abs=1e-4)
    ada = (np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert model.orders(*ada, within=39)[0] == pytest.approx(1.2259105, abs=1e-3)  # C3


def test_the_modified_model_fits_cdnow_a_little_better(
    cdnow: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    model = fit(*cdnow)
    assert model is not None
    assert model.is_modified
    assert model.log_likelihood == pytest.approx(-9582.13, abs=5e-3)


def test_the_summary_of_cdnow_is_what_its_log_says() -> None:
    if not LOG.exists():
        pytest.skip("the CDNOW data lies outside the repository")
    rows = [line.split() for line in LOG.read_text(encoding="ascii").splitlines() if line.strip()]
    log = pl.DataFrame({"who": [row[1] for row in rows], "day": [row[2] for row in rows]})
    days = log.filter(pl.col("day") <= "19970930").unique().group_by("who").len()
    repeats = days["len"] - 1
    assert (days.height, repeats.sum(), (repeats > 0).sum()) == (2357, 2457, 946)  # C1


def test_gamma_gamma_finds_the_published_parameters_and_means_of_cdnow() -> None:
    if not VALUES.exists():
        pytest.skip("the CDNOW data lies outside the repository")
    read = pl.read_csv(VALUES).select(pl.col("x", "zbar").cast(pl.Float64))
    repeats, mean_value = (read[name].to_numpy() for name in read.columns)
    model = fit_spending(repeats, mean_value)
    assert model is not None
    assert (model.p, model.q, model.v) == pytest.approx((6.248803, 3.744588, 15.447743), abs=1e-3)
    assert model.log_likelihood == pytest.approx(-4055.92324, abs=1e-3)  # C6
    first = [24.658616, 18.911480, 35.171002, 35.171002, 35.171002, 71.462851]  # C7
    assert model.order_value(repeats, mean_value)[:6] == pytest.approx(first, abs=1e-3)


def test_what_is_expected_of_a_model_is_the_sum_of_its_chances() -> None:
    """Over a moment the orders to expect are the chance of one, for either model."""
    seen = (np.array([0.0, 2.0, 9.0]), np.array([0.0, 30.0, 100.0]), np.array([20.0, 38.0, 101.0]))
    for model in (PUBLISHED, MODIFIED):
        soon = model.orders(*seen, within=0.01)
        assert soon == pytest.approx(model.return_rate(*seen, within=0.01), rel=1e-2)
        month, year = (model.return_rate(*seen, within=days) for days in (30.0, 365.0))
        assert (month < year).all()
        assert (year < model.alive_rate(*seen)).all()


def test_who_bought_once_may_have_left_too() -> None:
    alive = MODIFIED.alive_rate(np.zeros(2), np.zeros(2), np.array([10.0, 900.0]))
    assert 0 < alive[1] < alive[0] < 1


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
    assert fit_spending(few, few) is None
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


def test_by_the_first_model_nothing_tells_of_who_never_came_back() -> None:
    alive = PUBLISHED.alive_rate(np.zeros(1), np.zeros(1), np.array([900.0]))
    assert alive.tolist() == [1.0]


def _shop(members: int, *, leaves: float = 1.6) -> MembersSeen:
    """Members who buy at rates of their own until they leave, of two years."""
    rng = np.random.default_rng(11)
    known_for = rng.integers(1, 730, members).astype(float)
    rate, chance = rng.gamma(0.6, 1 / 40, members), rng.beta(0.9, leaves, members)
    repeats, last_at = np.zeros(members), np.zeros(members)
    is_here = rng.random(members) >= chance
    at = np.where(is_here, rng.exponential(1 / rate), np.inf)
    while (buys := at <= known_for).any():
        repeats += buys
        last_at = np.where(buys, at, last_at)
        is_here = buys & (rng.random(members) >= chance)
        at = np.where(is_here, at + rng.exponential(1 / rate), np.inf)
    return MembersSeen(repeats, last_at, known_for, rng.gamma(6, 900, members) * (repeats > 0))


def test_a_sample_of_many_members_says_of_all_what_all_say() -> None:
    seen = _shop(5 * MOST_FITTED)
    some = seen.subset()
    assert some.repeats.size == MOST_FITTED
    of_all, of_some = fitted(seen), fitted(some)
    arrays = seen.repeats, seen.last_at, seen.known_for
    assert of_all.buying is not None
    assert of_some.buying is not None
    expected, guessed = (one.orders(*arrays, within=365) for one in (of_all.buying, of_some.buying))
    assert guessed.sum() == pytest.approx(expected.sum(), rel=0.05)
    assert np.abs(guessed - expected).max() < 0.1 * expected.max()
    assert of_all.spending is not None
    assert of_some.spending is not None
    worth, told = (
        one.order_value(seen.repeats, seen.mean_minor)
        for one in (of_all.spending, of_some.spending)
    )
    assert told.sum() == pytest.approx(worth.sum(), rel=0.02)


def test_where_few_came_back_a_sample_keeps_a_thousand_of_them() -> None:
    seen = _shop(5 * MOST_FITTED)
    few = seen.repeats * (np.arange(seen.repeats.size) % 40 == 0)
    kept = MembersSeen(few, seen.last_at, seen.known_for, seen.mean_minor).subset()
    assert np.count_nonzero(kept.repeats) > 900


def test_of_few_members_all_are_a_sample() -> None:
    seen = _shop(MOST_FITTED)
    assert np.array_equal(seen.subset().repeats, seen.repeats)
