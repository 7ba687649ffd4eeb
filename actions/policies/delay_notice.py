"""Tell a customer, or a person of the shop, that a parcel is late before anybody has to ask."""

import datetime as dt
from enum import StrEnum
from typing import Final, Literal

import dataframely as dy
import polars as pl
from pydantic import BaseModel, Field, model_validator

from actions.policies._message import message
from actions.policies._proposal import Hold, day_window, evidence_of, json_of, proposals
from actions.sentences import name_flaw
from actions.texts import spoken
from contracts.actions import Proposal
from contracts.codes import Channel, ParcelStatus, Purpose, WriteKind
from contracts.economics import Economics
from contracts.tables import ParcelFact

NAME: Final = "delay_notice"
VERSION: Final = 1
WRITES: Final = (WriteKind.SEND_MESSAGE, WriteKind.NONE)
INPUTS: Final[dict[str, type[dy.Schema]]] = {"parcels": ParcelFact}
DEPENDS: Final = ("orders", "shipments", "parcels")
HAS_HOLDOUT: Final = False
_PARCEL: Final = ["shop_id", "shipment_id"]
_GOES_BACK: Final = (ParcelStatus.REFUSED, ParcelStatus.RETURNING, ParcelStatus.RETURNED)


class Reason(StrEnum):
    """What is wrong with the parcel."""

    LATE = "late"
    STUCK = "stuck"


class HoldReason(StrEnum):
    """Why no notice is sent about a parcel."""

    ARRIVED = "arrived"
    ORDER_CANCELLED = "order_cancelled"
    GOES_BACK = "goes_back"
    NOTHING_KNOWN = "nothing_known"
    ON_TIME = "on_time"
    TOO_LATE_TO_TELL = "too_late_to_tell"


class Params(BaseModel, frozen=True, extra="forbid"):
    """Set per shop in the home's policies/*.toml."""

    way: Literal["email", "alert"] = Field(
        default="alert",
        description="Write to the customer, or only alert you, as for customers without address",
    )
    grace_hours: float = Field(
        default=6,
        ge=0,
        le=240,
        description="Hours past the promised date before a parcel counts as late",
    )
    stuck_hours: float = Field(
        default=72,
        ge=12,
        le=720,
        description="Hours without a carrier event before it counts as stuck",
    )
    last_days: float = Field(
        default=14, ge=1, le=45, description="Days after which a notice comes too late"
    )
    language: Literal["en", "zh-CN"] = Field(
        default="en", description="Language for members whose own is unknown or another"
    )
    shop_name: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Shop name that signs a notice; way email",
    )
    max_proposals: int | None = Field(
        default=None, ge=1, description="Most proposals per shop and run, the latest first"
    )

    @model_validator(mode="after")
    def _signed(self) -> "Params":
        if self.way == "email" and self.shop_name is None:
            raise ValueError("a notice by e-mail is signed: shop_name is missing")
        if self.shop_name is not None and (flaw := name_flaw(self.shop_name)):
            raise ValueError(f"shop_name {flaw}")
        return self


def propose(
    *,
    parcels: dy.LazyFrame[ParcelFact],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Proposal]:
    """One notice or alert per parcel that is late or stands still and has not arrived.

    The target is the parcel, so that the guard lets one notice pass for its life. The message says
    nothing that changes from run to run. It gives and requests nothing.
    """
    start, end = day_window(as_of, time_zone)
    bad = _decide(parcels.lazy(), params).filter(pl.col("hold").is_null())
    is_known = pl.col("has_email") & pl.col("member_id").is_not_null()
    is_mail = pl.lit(params.way == "email") & is_known
    largest_first = [True, True, False, False]
    proposed = (
        bad.with_columns(is_mail=is_mail)
        .with_columns(**_notice_values(params, time_zone))
        .sort("late_hours", "silent_hours", *_PARCEL, descending=largest_first, nulls_last=True)
        .select(
            "shop_id",
            "reason_code",
            policy=pl.lit(NAME),
            policy_version=pl.lit(VERSION),
            target_id="shipment_id",
            parent_id="order_id",
            write_kind=pl.when("is_mail")
            .then(pl.lit(str(WriteKind.SEND_MESSAGE)))
            .otherwise(pl.lit(str(WriteKind.NONE))),
            before_value=pl.lit(0),
            after_value=pl.lit(1),
            numbers=json_of(_NUMBERS),
            units_at_risk=pl.lit(0.0),
            window_start=pl.lit(start),
            expires_at=pl.lit(end),
            evidence=evidence_of(ParcelFact),
            payload=message(NAME, language="spoken", values=_VALUES),
            member_id="member_id",
            channel=pl.when("is_mail").then(pl.lit(str(Channel.EMAIL))),
            purpose=pl.when("is_mail").then(pl.lit(str(Purpose.SERVICE))),
        )
    )
    return proposals(proposed, max_proposals=params.max_proposals)


def holds(
    *,
    parcels: dy.LazyFrame[ParcelFact],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Hold]:
    """The other parcels, each with the reason why no notice is sent."""
    left_alone = _decide(parcels.lazy(), params).filter(pl.col("hold").is_not_null())
    frame = left_alone.select(
        "shop_id",
        policy=pl.lit(NAME),
        target_id="shipment_id",
        sku_id=pl.lit(None, dtype=pl.String),
        reason_code="hold",
        numbers=json_of(_NUMBERS),
    )
    return Hold.validate(frame.collect(), cast=True)


_NUMBERS: Final = (
    "order_id",
    "carrier_code",
    "tracking_number",
    "late_hours",
    "silent_hours",
    "grace_hours",
    "stuck_hours",
    "last_days",
)
_VALUES: Final = (
    "order_id",
    "carrier",
    "tracking_number",
    "promised_date",
    "last_event_date",
    "shop_name",
)


def _decide(parcels: pl.LazyFrame, params: Params) -> pl.LazyFrame:
    """Every parcel once, with `reason_code` and `hold` (null: propose).

    A parcel that holds several orders is one parcel: the first of them that is not off speaks.
    """
    return (
        parcels.sort(*_PARCEL, "is_cancelled", "order_id")
        .unique(_PARCEL, keep="first", maintain_order=True)
        .with_columns(
            grace_hours=pl.lit(params.grace_hours),
            stuck_hours=pl.lit(params.stuck_hours),
            last_days=pl.lit(params.last_days),
        )
        .with_columns(reason_code=_reason(params), hold=_hold(params))
    )


def _reason(params: Params) -> pl.Expr:
    return pl.coalesce(
        pl.when(pl.col("late_hours") > params.grace_hours).then(pl.lit(str(Reason.LATE))),
        pl.when(pl.col("silent_hours") > params.stuck_hours).then(pl.lit(str(Reason.STUCK))),
    )


def _hold(params: Params) -> pl.Expr:
    late, silent = pl.col("late_hours"), pl.col("silent_hours")
    status, last_hours = pl.col("parcel_status"), params.last_days * 24
    is_old = (
        pl.when(_reason(params) == Reason.LATE)
        .then(late > params.grace_hours + last_hours)
        .otherwise(silent > params.stuck_hours + last_hours)
    )
    reasons = {
        HoldReason.ARRIVED: pl.col("delivered_at").is_not_null()
        | (status == ParcelStatus.DELIVERED),
        HoldReason.ORDER_CANCELLED: pl.col("is_cancelled"),
        HoldReason.GOES_BACK: status.is_in(_GOES_BACK),
        HoldReason.NOTHING_KNOWN: late.is_null() & silent.is_null(),
        HoldReason.ON_TIME: _reason(params).is_null(),
        HoldReason.TOO_LATE_TO_TELL: is_old,
    }
    return pl.coalesce(pl.when(applies).then(pl.lit(str(c))) for c, applies in reasons.items())


def _notice_values(params: Params, time_zone: str) -> dict[str, pl.Expr]:
    """Values of a notice; days are the shop's, and a promise is named only where it is broken."""

    def day(instant: str, reason: Reason) -> pl.Expr:
        local = pl.col(instant).dt.convert_time_zone(time_zone).dt.date().cast(pl.String)
        return pl.when(pl.col("reason_code") == reason).then(local)

    return {
        "spoken": pl.when("is_mail").then(spoken(pl.col("language"), otherwise=params.language)),
        "carrier": pl.col("carrier_code"),
        "promised_date": day("promised_at", Reason.LATE),
        "last_event_date": day("last_event_at", Reason.STUCK),
        "shop_name": pl.lit(params.shop_name, dtype=pl.String),
    }
