"""Experiments: is one way better than another, by how much, and was the draw fair?

Rates are fractions. `level` is how often an interval may miss what is true: 0.05 for one of 95 %.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import scipy  # type: ignore[import-untyped]  # loads its parts when they are used

LEVEL: Final = 0.05
UNFAIR: Final = 0.001
"""Chance below which a ratio of arms is no luck; the usual one for a check that is made daily."""
_TIGHTEST_TRIALS: Final = 1000


@dataclass(frozen=True, slots=True)
class Trials:
    """How many of how many did it: buyers of visitors, members who answered.

    Raises:
        ValueError: it is no part of a whole.
    """

    successes: int
    n: int

    def __post_init__(self) -> None:
        if not (0 <= self.successes <= self.n and self.n > 0):
            raise ValueError(f"{self.successes} of {self.n} is no part of a whole")

    @property
    def rate(self) -> float:
        """The part that did."""
        return self.successes / self.n


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Trials of b against those of a: the difference of their rates, and how sure it is.

    `z`, `p_value` and the interval `low` to `high` hold for one look that was planned;
    `sequential_low` to `sequential_high` holds however often one looks. `b_is_better` is the
    probability that it is, if any rate was as likely as another before: Beta(1, 1).
    """

    difference: float
    z: float
    p_value: float
    low: float
    high: float
    sequential_low: float
    sequential_high: float
    b_is_better: float


def compare(a: Trials, b: Trials, *, level: float = LEVEL) -> Comparison:
    """Two arms, two-sided: pooled z test, Wald's interval, and the sequential one."""
    pooled = (a.successes + b.successes) / (a.n + b.n)
    own, common = _variance(a.rate, a.n) + _variance(b.rate, b.n), pooled * (1 - pooled)
    null = common / a.n + common / b.n
    difference = b.rate - a.rate
    z = difference / math.sqrt(null) if null else 0.0
    half = float(scipy.special.ndtri(1 - level / 2)) * math.sqrt(own)
    wide = sequential_half_width(
        max(own, null), tightest_at=2 * common / _TIGHTEST_TRIALS, level=level
    )
    return Comparison(
        difference=difference,
        z=z,
        p_value=two_sided(z),
        low=difference - half,
        high=difference + half,
        sequential_low=max(difference - wide, -1.0),
        sequential_high=min(difference + wide, 1.0),
        b_is_better=probability_better(a, b),
    )


def _variance(rate: float, n: int) -> float:
    return rate * (1 - rate) / n


def two_sided(z: float) -> float:
    """The chance of a normal deviate as far from 0, either way."""
    return 2 * float(scipy.special.ndtr(-abs(z)))


def probability_better(a: Trials, b: Trials) -> float:
    """P(rate of b > rate of a) under Beta(1, 1): the sum that integration by parts gives."""
    of_a, not_a, not_b = a.successes + 1, a.n - a.successes + 1, b.n - b.successes + 1
    i = np.arange(b.successes + 1)
    beta = scipy.special.betaln
    terms = beta(of_a + i, not_a + not_b) - np.log(not_b + i) - beta(1 + i, not_b)
    return float(np.exp(terms - beta(of_a, not_a)).sum())


def sample_size(rate: float, better: float, *, power: float = 0.8, level: float = LEVEL) -> int:
    """Trials per arm from which a true change of the rate is found that often (Fleiss 1981).

    Raises:
        ValueError: the rates are equal, or not between 0 and 1.
    """
    if not (0 < rate < 1 and 0 < better < 1 and rate != better):
        raise ValueError(f"no size tells {rate} from {better}: two rates between 0 and 1")
    middle = (rate + better) / 2
    missed = float(scipy.special.ndtri(1 - level / 2)) * math.sqrt(2 * _variance(middle, 1))
    found = float(scipy.special.ndtri(power)) * math.sqrt(_variance(rate, 1) + _variance(better, 1))
    return math.ceil(((missed + found) / (better - rate)) ** 2)


def sample_ratio(counts: Sequence[int], shares: Sequence[float]) -> float:
    """The chance of arms this far from their shares (chi-squared); below `UNFAIR` it is no luck.

    What the arms say is then worth nothing: units were lost or drawn twice. A share of 0 is one in
    which nobody can be.
    """
    if any(count and not share for count, share in zip(counts, shares, strict=True)):
        return 0.0
    whole, parts = sum(counts), sum(shares)
    pairs = [(n, whole * share / parts) for n, share in zip(counts, shares, strict=True) if share]
    distance = sum((n - due) ** 2 / due for n, due in pairs if due)
    return float(scipy.special.chdtrc(len(pairs) - 1, distance)) if len(pairs) > 1 else 1.0


def sequential_half_width(variance: float, *, tightest_at: float, level: float = LEVEL) -> float:
    """Half of an interval that holds at all looks together, of an estimate with this variance.

    The mixture sequential probability ratio test with a normal mixture (Robbins 1970; Johari,
    Pekelis and Walsh 2015, Always Valid Inference). The mixture is the one whose interval is
    narrowest where the variance is `tightest_at` (Howard et al. 2021, Ann. Statist. 49), which is
    to be known before the looks.
    """
    if variance <= 0 or tightest_at <= 0:
        return 0.0
    best = -scipy.special.lambertw(-(level**2) / math.e, k=-1).real - 1
    ratio = best * tightest_at / variance
    return math.sqrt(variance * (1 + 1 / ratio) * (math.log1p(ratio) - 2 * math.log(level)))


def cuped(outcome: pl.Expr, before: pl.Expr, *, arm: str) -> pl.Expr:
    """Outcomes less what the time before let expect: their variance is 1 - rho² of what it was.

    The slope is that of least squares within the arms, so an effect does not change it; who has no
    time before (None) keeps the outcome (Deng, Xu, Kohavi and Walker 2013, WSDM).
    """
    known = pl.when(before.is_not_null()).then(outcome)
    x, y = before - before.mean().over(arm), known - known.mean().over(arm)
    slope = (x * y).sum() / (x * x).sum()
    spread = (before - before.mean()) * pl.when(slope.is_finite()).then(slope).otherwise(0.0)
    return outcome - spread.fill_null(0.0)


def wilson_low(successes: pl.Expr, n: pl.Expr, *, level: float = LEVEL) -> pl.Expr:
    """Lower end of the interval of a rate (Wilson 1927, J. Am. Stat. Assoc. 22)."""
    z = float(scipy.special.ndtri(1 - level / 2))
    rate = successes / n
    half = z * (rate * (1 - rate) / n + z**2 / (4 * n**2)).sqrt()
    return (rate + z**2 / (2 * n) - half) / (1 + z**2 / n)
