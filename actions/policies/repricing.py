"""Move prices inside the merchant's bounds: clearance first, then pace of sales or the rule."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from actions.policies._price_params import Bounds, Params
from actions.policies._price_rules import HoldReason, Reason, decide_prices
from actions.policies._proposal import Hold, day_window, json_of, proposals
from contracts.actions import Proposal
from contracts.codes import WriteKind
from contracts.economics import Economics, profit_minor
from contracts.tables import PriceFact, RivalOffer

NAME: Final = "repricing"
VERSION: Final = 3
WRITES: Final = (WriteKind.SET_PRICE,)
INPUTS: Final[dict[str, type[dy.Schema]]] = {"prices": PriceFact, "rivals": RivalOffer}
DEPENDS: Final = (
    "listings",
    "prices",
    "costs",
    "bundle_parts",
    "competitor_offers",
    "coupons",
    "orders",
    "order_lines",
)
HAS_HOLDOUT: Final = True

__all__ = ["Bounds", "HoldReason", "Params", "Reason"]


def propose(
    *,
    prices: dy.LazyFrame[PriceFact],
    rivals: dy.LazyFrame[RivalOffer],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Proposal]:
    """One proposal per listing whose price should change today.

    Bounds yield in this order: MAP and margin floor, the merchant's minimum and maximum, the shops
    beside, the step from the price in force, the price grid. A price below its floor goes up to it
    step by step, whatever competitors do. Without a cost it is proposed without a floor, so that
    the guard refuses it on the record. The effect is expected profit per day: the margin under
    usual discounts, on what demand answers to the change (`Elasticity`); of what clears, the
    receipts, since its stock is paid for and is not bought again.
    """
    start, end = day_window(as_of, time_zone)
    found = decide_prices(
        prices.lazy(), rivals.lazy(), params, economics, at=_time(as_of, time_zone)
    )
    daily = pl.col("daily_units").fill_null(0.0)
    effect = profit_minor(
        pl.col("price_minor"), pl.col("after_value"), pl.col("answer_rate"),
        daily_units=daily, economics=economics,
        unit_cost=pl.when("clears").then(0).otherwise("unit_cost_minor"),
    )  # fmt: skip
    proposed = found.filter(pl.col("hold").is_null()).select(
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
        effect_minor=pl.when(pl.col("daily_units").is_not_null()).then(
            effect.round().cast(pl.Int64)
        ),
        window_start=pl.lit(start),
        expires_at=pl.lit(end),
        evidence=json_of(PriceFact.column_names()),
    )
    largest_first = proposed.sort(
        "effect_minor", "target_id", descending=[True, False], nulls_last=True
    )
    return proposals(largest_first, max_proposals=params.max_proposals)


def holds(
    *,
    prices: dy.LazyFrame[PriceFact],
    rivals: dy.LazyFrame[RivalOffer],
    params: Params,
    economics: Economics,
    as_of: dt.datetime,
    time_zone: str,
) -> dy.DataFrame[Hold]:
    """The other listings, each with the reason why its price is left alone."""
    found = decide_prices(
        prices.lazy(), rivals.lazy(), params, economics, at=_time(as_of, time_zone)
    )
    frame = found.filter(pl.col("hold").is_not_null()).select(
        "shop_id",
        "sku_id",
        policy=pl.lit(NAME),
        target_id="listing_id",
        reason_code="hold",
        numbers=json_of(_NUMBERS),
    )
    return Hold.validate(frame.collect(), cast=True)


def _time(as_of: dt.datetime, time_zone: str) -> dt.time:
    return as_of.astimezone(ZoneInfo(time_zone)).time()


_NUMBERS: Final = (
    "currency",
    "price_minor",
    "after_value",
    "rival_minor",
    "rivals_units",
    "shipping_minor",
    "by_minor",
    "by_rate",
    "unit_cost_minor",
    "unconfirmed_cost_minor",
    "floor_minor",
    "break_even_minor",
    "discount_rate",
    "map_minor",
    "min_minor",
    "max_minor",
    "channel_low_minor",
    "channel_high_minor",
    "max_step_rate",
    "min_change_rate",
    "anchor_minor",
    "median_28d_minor",
    "daily_units",
    "elasticity",
    "elasticity_sd",
    "elasticity_source",
    "answer_rate",
    "goes_by",
    "age_days",
    "available_units",
    "clear_days",
    "target_cover_days",
    "clearance_off_rate",
    "clearance_minor",
    "clearance_floor_minor",
)
