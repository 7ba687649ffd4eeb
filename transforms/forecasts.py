"""Level forecasts of daily demand: of series side by side, a row per day and a column per series.

Each gives the level after each day, the forecast for the days that follow. All start at the first
value, as the textbooks do. Sources: Croston 1972; Syntetos and Boylan 2005 (SBA, and the classes);
Teunter, Syntetos and Babai 2011 (TSB). Croston and SBA never decay, so with them a dead article
keeps its demand.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from contracts.codes import DemandClass

_Numbers = npt.NDArray[np.float64]
_ADI_CUT: Final = 1.32
_CV2_CUT: Final = 0.49


def ses(demand: _Numbers, alpha: float) -> _Numbers:
    """Simple exponential smoothing."""
    return _smoothed(demand, alpha, np.ones(demand.shape, dtype=np.bool_))


def tsb(demand: _Numbers, *, alpha_size: float, alpha_probability: float) -> _Numbers:
    """Size of a sale times probability of one; zero before the first sale."""
    is_sale = demand > 0
    probability = ses(is_sale.astype(np.float64), alpha_probability)
    level: _Numbers = np.nan_to_num(_smoothed(demand, alpha_size, is_sale)) * probability
    return level


def croston(demand: _Numbers, alpha: float) -> _Numbers:
    """Smoothed size over smoothed gap between sales; zero before the first sale."""
    is_sale = demand > 0
    at = np.arange(len(demand), dtype=np.float64)[:, None]
    sold_at = np.maximum.accumulate(np.where(is_sale, at, -1.0), axis=0)
    before = np.vstack([np.full((1, demand.shape[1]), -1.0), sold_at[:-1]])
    size, gap = _smoothed(demand, alpha, is_sale), _smoothed(at - before, alpha, is_sale)
    level: _Numbers = np.nan_to_num(size / gap)
    return level


def sba(demand: _Numbers, alpha: float) -> _Numbers:
    """Croston's forecast without its bias."""
    return (1 - alpha / 2) * croston(demand, alpha)


def mean(demand: _Numbers) -> _Numbers:
    """Mean of all days so far."""
    level: _Numbers = np.cumsum(demand, axis=0) / np.arange(1, len(demand) + 1)[:, None]
    return level


def error_sd(
    demand: _Numbers,
    level: _Numbers,
    *,
    counts: npt.NDArray[np.int64],
    index: _Numbers | float = 1.0,
) -> _Numbers:
    """Root mean square of demand minus the level of the day before: out of sample, one day.

    `counts` is how many days a series has; of one day there is no error: NaN. `index`: what the day
    sells as a multiple of a mean one.
    """
    ahead = index if isinstance(index, float) else index[1:]
    error = demand[1:] - level[:-1] * ahead
    error[np.arange(1, len(demand))[:, None] >= counts] = 0
    days = np.where(counts > 1, counts - 1, np.nan)
    sd: _Numbers = np.sqrt(np.einsum("ts,ts->s", error, error) / days)
    return sd


def demand_class(demand: _Numbers, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.str_]:
    """Class by mean gap between sales (ADI 1.32) and squared variation of their sizes (0.49).

    After its last day (`counts`) a series holds zeros.
    """
    sales = np.count_nonzero(demand > 0, axis=0)
    total, squares = demand.sum(axis=0), np.einsum("ts,ts->s", demand, demand)
    # Sums of whole numbers are exact, so that no digits are lost between them.
    deviations = squares * sales - total**2
    is_even = deviations * sales < _CV2_CUT * total**2 * (sales - 1)
    is_even |= sales == 1
    is_frequent = counts < _ADI_CUT * sales
    kinds = [sales == 0, is_frequent & is_even, is_frequent, is_even]
    names = [DemandClass.NONE, DemandClass.SMOOTH, DemandClass.ERRATIC, DemandClass.INTERMITTENT]
    return np.select(kinds, [str(name) for name in names], str(DemandClass.LUMPY))


def _smoothed(values: _Numbers, alpha: float, is_known: npt.NDArray[np.bool_]) -> _Numbers:
    """Exponentially smoothed by day; what is not known moves nothing, NaN before the first."""
    levels = np.empty(values.shape)
    level = np.full(values.shape[1], np.nan)
    for at, value in enumerate(values):
        moved = np.where(np.isnan(level), value, level + alpha * (value - level))
        level = np.where(is_known[at], moved, level)
        levels[at] = level
    return levels
