"""The pool of forecasts, and which of them a class of SKUs gets: the one that erred least.

What is ordered covers a lead time, so a method is judged by its error of the total of the days that
follow, and by the mean square: an absolute error rewards forecasts of zero for what sells seldom.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from contracts.codes import DemandClass, ForecastMethod
from transforms.demand import JudgedDays, Numbers
from transforms.forecasts import croston, error_sd, mean, sba, ses, tsb
from transforms.seasons import weekday_index

_ALPHA: Final = 0.1

LEVELS: Final[Mapping[ForecastMethod, Callable[[Numbers, Numbers], Numbers]]] = {
    ForecastMethod.SES: lambda units, _: ses(units, _ALPHA),
    # A weekday that sells little weighs little, so one that sells nothing takes nothing away.
    ForecastMethod.WEEKDAY_SES: lambda units, index: ses(units, _ALPHA) / ses(index, _ALPHA),
    ForecastMethod.TSB: lambda units, _: tsb(units, alpha_size=_ALPHA, alpha_probability=_ALPHA),
    ForecastMethod.SBA: lambda units, _: sba(units, _ALPHA),
    ForecastMethod.CROSTON: lambda units, _: croston(units, _ALPHA),
    ForecastMethod.MEAN: lambda units, _: mean(units),
}
"""Level after each day by method, of pieces and weekday index by day."""
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


def forecasts(judged: JudgedDays, method: ForecastMethod, shop: Numbers) -> tuple[Numbers, Numbers]:
    """Pieces a day by a method, and the standard deviation of its one-day error, out of sample.

    One of each per SKU. `shop` as `transforms.seasons.shop_weekdays`.
    """
    is_weekday = method is ForecastMethod.WEEKDAY_SES
    index = weekday_index(judged, shop) if is_weekday else np.ones((1, 1))
    level = LEVELS[method](judged.units, index)
    known = index if is_weekday else 1.0
    return judged.last(level), error_sd(judged.units, level, counts=judged.counts, index=known)


def chosen(
    judged: JudgedDays, classes: npt.NDArray[np.str_], shop: Numbers
) -> dict[DemandClass, ForecastMethod]:
    """The method of each class, by the rolling-origin error of the next 14 days' total.

    `classes` are those of the SKUs. Every day of the second half of a SKU's days is an origin.
    Squares are multiples of the variance of a Poisson of the SKU's mean, so that neither large nor
    small ones decide alone. Of a class at most 2,000 SKUs are looked at; with fewer than five the
    usual method stands.
    """
    best = dict(USUAL)
    for kind, usual in USUAL.items():
        found = np.flatnonzero(classes == str(kind))
        some = judged.of(found[:: max(found.size // _MOST_SKUS, 1)])
        errors = _errors(some, weekday_index(some, shop))
        errors = errors[:, np.isfinite(errors).all(axis=0)]
        if errors.shape[1] < _LEAST_SKUS:
            continue
        by_method = dict(zip(LEVELS, errors.mean(axis=1) ** 0.5, strict=True))
        least = min(by_method, key=lambda method: by_method[method])
        if by_method[least] < _BETTER * by_method[usual]:
            best[kind] = least
    return best


def _errors(judged: JudgedDays, index: Numbers) -> Numbers:
    """Mean squared error of the total, as a multiple of a Poisson's variance; a row per method.

    NaN where it is not known: of SKUs that sold nothing, or have no origin.
    """
    at = np.arange(len(judged.units))[:, None]
    is_origin = (at >= judged.counts * _LEAST_SHARE) & (at + TOTAL_DAYS < judged.counts)
    total, due = _ahead(judged.units), _ahead(index)
    scale = is_origin.sum(axis=0) * judged.mean * TOTAL_DAYS
    found = []
    for method, level in LEVELS.items():
        days = due if method is ForecastMethod.WEEKDAY_SES else TOTAL_DAYS
        error = (level(judged.units, index) * days - total) * is_origin
        found.append((error**2).sum(axis=0) / np.where(scale > 0, scale, np.nan))
    return np.stack(found)


def _ahead(values: Numbers) -> Numbers:
    """Sum of the next 14 days; 0 where there are fewer."""
    so_far, ahead = np.cumsum(values, axis=0), np.zeros(values.shape)
    ahead[:-TOTAL_DAYS] = so_far[TOTAL_DAYS:] - so_far[:-TOTAL_DAYS]
    return ahead
