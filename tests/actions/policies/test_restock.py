"""What to order, how much, how urgently, and at which service level."""

import json
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
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
    state = {
        "is_discontinued": False,
        "is_shared": False,
        "is_bundle": False,
        "overdue_units": 0,
        "outlier_days": 0,
    }
    seen = {
        "event_days": 0,
        "bare_warehouse_id": None,
        "overdue_since_date": None,
        "last_sold_date": date(2026, 11, 19),
    }
    worth = {"currency": "CNY", "price_minor": 1000, "unit_cost_minor": 600}
    worth |= {"category": "tea", "discount_rate": 0.0}
    key = {"shop_id": "s", "sku_id": "A"}
    return {**key, **demand, **terms, **order, **stock, **state, **seen, **worth, **more}


def decide(params: Params | None = None, **more: Any) -> tuple[int | None, str]:
    """Order quantity and urgency, or none and why nothing is said."""
    given = stated([fact(**more)], params)
    proposed = restock.propose(**given)
    if proposed.height:
        return proposed["after_value"].item(), proposed["reason_code"].item()
    return None, restock.holds(**given)["reason_code"].item()


def stated(rows: list[dict[str, Any]], params: Params | None) -> dict[str, Any]:
    return {
        "stock": StockFact.sample(overrides=rows).lazy(),
        "params": params or Params(),
        "economics": Economics(fee_rate=0, min_margin_rate=0),
        "as_of": AS_OF,
        "time_zone": "UTC",
    }


def points(
    level: float = 0.95,
    review_days: float = 0,
    service: str = "cycle",
    cycle_units: float = 1.0,
    **more: Any,
) -> dict[str, Any]:
    asked = {"service": service, "service_level": level, "cycle_units": cycle_units}
    frame = pl.LazyFrame([fact(**more) | asked])
    return with_reorder_point(frame, review_days=review_days).collect().row(0, named=True)


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


def test_enough_on_the_way_but_late_is_held_and_asks_for_no_order() -> None:
    late: dict[str, Any] = {"inbound_units": 600, "next_inbound_date": date(2026, 11, 28)}
    assert decide(available_units=100, **late) == (None, "arrival_too_late")
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


def test_what_runs_out_is_held_where_the_minimum_is_too_large() -> None:
    short = Params(max_cover_days=8)
    assert decide(short, available_units=0, minimum_order_units=400)[1] == "minimum_too_large"


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


def ordered(rows: list[dict[str, Any]], params: Params | None = None) -> pl.DataFrame:
    return restock.propose(**stated(rows, params))


def held(rows: list[dict[str, Any]], params: Params | None = None) -> dict[str, str]:
    found = restock.holds(**stated(rows, params))
    return dict(found.select("target_id", "reason_code").iter_rows())


def numbers(more: dict[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ordered([fact(**(more or {}), **values)])["numbers"].item())
    return found


CHEAP = {"sku_id": "cheap", "available_units": 0, "price_minor": 200, "unit_cost_minor": 90}
DEAR = {"sku_id": "dear", "available_units": 100, "price_minor": 90_000, "unit_cost_minor": 40_000}
LOW = {"sku_id": "low", "available_units": 150}


def test_first_is_what_loses_most_margin_before_its_arrival_and_the_cap_cuts_in_that_order() -> (
    None
):
    rows = [fact(**LOW), fact(**CHEAP), fact(**DEAR)]
    assert ordered(rows)["target_id"].to_list() == ["dear", "cheap", "low"]
    assert ordered(rows, Params(max_proposals=2))["target_id"].to_list() == ["dear", "cheap"]
    assert held(rows, Params(max_proposals=2)) == {"low": "beyond_max_proposals"}


def test_the_margin_lost_is_what_is_short_before_the_next_arrival_times_the_margin() -> None:
    # Ten days at 20 a day against 50 in stock: 150 are missing, at 4.00 each.
    sure = {"daily_sd_units": 0.0, "available_units": 50, "next_inbound_date": date(2026, 11, 30)}
    worked_out = numbers(sure, inbound_units=20)
    assert worked_out["short_units"] == pytest.approx(150)
    assert worked_out["lost_margin_minor"] == pytest.approx(150 * 400)
    assert worked_out["stockout_rate"] == pytest.approx(1)
    assert ordered([fact(**sure, inbound_units=20)])["effect_minor"].item() == 6_000


def test_the_margin_is_the_net_receipt_of_the_skus_own_fees_and_usual_discount() -> None:
    own = {"by_category": {"tea": {"fee_rate": 0.1, "shipping_minor": 50}}}
    given = stated([fact(discount_rate=0.2)], None) | {
        "economics": Economics.model_validate({"fee_rate": 0, "min_margin_rate": 0, **own})
    }
    answer = json.loads(restock.propose(**given)["numbers"].item())
    assert answer["unit_margin_minor"] == pytest.approx(1000 * 0.8 * 0.9 - 50 - 600)


def test_without_a_cost_the_margin_is_estimated_from_the_shops_other_goods_and_says_so() -> None:
    unknown = {"sku_id": "unknown", "unit_cost_minor": None, "price_minor": 2_000}
    rows = ordered([fact(**unknown), fact(sku_id="known")])["target_id", "numbers"].rows()
    fields = {target: json.loads(text) for target, text in rows}
    assert fields["unknown"]["unit_margin_minor"] == pytest.approx(800)
    assert (fields["unknown"]["is_margin_estimated"], fields["known"]["is_margin_estimated"]) == (
        1,
        0,
    )
    assert list(fields) == ["unknown", "known"]


@pytest.mark.parametrize(
    ("available", "last"), [(100, "2026-11-20"), (150, "2026-11-20"), (180, "2026-11-22")]
)
def test_an_order_is_to_be_placed_while_it_still_arrives_before_the_shelf_is_empty(
    available: int, last: str
) -> None:
    assert numbers(available_units=available)["order_by_date"] == last


def test_a_budget_goes_to_what_loses_most_and_the_rest_is_held() -> None:
    rows = [fact(**LOW), fact(**CHEAP), fact(**DEAR)]
    # 412 pieces at 400.00, then 512 at 0.90.
    exact = 412 * 40_000 + 512 * 90
    assert ordered(rows, Params(max_budget_minor=exact))["target_id"].to_list() == ["dear", "cheap"]
    assert held(rows, Params(max_budget_minor=exact)) == {"low": "beyond_budget"}
    rows.append(fact(sku_id="free", unit_cost_minor=None))
    assert held(rows, Params(max_budget_minor=exact))["free"] == "cost_unknown"


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "available_units": st.integers(-50, 3_000),
                "inbound_units": st.integers(0, 400),
                "overdue_units": st.integers(0, 9),
                "minimum_order_units": st.integers(0, 2_000),
                "case_pack_units": st.integers(1, 500),
                "daily_units": st.none() | st.floats(0, 40),
                "lead_time_days": st.none() | st.floats(0, 60),
                "is_discontinued": st.booleans(),
                "unit_cost_minor": st.none() | st.integers(1, 900),
            }
        ),
        min_size=20,
        max_size=60,
    )
)
@settings(max_examples=20)
def test_every_sku_is_ordered_or_held_and_no_order_is_of_nothing(
    rows: list[dict[str, Any]],
) -> None:
    facts = [fact(**row, sku_id=f"{number}") for number, row in enumerate(rows)]
    params = Params(max_proposals=3, max_budget_minor=50_000)
    orders, holds = ordered(facts, params), held(facts, params)
    assert {*orders["target_id"], *holds} == {str(number) for number in range(len(rows))}
    assert orders.height + len(holds) == len(rows)
    assert all(units > 0 for units in orders["after_value"])
    assert orders.height <= 3


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"is_bundle": True, "is_discontinued": True, "available_units": 0}, "is_bundle"),
        ({"is_discontinued": True}, "discontinued"),
        ({"is_shared": True}, "shared_code"),
        ({"available_units": None}, "stock_unknown"),
        ({"daily_units": 0.0, "daily_sd_units": 0.0, "outlier_days": 1}, "unusual_sales_only"),
        ({"available_units": 2_401}, "overstock"),
        ({"available_units": 400, "overdue_units": 5}, "arrival_overdue"),
        ({"available_units": 400}, "enough"),
        ({"available_units": 400, "bare_warehouse_id": "w"}, "move_before_buying"),
        ({"last_sold_date": date(2026, 8, 21)}, "dead_stock"),
        ({"last_sold_date": date(2026, 8, 22)}, None),
        ({"last_sold_date": date(2026, 8, 21), "available_units": 0}, None),
    ],
)
def test_what_is_not_ordered_says_why(change: dict[str, Any], why: str | None) -> None:
    order, reported = decide(**change)
    assert reported == why if why else order is not None


def test_an_overdue_order_that_is_no_longer_counted_on_is_told_with_the_new_order() -> None:
    late = {"overdue_units": 40, "overdue_since_date": date(2026, 11, 1), "available_units": 150}
    worked_out = numbers(late)
    assert (worked_out["overdue_units"], worked_out["overdue_since_date"]) == (40, "2026-11-01")


@pytest.mark.parametrize(("inbound", "order"), [(391, 21), (392, None)])
def test_an_order_of_less_than_a_day_of_demand_is_not_worth_it(
    inbound: int, order: int | None
) -> None:
    late = date(2026, 11, 28)
    assert decide(available_units=100, inbound_units=inbound, next_inbound_date=late)[0] == order
