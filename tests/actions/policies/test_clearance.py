"""Old goods of which too many lie there are cut on a schedule, and nothing raises them again."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.explain import explain
from actions.policies import repricing
from actions.policies.repricing import Bounds, Params
from contracts.economics import Economics
from tests.actions.policies.priced_listings import decide, fact, offer, propose, stated
from tests.actions.policies.test_every_policy import action

# Of a price 90 % are left; with 10 % of margin the floor of a cost of 800 is 1000, even is 889.
ECONOMICS = Economics(fee_rate=0.1, min_margin_rate=0.1)
STEPS = [
    {"min_age_days": 90, "min_cover_days": 60, "off_rate": 0.1},
    {"min_age_days": 180, "min_cover_days": 120, "off_rate": 0.25},
]
OLD: dict[str, Any] = {
    "price_minor": 1200, "anchor_minor": 1200, "low_anchor_minor": 1200, "unit_cost_minor": 800,
    "age_days": 200.0, "available_units": 300, "cover_days": 150.0, "has_demand": True,
    "brand": None, "rival": 1250, "daily_units": 2.0,
}  # fmt: skip


def clearing(**more: Any) -> Params:
    bounds = {"A": Bounds(min_minor=1, max_minor=9999)}
    given: dict[str, Any] = {"rule": "match", "bounds": bounds, "clearance": STEPS}
    return Params(**{**given, **more})


def decided(params: Params | None = None, **more: Any) -> tuple[int | None, str]:
    return decide(fact(**{**OLD, **more}), params or clearing(), ECONOMICS)


def test_it_is_cut_step_by_step_below_the_usual_floor_down_to_its_own() -> None:
    """25 % off 12.00 is 9.00; the usual floor is 10.00, and a rival at 12.50 counts for nothing."""
    price, seen = 1200, []
    for _ in range(8):
        after, reason = decided(price_minor=price)
        seen.append((after, reason))
        price = after or price
    cuts = [(1140, "clearance"), (1083, "clearance"), (1029, "clearance"), (978, "clearance"),
            (930, "clearance"), (900, "clearance")]  # fmt: skip
    assert seen == [*cuts, (None, "clears"), (None, "clears")]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"age_days": 100.0}, (1140, "clearance")),
        ({"age_days": 100.0, "price_minor": 1080}, (None, "clears")),
        ({"age_days": 100.0, "price_minor": 1000}, (None, "clears")),  # only cuts
        ({"age_days": 80.0}, (1250, "match_rival")),
        ({"cover_days": 50.0}, (1250, "match_rival")),
        ({"available_units": None, "cover_days": None}, (None, "cover_unknown")),
        ({"available_units": None, "cover_days": None, "age_days": 80.0}, (1250, "match_rival")),
        ({"has_demand": False, "cover_days": None}, (1140, "clearance")),
        ({"has_demand": False, "cover_days": None, "available_units": 0}, (1250, "match_rival")),
        ({"price_minor": 880}, (889, "sells_below_cost")),  # below its own floor it goes up to it
        ({"price_minor": 930, "channel_low_minor": 910}, (910, "held_at_channel")),
        ({"unit_cost_minor": None}, (1140, "clearance")),  # for the guard to refuse
    ],
)
def test_age_cover_and_bounds_decide(
    more: dict[str, Any], expected: tuple[int | None, str]
) -> None:
    assert decided(**more) == expected


def test_without_clearance_the_same_goods_follow_the_rule_and_walk_up_to_the_usual_floor() -> None:
    assert decided(clearing(clearance=[])) == (1250, "match_rival")
    assert decided(clearing(clearance=[]), price_minor=950) == (997, "raise_to_floor")
    assert decided(price_minor=950, cover_days=100.0) == (None, "clears")
    optimum = clearing(rule="optimum")
    sure = {"elasticity": -3.0, "elasticity_sd": 0.1, "elasticity_source": "own"}
    assert decided(optimum, **sure) == (1140, "clearance")


def test_the_merchants_bounds_and_contract_hold_in_clearance_too() -> None:
    low = clearing(bounds={"A": Bounds(min_minor=1150, max_minor=2000)})
    assert decided(low) == (1150, "held_at_min")
    by_contract = clearing(bounds={"A": Bounds(min_minor=1, max_minor=2000, map_minor=1160)})
    assert decided(by_contract) == (1160, "held_at_map")


def test_a_margin_is_left_and_a_loss_made_as_the_merchant_says() -> None:
    def ends(**more: Any) -> int | None:
        return decided(clearing(max_step_rate=0.5, **more))[0]

    assert ends() == 900
    assert ends(clearance_margin_rate=0.05) == 942
    deep = [{"min_age_days": 0, "min_cover_days": 1, "off_rate": 0.5}]
    assert ends(clearance=deep) == 889
    assert ends(clearance=deep, clearance_margin_rate=-0.1) == 800
    losing = clearing(clearance=deep, clearance_margin_rate=-0.1)
    assert decided(losing, price_minor=800) == (None, "clears")


def test_what_it_is_worth_is_receipts_since_the_stock_is_paid_for() -> None:
    row = fact(**{**OLD, "daily_units": 3.0})
    (found,) = propose(row, clearing(), ECONOMICS).to_dicts()
    answer = (1140 / 1200) ** -2.0
    assert found["effect_minor"] == round(3 * 0.9 * (1140 * answer - 1200)) > 0


def test_why_is_said_in_both_languages_without_a_word_of_competitors() -> None:
    (found,) = propose(fact(**OLD), clearing(), ECONOMICS).to_dicts()
    numbers = json.loads(found["numbers"])
    assert (numbers["goes_by"], numbers["rivals_units"], numbers["rival_minor"]) == (
        "clearance", 0, None,
    )  # fmt: skip
    assert explain(action(found), "en") == (
        "Change the price from 12.00 USD to 11.40 USD to clear it: it was listed 200 days ago and"
        " its 300 pieces last 150 days, so 25 % come off 12.00 USD step by step, down to 9.00 USD;"
        " no competitor counts for it."
    )
    assert explain(action(found), "zh") == (
        "价格由 12.00 USD 调整为 11.40 USD，清仓：上架已 200 天，现有 300 件可售 150 天，"
        "在 12.00 USD 的基础上分步降价 25 %，最低至 9.00 USD；不参考竞品。"
    )
    unsold = fact(**{**OLD, "has_demand": False, "cover_days": None})
    (never,) = propose(unsold, clearing(), ECONOMICS).to_dicts()
    assert "its 300 pieces do not sell" in explain(action(never), "en")
    assert "现有 300 件没有销售" in explain(action(never), "zh")


GOODS = st.fixed_dictionaries(
    {
        "price_minor": st.integers(500, 2000),
        "anchor_minor": st.integers(500, 2000),
        "unit_cost_minor": st.integers(1, 1500),
        "age_days": st.floats(0, 400),
        "cover_days": st.floats(0, 400),
        "rival": st.integers(500, 2000),
    }
)


@settings(max_examples=30)
@given(
    told=st.lists(GOODS, min_size=1, max_size=40),
    margin=st.sampled_from([-0.2, 0.0, 0.05, 0.3]),
    step=st.sampled_from([1, 5, 100]),
)
def test_clearance_only_cuts_never_below_its_floor_and_never_out_of_bounds(
    told: list[dict[str, Any]], margin: float, step: int
) -> None:
    economics = ECONOMICS.model_copy(update={"price_step_minor": step})
    names = [f"A{number}" for number in range(len(told))]
    bounds = {name: Bounds(min_minor=600, max_minor=1900) for name in names}
    params = clearing(bounds=bounds, clearance_margin_rate=margin)
    rows = [
        fact(
            **{**OLD, **one, "low_anchor_minor": one["anchor_minor"]}, sku_id=name, listing_id=name
        )
        for name, one in zip(names, told, strict=True)
    ]
    by_name = dict(zip(names, told, strict=True))
    for found in repricing.propose(**stated(rows, params, economics)).to_dicts():
        one, after = by_name[found["sku_id"]], found["after_value"]
        numbers = json.loads(found["numbers"])
        assert abs(after - one["price_minor"]) <= 0.05 * one["price_minor"] + 1e-6
        assert after % step == 0
        is_even = after * 0.9 >= one["unit_cost_minor"] * (1 - 1e-9)
        if after < one["price_minor"]:
            assert after >= 600
            assert is_even or (margin < 0 and numbers["goes_by"] == "clearance")
        if found["reason_code"] == "clearance":
            assert after < one["price_minor"]
            assert after * (0.9 - margin) >= one["unit_cost_minor"] * (1 - 1e-9)
            assert after >= one["anchor_minor"] * 0.75 - 1e-6
            assert (one["age_days"] >= 90) & (one["cover_days"] >= 60)


def test_another_offer_does_not_matter_to_what_clears() -> None:
    assert decided(rivals=[offer(700)]) == decided(rivals=[]) == decided()
