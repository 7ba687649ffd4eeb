"""What prices are expected to bring, as a range."""

import json
from typing import Any

from contracts.actions import Action
from contracts.economics import Economics
from flows.steps.profits import Profit, profit
from tests.warehouse.rows import NOON

ECONOMICS = Economics(fee_rate=0.0, min_margin_rate=0.0)
LEARNT = {"elasticity_sd": 0.5, "answer_rate": -2.0}


def action(before: int, after: int, **facts: Any) -> Action:
    """A price change of a SKU that costs 500 and sells four a day."""
    known = {
        "sku_id": "A",
        "unit_cost_minor": 500,
        "daily_units": 4.0,
        "discount_rate": 0.0,
        **facts,
    }
    rate = known.pop("answer_rate")
    values: dict[str, Any] = dict.fromkeys(Action.__dataclass_fields__)
    values |= {
        "before_value": before, "after_value": after, "evidence": json.dumps(known),
        "numbers": json.dumps({"answer_rate": rate}), "decided_at": NOON,
    }  # fmt: skip
    return Action(**values)


def of(*actions: Action) -> Profit:
    return profit(actions, ECONOMICS, currency="EUR")


def test_a_cut_brings_what_nine_in_ten_elasticities_say() -> None:
    """1000 to 800: four pieces become 4 x 0.8^e, at 300 each and not at 500."""
    found = of(action(1000, 800, **LEARNT))
    ends = [round(300 * 4 * 0.8**e - 500 * 4) for e in (-2 + 1.645 * 0.5, -2, -2 - 1.645 * 0.5)]
    assert [found.low_minor, found.expected_minor, found.high_minor] == ends
    assert ends[0] < ends[1] < ends[2]
    assert (found.prices, found.stated) == (1, 0)


def test_a_raise_brings_least_where_demand_answers_most() -> None:
    found = of(action(1000, 1100, **LEARNT))
    ends = [round(600 * 4 * 1.1**e - 500 * 4) for e in (-2 - 1.645 * 0.5, -2, -2 + 1.645 * 0.5)]
    assert [found.low_minor, found.expected_minor, found.high_minor] == ends


def test_nobody_buys_more_because_a_price_rises() -> None:
    found = of(action(1000, 1100, elasticity_sd=9.0, answer_rate=-2.0))
    assert found.high_minor == 600 * 4 - 500 * 4


def test_of_what_is_not_learnt_all_that_is_likely_is_said() -> None:
    found = of(action(1000, 800, elasticity_sd=None, answer_rate=-2.0))
    ends = [round(300 * 4 * 0.8**e - 500 * 4) for e in (-1.2, -2, -6)]
    assert [found.low_minor, found.expected_minor, found.high_minor] == ends
    assert (found.prices, found.stated) == (1, 1)


def test_what_never_sold_and_what_has_no_cost_are_not_counted() -> None:
    unsold = action(1000, 800, **{**LEARNT, "daily_units": None})
    uncosted = action(1000, 800, **{**LEARNT, "unit_cost_minor": None})
    assert of(unsold, uncosted) == of() == Profit(currency="EUR")
