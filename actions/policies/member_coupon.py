"""A coupon for members who stay away, bought once, have their birthday or rose: one for each."""

import datetime as dt
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from actions.policies._coupons import (
    coupon_code,
    exposure,
    goods,
    known_codes,
    own_terms,
    platform_terms,
    single_use,
)
from actions.policies._member_coupon import Params
from actions.policies._member_triggers import (
    HoldReason,
    Reason,
    birthdays,
    hold_reason,
    margins,
    occasion,
    trigger,
    value,
)
from actions.policies._message import message
from actions.policies._money_words import money_text, off_text
from actions.policies._proposal import Hold, day_window, json_of, midnight, proposals
from actions.texts import spoken
from contracts.actions import OF_MESSAGE, Proposal
from contracts.codes import Channel, Purpose, WriteKind
from contracts.economics import Economics
from contracts.tables import Coupon, CouponGrant, MemberFact, Occasion, PriceFact, StockFact

NAME: Final = "member_coupon"
VERSION: Final = 1
WRITES: Final = (WriteKind.CREATE_COUPON, WriteKind.GRANT_COUPON, WriteKind.SEND_MESSAGE)
INPUTS: Final[dict[str, type[dy.Schema]]] = {
    "members": MemberFact,
    "occasions": Occasion,
    "coupons": Coupon,
    "grants": CouponGrant,
    "prices": PriceFact,
    "stock": StockFact,
}
DEPENDS: Final = (
    "orders",
    "refunds",
    "refund_cases",
    "order_coupons",
    "members",
    "occasions",
    "member_tiers",
    "contacts",
    "consents",
    "coupons",
    "coupon_grants",
    "listings",
    "prices",
    "costs",
)
HAS_HOLDOUT: Final = True
_MONTH_DAYS: Final = 30
_RATE_UNIT: Final = 10_000  # a rate is written in hundredths of a percent


def propose(
    *,
    members: dy.LazyFrame[MemberFact],
    occasions: dy.LazyFrame[Occasion],
    coupons: dy.LazyFrame[Coupon],
    grants: dy.LazyFrame[CouponGrant],
    prices: dy.LazyFrame[PriceFact],
    stock: dy.LazyFrame[StockFact],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Proposal]:
    """A coupon per member who is missed, and by way of code a message that waits for it.

    The code derives from policy, shop, member and the day of their last order, the year of their
    birthday or the day their tier rose: for one absence, birthday or rise there is one code, and
    making it again is no second coupon. No birthday gets into the ledger but by its reason. The
    effect is not stated: who would have come back without it is known only from those who are left
    alone to compare.
    """
    start, end = day_window(as_of, time_zone)
    shop = _Shop(
        occasions.lazy(), coupons.lazy(), grants.lazy(), prices.lazy(), stock.lazy(), economics
    )
    decided = _decide(members.lazy(), shop, params, as_of=as_of, time_zone=time_zone)
    offered = decided.filter(pl.col("hold").is_null()).select(
        "shop_id",
        "member_id",
        "code",
        "language",
        "currency",
        "payload",
        "exposure_minor",
        "goods_units",
        policy=pl.lit(NAME),
        policy_version=pl.lit(VERSION),
        reason_code="reason",
        numbers=json_of(_NUMBERS),
        units_at_risk=pl.lit(0.0),
        window_start=pl.lit(start),
        expires_at=pl.lit(end),
        evidence=json_of(_EVIDENCE),
    )
    if params.way == "purse":
        return proposals(_grant_coupons(offered, params), max_proposals=None)
    last_day = midnight(as_of, time_zone, days_later=params.valid_days - 1)
    messages = _send_codes(offered, params, until=last_day.astimezone(ZoneInfo(time_zone)).date())
    both = pl.concat([_create_codes(offered, params), messages], how="diagonal")
    return proposals(both, max_proposals=None)


def holds(
    *,
    members: dy.LazyFrame[MemberFact],
    occasions: dy.LazyFrame[Occasion],
    coupons: dy.LazyFrame[Coupon],
    grants: dy.LazyFrame[CouponGrant],
    prices: dy.LazyFrame[PriceFact],
    stock: dy.LazyFrame[StockFact],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Hold]:
    """The other members, each with the reason why nothing is offered."""
    shop = _Shop(
        occasions.lazy(), coupons.lazy(), grants.lazy(), prices.lazy(), stock.lazy(), economics
    )
    decided = _decide(members.lazy(), shop, params, as_of=as_of, time_zone=time_zone)
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
    "orders_count",
    "recency_days",
    "usual_gap_days",
    "factor",
    "vip_factor",
    "second_days",
    "birthday_days",
    "tier_days",
    "tier_rose_date",
    "alive_rate",
    "return_rate",
    "value_minor",
    "currency",
    "month_minor",
    "off_minor",
    "off_rate",
    "min_spend_minor",
    "max_order_minor",
    "goods_units",
    "exposure_minor",
)
_TEXTS: Final[dict[str, list[Reason]]] = {
    "win_back": [Reason.LAPSING_VIP, Reason.OVERDUE, Reason.SECOND_ORDER],
    "birthday": [Reason.BIRTHDAY],
    "tier_change": [Reason.TIER_CHANGE],
}
_VALUES: Final = ("code", "off", "min_spend", "max_order", "goods", "until", "shop_name")


def _create_codes(offered: pl.LazyFrame, params: Params) -> pl.LazyFrame:
    is_amount = params.off_minor is not None
    value = params.off_minor or round((params.off_rate or 0) * _RATE_UNIT)
    return offered.with_columns(
        target_id="code",
        write_kind=pl.lit(str(WriteKind.CREATE_COUPON)),
        currency=pl.when(is_amount).then("currency"),
        after_value=pl.lit(value),
    )


def _grant_coupons(offered: pl.LazyFrame, params: Params) -> pl.LazyFrame:
    """The coupon is the parent; the code only names this grant of it."""
    return offered.with_columns(
        target_id="code",
        parent_id=pl.lit(params.coupon_id),
        write_kind=pl.lit(str(WriteKind.GRANT_COUPON)),
        currency=pl.lit(None, dtype=pl.String),
        before_value=pl.lit(0),
        after_value=pl.lit(1),
    )


def _send_codes(offered: pl.LazyFrame, params: Params, *, until: dt.date) -> pl.LazyFrame:
    """The message that says the code; it waits until the coupon is there.

    What the night holds back is sent the next morning: it has a day more than the coupon, which
    is not made again.
    """
    return (
        offered.with_columns(spoken=spoken(pl.col("language"), otherwise=params.language))
        .with_columns(
            off=off_text(params.off_minor, params.off_rate, params.min_spend_minor),
            min_spend=money_text(params.min_spend_minor),
            max_order=money_text(params.max_order_minor),
            goods=pl.when(pl.col("goods_units").is_not_null()).then(pl.lit("some")),
            until=pl.lit(until.isoformat()),
            shop_name=pl.lit(params.shop_name, dtype=pl.String),
        )
        .with_columns(
            target_id=pl.col("code") + OF_MESSAGE,
            needs_target_id="code",
            write_kind=pl.lit(str(WriteKind.SEND_MESSAGE)),
            currency=pl.lit(None, dtype=pl.String),
            before_value=pl.lit(0),
            after_value=pl.lit(1),
            expires_at=pl.col("expires_at") + pl.duration(days=1),
            exposure_minor=pl.lit(None, dtype=pl.Int64),
            payload=pl.coalesce(
                pl.when(pl.col("reason_code").is_in(reasons)).then(
                    message(text, language="spoken", values=_VALUES)
                )
                for text, reasons in _TEXTS.items()
            ),
            channel=pl.lit(str(Channel.EMAIL)),
            purpose=pl.lit(str(Purpose.MARKETING)),
        )
    )


class _Shop(NamedTuple):
    """What is known of a shop beside its members."""

    occasions: pl.LazyFrame
    coupons: pl.LazyFrame
    grants: pl.LazyFrame
    prices: pl.LazyFrame
    stock: pl.LazyFrame
    economics: Economics


def _decide(
    members: pl.LazyFrame, shop: _Shop, params: Params, *, as_of: dt.datetime, time_zone: str
) -> pl.LazyFrame:
    """Every member with `code`, the coupon's terms and `hold` (null: propose), best first."""
    terms = _terms(members, shop, params, as_of=as_of, time_zone=time_zone)
    today = as_of.astimezone(ZoneInfo(time_zone)).date()
    member = ["shop_id", "member_id"]
    month = pl.col("spent_minor") / pl.col("orders_count") / pl.col("usual_gap_days") * _MONTH_DAYS
    order = ["shop_id", "value_minor", "month_minor", "code"]
    place = pl.int_range(pl.len()).over("shop_id", "hold")
    is_beyond = pl.col("hold").is_null() & (place >= params.max_members)
    return (
        members.join(birthdays(shop.occasions, params, today), on=member, how="left")
        .with_columns(today=pl.lit(today))
        .with_columns(reason=trigger(params))
        .with_columns(occasion=occasion())
        .with_columns(
            code=coupon_code(NAME, [*member, "occasion"]),
            month_minor=month.round().cast(pl.Int64, strict=False),
            factor=pl.lit(params.factor),
            vip_factor=pl.lit(params.vip_factor),
            second_days=pl.lit(params.second_days),
            birthday_days=pl.lit(params.birthday_days),
            tier_days=pl.lit(params.tier_days),
            min_spend_minor=pl.lit(params.min_spend_minor, dtype=pl.Int64),
            max_order_minor=pl.lit(params.max_order_minor, dtype=pl.Int64),
        )
        .join(known_codes(shop.coupons, shop.grants), on=["shop_id", "code"], how="left")
        .join(terms, on="shop_id", how="left")
        .join(margins(shop.prices, shop.economics), on="shop_id", how="left")
        .with_columns(value_minor=value(params))
        .with_columns(hold=hold_reason(params, as_of))
        .sort(order, descending=[False, True, True, False], nulls_last=True)
        .with_columns(
            hold=pl.when(is_beyond).then(pl.lit(str(HoldReason.BEYOND_MAX))).otherwise("hold")
        )
    )


def _terms(
    members: pl.LazyFrame, shop: _Shop, params: Params, *, as_of: dt.datetime, time_zone: str
) -> pl.LazyFrame:
    """What the coupon takes off, its payload and its worst case. Grain: shop; none: no coupon.

    Of a code the parameters say it, of a platform's coupon the platform does, which holds for all
    goods. `is_stood` says whether the goods can stand it.
    """
    last = midnight(as_of, time_zone, days_later=params.valid_days)
    is_granted = params.way == "purse"
    if is_granted:
        rows = platform_terms(shop.coupons, params.coupon_id, as_of=as_of, ends_at=last)
    else:
        shops = members.select("shop_id").unique()
        rows = shops.with_columns(**own_terms(params.off_minor, params.off_rate, ends_at=last))
    takes_off = pl.any_horizontal(pl.col("off_minor", "off_rate").is_not_null())
    starts_at, _ = day_window(as_of, time_zone)
    standing = goods(
        rows,
        shop.prices,
        shop.stock,
        min_spend_minor=params.min_spend_minor,
        economics=shop.economics,
    )
    is_stood = pl.col("is_whole") if is_granted else pl.col("is_stood")
    return (
        rows.filter(takes_off)
        .join(standing, on="shop_id", how="left")
        .select(
            "shop_id",
            "off_minor",
            "off_rate",
            goods_units=pl.col("listing_ids").list.len().cast(pl.Int64),
            is_stood=is_stood.fill_null(value=True),
            exposure_minor=exposure(params.max_order_minor),
            payload=single_use(
                title=params.title,
                starts_at=starts_at,
                min_spend_minor=params.min_spend_minor,
                max_order_minor=params.max_order_minor,
                is_granted=is_granted,
            ),
        )
    )


__all__ = [
    "DEPENDS",
    "HAS_HOLDOUT",
    "INPUTS",
    "NAME",
    "VERSION",
    "WRITES",
    "HoldReason",
    "Params",
    "Reason",
    "holds",
    "propose",
]
