"""The theory that safety stock rests on: the reference's rows, and laws over drawn demand.

Rows R1 to R25 are those of stockpyl 1.0.2, recomputed independently.
"""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from actions.policies import _demand_laws as laws
from actions.policies._orders import (
    critical_fractile,
    economic_order_units,
    with_cycle,
    with_service,
)
from actions.policies._safety_stock import Service, with_reorder_point

R24 = {"daily_units": 20.0, "daily_sd_units": 6.0, "lead_time_days": 7.0, "lead_time_sd_days": 2.0}
NEWSVENDOR = 0.7 / (0.7 + 0.18)


def many(*values: float) -> laws.Numbers:
    return np.array(values, dtype=float)


def point(service: str, level: float, *, cycle: float = 1.0, **demand: float) -> dict[str, Any]:
    row = {"service": service, "service_level": level, "cycle_units": cycle, **R24, **demand}
    return with_reorder_point(pl.LazyFrame([row]), review_days=0).collect().row(0, named=True)


def test_r1_the_economic_order_quantity_and_what_it_costs() -> None:
    yearly = pl.DataFrame({"demand": [1300.0], "holding": [0.225]})
    units = yearly.select(economic_order_units(8, pl.col("demand"), pl.col("holding"))).item()
    assert units == pytest.approx(304.0467800264, abs=1e-6)
    assert 8 * 1300 / units + 0.225 * units / 2 == pytest.approx(68.4105255059, abs=1e-6)


@pytest.mark.parametrize(
    ("lead_time", "stock", "cost"),
    [(1, 56.6039559274, 1.9976051932), (5, 264.7668943742, 4.4667810041)],
    ids=["R5", "R6"],
)
def test_r5_and_r6_the_newsvendors_stock_and_cost(
    lead_time: int, stock: float, cost: float
) -> None:
    fractile = pl.select(critical_fractile(pl.lit(0.7), pl.lit(0.18))).item()
    assert fractile == NEWSVENDOR
    demand = {"daily_units": 50.0, "daily_sd_units": 8.0, "lead_time_sd_days": 0.0}
    row = point("cost_ratio", fractile, lead_time_days=float(lead_time), **demand)
    assert row["reorder_point_units"] == pytest.approx(stock, abs=1e-6)
    assert newsvendor_cost(stock, 50 * lead_time, 8 * lead_time**0.5) == pytest.approx(
        cost, abs=1e-6
    )


def newsvendor_cost(
    stock: float, mean: float, sd: float, over: float = 0.18, short: float = 0.7
) -> float:
    beyond = float(laws.normal_loss(many(stock), many(mean), many(sd))[0])
    return over * (stock - mean + beyond) + short * beyond


def test_r7_the_cost_of_another_stock() -> None:
    assert newsvendor_cost(40, 50, 8) == pytest.approx(7.3561315529, abs=1e-6)


def test_r8_the_same_newsvendor_told_by_its_prices() -> None:
    # Sold at 1, bought at 0.30, 0.12 for what is left.
    fractile = pl.select(critical_fractile(pl.lit(1 - 0.3), pl.lit(0.3 - 0.12))).item()
    stock = float(laws.normal_quantile(many(fractile), many(50), many(8))[0])
    assert stock == pytest.approx(56.6039559274, abs=1e-6)
    assert 0.7 * 50 - newsvendor_cost(stock, 50, 8) == pytest.approx(33.0023948068, abs=1e-6)


@pytest.mark.parametrize(
    ("over", "short", "mean", "stock", "cost"),
    [(1, 4, 6, 8, 3.5701069458), (0.18, 0.7, 50, 56, 1.7972352118)],
)
def test_r9_the_newsvendor_of_a_poisson(
    over: float, short: float, mean: float, stock: int, cost: float
) -> None:
    sd = many(mean**0.5)
    assert laws.count_quantile(many(short / (short + over)), many(mean), sd)[0] == stock
    beyond = float(laws.count_loss(many(stock), many(mean), sd)[0])
    assert over * (stock - mean + beyond) + short * beyond == pytest.approx(cost, abs=1e-6)


def test_r23_what_is_asked_for_beyond_a_stock() -> None:
    normal = laws.normal_loss(many(0.3, 18), many(0, 15), many(1, 3))
    assert normal == pytest.approx([0.2667612421, 0.2499464118], abs=1e-6)
    counted = laws.count_loss(many(18), many(15), many(15**0.5))
    assert counted == pytest.approx([0.5176095283], abs=1e-6)


def test_r24_reorder_point_with_a_lead_time_that_varies() -> None:
    row = point("cycle", 0.95)
    assert row["lead_demand_sd_units"] == pytest.approx(43.0348695827, abs=1e-6)
    assert row["reorder_point_units"] - 140 == pytest.approx(70.7860613185, abs=1e-6)


def test_r25_reorder_point_of_a_fill_rate() -> None:
    row = point("fill_rate", 0.98, cycle=200)
    assert row["reorder_point_units"] == pytest.approx(180.5349822630, abs=1e-6)
    safety = row["reorder_point_units"] - 140
    assert safety / row["lead_demand_sd_units"] == pytest.approx(0.9419101919, abs=1e-6)


def test_a_fill_rate_is_not_a_cycle_level() -> None:
    assert point("fill_rate", 0.95, cycle=200)["reorder_point_units"] < 170
    assert point("cycle", 0.95, cycle=200)["reorder_point_units"] > 210


counts = st.lists(
    st.tuples(st.floats(0.01, 9.9), st.floats(0, 12), st.integers(0, 60), st.floats(0.5, 0.999)),
    min_size=20,
    max_size=30,
)


@given(rows=counts)
@settings(max_examples=8)
def test_counts_agree_with_scipys_distributions(
    rows: list[tuple[float, float, int, float]],
) -> None:
    mean, sd, stock, level = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    tail, quantile = laws.count_tail(stock, mean, sd), laws.count_quantile(level, mean, sd)
    loss = laws.count_loss(stock, mean, sd)
    for at, (average, spread, held, wanted) in enumerate(rows):
        law = (
            stats.nbinom(average**2 / (spread**2 - average), average / spread**2)
            if spread**2 > average * 1.001
            else stats.poisson(average)
        )
        assert tail[at] == pytest.approx(law.sf(held), abs=1e-9)
        assert law.cdf(quantile[at]) >= wanted - 1e-9
        assert quantile[at] == 0 or law.cdf(quantile[at] - 1) < wanted + 1e-9
        within = law.sf(np.arange(held)).sum()
        assert loss[at] == pytest.approx(average - within, abs=1e-6)


@given(rows=counts, share=st.floats(0.001, 0.5))
@settings(max_examples=8)
def test_the_stock_of_a_fill_rate_serves_it_and_no_less_would(
    rows: list[tuple[float, float, int, float]], share: float
) -> None:
    mean, sd, *_ = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    missing = share * mean
    stock = laws.count_stock_of_loss(missing, mean, sd)
    assert (laws.count_loss(stock, mean, sd) <= missing + 1e-9).all()
    less = laws.count_loss(np.maximum(stock - 1, 0), mean, sd)
    assert ((stock == 0) | (less > missing)).all()
    smooth = laws.normal_stock_of_loss(missing, mean, np.maximum(sd, 0.1))
    beyond = laws.normal_loss(smooth, mean, np.maximum(sd, 0.1))
    assert ((smooth == 0) | (np.abs(beyond - missing) < 1e-6)).all()


def test_a_fill_rate_of_a_few_pieces_counts_whole_ones() -> None:
    # Poisson of mean 2: 0.218 pieces beyond 3 and 0.075 beyond 4; 90 % of one piece leave 0.1.
    few = {"daily_units": 2.0, "daily_sd_units": 2**0.5, "lead_time_days": 1.0}
    row = point("fill_rate", 0.9, cycle=1, **few, lead_time_sd_days=0.0)
    assert (row["distribution"], row["reorder_point_units"]) == ("poisson", 4)
    assert point("cycle", 0.9, **few, lead_time_sd_days=0.0)["reorder_point_units"] == 4
    more = point("fill_rate", 0.9, cycle=2, **few, lead_time_sd_days=0.0)
    assert more["reorder_point_units"] == 4
    assert (
        point("fill_rate", 0.9, cycle=3, **few, lead_time_sd_days=0.0)["reorder_point_units"] == 3
    )


def served(**more: Any) -> dict[str, Any]:
    row = {
        "shop_id": "s",
        "daily_units": 10.0,
        "unit_cost_minor": 730,
        "unit_margin_minor": 380.0,
        "is_margin_estimated": False,
        **more,
    }
    frame = with_cycle(pl.LazyFrame([row]), order_days=20, order_cost_minor=None, holding_rate=0.5)
    served = with_service(frame, Service.COST_RATIO, level=0.9, holding_rate=0.5)
    return served.collect().row(0, named=True)


def test_the_cost_ratio_weighs_margin_against_holding_until_the_next_order() -> None:
    # 7.30 held at 50 % a year for 20 days costs 0.20; the margin is 3.80.
    row = served()
    assert (row["service"], row["service_level"]) == ("cost_ratio", pytest.approx(0.95))


@pytest.mark.parametrize(
    "change",
    [{"unit_cost_minor": None}, {"is_margin_estimated": True}, {"unit_margin_minor": -5.0}],
)
def test_without_a_known_margin_the_cycle_level_stands_and_is_named(change: dict[str, Any]) -> None:
    row = served(**change)
    assert (row["service"], row["service_level"]) == ("cycle", 0.9)


@pytest.mark.parametrize(
    ("cost", "units", "rule"),
    [(730, (2 * 500 * 3650 / 365) ** 0.5, "eoq"), (None, 200, "order_days")],
)
def test_the_economic_quantity_stands_where_the_cost_is_known(
    cost: int | None, units: float, rule: str
) -> None:
    frame = pl.LazyFrame(
        {"daily_units": [10.0], "unit_cost_minor": pl.Series([cost], dtype=pl.Int64)}
    )
    cycled = with_cycle(frame, order_days=20, order_cost_minor=500, holding_rate=0.5).collect()
    assert cycled["cycle_units"].item() == pytest.approx(units)
    assert cycled["quantity_rule"].item() == rule
