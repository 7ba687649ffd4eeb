"""What follows an order: whether a review may be requested, and which reviews want an answer."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

import dataframely as dy
import polars as pl

from contracts.codes import ParcelStatus, ReviewResult, ReviewTopic
from contracts.tables import (
    Consent,
    Contact,
    Order,
    OrderFollowUp,
    Parcel,
    ParcelFact,
    Refund,
    RefundCase,
    Review,
    ReviewFact,
    Shipment,
)
from transforms.members import mail_contacts, marketing_consents
from transforms.order_states import order_states

LOOK_BACK_DAYS: Final = 60
"""Older orders and reviews are left alone: platforms take no request and nobody reads a reply."""
_ORDER = ["shop_id", "order_id"]
_MEMBER = ["shop_id", "member_id"]
_WORDS: Final[Mapping[ReviewTopic, str]] = {
    ReviewTopic.SAFETY: (
        r"过敏|中毒|着火|起火|爆炸|漏电|触电|受伤|烫伤|划伤|窒息|住院|医院|不安全|变质|发霉|过期"
        r"|\b(?:allerg\w+|rash|poison\w*|fire|burn\w*|explo\w+|electric shock|injur\w+|chok\w+"
        r"|hospital|unsafe|dangerous|hazard\w*|mou?ldy?|expired)\b"
    ),
    ReviewTopic.FAKE: (
        r"假货|假的|山寨|仿品|冒牌|盗版|不是正品|高仿|\b(?:fake|counterfeit|knock ?-?off|replica"
        r"|not (?:genuine|authentic|original))\b"
    ),
    ReviewTopic.QUALITY: (
        r"质量|做工|破损|坏了|破了|开线|掉色|起球|异味|瑕疵|粗糙|不耐用|次品|断了"
        r"|\b(?:quality|broke\w*|defect\w*|damag\w+|torn|cheap(?:ly)?|faulty|stopped working"
        r"|fell apart|poorly made|flims\w+|smells?)\b"
    ),
    ReviewTopic.SIZE: (
        r"尺码|尺寸|大小|偏大|偏小|太大|太小|太长|太短|不合身|码数"
        r"|\b(?:size[sd]?|sizing|too (?:small|large|big|tight|loose|long|short)|(?:doesn't|didn't"
        r"|does not|did not) fit|fit)\b"
    ),
    ReviewTopic.LOGISTICS: (
        r"物流|快递|发货|送货|配送|派送|包裹|没收到|延误|太慢|丢件"
        r"|\b(?:deliver\w*|shipping|shipped|courier|parcel|package|late|delay\w*|arriv\w+"
        r"|never came|lost in)\b"
    ),
    ReviewTopic.REFUND: (
        r"退款|退货|退钱|不退|换货|\b(?:refund\w*|money back|return(?:ed|s|ing)?)\b"
    ),
    ReviewTopic.SERVICE: (
        r"客服|态度|服务|不理|没人回|不回复|售后"
        r"|\b(?:service|rude|support|staff|no (?:answer|reply|response)|unhelpful|ignored)\b"
    ),
}
_CHINESE = r"\p{Han}"


def order_follow_ups(
    orders: dy.LazyFrame[Order],
    refunds: dy.LazyFrame[Refund],
    *,
    cases: dy.LazyFrame[RefundCase],
    shipments: dy.LazyFrame[Shipment],
    parcels: dy.LazyFrame[Parcel],
    reviews: dy.LazyFrame[Review],
    parcel_facts: dy.LazyFrame[ParcelFact],
    contacts: dy.LazyFrame[Contact],
    consents: dy.LazyFrame[Consent],
    as_of: dt.datetime,
) -> dy.LazyFrame[OrderFollowUp]:
    """One row per order of 60 days that is no test.

    The states are those that the guard judges by. How well the customer may have liked it is no
    part of it, and must not be: to request reviews of satisfied customers only is forbidden.
    """
    is_recent = pl.col("created_date") >= as_of.date() - dt.timedelta(days=LOOK_BACK_DAYS)
    recent = Order.cast(orders.lazy().filter(is_recent))
    states = order_states(
        recent,
        Refund.cast(refunds.lazy().filter(is_recent)),
        cases,
        Shipment.cast(shipments.lazy().filter(is_recent)),
        parcels,
        reviews,
        at=as_of,
    )
    orders_seen = recent.lazy().select(
        *_ORDER, "member_id", "deliver_from_at", "deliver_by_at", "completed_at"
    )
    # What was not delivered arrived at no time, whatever one of its parcels did.
    arrived = pl.coalesce("arrived_at", "completed_at", "deliver_by_at")
    late = (pl.col("delivered_at") - pl.col("deliver_by_at")).dt.total_seconds() / 3600
    return (
        states.join(orders_seen, on=_ORDER)
        .join(_arrivals(parcel_facts.lazy()), on=_ORDER, how="left")
        .join(mail_contacts(contacts.lazy()), on=_MEMBER, how="left")
        .join(marketing_consents(consents.lazy()), on=_MEMBER, how="left")
        .with_columns(
            delivered_at=pl.when("is_delivered").then(arrived),
            has_email=pl.col("has_email").fill_null(value=False),
        )
        .with_columns(late_hours=pl.when("is_delivered").then(pl.coalesce("latest_hours", late)))
        .pipe(OrderFollowUp.cast)
    )


def _arrivals(facts: pl.LazyFrame) -> pl.LazyFrame:
    """When the last parcel of an order arrived and how late the latest was.

    Of one that its carrier delivered at no stated moment, its last event is the moment.
    """
    is_there = pl.col("parcel_status") == ParcelStatus.DELIVERED
    arrived = pl.coalesce("delivered_at", pl.when(is_there).then("last_event_at"))
    return facts.group_by(_ORDER).agg(
        arrived_at=pl.when(arrived.is_not_null().all()).then(arrived.max()),
        latest_hours=pl.col("late_hours").max(),
    )


def unanswered(reviews: dy.LazyFrame[Review], *, as_of: dt.datetime) -> dy.LazyFrame[Review]:
    """Bad reviews of 60 days that have no reply: those whose words are worth opening."""
    since = as_of - dt.timedelta(days=LOOK_BACK_DAYS)
    return (
        reviews.lazy()
        .filter(
            pl.col("review_result") == ReviewResult.BAD,
            pl.col("reviewed_at").is_between(since, as_of),
            pl.col("reply").is_null() & pl.col("replied_at").is_null(),
        )
        .pipe(Review.cast)
    )


def review_facts(reviews: dy.LazyFrame[Review], *, as_of: dt.datetime) -> dy.LazyFrame[ReviewFact]:
    """One row per bad review that is not answered; `body` is open text here.

    The topic is the one with the most words of it in the text; a word of safety goes before all. A
    review without words, or with none of ours, is about something else.
    """
    text = pl.col("body").str.to_lowercase()
    has_words = text.str.contains(r"\p{L}").fill_null(value=False)
    is_chinese = text.str.contains(_CHINESE)
    language = pl.when(is_chinese).then(pl.lit("zh-CN")).otherwise(pl.lit("en"))
    return (
        unanswered(reviews, as_of=as_of)
        .lazy()
        .with_columns(
            language=pl.when(has_words).then(language),
            review_topic=_topic(text),
            age_hours=(as_of - pl.col("reviewed_at")).dt.total_seconds() / 3600,
        )
        .pipe(ReviewFact.cast)
    )


def _topic(text: pl.Expr) -> pl.Expr:
    hits = {topic: text.str.count_matches(words).fill_null(0) for topic, words in _WORDS.items()}
    most = pl.max_horizontal(*hits.values())
    is_safety = hits[ReviewTopic.SAFETY] > 0
    return pl.coalesce(
        pl.when(is_safety).then(pl.lit(str(ReviewTopic.SAFETY))),
        pl.when(most == 0).then(pl.lit(str(ReviewTopic.OTHER))),
        *(pl.when(count == most).then(pl.lit(str(topic))) for topic, count in hits.items()),
    )
