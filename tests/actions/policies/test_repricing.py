"""Follow the competitor, inside the bounds, and say which bound bit."""

import json
from datetime import UTC, datetime, time
from typing import Any

import pytest

from actions.policies import repricing
from actions.policies.repricing import Bounds, Params
from contracts.economics import Economics
from tests.actions.policies.priced_listings import (
    FREE,
    WIDE,
    decide,
    fact,
    following,
    offer,
    propose,
    stated,
)


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
    assert decide(fact(anchor_minor=1000), following()) == (None, "no_bounds")
    assert decide(fact(anchor_minor=1000), following(min_factor=0.5)) == (None, "no_bounds")
    both = following(min_factor=0.5, max_factor=2, max_step_rate=0.5)
    assert decide(fact(), both) == (None, "no_bounds")
    assert decide(fact(anchor_minor=1000), both) == (900, "match_rival")


def test_bounds_hang_on_the_anchor_and_not_on_what_our_own_cuts_made_of_the_price() -> None:
    params = following(min_factor=0.95, max_factor=1.2, max_step_rate=0.5)
    assert decide(fact(anchor_minor=1000, median_28d_minor=800), params)[0] == 950


def test_the_margin_floor_goes_before_the_minimum() -> None:
    economics = Economics(fee_rate=0.1, min_margin_rate=0.1)
    row = fact(unit_cost_minor=760)
    assert decide(row, following(**WIDE), economics) == (950, "held_at_floor")


def test_map_below_the_floor_yields_to_the_floor_and_above_it_binds() -> None:
    def params(minimum_by_contract: int) -> Params:
        bounds = Bounds(min_minor=1, max_minor=9999, map_minor=minimum_by_contract)
        return following(bounds={"A": bounds}, max_step_rate=0.5)

    row = fact(unit_cost_minor=950)
    assert decide(row, params(940)) == (950, "held_at_floor")
    assert decide(row, params(960)) == (960, "held_at_map")


def test_bounds_that_exclude_each_other_hold_the_price() -> None:
    params = following(bounds={"A": Bounds(min_minor=500, max_minor=700)}, max_step_rate=0.5)
    assert decide(fact(unit_cost_minor=800), params) == (None, "bounds_disagree")
    assert decide(fact(unit_cost_minor=1001), params) == (None, "sells_below_cost")


def test_one_step_goes_no_further_than_it_may_from_the_price_in_force() -> None:
    bounds = {"A": Bounds(min_minor=1, max_minor=9999)}
    params = following(bounds=bounds)
    assert decide(fact(rival=700), params) == (950, "limited_step")
    assert decide(fact(rival=1500), params) == (1050, "limited_step")


def test_bounds_out_of_reach_of_one_step_hold_the_price() -> None:
    params = following(bounds={"A": Bounds(min_minor=1200, max_minor=1500)})
    assert decide(fact(), params) == (None, "step_too_small")


def test_the_maximum_holds_against_a_rival_above_it() -> None:
    params = following(bounds={"A": Bounds(min_minor=500, max_minor=1040)})
    assert decide(fact(rival=1300), params) == (1040, "held_at_max")


@pytest.mark.parametrize(("rival", "after"), [(991, None), (990, 990), (1009, None), (1010, 1010)])
def test_less_than_one_percent_is_not_worth_a_write(rival: int, after: int | None) -> None:
    assert decide(fact(rival=rival), following(**WIDE))[0] == after


@pytest.mark.parametrize(
    ("rule", "rival", "after"),
    [
        ("match", 1149, 1099),  # of two that are as near the lower
        ("match", 1150, 1199),
        ("match", 1148, 1099),
        ("beat", 1198, 1099),
        ("beat", 1199, 1199),
        ("above", 1101, 1199),
        ("above", 1050, 1099),
    ],
)
def test_prices_end_as_the_shop_wants_the_nearest_to_match_and_on_its_side_otherwise(
    rule: Any, rival: int, after: int
) -> None:
    economics = FREE.model_copy(update={"price_step_minor": 100, "price_ending_minor": 99})
    row = fact(price_minor=1299, rival=rival)
    assert decide(row, Params(rule=rule, **WIDE), economics)[0] == after


@pytest.mark.parametrize(
    ("start", "end", "is_open"),
    [
        (time(0), time(0), True),
        (time(15, 30), time(16), True),
        (time(9), time(15, 30), False),
        (time(22), time(15, 31), True),
        (time(22), time(6), False),
    ],
)
def test_prices_change_in_the_merchants_hours_only(start: time, end: time, is_open: bool) -> None:
    """It is 15:30; a window may span midnight."""
    params = following(from_time=start, until_time=end, **WIDE)
    expected = (900, "match_rival") if is_open else (None, "outside_hours")
    assert decide(fact(), params) == expected
    arguments = stated([fact()], params, FREE)
    elsewhere = repricing.propose(**arguments | {"time_zone": "Asia/Shanghai"})  # 23:30
    assert elsewhere.height == (start in (time(0), time(22)))


def test_fees_that_eat_the_price_hold_everything() -> None:
    economics = Economics(fee_rate=0.6, min_margin_rate=0.4)
    assert decide(fact(), following(**WIDE), economics) == (None, "fees_exceed_price")


@pytest.mark.parametrize("currency", [None, "USD", "CNY"])
def test_without_a_usable_cost_the_guard_gets_a_proposal_to_refuse(currency: str | None) -> None:
    row = fact(unit_cost_minor=None, cost_currency=currency)
    numbers = json.loads(propose(row, following(**WIDE))["numbers"].item())
    assert (numbers["unit_cost_minor"], numbers["floor_minor"]) == (None, None)


def effect(row: dict[str, Any], params: Params, economics: Economics = FREE) -> int | None:
    found: int | None = propose(row, params, economics)["effect_minor"].item()
    return found


def test_the_effect_is_profit_per_day_on_what_demand_answers() -> None:
    economics = Economics(fee_rate=0.1, min_margin_rate=0)
    row = fact(daily_units=2.5, unit_cost_minor=500)
    # A margin of 4.00 becomes 3.10, and 2.5 pieces 2.5 / 0.9^2: 9.57 a day instead of 10.00.
    assert effect(row, following(**WIDE), economics) == round(2.5 * (310 / 0.81 - 400))
    own = {"elasticity": -3.0, "elasticity_sd": 0.2, "elasticity_source": "own"}
    assert effect(row | own, following(**WIDE), economics) == round(2.5 * (310 / 0.729 - 400))
    set_by_hand = following(usual_elasticity=-4, **WIDE)
    assert effect(row, set_by_hand, economics) == round(2.5 * (310 / 0.6561 - 400))
    odd = own | {"elasticity": 2.0}  # no SKU sells more for costing more
    assert effect(row | odd, following(**WIDE), economics) == round(2.5 * (310 / 0.9**1.2 - 400))
    unknown = propose(fact(daily_units=None), following(**WIDE), economics)
    assert unknown["effect_minor"].item() is None
    assert unknown["units_at_risk"].item() == 0


def test_cuts_and_raises_compete_on_expected_profit() -> None:
    """Where margins are fat and demand is quick to answer a cut earns more than a raise."""
    fields = {"elasticity_sd": 0.2, "elasticity_source": "own", "daily_units": 1.0}
    fat = {"unit_cost_minor": 300, "elasticity": -4.0, "rival": 900}
    lean = {"unit_cost_minor": 800, "elasticity": -1.5, "rival": 1100}
    rows = [
        fact(listing_id="fat", sku_id="A", **fat, **fields),
        fact(listing_id="lean", sku_id="B", **lean, **fields),
        fact(listing_id="given away", sku_id="C", **fat | {"elasticity": -1.2}, **fields),
    ]
    params = following(min_factor=0.1, max_factor=10, max_step_rate=0.5)
    anchored = [row | {"anchor_minor": 1000} for row in rows]
    proposed = repricing.propose(**stated(anchored, params, FREE))
    assert proposed["target_id"].to_list() == ["fat", "lean", "given away"]
    assert [one > 0 for one in proposed["effect_minor"]] == [True, True, False]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"elasticity": -3.0, "elasticity_sd": 0.3, "elasticity_source": "own"}, 900),
        ({"elasticity": -3.0, "elasticity_sd": 0.3, "elasticity_source": "category"}, None),
        ({"elasticity": -3.0, "elasticity_sd": 1.2, "elasticity_source": "own"}, None),
        ({"elasticity": -1.0, "elasticity_sd": 0.1, "elasticity_source": "own"}, None),
        ({}, None),
    ],
)
def test_the_optimum_is_taken_where_its_own_sales_carry_it(
    told: dict[str, Any], expected: int | None
) -> None:
    """At an elasticity of -3 the best price is one and a half times the cost of 6.00."""
    row = fact(unit_cost_minor=600, rivals=[], **told)
    reason = "largest_profit" if expected else "elasticity_unknown"
    assert decide(row, Params(rule="optimum", **WIDE)) == (expected, reason)


def test_unless_told_to_follow_anybody_a_price_moves_only_where_sales_say_that_it_earns() -> None:
    assert decide(fact(), Params(**WIDE)) == (None, "elasticity_unknown")
    sure = {"elasticity": -3.0, "elasticity_sd": 0.3, "elasticity_source": "own"}
    assert decide(fact(**sure), Params(**WIDE)) == (500, "limited_step")


def test_a_capped_run_takes_the_largest_effects_of_each_shop() -> None:
    rows = [
        fact(listing_id=f"{shop}{daily}", shop_id=shop, daily_units=float(daily))
        for shop in "st"
        for daily in (1, 5, 3)
    ]
    params = following(max_proposals=2, **WIDE)
    proposed = repricing.propose(**stated(rows, params, FREE))
    assert sorted(proposed["target_id"]) == ["s3", "s5", "t3", "t5"]


@pytest.mark.parametrize(
    ("cost", "rivals", "expected"),
    [
        # Floor 12.50 of a cost of 10.00, even at 11.12: ours at 10.00 loses 1.00 a piece.
        (1000, [], (1050, "sells_below_cost")),
        (1000, [offer(900)], (1050, "sells_below_cost")),
        (820, [], (1025, "raise_to_floor")),
        (820, [offer(700)], (1025, "raise_to_floor")),
        (801, [], (1002, "raise_to_floor")),  # less than one percent, and still too little
        (800, [], (None, "alone")),
    ],
)
def test_a_price_below_its_floor_goes_up_by_steps_whatever_the_competition_does(
    cost: int, rivals: list[dict[str, Any]], expected: tuple[int | None, str]
) -> None:
    economics = Economics(fee_rate=0.1, min_margin_rate=0.1)
    params = following(bounds={"A": Bounds(min_minor=1, max_minor=9999)})
    assert decide(fact(unit_cost_minor=cost, rivals=rivals), params, economics) == expected


def test_a_price_below_cost_that_cannot_be_raised_is_told_before_any_other_reason() -> None:
    economics = Economics(fee_rate=0.1, min_margin_rate=0.1)
    assert decide(fact(unit_cost_minor=1000), following(), economics) == (None, "sells_below_cost")
    assert decide(fact(unit_cost_minor=820), following(), economics) == (None, "earns_too_little")
    at_most = following(bounds={"A": Bounds(min_minor=1, max_minor=1000)})
    assert decide(fact(unit_cost_minor=820), at_most, economics) == (None, "earns_too_little")


def test_the_floor_is_walked_to_in_as_many_steps_as_it_takes() -> None:
    economics = Economics(fee_rate=0.1, min_margin_rate=0.1)
    params = following(bounds={"A": Bounds(min_minor=1, max_minor=9999)})
    price, reasons = 1000, []
    for _ in range(9):
        row = fact(price_minor=price, unit_cost_minor=1000, rivals=[offer(990)])
        after, reason = decide(row, params, economics)
        reasons.append(reason)
        price = after or price
    assert price == 1250
    assert reasons[:4] == ["sells_below_cost"] * 3 + ["raise_to_floor"] * 1


def test_a_price_below_its_contract_goes_up_to_it() -> None:
    bounds = Bounds(min_minor=1, max_minor=9999, map_minor=1200)
    assert decide(fact(), following(bounds={"A": bounds})) == (1050, "raise_to_map")


@pytest.mark.parametrize(
    ("low", "high", "rival", "expected"),
    [
        (None, None, 900, (950, "limited_step")),
        (970, None, 900, (970, "held_at_channel")),
        (995, None, 900, (None, "channel_gap")),
        (1020, None, 900, (None, "channel_gap")),  # below it already: not further
        (1020, None, 1010, (1010, "match_rival")),
        (None, 1030, 1100, (1030, "held_at_channel")),
        (None, 980, 1100, (None, "channel_gap")),
        (None, 980, 990, (990, "match_rival")),
    ],
)
def test_the_shops_beside_bound_what_is_proposed(
    low: int | None, high: int | None, rival: int, expected: tuple[int | None, str]
) -> None:
    params = following(bounds={"A": Bounds(min_minor=1, max_minor=9999)})
    row = fact(channel_low_minor=low, channel_high_minor=high, rival=rival)
    assert decide(row, params) == expected


def test_a_day_of_25_hours_is_one_window() -> None:
    arguments = stated([fact()], following(**WIDE), FREE)
    autumn = datetime(2026, 11, 1, 12, tzinfo=UTC)
    proposed = repricing.propose(
        **arguments | {"as_of": autumn, "time_zone": "America/New_York"}
    ).row(0, named=True)
    assert proposed["window_start"] == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert proposed["expires_at"] == datetime(2026, 11, 2, 5, tzinfo=UTC)
