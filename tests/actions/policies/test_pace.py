"""Own brands go by the pace of their sales: up where the stock runs out, down where it lies."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.explain import explain
from actions.policies import repricing
from actions.policies.repricing import Bounds, Params
from contracts.economics import Economics
from tests.actions.policies.priced_listings import FREE, decide, fact, offer, propose, stated
from tests.actions.policies.test_every_policy import action

GOODS: dict[str, Any] = {
    "available_units": 60, "cover_days": 30.0, "has_demand": True, "brand": "Own",
    "age_days": 10.0, "low_anchor_minor": None,
}  # fmt: skip


def paced(**more: Any) -> Params:
    bounds = {"A": Bounds(min_minor=500, max_minor=2000)}
    return Params(**{"rule": "velocity", "bounds": bounds, **more})


def decided(params: Params | None = None, **more: Any) -> tuple[int | None, str]:
    return decide(fact(**{**GOODS, **more}), params or paced())


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"cover_days": 22.4}, (1020, "sells_fast")),
        ({"cover_days": 22.5}, (None, "on_pace")),
        ({"cover_days": 37.5}, (None, "on_pace")),
        ({"cover_days": 37.6}, (980, "sells_slowly")),
        ({"cover_days": None, "has_demand": False}, (980, "sells_slowly")),
        ({"cover_days": None, "has_demand": None}, (None, "cover_unknown")),
        ({"cover_days": None, "available_units": None}, (None, "cover_unknown")),
        ({"cover_days": 0.0, "available_units": 0}, (None, "sold_out")),
        ({"cover_days": 5.0, "price_minor": 2000}, (None, "small_change")),
        ({"cover_days": 5.0, "price_minor": 1980}, (2000, "held_at_max")),
        ({"cover_days": 99.0, "price_minor": 507}, (500, "held_at_min")),
        ({"cover_days": 99.0, "unit_cost_minor": 985}, (985, "held_at_floor")),
        ({"cover_days": 99.0, "unit_cost_minor": 995}, (None, "small_change")),
        ({"cover_days": 99.0, "unit_cost_minor": 1100}, (1050, "sells_below_cost")),
        ({"cover_days": 30.0, "unit_cost_minor": 1100}, (1050, "sells_below_cost")),
        ({"cover_days": 5.0, "channel_high_minor": 1012}, (1012, "held_at_channel")),
    ],
)
def test_a_step_up_where_it_sells_out_too_soon_and_down_where_it_lasts_too_long(
    more: dict[str, Any], expected: tuple[int | None, str]
) -> None:
    """It is to last 30 days; from 22.5 to 37.5 it is left alone."""
    assert decided(**more) == expected


def test_the_merchant_says_how_long_it_is_to_last_and_how_far_a_step_goes() -> None:
    far = paced(target_cover_days=100, cover_band_rate=0.0, velocity_step_rate=0.04)
    assert decided(far, cover_days=99.9) == (1040, "sells_fast")
    assert decided(far, cover_days=100.0) == (None, "on_pace")
    assert decided(far, cover_days=100.1) == (960, "sells_slowly")
    assert decided(paced(velocity_step_rate=0.2), cover_days=1.0) == (1050, "limited_step")


def test_own_brands_go_by_pace_and_the_others_by_the_rule() -> None:
    params = paced(rule="match", own_brands=["Own"])
    assert decided(params, cover_days=5.0) == (1020, "sells_fast")
    assert decided(params, cover_days=5.0, brand="Bought") == (950, "limited_step")
    assert decided(params, cover_days=5.0, brand=None) == (950, "limited_step")
    assert decided(params, brand="Bought", rivals=[]) == (None, "alone")
    assert decided(paced(rule="optimum"), brand="Own") == (None, "elasticity_unknown")


def test_no_competitor_is_read() -> None:
    slow = {"cover_days": 99.0}
    offers: list[list[dict[str, Any]]] = [[], [offer(700)], [offer(900), offer(1300, "c2")]]
    found = [propose(fact(**{**GOODS, **slow, "rivals": one}), paced()) for one in offers]
    numbers = [json.loads(one["numbers"].item()) for one in found]
    assert numbers[0] == numbers[1] == numbers[2]
    assert (numbers[0]["rival_minor"], numbers[0]["rivals_units"]) == (None, 0)


def test_what_is_cleared_is_not_paced() -> None:
    steps = [{"min_age_days": 5, "min_cover_days": 90, "off_rate": 0.3}]
    anchored = {"anchor_minor": 1000, "low_anchor_minor": 1000, "cover_days": 99.0}
    assert decided(paced(clearance=steps), **anchored) == (950, "clearance")
    assert decided(paced(), **anchored) == (980, "sells_slowly")


def test_why_is_said_in_both_languages() -> None:
    def told(language: Any, **more: Any) -> str:
        (found,) = propose(fact(**{**GOODS, **more}), paced()).to_dicts()
        return explain(action(found), language)

    fast, unsold = {"cover_days": 5.0}, {"cover_days": None, "has_demand": False}
    assert told("en", **fast) == (
        "Change the price from 10.00 USD to 10.20 USD: its 60 pieces last 5 days, less than the 30"
        " that it is to last; no competitor counts for it."
    )
    assert told("zh", **fast) == (
        "价格由 10.00 USD 调整为 10.20 USD：现有 60 件可售 5 天，短于目标 30 天；不参考竞品。"
    )
    assert told("en", **unsold) == (
        "Change the price from 10.00 USD to 9.80 USD: its 60 pieces do not sell, and it is to last"
        " 30 days; no competitor counts for it."
    )
    assert "没有销售，超过目标 30 天" in told("zh", **unsold)
    assert told("en", cover_days=5.0, price_minor=1980).endswith(
        "because the maximum is 20.00 USD; no competitor counts for it."
    )


MANY = st.fixed_dictionaries(
    {
        "price_minor": st.integers(500, 2000),
        "unit_cost_minor": st.integers(1, 1500),
        "cover_days": st.floats(0.1, 200),
    }
)


@settings(max_examples=30)
@given(
    told=st.lists(MANY, min_size=1, max_size=30),
    more=st.floats(0, 200),
    step=st.sampled_from([1, 5, 100]),
)
def test_more_cover_never_means_a_higher_price_and_no_bound_is_left(
    told: list[dict[str, Any]], more: float, step: int
) -> None:
    economics = Economics(fee_rate=0.1, min_margin_rate=0.1, price_step_minor=step)
    by_name = {f"A{number}": one for number, one in enumerate(told)}
    params = paced(bounds={name: Bounds(min_minor=600, max_minor=1900) for name in by_name})

    def after(longer: float) -> dict[str, int]:
        rows = [
            fact(**{**GOODS, **one, "cover_days": one["cover_days"] + longer}, sku_id=name,
                 listing_id=name)
            for name, one in by_name.items()
        ]  # fmt: skip
        found = repricing.propose(**stated(rows, params, economics))
        return {name: one["price_minor"] for name, one in by_name.items()} | dict(
            found.select("sku_id", "after_value").iter_rows()
        )

    short, long = after(0.0), after(more)
    for name, one in by_name.items():
        price = one["price_minor"]
        assert long[name] <= short[name]
        for new in (short[name], long[name]):
            assert abs(new - price) <= 0.05 * price + 1e-6
            assert new >= price or (new >= 600 and new * 0.8 >= one["unit_cost_minor"] - 1e-3)
            assert new <= price or new <= 1900
            assert new == price or new % step == 0


def test_it_takes_no_offers_at_all_to_decide() -> None:
    arguments = stated([fact(**{**GOODS, "cover_days": 5.0, "rivals": []})], paced(), FREE)
    assert repricing.propose(**arguments).height == 1
