"""What a cycle level of 95 % serves on real demand: the reference's backtest on 2,509 car parts.

Reviewed monthly, a month of lead time, what is short is lost; the last 12 of 51 months. The
reference measured it to show that a cycle level is not a fill rate.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from actions.policies import _demand_laws as laws
from transforms.forecasts import sba, ses

CARPARTS = Path(__file__).parents[4] / "shared/data/carparts/carparts_wide.csv"
PROTECTED_MONTHS = 2
FIRST, LAST = 39, 51
Stock = Callable[[laws.Numbers, laws.Numbers, laws.Numbers], laws.Numbers]


def whole(level: laws.Numbers, mean: laws.Numbers, sd: laws.Numbers) -> laws.Numbers:
    return np.maximum(np.ceil(laws.normal_quantile(level, mean, sd)), 0)


def poisson(level: laws.Numbers, mean: laws.Numbers, sd: laws.Numbers) -> laws.Numbers:
    return laws.count_quantile(level, mean, np.zeros_like(sd))


@pytest.fixture(scope="module")
def months() -> laws.Numbers:
    """Pieces by part and month."""
    if not CARPARTS.exists():
        pytest.skip("the demand of car parts lies outside the repository")
    wide = pl.read_csv(CARPARTS, infer_schema_length=None).drop_nulls().drop("part")
    return wide.to_numpy().astype(float)


def served(months: laws.Numbers, level: laws.Numbers, stock: Stock) -> tuple[float, float, float]:
    """Fill rate, cycles without a stock-out, pieces on hand at the end of a month."""
    parts = len(months)
    service, held, ordered = np.full(parts, 0.95), None, np.zeros(parts)
    short = asked = full = left = 0.0
    for month in range(FIRST, LAST):
        errors = months[:, 1:month] - level[:, : month - 1]
        sd = np.sqrt((errors**2).mean(axis=1) * PROTECTED_MONTHS)
        up_to = stock(service, level[:, month - 1] * PROTECTED_MONTHS, sd)
        held = up_to.copy() if held is None else held + ordered
        ordered = np.maximum(up_to - held, 0)
        demand = months[:, month]
        missing = np.maximum(demand - held, 0)
        held = np.maximum(held - demand, 0)
        short, asked = short + missing.sum(), asked + demand.sum()
        full, left = full + (missing == 0).sum(), left + held.sum()
    cycles = parts * (LAST - FIRST)
    return 1 - short / asked, full / cycles, left / cycles


@pytest.mark.parametrize(
    ("forecast", "stock", "fill", "cycle", "on_hand"),
    [
        (ses, whole, 0.889, 0.980, 3.34),
        (ses, laws.count_quantile, 0.873, 0.976, 3.07),
        (ses, poisson, 0.825, 0.968, 2.18),
        (sba, whole, 0.850, 0.973, 3.39),
    ],
    ids=["SES normal", "SES negative binomial", "SES Poisson", "SBA normal"],
)
def test_a_cycle_level_serves_what_the_reference_measured(
    months: laws.Numbers,
    forecast: Callable[[laws.Numbers, float], laws.Numbers],
    stock: Stock,
    fill: float,
    cycle: float,
    on_hand: float,
) -> None:
    found = served(months, forecast(months.T, 0.1).T, stock)
    assert found[:2] == pytest.approx((fill, cycle), abs=5e-4)
    assert found[2] == pytest.approx(on_hand, abs=5e-3)
