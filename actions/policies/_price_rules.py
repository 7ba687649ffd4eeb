"""How a price is decided: what it goes by, the bounds, and which of them bit."""

import datetime as dt
from enum import StrEnum
from typing import Final

import polars as pl

from actions.policies._price_params import Params
from contracts.clearance import clearing, cover_days
from contracts.codes import ElasticitySource
from contracts.columns import MAX_MINOR
from contracts.economics import (
    ANSWERS,
    FACTS,
    FEES_EXCEED_PRICE,
    Economics,
    best_price,
    break_even,
    floor_minor,
    grid_down,
    grid_nearest,
    grid_up,
)

# A rival's price outside these multiples of our own is another article, a pack or a typing error.
_USABLE_RATES: Final = (0.6, 1.67)
_LISTING = ["shop_id", "listing_id"]
_UPPER: Final = 1.645  # of the normal distribution: nine tenths lie within it on both sides


class Reason(StrEnum):
    """Which rule or which bound made the price."""

    MATCH_RIVAL = "match_rival"
    BEAT_RIVAL = "beat_rival"
    STAY_ABOVE_RIVAL = "stay_above_rival"
    RAISED_ALONE = "raised_alone"
    SELLS_BELOW_COST = "sells_below_cost"
    RAISE_TO_FLOOR = "raise_to_floor"
    RAISE_TO_MAP = "raise_to_map"
    HELD_AT_MAP = "held_at_map"
    HELD_AT_FLOOR = "held_at_floor"
    HELD_AT_MIN = "held_at_min"
    HELD_AT_MAX = "held_at_max"
    HELD_AT_CHANNEL = "held_at_channel"
    LIMITED_STEP = "limited_step"
    LARGEST_PROFIT = "largest_profit"
    CLEARANCE = "clearance"
    SELLS_FAST = "sells_fast"
    SELLS_SLOWLY = "sells_slowly"


class HoldReason(StrEnum):
    """Why a price is left alone."""

    SELLS_BELOW_COST = "sells_below_cost"
    EARNS_TOO_LITTLE = "earns_too_little"
    FEES_EXCEED_PRICE = FEES_EXCEED_PRICE
    COVER_UNKNOWN = "cover_unknown"
    SOLD_OUT = "sold_out"
    ELASTICITY_UNKNOWN = "elasticity_unknown"
    ALONE = "alone"
    TOO_FEW_RIVALS = "too_few_rivals"
    OUTSIDE_HOURS = "outside_hours"
    NO_BOUNDS = "no_bounds"
    BOUNDS_DISAGREE = "bounds_disagree"
    STEP_TOO_SMALL = "step_too_small"
    CHANNEL_GAP = "channel_gap"
    CLEARS = "clears"
    ON_PACE = "on_pace"
    SMALL_CHANGE = "small_change"


def decide_prices(
    prices: pl.LazyFrame,
    rivals: pl.LazyFrame,
    params: Params,
    economics: Economics,
    *,
    at: dt.time,
) -> pl.LazyFrame:
    """Every listing with `after_value`, `reason_code` and `hold` (null: propose).

    `at` is the shop's time of day. What clears goes by its clearance alone, own brands and the rule
    `velocity` by the pace of sales alone, the rest by the rule: `goes_by` says which.
    """
    parted = prices.with_columns(**clearing(params.clearing, economics)).with_columns(
        goes_by=_goes_by(params), clear_days=cover_days()
    )
    return (
        parted.join(_merchant_bounds(params), on="sku_id", how="left")
        .join(_references(parted, rivals, params, economics), on=_LISTING, how="left")
        .with_columns(pl.col("rivals_units").fill_null(0), **_limits(params, economics))
        .with_columns(**_interval(params, economics))
        .with_columns(**_answers(params))
        .with_columns(wanted=_target_price(params, economics))
        .with_columns(target=_beside_channels(economics))
        .with_columns(after_value=_inside())
        .with_columns(reason_code=_reason(params, economics), hold=_hold(params, economics, at))
    )


def _goes_by(params: Params) -> pl.Expr:
    is_paced = pl.lit(params.rule == "velocity") | pl.col("brand").is_in(params.own_brands)
    return (
        pl.when("clears")
        .then(pl.lit("clearance"))
        .when(is_paced)
        .then(pl.lit("velocity"))
        .otherwise(pl.lit(params.rule))
    )


_CLEARS: Final = pl.col("goes_by") == "clearance"
_PACED: Final = pl.col("goes_by") == "velocity"
_FOLLOWS: Final = pl.col("goes_by").is_in(["match", "beat", "above"])


def _answers(params: Params) -> dict[str, pl.Expr]:
    """How demand is taken to answer, and whether its own sales say so surely enough to optimise.

    Within `ANSWERS`. Sure is whose upper bound (90 %) is below -1.1.
    """
    known = pl.col("elasticity")
    is_own = pl.col("elasticity_source") == ElasticitySource.OWN
    upper = known + _UPPER * pl.col("elasticity_sd")
    return {
        "answer_rate": known.fill_null(params.usual_elasticity).clip(*ANSWERS),
        "is_sure": (is_own & (upper <= -1.1)).fill_null(value=False),
    }


def _references(
    prices: pl.LazyFrame, rivals: pl.LazyFrame, params: Params, economics: Economics
) -> pl.LazyFrame:
    """The competitor to compare with, and how many are usable. Grain: (shop_id, listing_id).

    Usable is who the merchant counts, in our currency, delivered within 0.6 to 1.67 of what ours
    costs delivered: at our 28-day median, the price in force where nothing sold. What goes by
    clearance or pace has none.
    """
    counted = rivals.filter(*_filters(params))
    shipping = _charged_shipping(economics)
    usual = pl.coalesce("median_28d_minor", "price_minor") + shipping
    low, high = (usual * rate for rate in _USABLE_RATES)
    delivered = pl.col("delivered_minor")
    is_meant = pl.col("is_featured").fill_null(value=False) | (params.against == "lowest")
    columns = ("median_28d_minor", "price_minor", "charged_shipping_minor", "category")
    return (
        prices.filter(~(_CLEARS | _PACED))
        .select(*_LISTING, "sku_id", "currency", *columns)
        .join(counted, on=["shop_id", "sku_id", "currency"])
        .filter(delivered.is_between(low, high))
        .group_by(_LISTING)
        .agg(rival_minor=delivered.filter(is_meant).min(), rivals_units=pl.len())
    )


def _filters(params: Params) -> list[pl.Expr]:
    seller = pl.col("competitor_id")
    filters = [~seller.is_in(params.sellers_ignored)]
    if params.sellers_followed:
        filters.append(seller.is_in(params.sellers_followed))
    if params.fulfilment is not None:
        filters.append(pl.col("fulfilment") == params.fulfilment)
    if params.min_ratings:
        filters.append(pl.col("ratings_units").fill_null(0) >= params.min_ratings)
    return filters


def _charged_shipping(economics: Economics) -> pl.Expr:
    """What our customer pays for shipping: as the shop states it, else as usual."""
    if economics.charged_shipping_minor is not None:
        return pl.lit(economics.charged_shipping_minor)
    return pl.col("charged_shipping_minor").fill_null(0)


def _merchant_bounds(params: Params) -> pl.LazyFrame:
    rows = [{"sku_id": sku, **bounds.model_dump()} for sku, bounds in params.bounds.items()]
    columns = {"min_minor": pl.Int64, "max_minor": pl.Int64, "map_minor": pl.Int64}
    return pl.LazyFrame(rows, schema={"sku_id": pl.String, **columns})


def _limits(params: Params, economics: Economics) -> dict[str, pl.Expr]:
    anchor, cost = pl.col("anchor_minor"), pl.col("unit_cost_minor")
    low = (anchor * pl.lit(params.min_factor, dtype=pl.Float64)).ceil().cast(pl.Int64)
    high = (anchor * pl.lit(params.max_factor, dtype=pl.Float64)).floor().cast(pl.Int64)
    floor = floor_minor(cost, economics, FACTS)
    has_both = params.min_factor is not None and params.max_factor is not None
    return {
        "min_minor": pl.coalesce("min_minor", pl.when(has_both).then(low)),
        "max_minor": pl.coalesce("max_minor", pl.when(has_both).then(high)),
        "floor_minor": pl.when(floor.is_not_null()).then(
            pl.min_horizontal(floor, "clearance_floor_minor")
        ),
        "break_even_minor": floor_minor(cost, break_even(economics), FACTS),
        "shipping_minor": _charged_shipping(economics).cast(pl.Int64),
        "by_minor": pl.lit(params.by_minor),
        "by_rate": pl.lit(params.by_rate),
        "max_step_rate": pl.lit(params.max_step_rate),
        "min_change_rate": pl.lit(params.min_change_rate),
        "target_cover_days": pl.lit(params.target_cover_days),
    }


def _interval(params: Params, economics: Economics) -> dict[str, pl.Expr]:
    """Lowest and highest price on the grid: what must be, what may be, and what one step reaches.

    A price below what it must be goes up by a step, even where that does not reach its bounds.
    """
    must = pl.max_horizontal("map_minor", "floor_minor")
    low = grid_up(pl.max_horizontal(must, "min_minor"), economics)
    high = grid_down(pl.min_horizontal("max_minor", pl.lit(MAX_MINOR)), economics)
    price, step = pl.col("price_minor"), params.max_step_rate
    return {
        "low": low,
        "high": high,
        "step_low": pl.max_horizontal(low, grid_up(price * (1 - step), economics)),
        "step_high": pl.min_horizontal(high, grid_down(price * (1 + step), economics)),
        "is_below": (price < grid_up(must, economics)).fill_null(value=False),
        "has_rivals": (pl.col("rivals_units") >= params.min_rivals)
        & pl.col("rival_minor").is_not_null(),
    }


def _target_price(params: Params, economics: Economics) -> pl.Expr:
    """Where clearance, pace or rule would stand; what clears is never raised by it."""
    price = pl.col("price_minor")
    rules = {"optimum": _at_optimum, "velocity": _by_pace}
    return (
        pl.when(_CLEARS)
        .then(pl.min_horizontal(price, "clearance_minor"))
        .when(_PACED)
        .then(_by_pace(params, economics))
        .otherwise(rules.get(params.rule, _beside_rivals)(params, economics))
    )


def _by_pace(params: Params, economics: Economics) -> pl.Expr:
    """A step up where the stock will be gone too soon, a step down where it lasts too long."""
    price, step = pl.col("price_minor"), params.velocity_step_rate
    low, high = (params.target_cover_days * (1 + by * params.cover_band_rate) for by in (-1, 1))
    up, down = grid_down(price * (1 + step), economics), grid_up(price * (1 - step), economics)
    cover = pl.col("clear_days")
    return (
        pl.when(cover < low)
        .then(pl.max_horizontal(price, up))
        .when(cover > high)
        .then(pl.min_horizontal(price, down))
        .otherwise(price)
    )


def _at_optimum(params: Params, economics: Economics) -> pl.Expr:
    best = best_price(pl.col("unit_cost_minor"), pl.col("answer_rate"), economics, FACTS).clip(
        upper_bound=MAX_MINOR
    )
    return pl.when("is_sure").then(grid_nearest(best, economics)).otherwise("price_minor")


def _beside_rivals(params: Params, economics: Economics) -> pl.Expr:
    """Delivered price against delivered price."""
    price, rival = pl.col("price_minor"), pl.col("rival_minor")
    distance = rival * params.by_rate + params.by_minor
    stands = {"match": rival, "beat": rival - distance, "above": rival + distance}
    ours = stands[params.rule] - pl.col("shipping_minor")
    onto = {"match": grid_nearest, "beat": grid_down, "above": grid_up}[params.rule]
    alone = {
        "keep": price,
        "up": grid_down(price * (1 + params.alone_step_rate), economics),
        "max": pl.col("high"),
    }
    is_alone = pl.col("rivals_units") == 0
    return (
        pl.when("has_rivals")
        .then(onto(ours, economics))
        .when(is_alone)
        .then(pl.max_horizontal(alone[params.alone], price))
        .otherwise(price)
    )


def _beside_channels(economics: Economics) -> pl.Expr:
    """As far as the shops beside allow; out of their bounds already, no further out."""
    price = pl.col("price_minor")
    low = grid_up(pl.min_horizontal("channel_low_minor", price), economics)
    high = grid_down(pl.max_horizontal("channel_high_minor", price), economics)
    lowest = pl.when(pl.col("channel_low_minor").is_not_null()).then(low)
    highest = pl.when(pl.col("channel_high_minor").is_not_null()).then(high)
    return pl.min_horizontal(pl.max_horizontal("wanted", lowest), highest)


def _inside() -> pl.Expr:
    return pl.min_horizontal(pl.max_horizontal("target", "step_low"), "step_high")


def _reason(params: Params, economics: Economics) -> pl.Expr:
    """The bound that bit, strongest first; without one the rule itself."""
    rules = {
        "match": Reason.MATCH_RIVAL,
        "beat": Reason.BEAT_RIVAL,
        "above": Reason.STAY_ABOVE_RIVAL,
        "optimum": Reason.LARGEST_PROFIT,
    }
    price, target, after = (pl.col(name) for name in ("price_minor", "target", "after_value"))
    is_raised = after > target
    walks = pl.col("is_below") & (after > price)

    def binds(bound: str) -> pl.Expr:
        is_bound = is_raised & (after == grid_up(pl.col(bound), economics))
        return is_bound.fill_null(value=False)

    is_for_map = pl.col("map_minor") > pl.col("floor_minor").fill_null(0)
    reasons = {
        Reason.SELLS_BELOW_COST: walks & (price < pl.col("break_even_minor")),
        Reason.RAISE_TO_MAP: walks & is_for_map,
        Reason.RAISE_TO_FLOOR: walks,
        Reason.RAISED_ALONE: ~pl.col("has_rivals") & _FOLLOWS,
        Reason.HELD_AT_CHANNEL: (after == target) & (target != pl.col("wanted")),
        # On its way too: what a step allows is not why it is cheaper.
        Reason.CLEARANCE: _CLEARS & (after < price) & ~(binds("map_minor") | binds("min_minor")),
        Reason.SELLS_FAST: _PACED & (after == target) & (after > price),
        Reason.SELLS_SLOWLY: _PACED & (after == target),
        **({rules[params.rule]: after == target} if params.rule in rules else {}),
        Reason.HELD_AT_MAP: binds("map_minor"),
        Reason.HELD_AT_FLOOR: binds("floor_minor"),
        Reason.HELD_AT_MIN: binds("min_minor"),
        Reason.HELD_AT_MAX: (after < target) & (after == pl.col("high")),
    }
    return pl.coalesce(_first(reasons), pl.lit(str(Reason.LIMITED_STEP)))


def _is_open(params: Params, at: dt.time) -> bool:
    """Whether the merchant lets prices change at a time of day; a window may span midnight."""
    start, end = params.from_time, params.until_time
    if start == end:
        return True
    return start <= at < end if start < end else at >= start or at < end


def _hold(params: Params, economics: Economics, at: dt.time) -> pl.Expr:
    """Why nothing is proposed; a price below its cost or its floor comes first."""
    price, change = pl.col("price_minor"), pl.col("after_value") - pl.col("price_minor")
    walks = pl.col("is_below") & (change > 0)
    worth = pl.max_horizontal(price * params.min_change_rate, pl.lit(economics.price_step_minor))
    is_alone = (pl.col("rivals_units") == 0) & (params.alone == "keep") & _FOLLOWS
    is_unsure = ~pl.col("is_sure") & (pl.col("goes_by") == "optimum")
    is_small, cover = change.abs() < worth, pl.col("clear_days")
    reasons = {
        HoldReason.FEES_EXCEED_PRICE: pl.col("unit_cost_minor").is_not_null()
        & pl.col("floor_minor").is_null(),
        HoldReason.OUTSIDE_HOURS: pl.lit(not _is_open(params, at)),
        HoldReason.NO_BOUNDS: pl.any_horizontal(pl.col("min_minor", "max_minor").is_null()),
        HoldReason.BOUNDS_DISAGREE: pl.col("low") > pl.col("high"),
        HoldReason.COVER_UNKNOWN: ~walks & (_CLEARS | _PACED) & cover.is_null(),
        HoldReason.SOLD_OUT: ~walks & _PACED & (cover <= 0),
        HoldReason.ELASTICITY_UNKNOWN: ~walks & is_unsure,
        HoldReason.ALONE: ~walks & is_alone,
        HoldReason.TOO_FEW_RIVALS: ~walks
        & (pl.col("rivals_units") > 0)
        & ~pl.col("has_rivals")
        & _FOLLOWS,
        HoldReason.STEP_TOO_SMALL: ~walks & (pl.col("step_low") > pl.col("step_high")),
        HoldReason.CHANNEL_GAP: is_small & (pl.col("target") != pl.col("wanted")),
        HoldReason.CLEARS: ~walks & is_small & _CLEARS,
        HoldReason.ON_PACE: ~walks & _PACED & (pl.col("wanted") == price),
        HoldReason.SMALL_CHANGE: ~walks & is_small,
    }
    first = pl.coalesce(_first(reasons))
    alarms = {
        # A floor below what a piece costs is that of a clearance, which says so.
        HoldReason.SELLS_BELOW_COST: price < pl.min_horizontal("break_even_minor", "floor_minor"),
        HoldReason.EARNS_TOO_LITTLE: price < pl.col("floor_minor"),
    }
    return pl.when(first.is_not_null()).then(pl.coalesce(_first(alarms), first))


def _first(reasons: dict[Reason, pl.Expr] | dict[HoldReason, pl.Expr]) -> pl.Expr:
    """The name of the first that applies, if any does."""
    return pl.coalesce(
        pl.when(applies).then(pl.lit(str(code))) for code, applies in reasons.items()
    )
