"""Coupons: what one takes off stays within the floor, and what all may cost within the budget."""

import datetime as dt
from typing import Any

import polars as pl

from actions.guard.facts import GuardFacts
from actions.guard.limits import Limits
from actions.guard.refusals import IS_COUPON, Rule, beyond, money, percent, refuse, sentence
from contracts.codes import ActionState, WriteKind
from contracts.economics import Economics, floor_minor
from contracts.payloads import CouponTerms, decode

_OWN = ["policy", "shop_id", "target_id", "window_start"]
_GROUP = ["policy", "shop_id"]
_RATE_UNIT = 10_000  # a rate is written in hundredths of a percent
_TERMS = {
    "row": pl.UInt32(),
    "ends_at": pl.Datetime("us", "UTC"),
    "usage_units": pl.Int64(),
    "least_minor": pl.Int64(),
    "off_minor": pl.Int64(),
    "off_rate": pl.Float64(),
    "sku_ids": pl.List(pl.String()),
}


def affordable(
    frame: pl.DataFrame,
    facts: GuardFacts,
    *,
    limits: Limits,
    economics: Economics,
    at: dt.datetime,
    is_sending: bool,
) -> pl.DataFrame:
    """Refuse coupons that take off too much, or that the budget has no room for."""
    termed = with_terms(frame)
    seen = termed.join(
        _cheapest(termed, facts, economics), on="row", how="left", maintain_order="left"
    )
    judged = refuse(seen, *_bounds(limits, at), *_floors(), *_rates(limits), where=IS_COUPON)
    judged = _reserved(judged, facts.history, limits=limits, at=at, is_sending=is_sending)
    return refuse(judged, *_budget(limits), where=IS_COUPON).select(frame.columns)


def with_terms(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with their number `row` and, of a coupon, what its terms say (`_TERMS`).

    What it takes off is the value of a created coupon and stands in the terms of a granted one.
    """
    numbered = frame.with_row_index("row")
    coupons = numbered.filter(IS_COUPON & pl.col("guard").is_null())
    rows = [_terms(row) for row in coupons.iter_rows(named=True)]
    terms = pl.DataFrame(rows, schema=_TERMS, orient="row")
    return numbered.join(terms, on="row", how="left", maintain_order="left")


def _terms(row: dict[str, Any]) -> tuple[Any, ...]:
    terms = decode(row["payload"], CouponTerms)
    off_minor, off_rate = terms.off_minor, terms.off_rate
    usage: int | None = 1
    if row["write_kind"] == WriteKind.CREATE_COUPON:
        is_amount, value = row["currency"] is not None, row["after_value"]
        off_minor, off_rate = (value, None) if is_amount else (None, value / _RATE_UNIT)
        usage = terms.usage_limit
    return (
        row["row"],
        terms.ends_at,
        usage,
        terms.min_spend_minor,
        off_minor,
        off_rate,
        list(terms.sku_ids),
    )


def _off_rate(price: pl.Expr) -> pl.Expr:
    """The part of a price that the coupon takes off, alone in the smallest order it holds for."""
    order = pl.max_horizontal(pl.col("least_minor"), price, pl.lit(1))
    return pl.coalesce(pl.col("off_rate"), pl.col("off_minor") / order)


def _cheapest(termed: pl.DataFrame, facts: GuardFacts, economics: Economics) -> pl.DataFrame:
    """Of the SKUs a coupon names: what is worst. Grain: row."""
    plain = economics.model_copy(update={"price_step_minor": 1, "price_ending_minor": 0})
    prices = facts.price_facts.select(
        "shop_id",
        "price_minor",
        "unit_cost_minor",
        "cost_currency",
        priced_sku="sku_id",
        price_currency="currency",
    )
    named = (
        termed.select("row", "shop_id", "sku_ids")
        .filter(pl.col("sku_ids").list.len() > 0)
        .explode("sku_ids")
    )
    priced = (
        named.join(
            prices, left_on=["shop_id", "sku_ids"], right_on=["shop_id", "priced_sku"], how="left"
        )
        .join(termed.select("row", "least_minor", "off_minor", "off_rate"), on="row")
        .with_columns(
            net=pl.col("price_minor") * (1 - _off_rate(pl.col("price_minor"))),
            floor_value=floor_minor(pl.col("unit_cost_minor"), plain),
            is_costed=pl.col("cost_currency").eq_missing(pl.col("price_currency")),
        )
    )
    unknown = pl.col("price_minor").is_null() | pl.col("net").is_null()
    below = pl.col("net") - pl.col("floor_value")
    return priced.group_by("row").agg(
        unpriced_sku=pl.col("sku_ids").filter(unknown).first(),
        uncosted_sku=pl.col("sku_ids")
        .filter(pl.col("floor_value").is_null() | ~pl.col("is_costed"))
        .first(),
        price_currency=pl.col("price_currency").first(),
        cheapest_minor=pl.col("price_minor").min(),
        worst_net=pl.col("net").sort_by(below).first(),
        worst_floor=pl.col("floor_value").sort_by(below).first(),
        worst_sku=pl.col("sku_ids").sort_by(below).first(),
    )


def _bounds(limits: Limits, at: dt.datetime) -> list[Rule]:
    off_minor, off_rate = pl.col("off_minor"), pl.col("off_rate")
    usage, exposure, ends_at = pl.col("usage_units"), pl.col("exposure_minor"), pl.col("ends_at")
    return [
        Rule(
            "coupon_value",
            (off_minor.is_null() == off_rate.is_null())
            | (off_minor <= 0)
            | (off_rate <= 0)
            | (off_rate > 1),
            pl.lit("a coupon takes off an amount, or a part of a price"),
        ),
        Rule(
            "expired",
            ends_at <= at,
            sentence("the coupon ended at {}", ends_at.dt.strftime("%Y-%m-%d %H:%M UTC")),
        ),
        Rule("unbounded", usage.is_null(), pl.lit("a coupon says how often it may be redeemed")),
        Rule(
            "exposure_unknown",
            exposure.is_null() | (exposure <= 0),
            pl.lit("what the coupon may cost at most is not stated"),
        ),
        Rule(
            "exposure_unknown",
            exposure < off_minor * usage,
            sentence("{} uses may cost more than the {} that are stated", usage, exposure),
        ),
        Rule(
            "no_budget",
            pl.lit(limits.max_budget_minor is None),
            pl.lit("no budget is set: max_budget_minor in the policy's limits"),
        ),
    ]


def _floors() -> list[Rule]:
    unpriced, uncosted = pl.col("unpriced_sku"), pl.col("uncosted_sku")
    net, floor = pl.col("worst_net").floor(), pl.col("worst_floor")
    currency, priced = pl.col("currency"), pl.col("price_currency")
    return [
        Rule(
            "price_unknown",
            unpriced.is_not_null(),
            sentence("no price in force is known for {}", unpriced),
        ),
        Rule(
            "currency_changed",
            currency.is_not_null() & (currency != priced),
            sentence("the coupon is in {}, the price in {}", currency, priced),
        ),
        Rule(
            "cost_missing",
            uncosted.is_not_null(),
            sentence("no cost of {} is known, so no floor is", uncosted),
        ),
        Rule(
            "floor",
            net < floor,
            sentence(
                "it leaves {} of {}, below floor {} (minor units)",
                net.cast(pl.Int64),
                pl.col("worst_sku"),
                floor,
            ),
        ),
    ]


def _rates(limits: Limits) -> list[Rule]:
    order = pl.max_horizontal("least_minor", "cheapest_minor")
    rate = pl.coalesce(pl.col("off_rate"), pl.col("off_minor") / order)
    return [
        Rule(
            "coupon_rate",
            rate.is_null(),
            sentence(
                "{} off whatever the order is: a least spend or SKUs bound it",
                money(pl.col("off_minor")),
            ),
        ),
        Rule(
            "coupon_rate",
            beyond(rate, limits.max_coupon_rate),
            sentence(
                f"it takes off {{}} of the smallest order, limit {limits.max_coupon_rate:.1%}",
                percent(rate),
            ),
        ),
    ]


def _reserved(
    frame: pl.DataFrame,
    history: pl.DataFrame,
    *,
    limits: Limits,
    at: dt.datetime,
    is_sending: bool,
) -> pl.DataFrame:
    """Rows with `committed_minor`: the worst case of the period's coupons, this one included.

    A coupon that was closed keeps its place: what was redeemed before is spent.
    """
    since = at - dt.timedelta(days=limits.budget_days)
    given = history.filter(IS_COUPON & ~pl.col("is_undo") & (pl.col("at") > since))
    if is_sending:
        given = given.filter(pl.col("state") != ActionState.APPROVED)
    given = given.join(frame.select(_OWN).unique(), on=_OWN, how="anti")
    spent = given.group_by(_GROUP).agg(spent_minor=pl.col("exposure_minor").sum())
    counts = IS_COUPON & pl.col("guard").is_null()
    here = pl.when(counts).then(pl.col("exposure_minor")).otherwise(0).cum_sum().over(_GROUP)
    return frame.join(spent, on=_GROUP, how="left", maintain_order="left").with_columns(
        committed_minor=pl.col("spent_minor").fill_null(0) + here
    )


def _budget(limits: Limits) -> list[Rule]:
    committed, budget = pl.col("committed_minor"), limits.max_budget_minor
    return [
        Rule(
            "budget",
            committed > (0 if budget is None else budget),
            sentence(
                f"coupons of {limits.budget_days} days may cost {{}} minor units, budget {budget}",
                committed,
            ),
        )
    ]
