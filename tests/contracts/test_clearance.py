"""What clears, by how much, and how low it may go."""

import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.clearance import Clearance, ClearanceStep, clearing, cover_days
from contracts.economics import Economics

# Of a price 90 % are left; with 10 % of margin the floor of a cost of 800 is 1000, even is 889.
ECONOMICS = Economics(fee_rate=0.1, min_margin_rate=0.1)
STEPS = (
    ClearanceStep(min_age_days=90, min_cover_days=60, off_rate=0.1),
    ClearanceStep(min_age_days=180, min_cover_days=120, off_rate=0.25),
)
FACT: dict[str, Any] = {
    "sku_id": "A", "category": None, "discount_rate": 0.0, "price_minor": 1200,
    "anchor_minor": 1200, "low_anchor_minor": 1200, "unit_cost_minor": 800, "age_days": 200.0,
    "available_units": 300, "cover_days": 150.0, "has_demand": True, "elasticity": None,
}  # fmt: skip
SCHEMA = {
    "category": pl.String, "anchor_minor": pl.Int64, "available_units": pl.Int64,
    "unit_cost_minor": pl.Int64, "cover_days": pl.Float64, "has_demand": pl.Boolean,
    "elasticity": pl.Float64, "age_days": pl.Float64,
}  # fmt: skip


def told(clearance: Clearance | None = None, **fact: Any) -> dict[str, Any]:
    frame = pl.DataFrame([{**FACT, **fact}], schema_overrides=SCHEMA)
    asked = clearing(clearance or Clearance(steps=STEPS), ECONOMICS)
    return frame.select(**asked, cover=cover_days()).row(0, named=True)


@pytest.mark.parametrize(
    ("fact", "off"),
    [
        ({}, 0.25),
        ({"age_days": 179.9}, 0.1),
        ({"cover_days": 119.9}, 0.1),
        ({"age_days": 89.9}, None),
        ({"cover_days": 59.9}, None),
        ({"has_demand": False, "cover_days": None}, 0.25),  # none sold: it lasts for ever
        ({"has_demand": False, "cover_days": None, "available_units": 0}, None),
        ({"has_demand": None, "cover_days": None}, None),
        ({"available_units": None, "cover_days": None}, None),
        ({"available_units": None, "cover_days": None, "has_demand": False}, None),
        ({"age_days": None}, None),
        ({"anchor_minor": None}, None),
    ],
)
def test_the_deepest_step_that_age_and_cover_reach_counts(
    fact: dict[str, Any], off: float | None
) -> None:
    found = told(**fact)
    assert found["clearance_off_rate"] == off
    # 25 % off 12.00 is below 8.89, what a piece has to bring in.
    assert found["clearance_minor"] == {0.25: 900, 0.1: 1080, None: None}[off]


def test_its_own_floor_is_where_a_sale_loses_nothing_unless_the_merchant_says_else() -> None:
    deep = (ClearanceStep(min_age_days=0, min_cover_days=1, off_rate=0.9),)
    found = {
        margin: told(Clearance(steps=deep, margin_rate=margin))["clearance_minor"]
        for margin in (0.0, 0.05, 0.1, -0.1)
    }
    assert found == {0.0: 889, 0.05: 942, 0.1: 1000, -0.1: 800}
    bound = Clearance(steps=deep, margin_rate=-0.5)
    assert told(bound.losing_at_most(0.1))["clearance_minor"] == 800
    assert told(bound.losing_at_most(0.0))["clearance_minor"] == 889
    assert told(Clearance(steps=deep, margin_rate=0.05).losing_at_most(0.3)) == told(
        Clearance(steps=deep, margin_rate=0.05)
    )


def test_what_sells_twice_as_fast_for_its_own_cut_still_clears() -> None:
    """At 9.00 instead of 12.00 it sells 1.78 times as much: 70 days are 124 at the full price."""
    found = told(price_minor=900, cover_days=70.0)
    assert found["clears"]
    assert found["clearance_off_rate"] == 0.1  # no further cut than cover in fact asks for
    assert told(price_minor=900, cover_days=40.0)["clears"]  # 71 at the full price
    assert not told(price_minor=900, cover_days=33.0)["clears"]  # 59
    assert told(price_minor=900, cover_days=33.0, elasticity=-3.0)["clears"]  # 78
    assert not told(price_minor=900, cover_days=40.0, low_anchor_minor=900)["clears"]
    assert not told(price_minor=900, cover_days=0.0)["clears"]


def test_of_unknown_cover_nothing_is_cut_and_what_is_old_enough_waits() -> None:
    unknown = {"available_units": None, "cover_days": None}
    assert told(**unknown)["clears"]
    assert not told(**unknown, age_days=30.0)["clears"]
    assert not told(Clearance(), **unknown)["clears"]
    assert told(has_demand=False)["cover"] == math.inf


@given(
    age=st.floats(0, 400),
    covers=st.tuples(st.floats(0, 400), st.floats(0, 400)),
    price=st.integers(1, 3000),
    cost=st.integers(1, 2000),
    margin=st.sampled_from([-0.2, 0.0, 0.05, 0.3]),
)
def test_more_cover_never_means_a_higher_price_and_no_price_is_below_the_clearance_floor(
    age: float, covers: tuple[float, float], price: int, cost: int, margin: float
) -> None:
    shared = {"age_days": age, "price_minor": price, "unit_cost_minor": cost}
    clearance = Clearance(steps=STEPS, margin_rate=margin)
    short, long = (told(clearance, **shared, cover_days=one) for one in sorted(covers))
    assert short["clears"] <= long["clears"]
    if short["clearance_minor"] is not None:
        assert long["clearance_minor"] <= short["clearance_minor"]
    for one in (short, long):
        if one["clearance_minor"] is not None:
            assert one["clearance_minor"] * (0.9 - margin) >= cost - 1e-3
            assert one["clears"]
