"""Whom a price follows, and what it does without anybody to follow."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    stated,
)


def test_p7_beating_the_lowest_by_50_follows_it_up() -> None:
    params = Params(rule="beat", by_minor=50, **WIDE)
    assert decide(fact(price_minor=1950, rival=2200), params) == (2150, "beat_rival")


def test_p8_the_minimum_holds_against_a_rival_below_it() -> None:
    bounds = {"A": Bounds(min_minor=2000, max_minor=3000)}
    params = Params(rule="beat", by_minor=10, bounds=bounds, max_step_rate=0.5)
    row = fact(price_minor=2500, rival=1900)
    assert decide(row, params) == (2000, "held_at_min")


def test_p10_an_external_price_of_16_beaten_by_20_cents_is_15_80() -> None:
    params = Params(rule="beat", by_minor=20, **WIDE)
    assert decide(fact(price_minor=1480, rival=1600), params) == (1580, "beat_rival")


def test_p11_alone_on_the_listing_the_price_stays() -> None:
    assert decide(fact(rivals=[]), following(**WIDE)) == (None, "alone")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"sellers_ignored": ["c1"]}, 920),
        ({"sellers_followed": ["c3"]}, 960),
        ({"sellers_followed": ["c1", "c3"], "sellers_ignored": ["c1"]}, 960),
        ({"fulfilment": "platform"}, 940),
        ({"min_ratings": 50}, 960),
        ({"against": "featured"}, 940),
        ({}, 900),
    ],
)
def test_only_the_competitors_that_the_merchant_counts_are_followed(
    change: dict[str, Any], expected: int
) -> None:
    offers = [
        offer(900, "c1", ratings_units=None),
        offer(920, "c2"),
        offer(940, "c4", fulfilment="platform", is_featured=True),
        offer(960, "c3", ratings_units=50, is_featured=False),
    ]
    assert decide(fact(rivals=offers), following(**WIDE, **change))[0] == expected


@pytest.mark.parametrize(
    ("delivered", "usable"), [(599, False), (600, True), (1670, True), (1671, False)]
)
def test_a_competitor_far_from_our_usual_price_is_another_article(
    delivered: int, usable: bool
) -> None:
    row = fact(rivals=[offer(delivered)], median_28d_minor=1000)
    assert (decide(row, following(**WIDE))[1] != "alone") is usable
    assert decide(row | {"rivals": [offer(900, currency="CNY")]}, following(**WIDE))[1] == "alone"


def test_delivered_prices_are_compared_with_delivered_prices() -> None:
    """Ours asks 10.00 and 0.60 for shipping; a rival delivers for 9.80."""
    row = fact(rival=980, charged_shipping_minor=60)
    assert decide(row, following(**WIDE)) == (920, "match_rival")
    stated_by_the_shop = FREE.model_copy(update={"charged_shipping_minor": 0})
    assert decide(row, following(**WIDE), stated_by_the_shop) == (980, "match_rival")
    far = fact(rival=1040, median_28d_minor=600, charged_shipping_minor=60)
    assert decide(far, following(**WIDE))[0] == 980  # 1.67 times 6.60 delivered


@pytest.mark.parametrize(
    ("alone", "expected"),
    [
        ("keep", (None, "alone")),
        ("up", (1020, "raised_alone")),
        ("max", (1050, "raised_alone")),
    ],
)
def test_alone_a_price_is_kept_or_goes_up_as_the_merchant_says(
    alone: Any, expected: tuple[int | None, str]
) -> None:
    params = following(bounds={"A": Bounds(min_minor=500, max_minor=2000)}, alone=alone)
    assert decide(fact(rivals=[]), params) == expected
    at_most = fact(rivals=[], price_minor=2000)
    assert decide(at_most, params)[0] is None


LISTINGS = st.fixed_dictionaries(
    {
        "price": st.integers(500, 2000),
        "rival": st.integers(500, 2000),
        "cost": st.none() | st.integers(1, 1500),
        "minimum": st.integers(1, 1500),
        "width": st.integers(0, 2000),
    }
)


@settings(max_examples=30)
@given(
    told=st.lists(LISTINGS, min_size=1, max_size=40),
    step=st.sampled_from([1, 5, 100]),
    rule=st.sampled_from(["match", "beat", "above"]),
)
def test_whatever_the_competitor_does_no_proposal_leaves_the_bounds(
    told: list[dict[str, Any]], step: int, rule: Any
) -> None:
    """Many listings at once: one costs as much as forty."""
    economics = Economics(fee_rate=0.1, min_margin_rate=0.1, price_step_minor=step)
    by_sku = {f"A{number}": one for number, one in enumerate(told)}
    bounds = {
        sku: Bounds(min_minor=one["minimum"], max_minor=one["minimum"] + one["width"])
        for sku, one in by_sku.items()
    }
    params = Params(rule=rule, by_rate=0.03, bounds=bounds, max_proposals=None)
    rows = [
        fact(
            listing_id=f"L-{sku}",
            sku_id=sku,
            price_minor=one["price"],
            median_28d_minor=one["price"],
            rival=one["rival"],
            unit_cost_minor=one["cost"],
        )
        for sku, one in by_sku.items()
    ]
    for proposed in repricing.propose(**stated(rows, params, economics)).to_dicts():
        one, after = by_sku[proposed["sku_id"]], proposed["after_value"]
        floor = one["cost"] and -(-one["cost"] * 10 // (8 * step)) * step  # on the grid of prices
        walks = floor and one["price"] < floor
        assert after <= one["minimum"] + one["width"]
        assert after >= one["minimum"] or (walks and after > one["price"])
        assert abs(after - one["price"]) <= 0.05 * one["price"] + 1e-6
        assert after % step == 0
        assert one["cost"] is None or after * 0.8 >= one["cost"] - 1e-3 or after > one["price"]
