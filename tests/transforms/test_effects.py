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
    return effect(units, days.lazy(), first=FIRST, last=LAST)


def test_the_interval_is_welchs_of_the_changes() -> None:
    units, days = world(1, lift=12.0)
    changes: dict[bool, list[float]] = {False: [], True: []}
    for unit, is_alone in units.select("unit_id", "is_left_alone").rows():
        own = days.filter(pl.col("unit_id") == unit)
        before = own.filter(pl.col("day").is_between(SINCE - dt.timedelta(28), SINCE, "left"))
        after = own.filter(pl.col("day") >= SINCE)
        means = [np.mean(part["outcome_minor"].to_numpy()) for part in (after, before)]
        changes[is_alone].append(float(means[0] - means[1]))
    slow = stats.ttest_ind(changes[False], changes[True], equal_var=False)
    low, high = slow.confidence_interval()
    found = measured(units, days)
    figures = (found.mean_minor, found.low_minor, found.high_minor)
    mean = np.mean(changes[False]) - np.mean(changes[True])
    assert figures == pytest.approx((mean, low, high), rel=1e-9)
    assert (found.ready_acted_on, found.ready_left_alone) == (90, 40)


def test_of_many_worlds_the_true_gain_lies_in_nineteen_of_twenty_intervals() -> None:
    found = [(lift, measured(*world(seed, lift=lift))) for seed in range(150) for lift in (0, 20)]
    inside = [(one.low_minor or 0) <= lift <= (one.high_minor or 0) for lift, one in found]
    assert 0.91 <= np.mean(inside) <= 0.985
    told_gain = [(one.low_minor or 0) > 0 for lift, one in found if lift == 20]
    assert np.mean(told_gain) > 0.95


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
    mail: str, outcome: str, lift: float, z: float
) -> None:
    """A real experiment: 64,000 customers, a third each, two weeks of what they did."""
    reported = pl.read_csv(HILLSTROM, infer_schema_length=None).with_row_index("unit_id")
    asked = reported.filter(pl.col("segment").is_in([mail, "No E-Mail"]))
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
    half = ((found.high_minor or 0) - (found.low_minor or 0)) / 2
    # Of more than 42,000 the t distribution is the normal one.
    assert (found.mean_minor or 0) / (half / 1.96) == pytest.approx(z, abs=0.01)
