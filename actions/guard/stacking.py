"""Prices and coupons together: neither may pass alone where both would leave too little.

A coupon is judged by the lowest price that is in force or under way, a price by every code that
holds or is under way, so whichever comes second is refused.
"""

import datetime as dt

import polars as pl

from actions.guard.coupon_terms import with_terms
from actions.guard.facts import GuardFacts
from actions.guard.refusals import IS_COUPON, IS_PRICE, GuardRule, money, percent, refuse, sentence
from contracts.codes import ActionState
from contracts.economics import FACTS, Economics, floor_minor, off_grid, part_off

_OFFER = ["shop_id", "listing_ids", "excluded_listing_ids", "least_minor", "off_minor", "off_rate"]
_LISTING = ["shop_id", "listing_id"]


def worst_goods(termed: pl.DataFrame, facts: GuardFacts, economics: Economics) -> pl.DataFrame:
    """Of the goods each coupon holds for: the one that it leaves furthest below its floor.

    Grain: row. A coupon that names none holds for all; of these, goods without a known cost are
    not judged, since no price of theirs is.
    """
    offers, rows = _offers(termed)
    priced = _with_floors(_under_way(facts), economics)
    goods = _goods(offers, priced).with_columns(net=_net())
    below = pl.col("net") - pl.col("floor_value")
    judged = goods.filter(pl.col("floor_value").is_not_null() & pl.col("net").is_not_null())
    worst = judged.group_by("offer").agg(
        worst_net=pl.col("net").sort_by(below).first(),
        worst_floor=pl.col("floor_value").sort_by(below).first(),
        worst_sku=pl.col("sku_id").sort_by(below).first(),
        price_currency=pl.col("price_currency").first(),
    )
    named = _named_goods(offers, priced)
    found = named.join(worst, on="offer", how="full", coalesce=True)
    return rows.join(found, on="offer", how="left", maintain_order="left").drop("offer")


def with_codes(
    frame: pl.DataFrame, facts: GuardFacts, *, economics: Economics, at: dt.datetime
) -> pl.DataFrame:
    """Refuse prices that are below their floor once a code that holds comes off them."""
    state, is_undo = pl.col("state"), pl.col("is_undo")
    given = facts.history.filter(IS_COUPON & ~is_undo & (state != ActionState.REVERTED))
    live = with_terms(given.with_columns(guard=pl.lit(None, dtype=pl.String)))
    offers, _ = _offers(live.filter(pl.col("ends_at") > at))
    wanted = frame.filter(IS_PRICE & pl.col("guard").is_null()).select(
        "shop_id", "after_value", listing_id="target_id"
    )
    priced = _with_floors(facts.price_facts, economics).drop("price_minor")
    priced = priced.join(wanted, on=_LISTING).rename({"after_value": "price_minor"})
    left = (
        _goods(offers, priced)
        .with_columns(net=_net())
        .group_by("shop_id", target_id="listing_id")
        .agg(
            code_net=pl.col("net").min(),
            code_rate=1 - pl.col("net").min() / pl.col("price_minor").first(),
            code_floor=pl.col("floor_value").first(),
        )
    )
    rule = GuardRule(
        "floor_with_code",
        pl.col("code_net").floor() < pl.col("code_floor"),
        sentence(
            "a code that holds takes {} off, which leaves {} of {}, below floor {}",
            percent(pl.col("code_rate")),
            money(pl.col("code_net").floor()),
            money(pl.col("after_value")),
            money(pl.col("code_floor")),
        ),
    )
    joined = frame.join(left, on=["shop_id", "target_id"], how="left", maintain_order="left")
    return refuse(joined, rule, where=IS_PRICE).select(frame.columns)


def _offers(termed: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Different coupons with their number `offer`, and which row has which: many are alike."""
    coupons = termed.filter(pl.col("ends_at").is_not_null())
    offers = coupons.select(_OFFER).unique(maintain_order=True).with_row_index("offer")
    rows = coupons.select("row", *_OFFER).join(offers, on=_OFFER, nulls_equal=True)
    return offers, rows.select("row", "offer")


def _under_way(facts: GuardFacts) -> pl.DataFrame:
    """Price facts at the lowest of the price in force and our writes since that was observed."""
    is_price = IS_PRICE & (pl.col("state") != ActionState.REVERTED)
    ours = facts.history.filter(is_price).select(
        "shop_id", "after_value", set_at="at", listing_id="target_id"
    )
    later = (
        facts.price_facts.select(*_LISTING, "price_observed_at")
        .join(ours, on=_LISTING)
        .filter(pl.col("set_at") >= pl.col("price_observed_at"))
        .group_by(_LISTING)
        .agg(under_way_minor=pl.col("after_value").min())
    )
    return facts.price_facts.join(later, on=_LISTING, how="left").with_columns(
        price_minor=pl.min_horizontal("price_minor", "under_way_minor")
    )


def _with_floors(prices: pl.DataFrame, economics: Economics) -> pl.DataFrame:
    """What is judged of each listing."""
    plain = off_grid(economics)
    return prices.select(
        *_LISTING,
        "sku_id",
        "price_minor",
        floor_value=floor_minor(pl.col("unit_cost_minor"), plain, FACTS),
        price_currency="currency",
    )


def _goods(offers: pl.DataFrame, priced: pl.DataFrame) -> pl.DataFrame:
    """The listings that each coupon holds for, in the widest sense that a platform could keep."""
    listing, named, others = (
        pl.col(name) for name in ("listing_id", "listing_ids", "excluded_listing_ids")
    )
    is_rest = others.is_not_null() & ~listing.is_in(others)
    is_named = named.is_not_null() & listing.is_in(named)
    holds = (named.is_null() & others.is_null()) | is_rest | is_named
    return offers.join(priced, on="shop_id").filter(holds.fill_null(value=False))


def _named_goods(offers: pl.DataFrame, priced: pl.DataFrame) -> pl.DataFrame:
    """What is not known of goods that a coupon names, and the cheapest of them. Grain: offer."""
    named = offers.filter(pl.col("listing_ids").is_not_null())
    each = named.select("offer", "shop_id", listing_id="listing_ids").explode("listing_id")
    found = each.join(priced, on=_LISTING, how="left")
    listing, price = pl.col("listing_id"), pl.col("price_minor")
    is_uncosted = price.is_not_null() & pl.col("floor_value").is_null()
    return found.group_by("offer").agg(
        unpriced_listing=listing.filter(price.is_null()).first(),
        uncosted_sku=pl.col("sku_id").filter(is_uncosted).first(),
        cheapest_minor=price.min(),
    )


def _net() -> pl.Expr:
    """What is paid for a piece under the coupon."""
    price = pl.col("price_minor")
    off = part_off(price, pl.col("off_rate"), pl.col("off_minor"), pl.col("least_minor"))
    return price * (1 - off)
