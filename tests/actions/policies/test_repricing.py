"""Follow the competitor, inside the bounds, and say which bound bit."""

import json
from datetime import UTC, datetime
from typing import Any

import dataframely as dy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.policies import repricing
from actions.policies.repricing import Bounds, Params
from contracts.actions import Proposal
from contracts.economics import Economics
from contracts.tables import PriceFact

AS_OF = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
FREE = Economics(fee_rate=0, min_margin_rate=0)
WIDE: dict[str, Any] = {"bounds": {"A": Bounds(min_minor=1, max_minor=10**9)}, "max_step_rate": 0.5}


def fact(**more: Any) -> dict[str, Any]:
    row = {"shop_id": "s", "listing_id": "L", "product_id": "P", "sku_id": "A", "currency": "USD"}
    money: dict[str, Any] = {
        "price_minor": 1000,
        "unit_cost_minor": 100,
        "rival_minor": 900,
        "rivals_units": 2,
    }
    money |= {"cost_currency": "USD"}
    none = {"list_price_minor": None, "median_28d_minor": None}
    return {**row, **money, **none, "daily_units": 2.0, **more}


def stated(rows: list[dict[str, Any]], params: Params, economics: Economics) -> dict[str, Any]:
    prices = PriceFact.sample(overrides=rows).lazy()
    more = {"economics": economics, "as_of": AS_OF, "time_zone": "UTC"}
    return {"prices": prices, "params": params, **more}


def propose(
    row: dict[str, Any], params: Params, economics: Economics = FREE
) -> dy.DataFrame[Proposal]:
    return repricing.propose(**stated([row], params, economics))


def decide(
    row: dict[str, Any], params: Params, economics: Economics = FREE
) -> tuple[int | None, str]:
    """The new price and its reason, or none and why the price is left alone."""
    proposed = propose(row, params, economics)
    if proposed.height:
        return proposed["after_value"].item(), proposed["reason_code"].item()
    return None, repricing.holds(**stated([row], params, economics))["reason_code"].item()


def test_p7_beating_the_lowest_by_50_follows_it_up() -> None:
    params = Params(rule="beat", by_minor=50, **WIDE)
    assert decide(fact(price_minor=1950, rival_minor=2200), params) == (2150, "beat_rival")


def test_p8_the_minimum_holds_against_a_rival_below_it() -> None:
    bounds = {"A": Bounds(min_minor=2000, max_minor=3000)}
    params = Params(rule="beat", by_minor=10, bounds=bounds, max_step_rate=0.5)
    row = fact(price_minor=2500, rival_minor=1900)
    assert decide(row, params) == (2000, "held_at_min")


def test_p10_an_external_price_of_16_beaten_by_20_cents_is_15_80() -> None:
    params = Params(rule="beat", by_minor=20, **WIDE)
    assert decide(fact(price_minor=1480, rival_minor=1600), params) == (1580, "beat_rival")


def test_p11_alone_on_the_listing_the_price_stays() -> None:
    row = fact(rival_minor=None, rivals_units=0, rival_observed_at=None)
    assert decide(row, Params(**WIDE)) == (None, "alone")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (Params(rule="match", **WIDE), (900, "match_rival")),
        (Params(rule="beat", by_rate=0.1, **WIDE), (810, "beat_rival")),
        (Params(rule="above", by_minor=30, **WIDE), (930, "stay_above_rival")),
        (Params(rule="above", by_rate=0.2, by_minor=30, **WIDE), (1110, "stay_above_rival")),
        (Params(rule="match", min_rivals=3, **WIDE), (None, "too_few_rivals")),
    ],
)
def test_rules(params: Params, expected: tuple[int | None, str]) -> None:
    assert decide(fact(), params) == expected


def test_no_minimum_and_maximum_no_repricing() -> None:
    assert decide(fact(median_28d_minor=1000), Params()) == (None, "no_bounds")
    assert decide(fact(median_28d_minor=1000), Params(min_factor=0.5)) == (None, "no_bounds")
    both = Params(min_factor=0.5, max_factor=2, max_step_rate=0.5)
    assert decide(fact(), both) == (None, "no_bounds")
    assert decide(fact(median_28d_minor=1000), both) == (900, "match_rival")


def test_the_list_price_goes_before_the_median_that_drifts_with_our_own_cuts() -> None:
    params = Params(min_factor=0.95, max_factor=1.2, max_step_rate=0.5)
    assert decide(fact(list_price_minor=1000, median_28d_minor=800), params)[0] == 950


def test_the_margin_floor_goes_before_the_minimum() -> None:
    economics = Economics(fee_rate=0.1, min_margin_rate=0.1)
    row = fact(unit_cost_minor=760)
    assert decide(row, Params(**WIDE), economics) == (950, "held_at_floor")


def test_map_below_the_floor_yields_to_the_floor_and_above_it_binds() -> None:
    def params(minimum_by_contract: int) -> Params:
        bounds = Bounds(min_minor=1, max_minor=9999, map_minor=minimum_by_contract)
        return Params(bounds={"A": bounds}, max_step_rate=0.5)

    row = fact(unit_cost_minor=950)
    assert decide(row, params(940)) == (950, "held_at_floor")
    assert decide(row, params(960)) == (960, "held_at_map")


def test_bounds_that_exclude_each_other_hold_the_price() -> None:
    params = Params(bounds={"A": Bounds(min_minor=500, max_minor=700)}, max_step_rate=0.5)
    assert decide(fact(unit_cost_minor=800), params) == (None, "bounds_disagree")


def test_one_step_goes_no_further_than_it_may_from_the_price_in_force() -> None:
    bounds = {"A": Bounds(min_minor=1, max_minor=9999)}
    params = Params(bounds=bounds)
    assert decide(fact(rival_minor=700), params) == (950, "limited_step")
    assert decide(fact(rival_minor=1500), params) == (1050, "limited_step")


def test_bounds_out_of_reach_of_one_step_hold_the_price() -> None:
    params = Params(bounds={"A": Bounds(min_minor=1200, max_minor=1500)})
    assert decide(fact(), params) == (None, "step_too_small")


def test_the_maximum_holds_against_a_rival_above_it() -> None:
    params = Params(bounds={"A": Bounds(min_minor=500, max_minor=1040)})
    assert decide(fact(rival_minor=1300), params) == (1040, "held_at_max")


@pytest.mark.parametrize(("rival", "after"), [(991, None), (990, 990), (1009, None), (1010, 1010)])
def test_less_than_one_percent_is_not_worth_a_write(rival: int, after: int | None) -> None:
    assert decide(fact(rival_minor=rival), Params(**WIDE))[0] == after


def test_prices_end_as_the_shop_wants_and_beating_stays_below() -> None:
    economics = FREE.model_copy(update={"price_step_minor": 100, "price_ending_minor": 99})
    assert decide(fact(price_minor=1299, rival_minor=1150), Params(**WIDE), economics)[0] == 1099
    above = Params(rule="above", **WIDE)
    assert decide(fact(price_minor=1299, rival_minor=1050), above, economics)[0] == 1099


def test_fees_that_eat_the_price_hold_everything() -> None:
    economics = Economics(fee_rate=0.6, min_margin_rate=0.4)
    assert decide(fact(), Params(**WIDE), economics) == (None, "fees_exceed_price")


@pytest.mark.parametrize(
    ("cost", "currency"), [(None, None), (None, "USD"), (100, "CNY"), (99_999, "CNY")]
)
def test_without_a_usable_cost_the_guard_gets_a_proposal_to_refuse(
    cost: int | None, currency: str | None
) -> None:
    row = fact(unit_cost_minor=cost, cost_currency=currency)
    numbers = json.loads(propose(row, Params(**WIDE))["numbers"].item())
    assert (numbers["unit_cost_minor"], numbers["floor_minor"]) == (cost, None)


def test_the_effect_is_margin_per_day_at_constant_demand() -> None:
    economics = Economics(fee_rate=0.1, min_margin_rate=0)
    proposed = propose(fact(daily_units=2.5), Params(**WIDE), economics)
    assert proposed["effect_minor"].item() == -225  # 100 less, 90 % of it ours, 2.5 a day
    unknown = propose(fact(daily_units=None), Params(**WIDE), economics)
    assert unknown["effect_minor"].item() is None
    assert unknown["units_at_risk"].item() == 0


def test_a_capped_run_takes_the_largest_effects_of_each_shop() -> None:
    rows = [
        fact(listing_id=f"{shop}{daily}", shop_id=shop, daily_units=float(daily))
        for shop in "st"
        for daily in (1, 5, 3)
    ]
    params = Params(max_proposals=2, **WIDE)
    proposed = repricing.propose(**stated(rows, params, FREE))
    assert sorted(proposed["target_id"]) == ["s3", "s5", "t3", "t5"]


def test_a_day_of_25_hours_is_one_window() -> None:
    arguments = stated([fact()], Params(**WIDE), FREE)
    autumn = datetime(2026, 11, 1, 12, tzinfo=UTC)
    proposed = repricing.propose(
        **arguments | {"as_of": autumn, "time_zone": "America/New_York"}
    ).row(0, named=True)
    assert proposed["window_start"] == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert proposed["expires_at"] == datetime(2026, 11, 2, 5, tzinfo=UTC)


@given(
    price=st.integers(500, 2000),
    rival=st.integers(500, 2000),
    cost=st.none() | st.integers(1, 1500),
    minimum=st.integers(1, 1500),
    width=st.integers(0, 2000),
    step=st.sampled_from([1, 5, 100]),
    rule=st.sampled_from(["match", "beat", "above"]),
)
def test_whatever_the_competitor_does_no_proposal_leaves_the_bounds(
    price: int, rival: int, cost: int | None, minimum: int, width: int, step: int, rule: Any
) -> None:
    economics = Economics(fee_rate=0.1, min_margin_rate=0.1, price_step_minor=step)
    bounds = Bounds(min_minor=minimum, max_minor=minimum + width)
    params = Params(rule=rule, by_rate=0.03, bounds={"A": bounds})
    row = fact(price_minor=price, rival_minor=rival, unit_cost_minor=cost)
    proposed = propose(row, params, economics)
    if proposed.is_empty():
        return
    after = proposed["after_value"].item()
    assert minimum <= after <= minimum + width
    assert abs(after - price) <= 0.05 * price + 1e-6
    assert after % step == 0
    assert cost is None or after * 0.8 >= cost - 1e-3
