"""The pool of forecasts, and which of them a class of SKUs gets: the one that erred least.

What is ordered covers a lead time, so a method is judged by its error of the total of the days that
follow, and by the mean square: an absolute error rewards forecasts of zero for what sells seldom.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from contracts.codes import DemandClass, ForecastMethod
from transforms.forecasts import croston, error_sd, mean, sba, ses, tsb

_ALPHA: Final = 0.1
_UNITS: Final = pl.col("units")
_INDEX: Final = pl.col("weekday_index")

LEVELS: Final[Mapping[ForecastMethod, pl.Expr]] = {
    ForecastMethod.SES: ses(_UNITS, _ALPHA),
    # A weekday that sells little weighs little, so one that sells nothing takes nothing away.
    ForecastMethod.WEEKDAY_SES: ses(_UNITS, _ALPHA) / ses(_INDEX, _ALPHA),
    ForecastMethod.TSB: tsb(_UNITS, alpha_size=_ALPHA, alpha_probability=_ALPHA),
    ForecastMethod.SBA: sba(_UNITS, _ALPHA),
    ForecastMethod.CROSTON: croston(_UNITS, _ALPHA),
    ForecastMethod.MEAN: mean(_UNITS),
}
"""Level after each day by method; of one SKU's days in order: units, weekday_index."""
USUAL: Final[Mapping[DemandClass, ForecastMethod]] = {
    DemandClass.SMOOTH: ForecastMethod.WEEKDAY_SES,
    DemandClass.ERRATIC: ForecastMethod.WEEKDAY_SES,
    DemandClass.INTERMITTENT: ForecastMethod.TSB,
    DemandClass.LUMPY: ForecastMethod.TSB,
}
"""The method of a class unless another has proved better."""

TOTAL_DAYS: Final = 14
_LEAST_SHARE: Final = 0.5
"""Of the days of a SKU, which come before the first forecast that is judged."""
_LEAST_SKUS: Final = 5
_MOST_SKUS: Final = 1_000
# A method that is hardly better is not worth orders that differ from yesterday's.
_BETTER: Final = 0.98


def forecasts(days: pl.DataFrame, method: ForecastMethod) -> pl.DataFrame:
    """`daily_units` of a method, and `daily_sd_units` of its one-day error, out of sample.

    Grain: (sku). `days` has sku, day, units, weekday_index in order.
    """
    index = _INDEX if method is ForecastMethod.WEEKDAY_SES else 1.0
    # The days of a SKU lie together, so its levels need no look-up to find their rows.
    level = LEVELS[method].over("sku", mapping_strategy="explode")
    return (
        days.with_columns(level=level)
        .group_by("sku", maintain_order=True)
        .agg(
            daily_units=pl.col("level").last(),
            daily_sd_units=error_sd(_UNITS, pl.col("level"), index),
        )
    )


def chosen(days: pl.DataFrame, classes: pl.DataFrame) -> dict[str, ForecastMethod]:
    """The method of each class, by the rolling-origin error of the next 14 days' total.

    `days` has sku, day, units, weekday_index in order; `classes` sku, demand_class. Every day of
    the second half of a SKU's days is an origin. Squares are multiples of the variance of a Poisson
    of the SKU's mean, so that neither large nor small ones decide alone. Of a class at most 1,000
    SKUs are looked at; with fewer than five the usual method stands.
    """
    best = {str(kind): method for kind, method in USUAL.items()}
    place = pl.int_range(pl.len()).over("demand_class")
    step = pl.max_horizontal(pl.len().over("demand_class") // _MOST_SKUS, 1)
    some = classes.filter(place % step == 0, pl.col("demand_class").is_in(best))
    errors = (
        days.join(some.select("sku", "demand_class"), on="sku", maintain_order="left")
        .group_by("sku", maintain_order=True)
        .agg(pl.col("demand_class").first(), **_errors())
        .drop_nulls()
        .group_by("demand_class")
        .agg(pl.len().alias("skus"), *(pl.col(str(method)).mean() for method in LEVELS))
    )
    for row in errors.filter(pl.col("skus") >= _LEAST_SKUS).to_dicts():
        usual = best[row["demand_class"]]
        least = min(LEVELS, key=lambda method: row[str(method)])
        if row[str(least)] ** 0.5 < _BETTER * row[str(usual)] ** 0.5:
            best[row["demand_class"]] = least
    return best


def _errors() -> dict[str, pl.Expr]:
    """Mean squared error of the total by method, as a multiple of a Poisson's variance."""
    total = _ahead(_UNITS.cast(pl.Float64))
    late = pl.int_range(pl.len()) >= pl.len() * _LEAST_SHARE
    variance = _UNITS.mean() * TOTAL_DAYS
    seasons = {ForecastMethod.WEEKDAY_SES: _ahead(_INDEX)}
    return {
        str(method): pl.when(variance > 0).then(
            (level * seasons.get(method, pl.lit(float(TOTAL_DAYS))) - total)
            .filter(late)
            .pow(2)
            .mean()
            / variance
        )
        for method, level in LEVELS.items()
    }


def _ahead(values: pl.Expr) -> pl.Expr:
    """Sum of the next 14 days; null where there are fewer."""
    so_far = values.cum_sum()
    return so_far.shift(-TOTAL_DAYS) - so_far
