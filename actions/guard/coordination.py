"""Coordination: a price decision knows what the stock is about to do."""

import datetime as dt

import polars as pl

from actions.guard.facts import GuardFacts
from actions.guard.refusals import IS_PRICE, Rule, refuse, sentence


def coordinated(frame: pl.DataFrame, facts: GuardFacts, *, at: dt.datetime) -> pl.DataFrame:
    """Refuse cuts on what sells out, at its present speed, before the next receipt.

    The next receipt is the next arrival on order, else, or where that is overdue, an order placed
    now; where neither date is known, only what is already sold out is held.
    """
    arrival = (pl.col("next_inbound_date") - pl.lit(at.date())).dt.total_days()
    is_due = arrival >= 0
    receipts = facts.stock_facts.select(
        "shop_id",
        "sku_id",
        receipt_days=pl.when(is_due).then(arrival.cast(pl.Float64)).otherwise("lead_time_days"),
    )
    cover = facts.price_facts.select(
        "shop_id", "cover_days", "available_units", target_id="listing_id"
    )
    joined = frame.join(cover, on=["shop_id", "target_id"], how="left", maintain_order="left").join(
        receipts, on=["shop_id", "sku_id"], how="left", maintain_order="left"
    )
    is_cut = IS_PRICE & (pl.col("after_value") < pl.col("before_value"))
    days, until = pl.col("cover_days"), pl.col("receipt_days")
    sells_out = Rule(
        "sells_out",
        is_cut & (days < until),
        sentence(
            "sells out in {} days without a cut, the next receipt is {} days away",
            days.round(1),
            until.round(1),
        ),
    )
    sold_out = Rule(
        "sells_out",
        is_cut & (pl.col("available_units") <= 0),
        sentence("{} pieces can be sold, so a cut sells nothing", pl.col("available_units")),
    )
    return refuse(joined, sold_out, sells_out).select(frame.columns)
