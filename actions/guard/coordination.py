"""Coordination: a price or a coupon knows what the stock is about to do, a review request what
became of its order."""

import datetime as dt

import polars as pl

from actions.guard.coupon_terms import with_terms
from actions.guard.facts import GuardFacts
from actions.guard.refusals import IS_ASKING, IS_COUPON, IS_PRICE, GuardRule, refuse, sentence
from contracts.codes import WriteKind


def check_coordination(frame: pl.DataFrame, facts: GuardFacts, *, at: dt.datetime) -> pl.DataFrame:
    """Refuse cuts and coupons on what sells out, and review requests that would offend."""
    judged = _cuts(frame, facts, at=at)
    return _requests(_coupons(judged, facts, at=at), facts)


def _cuts(frame: pl.DataFrame, facts: GuardFacts, *, at: dt.datetime) -> pl.DataFrame:
    """Refuse cuts on what sells out, at its present speed, before the next receipt.

    The next receipt is the next arrival on order, else, or where that is overdue, an order placed
    now; where neither date is known, only what is already sold out is refused.
    """
    receipts = _receipts(facts, at)
    cover = facts.price_facts.select(
        "shop_id", "cover_days", "available_units", target_id="listing_id"
    )
    joined = frame.join(cover, on=["shop_id", "target_id"], how="left", maintain_order="left").join(
        receipts, on=["shop_id", "sku_id"], how="left", maintain_order="left"
    )
    is_cut = IS_PRICE & (pl.col("after_value") < pl.col("before_value"))
    days, until = pl.col("cover_days"), pl.col("receipt_days")
    sells_out = GuardRule(
        "sells_out",
        is_cut & (days < until),
        sentence(
            "sells out in {} days without a cut, goods ordered now or on the way are {} days away",
            days.round(1),
            until.round(1),
        ),
    )
    sold_out = GuardRule(
        "sells_out",
        is_cut & (pl.col("available_units") <= 0),
        sentence("{} pieces can be sold, so a cut sells nothing", pl.col("available_units")),
    )
    return refuse(joined, sold_out, sells_out).select(frame.columns)


def _receipts(facts: GuardFacts, at: dt.datetime) -> pl.DataFrame:
    """Days until the next receipt. Grain: (shop_id, sku_id)."""
    arrival = (pl.col("next_inbound_date") - pl.lit(at.date())).dt.total_days()
    return facts.stock_facts.select(
        "shop_id",
        "sku_id",
        receipt_days=pl.when(arrival >= 0)
        .then(arrival.cast(pl.Float64))
        .otherwise("lead_time_days"),
    )


def _coupons(frame: pl.DataFrame, facts: GuardFacts, *, at: dt.datetime) -> pl.DataFrame:
    """Refuse coupons that name a SKU which sells out before the next receipt."""
    stock = facts.price_facts.join(_receipts(facts, at), on=["shop_id", "sku_id"], how="left")
    runs_out = (pl.col("available_units") <= 0) | (pl.col("cover_days") < pl.col("receipt_days"))
    scarce = stock.filter(runs_out).select("shop_id", "listing_id", scarce_sku="sku_id")
    termed = with_terms(frame)
    found = (
        termed.select("row", "shop_id", listing_id="listing_ids")
        .explode("listing_id")
        .join(scarce, on=["shop_id", "listing_id"])
        .group_by("row")
        .agg(pl.col("scarce_sku").min())
    )
    sku = pl.col("scarce_sku")
    rule = GuardRule(
        "sells_out",
        sku.is_not_null(),
        sentence("{} sells out before the next receipt without a coupon", sku),
    )
    joined = termed.join(found, on="row", how="left", maintain_order="left")
    return refuse(joined, rule, where=IS_COUPON).select(frame.columns)


def _requests(frame: pl.DataFrame, facts: GuardFacts) -> pl.DataFrame:
    """Refuse requests for reviews of an order that went back, is in dispute or on its way.

    Only such facts decide, never how the review would turn out.
    """
    # A reminder's target is the request that it reminds of, its parent is the order.
    is_mail = pl.col("write_kind") == WriteKind.SEND_MESSAGE
    order = pl.when(is_mail).then("parent_id").otherwise("target_id")
    joined = frame.with_columns(asked_order=order).join(
        facts.orders.rename({"order_id": "asked_order"}).unique(["shop_id", "asked_order"]),
        on=["shop_id", "asked_order"],
        how="left",
        maintain_order="left",
    )
    rules = [
        ("order_unknown", pl.col("is_delivered").is_null(), "nothing is known of order {}"),
        ("order_cancelled", pl.col("is_cancelled"), "order {} was cancelled"),
        ("order_refunded", pl.col("is_refunded"), "order {} was paid back, in part at least"),
        ("order_disputed", pl.col("has_open_case"), "order {} has an open case"),
        ("order_undelivered", ~pl.col("is_delivered"), "order {} is not delivered"),
        ("order_reviewed", pl.col("is_reviewed"), "order {} has a review already"),
    ]
    return refuse(
        joined,
        *(
            GuardRule(guard, is_violated, sentence(reason, order))
            for guard, is_violated, reason in rules
        ),
        where=IS_ASKING,
    ).select(frame.columns)
