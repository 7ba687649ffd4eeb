"""What a policy earned is told with its interval, or not at all."""

import datetime as dt
from dataclasses import astuple
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats  # type: ignore[import-untyped]

from contracts.effects import LEAST_DAYS, LEAST_UNITS, Effect
from transforms.effects import effect
from transforms.experiments import sequential_half_width

HILLSTROM = Path(__file__).parents[3] / "shared/data/hillstrom/hillstrom.csv"
FIRST, SINCE, LAST = dt.date(2026, 9, 1), dt.date(2026, 10, 10), dt.date(2026, 11, 8)
DAYS = pl.date_range(FIRST, LAST, eager=True)


def world(seed: int, *, lift: float, acted: int = 90, alone: int = 40) -> tuple[pl.DataFrame, ...]:
    """Units of very different size, and their days; the acted on gain `lift` a day."""
    random = np.random.default_rng(seed)
    flags = [False] * acted + [True] * alone
    units = pl.DataFrame(
        {"unit_id": [f"u{n}" for n in range(len(flags))], "is_left_alone": flags}
    ).with_columns(since=pl.lit(SINCE), size=pl.Series(random.lognormal(6, 1, len(flags))))
    days = units.join(pl.DataFrame({"day": DAYS}), how="cross")
    noise = pl.Series(random.normal(0, 30, days.height))
    gain = pl.when(~pl.col("is_left_alone") & (pl.col("day") >= SINCE)).then(lift).otherwise(0)
    return units.drop("size"), days.select(
        "unit_id", "day", outcome_minor=pl.col("size") + noise + gain
    )


def measured(units: pl.DataFrame, days: pl.DataFrame) -> Effect:
    return effect(units, days.lazy(), first=FIRST, last=LAST, drawn_rate=0.3)


def per_unit(units: pl.DataFrame, days: pl.DataFrame) -> dict[bool, list[tuple[float, float]]]:
    """By arm, of each unit the mean day since and the mean day of the four weeks before."""
    found: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for unit, is_alone in units.select("unit_id", "is_left_alone").rows():
        own = days.filter(pl.col("unit_id") == unit)
        before = own.filter(pl.col("day").is_between(SINCE - dt.timedelta(28), SINCE, "left"))
        after = own.filter(pl.col("day") >= SINCE)
        means = [float(np.mean(part["outcome_minor"].to_numpy())) for part in (after, before)]
        found[is_alone].append((means[0], means[1]))
    return found


def test_units_are_compared_by_what_the_time_before_does_not_tell_of_them() -> None:
    units, days = world(1, lift=12.0)
    arms = {arm: np.array(values) for arm, values in per_unit(units, days).items()}
    centred = np.vstack([values - values.mean(axis=0) for values in arms.values()])
    slope = (centred[:, 0] @ centred[:, 1]) / (centred[:, 1] @ centred[:, 1])
    left = {arm: values[:, 0] - slope * values[:, 1] for arm, values in arms.items()}
    variances = {arm: np.var(values, ddof=1) for arm, values in left.items()}
    error = sum(variances[arm] / len(left[arm]) for arm in left)
    half = sequential_half_width(error, tightest_at=sum(variances.values()) / LEAST_UNITS)
    mean = np.mean(left[False]) - np.mean(left[True])
    found = measured(units, days)
    figures = (found.mean_minor, found.low_minor, found.high_minor, found.standard_error_minor)
    assert figures == pytest.approx((mean, mean - half, mean + half, np.sqrt(error)), rel=1e-9)
    assert (found.ready_acted_on, found.ready_left_alone) == (90, 40)
    # What they brought before says most of what they bring.
    unadjusted = sum(np.var(values[:, 0], ddof=1) / len(values) for values in arms.values())
    assert error < unadjusted / 20


def test_in_nineteen_of_twenty_worlds_the_true_gain_lies_in_the_intervals_of_all_days() -> None:
    """Five looks, from the first that is told on: one alone would be right more often."""
    looks = [LAST - dt.timedelta(days=n) for n in range(0, 17, 4)]
    inside, gains = [], []
    for seed in range(30):
        for lift in (0, 20):
            units, days = world(seed, lift=lift)
            found = [effect(units, days.lazy(), first=FIRST, last=last) for last in looks]
            bounds = [(one.low_minor or 0, one.high_minor or 0) for one in found]
            inside.append(all(low <= lift <= high for low, high in bounds))
            gains += [bounds[0][0] > 0] if lift else []
    assert np.mean(inside) >= 0.95
    assert np.mean(gains) > 0.9


@pytest.mark.parametrize(("alone", "is_fair"), [(40, True), (25, True), (90, False)])
def test_arms_that_are_not_of_the_sizes_that_were_drawn_have_no_effect(
    alone: int, is_fair: bool
) -> None:
    units, days = world(5, lift=50, acted=100, alone=alone)
    found = effect(units, days.lazy(), first=FIRST, last=LAST, drawn_rate=0.3)
    slow = stats.chisquare([100, alone], [(100 + alone) * 0.7, (100 + alone) * 0.3]).pvalue
    assert found.ratio_p_value == pytest.approx(slow)
    assert found.is_drawn_fairly is is_fair
    assert (found.mean_minor is not None) is (is_fair and alone >= LEAST_UNITS)
    ended = effect(units, days.lazy(), first=FIRST, last=LAST)
    assert (ended.ratio_p_value, ended.is_drawn_fairly) == (None, True)


def test_a_unit_that_brings_nothing_counts_with_nothing() -> None:
    units, days = world(2, lift=0)
    silent = units["unit_id"].head(20).implode()
    found = measured(units, days.filter(~pl.col("unit_id").is_in(silent)))
    zero = pl.when(pl.col("unit_id").is_in(silent)).then(0.0).otherwise("outcome_minor")
    slow = measured(units, days.with_columns(outcome_minor=zero))
    assert astuple(found) == pytest.approx(astuple(slow), rel=1e-9)


@pytest.mark.parametrize(
    ("alone", "since", "ready"),
    [
        (LEAST_UNITS - 1, SINCE, LEAST_UNITS - 1),
        (LEAST_UNITS, LAST - dt.timedelta(days=LEAST_DAYS - 2), 0),
    ],
)
def test_too_few_or_watched_for_too_short_is_no_effect(
    alone: int, since: dt.date, ready: int
) -> None:
    units, days = world(3, lift=99, alone=alone)
    found = measured(units.with_columns(since=pl.lit(since)), days)
    assert (found.left_alone, found.ready_left_alone, found.mean_minor) == (alone, ready, None)


def test_who_was_taken_on_the_first_day_has_no_days_before() -> None:
    units, days = world(4, lift=5)
    found = measured(units.with_columns(since=pl.lit(FIRST)), days)
    assert found.mean_minor is not None
    assert np.isfinite(found.mean_minor)


@pytest.fixture(scope="module")
def hillstrom() -> pl.DataFrame:
    """Customers with what they were sent, and what they did."""
    return pl.read_csv(HILLSTROM, infer_schema_length=None).with_row_index("unit_id")


@pytest.mark.skipif(not HILLSTROM.is_file(), reason="needs ../shared/data/hillstrom")
@pytest.mark.parametrize(
    ("mail", "outcome", "lift", "z"),
    [
        ("Mens E-Mail", "visit", 0.076590, 22.62),
        ("Mens E-Mail", "spend", 0.769827, 5.30),
        ("Womens E-Mail", "visit", 0.045233, 13.99),
        ("Womens E-Mail", "conversion", 0.003111, 3.78),
        ("Womens E-Mail", "spend", 0.424412, 3.26),
    ],
)
def test_c9_hillstroms_mailings_brought_what_is_published(
    hillstrom: pl.DataFrame, mail: str, outcome: str, lift: float, z: float
) -> None:
    """A real experiment: 64,000 customers, a third each, two weeks of what they did."""
    asked = hillstrom.filter(pl.col("segment").is_in([mail, "No E-Mail"]))
    since, millionths = dt.date(2008, 3, 20), 1_000_000
    units = asked.select(
        "unit_id", is_left_alone=pl.col("segment") == "No E-Mail", since=pl.lit(since)
    )
    days = asked.select(
        "unit_id", day=pl.lit(since), outcome_minor=pl.col(outcome).cast(pl.Float64) * millionths
    )
    last = since + dt.timedelta(days=LEAST_DAYS - 1)
    found = effect(units, days.lazy(), first=since, last=last)
    whole = LEAST_DAYS / millionths
    assert (found.mean_minor or 0) * whole == pytest.approx(lift, abs=1e-6)
    assert (found.mean_minor or 0) / (found.standard_error_minor or 1) == pytest.approx(z, abs=0.01)
