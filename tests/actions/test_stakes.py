"""What is at stake with each kind of action, in the currency that it is in."""

import json
from typing import Any

import pytest

from actions.stakes import Stake, stake
from contracts.codes import ActionState, WriteKind
from tests.reports.conftest import action

ORDER = {"policy": "restock", "write_kind": WriteKind.NONE, "currency": None}
COST = json.dumps({"order_cost_minor": 4_800.4, "currency": "EUR"})


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"before_value": 1000, "after_value": 900, "units_at_risk": 3.0}, Stake(300, "USD")),
        ({"before_value": 900, "after_value": 1000, "units_at_risk": 0.0}, Stake(100, "USD")),
        ({"before_value": None, "after_value": 1000}, Stake(None, "USD")),
        ({"write_kind": WriteKind.CREATE_COUPON, "exposure_minor": 700}, Stake(700, None)),
        ({"write_kind": WriteKind.GRANT_COUPON, "exposure_minor": None}, Stake(None, None)),
        ({**ORDER, "numbers": COST}, Stake(4_800, "EUR")),
        ({**ORDER, "numbers": "{}"}, Stake(None, None)),
        ({"policy": "price_watch", "write_kind": WriteKind.NONE}, Stake(0, None)),
        ({"write_kind": WriteKind.SEND_MESSAGE, "currency": None}, Stake(0, None)),
    ],
)
def test_what_an_action_costs_or_moves(given: dict[str, Any], found: Stake) -> None:
    assert stake(action(1, ActionState.PROPOSED, **given)) == found
