"""Follow the lowest usable competitor inside the merchant's bounds; otherwise leave the price."""

import datetime as dt
from enum import StrEnum
from typing import Final, Literal

import dataframely as dy
import polars as pl
from pydantic import BaseModel, Field, model_validator

from actions.policies._proposal import Hold, day_window, json_of, proposals
from contracts.actions import Proposal
from contracts.codes import WriteKind
from contracts.columns import MAX_MINOR
from contracts.economics import FEES_EXCEED_PRICE, Economics, floor_minor, grid_down, grid_up
from contracts.markers import Minor, SkuCode
from contracts.tables import PriceFact

NAME: Final = "repricing"
VERSION: Final = 1
WRITES: Final = (WriteKind.SET_PRICE,)
INPUTS: Final[dict[str, type[dy.Schema]]] = {"prices": PriceFact}
DEPENDS: Final = ("listings", "prices", "costs", "competitor_offers", "orders", "order_lines")
HAS_HOLDOUT: Final = True


class Reason(StrEnum):
    """Which rule or which bound made the price."""

    MATCH_RIVAL = "match_rival"
    BEAT_RIVAL = "beat_rival"
    STAY_ABOVE_RIVAL = "stay_above_rival"
    HELD_AT_MAP = "held_at_map"
    HELD_AT_FLOOR = "held_at_floor"
    HELD_AT_MIN = "held_at_min"
    HELD_AT_MAX = "held_at_max"
    LIMITED_STEP = "limited_step"


class HoldReason(StrEnum):
    """Why a price is left alone."""

    FEES_EXCEED_PRICE = FEES_EXCEED_PRICE
    ALONE = "alone"
    TOO_FEW_RIVALS = "too_few_rivals"
    NO_BOUNDS = "no_bounds"
    BOUNDS_DISAGREE = "bounds_disagree"
    STEP_TOO_SMALL = "step_too_small"
    SMALL_CHANGE = "small_change"


class Bounds(BaseModel, frozen=True, extra="forbid"):
    """The merchant's own limits for one SKU, in minor units."""

    min_minor: Minor = Field(ge=1, le=MAX_MINOR, description="Lowest price")
    max_minor: Minor = Field(ge=1, le=MAX_MINOR, description="Highest price")
    map_minor: Minor | None = Field(
        default=None, ge=1, description="Lowest price by contract (MAP)"
    )

    @model_validator(mode="after")
    def _ordered(self) -> "Bounds":
        if self.min_minor > self.max_minor:
            raise ValueError("min_minor is not above max_minor")
        return self


class Params(BaseModel, frozen=True, extra="forbid"):
    """Set per shop in the home's policies/*.toml. No minimum and maximum: no repricing."""

    rule: Literal["match", "beat", "above"] = Field(
        default="match", description="Where to stand against the lowest usable competitor"
    )
    by_minor: Minor = Field(default=0, ge=0, description="Distance to keep, in minor units")
    by_rate: float = Field(default=0.0, ge=0, le=0.5, description="Distance to keep, of its price")
    min_factor: float | None = Field(
        default=None, gt=0, le=1, description="Minimum, of the list price, else 28-day median"
    )
    max_factor: float | None = Field(
        default=None, ge=1, le=10, description="Maximum, of the list price, else 28-day median"
    )
    bounds: dict[SkuCode, Bounds] = Field(
        default_factory=dict, description="Minimum, maximum and MAP per SKU; before the factors"
    )
    min_rivals: int = Field(default=1, ge=1, description="Usable competitors needed to act")
    max_step_rate: float = Field(
        default=0.05, gt=0, le=0.5, description="Largest change at once, of the price in force"
    )
    min_change_rate: float = Field(
        default=0.01, ge=0, le=0.5, description="Smaller changes are not worth a write"
    )
    max_proposals: int | None = Field(
        default=None, ge=1, description="Most proposals per shop and run, largest effect first"
    )


def propose(
    *,
    prices: dy.LazyFrame[PriceFact],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Proposal]:
    """One proposal per listing whose price should change today.

    Bounds yield in this order: MAP and margin floor, the merchant's minimum and maximum, the step
    from the price in force, the price grid. Without a cost in the price's currency it is proposed
    without a floor, so that the guard refuses it on the record. The effect is margin per day at
    constant demand.
    """
    start, end = day_window(as_of, time_zone)
    decided = _decided(prices.lazy(), params, economics).filter(pl.col("hold").is_null())
    daily = pl.col("daily_units").fill_null(0.0)
    margin = (pl.col("after_value") - pl.col("price_minor")) * economics.received_rate
    effect = (margin * daily).clip(-MAX_MINOR, MAX_MINOR).round().cast(pl.Int64)
    proposed = decided.select(
        "shop_id",
        "sku_id",
        "currency",
        "after_value",
        "reason_code",
        policy=pl.lit(NAME),
        policy_version=pl.lit(VERSION),
        target_id="listing_id",
        parent_id="product_id",
        write_kind=pl.lit(str(WriteKind.SET_PRICE)),
        before_value="price_minor",
        numbers=json_of(_NUMBERS),
        units_at_risk=daily,
        effect_minor=pl.when(pl.col("daily_units").is_not_null()).then(effect),
        window_start=pl.lit(start),
        expires_at=pl.lit(end),
        evidence=json_of(PriceFact.column_names()),
    )
    largest_first = proposed.sort(
        pl.col("effect_minor").abs(), "target_id", descending=[True, False], nulls_last=True
    )
    return proposals(largest_first, max_proposals=params.max_proposals)


def holds(
    *,
    prices: dy.LazyFrame[PriceFact],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Hold]:
    """The other listings, each with the reason why its price is left alone."""
    held = _decided(prices.lazy(), params, economics).filter(pl.col("hold").is_not_null())
    frame = held.select(
        "shop_id",
        "sku_id",
        policy=pl.lit(NAME),
        target_id="listing_id",
        reason_code="hold",
        numbers=json_of(_NUMBERS),
    )
    return Hold.validate(frame.collect(), cast=True)


_NUMBERS: Final = (
    "currency",
    "price_minor",
    "after_value",
    "rival_minor",
    "rivals_units",
    "by_minor",
    "by_rate",
    "unit_cost_minor",
    "floor_minor",
    "map_minor",
    "min_minor",
    "max_minor",
    "max_step_rate",
    "min_change_rate",
    "median_28d_minor",
    "daily_units",
)


def _decided(prices: pl.LazyFrame, params: Params, economics: Economics) -> pl.LazyFrame:
    """Every listing with `after_value`, `reason_code` and `hold` (null: propose)."""
    return (
        prices.join(_merchant_bounds(params), on="sku_id", how="left")
        .with_columns(**_limits(params, economics))
        .with_columns(**_interval(params, economics))
        .with_columns(after_value=_inside(_target(params, economics)))
        .with_columns(reason_code=_reason(params, economics), hold=_hold(params, economics))
    )


def _merchant_bounds(params: Params) -> pl.LazyFrame:
    rows = [{"sku_id": sku, **bounds.model_dump()} for sku, bounds in params.bounds.items()]
    columns = {"min_minor": pl.Int64, "max_minor": pl.Int64, "map_minor": pl.Int64}
    return pl.LazyFrame(rows, schema={"sku_id": pl.String, **columns})


def _limits(params: Params, economics: Economics) -> dict[str, pl.Expr]:
    anchor = pl.coalesce("list_price_minor", "median_28d_minor")
    low = (anchor * pl.lit(params.min_factor, dtype=pl.Float64)).ceil().cast(pl.Int64)
    high = (anchor * pl.lit(params.max_factor, dtype=pl.Float64)).floor().cast(pl.Int64)
    has_both = params.min_factor is not None and params.max_factor is not None
    return {
        "min_minor": pl.coalesce("min_minor", pl.when(has_both).then(low)),
        "max_minor": pl.coalesce("max_minor", pl.when(has_both).then(high)),
        # A cost in another currency is no floor; the guard refuses it on the record.
        "floor_minor": floor_minor(
            pl.when(pl.col("cost_currency") == pl.col("currency")).then("unit_cost_minor"),
            economics,
        ),
        "by_minor": pl.lit(params.by_minor),
        "by_rate": pl.lit(params.by_rate),
        "max_step_rate": pl.lit(params.max_step_rate),
        "min_change_rate": pl.lit(params.min_change_rate),
    }


def _interval(params: Params, economics: Economics) -> dict[str, pl.Expr]:
    """Lowest and highest price on the grid: without the step, and with it."""
    low = grid_up(pl.max_horizontal("map_minor", "floor_minor", "min_minor"), economics)
    high = grid_down(pl.min_horizontal("max_minor", pl.lit(MAX_MINOR)), economics)
    price, step = pl.col("price_minor"), params.max_step_rate
    return {
        "low": low,
        "high": high,
        "step_low": pl.max_horizontal(low, grid_up(price * (1 - step), economics)),
        "step_high": pl.min_horizontal(high, grid_down(price * (1 + step), economics)),
    }


def _target(params: Params, economics: Economics) -> pl.Expr:
    rival = pl.col("rival_minor")
    distance = rival * params.by_rate + params.by_minor
    if params.rule == "above":
        return grid_up(rival + distance, economics)
    return grid_down(rival - distance if params.rule == "beat" else rival, economics)


def _inside(target: pl.Expr) -> pl.Expr:
    return pl.min_horizontal(pl.max_horizontal(target, "step_low"), "step_high")


def _reason(params: Params, economics: Economics) -> pl.Expr:
    """The bound that bit, strongest first; without one the rule itself."""
    rules = {"match": "match_rival", "beat": "beat_rival", "above": "stay_above_rival"}
    target, after = _target(params, economics), pl.col("after_value")
    is_raised = after > target

    def binds(bound: str) -> pl.Expr:
        return is_raised & (after == grid_up(pl.col(bound), economics))

    return (
        pl.when(after == target)
        .then(pl.lit(str(Reason(rules[params.rule]))))
        .when(binds("map_minor"))
        .then(pl.lit(str(Reason.HELD_AT_MAP)))
        .when(binds("floor_minor"))
        .then(pl.lit(str(Reason.HELD_AT_FLOOR)))
        .when(binds("min_minor"))
        .then(pl.lit(str(Reason.HELD_AT_MIN)))
        .when((after < target) & (after == pl.col("high")))
        .then(pl.lit(str(Reason.HELD_AT_MAX)))
        .otherwise(pl.lit(str(Reason.LIMITED_STEP)))
    )


def _hold(params: Params, economics: Economics) -> pl.Expr:
    rivals, change = pl.col("rivals_units"), pl.col("after_value") - pl.col("price_minor")
    worth = pl.max_horizontal(
        pl.col("price_minor") * params.min_change_rate, pl.lit(economics.price_step_minor)
    )
    exceeds = economics.received_rate <= economics.min_margin_rate
    reasons = {
        HoldReason.FEES_EXCEED_PRICE: pl.lit(exceeds),
        HoldReason.ALONE: (rivals == 0) | pl.col("rival_minor").is_null(),
        HoldReason.TOO_FEW_RIVALS: rivals < params.min_rivals,
        HoldReason.NO_BOUNDS: pl.any_horizontal(pl.col("min_minor", "max_minor").is_null()),
        HoldReason.BOUNDS_DISAGREE: pl.col("low") > pl.col("high"),
        HoldReason.STEP_TOO_SMALL: pl.col("step_low") > pl.col("step_high"),
        HoldReason.SMALL_CHANGE: change.abs() < worth,
    }
    return pl.coalesce(
        pl.when(applies).then(pl.lit(str(code))) for code, applies in reasons.items()
    )
