"""Whether a customer is still one, comes back soon and what they then spend.

While alive a customer buys at a steady rate of their own, and after each order leaves with a chance
of their own; rates and chances differ among customers by a gamma and a beta distribution: BG/NBD
(Fader, Hardie and Lee 2005). MBG/NBD (Batislam, Denizel and Filiztekin 2007) lets them leave after
the first order too, so that who bought once need not be alive for ever. What an order is worth is
gamma-gamma (Fader and Hardie 2013), independent of how often one buys.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy  # type: ignore[import-untyped]  # loads its parts when they are used

Numbers = npt.NDArray[np.float64]
LEAST_REPEATERS: Final = 100
"""Customers who came back, below which the parameters are guesswork."""
_MOST: Final = 20.0  # of a parameter's logarithm: beyond it the likelihood is flat


@dataclass(frozen=True, slots=True)
class BuyingModel:
    """A fitted model. Rates of buying are gamma (`r`, `alpha` in days), chances to leave beta."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    is_modified: bool = True
    """MBG/NBD, else BG/NBD, whose customers leave after a repeat only."""

    def alive_rate(self, repeats: Numbers, last_at: Numbers, known_for: Numbers) -> Numbers:
        """The chance that each is still a customer; by BG/NBD 1 of who never came back."""
        alive: Numbers = 1 / (1 + np.exp(np.minimum(self._gone(repeats, last_at, known_for), 700)))
        return alive

    def return_rate(
        self, repeats: Numbers, last_at: Numbers, known_for: Numbers, *, within: float
    ) -> Numbers:
        """The chance that each buys again within that time, if nobody does anything."""
        buys = 1 - np.exp((self.r + repeats) * np.log(self._left(known_for, within)))
        returns: Numbers = self.alive_rate(repeats, last_at, known_for) * buys
        return returns

    def orders(
        self, repeats: Numbers, last_at: Numbers, known_for: Numbers, *, within: float
    ) -> Numbers:
        """The orders to expect of each within that time."""
        left = self.b + repeats + self.is_modified
        start = self.a + self.b + repeats - (not self.is_modified)
        series = scipy.special.hyp2f1(
            self.r + repeats, left, start, within / (self.alpha + known_for + within)
        )
        stay = 1 - series * np.exp((self.r + repeats) * np.log(self._left(known_for, within)))
        expected: Numbers = (
            start / (self.a - 1) * stay * self.alive_rate(repeats, last_at, known_for)
        )
        return expected

    def _left(self, known_for: Numbers, within: float) -> Numbers:
        left: Numbers = (self.alpha + known_for) / (self.alpha + known_for + within)
        return left

    def _gone(self, repeats: Numbers, last_at: Numbers, known_for: Numbers) -> Numbers:
        """Logarithm of the odds that each has left."""
        stays = np.log(self.b + (repeats if self.is_modified else np.maximum(repeats, 1) - 1))
        silent = np.log((self.alpha + known_for) / (self.alpha + last_at))
        odds = np.log(self.a) - stays + (self.r + repeats) * silent
        gone: Numbers = odds if self.is_modified else np.where(repeats > 0, odds, -np.inf)
        return gone


@dataclass(frozen=True, slots=True)
class SpendingModel:
    """A fitted gamma-gamma model of what an order is worth: shapes `p` and `q`, scale `v`."""

    p: float
    q: float
    v: float
    log_likelihood: float

    def order_value(self, repeats: Numbers, mean_value: Numbers) -> Numbers:
        """What an order of each is worth: between their own mean and everybody's."""
        value: Numbers = self.p * (self.v + repeats * mean_value) / (self.p * repeats + self.q - 1)
        return value


def fit(
    repeats: Numbers, last_at: Numbers, known_for: Numbers, *, is_modified: bool = True
) -> BuyingModel | None:
    """The likeliest model of customers who came back `repeats` times.

    `last_at` is the time from the first to the last order and `known_for` that from the first order
    until now, in one unit. Null where too few came back, or no model is likeliest.
    """
    if np.count_nonzero(repeats) < LEAST_REPEATERS:
        return None
    cells, counts = np.unique(np.stack([repeats, last_at, known_for]), axis=1, return_counts=True)
    scale = float(known_for.max())
    x, t, known = cells[0], cells[1] / scale, cells[2] / scale

    def unlikelihood(logs: Numbers) -> float:
        total_log = np.sum(counts * _log_likelihood(np.exp(logs), x, t, known, is_modified))
        return -float(total_log / counts.sum())

    found = _likeliest(unlikelihood, 4)
    if found is None:
        return None
    r, alpha, a, b = found
    parameters = np.array([r, alpha * scale, a, b])
    logs = _log_likelihood(parameters, cells[0], cells[1], cells[2], is_modified)
    return BuyingModel(r, alpha * scale, a, b, float(np.sum(counts * logs)), is_modified)


def fit_spending(repeats: Numbers, mean_value: Numbers) -> SpendingModel | None:
    """The likeliest model of what those spend per order who came back; None as `fit`.

    `mean_value` is the mean of their repeat orders; who has none, or spent nothing, is left out.
    """
    came = (repeats > 0) & (mean_value > 0)
    if np.count_nonzero(came) < LEAST_REPEATERS:
        return None
    x, scale = repeats[came], float(np.mean(mean_value[came]))
    z = mean_value[came] / scale

    def unlikelihood(logs: Numbers) -> float:
        return -float(np.mean(_log_spending(np.exp(logs), x, z)))

    found = _likeliest(unlikelihood, 3)
    if found is None:
        return None
    p, q, v = found
    logs = _log_spending(np.array([p, q, v * scale]), x, z * scale)
    return SpendingModel(p, q, v * scale, float(np.sum(logs)))


def _likeliest(unlikelihood: Callable[[Numbers], float], size: int) -> list[float] | None:
    """The parameters, all above 0, that make it least; None where there are none."""
    bounds = [(-_MOST, _MOST)] * size
    found = scipy.optimize.minimize(
        unlikelihood, np.zeros(size), method="L-BFGS-B", bounds=bounds, tol=1e-9
    )
    if not found.success or np.any(np.abs(found.x) >= _MOST):
        return None
    return [float(value) for value in np.exp(found.x)]


def _log_likelihood(
    parameters: Numbers,
    repeats: Numbers,
    last_at: Numbers,
    known_for: Numbers,
    is_modified: bool,
) -> Numbers:
    r, alpha, a, b = parameters
    bought = scipy.special.gammaln(r + repeats) - scipy.special.gammaln(r) + r * np.log(alpha)
    alive = -(r + repeats) * np.log(alpha + known_for)
    left = -(r + repeats) * np.log(alpha + last_at)
    if is_modified:
        stayed = scipy.special.betaln(a, b + repeats + 1) - scipy.special.betaln(a, b)
        either = np.logaddexp(alive, np.log(a) - np.log(b + repeats) + left)
    else:
        stayed = scipy.special.betaln(a, b + repeats) - scipy.special.betaln(a, b)
        gone = np.log(a) - np.log(b + np.maximum(repeats, 1) - 1) + left
        either = np.where(repeats > 0, np.logaddexp(alive, gone), alive)
    likelihood: Numbers = bought + stayed + either
    return likelihood


def _log_spending(parameters: Numbers, repeats: Numbers, mean_value: Numbers) -> Numbers:
    p, q, v = parameters
    shape = p * repeats
    likelihood: Numbers = (
        scipy.special.gammaln(shape + q)
        - scipy.special.gammaln(shape)
        - scipy.special.gammaln(q)
        + q * np.log(v)
        + (shape - 1) * np.log(mean_value)
        + shape * np.log(repeats)
        - (shape + q) * np.log(v + repeats * mean_value)
    )
    return likelihood
