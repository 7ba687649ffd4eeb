"""Why: what each policy would do now about one SKU or listing, or why it leaves it alone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from actions.explain import explain
from contracts.actions import Action, Judged
from contracts.codes import WriteKind
from contracts.errors import ConfigurationError
from contracts.names import nearest
from flows.steps.decide import Considered, consider
from flows.steps.explain import phrase_of
from flows.steps.home import Home
from flows.steps.shop import Shop

_ABOUT = "no row of its facts: no active listing with a price, no stock, no order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What one policy would do about one target."""

    shop_id: str
    policy: str
    target_id: str | None
    outcome: str
    """The state that a proposal would have, `left alone`, or `not looked at`."""
    sentence: str
    sentence_zh: str
    guard: str | None = None
    guard_reason: str | None = None
    numbers: dict[str, Any] | None = None


def why(
    home: Home, sku: str, *, shop_id: str | None = None, policy: str | None = None
) -> list[Why]:
    """What every policy that is on would do about a SKU or listing on the facts of now.

    Nothing is recorded and nothing is sent.

    Raises:
        ConfigurationError: no shop, policy or listing of that name, or nothing has been built yet.
    """
    shops = home.select(shop_id)
    _refuse_unknown(home, shops, sku)
    return [
        one
        for shop in shops
        for name in home.policies_of(shop, policy)
        for one in _why_of_policy(home, shop, name, sku)
    ]


def _refuse_unknown(home: Home, shops: list[Shop], sku: str) -> None:
    listed = pl.concat([home.scan("listings", shop) for shop in shops])
    names = listed.select("sku_id", "listing_id", "product_id").collect()
    known = {name for column in names.iter_columns() for name in column.drop_nulls()}
    if sku not in known:
        raise ConfigurationError(f"no listing or SKU is named {sku!r}{nearest(sku, known)}")


def _why_of_policy(home: Home, shop: Shop, policy: str, sku: str) -> Iterator[Why]:
    found = consider(home, shop, policy)
    is_meant = (pl.col("sku_id") == sku) | (pl.col("target_id") == sku)
    proposed = found.judged.filter(is_meant).to_dicts()
    holds = found.holds.filter(is_meant).to_dicts()
    yield from (_why_of_proposal(shop, policy, row, found) for row in proposed)
    for row in holds:
        yield Why(
            shop_id=shop.id,
            policy=policy,
            target_id=row["target_id"],
            outcome="left alone",
            sentence=phrase_of(policy, row["reason_code"], "en"),
            sentence_zh=phrase_of(policy, row["reason_code"], "zh"),
            numbers=json.loads(row["numbers"]),
        )
    # What is about orders or members says nothing of an article that it does not name.
    if not proposed and not holds and found.is_about_goods:
        yield Why(
            shop_id=shop.id,
            policy=policy,
            target_id=None,
            outcome="not looked at",
            sentence=_ABOUT,
            sentence_zh="没有可用的数据：无在售商品、库存或订单",
        )


def _why_of_proposal(shop: Shop, policy: str, row: dict[str, Any], found: Considered) -> Why:
    action = _action(row, found)
    return Why(
        shop_id=shop.id,
        policy=policy,
        target_id=row["target_id"],
        outcome=row["state"],
        sentence=explain(action, "en"),
        sentence_zh=explain(action, "zh"),
        guard=row["guard"],
        guard_reason=row["guard_reason"],
        numbers=json.loads(row["numbers"]),
    )


def _action(row: dict[str, Any], found: Considered) -> Action:
    """A judged proposal as it would enter the ledger."""
    columns = {name: row[name] for name in Judged.column_names() if name != "needs_target_id"}
    return Action(
        **{**columns, "write_kind": WriteKind(row["write_kind"])},
        action_id="",
        run_id="",
        decided_at=found.moment,
        updated_at=found.moment,
        approved_by=None,
        observed_value=None,
        message=None,
        undoes=None,
        fence=0,
    )
