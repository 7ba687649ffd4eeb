"""Whether a customer is still one: the BG/NBD model of Fader, Hardie and Lee (2005).

While alive a customer buys at a steady rate of their own, and after each order leaves with a chance
of their own; rates and chances differ among customers by a gamma and a beta distribution.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.special import betaln, gammaln  # type: ignore[import-untyped]

_Numbers = npt.NDArray[np.float64]
LEAST_REPEATERS: Final = 100
"""Customers who came back, below which four parameters are guesswork."""
_MOST: Final = 20.0  # of a parameter's logarithm: beyond it the likelihood is flat


@dataclass(frozen=True, slots=True)
class BgNbd:
    """A fitted model. Rates of buying are gamma (`r`, `alpha` in days), chances to leave beta."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float

    def alive_rate(self, repeats: _Numbers, last_at: _Numbers, known_for: _Numbers) -> _Numbers:
        """The chance that each is still a customer; of who never came back nothing tells, so 1."""
        came = np.maximum(repeats, 1)
        odds = np.log(self.a / (self.b + came - 1)) + (self.r + came) * np.log(
            (self.alpha + known_for) / (self.alpha + last_at)
        )
        alive: _Numbers = np.where(repeats > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)
        return alive


def fit(repeats: _Numbers, last_at: _Numbers, known_for: _Numbers) -> BgNbd | None:
    """The likeliest model of customers who came back `repeats` times.

    `last_at` is the time from the first to the last order and `known_for` that from the first order
    until now, in one unit. Null where too few came back, or no model is likeliest.
    """
    if np.count_nonzero(repeats) < LEAST_REPEATERS:
        return None
    cells, counts = np.unique(np.stack([repeats, last_at, known_for]), axis=1, return_counts=True)
    scale = float(known_for.max())
    x, t, known = cells[0], cells[1] / scale, cells[2] / scale

    def unlikelihood(logs: _Numbers) -> float:
        total_log = np.sum(counts * _log_likelihood(np.exp(logs), x, t, known))
        return -float(total_log / counts.sum())

    found = minimize(
        unlikelihood, np.zeros(4), method="L-BFGS-B", bounds=[(-_MOST, _MOST)] * 4, tol=1e-9
    )
    if not found.success or np.any(np.abs(found.x) >= _MOST):
        return None
    r, alpha, a, b = (float(value) for value in np.exp(found.x))
    parameters = np.array([r, alpha * scale, a, b])
    likelihood = counts * _log_likelihood(parameters, cells[0], cells[1], cells[2])
    return BgNbd(r, alpha * scale, a, b, float(np.sum(likelihood)))


def _log_likelihood(
    parameters: _Numbers, repeats: _Numbers, last_at: _Numbers, known_for: _Numbers
) -> _Numbers:
    r, alpha, a, b = parameters
    came = np.maximum(repeats, 1)
    bought = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
    stayed = betaln(a, b + repeats) - betaln(a, b)
    alive = -(r + repeats) * np.log(alpha + known_for)
    left = np.log(a) - np.log(b + came - 1) - (r + repeats) * np.log(alpha + last_at)
    either = np.where(repeats > 0, np.logaddexp(alive, left), alive)
    likelihood: _Numbers = bought + stayed + either
    return likelihood
