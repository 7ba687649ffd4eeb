"""How much stock the lead time needs, and what is short before the next arrival.

The cycle service level is the probability that a replenishment cycle ends without a stock-out; the
fill rate is the part of the demand that is served from the shelf. They are not the same: 95 % of
the cycles may serve 89 % of the demand, so whoever shows one says which.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl

from actions.policies import _demand_laws as laws


class Service(StrEnum):
    """What the safety stock is for."""

    CYCLE = "cycle"
    COST_RATIO = "cost_ratio"
    FILL_RATE = "fill_rate"


# Wider is no count any more: nearly all of a negative binomial's mass would be at zero.
_MOST_COUNTS: Final = 500
_KINDS: Final = ("negative_binomial", "poisson", "normal")


def with_reorder_point(frame: pl.LazyFrame, *, review_days: float) -> pl.LazyFrame:
    """Add `lead_demand_units`, `lead_demand_sd_units`, `distribution`, `reorder_point_units`.

    Reads daily_units D, daily_sd_units sD, lead_time_days L, lead_time_sd_days sL:
    mean D (L + R), sd sqrt((L + R) sD² + D² sL²); and `service`, `service_level`, `cycle_units`,
    what an order brings. The point is the quantile of the level; for a fill rate the stock beyond
    which the rest of an order's pieces are demanded. Of a negative binomial (of a Poisson where
    the variance does not exceed the mean) for means below 10, of a normal otherwise. Null where an
    input is null; zero without demand.
    """
    daily, horizon = pl.col("daily_units"), pl.col("lead_time_days") + review_days
    variance = horizon * pl.col("daily_sd_units").pow(2)
    variance += (daily * pl.col("lead_time_sd_days")).pow(2)
    demand = {"lead_demand_units": daily * horizon, "lead_demand_sd_units": variance.sqrt()}
    columns = (*demand, "service", "service_level", "cycle_units")
    return _with(
        frame.with_columns(**demand),
        columns,
        {"distribution": pl.String(), "reorder_point_units": pl.Float64()},
        _points,
    )


def _points(rows: pl.DataFrame) -> pl.DataFrame:
    mean, sd, level, cycle = (
        rows[name].to_numpy()
        for name in ("lead_demand_units", "lead_demand_sd_units", "service_level", "cycle_units")
    )
    is_fill = (rows["service"] == str(Service.FILL_RATE)).to_numpy()
    missing = (1 - level) * cycle
    # Cantelli's inequality: no distribution has its quantile beyond it.
    farthest = mean + np.maximum(sd, np.sqrt(mean)) * np.sqrt(level / (1 - level))
    is_count = (mean < laws.DISCRETE_BELOW) & (mean > 0) & (farthest <= _MOST_COUNTS)
    points = np.where(
        is_fill,
        laws.normal_stock_of_loss(missing, mean, sd),
        laws.normal_quantile(level, mean, sd),
    )
    for which, stock, target in (
        (is_count & ~is_fill, laws.count_quantile, level),
        (is_count & is_fill, laws.count_stock_of_loss, missing),
    ):
        points[which] = stock(target[which], mean[which], sd[which])
    kind = np.where(is_count, np.where(laws.is_wide(mean, sd), 0, 1), 2)
    return pl.DataFrame(
        {
            "distribution": np.array(_KINDS)[kind],
            "reorder_point_units": np.where(mean > 0, points, 0),
        }
    )


def with_shortage(frame: pl.LazyFrame, *, stock: str, mean: str, sd: str) -> pl.LazyFrame:
    """Add `short_units` and `stockout_rate`: pieces demanded beyond the stock, and how likely any.

    Null where an input is null.
    """

    def shortage(rows: pl.DataFrame) -> pl.DataFrame:
        stocked, due, spread = (
            rows[name].cast(pl.Float64).to_numpy() for name in (stock, mean, sd)
        )
        stocked = np.maximum(stocked, 0)
        is_count = due < laws.DISCRETE_BELOW
        short = np.where(
            is_count, laws.count_loss(stocked, due, spread), laws.normal_loss(stocked, due, spread)
        )
        likely = np.where(
            is_count, laws.count_tail(stocked, due, spread), laws.normal_tail(stocked, due, spread)
        )
        return pl.DataFrame({"short_units": short, "stockout_rate": likely})

    added = {"short_units": pl.Float64(), "stockout_rate": pl.Float64()}
    return _with(frame, (stock, mean, sd), added, shortage)


def _with(
    frame: pl.LazyFrame,
    columns: tuple[str, ...],
    added: Mapping[str, pl.DataType],
    compute: Callable[[pl.DataFrame], pl.DataFrame],
) -> pl.LazyFrame:
    """Add what is computed from some columns; null where one of them is null."""

    def of(rows: pl.Series) -> pl.Series:
        given = rows.struct.unnest()
        known = given.select(pl.all_horizontal(pl.all().is_not_null())).to_series()
        computed = compute(given.filter(known)).with_columns(at=known.arg_true())
        at = given.select(at=pl.int_range(pl.len(), dtype=pl.UInt32))
        return at.join(computed, on="at", how="left", maintain_order="left").drop("at").to_struct()

    computed = pl.struct(*columns).map_batches(of, return_dtype=pl.Struct(dict(added)))
    return frame.with_columns(computed=computed).unnest("computed")
