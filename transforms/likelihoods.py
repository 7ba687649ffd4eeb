"""Log-likelihoods of the models of `transforms.lifetime`, with the gradients that a fit climbs.

What depends on one number alone is computed once for each different one. Sums over customers are
no matrix products, whose threads cost more here than they save.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy  # type: ignore[import-untyped]  # loads its parts when they are used

Numbers = npt.NDArray[np.float64]
Likelihood = Callable[[Numbers], tuple[float, Numbers]]
"""The sum over all customers at some parameters, and its derivative by each of them."""
_MOST: Final = 20.0  # of a parameter's logarithm: beyond it the likelihood is flat


def likeliest(likelihood: Likelihood, size: int, customers: int) -> list[float] | None:
    """The parameters, all above 0, of the greatest likelihood; None where there are none."""

    def descent(logs: Numbers) -> tuple[float, Numbers]:
        value, gradient = likelihood(np.exp(logs))
        return -value / customers, -gradient * np.exp(logs) / customers

    found = scipy.optimize.minimize(
        descent, np.zeros(size), jac=True, method="L-BFGS-B", bounds=[(-_MOST, _MOST)] * size,
        tol=1e-9,
    )  # fmt: skip
    if not found.success or np.any(np.abs(found.x) >= _MOST):
        return None
    return [float(value) for value in np.exp(found.x)]


class _Levels:
    """The different numbers of a column, of which there are few, and where each one stands."""

    def __init__(self, column: Numbers) -> None:
        self.values, self._places, self.counts = np.unique(
            column, return_inverse=True, return_counts=True
        )

    def spread(self, per_level: Numbers) -> Numbers:
        """What was computed of each level, for the whole column."""
        return per_level[self._places]


def buying_likelihood(
    repeats: Numbers, last_at: Numbers, known_for: Numbers, *, is_modified: bool
) -> Likelihood:
    """Of r, alpha, a and b, as `lifetime.BuyingModel` names them."""
    came, last, known = _Levels(repeats), _Levels(last_at), _Levels(known_for)
    earlier = came.values if is_modified else np.maximum(came.values, 1) - 1
    may_be_gone = np.where(is_modified | (came.values > 0), 0.0, -np.inf)

    def of_repeats(
        r: np.float64, alpha: np.float64, a: np.float64, b: np.float64
    ) -> tuple[float, Numbers]:
        """That they came back so often, and stayed each time."""
        gammaln, betaln, digamma = (
            scipy.special.gammaln,
            scipy.special.betaln,
            scipy.special.digamma,
        )
        rate, stayed = r + came.values, b + came.values + is_modified
        either = digamma(a + b) - digamma(a + stayed)
        gradient = (
            digamma(rate) - digamma(r) + np.log(alpha),
            np.full(rate.size, r / alpha),
            either,
            either + digamma(stayed) - digamma(b),
        )
        value = gammaln(rate) - gammaln(r) + r * np.log(alpha)
        value += betaln(a, stayed) - betaln(a, b)
        return float(came.counts @ value), np.stack(gradient) @ came.counts

    def of_silence(
        r: np.float64, alpha: np.float64, a: np.float64, b: np.float64
    ) -> tuple[float, Numbers]:
        """That they were silent since their last order: still customers, or gone."""
        rate = r + repeats
        log_now = known.spread(np.log(alpha + known.values))
        silent = log_now - last.spread(np.log(alpha + last.values))
        odds = came.spread(np.log(a) - np.log(b + earlier) + may_be_gone) + rate * silent
        gone = scipy.special.expit(odds)
        per_day_now = known.spread(1 / (alpha + known.values))
        per_day_last = last.spread(1 / (alpha + last.values))
        gradient = (
            np.sum(gone * silent - log_now),
            -np.sum(rate * (per_day_now + gone * (per_day_last - per_day_now))),
            np.sum(gone) / a,
            -np.sum(gone * came.spread(1 / (b + earlier))),
        )
        return float(np.sum(np.logaddexp(0, odds) - rate * log_now)), np.array(gradient)

    def likelihood(parameters: Numbers) -> tuple[float, Numbers]:
        (back, by_back), (silence, by_silence) = of_repeats(*parameters), of_silence(*parameters)
        return back + silence, by_back + by_silence

    return likelihood


def spending_likelihood(repeats: Numbers, mean_value: Numbers) -> Likelihood:
    """Of p, q and v, as `lifetime.SpendingModel` names them; all came back and spent something."""
    came = _Levels(repeats)
    spent = repeats * mean_value
    log_mean = np.sum(np.log(mean_value))
    per_shape = float(np.sum(repeats * np.log(spent)))

    def likelihood(parameters: Numbers) -> tuple[float, Numbers]:
        p, q, v = parameters
        gammaln, digamma = scipy.special.gammaln, scipy.special.digamma
        shape, log_all = p * came.values, np.log(v + spent)
        alike = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v)
        value = came.counts @ alike + p * per_shape - log_mean - np.sum((p * repeats + q) * log_all)
        each = digamma(shape + q)
        gradient = (
            came.counts @ (came.values * (each - digamma(shape)))
            + per_shape
            - np.sum(repeats * log_all),
            came.counts @ (each - digamma(q) + np.log(v)) - np.sum(log_all),
            repeats.size * q / v - np.sum((p * repeats + q) / (v + spent)),
        )
        return float(value), np.array(gradient)

    return likelihood
