"""Tell a person what to order, how much and how urgently; nothing is written to a platform."""

import datetime as dt
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl
from pydantic import BaseModel, Field

from actions.policies._orders import (
    quantities,
    with_cycle,
    with_loss,
    with_margin,
    with_service,
)
from actions.policies._proposal import Hold, day_window, json_of, proposals
from actions.policies._safety_stock import Service, with_reorder_point
from contracts.actions import Proposal
from contracts.codes import WriteKind
from contracts.columns import MAX_MINOR
from contracts.economics import Economics
from contracts.markers import Minor
from contracts.tables import StockFact

NAME: Final = "restock"
VERSION: Final = 2
WRITES: Final = (WriteKind.NONE,)
INPUTS: Final[dict[str, type[dy.Schema]]] = {"stock": StockFact}
DEPENDS: Final = (
    "stock_levels",
    "stockout_days",
    "supply_terms",
    "inbound",
    "bundle_parts",
    "orders",
    "order_lines",
    "listings",
    "prices",
    "costs",
)
HAS_HOLDOUT: Final = False


class Reason(StrEnum):
    """Why it is to be ordered, what is most pressing first."""

    STOCKOUT_NOW = "stockout_now"
    BEFORE_NEXT_ARRIVAL = "before_next_arrival"
    BELOW_REORDER_POINT = "below_reorder_point"


class HoldReason(StrEnum):
    """Why nothing is ordered of a SKU; the first that applies."""

    IS_BUNDLE = "is_bundle"
    DISCONTINUED = "discontinued"
    SHARED_CODE = "shared_code"
    STOCK_UNKNOWN = "stock_unknown"
    DEMAND_UNKNOWN = "demand_unknown"
    DEAD_STOCK = "dead_stock"
    UNUSUAL_SALES_ONLY = "unusual_sales_only"
    NO_DEMAND = "no_demand"
    OVERSTOCK = "overstock"
    LEAD_TIME_UNKNOWN = "lead_time_unknown"
    MOVE_BEFORE_BUYING = "move_before_buying"
    ARRIVAL_OVERDUE = "arrival_overdue"
    ENOUGH = "enough"
    MINIMUM_TOO_LARGE = "minimum_too_large"
    ARRIVAL_TOO_LATE = "arrival_too_late"
    COVER_IS_FULL = "cover_is_full"
    COST_UNKNOWN = "cost_unknown"
    BEYOND_BUDGET = "beyond_budget"
    BEYOND_MAX_PROPOSALS = "beyond_max_proposals"


class Params(BaseModel, frozen=True, extra="forbid"):
    """Set per shop in the home's policies/*.toml."""

    service: Service = Field(
        default=Service.CYCLE,
        description="What safety stock is for: `cycle`, the cycles that end without a stock-out; "
        "`fill_rate`, the demand that is served; `cost_ratio`, least cost of short and too many",
    )
    service_level: float = Field(
        default=0.95, ge=0.5, le=0.999, description="Part of the cycles, or of the demand, to serve"
    )
    holding_rate: float = Field(
        default=0.25,
        gt=0,
        le=2,
        description="Cost of storing a piece for a year, as a part of its unit cost",
    )
    order_cost_minor: Minor | None = Field(
        default=None,
        ge=1,
        description="What placing an order costs; the economic quantity replaces `order_days`",
    )
    review_days: float = Field(
        default=1, ge=0, le=60, description="Days between two of your orders"
    )
    order_days: float = Field(
        default=14, ge=1, le=365, description="Days of demand to order beyond the reorder point"
    )
    max_cover_days: float = Field(
        default=90, ge=1, le=730, description="Most days of demand in stock beyond the lead time"
    )
    shelf_life_days: float = Field(
        default=730, ge=1, le=730, description="Shelf life: days in which what arrives must be sold"
    )
    default_lead_time_days: float | None = Field(
        default=None,
        gt=0,
        le=730,
        description="Lead time of SKUs without supply terms; not set: they are left alone",
    )
    overstock_days: float = Field(
        default=120, ge=1, description="Days of demand in stock beyond which there is too much"
    )
    dead_days: int = Field(
        default=90, ge=1, description="Days without a sale after which stock is dead"
    )
    max_budget_minor: Minor | None = Field(
        default=None, ge=0, description="Most that the orders of a run may cost at unit cost"
    )
    max_proposals: int | None = Field(
        default=None, ge=1, description="Most proposals per shop and run, by margin at stake"
    )


def propose(
    *,
    stock: dy.LazyFrame[StockFact],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Proposal]:
    """One order per SKU out of stock, out before the next arrival, or below its reorder point.

    `after_value` is the order quantity in pieces: up to the reorder point plus `order_days` of
    demand, in whole cases, at least the minimum order, within the cover cap; never zero. First is
    what loses most margin before its next arrival; `max_proposals` and budget cut in that order.
    """
    start, end = day_window(as_of, time_zone)
    decided = _rank(stock.lazy(), params, economics, _today(as_of, time_zone))
    proposed = (
        decided.filter(pl.col("hold").is_null())
        .sort("shop_id", "place")
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
            before_value=pl.lit(0),  # of this order; what is on the way already is a number
            after_value="order_units",
            numbers=json_of(_NUMBERS),
            units_at_risk="daily_units",
            effect_minor=_per_day(),
            window_start=pl.lit(start),
            expires_at=pl.lit(end),
            evidence=json_of(StockFact.column_names()),
        )
    )
    return proposals(proposed, max_proposals=None)


def holds(
    *,
    stock: dy.LazyFrame[StockFact],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Hold]:
    """The other SKUs, each with the reason why nothing is ordered."""
    decided = _rank(stock.lazy(), params, economics, _today(as_of, time_zone))
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
    "daily_sd_units",
    "cover_days",
    "demand_until_date",
    "last_sold_date",
    "outlier_days",
    "event_days",
    "stockout_days",
    "forecast_method",
    "bare_warehouse_id",
    "full_warehouse_id",
    "full_warehouse_units",
    "overdue_units",
    "overdue_since_date",
    "stockout_rate",
    "short_units",
    "unit_margin_minor",
    "is_margin_estimated",
    "lost_margin_minor",
    "currency",
    "order_by_date",
    "order_cost_minor",
    "lead_time_days",
    "lead_demand_units",
    "lead_demand_sd_units",
    "distribution",
    "service",
    "service_level",
    "cycle_units",
    "quantity_rule",
    "reorder_point_units",
    "order_up_to_units",
    "minimum_order_units",
    "case_pack_units",
    "least_order_units",
    "least_cover_days",
    "max_cover_days",
    "overstock_days",
    "order_units",
)


def _today(as_of: dt.datetime, time_zone: str) -> dt.date:
    return as_of.astimezone(ZoneInfo(time_zone)).date()


def _decide(
    stock: pl.LazyFrame, params: Params, economics: Economics, today: dt.date
) -> pl.LazyFrame:
    """Every SKU with `order_units`, `reason_code` and `hold` (null: propose)."""
    default = pl.lit(params.default_lead_time_days, dtype=pl.Float64)
    arrival = (pl.col("next_inbound_date") - today).dt.total_days()
    daily, available = pl.col("daily_units"), pl.col("available_units")
    lead, cover = pl.col("lead_time_days"), min(params.max_cover_days, params.shelf_life_days)
    rate = params.holding_rate
    return (
        stock.with_columns(
            lead_time_days=lead.fill_null(default),
            lead_time_sd_days=pl.col("lead_time_sd_days").fill_null(0.0),
            max_cover_days=pl.lit(cover),
            overstock_days=pl.lit(params.overstock_days),
        )
        .pipe(with_margin, economics)
        .pipe(
            with_cycle,
            order_days=params.order_days,
            order_cost_minor=params.order_cost_minor,
            holding_rate=rate,
        )
        .pipe(with_service, params.service, level=params.service_level, holding_rate=rate)
        .pipe(with_reorder_point, review_days=params.review_days)
        .with_columns(
            position_units=available + pl.col("inbound_units"),
            cover_days=pl.when(daily > 0).then(pl.max_horizontal(available, 0) / daily),
            arrival_days=pl.coalesce(arrival.cast(pl.Float64), lead),
            order_up_to_units=pl.col("reorder_point_units") + pl.col("cycle_units"),
            most_units=daily * (lead + cover),
        )
        .with_columns(**quantities())
        .with_columns(
            order_by_date=_order_by(today),
            order_cost_minor=pl.col("order_units") * pl.col("unit_cost_minor"),
        )
        .pipe(with_loss)
        .with_columns(reason_code=_reason(), hold=_hold(params, today))
    )


def _order_by(today: dt.date) -> pl.Expr:
    """The last day on which an order arrives before the shelf is empty; not before today."""
    daily = pl.col("daily_units")
    spare = pl.col("position_units") / daily - pl.col("lead_time_days")
    days = spare.clip(0, _FAR_DAYS).floor()
    by_date = pl.lit(today) + pl.duration(days=days.cast(pl.Int64))
    return pl.when((daily > 0) & days.is_finite()).then(by_date)


_FAR_DAYS: Final = 3_650


def _per_day() -> pl.Expr:
    """Margin lost per day until the next arrival."""
    per_day = pl.col("lost_margin_minor") / pl.max_horizontal("arrival_days", 1.0)
    return per_day.round().clip(-MAX_MINOR, MAX_MINOR).cast(pl.Int64)


def _rank(
    stock: pl.LazyFrame, params: Params, economics: Economics, today: dt.date
) -> pl.LazyFrame:
    """Decided, with `place` among the orders of a shop; what budget and cap cut gets a hold.

    First is what loses most margin before its next arrival; what loses alike, the more urgent.
    """
    urgency = pl.col("reason_code").replace_strict(
        {str(reason): i for i, reason in enumerate(Reason)}, default=len(Reason)
    )
    decided = _decide(stock, params, economics, today).sort(
        pl.col("lost_margin_minor").fill_null(0.0),
        urgency,
        "daily_units",
        "sku_id",
        descending=[True, False, True, False],
        nulls_last=True,
    )
    hold, cost = pl.col("hold"), pl.col("order_cost_minor")
    if params.max_budget_minor is not None:
        free = hold.is_null()
        spent = pl.when(free).then(cost).otherwise(0).fill_null(0).cum_sum().over("shop_id")
        unknown = pl.when(free & cost.is_null()).then(pl.lit(str(HoldReason.COST_UNKNOWN)))
        beyond = pl.when(free & (spent > params.max_budget_minor))
        beyond_budget = beyond.then(pl.lit(str(HoldReason.BEYOND_BUDGET)))
        decided = decided.with_columns(hold=pl.coalesce(hold, unknown, beyond_budget))
    place = hold.is_null().cum_sum().over("shop_id")
    decided = decided.with_columns(place=place)
    if params.max_proposals is None:
        return decided
    cut = pl.when(hold.is_null() & (pl.col("place") > params.max_proposals))
    reason = cut.then(pl.lit(str(HoldReason.BEYOND_MAX_PROPOSALS)))
    return decided.with_columns(hold=pl.coalesce(hold, reason))


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


def _hold(params: Params, today: dt.date) -> pl.Expr:
    daily, available = pl.col("daily_units"), pl.col("available_units")
    idle_since = pl.lit(today - dt.timedelta(days=params.dead_days))
    is_idle = pl.col("last_sold_date") < idle_since
    is_enough = _reason().is_null()
    is_none = pl.col("order_units") == 0
    reasons = {
        HoldReason.IS_BUNDLE: pl.col("is_bundle"),
        HoldReason.DISCONTINUED: pl.col("is_discontinued"),
        HoldReason.SHARED_CODE: pl.col("is_shared"),
        HoldReason.STOCK_UNKNOWN: available.is_null(),
        HoldReason.DEMAND_UNKNOWN: daily.is_null() | pl.col("daily_sd_units").is_null(),
        HoldReason.DEAD_STOCK: is_idle & (available > 0),
        HoldReason.UNUSUAL_SALES_ONLY: (daily == 0) & (pl.col("outlier_days") > 0),
        HoldReason.NO_DEMAND: daily == 0,
        HoldReason.OVERSTOCK: pl.col("cover_days") > params.overstock_days,
        HoldReason.LEAD_TIME_UNKNOWN: pl.col("lead_time_days").is_null(),
        HoldReason.MOVE_BEFORE_BUYING: is_enough & pl.col("bare_warehouse_id").is_not_null(),
        HoldReason.ARRIVAL_OVERDUE: is_enough & (pl.col("overdue_units") > 0),
        HoldReason.ENOUGH: is_enough,
        HoldReason.MINIMUM_TOO_LARGE: pl.col("is_too_large"),
        HoldReason.ARRIVAL_TOO_LATE: is_none & (pl.col("inbound_units") > 0),
        HoldReason.COVER_IS_FULL: is_none,
    }
    return pl.coalesce(pl.when(applies).then(pl.lit(str(c))) for c, applies in reasons.items())
