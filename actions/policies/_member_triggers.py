"""Why a member is offered a coupon, and what it would bring beyond what comes unaided."""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum

import polars as pl

from actions.policies._member_coupon import Params
from contracts.codes import ConsentStatus, OccasionKind
from contracts.economics import FACTS, Economics, margin_minor

_BEST_FIFTH = 5


class Reason(StrEnum):
    """Why a member is offered something, in the order in which they apply: a day that is soon over
    goes before what lasts."""

    BIRTHDAY = "birthday"
    TIER_CHANGE = "tier_change"
    LAPSING_VIP = "lapsing_vip"
    OVERDUE = "overdue"
    SECOND_ORDER = "second_order"


class HoldReason(StrEnum):
    """Why a member is offered nothing."""

    TOO_FEW_ORDERS = "too_few_orders"
    GAP_UNKNOWN = "gap_unknown"
    NOT_OVERDUE = "not_overdue"
    GONE_TOO_LONG = "gone_too_long"
    OTHER_SEGMENT = "other_segment"
    LIKELY_BACK = "likely_back"
    CASE_OPEN = "case_open"
    REFUNDED_LATELY = "refunded_lately"
    COUPON_LATELY = "coupon_lately"
    COUPON_THERE = "coupon_there"
    NO_OFFER = "no_offer"
    GOODS_TOO_LOW = "goods_too_low"
    NOT_WORTH_IT = "not_worth_it"
    NO_CONSENT = "no_consent"
    NO_ADDRESS = "no_address"
    BEYOND_MAX = "beyond_max"
    NO_OCCASION = "no_occasion"


_OF_A_DAY = {Reason.BIRTHDAY, Reason.TIER_CHANGE}
"""Triggers that do not depend on how long a member is away."""


def trigger(params: Params) -> pl.Expr:
    """The first reason that holds, of those that are set; null: none does.

    Reads `birthday_date` (see `birthdays`) and `today` beside the facts.
    """
    days, gap = pl.col("recency_days"), pl.col("usual_gap_days")
    is_there_in_time = days <= params.last_days
    tier_days = (pl.col("today") - pl.col("tier_rose_date")).dt.total_days()
    applies: Mapping[Reason, pl.Expr] = {
        Reason.BIRTHDAY: is_there_in_time & pl.col("birthday_date").is_not_null(),
        Reason.TIER_CHANGE: is_there_in_time & tier_days.is_between(0, params.tier_days),
        Reason.LAPSING_VIP: is_there_in_time
        & (pl.col("monetary_score") == _BEST_FIFTH)
        & (pl.col("orders_count") >= params.min_orders)
        & (days > gap * params.vip_factor)
        & (days >= params.min_days),
        Reason.OVERDUE: _not_overdue_reason(params).is_null(),
        Reason.SECOND_ORDER: is_there_in_time
        & (pl.col("order_days_units") == 1)
        & (days >= params.second_days),
    }
    chosen = [
        pl.when(holds).then(pl.lit(str(reason)))
        for reason, holds in applies.items()
        if str(reason) in params.triggers
    ]
    return pl.coalesce(chosen)


def birthdays(occasions: pl.LazyFrame, params: Params, today: dt.date) -> pl.LazyFrame:
    """Birthdays of today or of the `birthday_days` after it, in the shop's days; who was born on
    29 February has it on the 28th in other years. Grain: (shop_id, member_id), `birthday_date`.
    """
    nearest = pl.coalesce(_this_year(year, today) for year in (today.year, today.year + 1))
    return (
        occasions.filter(pl.col("occasion_kind") == OccasionKind.BIRTHDAY)
        .select("shop_id", "member_id", birthday_date=nearest)
        .filter(pl.col("birthday_date") <= today + dt.timedelta(days=params.birthday_days))
    )


def _this_year(year: int, today: dt.date) -> pl.Expr:
    """The day in a year, null where it is over."""
    month_day = pl.col("month_day")
    leap = pl.when(month_day == "02-29").then(pl.lit(dt.date(year, 2, 28)))
    found = pl.coalesce(
        pl.format(f"{year}-{{}}", month_day).str.to_date("%Y-%m-%d", strict=False), leap
    )
    return pl.when(found >= today).then(found)


def occasion() -> pl.Expr:
    """What an offer is for, as text: one absence, one year's birthday, one rise of tier.

    A birthday is named by its year alone, so that telling another one gives no second coupon.
    """
    reason = pl.col("reason")
    return (
        pl.when(reason == Reason.BIRTHDAY)
        .then(pl.format("birthday {}", pl.col("birthday_date").dt.year()))
        .when(reason == Reason.TIER_CHANGE)
        .then(pl.format("tier {}", "tier_rose_date"))
        .otherwise(pl.col("last_order_date").cast(pl.String))
    )


def hold_reason(params: Params, as_of: dt.datetime) -> pl.Expr:
    """Why nothing is offered; null: something is."""
    consent = pl.col("consent_status")
    is_code = params.way == "code"
    granted, withdrawn = pl.lit(str(ConsentStatus.GRANTED)), pl.lit(str(ConsentStatus.WITHDRAWN))

    def lately(name: str, within_days: int) -> pl.Expr:
        return pl.col(name) > as_of - dt.timedelta(days=within_days)

    reasons: Mapping[HoldReason, pl.Expr] = {
        HoldReason.LIKELY_BACK: pl.col("return_rate") > params.max_return_rate,
        HoldReason.CASE_OPEN: pl.col("has_open_case"),
        HoldReason.REFUNDED_LATELY: lately("last_refunded_at", params.refund_days),
        HoldReason.COUPON_LATELY: lately("last_coupon_at", params.cooldown_days),
        HoldReason.COUPON_THERE: pl.col("is_known").is_not_null(),
        HoldReason.NO_OFFER: pl.col("payload").is_null(),
        HoldReason.GOODS_TOO_LOW: ~pl.col("is_stood"),
        # Into a purse goes no message; who said no to offers gets none all the same.
        HoldReason.NO_CONSENT: consent.ne_missing(granted)
        if is_code
        else consent.eq_missing(withdrawn),
        HoldReason.NO_ADDRESS: ~pl.col("has_account") | pl.lit(is_code) & ~pl.col("has_email"),
        HoldReason.NOT_WORTH_IT: pl.col("value_minor") <= 0,
    }
    no_reason = pl.coalesce(_not_overdue_reason(params), pl.lit(str(HoldReason.NOT_OVERDUE)))
    if set(params.triggers) <= _OF_A_DAY:
        no_reason = pl.lit(str(HoldReason.NO_OCCASION))
    return pl.when(pl.col("reason").is_null()).then(no_reason).otherwise(_first(reasons))


def _not_overdue_reason(params: Params) -> pl.Expr:
    """Why a member is not missed; null: they are."""
    days, gap = pl.col("recency_days"), pl.col("usual_gap_days")
    return _first(
        {
            HoldReason.TOO_FEW_ORDERS: pl.col("orders_count") < params.min_orders,
            HoldReason.GAP_UNKNOWN: gap.is_null(),
            HoldReason.NOT_OVERDUE: (days <= gap * params.factor) | (days < params.min_days),
            HoldReason.GONE_TOO_LONG: days > params.last_days,
            HoldReason.OTHER_SEGMENT: ~pl.col("member_segment").is_in(params.segments),
        }
    )


def _first(reasons: Mapping[HoldReason, pl.Expr]) -> pl.Expr:
    return pl.coalesce(pl.when(applies).then(pl.lit(str(c))) for c, applies in reasons.items())


def margins(prices: pl.LazyFrame, economics: Economics) -> pl.LazyFrame:
    """Margin of the goods that have a cost, as a part of their prices. Grain: shop."""
    margin = margin_minor(pl.col("price_minor"), pl.col("unit_cost_minor"), economics, FACTS)
    costed = prices.filter(pl.col("unit_cost_minor").is_not_null())
    return costed.group_by("shop_id").agg(margin_rate=margin.sum() / pl.col("price_minor").sum())


def value(params: Params) -> pl.Expr:
    """Margin that an offer brings beyond what comes unaided; null: not known.

    Of those who buy for it alone an order's margin less the coupon; of those who would have bought
    anyway the coupon is given away.
    """
    if params.uplift_rate is None:
        return pl.lit(None, dtype=pl.Int64)
    order = pl.coalesce("order_minor", pl.col("spent_minor") / pl.col("orders_count"))
    order = pl.max_horizontal(order, pl.col("min_spend_minor"))
    off = pl.coalesce("off_minor", pl.col("off_rate") * order)
    brought = params.uplift_rate * (order * pl.col("margin_rate") - off)
    return (brought - pl.col("return_rate") * off).round().cast(pl.Int64, strict=False)
