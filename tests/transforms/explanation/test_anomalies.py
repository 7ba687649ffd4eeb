"""A day is unusual against its own weekdays, and not because of a campaign, a gap or few orders."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy import stats  # type: ignore[import-untyped]

from transforms.explanation.anomalies import HISTORY_DAYS, LIMIT, anomalies

START = dt.date(2026, 1, 5)
SEASON = np.array([1, 0.9, 0.95, 1, 1.2, 1.5, 1.3])
LAST = START + dt.timedelta(days=HISTORY_DAYS)
NO_CAMPAIGN: Mapping[str, Any] = {"shop_id": pl.String, "day": pl.Date}


def noisy(seed: int, *, shops: int = 1, more: int = 0) -> npt.NDArray[np.float64]:
    """Per shop a weekly season with 6 % of noise, up to `LAST` and so many days on."""
    places = np.arange(HISTORY_DAYS + 1 + more)
    noise = np.random.default_rng(seed).standard_normal((shops, len(places)))
    values: npt.NDArray[np.float64] = 1000 * SEASON[places % 7] * np.exp(0.06 * noise)
    return values


def days(values: npt.NDArray[np.float64], *, orders: float = 100.0) -> pl.DataFrame:
    """The days of shops whose GMV it is."""
    shops, length = values.shape
    return pl.DataFrame(
        {
            "shop_id": np.repeat([f"s{shop}" for shop in range(shops)], length),
            "day": [START + dt.timedelta(days=place) for place in range(length)] * shops,
            "gmv": values.ravel(),
        }
    ).with_columns(orders=pl.lit(orders), is_complete=pl.lit(value=True))


def judged(frame: pl.DataFrame, *campaign: dt.date, day: dt.date = LAST) -> dict[str, Any]:
    """What is said of GMV on a day of the only shop."""
    busy = pl.DataFrame({"shop_id": ["s0"] * len(campaign), "day": campaign}, schema=NO_CAMPAIGN)
    found = anomalies(frame, busy, volumes={"gmv": "orders"})
    return found.filter(pl.col("day") == day).row(0, named=True)


def replaced(frame: pl.DataFrame, column: str, value: Any, *on: dt.date) -> pl.DataFrame:
    """The frame with another value on some days."""
    return frame.with_columns(
        pl.when(pl.col("day").is_in(list(on))).then(pl.lit(value)).otherwise(column).alias(column)
    )


def test_false_alarms_and_detection_are_those_of_the_reference_over_600_runs() -> None:
    """Of a weekly KPI with 6 % of noise: one false alarm in 300, .470, .948 and 1 of the falls."""
    falls = [0.0, 0.2, 0.3, 0.5]
    values = noisy(7, shops=600, more=3)
    values[:, -4:] *= 1 - np.array(falls)
    found = anomalies(days(values), pl.DataFrame(schema=NO_CAMPAIGN), volumes={"gmv": "orders"})
    rate = dict(found.group_by("day").agg(pl.col("is_anomaly").mean()).iter_rows())
    alarms = [rate[LAST + dt.timedelta(days=n)] for n in range(4)]
    # Three standard deviations of 600 runs, and what theirs were.
    assert alarms[0] <= 0.0033 + 3 * (0.0033 / 600) ** 0.5
    assert alarms[1] == pytest.approx(0.470, abs=0.085)
    assert alarms[2] == pytest.approx(0.948, abs=0.04)
    assert alarms[3] >= 0.998
    ordinary = found.filter(pl.col("day") < LAST)["is_anomaly"]
    assert ordinary.drop_nulls().mean() == pytest.approx(0.0025, abs=0.0015)


def test_score_is_the_logarithm_against_eight_weekdays_by_the_median_of_56_errors() -> None:
    values = noisy(3)
    logs = np.log(values[0])

    def usual(place: int) -> float:
        return float(np.median([logs[place - 7 * week] for week in range(1, 9)]))

    errors = [logs[place] - usual(place) for place in range(HISTORY_DAYS - 56, HISTORY_DAYS)]
    spread = np.median(np.abs(errors)) / stats.norm.ppf(0.75)
    found = judged(days(values))
    assert found["usual"] == pytest.approx(np.exp(usual(HISTORY_DAYS)))
    assert found["change_rate"] == pytest.approx(values[0, -1] / found["usual"] - 1)
    score = (logs[-1] - usual(HISTORY_DAYS)) / spread
    assert found["score"] == pytest.approx(score, rel=1e-4)


def test_a_day_without_any_order_is_unusual() -> None:
    found = judged(replaced(days(noisy(1)), "gmv", 0.0, LAST))
    assert (found["is_anomaly"], found["change_rate"]) == (True, -1)
    assert np.isfinite(found["score"])


def test_a_campaign_is_not_unusual_nor_what_is_usual() -> None:
    high = replaced(days(noisy(1)), "gmv", 30_000.0, LAST)
    assert judged(high)["is_anomaly"] is True
    assert (judged(high, LAST)["gap"], judged(high, LAST)["is_anomaly"]) == ("campaign", None)
    weeks = [LAST - dt.timedelta(weeks=n) for n in range(1, 6)]
    frame = replaced(days(noisy(1)), "gmv", 30_000.0, *weeks)
    assert judged(frame)["is_anomaly"] is True
    assert judged(frame, *weeks)["gap"] == "no_history"
    assert judged(frame, *weeks[:4])["usual"] < 30_000
    only = weeks[:4]
    assert judged(replaced(days(noisy(1)), "gmv", 30_000.0, *only), *only)["is_anomaly"] is False


@pytest.mark.parametrize(
    ("column", "value", "gap"),
    [("is_complete", False, "incomplete"), ("gmv", None, "no_data")],
)
def test_a_day_with_gaps_is_unknown_and_is_compared_with_nothing(
    column: str, value: Any, gap: str
) -> None:
    whole = days(noisy(1))
    found = judged(replaced(whole, column, value, LAST))
    assert (found["gap"], found["is_anomaly"], found["score"]) == (gap, None, None)
    week = LAST - dt.timedelta(weeks=1)
    holed = replaced(replaced(whole, "gmv", 1.0, week), column, value, week)
    cut = whole.filter(pl.col("day") != week)
    assert judged(holed) == judged(cut)
    assert judged(holed) != judged(whole)


def test_few_orders_and_few_days_tell_nothing() -> None:
    values = noisy(1)
    assert judged(days(values, orders=9.0))["gap"] == "too_few"
    assert judged(days(values, orders=10.0))["gap"] is None
    assert judged(days(values[:, -56:]), day=START + dt.timedelta(days=55))["gap"] == "no_history"
    assert judged(days(values[:, -57:]), day=START + dt.timedelta(days=56))["gap"] is None


def test_earlier_days_than_the_history_change_nothing() -> None:
    long = noisy(5, more=30)
    day = LAST + dt.timedelta(days=30)
    short = days(long).filter(pl.col("day") >= day - dt.timedelta(days=HISTORY_DAYS))
    assert judged(short, day=day) == judged(days(long), day=day)


def test_many_metrics_of_a_day_raise_no_more_alarms_than_one() -> None:
    """Benjamini and Hochberg: the k-th least likely of m has to be k/m as likely as one alone."""
    names = [f"m{number}" for number in range(8)]
    values = noisy(11, shops=8)
    frame = days(values[:1]).with_columns(
        pl.Series(name, values[place]) for place, name in enumerate(names)
    )
    just = {}
    for name in names[:2]:
        row = judged(frame.with_columns(gmv=pl.col(name)))
        spread = np.log1p(row["change_rate"]) / row["score"]
        just[name] = row["usual"] * np.exp(spread * (LIMIT + 0.3))
    everything = pl.DataFrame(schema=NO_CAMPAIGN)

    def alarms(volumes: list[str], *moved: str) -> list[str]:
        changed = frame
        for name in moved:
            changed = replaced(changed, name, just[name], LAST)
        found = anomalies(changed, everything, volumes=dict.fromkeys(volumes, "orders"))
        return found.filter("is_anomaly", day=LAST)["metric"].to_list()

    assert alarms(names[:1], "m0") == ["m0"]
    assert alarms(names, "m0") == []
    assert alarms(names[:3], "m0", "m1") == ["m0", "m1"]
