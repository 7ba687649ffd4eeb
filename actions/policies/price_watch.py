"""Tell a person at once of a price that loses money or lies out of bounds, whoever set it."""

import datetime as dt
from enum import StrEnum
from typing import Final

import dataframely as dy
import polars as pl
from pydantic import BaseModel, Field, model_validator

from actions.policies._proposal import Hold, day_window, evidence_of, json_of, proposals
from contracts.actions import Proposal
from contracts.codes import WriteKind
from contracts.columns import MAX_MINOR
from contracts.economics import FACTS, Economics, floor_minor, margin_minor
from contracts.tables import PriceFact

NAME: Final = "price_watch"
VERSION: Final = 1
WRITES: Final = (WriteKind.NONE,)
INPUTS: Final[dict[str, type[dy.Schema]]] = {"prices": PriceFact}
DEPENDS: Final = (
    "listings",
    "prices",
    "costs",
    "bundle_parts",
    "coupons",
    "orders",
    "order_lines",
)
HAS_HOLDOUT: Final = False


class Reason(StrEnum):
    """What is wrong with a price, the worst first."""

    BELOW_COST = "below_cost"
    BELOW_FLOOR = "below_floor"
    BELOW_BOUND = "below_bound"
    ABOVE_BOUND = "above_bound"


class HoldReason(StrEnum):
    """Why there is no alert about a price."""

    COST_UNKNOWN = "cost_unknown"
    FEES_EXCEED_PRICE = "fees_exceed_price"
    ANCHOR_UNKNOWN = "anchor_unknown"
    WITHIN_BOUNDS = "within_bounds"


class Params(BaseModel, frozen=True, extra="forbid"):
    """Set per shop in the home's policies/*.toml."""

    min_factor: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Lowest price before an alert, as a multiple of the anchor",
    )
    max_factor: float = Field(
        default=2.0,
        ge=1,
        le=100,
        description="Highest price before an alert, as a multiple of the anchor",
    )
    max_proposals: int | None = Field(
        default=None, ge=1, description="Most alerts per shop and run, by loss per day"
    )

    @model_validator(mode="after")
    def _apart(self) -> "Params":
        if self.min_factor == self.max_factor:
            raise ValueError("min_factor is below max_factor")
        return self


_NUMBERS: Final = (
    "currency",
    "price_minor",
    "price_observed_at",
    "right_minor",
    "margin_minor",
    "floor_minor",
    "unit_cost_minor",
    "anchor_minor",
    "min_minor",
    "max_minor",
    "daily_units",
    "loss_day_minor",
)


def propose(
    *,
    prices: dy.LazyFrame[PriceFact],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Proposal]:
    """One alert per listing whose price in force is below its net floor or out of its bounds.

    Before is the price in force, after the nearest that is right; nothing is written. The effect
    is what the listing forgoes per day against the right price.
    """
    start, end = day_window(as_of, time_zone)
    found = judge_prices(prices.lazy(), params, economics).filter(pl.col("hold").is_null())
    proposed = found.sort(
        "loss_day_minor", "listing_id", descending=[True, False], nulls_last=True
    ).select(
        "shop_id",
        "sku_id",
        "currency",
        "reason_code",
        policy=pl.lit(NAME),
        policy_version=pl.lit(VERSION),
        target_id="listing_id",
        parent_id="product_id",
        write_kind=pl.lit(str(WriteKind.NONE)),
        before_value="price_minor",
        after_value="right_minor",
        numbers=json_of(_NUMBERS),
        units_at_risk=pl.col("daily_units").fill_null(0.0),
        effect_minor=-pl.col("loss_day_minor"),
        window_start=pl.lit(start),
        expires_at=pl.lit(end),
        evidence=evidence_of(PriceFact),
    )
    return proposals(proposed, max_proposals=params.max_proposals)


def holds(
    *,
    prices: dy.LazyFrame[PriceFact],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Hold]:
    """The other listings, each with the reason why there is no alert."""
    left_alone = judge_prices(prices.lazy(), params, economics).filter(pl.col("hold").is_not_null())
    frame = left_alone.select(
        "shop_id",
        "sku_id",
        policy=pl.lit(NAME),
        target_id="listing_id",
        reason_code="hold",
        numbers=json_of(_NUMBERS),
    )
    return Hold.validate(frame.collect(), cast=True)


def judge_prices(prices: pl.LazyFrame, params: Params, economics: Economics) -> pl.LazyFrame:
    """Every listing with `right_minor`, `loss_day_minor`, `reason_code` and `hold` (null: alert).

    A price is right from its floor and the least of its bounds up to the highest; a floor above
    that goes before it. The floor of what the merchant clears is that of the clearance.
    """
    price, cost, anchor = (
        pl.col(name) for name in ("price_minor", "unit_cost_minor", "anchor_minor")
    )
    floor, low, high = pl.col("floor_minor"), pl.col("min_minor"), pl.col("max_minor")
    usual_floor = floor_minor(cost, economics, FACTS)
    least = pl.max_horizontal(floor, low)
    is_low, is_high = price < least, (price > high) & (price > floor.fill_null(0))
    reasons = {
        Reason.BELOW_COST: is_low & (pl.col("margin_minor") < 0),
        Reason.BELOW_FLOOR: is_low & (price < floor),
        Reason.BELOW_BOUND: is_low,
        Reason.ABOVE_BOUND: is_high,
    }
    right = pl.when(is_low).then(least).when(is_high).then(pl.max_horizontal(high, floor))
    loss = (right - price).clip(lower_bound=0) * pl.col("daily_units").fill_null(0.0)
    hold = (
        pl.when(pl.col("reason_code").is_not_null())
        .then(None)
        .when(cost.is_null())
        .then(pl.lit(str(HoldReason.COST_UNKNOWN)))
        .when(floor.is_null())
        .then(pl.lit(str(HoldReason.FEES_EXCEED_PRICE)))
        .when(anchor.is_null())
        .then(pl.lit(str(HoldReason.ANCHOR_UNKNOWN)))
        .otherwise(pl.lit(str(HoldReason.WITHIN_BOUNDS)))
    )
    return (
        prices.with_columns(
            floor_minor=pl.when(usual_floor.is_not_null()).then(
                pl.min_horizontal(usual_floor, "clearance_floor_minor")
            ),
            margin_minor=margin_minor(price, cost, economics, FACTS).round().cast(pl.Int64),
            min_minor=(anchor * params.min_factor).ceil().cast(pl.Int64),
            max_minor=(anchor * params.max_factor).floor().cast(pl.Int64),
        )
        .with_columns(
            reason_code=pl.coalesce(
                pl.when(applies).then(pl.lit(str(one))) for one, applies in reasons.items()
            ),
            right_minor=right.clip(0, MAX_MINOR).cast(pl.Int64),
            loss_day_minor=loss.clip(0, MAX_MINOR).round().cast(pl.Int64),
        )
        .with_columns(hold=hold)
    )
