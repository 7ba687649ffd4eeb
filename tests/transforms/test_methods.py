"""Which forecast a class of SKUs gets: the one that erred least over a lead time, out of sample."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.codes import DemandClass, ForecastMethod
from transforms.demand import JudgedDays, days_to_judge_by
from transforms.forecasts import demand_class
from transforms.methods import LEVELS, TOTAL_DAYS, USUAL, chosen, forecasts
from transforms.seasons import shop_weekdays, weekday_index

DAYS = 56
FIRST = date(2026, 10, 5)  # a Monday
EPOCH = date(1970, 1, 1).toordinal()
Draw = Callable[[np.random.Generator, npt.NDArray[np.int64]], npt.NDArray[np.int64]]


def judged(units: npt.NDArray[np.int64]) -> JudgedDays:
    """Days of SKUs; `units` has a row per SKU and a column per day."""
    skus, days = units.shape
    return JudgedDays(
        np.arange(skus, dtype=np.uint32),
        np.full(skus, days),
        np.tile((np.arange(days, dtype=np.int32) + FIRST.toordinal() - EPOCH)[:, None], skus),
        units.T.astype(float),
    )


def world(draw: Draw, skus: int = 60) -> JudgedDays:
    """Days of so many SKUs; `draw` gives a SKU's pieces by day."""
    rng = np.random.default_rng(5)
    return judged(np.stack([draw(rng, np.arange(DAYS)) for _ in range(skus)]))


def best(draw: Draw, skus: int = 60) -> str:
    days = world(draw, skus)
    classes = demand_class(days.units, days.counts)
    kinds, times = np.unique(classes, return_counts=True)
    return chosen(days, classes, shop_weekdays(days))[DemandClass(kinds[times.argmax()])]


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
    days = world(seldom, skus=12)
    classes = np.full(12, str(DemandClass.INTERMITTENT))
    weekdays = weekday_index(days, shop_weekdays(days))
    scores = dict.fromkeys(LEVELS, 0.0)
    for sku in range(12):
        units, index = days.units[:, [sku]], weekdays[:, [sku]]
        origins = range(DAYS // 2, DAYS - TOTAL_DAYS)
        totals = [sum(units[at + 1 : at + 1 + TOTAL_DAYS, 0]) for at in origins]
        variance = sum(units[:, 0]) / DAYS * TOTAL_DAYS
        for method, level in LEVELS.items():
            at_origin = level(units, index)[:, 0]
            is_weekday = method is ForecastMethod.WEEKDAY_SES
            errors = [
                at_origin[at]
                * (sum(index[at + 1 : at + 1 + TOTAL_DAYS, 0]) if is_weekday else TOTAL_DAYS)
                - total
                for at, total in zip(origins, totals, strict=True)
            ]
            scores[method] += sum(error**2 for error in errors) / len(errors) / variance
    least = min(scores, key=lambda method: scores[method])
    usual = USUAL[DemandClass.INTERMITTENT]
    wanted = least if scores[least] ** 0.5 < 0.98 * scores[usual] ** 0.5 else usual
    assert chosen(days, classes, shop_weekdays(days))[DemandClass.INTERMITTENT] == wanted


def test_the_error_is_out_of_sample_with_weekdays_too() -> None:
    """Of a pure Poisson the error of the next day is its own spread and that of the level."""
    days = world(still, skus=400)
    for method in (ForecastMethod.WEEKDAY_SES, ForecastMethod.SES, ForecastMethod.MEAN):
        _, errors = forecasts(days, method, shop_weekdays(days))
        assert np.sqrt(np.mean(errors**2)) >= 2.0


def test_the_weekday_index_of_a_day_does_not_know_the_day() -> None:
    days = world(still, skus=3)
    units = days.units.T.astype(np.int64)
    units[0, 30] += 1
    changed = judged(units)
    was, now = (weekday_index(each, shop_weekdays(each))[:, 0] for each in (days, changed))
    same = np.arange(DAYS) % 7 == 30 % 7
    assert now[30] == pytest.approx(was[30], rel=0.01)
    assert np.abs(now - was)[same].max() > 4 * abs(now[30] - was[30])


def test_a_weekday_that_sells_nothing_takes_nothing_away() -> None:
    def closed(_: np.random.Generator, at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.where(at % 7 == 6, 0, 70)

    days = world(closed, skus=30)
    found, _ = forecasts(days, ForecastMethod.WEEKDAY_SES, shop_weekdays(days))
    assert found == pytest.approx(np.full(30, 60), rel=0.02)


def plain_days(
    sold: dict[tuple[int, int], int], lost: set[tuple[int, int]], window: int
) -> dict[int, list[tuple[int, int]]]:
    """Days to judge by, from the definition: (days ago, pieces) by SKU."""
    found = {}
    for sku in {sku for sku, _ in sold}:
        told = [ago for ago in range(4 * window - 1, -1, -1) if (sku, ago) not in lost]
        last = [ago for ago in told if ago < window]
        is_scarce = len(last) < 7
        days = told[-window:] if is_scarce else last
        sells = is_scarce or any((sku, ago) in sold for ago in range(window))
        if sells and len(days) >= 7:
            found[sku] = [(ago, sold.get((sku, ago), 0)) for ago in days]
    return found


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_days_to_judge_by_are_those_of_the_definition(data: st.DataObject) -> None:
    window = 9
    ago = st.tuples(st.integers(0, 4), st.integers(0, 4 * window - 1))
    sold = data.draw(st.dictionaries(ago, st.integers(1, 30), max_size=40))
    spans = data.draw(st.lists(st.tuples(ago, st.integers(0, 30)), max_size=8))
    lost = {(sku, at) for (sku, first), days in spans for at in range(first, first + days)}
    until = date(2026, 11, 28)
    rows = [(sku, until - timedelta(days=at), units) for (sku, at), units in sold.items()]
    out = [(sku, until - timedelta(days=at)) for sku, at in lost]
    schema = {"sku": pl.UInt32, "day": pl.Date, "units": pl.Int64}
    judged = days_to_judge_by(
        pl.DataFrame(rows, schema=schema, orient="row"),
        pl.DataFrame(out, schema={"sku": pl.UInt32, "day": pl.Date}, orient="row"),
        until=until,
        window_days=window,
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for sku, day, units in judged.frame().rows():
        found.setdefault(sku, []).append(((until - day).days, int(units)))
    assert found == plain_days(sold, lost, window)
    assert judged.skus.tolist() == sorted(found)
