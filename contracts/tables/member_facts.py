"""What is computed of members: how they buy, and whether they may be offered something."""

import dataframely as dy

from contracts.codes import ConsentStatus, MemberSegment
from contracts.columns import (
    code,
    currency,
    day,
    flag,
    identifier,
    instant,
    member,
    minor,
    number,
    rate,
    units,
)
from contracts.tables.base import TableKind, table

_A_CENTURY_DAYS = 36_525.0
_MOST_ORDERS = 36_500.0


def _score(description: str) -> dy.Int64:
    return dy.Int64(
        min=1,
        max=5,
        description=f"Fifth of the shop's members by {description}; 5 is the best",
        metadata={"kind": "score", "unit": "fifths"},
    )


@table("member_facts", TableKind.DERIVED, version=5)
class MemberFact(dy.Schema):
    """All that an offer to a member reads. Grain: (shop_id, member_id) with an order that counts.

    Orders count as in GMV. Days are the shop's.
    """

    shop_id = identifier("Our id of the shop", key=True)
    member_id = member("Keyed pseudonym of the customer", key=True)
    orders_count = units("Orders so far")
    order_days_units = units("Days with an order")
    first_order_at = instant("The first of them")
    last_order_at = instant("The last of them")
    last_order_date = day("Day of the last one")
    recency_days = number("Days from that one until today", "days", high=_A_CENTURY_DAYS)
    order_gaps_days = dy.List(
        dy.Int32(min=1),
        description="Gaps between days with an order, shortest first",
        metadata={"kind": "numbers", "unit": "days"},
    )
    usual_gap_days = number(
        "Median gap between days with an order; null below three such days",
        "days",
        nullable=True,
        low=1.0,
        high=_A_CENTURY_DAYS,
    )
    alive_rate = rate(
        "Chance that they are still a customer, by the shop's MBG/NBD model; null: too few members",
        nullable=True,
    )
    return_rate = rate(
        "Chance that they buy within 30 days, left alone; null: as above", nullable=True
    )
    year_orders = number(
        "Orders to expect within 365 days, left alone; null: as above",
        "orders",
        nullable=True,
        high=_MOST_ORDERS,
    )
    order_minor = minor(
        "Goods of an order to expect of them, by the shop's gamma-gamma model; null: as above",
        nullable=True,
    )
    currency = currency()
    spent_minor = minor("Goods of these orders, as in GMV")
    later_minor = minor("Goods of those that were placed after their first day")
    recency_score = _score("how recently they bought")
    frequency_score = _score("how often they bought")
    monetary_score = _score("what they spent")
    member_segment = code("What the member is to the shop", MemberSegment)
    consent_status = code(
        "Consent to marketing by e-mail; null: nothing is known", ConsentStatus, nullable=True
    )
    has_email = flag("An e-mail address is known")
    has_account = flag("The platform's own id of the member is known")
    language = identifier("Language the member reads; null: unknown", nullable=True)
    last_coupon_at = instant(
        "When a coupon was last given to, or redeemed by, the member; null: never", nullable=True
    )
    last_refunded_at = instant("When money last went back; null: never", nullable=True)
    has_open_case = flag("They want money back for an order, and that is not decided")
    tier_rose_date = day(
        "Day on which their last change of tier, a rise, was first reported; null: none was",
        nullable=True,
    )
