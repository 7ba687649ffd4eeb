"""Tell a person what is due to be sent, which parcels are late or stuck, and which refunds age."""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import dataframely as dy
import polars as pl
from pydantic import BaseModel, Field

from actions.policies._proposal import Hold, day_window, json_of, proposals
from contracts.actions import Proposal
from contracts.codes import OPEN_CASES, FulfilmentStatus, ParcelStatus, PaymentStatus, WriteKind
from contracts.economics import Economics
from contracts.tables import Order, ParcelFact, RefundCase, Shipment

NAME: Final = "fulfilment_watch"
VERSION: Final = 1
WRITES: Final = (WriteKind.NONE,)
INPUTS: Final[dict[str, type[dy.Schema]]] = {
    "orders": Order,
    "shipments": Shipment,
    "parcels": ParcelFact,
    "cases": RefundCase,
}
DEPENDS: Final = ("orders", "shipments", "parcels", "refund_cases")
HAS_HOLDOUT: Final = False
_ORDER: Final = ["shop_id", "order_id"]
_LEAVES: Final = (
    FulfilmentStatus.UNFULFILLED,
    FulfilmentStatus.SCHEDULED,
    FulfilmentStatus.ON_HOLD,
    FulfilmentStatus.IN_PROGRESS,
    FulfilmentStatus.PARTIALLY_FULFILLED,
)
_OFF: Final = (PaymentStatus.REFUNDED, PaymentStatus.VOIDED, PaymentStatus.EXPIRED)
_GOES_BACK: Final = (ParcelStatus.REFUSED, ParcelStatus.RETURNING, ParcelStatus.RETURNED)


class Reason(StrEnum):
    """What a person has to see to, the most urgent first."""

    SHIP_OVERDUE = "ship_overdue"
    SHIP_DUE = "ship_due"
    REFUND_AGEING = "refund_ageing"
    PARCEL_LATE = "parcel_late"
    PARCEL_STUCK = "parcel_stuck"


class HoldReason(StrEnum):
    """Why there is no alert about an order, a parcel or a refund case."""

    ORDER_OFF = "order_off"
    NOT_PAID = "not_paid"
    SHIPPED = "shipped"
    IN_TIME = "in_time"
    ARRIVED = "arrived"
    GOES_BACK = "goes_back"
    NOTHING_KNOWN = "nothing_known"
    DECIDED = "decided"
    TOO_OLD = "too_old"
    BEYOND_MAX = "beyond_max"


class Params(BaseModel, frozen=True, extra="forbid"):
    """Set per shop in the home's policies/*.toml."""

    ship_hours: float = Field(
        default=48,
        gt=0,
        le=2_400,
        description="Hours after payment in which the platform wants it sent; verify before"
        " production: platforms, categories and presales differ",
    )
    transit_hours: float = Field(
        default=72, ge=0, le=2_400, description="Hours on the way, to keep a promised delivery"
    )
    warn_hours: float = Field(
        default=12, ge=0, le=240, description="Hours before the deadline at which you are alerted"
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
    refund_hours: float = Field(
        default=48,
        gt=0,
        le=2_400,
        description="Hours in which a refund case is to be decided; verify before production",
    )
    last_days: float = Field(
        default=30, ge=1, le=120, description="Days after which nothing is reported any more"
    )
    max_proposals: int | None = Field(
        default=None, ge=1, description="Most alerts per shop and run, the most urgent first"
    )


_NUMBERS: Final = (
    "order_id",
    "case_id",
    "carrier_code",
    "tracking_number",
    "over_hours",
    "age_hours",
    "limit_hours",
    "currency",
    "amount_minor",
    "goods_units",
)


def propose(
    *,
    orders: dy.LazyFrame[Order],
    shipments: dy.LazyFrame[Shipment],
    parcels: dy.LazyFrame[ParcelFact],
    cases: dy.LazyFrame[RefundCase],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Proposal]:
    """One alert per order due to be sent, parcel late or stuck, and refund case that ages.

    Nothing is written, and only the shop's own people are alerted. The clock of an order starts
    when it is paid; a promised delivery less the usual way may end it sooner.
    """
    start, end = day_window(as_of, time_zone)
    found = _decide(orders, shipments, parcels, cases, params=params, as_of=as_of)
    proposed = found.filter(pl.col("hold").is_null()).select(
        "shop_id",
        "target_id",
        "reason_code",
        "member_id",
        policy=pl.lit(NAME),
        policy_version=pl.lit(VERSION),
        parent_id="order_id",
        write_kind=pl.lit(str(WriteKind.NONE)),
        before_value=pl.lit(0),
        after_value=pl.lit(1),
        numbers=json_of(_NUMBERS),
        units_at_risk=pl.lit(0.0),
        window_start=pl.lit(start),
        expires_at=pl.lit(end),
        evidence=json_of(_NUMBERS),
    )
    return proposals(proposed, max_proposals=None)


def holds(
    *,
    orders: dy.LazyFrame[Order],
    shipments: dy.LazyFrame[Shipment],
    parcels: dy.LazyFrame[ParcelFact],
    cases: dy.LazyFrame[RefundCase],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Hold]:
    """The others, each with the reason why there is no alert."""
    found = _decide(orders, shipments, parcels, cases, params=params, as_of=as_of)
    frame = found.filter(pl.col("hold").is_not_null()).select(
        "shop_id",
        "target_id",
        policy=pl.lit(NAME),
        sku_id=pl.lit(None, dtype=pl.String),
        reason_code="hold",
        numbers=json_of(_NUMBERS),
    )
    return Hold.validate(frame.collect(), cast=True)


def _decide(
    orders: pl.LazyFrame,
    shipments: pl.LazyFrame,
    parcels: pl.LazyFrame,
    cases: pl.LazyFrame,
    *,
    params: Params,
    as_of: dt.datetime,
) -> pl.LazyFrame:
    """Every order of the last days, parcel and case once, with `reason_code` and `hold` (null:
    tell), the most urgent first; what `max_proposals` cuts gets a hold."""
    kinds = [
        _orders(orders.lazy(), shipments.lazy(), params, as_of),
        _parcels(parcels.lazy(), params),
        _cases(cases.lazy(), orders.lazy(), params, as_of),
    ]
    found = pl.concat(kinds, how="diagonal").with_columns(
        urgency=pl.col("reason_code").replace_strict(
            {str(one): place for place, one in enumerate(Reason)}, default=None
        )
    )
    ordered = found.unique(["shop_id", "target_id"], keep="first", maintain_order=True).sort(
        pl.col("hold").is_not_null(), "urgency", "over_hours", "target_id",
        descending=[False, False, True, False], nulls_last=True,
    )  # fmt: skip
    if params.max_proposals is None:
        return ordered
    place = pl.int_range(pl.len()).over("shop_id")
    is_cut = pl.col("hold").is_null() & (place >= params.max_proposals)
    cut = pl.when(is_cut).then(pl.lit(str(HoldReason.BEYOND_MAX))).otherwise("hold")
    return ordered.with_columns(hold=cut)


def _hold(reasons: Mapping[HoldReason, pl.Expr]) -> pl.Expr:
    """The first that applies; null: none does."""
    return pl.coalesce(pl.when(applies).then(pl.lit(str(one))) for one, applies in reasons.items())


def _orders(
    orders: pl.LazyFrame, shipments: pl.LazyFrame, params: Params, as_of: dt.datetime
) -> pl.LazyFrame:
    left = shipments.filter(pl.col("shipped_at").is_not_null()).select(_ORDER).unique()
    by_rule = pl.col("paid_at") + pl.duration(seconds=round(params.ship_hours * 3600))
    by_promise = pl.col("deliver_by_at") - pl.duration(seconds=round(params.transit_hours * 3600))
    status = pl.col("fulfilment_status")
    has_left = ~status.is_in(_LEAVES) | (
        pl.col("has_left").fill_null(value=False) & (status != FulfilmentStatus.PARTIALLY_FULFILLED)
    )
    over = pl.col("over_hours")
    is_off = pl.col("cancelled_at").is_not_null() | pl.col("is_test")
    return (
        orders.filter(pl.col("placed_at") > as_of - dt.timedelta(days=params.last_days + 100))
        .join(left.with_columns(has_left=pl.lit(True)), on=_ORDER, how="left")
        .with_columns(
            target_id="order_id",
            over_hours=_hours(as_of - pl.min_horizontal(by_rule, by_promise)),
            age_hours=_hours(as_of - pl.col("paid_at")),
            limit_hours=pl.lit(params.ship_hours, dtype=pl.Float64),
            amount_minor="total_minor",
        )
        .with_columns(
            reason_code=pl.when(over > 0)
            .then(pl.lit(str(Reason.SHIP_OVERDUE)))
            .otherwise(pl.lit(str(Reason.SHIP_DUE))),
            hold=_hold(
                {
                    HoldReason.ORDER_OFF: is_off | pl.col("payment_status").is_in(_OFF),
                    HoldReason.SHIPPED: has_left,
                    HoldReason.NOT_PAID: pl.col("paid_at").is_null(),
                    HoldReason.IN_TIME: over < -params.warn_hours,
                    HoldReason.TOO_OLD: over > params.last_days * 24,
                }
            ),
        )
        .select(
            "shop_id", "target_id", "order_id", "member_id", "reason_code", "hold", "over_hours",
            "age_hours", "limit_hours", "currency", "amount_minor", "goods_units",
            case_id=pl.lit(None, dtype=pl.String),
        )
    )  # fmt: skip


def _parcels(parcels: pl.LazyFrame, params: Params) -> pl.LazyFrame:
    late, silent = pl.col("late_hours"), pl.col("silent_hours")
    status = pl.col("parcel_status")
    is_late = (late > params.grace_hours).fill_null(value=False)
    is_stuck = (silent > params.stuck_hours).fill_null(value=False)
    over = pl.when(is_late).then(late).otherwise(silent - params.stuck_hours)
    has_arrived = pl.col("delivered_at").is_not_null() | (status == ParcelStatus.DELIVERED)
    return (
        parcels.sort("shop_id", "shipment_id", "is_cancelled", "order_id")
        .unique(["shop_id", "shipment_id"], keep="first", maintain_order=True)
        .select(
            "shop_id", "order_id", "member_id", "carrier_code", "tracking_number",
            target_id="shipment_id",
            reason_code=pl.when(is_late)
            .then(pl.lit(str(Reason.PARCEL_LATE)))
            .otherwise(pl.lit(str(Reason.PARCEL_STUCK))),
            over_hours=over,
            age_hours=silent,
            limit_hours=pl.when(is_late)
            .then(pl.lit(params.grace_hours, dtype=pl.Float64))
            .otherwise(pl.lit(params.stuck_hours, dtype=pl.Float64)),
            hold=_hold(
                {
                    HoldReason.ARRIVED: has_arrived.fill_null(value=False),
                    HoldReason.ORDER_OFF: pl.col("is_cancelled"),
                    HoldReason.GOES_BACK: status.is_in(_GOES_BACK),
                    HoldReason.NOTHING_KNOWN: late.is_null() & silent.is_null(),
                    HoldReason.IN_TIME: ~is_late & ~is_stuck,
                    HoldReason.TOO_OLD: over > params.last_days * 24,
                }
            ),
        )
    )  # fmt: skip


def _cases(
    cases: pl.LazyFrame, orders: pl.LazyFrame, params: Params, as_of: dt.datetime
) -> pl.LazyFrame:
    age = _hours(as_of - pl.col("requested_at"))
    is_open = pl.col("case_status").is_in(OPEN_CASES) & pl.col("refunded_at").is_null()
    whose = orders.select(*_ORDER, "member_id").unique(_ORDER, keep="any")
    return cases.join(whose, on=_ORDER, how="left").select(
        "shop_id", "order_id", "member_id", "case_id", "currency",
        # A case may have the number of an order; an id is of 200 signs at most.
        target_id=pl.format("case:{}", "case_id").str.slice(0, 200),
        reason_code=pl.lit(str(Reason.REFUND_AGEING)),
        over_hours=age - params.refund_hours,
        age_hours=age,
        limit_hours=pl.lit(params.refund_hours, dtype=pl.Float64),
        amount_minor="asked_minor",
        hold=_hold(
            {
                HoldReason.DECIDED: ~is_open,
                HoldReason.IN_TIME: age <= params.refund_hours,
                HoldReason.TOO_OLD: age > params.refund_hours + params.last_days * 24,
            }
        ),
    )  # fmt: skip


def _hours(span: pl.Expr) -> pl.Expr:
    return span.dt.total_seconds() / 3600
