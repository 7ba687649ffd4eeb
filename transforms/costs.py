"""The cost of a piece that a price may rest on: dated, in the price's currency, without a jump."""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from contracts.columns import MAX_MINOR
from contracts.economics import Confirmed
from contracts.fx import with_rates
from contracts.tables import Cost

_SKU = ["shop_id", "sku_id"]
_HAIR: Final = 1e-9
NO_HELD_RATES: Final = pl.LazyFrame(
    schema={"shop_id": pl.String(), "currency": pl.String(), "held_rate": pl.Float64()}
)
"""Rates of exchange that were used last, minor to minor unit of the shop's currency: none yet."""


def costs_in_use(
    costs: dy.LazyFrame[Cost],
    *,
    known: pl.LazyFrame,
    currency: str,
    fx: pl.DataFrame,
    confirmed: Confirmed,
    max_jump_rate: float,
    max_fall_rate: float,
    as_of: dt.datetime,
    time_zone: str,
    held_rates: pl.LazyFrame = NO_HELD_RATES,
    min_fx_move_rate: float = 0.0,
) -> pl.LazyFrame:
    """What a piece costs on the shop-local day of `as_of`. Grain: (shop_id, sku_id).

    A cost in another currency is converted by its dated rate; where the newest has no rate, there
    is no cost. One that is more than `max_jump_rate` above the one in use before it, or more than
    `max_fall_rate` below, is not used, however often it comes again, until a person confirms it
    or a later one is near again.
    `known` (shop_id, sku_id, known_minor) is what was in use last, so that a cost that is
    overwritten in its place jumps as well as one of a later day. A rate of exchange that moved by
    no more than `min_fx_move_rate` from the one used last (`held_rates`) leaves that in use, so
    that costs and prices do not follow each day's rate.

    `unconfirmed_cost_minor` is the newest cost where it is not used.
    """
    zone = ZoneInfo(time_zone)
    vouched = _vouched_costs(confirmed)
    read_day = pl.col("read_at").dt.convert_time_zone(time_zone).dt.date()
    until = pl.lit(confirmed.costs_until, dtype=pl.Date)
    stated = (
        costs.lazy()
        .filter(pl.col("valid_from") <= as_of.astimezone(zone).date())
        .with_columns(price_currency=pl.lit(currency))
        .join(vouched, on="sku_id", how="left")
    )
    rated = with_rates(stated, fx, of="currency", to="price_currency")
    rows = _keep_last_rates(rated, held_rates, min_fx_move_rate).sort(*_SKU, "valid_from")
    costs_by_sku = rows.group_by(_SKU, maintain_order=True).agg(
        value=pl.col("unit_cost_minor") * pl.col("fx_rate"),
        is_vouched=((pl.col("unit_cost_minor") == pl.col("said")) | (read_day <= until)).fill_null(
            value=False
        ),
        cost_currency="currency",
        cost_rate_date="fx_date",
        cost_fx_rate=pl.when(pl.col("fx_date").is_not_null()).then("fx_rate"),
    )
    return costs_by_sku.join(known, on=_SKU, how="left").map_batches(
        lambda frame: _walk_costs(frame, max_jump_rate, max_fall_rate), schema=_IN_USE
    )


_IN_USE: Final = {
    **{name: pl.String() for name in (*_SKU, "cost_currency")},
    "cost_rate_date": pl.Date(),
    "cost_fx_rate": pl.Float64(),
    "unit_cost_minor": pl.Int64(),
    "unconfirmed_cost_minor": pl.Int64(),
}


def _keep_last_rates(rated: pl.LazyFrame, last_rates: pl.LazyFrame, least: float) -> pl.LazyFrame:
    """Rows with `fx_rate` as it was used last, where it has not moved by more than `least`."""
    if least == 0:
        return rated
    now, then = pl.col("fx_rate"), pl.col("held_rate")
    is_near = pl.col("fx_date").is_not_null() & ((now / then - 1).abs() <= least + _HAIR)
    return rated.join(last_rates, on=["shop_id", "currency"], how="left").with_columns(
        fx_rate=pl.when(is_near).then(then).otherwise(now)
    )


def with_bundle_costs(
    costs: pl.LazyFrame,
    pieces: pl.LazyFrame,
    *,
    known: pl.LazyFrame,
    currency: str,
    confirmed: Confirmed,
    max_jump_rate: float,
    max_fall_rate: float,
) -> pl.LazyFrame:
    """Costs in use (`costs_in_use`), and those of bundles of which none is stated.

    A bundle (`pieces`: `transforms.bundles.articles`) costs what its articles do; nothing is known
    of it where the cost of one is not. A sum that jumps from the one in use last, because the
    bundle holds other pieces now, waits for a person like any other cost.
    """
    costs = costs.cache()
    cost = pl.col("unit_cost_minor")
    total = (cost.cast(pl.Float64) * pl.col("part_units")).sum()
    is_known = (cost.null_count() == 0) & (total <= MAX_MINOR)
    without_rate = pl.col("cost_currency").filter(cost.is_null()).drop_nulls().first()
    bundle_costs = (
        pieces.join(costs, on=_SKU, how="anti")
        .join(costs, left_on=["shop_id", "part_sku_id"], right_on=_SKU, how="left")
        .group_by(_SKU)
        .agg(
            value=pl.when(is_known).then(total),
            cost_currency=without_rate.fill_null(pl.lit(currency)),
            cost_rate_date=pl.col("cost_rate_date").min(),
        )
        .join(_vouched_costs(confirmed), on="sku_id", how="left")
        .select(
            *_SKU,
            *(pl.concat_list(name) for name in ("value", "cost_currency", "cost_rate_date")),
            cost_fx_rate=pl.concat_list(pl.lit(None, dtype=pl.Float64)),
            is_vouched=pl.concat_list((pl.col("value") == pl.col("said")).fill_null(value=False)),
        )
        .join(known, on=_SKU, how="left")
    )
    of_bundles = bundle_costs.map_batches(
        lambda frame: _walk_costs(frame, max_jump_rate, max_fall_rate), schema=_IN_USE
    )
    return pl.concat([costs.select(*_IN_USE), of_bundles.select(*_IN_USE)])


def _vouched_costs(confirmed: Confirmed) -> pl.LazyFrame:
    """Amounts that a person vouches for. Grain: sku_id, with `said`."""
    return pl.LazyFrame(
        list(confirmed.costs.items()), schema={"sku_id": pl.String, "said": pl.Int64}, orient="row"
    )


def _walk_costs(costs: pl.DataFrame, max_jump_rate: float, max_fall_rate: float) -> pl.DataFrame:
    """From the first cost on, each that is near the one in use, or vouched for, takes its place.

    One step over all SKUs at once for each cost that a SKU has had.
    """

    def is_near(value: pl.Expr, before: pl.Expr) -> pl.Expr:
        change = value / before - 1
        return (change <= max_jump_rate + _HAIR) & (change >= -max_fall_rate - _HAIR)

    value, vouched = pl.col("value").list, pl.col("is_vouched").list
    frame = costs.with_columns(used=pl.lit(0))
    longest = costs.select(pl.col("value").list.len().max().fill_null(0)).item()
    for place in range(1, longest):
        now, before = value.get(place, null_on_oob=True), value.get(pl.col("used"))
        is_used = before.is_null() | is_near(now, before) | vouched.get(place, null_on_oob=True)
        takes = now.is_not_null() & is_used
        frame = frame.with_columns(used=pl.when(takes).then(place).otherwise("used"))
    used, newest, last = value.get(pl.col("used")), value.last(), pl.col("known_minor")
    is_kept = last.is_not_null() & ~is_near(used, last) & ~vouched.get(pl.col("used"))
    in_use = pl.when(newest.is_not_null()).then(pl.when(is_kept).then(last).otherwise(used))
    at = pl.when(newest.is_null()).then(-1).otherwise("used")
    return frame.select(
        *_SKU,
        pl.col("cost_currency").list.get(at),
        pl.col("cost_rate_date").list.get(at),
        pl.col("cost_fx_rate").list.get(at),
        unit_cost_minor=_up(in_use),
        unconfirmed_cost_minor=pl.when(~is_near(newest, in_use)).then(_up(newest)),
    )


def _up(amount: pl.Expr) -> pl.Expr:
    """Whole minor units, never less than the amount."""
    return (amount - 1e-6).ceil().cast(pl.Int64)
