"""Whether a customer is still one, comes back soon and what they then spend.

While alive a customer buys at a steady rate of their own, and after each order leaves with a chance
of their own; rates and chances differ among customers by a gamma and a beta distribution: BG/NBD
(Fader, Hardie and Lee 2005). MBG/NBD (Batislam, Denizel and Filiztekin 2007) lets them leave after
the first order too, so that who bought once need not be alive for ever. What an order is worth is
gamma-gamma (Fader and Hardie 2013), independent of how often one buys.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy  # type: ignore[import-untyped]  # loads its parts when they are used

from transforms.likelihoods import (
    Likelihood,
    Numbers,
    buying_likelihood,
    likeliest,
    spending_likelihood,
)

LEAST_REPEATERS: Final = 100
"""Customers who came back, below which the parameters are guesswork."""


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
    scale = float(known_for.max())

    def likelihood(unit: float) -> Likelihood:
        last, known = last_at / unit, known_for / unit
        return buying_likelihood(repeats, last, known, is_modified=is_modified)

    found = likeliest(likelihood(scale), 4, repeats.size)
    if found is None:
        return None
    r, alpha, a, b = found[0], found[1] * scale, *found[2:]
    value, _ = likelihood(1)(np.array([r, alpha, a, b]))
    return BuyingModel(r, alpha, a, b, value, is_modified)


def fit_spending(repeats: Numbers, mean_value: Numbers) -> SpendingModel | None:
    """The likeliest model of what those spend per order who came back; None as `fit`.

    `mean_value` is the mean of their repeat orders; who has none, or spent nothing, is left out.
    """
    came = (repeats > 0) & (mean_value > 0)
    if np.count_nonzero(came) < LEAST_REPEATERS:
        return None
    x, scale = repeats[came], float(np.mean(mean_value[came]))
    found = likeliest(spending_likelihood(x, mean_value[came] / scale), 3, x.size)
    if found is None:
        return None
    p, q, v = found[0], found[1], found[2] * scale
    value, _ = spending_likelihood(x, mean_value[came])(np.array([p, q, v]))
    return SpendingModel(p, q, v, value)
