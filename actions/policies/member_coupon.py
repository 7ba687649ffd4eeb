"""Win back members who stay away for longer than they use to: one coupon for one absence."""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from actions.policies._coupons import (
    coupon_code,
    exposure,
    known_codes,
    money_text,
    own_terms,
    platform_terms,
    single_use,
)
from actions.policies._member_coupon import Params
from actions.policies._message import message
from actions.policies._proposal import Hold, day_window, json_of, midnight, proposals
from actions.texts import spoken
from contracts.actions import Proposal
from contracts.codes import Channel, ConsentStatus, Purpose, WriteKind
from contracts.economics import Economics
from contracts.tables import Coupon, CouponGrant, MemberFact

NAME: Final = "member_coupon"
VERSION: Final = 1
WRITES: Final = (WriteKind.CREATE_COUPON, WriteKind.GRANT_COUPON, WriteKind.SEND_MESSAGE)
INPUTS: Final[dict[str, type[dy.Schema]]] = {
    "members": MemberFact,
    "coupons": Coupon,
    "grants": CouponGrant,
}
DEPENDS: Final = (
    "orders",
    "refunds",
    "refund_cases",
    "order_coupons",
    "members",
    "contacts",
    "consents",
    "coupons",
    "coupon_grants",
)
HAS_HOLDOUT: Final = True
_MONTH_DAYS: Final = 30
_RATE_UNIT: Final = 10_000  # a rate is written in hundredths of a percent


class Reason(StrEnum):
    """Why a member is offered something."""

    OVERDUE = "overdue"


class HoldReason(StrEnum):
    """Why a member is offered nothing."""

    TOO_FEW_ORDERS = "too_few_orders"
    GAP_UNKNOWN = "gap_unknown"
    NOT_OVERDUE = "not_overdue"
    GONE_TOO_LONG = "gone_too_long"
    OTHER_SEGMENT = "other_segment"
    LIKELY_ALIVE = "likely_alive"
    CASE_OPEN = "case_open"
    REFUNDED_LATELY = "refunded_lately"
    COUPON_LATELY = "coupon_lately"
    COUPON_THERE = "coupon_there"
    NO_OFFER = "no_offer"
    NO_CONSENT = "no_consent"
    NO_ADDRESS = "no_address"
    BEYOND_MAX = "beyond_max"


def propose(
    *,
    members: dy.LazyFrame[MemberFact],
    coupons: dy.LazyFrame[Coupon],
    grants: dy.LazyFrame[CouponGrant],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Proposal]:
    """A coupon per member who is missed, and by way of code a message that waits for it.

    The code derives from policy, shop, member and the day of their last order: for one absence
    there is one code, and making it again is no second coupon. The effect is not stated: who would
    have come back without it is known only from those who are left alone to compare.
    """
    start, end = day_window(as_of, time_zone)
    decided = _decided(members, coupons, grants, params, as_of=as_of, time_zone=time_zone)
    offered = decided.filter(pl.col("hold").is_null()).select(
        "shop_id",
        "member_id",
        "code",
        "language",
        "currency",
        "payload",
        "exposure_minor",
        policy=pl.lit(NAME),
        policy_version=pl.lit(VERSION),
        reason_code=pl.lit(str(Reason.OVERDUE)),
        numbers=json_of(_NUMBERS),
        units_at_risk=pl.lit(0.0),
        window_start=pl.lit(start),
        expires_at=pl.lit(end),
        evidence=json_of(_EVIDENCE),
    )
    if params.way == "purse":
        return proposals(_granted(offered, params), max_proposals=None)
    last_day = midnight(as_of, time_zone, days_later=params.valid_days - 1)
    told = _told(offered, params, until=last_day.astimezone(ZoneInfo(time_zone)).date())
    both = pl.concat([_created(offered, params), told], how="diagonal")
    return proposals(both, max_proposals=None)


def holds(
    *,
    members: dy.LazyFrame[MemberFact],
    coupons: dy.LazyFrame[Coupon],
    grants: dy.LazyFrame[CouponGrant],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Hold]:
    """The other members, each with the reason why nothing is offered."""
    decided = _decided(members, coupons, grants, params, as_of=as_of, time_zone=time_zone)
    frame = decided.filter(pl.col("hold").is_not_null()).select(
        "shop_id",
        policy=pl.lit(NAME),
        target_id="code",
        sku_id=pl.lit(None, dtype=pl.String),
        reason_code="hold",
        numbers=json_of(_NUMBERS),
    )
    return Hold.validate(frame.collect(), cast=True)


_EVIDENCE: Final = [name for name in MemberFact.column_names() if name != "member_id"]
_NUMBERS: Final = (
    "member_segment",
    "orders_units",
    "recency_days",
    "usual_gap_days",
    "factor",
    "alive_rate",
    "currency",
    "month_minor",
    "off_minor",
    "off_rate",
    "min_spend_minor",
    "exposure_minor",
)
_VALUES: Final = ("code", "off", "min_spend", "until", "shop_name")


def _created(offered: pl.LazyFrame, params: Params) -> pl.LazyFrame:
    is_amount = params.off_minor is not None
    value = params.off_minor or round((params.off_rate or 0) * _RATE_UNIT)
    return offered.with_columns(
        target_id="code",
        write_kind=pl.lit(str(WriteKind.CREATE_COUPON)),
        currency=pl.when(is_amount).then("currency"),
        after_value=pl.lit(value),
    )


def _granted(offered: pl.LazyFrame, params: Params) -> pl.LazyFrame:
    """The coupon is the parent; the code only names this grant of it."""
    return offered.with_columns(
        target_id="code",
        parent_id=pl.lit(params.coupon_id),
        write_kind=pl.lit(str(WriteKind.GRANT_COUPON)),
        currency=pl.lit(None, dtype=pl.String),
        before_value=pl.lit(0),
        after_value=pl.lit(1),
    )


def _told(offered: pl.LazyFrame, params: Params, *, until: dt.date) -> pl.LazyFrame:
    """The message that says the code; it waits until the coupon is there.

    What the night holds back is sent the next morning: it has a day more than the coupon, which
    is not made again.
    """
    rate = pl.lit(f"{(params.off_rate or 0) * 100:.3g} %")
    return offered.with_columns(
        off=rate if params.off_minor is None else money_text(params.off_minor),
        min_spend=money_text(params.min_spend_minor),
        until=pl.lit(until.isoformat()),
        shop_name=pl.lit(params.shop_name, dtype=pl.String),
        spoken=spoken(pl.col("language"), otherwise=params.language),
    ).with_columns(
        target_id=pl.col("code") + ":message",
        needs_target_id="code",
        write_kind=pl.lit(str(WriteKind.SEND_MESSAGE)),
        currency=pl.lit(None, dtype=pl.String),
        before_value=pl.lit(0),
        after_value=pl.lit(1),
        expires_at=pl.col("expires_at") + pl.duration(days=1),
        exposure_minor=pl.lit(None, dtype=pl.Int64),
        payload=message("win_back", language="spoken", values=_VALUES),
        channel=pl.lit(str(Channel.EMAIL)),
        purpose=pl.lit(str(Purpose.MARKETING)),
    )


def _decided(
    members: dy.LazyFrame[MemberFact],
    coupons: dy.LazyFrame[Coupon],
    grants: dy.LazyFrame[CouponGrant],
    params: Params,
    *,
    as_of: dt.datetime,
    time_zone: str,
) -> pl.LazyFrame:
    """Every member with `code`, the coupon's terms and `hold` (null: propose), best first."""
    terms = _terms(members.lazy(), coupons.lazy(), params, as_of=as_of, time_zone=time_zone)
    absence = ["shop_id", "member_id", "absent_since"]
    month = pl.col("spent_minor") / pl.col("orders_units") / pl.col("usual_gap_days") * _MONTH_DAYS
    order = ["shop_id", "month_minor", "code"]
    place = pl.int_range(pl.len()).over("shop_id", "hold")
    is_beyond = pl.col("hold").is_null() & (place >= params.max_members)
    return (
        members.lazy()
        .with_columns(absent_since=pl.col("last_order_date").cast(pl.String))
        .with_columns(
            code=coupon_code(NAME, absence),
            month_minor=month.round().cast(pl.Int64, strict=False),
            factor=pl.lit(params.factor),
            min_spend_minor=pl.lit(params.min_spend_minor, dtype=pl.Int64),
        )
        .join(known_codes(coupons.lazy(), grants.lazy()), on=["shop_id", "code"], how="left")
        .join(terms, on="shop_id", how="left")
        .with_columns(hold=_hold(params, as_of))
        .sort(order, descending=[False, True, False], nulls_last=True)
        .with_columns(
            hold=pl.when(is_beyond).then(pl.lit(str(HoldReason.BEYOND_MAX))).otherwise("hold")
        )
    )


def _terms(
    members: pl.LazyFrame,
    coupons: pl.LazyFrame,
    params: Params,
    *,
    as_of: dt.datetime,
    time_zone: str,
) -> pl.LazyFrame:
    """What the coupon takes off, its payload and its worst case. Grain: shop; none: no coupon.

    Of a code the parameters say it, of a platform's coupon the platform does.
    """
    last = midnight(as_of, time_zone, days_later=params.valid_days)
    if params.way == "code":
        shops = members.select("shop_id").unique()
        rows = shops.with_columns(**own_terms(params.off_minor, params.off_rate, ends_at=last))
    else:
        rows = platform_terms(coupons, params.coupon_id, as_of=as_of, ends_at=last)
    takes_off = pl.any_horizontal(pl.col("off_minor", "off_rate").is_not_null())
    starts_at, _ = day_window(as_of, time_zone)
    return rows.filter(takes_off).select(
        "shop_id",
        "off_minor",
        "off_rate",
        exposure_minor=exposure(params.largest_order_minor),
        payload=single_use(
            title=params.title,
            starts_at=starts_at,
            min_spend_minor=params.min_spend_minor,
            is_granted=params.way == "purse",
        ),
    )


def _hold(params: Params, as_of: dt.datetime) -> pl.Expr:
    days, gap = pl.col("recency_days"), pl.col("usual_gap_days")
    consent = pl.col("consent_status")
    is_code = params.way == "code"
    granted, withdrawn = pl.lit(str(ConsentStatus.GRANTED)), pl.lit(str(ConsentStatus.WITHDRAWN))

    def lately(name: str, within_days: int) -> pl.Expr:
        return pl.col(name) > as_of - dt.timedelta(days=within_days)

    reasons: Mapping[HoldReason, pl.Expr] = {
        HoldReason.TOO_FEW_ORDERS: pl.col("orders_units") < params.min_orders,
        HoldReason.GAP_UNKNOWN: gap.is_null(),
        HoldReason.NOT_OVERDUE: (days <= gap * params.factor) | (days < params.min_days),
        HoldReason.GONE_TOO_LONG: days > params.last_days,
        HoldReason.OTHER_SEGMENT: ~pl.col("member_segment").is_in(params.segments),
        HoldReason.LIKELY_ALIVE: pl.col("alive_rate") > params.max_alive_rate,
        HoldReason.CASE_OPEN: pl.col("has_open_case"),
        HoldReason.REFUNDED_LATELY: lately("last_refunded_at", params.refund_days),
        HoldReason.COUPON_LATELY: lately("last_coupon_at", params.cooldown_days),
        HoldReason.COUPON_THERE: pl.col("is_known").is_not_null(),
        HoldReason.NO_OFFER: pl.col("payload").is_null(),
        # Into a purse goes no message; who said no to offers gets none all the same.
        HoldReason.NO_CONSENT: consent.ne_missing(granted)
        if is_code
        else consent.eq_missing(withdrawn),
        HoldReason.NO_ADDRESS: ~pl.col("has_account") | pl.lit(is_code) & ~pl.col("has_email"),
    }
    return pl.coalesce(pl.when(applies).then(pl.lit(str(c))) for c, applies in reasons.items())
