"""What is at stake with an action, in money: what limits of approvers and totals are made of."""

import json
from dataclasses import dataclass

from actions.writes import is_order
from contracts.actions import Action
from contracts.codes import WriteKind

_COUPONS = (WriteKind.CREATE_COUPON, WriteKind.GRANT_COUPON)


@dataclass(frozen=True, slots=True)
class Stake:
    """An amount in minor units; `minor` None: it is not known what it costs."""

    minor: int | None
    currency: str | None
    """Null: the shop's."""


def stake(action: Action) -> Stake:
    """What an action costs or moves, whichever way.

    Of a price its change times the pieces that sell in a day (at least one); of a coupon the worst
    case of all its uses; of an order of goods what they cost. All else costs nothing.
    """
    if action.write_kind is WriteKind.SET_PRICE:
        if action.before_value is None:
            return Stake(None, action.currency)
        change = abs(action.after_value - action.before_value)
        return Stake(round(change * max(action.units_at_risk, 1.0)), action.currency)
    if action.write_kind in _COUPONS:
        return Stake(action.exposure_minor, None)
    if is_order(action):
        numbers = json.loads(action.numbers)
        cost = numbers.get("order_cost_minor")
        return Stake(None if cost is None else round(cost), numbers.get("currency"))
    return Stake(0, None)


def change_rate(action: Action) -> float | None:
    """How far a price moves, as a fraction of the price in force; None: it is no such price."""
    if action.write_kind is not WriteKind.SET_PRICE or not action.before_value:
        return None
    return abs(action.after_value - action.before_value) / action.before_value
