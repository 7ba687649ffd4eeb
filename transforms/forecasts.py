"""Level forecasts of one series of daily demand, as expressions over its days in order.

Each gives the level after each day, the forecast for the days that follow. All start at the first
value (`adjust=False`), as the textbooks do. Sources: Croston 1972; Syntetos and Boylan 2005 (SBA,
and the classes); Teunter, Syntetos and Babai 2011 (TSB). Croston and SBA never decay, so with them
a dead article keeps its demand.
"""

import polars as pl

from contracts.codes import DemandClass

_ADI_CUT = 1.32
_CV2_CUT = 0.49


def ses(demand: pl.Expr, alpha: float) -> pl.Expr:
    """Simple exponential smoothing."""
    return demand.cast(pl.Float64).ewm_mean(alpha=alpha, adjust=False)


def tsb(demand: pl.Expr, *, alpha_size: float, alpha_probability: float) -> pl.Expr:
    """Size of a sale times probability of one; zero before the first sale."""
    size = _sizes(demand).ewm_mean(alpha=alpha_size, adjust=False, ignore_nulls=True)
    probability = (demand > 0).cast(pl.Float64).ewm_mean(alpha=alpha_probability, adjust=False)
    return (size.forward_fill() * probability).fill_null(0.0)


def croston(demand: pl.Expr, alpha: float) -> pl.Expr:
    """Smoothed size over smoothed gap between sales; zero before the first sale."""
    at = pl.int_range(pl.len())
    sold_at = pl.when(demand > 0).then(at)
    gap = (sold_at - sold_at.forward_fill().shift().fill_null(-1)).cast(pl.Float64)
    size, gap = (
        part.ewm_mean(alpha=alpha, adjust=False, ignore_nulls=True).forward_fill()
        for part in (_sizes(demand), gap)
    )
    return (size / gap).fill_null(0.0)


def sba(demand: pl.Expr, alpha: float) -> pl.Expr:
    """Croston's forecast without its bias."""
    return (1 - alpha / 2) * croston(demand, alpha)


def mean(demand: pl.Expr) -> pl.Expr:
    """Mean of all days so far."""
    return demand.cast(pl.Float64).cum_sum() / (pl.int_range(pl.len()) + 1)


def error_sd(demand: pl.Expr, level: pl.Expr, index: pl.Expr | float = 1.0) -> pl.Expr:
    """Root mean square of demand minus the level of the day before: out of sample, one day.

    `index`: what the day sells as a multiple of a mean one.
    """
    return (demand - level.shift() * index).pow(2).mean().sqrt()


def demand_class(demand: pl.Expr) -> pl.Expr:
    """Class by mean gap between sales (ADI 1.32) and squared variation of their sizes (0.49)."""
    sizes = _sizes(demand).drop_nulls()
    adi = pl.len() / sizes.len()
    is_even = ((sizes.std() / sizes.mean()).pow(2) < _CV2_CUT).fill_null(value=True)
    frequent = pl.when(is_even).then(_code("smooth")).otherwise(_code("erratic"))
    seldom = pl.when(is_even).then(_code("intermittent")).otherwise(_code("lumpy"))
    known = pl.when(adi < _ADI_CUT).then(frequent).otherwise(seldom)
    return pl.when(sizes.len() > 0).then(known).otherwise(_code("none"))


def _sizes(demand: pl.Expr) -> pl.Expr:
    return pl.when(demand > 0).then(demand.cast(pl.Float64))


def _code(name: str) -> pl.Expr:
    return pl.lit(str(DemandClass(name)))
