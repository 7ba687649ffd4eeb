"""Members and the coupons they redeem. Names and addresses are not requested from a platform."""

from contracts.codes import CouponStatus, DiscountKind, OccasionKind
from contracts.columns import (
    code,
    currency,
    day,
    identifier,
    instant,
    member,
    minor,
    month_day,
    rank,
    rate,
    text,
    units,
)
from contracts.tables.base import TableKind, Versioned, table


@table("members", TableKind.VERSIONED, document=("member_id",), version=2)
class Member(Versioned):
    """A customer who can be recognised. Grain: (shop_id, member_id)."""

    member_id = member("Keyed pseudonym of the platform's customer", key=True)
    platform_member_id = identifier(
        "The platform's own id; null once its time is over", nullable=True, personal="contact"
    )
    joined_at = instant("When the account was made; null: not reported", nullable=True)
    orders_count = units("Orders so far, as the platform counts; null: not reported", nullable=True)
    currency = currency()
    spent_minor = minor("Spent so far, as the platform counts; null: not reported", nullable=True)


@table("occasions", TableKind.VERSIONED, document=("member_id", "occasion_kind"))
class Occasion(Versioned):
    """A day of the year that is a member's own. Grain: (shop_id, member_id, occasion_kind).

    Beside `members`, since another source reports it: an export would replace what a platform says.
    """

    member_id = member("Keyed pseudonym of the member", key=True)
    occasion_kind = code("What the day is to them", OccasionKind, key=True)
    month_day = month_day(
        "Month and day; the year is not held. Null: not reported, or its time is over",
        nullable=True,
        personal="birthday",
    )


@table("member_tiers", TableKind.VERSIONED, document=("member_id", "told_date"))
class MemberTier(Versioned):
    """A member's tier on a day on which it was reported. Grain: (shop_id, member_id, told_date).

    A row per day, so that a rise is known from the days before it, in whatever order exports are
    read.
    """

    member_id = member("Keyed pseudonym of the member", key=True)
    told_date = day("Day of the export in its zone, UTC day of a platform's answer", key=True)
    tier_rank = rank("Rank of the tier among the shop's; 0: none")


@table("coupons", TableKind.VERSIONED, document=("coupon_id",))
class Coupon(Versioned):
    """A discount code. Grain: (shop_id, coupon_id)."""

    coupon_id = identifier("The platform's discount", key=True)
    coupon_code = identifier("What the customer types", personal="coupon")
    title = text("The shop's name for it", personal="display")
    coupon_status = code("Whether it can be redeemed", CouponStatus)
    discount_kind = code("Fraction or amount", DiscountKind)
    discount_rate = rate("Fraction off, for a rate", nullable=True)
    currency = currency()
    discount_minor = minor("Amount off, for an amount", nullable=True, promotional=True)
    starts_at = instant("First moment it holds")
    ends_at = instant("Moment it ends; null: open", nullable=True)
    limit_units = units("Redemptions allowed; null: any", nullable=True)
    redeemed_units = units("Redemptions so far; null: not reported", nullable=True, running=True)
