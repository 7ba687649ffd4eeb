"""Impact: what was sold at a price that is or was wrong, and which orders can still be stopped."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from actions.policies import price_watch
from contracts.actions import Action
from contracts.codes import ActionState, WriteKind
from contracts.errors import ConfigurationError
from contracts.tables import Order, OrderLine, Shipment
from flows.steps.actions import find_ids
from flows.steps.guard_facts import derived_table, with_clearance_floors
from flows.steps.home import Home
from flows.steps.shop import Shop
from transforms.impact import impact
from warehouse.event_chain import Events


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """A listing and the price in question."""

    listing_id: str
    price_minor: int
    right_minor: int
    since: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """The orders sold at a price, and what is exposed."""

    shop_id: str
    listing_id: str
    currency: str
    price_minor: int
    right_minor: int
    since: dt.datetime
    until: dt.datetime | None
    """When another price followed; None: it is in force still, as far as is known."""
    as_of: dt.datetime
    orders: list[dict[str, Any]]
    units: int
    paid_minor: int
    missed_minor: int
    margin_minor: int | None
    """What they earn; below zero: they lose it. Null: a cost is not known."""
    hold_back: list[str]
    """Orders of which nothing, or not all, has left."""


def impacts(home: Home, name: str, *, shop_id: str | None = None) -> list[Impact]:
    """What was sold of a listing, of a SKU's listings, or at the price that an action is about.

    Raises:
        ConfigurationError: it is none of them, or the action is about no price; or nothing has
            been built yet.
    """
    found = [
        _of(home, shop, meant)
        for shop in home.select(shop_id)
        for meant in _listings(home, shop, name)
    ]
    if found:
        return found
    (action,) = home.ledger.find(action_ids=find_ids(home, [name]))
    return [_of(home, home.shop(action.shop_id), _by_action(home, action))]


def _listings(home: Home, shop: Shop, name: str) -> Iterator[Meant]:
    """Listings of that id or SKU at their price of now; right is what `price_watch` says."""
    is_meant = (pl.col("listing_id") == name) | (pl.col("sku_id") == name)
    facts = with_clearance_floors(
        home, shop, derived_table(home, shop, "price_facts").filter(is_meant)
    )
    params = price_watch.Params()
    if price_watch.NAME in home.policies:
        resolved = home.policy(shop, price_watch.NAME).params
        assert isinstance(resolved, price_watch.Params)
        params = resolved
    for row in price_watch.judge_prices(facts, params, shop.economics).collect().to_dicts():
        yield Meant(
            listing_id=row["listing_id"],
            price_minor=row["price_minor"],
            right_minor=row["price_minor"] if row["right_minor"] is None else row["right_minor"],
            since=row["price_observed_at"],
        )


def _by_action(home: Home, action: Action) -> Meant:
    """The price that an alert names, or that an action set; right was what stood before it."""
    if action.policy == price_watch.NAME and action.before_value is not None:
        observed_at = json.loads(action.numbers)["price_observed_at"]
        since = dt.datetime.fromisoformat(observed_at).replace(tzinfo=dt.UTC)
        price, right = action.before_value, action.after_value
    elif action.write_kind is WriteKind.SET_PRICE and action.before_value is not None:
        happened = Events(home.database).of(action.action_id)
        done = [one.at for one in happened if one.kind == ActionState.CONFIRMED]
        if not done:
            raise ConfigurationError(f"{action.action_id[:8]} was not in force: nothing was sold")
        since, price, right = done[-1], action.after_value, action.before_value
    else:
        raise ConfigurationError(f"{action.action_id[:8]} is about no price")
    return Meant(listing_id=action.target_id, price_minor=price, right_minor=right, since=since)


def _of(home: Home, shop: Shop, meant: Meant) -> Impact:
    is_it = pl.col("listing_id") == meant.listing_id
    until = (
        home.scan("prices", shop)
        .filter(
            is_it,
            pl.col("observed_at") > meant.since,
            pl.col("price_minor") != meant.price_minor,
        )
        .select(pl.col("observed_at").min())
        .collect()
        .item()
    )
    orders = impact(
        home.read(OrderLine, shop),
        home.read(Order, shop),
        home.read(Shipment, shop),
        fact=derived_table(home, shop, "price_facts").filter(is_it),
        right_minor=meant.right_minor,
        since=meant.since,
        until=until,
        economics=shop.economics,
    )
    margins = orders["margin_minor"]
    return Impact(
        shop_id=shop.id,
        listing_id=meant.listing_id,
        currency=shop.settings.currency,
        price_minor=meant.price_minor,
        right_minor=meant.right_minor,
        since=meant.since,
        until=until,
        as_of=home.data_as_of(shop),
        orders=orders.to_dicts(),
        units=int(orders["units"].sum()),
        paid_minor=int(orders["paid_minor"].sum()),
        missed_minor=int(orders["missed_minor"].sum()),
        margin_minor=None if margins.null_count() else int(margins.sum()),
        hold_back=orders.filter("can_wait")["order_id"].to_list(),
    )
