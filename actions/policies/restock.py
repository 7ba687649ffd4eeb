"""Tell a person what to order, how much and how urgently; nothing is written to a platform."""

import datetime as dt
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl
from pydantic import BaseModel, Field

from actions.policies._proposal import Hold, day_window, json_of, proposals
from actions.policies._safety_stock import with_reorder_point
from contracts.actions import Proposal
from contracts.codes import WriteKind
from contracts.economics import Economics
from contracts.tables import StockFact

NAME: Final = "restock"
VERSION: Final = 1
WRITES: Final = (WriteKind.NONE,)
INPUTS: Final[dict[str, type[dy.Schema]]] = {"stock": StockFact}
DEPENDS: Final = (
    "stock_levels",
    "stockout_days",
    "supply_terms",
    "inbound",
    "orders",
    "order_lines",
)
HAS_HOLDOUT: Final = False


class Reason(StrEnum):
    """How urgent it is, most urgent first."""

    STOCKOUT_NOW = "stockout_now"
    BEFORE_NEXT_ARRIVAL = "before_next_arrival"
    BELOW_REORDER_POINT = "below_reorder_point"


class HoldReason(StrEnum):
    """Why nothing is said about a SKU."""

    DEMAND_UNKNOWN = "demand_unknown"
    NO_DEMAND = "no_demand"
    LEAD_TIME_UNKNOWN = "lead_time_unknown"
    ENOUGH = "enough"
    COVER_IS_FULL = "cover_is_full"
    MINIMUM_TOO_LARGE = "minimum_too_large"


class Params(BaseModel, frozen=True, extra="forbid"):
    """Set per shop in the home's policies/*.toml."""

    service_level: float = Field(
        default=0.95, ge=0.5, le=0.999, description="Cycles that end without a stock-out"
    )
    review_days: float = Field(default=1, ge=0, le=60, description="Days between two decisions")
    order_days: float = Field(
        default=14, ge=1, le=365, description="Days of demand to order beyond the reorder point"
    )
    max_cover_days: float = Field(
        default=90, ge=1, le=730, description="Most days of demand to hold beyond the lead time"
    )
    default_lead_time_days: float | None = Field(
        default=None, gt=0, le=730, description="For SKUs without supply terms; none: left alone"
    )
    max_proposals: int | None = Field(
        default=None, ge=1, description="Most proposals per shop and run, most urgent first"
    )


def propose(
    *,
    stock: dy.LazyFrame[StockFact],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Proposal]:
    """One alert per SKU out of stock, out before the next arrival, or below its reorder point.

    `after_value` is the order quantity in pieces: up to the reorder point plus `order_days` of
    demand, in whole cases, at least the minimum order, within the cover cap. It is zero where
    enough is on the way and only late, or where the minimum order breaks the cap.
    """
    start, end = day_window(as_of, time_zone)
    decided = _decided(stock.lazy(), params, _today(as_of, time_zone))
    urgency = pl.col("reason_code").replace_strict({r: i for i, r in enumerate(Reason)})
    proposed = (
        decided.filter(pl.col("hold").is_null())
        .sort(urgency, "daily_units", "sku_id", descending=[False, True, False])
        .select(
            "shop_id",
            "sku_id",
            "reason_code",
            policy=pl.lit(NAME),
            policy_version=pl.lit(VERSION),
            target_id="sku_id",
            parent_id=pl.lit(None, dtype=pl.String),
            write_kind=pl.lit(str(WriteKind.NONE)),
            currency=pl.lit(None, dtype=pl.String),
            before_value=pl.lit(None, dtype=pl.Int64),
            after_value="order_units",
            numbers=json_of(_NUMBERS),
            units_at_risk="daily_units",
            effect_minor=pl.lit(None, dtype=pl.Int64),
            window_start=pl.lit(start),
            expires_at=pl.lit(end),
            evidence=json_of(StockFact.column_names()),
        )
    )
    return proposals(proposed, max_proposals=params.max_proposals)


def holds(
    *,
    stock: dy.LazyFrame[StockFact],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Hold]:
    """The other SKUs, each with the reason why nothing is said about it."""
    decided = _decided(stock.lazy(), params, _today(as_of, time_zone))
    frame = decided.filter(pl.col("hold").is_not_null()).select(
        "shop_id",
        "sku_id",
        policy=pl.lit(NAME),
        target_id="sku_id",
        reason_code="hold",
        numbers=json_of(_NUMBERS),
    )
    return Hold.validate(frame.collect(), cast=True)


_NUMBERS: Final = (
    "available_units",
    "inbound_units",
    "arrival_days",
    "next_inbound_date",
    "daily_units",
    "cover_days",
    "lead_time_days",
    "lead_demand_units",
    "lead_demand_sd_units",
    "distribution",
    "service_level",
    "reorder_point_units",
    "order_up_to_units",
    "minimum_order_units",
    "case_pack_units",
    "least_order_units",
    "least_cover_days",
    "max_cover_days",
    "order_units",
)


def _today(as_of: dt.datetime, time_zone: str) -> dt.date:
    return as_of.astimezone(ZoneInfo(time_zone)).date()


def _decided(stock: pl.LazyFrame, params: Params, today: dt.date) -> pl.LazyFrame:
    """Every SKU with `order_units`, `reason_code` and `hold` (null: propose)."""
    default = pl.lit(params.default_lead_time_days, dtype=pl.Float64)
    arrival = (pl.col("next_inbound_date") - today).dt.total_days()
    daily, available = pl.col("daily_units"), pl.col("available_units")
    point = pl.col("reorder_point_units")
    return (
        stock.with_columns(
            lead_time_days=pl.col("lead_time_days").fill_null(default),
            lead_time_sd_days=pl.col("lead_time_sd_days").fill_null(0.0),
        )
        .pipe(
            with_reorder_point,
            service_level=params.service_level,
            review_days=params.review_days,
        )
        .with_columns(
            service_level=pl.lit(params.service_level),
            max_cover_days=pl.lit(params.max_cover_days),
            position_units=available + pl.col("inbound_units"),
            cover_days=pl.when(daily > 0).then(pl.max_horizontal(available, 0) / daily),
            arrival_days=pl.coalesce(arrival.cast(pl.Float64), "lead_time_days"),
            order_up_to_units=point + daily * params.order_days,
            most_units=daily * (pl.col("lead_time_days") + params.max_cover_days),
        )
        .with_columns(**_quantities())
        .with_columns(reason_code=_reason(), hold=_hold())
    )


def _quantities() -> dict[str, pl.Expr]:
    """Order quantity in whole cases, the least one, and where the least breaks the cover cap."""
    position = pl.col("position_units")
    case = pl.max_horizontal(pl.col("case_pack_units").fill_null(1), 1)
    least = pl.max_horizontal(pl.col("minimum_order_units").fill_null(0), 1)
    wanted = pl.min_horizontal("order_up_to_units", "most_units") - position
    is_wanted = wanted >= pl.max_horizontal(pl.col("daily_units"), 1e-9)
    least = (least / case).ceil() * case
    up = (pl.max_horizontal(wanted, least) / case).ceil() * case
    most = ((pl.col("most_units") - position) / case).floor() * case
    order = pl.min_horizontal(up, most)
    is_too_large = is_wanted & (order < least)
    units = pl.when(is_wanted & ~is_too_large).then(order).otherwise(0.0)
    return {
        "order_units": units.cast(pl.Int64),
        "least_order_units": least.cast(pl.Int64),
        "least_cover_days": (position + least) / pl.col("daily_units"),
        "is_too_large": is_too_large,
    }


def _reason() -> pl.Expr:
    out_now = pl.col("available_units") <= 0
    out_soon = pl.col("cover_days") < pl.col("arrival_days")
    below = pl.col("position_units") < pl.col("reorder_point_units")
    levels = {
        Reason.STOCKOUT_NOW: out_now,
        Reason.BEFORE_NEXT_ARRIVAL: out_soon,
        Reason.BELOW_REORDER_POINT: below,
    }
    return pl.coalesce(pl.when(applies).then(pl.lit(str(c))) for c, applies in levels.items())


def _hold() -> pl.Expr:
    daily = pl.col("daily_units")
    # What runs out is told even if nothing can be ordered: hasten it, or argue about the minimum.
    is_early = _reason() == Reason.BELOW_REORDER_POINT
    is_none, is_too_large = pl.col("order_units") == 0, pl.col("is_too_large")
    reasons = {
        HoldReason.DEMAND_UNKNOWN: daily.is_null() | pl.col("daily_sd_units").is_null(),
        HoldReason.NO_DEMAND: daily == 0,
        HoldReason.LEAD_TIME_UNKNOWN: pl.col("lead_time_days").is_null(),
        HoldReason.ENOUGH: _reason().is_null(),
        HoldReason.MINIMUM_TOO_LARGE: is_too_large & is_early,
        HoldReason.COVER_IS_FULL: is_none
        & ~is_too_large
        & (is_early | (pl.col("inbound_units") == 0)),
    }
    return pl.coalesce(pl.when(applies).then(pl.lit(str(c))) for c, applies in reasons.items())
