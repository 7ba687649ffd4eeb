"""Coupons: what one takes off stays within the floor, and what all may cost within the budget."""

import datetime as dt

import polars as pl

from actions.guard.coupon_terms import with_terms
from actions.guard.facts import GuardFacts
from actions.guard.limits import Limits
from actions.guard.refusals import IS_COUPON, GuardRule, beyond, money, percent, refuse, sentence
from actions.guard.stacking import worst_goods
from contracts.codes import ActionState, WriteKind
from contracts.economics import Economics
from contracts.money import amount_text

_OWN = ["policy", "shop_id", "target_id", "window_start"]
_GROUP = ["policy", "shop_id"]
_GOODS = ("listing_ids", "excluded_listing_ids")


def check_coupon_budget(
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
    seen = _with_platform_terms(termed, facts).join(
        worst_goods(termed, facts, economics), on="row", how="left", maintain_order="left"
    )
    judged = refuse(
        seen,
        *_bounds(limits, at),
        *_unsupported_terms(),
        *_floors(),
        *_rates(limits),
        where=IS_COUPON,
    )
    judged = _with_committed(judged, facts.history, limits=limits, at=at, is_sending=is_sending)
    return refuse(judged, *_budget(limits), where=IS_COUPON).select(frame.columns)


def _with_platform_terms(termed: pl.DataFrame, facts: GuardFacts) -> pl.DataFrame:
    """Rows with `carried`: the terms beyond the usual ones that the shop's platform can keep."""
    rows = [(shop, sorted(terms)) for shop, terms in facts.coupon_terms.items()]
    known = pl.DataFrame(
        rows, schema={"shop_id": pl.String, "carried": pl.List(pl.String)}, orient="row"
    )
    return termed.join(known, on="shop_id", how="left", maintain_order="left").with_columns(
        pl.col("carried").fill_null([])
    )


def _unsupported_terms() -> list[GuardRule]:
    """Terms of a code that its platform would not keep; a granted coupon's are the platform's."""
    is_code = pl.col("write_kind") == WriteKind.CREATE_COUPON

    def unsupported(*names: str) -> pl.Expr:
        given = [pl.col(name).is_not_null() for name in names]
        kept = [
            pl.col("carried").list.contains(name) & pl.col(name).is_not_null() for name in names
        ]
        return is_code & pl.any_horizontal(given) & ~pl.any_horizontal(kept)

    return [
        GuardRule(
            "unbounded",
            unsupported("max_spend_minor"),
            pl.lit("the platform keeps no largest order, so a fraction of one may cost anything"),
        ),
        GuardRule(
            "not_carried",
            unsupported(*_GOODS),
            pl.lit("it leaves out goods that stand below their floor, which the platform cannot"),
        ),
    ]


def _bounds(limits: Limits, at: dt.datetime) -> list[GuardRule]:
    off_minor, off_rate = pl.col("off_minor"), pl.col("off_rate")
    most = pl.col("max_spend_minor")
    usage, exposure, ends_at = pl.col("usage_units"), pl.col("exposure_minor"), pl.col("ends_at")
    return [
        GuardRule(
            "coupon_value",
            (off_minor.is_null() == off_rate.is_null())
            | (off_minor <= 0)
            | (off_rate <= 0)
            | (off_rate > 1),
            pl.lit("a coupon takes off an amount, or a part of a price"),
        ),
        GuardRule(
            "expired",
            ends_at <= at,
            sentence("the coupon ended at {}", ends_at.dt.strftime("%Y-%m-%d %H:%M UTC")),
        ),
        GuardRule(
            "unbounded", usage.is_null(), pl.lit("a coupon says how often it may be redeemed")
        ),
        GuardRule(
            "exposure_unknown",
            exposure.is_null() | (exposure <= 0),
            pl.lit("what the coupon may cost at most is not stated"),
        ),
        GuardRule(
            "exposure_unknown",
            exposure < off_minor * usage,
            sentence("{} uses may cost more than the {} that are stated", usage, exposure),
        ),
        GuardRule(
            "unbounded",
            off_rate.is_not_null() & most.is_null(),
            pl.lit("a fraction of an order of any size: a largest order bounds it"),
        ),
        GuardRule(
            "exposure_unknown",
            exposure < (off_rate * most).ceil() * usage,
            sentence(
                "{} uses of {} on orders up to {} may cost more than the {} that are stated",
                usage,
                percent(off_rate),
                most,
                exposure,
            ),
        ),
        GuardRule(
            "no_budget",
            pl.lit(limits.max_budget_minor is None),
            pl.lit("no budget is set: max_budget_minor in the policy's limits"),
        ),
    ]


def _floors() -> list[GuardRule]:
    unpriced, uncosted = pl.col("unpriced_listing"), pl.col("uncosted_sku")
    net, floor = pl.col("worst_net").floor(), pl.col("worst_floor")
    currency, priced = pl.col("currency"), pl.col("price_currency")
    return [
        GuardRule(
            "price_unknown",
            unpriced.is_not_null(),
            sentence("no price in force is known for listing {}", unpriced),
        ),
        GuardRule(
            "currency_changed",
            currency.is_not_null() & (currency != priced),
            sentence("the coupon is in {}, the price in {}", currency, priced),
        ),
        GuardRule(
            "cost_missing",
            uncosted.is_not_null(),
            sentence("no cost of {} is known, so no floor is", uncosted),
        ),
        GuardRule(
            "floor",
            net < floor,
            sentence(
                "it leaves {} of {}, below floor {}",
                amount_text(net, priced),
                pl.col("worst_sku"),
                amount_text(floor, priced),
            ),
        ),
    ]


def _rates(limits: Limits) -> list[GuardRule]:
    order = pl.max_horizontal("least_minor", "cheapest_minor")
    rate = pl.coalesce(pl.col("off_rate"), pl.col("off_minor") / order)
    return [
        GuardRule(
            "coupon_rate",
            rate.is_null(),
            sentence(
                "{} off whatever the order is: a least spend or SKUs bound it",
                money(pl.col("off_minor")),
            ),
        ),
        GuardRule(
            "coupon_rate",
            beyond(rate, limits.max_coupon_rate),
            sentence(
                f"it takes off {{}} of the smallest order, limit {limits.max_coupon_rate:.1%}",
                percent(rate),
            ),
        ),
    ]


def _with_committed(
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


def _budget(limits: Limits) -> list[GuardRule]:
    committed, budget = pl.col("committed_minor"), limits.max_budget_minor
    return [
        GuardRule(
            "budget",
            committed > (0 if budget is None else budget),
            sentence(
                f"coupons of {limits.budget_days} days may cost {{}}, budget {{}}",
                money(committed),
                money(pl.lit(budget, dtype=pl.Int64)),
            ),
        )
    ]
