"""Promotion calendar: what takes part in a campaign keeps its price until it ends."""

import datetime as dt

import polars as pl

from actions.guard.refusals import IS_PRICE, GuardRule, refuse, sentence


def check_calendar(
    frame: pl.DataFrame, campaigns: pl.DataFrame, *, at: dt.datetime
) -> pl.DataFrame:
    """Refuse price changes of SKUs whose price a campaign of the shop locks now.

    Sign-up, warm-up, deposit, sale and price protection lock alike: customers were promised it.
    `campaigns` have the schema `CAMPAIGN_SCHEMA`.
    """
    running = campaigns.filter((pl.col("starts_at") <= at) & (pl.col("ends_at") > at))
    whole, single = pl.col("sku_id").is_null(), ["shop_id", "sku_id"]
    of_shop = _longest(running.filter(whole), ["shop_id"], "shop_lock")
    of_sku = _longest(running.filter(~whole), single, "sku_lock")
    joined = frame.join(of_shop, on="shop_id", how="left", maintain_order="left").join(
        of_sku, on=single, how="left", maintain_order="left"
    )
    lock = pl.coalesce("sku_lock", "shop_lock")
    return refuse(joined, GuardRule("price_lock", IS_PRICE & lock.is_not_null(), lock)).drop(
        "shop_lock", "sku_lock"
    )


def _longest(running: pl.DataFrame, keys: list[str], name: str) -> pl.DataFrame:
    """One sentence per key, about the campaign that ends last."""
    reason = sentence(
        "{} locks the price until {}",
        pl.col("kind"),
        pl.col("ends_at").dt.strftime("%Y-%m-%d %H:%M UTC"),
    )
    last = running.sort("ends_at").unique(keys, keep="last", maintain_order=True)
    return last.select(*keys, reason.alias(name))
