"""What a world comes to under every way of pricing and of ordering, with the same luck."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sandbox.market import Demand, Market
from tests.closed_loop import prices, stock
from tests.closed_loop.tables import Grid

Numbers = npt.NDArray[np.float64]
Ordering = Callable[[stock.Shelves, int], Grid]
_FACTORS: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.8, 2.2)


@dataclass(frozen=True, slots=True)
class Lived:
    """What a world came to, by seed."""

    profits: dict[str, Numbers]
    missed: dict[str, Numbers]
    """Part of the pieces asked for that were not there, at equal mean stock."""


def lived(demand: Demand, seeds: Sequence[int]) -> Lived:
    """Every way of pricing and of ordering, with the same luck."""
    markets = [Market(demand, seed) for seed in seeds]
    pricing = {
        "ours": prices.as_repricing_says,
        "nothing": prices.left_alone,
        "lowest": prices.always_the_lowest,
    }
    profits = {name: np.array(prices.Counters(markets).live(way)) for name, way in pricing.items()}
    lost, held = stock.Shelves(markets).live(stock.as_restock_says)
    ordering = {"filled up": stock.filled_up, "same again": stock.same_again}
    missed = {name: _at_equal_stock(markets, way, held) for name, way in ordering.items()}
    return Lived(profits, {"ours": lost, **missed})


def _at_equal_stock(
    markets: Sequence[Market], way: Callable[[float], Ordering], held: Numbers
) -> Numbers:
    """What a way of ordering misses where its mean stock is `held`, by shop: between two factors
    the logarithm of what is missed is taken to be straight."""
    found = [stock.Shelves(markets).live(way(factor)) for factor in _FACTORS]
    logs = np.log(np.maximum([lost for lost, _ in found], 1e-6))
    means = np.array([mean for _, mean in found])
    same = [np.interp(held[shop], means[:, shop], logs[:, shop]) for shop in range(len(markets))]
    return np.exp(np.array(same, dtype=np.float64))
