"""Ask every customer alike for a review, once, and see that bad reviews are answered."""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal

import dataframely as dy
import polars as pl
from pydantic import BaseModel, Field, model_validator

from actions.policies._message import message
from actions.policies._proposal import Hold, day_window, evidence_of, json_of, proposals
from actions.sentences import name_flaw
from actions.texts import LANGUAGES, REVIEW_REQUEST, replies, spoken
from contracts.actions import Proposal
from contracts.codes import Channel, ConsentStatus, Purpose, ReviewTopic, WriteKind
from contracts.economics import Economics
from contracts.payloads import Reply, encode
from contracts.tables import OrderFollowUp, ReviewFact

NAME: Final = "review_follow_up"
VERSION: Final = 1
WRITES: Final = (
    WriteKind.REQUEST_REVIEW,
    WriteKind.SEND_MESSAGE,
    WriteKind.REPLY_REVIEW,
    WriteKind.NONE,
)
INPUTS: Final[dict[str, type[dy.Schema]]] = {"orders": OrderFollowUp, "reviews": ReviewFact}
DEPENDS: Final = (
    "orders",
    "refunds",
    "refund_cases",
    "shipments",
    "parcels",
    "reviews",
    "contacts",
    "consents",
)
HAS_HOLDOUT: Final = False


class Reason(StrEnum):
    """What is to be done, most urgent first."""

    UNSAFE = "unsafe"
    BAD_REVIEW = "bad_review"
    TIME_TO_ASK = "time_to_ask"
    REMIND = "remind"


class HoldReason(StrEnum):
    """Why nothing is asked or answered; none of it is how a customer judges or might judge."""

    ORDER_CANCELLED = "order_cancelled"
    ORDER_REFUNDED = "order_refunded"
    CASE_OPEN = "case_open"
    NOT_DELIVERED = "not_delivered"
    ALREADY_REVIEWED = "already_reviewed"
    DELIVERY_UNKNOWN = "delivery_unknown"
    WINDOW_UNKNOWN = "window_unknown"
    NO_CONSENT = "no_consent"
    NO_ADDRESS = "no_address"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    REVIEW_TOO_OLD = "review_too_old"


class Params(BaseModel, frozen=True, extra="forbid"):
    """Set per shop in the home's policies/*.toml."""

    way: Literal["platform", "email"] = Field(
        default="platform",
        description="The platform's own request, or our mail where the platform has none",
    )
    shop_name: str | None = Field(
        default=None,
        min_length=1,
        max_length=40,
        description="Shop name that signs a mail; way email",
    )
    review_url: str | None = Field(
        default=None,
        max_length=500,
        pattern=r"^https://[!-~]+$",
        description="Where customers rate what they bought; way email",
    )
    reminder_days: float | None = Field(
        default=None,
        ge=3,
        le=30,
        description="Days until one reminder is sent; not set: none",
    )
    delay_days: float = Field(
        default=7, ge=0, le=30, description="Days from the delivery to the request"
    )
    late_delay_days: float = Field(
        default=7, ge=0, le=30, description="Further days to wait where the parcel came late"
    )
    ask_days: float = Field(
        default=3, ge=1, le=30, description="Days on which a request is tried, from the first on"
    )
    window_from_days: float = Field(
        default=5,
        ge=0,
        le=90,
        description="Platform's window: from these days after the earliest promised delivery on; "
        "Amazon's, verify before production",
    )
    window_until_days: float = Field(
        default=30,
        ge=1,
        le=90,
        description="Platform's window: until these days after the latest promised delivery; "
        "Amazon's, verify before production",
    )
    reply: Literal["draft", "alert"] = Field(
        default="draft",
        description="Draft a public reply for your approval, or only alert you; safety issues "
        "always alert you",
    )
    language: Literal["en", "zh-CN"] = Field(
        default="en",
        description="Language of replies to reviews without text, and of mails to unknown",
    )
    replies: dict[ReviewTopic, str] = Field(
        default_factory=dict,
        description="Own drafts by topic; each sentence stands in texts/approved.txt",
    )
    answer_hours: float = Field(
        default=24, gt=0, le=240, description="Hours within which a bad review must be answered"
    )
    safety_hours: float = Field(
        default=2, gt=0, le=240, description="Hours within which one about safety must be answered"
    )
    last_days: float = Field(
        default=30, ge=1, le=60, description="Days after which a reply helps nobody"
    )
    max_proposals: int | None = Field(
        default=None, ge=1, description="Most proposals per shop and run, most urgent first"
    )

    @model_validator(mode="after")
    def _safety_first(self) -> "Params":
        if self.safety_hours > self.answer_hours:
            raise ValueError("safety_hours is not above answer_hours")
        return self

    @model_validator(mode="after")
    def _mailed(self) -> "Params":
        is_mail = self.way == "email"
        if is_mail and (self.shop_name is None or self.review_url is None):
            raise ValueError("a mail is signed and says where to rate: shop_name, review_url")
        if self.reminder_days is not None and not is_mail:
            raise ValueError("platforms ask once: reminder_days is for way email")
        if self.shop_name is not None and (flaw := name_flaw(self.shop_name)):
            raise ValueError(f"shop_name {flaw}")
        return self


def propose(
    *,
    orders: dy.LazyFrame[OrderFollowUp],
    reviews: dy.LazyFrame[ReviewFact],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Proposal]:
    """One request per order whose time has come; one reply or alert per bad review.

    The target of a request is the order, so that the guard lets one pass for its life, in whatever
    way, and an order is proposed on a few days only. Whether the platform takes a request is asked
    when it is sent. A mail is neutral and goes to whoever agreed to mail. A reply is a draft: it
    apologises and offers help, and a person approves it.
    """
    start, end = day_window(as_of, time_zone)
    decided = _decide(orders.lazy(), reviews.lazy(), params, as_of)
    urgency = pl.col("reason_code").replace_strict({r: i for i, r in enumerate(Reason)})
    proposed = (
        decided.filter(pl.col("hold").is_null())
        # What may not wait first; of requests those whose window ends first.
        .sort(urgency, "until_at", "target_id", nulls_last=True)
        .with_columns(
            policy=pl.lit(NAME),
            policy_version=pl.lit(VERSION),
            before_value=pl.lit(0),
            after_value=pl.lit(1),
            numbers=json_of(_NUMBERS),
            units_at_risk=pl.lit(0.0),
            window_start=pl.lit(start),
            expires_at=pl.lit(end),
        )
    )
    return proposals(proposed, max_proposals=params.max_proposals)


def holds(
    *,
    orders: dy.LazyFrame[OrderFollowUp],
    reviews: dy.LazyFrame[ReviewFact],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Hold]:
    """The other orders and reviews, each with the reason why nothing is done."""
    decided = _decide(orders.lazy(), reviews.lazy(), params, as_of)
    frame = decided.filter(pl.col("hold").is_not_null()).select(
        "shop_id",
        "target_id",
        "sku_id",
        policy=pl.lit(NAME),
        reason_code="hold",
        numbers=json_of(_NUMBERS),
    )
    return Hold.validate(frame.collect(), cast=True)


_NUMBERS: Final = (
    "delivered_days",
    "late_hours",
    "delay_days",
    "stars_units",
    "review_topic",
    "age_hours",
    "answer_hours",
)


def _decide(
    orders: pl.LazyFrame, reviews: pl.LazyFrame, params: Params, as_of: dt.datetime
) -> pl.LazyFrame:
    """Every order and review with what is proposed and `hold` (null: propose)."""
    asks = [_review_requests(orders, params, as_of)]
    if params.reminder_days is not None:
        asks.append(_review_requests(orders, params, as_of, after_days=params.reminder_days))
    return pl.concat([*asks, _review_replies(reviews, params, as_of)], how="diagonal")


def _review_requests(
    orders: pl.LazyFrame, params: Params, as_of: dt.datetime, *, after_days: float | None = None
) -> pl.LazyFrame:
    """Requests for all orders; their reminders where `after_days` says how much later."""
    is_late = (pl.col("late_hours") > 0).fill_null(value=False)
    wait = params.delay_days + pl.when(is_late).then(params.late_delay_days).otherwise(0.0)
    is_mail, is_reminder = params.way == "email", after_days is not None
    reason = Reason.REMIND if is_reminder else Reason.TIME_TO_ASK
    asked_at = pl.col("delivered_at") + _days(pl.col("delay_days"))
    opens_at = pl.col("deliver_from_at") + _days(params.window_from_days)
    closes_at = pl.col("deliver_by_at") + _days(params.window_until_days)
    values = ("order_id", "shop_name", "review_url")
    return (
        orders.with_columns(delay_days=wait + (after_days or 0.0))
        .with_columns(from_at=asked_at if is_mail else pl.max_horizontal(asked_at, opens_at))
        .with_columns(
            until_at=pl.min_horizontal(
                pl.lit(None) if is_mail else closes_at,
                pl.col("from_at") + _days(params.ask_days),
            ),
            shop_name=pl.lit(params.shop_name, dtype=pl.String),
            review_url=pl.lit(params.review_url, dtype=pl.String),
            spoken=spoken(pl.col("language"), otherwise=params.language),
        )
        .select(
            "shop_id",
            "member_id",
            "late_hours",
            "delay_days",
            "until_at",
            target_id=pl.col("order_id") + (":reminder" if is_reminder else ""),
            parent_id=pl.col("order_id") if is_mail else pl.lit(None, dtype=pl.String),
            write_kind=pl.lit(str(WriteKind.SEND_MESSAGE if is_mail else WriteKind.REQUEST_REVIEW)),
            channel=pl.lit(str(Channel.EMAIL if is_mail else Channel.PLATFORM)),
            # A request by our own mail is an advertisement in law: whoever gets it agreed to those.
            purpose=pl.lit(str(Purpose.MARKETING if is_mail else Purpose.SERVICE)),
            payload=message(REVIEW_REQUEST, language="spoken", values=values)
            if is_mail
            else pl.lit(None, dtype=pl.String),
            reason_code=pl.lit(str(reason)),
            delivered_days=(as_of - pl.col("delivered_at")).dt.total_seconds() / 86_400,
            evidence=evidence_of(OrderFollowUp),
            hold=_why_not_requested(params, as_of),
        )
    )


def _why_not_requested(params: Params, as_of: dt.datetime) -> pl.Expr:
    from_at, until_at = pl.col("from_at"), pl.col("until_at")
    is_open = pl.col("deliver_from_at").is_not_null() & pl.col("deliver_by_at").is_not_null()
    is_mail = pl.lit(params.way == "email")
    agreed = pl.col("consent_status").eq_missing(pl.lit(str(ConsentStatus.GRANTED)))
    return _first(
        {
            HoldReason.ORDER_CANCELLED: pl.col("is_cancelled"),
            HoldReason.ORDER_REFUNDED: pl.col("is_refunded"),
            HoldReason.CASE_OPEN: pl.col("has_open_case"),
            HoldReason.NOT_DELIVERED: ~pl.col("is_delivered"),
            HoldReason.ALREADY_REVIEWED: pl.col("is_reviewed"),
            HoldReason.DELIVERY_UNKNOWN: pl.col("delivered_at").is_null(),
            HoldReason.WINDOW_UNKNOWN: ~is_mail & ~is_open,
            HoldReason.TOO_LATE: (until_at <= as_of) | (until_at <= from_at),
            HoldReason.NO_CONSENT: is_mail & ~agreed,
            HoldReason.NO_ADDRESS: is_mail & (~pl.col("has_email") | pl.col("member_id").is_null()),
            HoldReason.TOO_EARLY: from_at > as_of,
        }
    )


def _review_replies(reviews: pl.LazyFrame, params: Params, as_of: dt.datetime) -> pl.LazyFrame:
    is_unsafe = pl.col("review_topic") == ReviewTopic.SAFETY
    is_draft = pl.lit(params.reply == "draft") & ~is_unsafe
    hours = pl.when(is_unsafe).then(params.safety_hours).otherwise(params.answer_hours)
    left = hours - pl.col("age_hours")
    return reviews.select(
        "shop_id",
        "sku_id",
        "member_id",
        "stars_units",
        "review_topic",
        "age_hours",
        answer_hours=hours,
        until_at=pl.lit(as_of) + pl.duration(seconds=(left * 3600).cast(pl.Int64)),
        target_id="review_id",
        parent_id="order_id",
        write_kind=pl.when(is_draft)
        .then(pl.lit(str(WriteKind.REPLY_REVIEW)))
        .otherwise(pl.lit(str(WriteKind.NONE))),
        reason_code=pl.when(is_unsafe)
        .then(pl.lit(str(Reason.UNSAFE)))
        .otherwise(pl.lit(str(Reason.BAD_REVIEW))),
        payload=pl.when(is_draft).then(_draft(params)),
        evidence=evidence_of(ReviewFact),
        hold=_first({HoldReason.REVIEW_TOO_OLD: pl.col("age_hours") > params.last_days * 24}),
    )


def _draft(params: Params) -> pl.Expr:
    """The reply to a review of this topic and language."""
    drafts = {
        f"{language} {topic}": encode(Reply(text=params.replies.get(ReviewTopic(topic), text)))
        for language in LANGUAGES
        for topic, text in replies(language).items()
    }
    language = spoken(pl.col("language"), otherwise=params.language)
    wanted = pl.concat_str(language, "review_topic", separator=" ")
    return wanted.replace_strict(drafts, default=None, return_dtype=pl.String)


def _days(days: float | pl.Expr) -> pl.Expr:
    seconds = days * 86_400 if isinstance(days, pl.Expr) else pl.lit(days * 86_400)
    return pl.duration(seconds=seconds.cast(pl.Int64))


def _first(reasons: Mapping[HoldReason, pl.Expr]) -> pl.Expr:
    return pl.coalesce(pl.when(applies).then(pl.lit(str(c))) for c, applies in reasons.items())
