"""The scoreboard of a trial: what the home believes against what the shop says happened."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx
import polars as pl

from contracts.actions import Action
from contracts.codes import ActionState
from contracts.tables import TABLES
from flows.steps.home import Home
from flows.steps.shop import Shop
from sandbox.world.world import World

FINAL = (
    ActionState.CONFIRMED, ActionState.REVERTED, ActionState.FAILED, ActionState.UNKNOWN,
    ActionState.REFUSED, ActionState.REJECTED, ActionState.EXPIRED, ActionState.SUPERSEDED,
    ActionState.SHADOW,
)  # fmt: skip
_IN_FORCE = (ActionState.CONFIRMED, ActionState.REVERTED, ActionState.UNKNOWN)
_SENT = (*_IN_FORCE, ActionState.FAILED, ActionState.SENDING, ActionState.SENT)
_Written = Counter[tuple[str, int]]
"""How often a price was set: product and cents."""


@dataclass(frozen=True, slots=True)
class TrialScore:
    """What went wrong, each in a sentence; all empty but the last is as it has to be.

    lost: a truth that neither lake nor quarantine holds. duplicated: a row there twice, or a write
    applied more often than actions request it. unsafe: a write that no action names, beyond a
    limit, or while everything was stopped. unresolved: an action that has not ended, or whose end
    is not what happened. blocked: what cannot be read though nothing goes wrong any more. left:
    actions that end `unknown` with a sentence for a person.
    """

    lost: tuple[str, ...] = ()
    duplicated: tuple[str, ...] = ()
    unsafe: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """All that must not be."""
        return (*self.lost, *self.duplicated, *self.unsafe, *self.unresolved, *self.blocked)


def score_trial(
    home: Home, world: World, http: httpx.Client, *, sent_while_stopped: int
) -> TrialScore:
    """Compare a home of one shop with the world behind `http`, once all is calm."""
    shop = next(iter(home.shops.values()))
    actions = home.ledger.find(shop_id=shop.id)
    written = _written(http)
    stopped = [f"{sent_while_stopped} writes came while all was stopped"]
    return TrialScore(
        lost=(*_lost_orders(home, shop, http), *_lost_prices(home, shop, http)),
        duplicated=(*double_rows(home, shop), *_double_writes(actions, written)),
        unsafe=(
            *_unexplained_writes(actions, written),
            *_beyond(home, shop, world, actions, written),
            *_too_many(home, shop, actions),
            *(stopped if sent_while_stopped else ()),
        ),
        unresolved=(*_unfinished_actions(actions), *_misjudged_ends(actions, written)),
        left=tuple(
            one.message for one in actions if one.state is ActionState.UNKNOWN and one.message
        ),
    )


def _get(http: httpx.Client, path: str, **params: str) -> Any:
    return http.get(path, params=params, timeout=60).raise_for_status().json()


def _written(http: httpx.Client) -> _Written:
    return Counter(
        (change["sku"], change["price_minor"])
        for write in _get(http, "/truth/writes")
        for change in write["applied"]
    )


def _lost_orders(home: Home, shop: Shop, http: httpx.Client) -> list[str]:
    """Orders that are nowhere, or are in the lake as they no longer are."""
    quarantined = home.quarantine.open(shop_id=shop.id, table_name="orders")[
        "document_id"
    ].to_list()
    lines = home.scan("order_lines", shop).filter(pl.col("deleted_at").is_null())
    orders = home.scan("orders", shop).filter(pl.col("deleted_at").is_null())
    sums = lines.group_by("order_id").agg(
        lines=pl.len(), units=pl.col("quantity_units").sum(), gmv_minor=pl.col("total_minor").sum()
    )
    known = orders.select("order_id").join(sums, on="order_id", how="left").fill_null(0).collect()
    ours = {row["order_id"]: row for row in known.to_dicts()}
    return [
        f"order {true['order_id']} is {'not as it is' if true['order_id'] in ours else 'nowhere'}"
        for true in _get(http, "/truth/orders")
        if ours.get(true["order_id"]) != true and true["order_id"] not in quarantined
    ]


def _lost_prices(home: Home, shop: Shop, http: httpx.Client) -> list[str]:
    """Listings whose newest price in the lake is not the one in force."""
    newest = (
        home.scan("prices", shop)
        .sort("observed_at", "read_at")
        .unique("listing_id", keep="last")
        .join(home.scan("listings", shop).select("listing_id", "sku_id"), on="listing_id")
        .select("sku_id", "price_minor")
        .collect()
    )
    ours = dict(newest.iter_rows())
    true = _get(http, "/truth/prices", skus=",".join(ours))
    return [
        f"the price of {sku} is {price}, the lake has {ours[sku]}"
        for sku, price in true.items()
        if ours[sku] != price
    ]


def double_rows(home: Home, shop: Shop) -> list[str]:
    """Tables of a shop in which rows share a key."""
    doubled = []
    for name in home.readings.versions():
        key = list(TABLES[name].key)
        rows = home.scan(name, shop).select(key).collect()
        if rows.is_duplicated().any():
            doubled.append(f"{int(rows.is_duplicated().sum())} rows of {name} share a key")
    return doubled


def _key(action: Action) -> tuple[str, int]:
    return action.sku_id or "", action.after_value


def _double_writes(actions: list[Action], written: _Written) -> list[str]:
    requested = Counter(_key(one) for one in actions if one.state in _SENT)
    return [
        f"{sku} was set to {price} {times} times for {requested[sku, price]} action(s)"
        for (sku, price), times in written.items()
        if 0 < requested[sku, price] < times
    ]


def _unexplained_writes(actions: list[Action], written: _Written) -> list[str]:
    requested = {_key(one) for one in actions if one.state in _SENT}
    return [
        f"no action names {price} for {sku}"
        for sku, price in written
        if (sku, price) not in requested
    ]


def _beyond(
    home: Home, shop: Shop, world: World, actions: list[Action], written: _Written
) -> list[str]:
    """Writes beyond the limits, recomputed; a value from before us is always allowed."""
    costs = dict(world.products.select("product_id", "unit_cost_minor").iter_rows())
    wrong = []
    for one in actions:
        before, sku = one.before_value, one.sku_id
        if one.undoes is not None or before is None or sku is None or _key(one) not in written:
            continue
        most = home.policy(shop, one.policy).limits.max_step_rate
        if abs(one.after_value - before) > before * most + 1:
            wrong.append(f"{sku} went from {before} to {one.after_value}: too far")
        if one.after_value < before and one.after_value <= (costs[int(sku)] or 0):
            wrong.append(f"{sku} was cut to {one.after_value}, not more than it costs")
    return wrong


def _too_many(home: Home, shop: Shop, actions: list[Action]) -> list[str]:
    """A trial lasts less than a day, so each policy's cap of a day bounds all that it sent."""
    ours = [one for one in actions if one.undoes is None and one.state in _IN_FORCE]
    sent = Counter(one.policy for one in ours)
    return [
        f"{policy} sent {count} changes on a day that may have {most}"
        for policy, count in sent.items()
        for most in [home.policy(shop, policy).limits.keep_actions]
        if most is not None and count > most
    ]


def _unfinished_actions(actions: list[Action]) -> list[str]:
    """Not ended; or left to a person without a sentence."""
    return [
        f"{one.sku_id} is {one.state} in the end"
        for one in actions
        if one.state not in FINAL or (one.state is ActionState.UNKNOWN and not one.message)
    ]


def _misjudged_ends(actions: list[Action], written: _Written) -> list[str]:
    """Ends that are not what happened: done and called failed, or never done and called done."""
    wrong = []
    done = Counter(_key(one) for one in actions if one.state in _IN_FORCE)
    for key, times in written.items():
        if any(_key(one) == key for one in actions) and done[key] < min(times, 1):
            wrong.append(
                f"{key[0]} was set to {key[1]}, and the ledger has no such change in force"
            )
    confirmed = (ActionState.CONFIRMED, ActionState.REVERTED)
    wrong += [
        f"{one.sku_id} is {one.state} at {one.after_value}, which was never written"
        for one in actions
        if one.state in confirmed and not written[_key(one)]
    ]
    return wrong
