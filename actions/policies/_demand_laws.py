"""The demand of a span of days as a distribution: how likely it exceeds a stock, by how much, and
the stock that it exceeds so little.

Counts follow a negative binomial, or a Poisson where the variance does not exceed the mean; what is
plenty is normal. Sources: Snyder and Shen; Silver, Pyke and Thomas.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy  # type: ignore[import-untyped]  # loads its parts when they are used

Numbers = npt.NDArray[np.float64]
DISCRETE_BELOW: Final = 10.0
"""Below this mean the bell curve promises more than whole pieces deliver."""
# Floats of a probability that is met exactly may lie a hair beyond it.
_HAIR: Final = 1e-12
_TINY: Final = 1e-12
_HALVINGS: Final = 80
# A hair above the mean, the negative binomial's size explodes; there it is a Poisson.
_WIDE: Final = 1.001


def is_wide(mean: Numbers, sd: Numbers) -> npt.NDArray[np.bool_]:
    """Whether a count varies more than a Poisson."""
    return np.asarray(sd**2 > mean * _WIDE)


def normal_loss(stock: Numbers, mean: Numbers, sd: Numbers) -> Numbers:
    """E[(X - stock)+] of a normal X."""
    spread = np.maximum(sd, _TINY)
    loss: Numbers = spread * _unit_loss((stock - mean) / spread)
    return loss


def normal_tail(stock: Numbers, mean: Numbers, sd: Numbers) -> Numbers:
    """P(X > stock) of a normal X."""
    tail: Numbers = scipy.special.ndtr((mean - stock) / np.maximum(sd, _TINY))
    return tail


def normal_quantile(level: Numbers, mean: Numbers, sd: Numbers) -> Numbers:
    """The stock that is enough with a probability of `level`."""
    quantile: Numbers = mean + scipy.special.ndtri(level) * sd
    return quantile


def normal_stock_of_loss(loss: Numbers, mean: Numbers, sd: Numbers) -> Numbers:
    """The stock beyond which so much is demanded on average; not below zero."""
    spread = np.maximum(sd, _TINY)
    # Beyond eight deviations nothing is left; below the mean the loss is what is missing.
    low, high = -np.maximum(loss, mean) / spread - 1, np.full_like(mean, 8.0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        is_more = _unit_loss(middle) * spread > loss
        low, high = np.where(is_more, middle, low), np.where(is_more, high, middle)
    stock: Numbers = np.maximum(mean + high * spread, 0)
    return stock


def _unit_loss(k: Numbers) -> Numbers:
    density = np.exp(-(k**2) / 2) / np.sqrt(2 * np.pi)
    loss: Numbers = density - k * scipy.special.ndtr(-k)
    return loss


def count_loss(stock: Numbers, mean: Numbers, sd: Numbers) -> Numbers:
    """E[(X - stock)+] of a count X, by x p(x; r) = mean p(x - 1; r + 1)."""
    whole = np.floor(stock)
    beyond = mean * _tail(whole - 1, mean, sd, more=1) - stock * _tail(whole, mean, sd)
    # A difference of two nearly equal numbers may end a hair below zero.
    return np.where(mean > 0, np.maximum(beyond, 0.0), 0.0)


def count_tail(stock: Numbers, mean: Numbers, sd: Numbers) -> Numbers:
    """P(X > stock) of a count X."""
    return np.where(mean > 0, _tail(np.floor(stock), mean, sd), 0.0)


def count_quantile(level: Numbers, mean: Numbers, sd: Numbers) -> Numbers:
    """The fewest pieces that are enough with a probability of `level`."""
    return _fewest(lambda stock: count_tail(stock, mean, sd) <= 1 - level + _HAIR, mean)


def count_stock_of_loss(loss: Numbers, mean: Numbers, sd: Numbers) -> Numbers:
    """The fewest pieces beyond which no more than so much is demanded on average."""
    return _fewest(lambda stock: count_loss(stock, mean, sd) <= loss + _HAIR, mean)


def _fewest(is_enough: Callable[[Numbers], npt.NDArray[np.bool_]], mean: Numbers) -> Numbers:
    """The least whole number that is enough; more than that is enough too."""
    high = np.ceil(mean) + 1
    while not (enough := is_enough(high)).all() and high.max() < 2**40:
        high = np.where(enough, high, high * 2)
    low = np.full_like(high, -1.0)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        enough = is_enough(middle) & (middle >= 0)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        low = np.where(high - low < 1, high - 1, low)
    return high


def _tail(k: Numbers, mean: Numbers, sd: Numbers, *, more: int = 0) -> Numbers:
    """P(X > k) of a negative binomial (of size r + `more`), or of a Poisson."""
    wide = is_wide(mean, sd) & (mean > 0)
    excess = np.where(wide, sd**2 - mean, 1.0)
    size = np.where(wide, mean**2 / excess, 1.0) + more
    chance = np.where(wide, mean / np.where(wide, sd**2, 1.0), 0.5)
    counts = np.maximum(k, 0) + 1
    # The incomplete beta function of a pair and of its mirror add up to one.
    beyond = np.where(
        wide,
        scipy.special.betainc(counts, size, 1 - chance),
        1 - scipy.special.gammaincc(counts, np.maximum(mean, 0)),
    )
    return np.where(k < 0, 1.0, beyond)
