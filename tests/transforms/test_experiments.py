"""Experiments are read as the books say, and looking often makes no winners."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from transforms.experiments import (
    UNFAIR,
    Trials,
    compare,
    cuped,
    probability_better,
    sample_ratio,
    sample_size,
    sequential_half_width,
    wilson_low,
)

A, B = Trials(300, 10_000), Trials(360, 10_000)


def test_k4_two_proportions_with_interval_and_the_chance_that_b_is_better() -> None:
    found = compare(A, B)
    assert found.z == pytest.approx(2.3750133, abs=1e-7)
    assert found.p_value == pytest.approx(0.0175483, abs=1e-7)
    assert (found.low, found.high) == pytest.approx((0.0010492, 0.0109508), abs=1e-7)
    assert found.difference == pytest.approx(0.006)
    assert found.b_is_better == pytest.approx(0.99127, abs=0.0005)
    # By looks that were not planned it is not sure.
    assert found.sequential_low < 0 < found.low
    assert found.sequential_high > found.high


TRIALS = st.integers(1, 400).flatmap(lambda n: st.builds(Trials, st.integers(0, n), st.just(n)))


@settings(max_examples=25, deadline=None)
@given(a=TRIALS, b=TRIALS)
def test_the_chance_that_b_is_better_is_that_of_two_beta_distributions(
    a: Trials, b: Trials
) -> None:
    of_a, of_b = (stats.beta(one.successes + 1, one.n - one.successes + 1) for one in (a, b))
    chances = (np.arange(20_000) + 0.5) / 20_000
    slow = of_a.cdf(of_b.ppf(chances)).mean()
    assert probability_better(a, b) == pytest.approx(slow, abs=5e-5)
    assert probability_better(a, b) + probability_better(b, a) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_more_than_all_is_no_trial(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="no part of a whole"):
        Trials(successes, n)


@pytest.mark.parametrize(("rate", "better", "n"), [(0.03, 0.036, 13_914), (0.05, 0.06, 8_158)])
def test_k5_size_of_a_sample(rate: float, better: float, n: int) -> None:
    assert sample_size(rate, better) == n


def test_no_size_tells_a_rate_from_itself() -> None:
    with pytest.raises(ValueError, match="two rates between 0 and 1"):
        sample_size(0.05, 0.05)


def test_k6_a_ratio_that_is_no_luck() -> None:
    assert sample_ratio([50_500, 49_500], [0.5, 0.5]) == pytest.approx(0.0015654, abs=1e-7)
    slow = stats.chisquare([830, 170], [800, 200]).pvalue
    assert sample_ratio([830, 170], [0.8, 0.2]) == pytest.approx(slow)
    assert sample_ratio([600, 400], [0.5, 0.5]) < UNFAIR
    assert sample_ratio([99, 1], [1.0, 0.0]) == 0
    assert sample_ratio([100, 0], [1.0, 0.0]) == sample_ratio([0, 0], [0.9, 0.1]) == 1


@pytest.mark.parametrize("lift", [0.0, 40.0])
def test_k8_variance_of_what_the_time_before_explains_is_gone(lift: float) -> None:
    """The ratio of variances is 1 - rho², exactly; and the effect is still there."""
    random = np.random.default_rng(8)
    before = random.lognormal(4, 0.5, 4000)
    treated = np.arange(4000) % 2 == 0
    after = 20 + 0.7 * before + random.normal(0, 18, 4000) + lift * treated
    frame = pl.DataFrame({"after": after, "before": before, "treated": treated}).with_columns(
        left=cuped(pl.col("after"), pl.col("before"), arm="treated")
    )

    def within(column: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        centred = pl.col(column) - pl.col(column).mean().over("treated")
        found: np.ndarray[tuple[int], np.dtype[np.float64]] = frame.select(centred)[
            column
        ].to_numpy()
        return found

    rho = np.corrcoef(within("after"), within("before"))[0, 1]
    ratio = np.var(within("left")) / np.var(within("after"))
    assert ratio == pytest.approx(1 - rho**2, rel=1e-9)
    assert 0.3 < ratio < 0.7
    means = frame.group_by("treated").agg(pl.col("left").mean())
    by_arm = dict(means.iter_rows())
    assert by_arm[True] - by_arm[False] == pytest.approx(lift, abs=2)


def test_who_has_no_time_before_keeps_the_outcome() -> None:
    frame = pl.DataFrame(
        {"after": [1.0, 2.0, 3.0, 9.0], "before": [1.0, 2.0, 3.0, None], "arm": ["a"] * 4}
    )
    expected = [2.0, 2.0, 2.0, 9.0]
    left = frame.select(cuped(pl.col("after"), pl.col("before"), arm="arm")).to_series()
    assert left.to_list() == pytest.approx(expected)
    nobody = frame.with_columns(before=pl.lit(None, pl.Float64))
    kept = nobody.select(cuped(pl.col("after"), pl.col("before"), arm="arm")).to_series()
    assert kept.to_list() == frame["after"].to_list()


def test_k9_who_looks_twenty_times_finds_a_winner_among_equals_unless_the_test_is_sequential() -> (
    None
):
    """2,000 experiments of two equal arms of 10,000, looked at twenty times."""
    looks, size, runs, rate = 20, 500, 2000, 0.03
    bought = np.random.default_rng(9).binomial(size, rate, (runs, looks, 2)).cumsum(axis=1)
    n = size * np.arange(1, looks + 1)
    pooled = bought.mean(axis=2) / n
    variance = 2 * pooled * (1 - pooled) / n
    distance = np.abs(bought[..., 1] - bought[..., 0]) / n
    fixed = (distance > stats.norm.ppf(0.975) * np.sqrt(variance)).any(axis=1)
    half = np.vectorize(
        lambda each: sequential_half_width(each, tightest_at=2 * rate * (1 - rate) / 1000)
    )(variance)
    sequential = (distance > half).any(axis=1)
    # Theirs are .2315 and .0125; three standard deviations of the difference of two such runs.
    assert fixed.mean() == pytest.approx(0.2315, abs=3 * math.sqrt(2 * 0.2315 * 0.7685 / runs))
    assert sequential.mean() == pytest.approx(0.0125, abs=3 * math.sqrt(2 * 0.0125 / runs))
    assert sequential.mean() < 0.05


def test_the_sequential_interval_is_where_the_mixture_test_rejects() -> None:
    """Its likelihood ratio, integrated over the mixture, is one in twenty at the interval's end."""
    variance, tightest = 0.4, 0.1
    half = sequential_half_width(variance, tightest_at=tightest)
    mixture = 8.2 * tightest
    effects = np.linspace(-40, 40, 400_001)
    ratio = stats.norm.pdf(half, effects, math.sqrt(variance)) / stats.norm.pdf(
        half, 0, math.sqrt(variance)
    )
    mixed = np.trapezoid(ratio * stats.norm.pdf(effects, 0, math.sqrt(mixture)), effects)
    assert mixed == pytest.approx(20, rel=0.01)


def test_the_sequential_interval_is_narrowest_where_it_was_told_to() -> None:
    widths = {
        tightest: sequential_half_width(1.0, tightest_at=tightest) for tightest in (0.8, 1.0, 1.25)
    }
    assert min(widths, key=lambda one: widths[one]) == 1.0
    assert sequential_half_width(0.0, tightest_at=1.0) == 0


def test_the_lower_end_of_a_rate_is_wilsons() -> None:
    frame = pl.DataFrame({"hits": [0, 5, 300, 10], "n": [10, 100, 10_000, 10]})
    slow = [
        stats.binomtest(hits, n).proportion_ci(method="wilson").low for hits, n in frame.iter_rows()
    ]
    found = frame.select(wilson_low(pl.col("hits"), pl.col("n"))).to_series()
    assert found.to_list() == pytest.approx(slow, abs=1e-12)
