"""Listings with their price, cost and competitors, and what the policy decides for them."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import dataframely as dy

from actions.policies import repricing
from actions.policies.repricing import Bounds, Params
from contracts.actions import Proposal
from contracts.economics import Economics
from contracts.tables import PriceFact, RivalOffer

AS_OF = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
FREE = Economics(fee_rate=0, min_margin_rate=0)
WIDE: dict[str, Any] = {"bounds": {"A": Bounds(min_minor=1, max_minor=10**9)}, "max_step_rate": 0.5}
following = partial(Params, rule="match")


def fact(**more: Any) -> dict[str, Any]:
    row = {"shop_id": "s", "listing_id": "L", "product_id": "P", "sku_id": "A", "currency": "USD"}
    money: dict[str, Any] = {"price_minor": 1000, "unit_cost_minor": 100}
    money |= {"cost_currency": "USD", "discount_rate": 0.0}
    names = ("list_price_minor", "median_28d_minor", "anchor_minor", "channel_low_minor")
    none: dict[str, Any] = dict.fromkeys((*names, "channel_high_minor"))
    none |= {"charged_shipping_minor": 0, "elasticity": None, "elasticity_sd": None}
    none |= {"elasticity_source": None}
    return {**row, **money, **none, "daily_units": 2.0, "rival": 900, **more}


def offer(delivered: int, who: str = "c1", **more: Any) -> dict[str, Any]:
    row = {"shop_id": "s", "sku_id": "A", "competitor_id": who, "currency": "USD"}
    fields = {"fulfilment": "seller", "ratings_units": 10, "is_featured": None}
    return {**row, "delivered_minor": delivered, **fields, **more}


def stated(rows: list[dict[str, Any]], params: Params, economics: Economics) -> dict[str, Any]:
    """Facts with their offers (`rivals`), or with two of `rival` and more."""
    offers = [
        {**one, "shop_id": row["shop_id"], "sku_id": row["sku_id"]}
        for row in {(row["shop_id"], row["sku_id"]): row for row in rows}.values()
        for one in row.get("rivals", [offer(row["rival"]), offer(row["rival"] + 9, "c2")])
    ]
    facts = [{k: v for k, v in row.items() if k not in ("rival", "rivals")} for row in rows]
    prices = PriceFact.sample(overrides=facts).lazy()
    rivals = RivalOffer.sample(overrides=offers).lazy()
    more = {"economics": economics, "as_of": AS_OF, "time_zone": "UTC"}
    return {"prices": prices, "rivals": rivals, "params": params, **more}


def propose(
    row: dict[str, Any], params: Params, economics: Economics = FREE
) -> dy.DataFrame[Proposal]:
    return repricing.propose(**stated([row], params, economics))


def decide(
    row: dict[str, Any], params: Params, economics: Economics = FREE
) -> tuple[int | None, str]:
    """The new price and its reason, or none and why the price is left alone."""
    proposed = propose(row, params, economics)
    if proposed.height:
        return proposed["after_value"].item(), proposed["reason_code"].item()
    return None, repricing.holds(**stated([row], params, economics))["reason_code"].item()
