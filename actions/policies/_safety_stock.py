"""How much stock the lead time asks for, at a cycle service level.

The cycle service level is the probability that a replenishment cycle ends without a stock-out; it
is not the fill rate. Sources: Silver, Pyke and Thomas; Snyder and Shen.
"""

from statistics import NormalDist
from typing import Final

import polars as pl

_SKU: Final = ["shop_id", "sku_id"]
# Below this mean the bell curve promises more service than whole pieces deliver.
_DISCRETE_BELOW: Final = 10.0
_MOST_COUNTS: Final = 500
_HAIR: Final = 1e-12


def with_reorder_point(
    stock: pl.LazyFrame, *, service_level: float, review_days: float
) -> pl.LazyFrame:
    """Add `lead_demand_units`, `lead_demand_sd_units`, `distribution`, `reorder_point_units`.

    Reads daily_units D, daily_sd_units sD, lead_time_days L, lead_time_sd_days sL:
    mean D (L + R), sd sqrt((L + R) sD² + D² sL²). The point is the quantile of the service level:
    of a negative binomial (of a Poisson where the variance does not exceed the mean) for means
    below 10, of a normal otherwise. Null where an input is null; zero without demand.
    """
    daily, horizon = pl.col("daily_units"), pl.col("lead_time_days") + review_days
    variance = horizon * pl.col("daily_sd_units").pow(2)
    variance += (daily * pl.col("lead_time_sd_days")).pow(2)
    frame = stock.with_columns(
        lead_demand_units=daily * horizon, lead_demand_sd_units=variance.sqrt()
    )
    mean, sd = pl.col("lead_demand_units"), pl.col("lead_demand_sd_units")
    # Cantelli's inequality: no distribution has its quantile beyond it.
    counts = (mean + _count_sd() * (service_level / (1 - service_level)) ** 0.5).ceil()
    is_discrete = (mean < _DISCRETE_BELOW) & (mean > 0) & (counts <= _MOST_COUNTS)
    frame = frame.with_columns(
        counts=counts,
        distribution=pl.when(is_discrete).then(_discrete_name()).otherwise(pl.lit("normal")),
    )
    quantiles = _discrete_quantiles(frame.filter(pl.col("distribution") != "normal"), service_level)
    normal = mean + NormalDist().inv_cdf(service_level) * sd
    return (
        frame.join(quantiles, on=_SKU, how="left")
        .with_columns(reorder_point_units=pl.coalesce("quantile", normal))
        .drop("counts", "quantile")
    )


def _is_overdispersed() -> pl.Expr:
    # A hair above the mean, the negative binomial's size explodes; there it is a Poisson.
    return pl.col("lead_demand_sd_units").pow(2) > pl.col("lead_demand_units") * 1.001


def _count_sd() -> pl.Expr:
    poisson = pl.col("lead_demand_units").sqrt()
    return pl.when(_is_overdispersed()).then("lead_demand_sd_units").otherwise(poisson)


def _discrete_name() -> pl.Expr:
    names = (pl.lit("negative_binomial"), pl.lit("poisson"))
    return pl.when(_is_overdispersed()).then(names[0]).otherwise(names[1])


def _discrete_quantiles(frame: pl.LazyFrame, level: float) -> pl.LazyFrame:
    """Smallest count whose cumulated probability reaches the level, per SKU.

    Probabilities follow from each other: p(k) = p(k-1) m / k for a Poisson, and
    p(k-1) (k - 1 + r) / k (1 - q) for a negative binomial of size r and q = m / v.
    """
    mean, k = pl.col("lead_demand_units"), pl.col("k")
    variance = pl.col("lead_demand_sd_units").pow(2)
    size, chance = mean.pow(2) / (variance - mean), mean / variance
    is_binomial = pl.col("distribution") == "negative_binomial"
    first = pl.when(is_binomial).then((size * chance.log()).exp()).otherwise((-mean).exp())
    ratio = pl.when(is_binomial).then((k - 1 + size) / k * (1 - chance)).otherwise(mean / k)
    probability = pl.when(k == 0).then(first).otherwise(ratio).cum_prod().over(_SKU)
    return (
        frame.with_columns(k=pl.int_ranges(0, pl.col("counts").cast(pl.Int64) + 1))
        .explode("k")
        .with_columns(reached=probability.cum_sum().over(_SKU))
        .group_by(_SKU)
        .agg(quantile=(pl.col("reached") < level - _HAIR).sum().cast(pl.Float64))
    )
