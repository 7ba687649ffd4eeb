"""Goods on order: the orders that were approved and not taken back."""

import datetime as dt
import json
from typing import Final

import polars as pl

from contracts.actions import ORDERING, Action
from contracts.codes import LIVE_STATES
from flows.steps.home import Home
from flows.steps.shop import Shop
from transforms.purchases import APPROVED_SCHEMA

_LONGEST: Final = dt.timedelta(days=2 * 365)
"""How long an order may stay open: the longest lead time that a source may tell."""


def approved_orders(home: Home, shop: Shop, at: dt.datetime) -> pl.DataFrame:
    """Orders of a shop approved and not taken back, decided by then (`APPROVED_SCHEMA`)."""
    rows = []
    for action in live_orders(home, shop, since=at - _LONGEST, until=at + dt.timedelta.resolution):
        told = json.loads(action.numbers)
        rows.append(
            (
                shop.id,
                action.target_id,
                action.action_id,
                action.decided_at,
                action.after_value,
                told["available_units"] + told["inbound_units"],
                told["lead_time_days"],
            )
        )
    return pl.DataFrame(rows, schema=dict(APPROVED_SCHEMA), orient="row")


def live_orders(
    home: Home, shop: Shop, *, since: dt.datetime | None = None, until: dt.datetime | None = None
) -> list[Action]:
    """Actions of those orders, decided from `since` to before `until`."""
    found = home.ledger.find(
        shop_id=shop.id, policy=ORDERING, states=LIVE_STATES, since=since, until=until
    )
    return [action for action in found if action.undoes is None and action.after_value > 0]
