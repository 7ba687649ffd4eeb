"""Which prices in force are told, whoever set them, and which are left alone."""

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.policies import price_watch
from contracts.economics import FACTS, Economics, margin_minor
from contracts.tables import PriceFact

AS_OF = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
# Of a price 95 % are left; with 10 % of margin the floor of a cost of 850 is 1000.
ECONOMICS = Economics(fee_rate=0.05, min_margin_rate=0.1)
FACT = {
    "shop_id": "s", "listing_id": "v1", "sku_id": "A", "currency": "EUR", "anchor_minor": 1200,
    "unit_cost_minor": 850, "discount_rate": 0.0, "daily_units": 4.0, "category": None,
}  # fmt: skip


def stated(facts: list[dict[str, Any]], **params: Any) -> dict[str, Any]:
    return {
        "prices": PriceFact.sample(overrides=[{**FACT, **one} for one in facts]).lazy(),
        "params": price_watch.Params(**params),
        "economics": ECONOMICS,
        "as_of": AS_OF,
        "time_zone": "UTC",
    }


@pytest.mark.parametrize(
    ("fact", "reason", "right"),
    [
        ({"price_minor": 894}, "below_cost", 1000),
        ({"price_minor": 895}, "below_floor", 1000),
        ({"price_minor": 999}, "below_floor", 1000),
        ({"price_minor": 1000}, "within_bounds", None),
        ({"price_minor": 2400}, "within_bounds", None),
        ({"price_minor": 2401}, "above_bound", 2400),
        ({"price_minor": 599, "unit_cost_minor": 1}, "below_bound", 600),
        # A floor above the highest bound goes before it.
        ({"price_minor": 5000, "unit_cost_minor": 4250}, "within_bounds", None),
        ({"price_minor": 1100, "unit_cost_minor": None}, "cost_unknown", None),
        ({"price_minor": 12, "unit_cost_minor": None}, "below_bound", 600),
        ({"price_minor": 1100, "anchor_minor": None}, "anchor_unknown", None),
        ({"price_minor": 1, "anchor_minor": None}, "below_cost", 1000),
    ],
)
def test_a_price_below_its_net_floor_or_out_of_bounds_is_told_with_the_right_one(
    fact: dict[str, Any], reason: str, right: int | None
) -> None:
    given = stated([fact])
    proposed, held = price_watch.propose(**given), price_watch.holds(**given)
    assert [*proposed["reason_code"], *held["reason_code"]] == [reason]
    assert proposed["after_value"].to_list() == ([] if right is None else [right])
    assert all(value == fact["price_minor"] for value in proposed["before_value"])


def test_the_largest_loss_a_day_comes_first_and_is_told() -> None:
    facts = [
        {"listing_id": "few", "price_minor": 500, "daily_units": 1.0},
        {"listing_id": "many", "price_minor": 900, "daily_units": 20.0},
        {"listing_id": "unknown", "price_minor": 1, "daily_units": None},
    ]
    proposed = price_watch.propose(**stated(facts))
    assert proposed["target_id"].to_list() == ["many", "few", "unknown"]
    assert proposed["effect_minor"].to_list() == [-2000, -500, 0]
    assert json.loads(proposed["numbers"][0])["loss_day_minor"] == 2000
    assert price_watch.propose(**stated(facts, max_proposals=1)).height == 1


def test_fees_that_eat_every_price_are_said() -> None:
    given = stated([{"price_minor": 1200}]) | {
        "economics": Economics(fee_rate=0.9, min_margin_rate=0.2)
    }
    assert price_watch.holds(**given)["reason_code"].to_list() == ["fees_exceed_price"]


@given(
    prices=st.lists(st.integers(1, 5_000), min_size=20, max_size=40),
    cost=st.integers(1, 3_000),
)
def test_what_loses_money_on_a_piece_is_always_told(prices: list[int], cost: int) -> None:
    facts = [
        {"listing_id": f"v{number}", "price_minor": price, "unit_cost_minor": cost}
        for number, price in enumerate(prices)
    ]
    given_ = stated(facts)
    proposed_ids = set(price_watch.propose(**given_)["target_id"])
    margin = margin_minor(pl.col("price_minor"), pl.col("unit_cost_minor"), ECONOMICS, FACTS)
    losing = given_["prices"].filter(margin < 0).collect()["listing_id"]
    assert set(losing) <= proposed_ids
