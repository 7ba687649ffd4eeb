"""Markets whose truth no decision shares: how demand answers to prices, and what rivals do.

A market is asked day by day and never explained: whoever prices in it sees offers, sales and stock.
The same seed draws the same luck for every arm, so that two ways of pricing differ by nothing else.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.stats import poisson  # type: ignore[import-untyped]

Numbers = npt.NDArray[np.float64]
Grid = npt.NDArray[np.int64]
_SHIFT_DAY: Final = 45
_WEEKS: Final = 26
_KEENNESS: Final = 4.0  # how strongly buyers prefer the cheaper of two offers


class Demand(StrEnum):
    """What demand answers to."""

    PRICE_BLIND = "price_blind"
    OWN_ELASTIC = "own_elastic"
    RIVAL_ELASTIC = "rival_elastic"
    SHIFTING = "shifting"
    CONTESTED = "contested"
    """As rival_elastic, and most rivals answer to our price."""


class Habit(StrEnum):
    """What a rival does."""

    WANDERS = "wanders"
    FOLLOWS = "follows"
    FLAPS = "flaps"
    UNDERCUTS = "undercuts"
    LEAVES = "leaves"


@dataclass(frozen=True, slots=True)
class Rivals:
    """Sellers beside us, each of one SKU. Arrays are by rival; money in minor units."""

    sku: Grid
    habit: npt.NDArray[np.str_]
    start: Numbers
    least: Numbers
    """They do not go below it."""
    leaves_on: Grid
    walk: Numbers
    """By week, as multiples of `start`."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What nobody in the market is told. Arrays are by SKU; money in minor units."""

    cost: Grid
    usual: Grid
    """The price at which `base` pieces sell a day."""
    base: Numbers
    elasticity: Numbers
    later_elasticity: Numbers
    later_level: Numbers
    weekday: Numbers
    lead_days: Grid


class Market:
    """`skus` articles of one shop; day 0 is the first on which somebody may decide."""

    def __init__(self, demand: Demand, seed: int, *, skus: int = 400) -> None:
        self.demand = demand
        self.seed = seed
        random = np.random.default_rng([seed, 1])
        self.truth = _truth(random, skus)
        self.first_prices = _round(self.truth.usual * random.uniform(0.92, 1.08, skus))
        self.rivals = _rivals(random, self.truth, demand)

    def offers(self, day: int, ours: Grid) -> Numbers:
        """Price of each rival on a day, who saw our prices of the day before; NaN: it is gone."""
        rivals, seen = self.rivals, ours[self.rivals.sku].astype(np.float64)
        wandered = rivals.start * rivals.walk[:, min(day // 7, rivals.walk.shape[1] - 1)]
        flapped = wandered * (0.93 if day % 2 else 1.07)
        told = {Habit.FOLLOWS: seen, Habit.UNDERCUTS: seen * 0.98, Habit.FLAPS: flapped}
        asked = np.select([rivals.habit == name for name in told], [*told.values()], wandered)
        asked = np.maximum(np.rint(asked), rivals.least)
        is_gone = (rivals.habit == Habit.LEAVES) & (day >= rivals.leaves_on)
        return np.where(is_gone, np.nan, asked)

    def wanted(self, day: int, ours: Grid, offers: Numbers) -> Grid:
        """Pieces that are asked for on a day at our prices and theirs."""
        luck = np.random.default_rng([self.seed, 2, day + 1_000]).random(ours.size)
        mean = self._mean(day, ours.astype(np.float64), offers)
        asked: Grid = poisson.ppf(np.clip(luck, 1e-9, 1 - 1e-9), mean).astype(np.int64)
        return asked

    def _mean(self, day: int, ours: Numbers, offers: Numbers) -> Numbers:
        truth = self.truth
        plain = truth.base * truth.weekday[:, day % 7]
        relative = ours / truth.usual
        match self.demand:
            case Demand.PRICE_BLIND:
                return plain
            case Demand.OWN_ELASTIC:
                return plain * relative**truth.elasticity
            case Demand.SHIFTING if day >= _SHIFT_DAY:
                return plain * truth.later_level * relative**truth.later_elasticity
            case Demand.SHIFTING:
                return plain * relative**truth.elasticity
            case _:
                share = self._share(ours, offers) / self._share(
                    truth.usual.astype(np.float64), self.offers(0, truth.usual)
                )
                return plain * share * relative ** (truth.elasticity / 2)

    def _share(self, ours: Numbers, offers: Numbers) -> Numbers:
        """Our part of the buyers of each SKU, by the logit of relative prices."""
        usual = self.truth.usual
        mine, others = (ours / usual) ** -_KEENNESS, np.zeros_like(ours)
        sku = self.rivals.sku[~np.isnan(offers)]
        np.add.at(others, sku, (offers[~np.isnan(offers)] / usual[sku]) ** -_KEENNESS)
        return mine / (mine + others)


def _truth(random: np.random.Generator, skus: int) -> Truth:
    usual = _round(np.exp(random.normal(7.6, 0.7, skus)))
    elastic = np.clip(random.normal(-2.2, 0.5, skus), -4.5, -1.2)
    weekday = np.clip(1 + random.normal(0, 0.06, (skus, 7)), 0.5, None)
    weekday[:, 5:] *= 1.25
    return Truth(
        cost=_round(usual * random.uniform(0.45, 0.75, skus)),
        usual=usual,
        base=np.clip(random.lognormal(0.0, 1.0, skus), 0.05, 12),
        elasticity=elastic,
        later_elasticity=np.clip(elastic + random.normal(-0.4, 0.6, skus), -5, -1.1),
        later_level=random.uniform(0.6, 1.5, skus),
        weekday=weekday / weekday.mean(axis=1, keepdims=True),
        lead_days=random.integers(4, 19, skus),
    )


_QUIET: Final = (0.6, 0.1, 0.1, 0.1, 0.1)
_LOUD: Final = (0.1, 0.25, 0.15, 0.4, 0.1)


def _rivals(random: np.random.Generator, truth: Truth, demand: Demand) -> Rivals:
    sku = np.repeat(np.arange(truth.usual.size), random.integers(0, 4, truth.usual.size))
    odds = _LOUD if demand is Demand.CONTESTED else _QUIET
    return Rivals(
        sku=sku,
        habit=random.choice([str(habit) for habit in Habit], sku.size, p=odds),
        start=truth.usual[sku] * random.uniform(0.88, 1.15, sku.size),
        least=np.rint(truth.cost[sku] * random.uniform(0.97, 1.19, sku.size)),
        leaves_on=random.integers(10, 80, sku.size),
        walk=np.exp(np.cumsum(random.normal(0, 0.01, (sku.size, _WEEKS)), axis=1)),
    )


def _round(money: Numbers) -> Grid:
    return np.rint(money).astype(np.int64)
