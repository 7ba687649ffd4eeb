"""Members: how each one buys beside the others, and what speaks against writing to them now."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import dataframely as dy
import numpy as np
import polars as pl

from contracts.codes import OPEN_CASES, Channel, GrantStatus, MemberSegment, Purpose
from contracts.columns import MAX_MINOR
from contracts.tables import (
    Consent,
    Contact,
    CouponGrant,
    Member,
    MemberFact,
    MemberTier,
    Order,
    OrderCoupon,
    Refund,
    RefundCase,
)
from transforms.days import local_day
from transforms.lifetime import BuyingModel, Numbers, SpendingModel, fit, fit_spending
from transforms.sales import counted_orders

_MEMBER: Final = ["shop_id", "member_id"]
_ORDER: Final = ["shop_id", "order_id"]
_RETURN_DAYS: Final = 30
_YEAR_DAYS: Final = 365
_DAYS_FOR_A_GAP: Final = 3
_NOT_GIVEN: Final = (GrantStatus.UNASSIGNED, GrantStatus.FAILED)
_SEGMENTS: Final[Mapping[tuple[bool, bool, bool], MemberSegment]] = {
    (True, True, True): MemberSegment.CHAMPIONS,
    (True, False, True): MemberSegment.BIG_SPENDERS,
    (True, True, False): MemberSegment.LOYAL,
    (True, False, False): MemberSegment.RECENT,
    (False, True, True): MemberSegment.CANNOT_LOSE,
    (False, False, True): MemberSegment.AT_RISK,
    (False, True, False): MemberSegment.ABOUT_TO_LEAVE,
    (False, False, False): MemberSegment.HIBERNATING,
}
"""By whether they bought recently, often and for much."""


@dataclass(frozen=True, slots=True)
class MembersSeen:
    """What models are fitted on: one of each per member, in days and minor units."""

    repeats: Numbers
    last_at: Numbers
    known_for: Numbers
    mean_minor: Numbers


@dataclass(frozen=True, slots=True)
class MemberModels:
    """Of a shop's members; None: too few came back."""

    buying: BuyingModel | None
    spending: SpendingModel | None


def fitted(seen: MembersSeen) -> MemberModels:
    """The likeliest models of what was seen."""
    return MemberModels(
        fit(seen.repeats, seen.last_at, seen.known_for),
        fit_spending(seen.repeats, seen.mean_minor),
    )


def member_facts(
    orders: dy.LazyFrame[Order],
    *,
    refunds: dy.LazyFrame[Refund],
    cases: dy.LazyFrame[RefundCase],
    order_coupons: dy.LazyFrame[OrderCoupon],
    grants: dy.LazyFrame[CouponGrant],
    members: dy.LazyFrame[Member],
    contacts: dy.LazyFrame[Contact],
    consents: dy.LazyFrame[Consent],
    tiers: dy.LazyFrame[MemberTier],
    as_of: dt.datetime,
    time_zone: str,
    models: Callable[[MembersSeen], MemberModels] = fitted,
) -> dy.LazyFrame[MemberFact]:
    """One row per member with an order that counts in GMV; guests are nobody in particular.

    `models` are those of a shop's members, fitted anew unless somebody kept them.

    Of a shop with n members the score of rank k, counted from the worst, is (k - 1) × 5 // n + 1:
    five groups that differ by one member at most. Of equal members the one whose id comes first
    in the alphabet stands lower, so the order of the rows says nothing.

    A segment compares with the shop's median, since a few large buyers move a mean: up to the
    median of the days since the last order is recent, above the median of orders is often, above
    that of what was spent is much. A shop with two currencies gets two rows per member, which
    validation refuses.
    """
    theirs = orders.lazy().filter(pl.col("member_id").is_not_null(), ~pl.col("is_test"))
    named = theirs.select(*_ORDER, "member_id", "placed_at")
    return (
        _bought(orders, as_of=as_of, time_zone=time_zone)
        .map_batches(partial(_with_models, models=models))
        .with_columns(
            recency_score=_score(-pl.col("recency_days")),
            frequency_score=_score(pl.col("orders_count")),
            monetary_score=_score(pl.col("spent_minor")),
            member_segment=_segment(),
        )
        .join(marketing_consents(consents.lazy()), on=_MEMBER, how="left")
        .join(mail_contacts(contacts.lazy()), on=_MEMBER, how="left")
        .join(_member_ids(members.lazy()), on=_MEMBER, how="left")
        .join(_risen(tiers.lazy()), on=_MEMBER, how="left")
        .join(_given(named, order_coupons.lazy(), grants.lazy()), on=_MEMBER, how="left")
        .join(_paid_back(named, refunds.lazy(), cases.lazy()), on=_MEMBER, how="left")
        .join(_open_cases(named, cases.lazy()), on=_MEMBER, how="left")
        .with_columns(pl.col("has_email", "has_account", "has_open_case").fill_null(value=False))
        .pipe(MemberFact.cast)
    )


def _bought(orders: dy.LazyFrame[Order], *, as_of: dt.datetime, time_zone: str) -> pl.LazyFrame:
    today = pl.lit(as_of).dt.convert_time_zone(time_zone).dt.date()
    days = pl.col("order_date").unique().sort()
    gap = days.diff().dt.total_days().median()
    return (
        counted_orders(orders)
        .filter(pl.col("member_id").is_not_null())
        .with_columns(order_date=local_day("placed_at", time_zone))
        .group_by(*_MEMBER, "currency")
        .agg(
            orders_count=pl.len(),
            order_days_units=days.len(),
            first_order_date=pl.col("order_date").min(),
            first_order_at=pl.col("placed_at").min(),
            last_order_at=pl.col("placed_at").max(),
            last_order_date=pl.col("order_date").max(),
            usual_gap_days=pl.when(days.len() >= _DAYS_FOR_A_GAP).then(gap),
            spent_minor=pl.col("goods_minor").sum(),
            later_minor=pl.col("goods_minor")
            .filter(pl.col("order_date") > pl.col("order_date").min())
            .sum(),
        )
        .with_columns(
            recency_days=(today - pl.col("last_order_date")).dt.total_days().clip(lower_bound=0),
            alive_rate=pl.lit(None, dtype=pl.Float64),
            return_rate=pl.lit(None, dtype=pl.Float64),
            year_orders=pl.lit(None, dtype=pl.Float64),
            order_minor=pl.lit(None, dtype=pl.Int64),
        )
    )


def _with_models(
    frame: pl.DataFrame, *, models: Callable[[MembersSeen], MemberModels]
) -> pl.DataFrame:
    """What the models of each shop say of its members, which are then in the order of their ids."""
    shops = frame.sort(_MEMBER).partition_by("shop_id", maintain_order=True)
    return pl.concat([_model_shop(shop, models) for shop in shops]) if shops else frame


def _model_shop(shop: pl.DataFrame, models: Callable[[MembersSeen], MemberModels]) -> pl.DataFrame:
    """Who is still a customer, who comes back unaided, and what an order of theirs is worth."""
    bought_for = (pl.col("last_order_date") - pl.col("first_order_date")).dt.total_days()
    repeats = pl.col("order_days_units").cast(pl.Float64) - 1
    mean_minor = pl.when(repeats > 0).then(pl.col("later_minor") / repeats).fill_null(0.0)
    columns = (repeats, bought_for, bought_for + pl.col("recency_days"), mean_minor)
    seen = MembersSeen(
        *(shop.select(column.cast(pl.Float64)).to_series().to_numpy() for column in columns)
    )
    found, arrays = models(seen), (seen.repeats, seen.last_at, seen.known_for)
    buying, spending = found.buying, found.spending
    if buying is not None:
        shop = shop.with_columns(
            alive_rate=pl.Series(buying.alive_rate(*arrays)),
            return_rate=pl.Series(buying.return_rate(*arrays, within=_RETURN_DAYS)),
            # Of customers like clockwork the series is beyond what a float holds.
            year_orders=pl.Series(buying.orders(*arrays, within=_YEAR_DAYS)).clip(0).fill_nan(None),
        )
    if spending is not None:
        order = np.minimum(spending.order_value(seen.repeats, seen.mean_minor), MAX_MINOR)
        shop = shop.with_columns(order_minor=pl.Series(order).round().cast(pl.Int64))
    return shop


def _score(value: pl.Expr) -> pl.Expr:
    """The fifth that a member is in; rows are in the order of their ids."""
    rank = value.rank("ordinal").over("shop_id").cast(pl.Int64)
    return (rank - 1) * 5 // pl.len().over("shop_id").cast(pl.Int64) + 1


def _segment() -> pl.Expr:
    def median(name: str) -> pl.Expr:
        return pl.col(name).median().over("shop_id")

    recent = pl.col("recency_days") <= median("recency_days")
    often = pl.col("orders_count") > median("orders_count")
    much = pl.col("spent_minor") > median("spent_minor")
    return pl.coalesce(
        pl.when((recent == is_recent) & (often == is_often) & (much == is_much)).then(
            pl.lit(str(segment))
        )
        for (is_recent, is_often, is_much), segment in _SEGMENTS.items()
    )


def marketing_consents(consents: pl.LazyFrame) -> pl.LazyFrame:
    """Consents of members to marketing by e-mail. Grain: (shop_id, member_id)."""
    marketing = (pl.col("channel") == Channel.EMAIL) & (pl.col("purpose") == Purpose.MARKETING)
    return consents.filter(marketing).select(*_MEMBER, "consent_status")


def mail_contacts(contacts: pl.LazyFrame) -> pl.LazyFrame:
    """Members with an e-mail address, and their language. Grain: (shop_id, member_id)."""
    by_mail = (pl.col("channel") == Channel.EMAIL) & pl.col("address").is_not_null()
    return contacts.filter(by_mail).select(*_MEMBER, "language", has_email=pl.lit(value=True))


def _member_ids(members: pl.LazyFrame) -> pl.LazyFrame:
    has_id = pl.col("platform_member_id").is_not_null()
    return members.filter(has_id).select(*_MEMBER, has_account=pl.lit(value=True))


def _risen(tiers: pl.LazyFrame) -> pl.LazyFrame:
    """Members whose last change of tier was a rise. Grain: (shop_id, member_id).

    The first tier that is reported of a member is no change: they may long have had it.
    """
    change = pl.col("tier_rank").diff().over(_MEMBER, order_by="told_date")
    return (
        tiers.with_columns(change=change)
        .filter(pl.col("change") != 0)
        .sort("told_date")
        .unique(_MEMBER, keep="last")
        .filter(pl.col("change") > 0)
        .select(*_MEMBER, tier_rose_date="told_date")
    )


def _given(named: pl.LazyFrame, used: pl.LazyFrame, grants: pl.LazyFrame) -> pl.LazyFrame:
    """When each was last given a coupon or used one; undated, it was when we first read it."""
    redeemed = named.join(used.select(_ORDER).unique(), on=_ORDER, how="semi")
    given = grants.filter(
        pl.col("member_id").is_not_null(), ~pl.col("grant_status").is_in(_NOT_GIVEN)
    )
    when = pl.coalesce("granted_at", "source_updated_at", "read_at")
    both = [redeemed.select(*_MEMBER, at="placed_at"), given.select(*_MEMBER, at=when)]
    return pl.concat(both).group_by(_MEMBER).agg(last_coupon_at=pl.col("at").max())


def _paid_back(named: pl.LazyFrame, refunds: pl.LazyFrame, cases: pl.LazyFrame) -> pl.LazyFrame:
    paid = [rows.select(*_ORDER, "refunded_at") for rows in (refunds, cases)]
    when = pl.col("refunded_at")
    return (
        pl.concat(paid)
        .filter(when.is_not_null())
        .join(named, on=_ORDER)
        .group_by(_MEMBER)
        .agg(last_refunded_at=when.max())
    )


def _open_cases(named: pl.LazyFrame, cases: pl.LazyFrame) -> pl.LazyFrame:
    is_open = pl.col("case_status").is_in(OPEN_CASES)
    found = cases.filter(is_open).join(named, on=_ORDER).select(_MEMBER).unique()
    return found.with_columns(has_open_case=pl.lit(value=True))
