"""What to order, how much, how urgently, and at which service level."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.policies import restock
from actions.policies._safety_stock import with_reorder_point
from actions.policies.restock import Params
from contracts.economics import Economics
from contracts.tables import StockFact

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)


def fact(**more: Any) -> dict[str, Any]:
    demand = {"daily_units": 20.0, "daily_sd_units": 6.0, "sold_units": 560}
    terms = {"lead_time_days": 7.0, "lead_time_sd_days": 2.0}
    order = {"minimum_order_units": 0, "case_pack_units": 1}
    stock = {"available_units": 100, "inbound_units": 0, "next_inbound_date": None}
    return {"shop_id": "s", "sku_id": "A", **demand, **terms, **order, **stock, **more}


def decide(params: Params | None = None, **more: Any) -> tuple[int | None, str]:
    """Order quantity and urgency, or none and why nothing is said."""
    stated: dict[str, Any] = {
        "stock": StockFact.sample(overrides=[fact(**more)]).lazy(),
        "params": params or Params(),
        "economics": Economics(fee_rate=0, min_margin_rate=0),
        "as_of": AS_OF,
        "time_zone": "UTC",
    }
    proposed = restock.propose(**stated)
    if proposed.height:
        return proposed["after_value"].item(), proposed["reason_code"].item()
    return None, restock.holds(**stated)["reason_code"].item()


def points(level: float = 0.95, review_days: float = 0, **more: Any) -> dict[str, Any]:
    frame = pl.LazyFrame([fact(**more)])
    with_point = with_reorder_point(frame, service_level=level, review_days=review_days)
    return with_point.collect().row(0, named=True)


def test_r24_reorder_point_with_a_lead_time_that_varies() -> None:
    row = points()
    assert row["lead_demand_sd_units"] == pytest.approx(43.0348695827, abs=1e-6)
    assert row["reorder_point_units"] == pytest.approx(210.7860613185, abs=1e-6)
    assert row["distribution"] == "normal"


@pytest.mark.parametrize(
    ("daily", "level", "expected"),
    [(6.0, 0.8, 8), (6.0, 0.95, 10), (1.0, 0.95, 3), (0.05, 0.95, 0), (0.05, 0.96, 1)],
)
def test_few_pieces_follow_a_poisson(daily: float, level: float, expected: int) -> None:
    # R9 of the reference: mean 6 at a critical ratio of 0.8 is 8 pieces.
    row = points(
        level, daily_units=daily, daily_sd_units=daily**0.5, lead_time_days=1, lead_time_sd_days=0
    )
    assert (row["distribution"], row["reorder_point_units"]) == ("poisson", expected)


def test_few_pieces_with_a_wide_spread_follow_a_negative_binomial() -> None:
    # Size 4 and chance 1/2: P(X <= 8) = 0.927, P(X <= 9) = 0.954.
    row = points(daily_units=4.0, daily_sd_units=8**0.5, lead_time_days=1, lead_time_sd_days=0)
    assert (row["distribution"], row["reorder_point_units"]) == ("negative_binomial", 9)


@given(
    daily=st.floats(0.001, 9),
    sd=st.floats(0, 30),
    level=st.sampled_from([0.5, 0.9, 0.99, 0.999]),
)
def test_the_discrete_point_is_within_what_any_distribution_allows(
    daily: float, sd: float, level: float
) -> None:
    row = points(level, daily_units=daily, daily_sd_units=sd, lead_time_days=1, lead_time_sd_days=0)
    spread = max(sd, daily**0.5) * 1.001
    assert 0 <= row["reorder_point_units"] <= daily + spread * (level / (1 - level)) ** 0.5 + 1


@pytest.mark.parametrize(("available", "alerts"), [(232, False), (231, True)])
def test_alert_only_below_the_reorder_point(available: int, alerts: bool) -> None:
    # A daily review adds a day: 160 + 1.6449 x sqrt(8 x 36 + 20² x 4) = 231.48.
    order, why = decide(available_units=available)
    assert (order is not None) is alerts
    assert why == ("below_reorder_point" if alerts else "enough")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"available_units": 0}, (512, "stockout_now")),
        ({"available_units": -8}, (520, "stockout_now")),
        ({"available_units": 100}, (412, "before_next_arrival")),
        ({"available_units": 150}, (362, "below_reorder_point")),
        ({"available_units": 150, "inbound_units": 60}, (302, "below_reorder_point")),
        ({"available_units": 150, "inbound_units": 100}, (None, "enough")),
    ],
)
def test_urgency_and_order_up_to(change: dict[str, Any], expected: tuple[int | None, str]) -> None:
    # Order up to 231.48 + 14 days x 20 = 511.48, in whole pieces.
    assert decide(**change) == expected


def test_enough_on_the_way_but_late_asks_to_hasten_and_not_to_order() -> None:
    late: dict[str, Any] = {"inbound_units": 600, "next_inbound_date": date(2026, 11, 28)}
    assert decide(available_units=100, **late) == (0, "before_next_arrival")
    on_time: dict[str, Any] = {"inbound_units": 600, "next_inbound_date": date(2026, 11, 24)}
    assert decide(available_units=100, **on_time) == (None, "enough")


@pytest.mark.parametrize(
    ("minimum", "case", "order"), [(0, 1, 362), (500, 1, 500), (0, 24, 384), (500, 24, 504)]
)
def test_orders_are_whole_cases_and_at_least_the_minimum(
    minimum: int, case: int, order: int
) -> None:
    terms: dict[str, Any] = {"minimum_order_units": minimum, "case_pack_units": case}
    assert decide(available_units=150, **terms)[0] == order


def test_the_cover_cap_cuts_an_order_and_refuses_a_minimum_beyond_it() -> None:
    # 20 a day x (7 days of lead time + 8) = 300 pieces at most.
    short = Params(max_cover_days=8)
    assert decide(short, available_units=150) == (150, "below_reorder_point")
    assert decide(short, available_units=150, case_pack_units=100) == (100, "below_reorder_point")
    assert decide(short, available_units=150, minimum_order_units=151)[1] == "minimum_too_large"


def test_what_runs_out_is_told_even_if_the_minimum_is_too_large() -> None:
    short = Params(max_cover_days=8)
    assert decide(short, available_units=0, minimum_order_units=400) == (0, "stockout_now")


def test_stock_that_covers_more_than_the_cap_is_not_added_to() -> None:
    jumpy: dict[str, Any] = {"daily_units": 1.0, "daily_sd_units": 40.0, "available_units": 30}
    assert decide(Params(max_cover_days=10), **jumpy)[1] == "cover_is_full"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"daily_units": None}, "demand_unknown"),
        ({"daily_units": 0.0, "daily_sd_units": 0.0, "available_units": 0}, "no_demand"),
        ({"lead_time_days": None, "lead_time_sd_days": None}, "lead_time_unknown"),
    ],
)
def test_what_is_unknown_is_told_and_never_guessed(change: dict[str, Any], why: str) -> None:
    assert decide(**change) == (None, why)


def test_a_stated_default_lead_time_stands_in_for_missing_terms() -> None:
    missing: dict[str, Any] = {"lead_time_days": None, "lead_time_sd_days": None}
    assert decide(Params(default_lead_time_days=7), **missing)[1] == "before_next_arrival"


def test_the_most_urgent_come_first_when_a_run_is_capped() -> None:
    rows = [
        fact(sku_id="late", available_units=100),
        fact(sku_id="low", available_units=150),
        fact(sku_id="out", available_units=0),
    ]
    proposed = restock.propose(
        stock=StockFact.sample(overrides=rows).lazy(),
        params=Params(max_proposals=2),
        economics=Economics(fee_rate=0, min_margin_rate=0),
        as_of=AS_OF,
        time_zone="UTC",
    )
    assert proposed["target_id"].to_list() == ["out", "late"]


@pytest.mark.parametrize(("inbound", "order"), [(391, 21), (392, 0)])
def test_an_order_of_less_than_a_day_of_demand_is_not_worth_it(inbound: int, order: int) -> None:
    late = date(2026, 11, 28)
    assert decide(available_units=100, inbound_units=inbound, next_inbound_date=late)[0] == order
