"""Which forecast a class of SKUs gets: the one that erred least over a lead time, out of sample."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from contracts.codes import DemandClass, ForecastMethod
from transforms.forecasts import demand_class
from transforms.methods import LEVELS, TOTAL_DAYS, USUAL, chosen, forecasts
from transforms.seasons import with_weekday_index

DAYS = 56
FIRST = date(2026, 10, 5)  # a Monday
Draw = Callable[[np.random.Generator, npt.NDArray[np.int64]], npt.NDArray[np.int64]]


def world(draw: Draw, skus: int = 60) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Days of so many SKUs, and their classes; `draw` gives a SKU's pieces by day."""
    rng = np.random.default_rng(5)
    at = np.arange(DAYS)
    units = np.stack([draw(rng, at) for _ in range(skus)])
    frame = pl.DataFrame(
        {
            "sku": np.repeat(np.arange(skus), DAYS),
            "day": [FIRST + timedelta(days=int(day)) for day in at] * skus,
            "units": units.ravel().astype(np.int64),
        }
    )
    classes = frame.group_by("sku", maintain_order=True).agg(
        demand_class=demand_class(pl.col("units"))
    )
    return with_weekday_index(frame), classes


def best(draw: Draw, skus: int = 60) -> str:
    days, classes = world(draw, skus)
    (kind,) = classes["demand_class"].mode().to_list()
    return chosen(days, classes)[kind]


def weekly(rng: np.random.Generator, at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    level = 1 + 0.03 * np.maximum(at - 20, 0)
    return rng.poisson(np.array([2, 2, 2, 2, 8, 30, 30])[at % 7] * level)


def still(rng: np.random.Generator, at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return rng.poisson(4, at.size)


def seldom(rng: np.random.Generator, at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return rng.poisson(0.25, at.size)


def dying(rng: np.random.Generator, at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return rng.poisson(np.where(at < 25, 0.7, 0.0))


@pytest.mark.parametrize(
    ("draw", "method"),
    [
        (weekly, ForecastMethod.WEEKDAY_SES),  # it rises, and with a strong weekend
        (still, ForecastMethod.MEAN),
        (seldom, ForecastMethod.MEAN),
        (dying, ForecastMethod.TSB),  # what sold half the time and stopped
    ],
)
def test_each_world_gets_the_method_that_suits_it(draw: Draw, method: ForecastMethod) -> None:
    assert best(draw) == method


def test_a_few_skus_prove_nothing_so_the_usual_method_stands() -> None:
    assert best(still, skus=4) == ForecastMethod.WEEKDAY_SES


def test_the_choice_is_the_least_root_mean_square_of_the_next_totals() -> None:
    """The same choice from the definition: every origin of the second half, day by day."""
    days, classes = world(seldom, skus=12)
    classes = classes.with_columns(demand_class=pl.lit(str(DemandClass.INTERMITTENT)))
    scores = dict.fromkeys(LEVELS, 0.0)
    for part in days.partition_by("sku", maintain_order=True):
        units, index = part["units"].to_list(), part["weekday_index"].to_list()
        origins = range(DAYS // 2, DAYS - TOTAL_DAYS)
        totals = [sum(units[at + 1 : at + 1 + TOTAL_DAYS]) for at in origins]
        variance = sum(units) / DAYS * TOTAL_DAYS
        for method, level in LEVELS.items():
            at_origin = part.select(level).to_series().to_list()
            is_weekday = method is ForecastMethod.WEEKDAY_SES
            errors = [
                at_origin[at]
                * (sum(index[at + 1 : at + 1 + TOTAL_DAYS]) if is_weekday else TOTAL_DAYS)
                - total
                for at, total in zip(origins, totals, strict=True)
            ]
            scores[method] += sum(error**2 for error in errors) / len(errors) / variance
    least = min(scores, key=lambda method: scores[method])
    usual = USUAL[DemandClass.INTERMITTENT]
    wanted = least if scores[least] ** 0.5 < 0.98 * scores[usual] ** 0.5 else usual
    assert chosen(days, classes)[DemandClass.INTERMITTENT] == wanted


def test_the_error_is_out_of_sample_with_weekdays_too() -> None:
    """Of a pure Poisson the error of the next day is its own spread and that of the level."""
    days, _ = world(still, skus=400)
    for method in (ForecastMethod.WEEKDAY_SES, ForecastMethod.SES, ForecastMethod.MEAN):
        errors = forecasts(days, method)["daily_sd_units"]
        assert np.sqrt(np.mean(errors.to_numpy() ** 2)) >= 2.0


def test_the_weekday_index_of_a_day_does_not_know_the_day() -> None:
    days, _ = world(still, skus=3)
    plain = days.drop("weekday_index")
    at = pl.int_range(pl.len()) == 30
    other = plain.with_columns(units=pl.when(at).then(pl.col("units") + 1).otherwise("units"))
    changed = with_weekday_index(other)["weekday_index"]
    own, weekday = changed[30], plain["day"].dt.weekday() == plain["day"].dt.weekday()[30]
    same = days.filter(weekday)["weekday_index"]
    assert own == pytest.approx(days["weekday_index"][30], rel=0.01)
    assert (changed.filter(weekday) - same).abs().max() > 4 * abs(own - days["weekday_index"][30])


def test_a_weekday_that_sells_nothing_takes_nothing_away() -> None:
    def closed(_: np.random.Generator, at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.where(at % 7 == 6, 0, 70)

    days, _ = world(closed, skus=30)
    level = LEVELS[ForecastMethod.WEEKDAY_SES]
    found = days.group_by("sku").agg(level=level.last())["level"]
    assert found.min() == pytest.approx(60, rel=0.02)
    assert found.max() == pytest.approx(60, rel=0.02)
