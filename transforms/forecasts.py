"""Level forecasts of one series of daily demand, as expressions over its days in order.

All start at the first value (`adjust=False`), as the textbooks do. Sources: Croston 1972; Syntetos
and Boylan 2005 (SBA and the classes); Teunter, Syntetos and Babai 2011 (TSB). Croston and SBA never
decay, so a dead article keeps its demand: velocity uses SES and TSB.
"""

import polars as pl

from contracts.codes import DemandClass

_ADI_CUT = 1.32
_CV2_CUT = 0.49


def ses(demand: pl.Expr, alpha: float) -> pl.Expr:
    """Simple exponential smoothing: the level after each day, the forecast for the next."""
    return demand.cast(pl.Float64).ewm_mean(alpha=alpha, adjust=False)


def tsb(demand: pl.Expr, *, alpha_size: float, alpha_probability: float) -> pl.Expr:
    """Size of a sale times probability of one, after each day; zero before the first sale."""
    size = _sizes(demand).ewm_mean(alpha=alpha_size, adjust=False, ignore_nulls=True)
    probability = (demand > 0).cast(pl.Float64).ewm_mean(alpha=alpha_probability, adjust=False)
    return (size.forward_fill() * probability).fill_null(0.0)


def croston(demand: pl.Expr, alpha: float) -> pl.Expr:
    """Smoothed size over smoothed gap between sales: the last forecast; null without a sale."""
    at = pl.int_range(pl.len()).filter(demand > 0)
    gap = at.diff().fill_null(at + 1).cast(pl.Float64)
    size = _sizes(demand).drop_nulls().ewm_mean(alpha=alpha, adjust=False)
    return size.last() / gap.ewm_mean(alpha=alpha, adjust=False).last()


def sba(demand: pl.Expr, alpha: float) -> pl.Expr:
    """Croston's forecast without its bias."""
    return (1 - alpha / 2) * croston(demand, alpha)


def error_sd(demand: pl.Expr, level: pl.Expr) -> pl.Expr:
    """Root mean square of demand minus the level of the day before: out of sample, one day."""
    return (demand - level.shift()).pow(2).mean().sqrt()


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
