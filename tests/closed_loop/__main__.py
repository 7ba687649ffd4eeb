"""The closed loop: 90 days of 400 articles in five demand worlds, each with twenty seeds of luck.

`python -m tests.closed_loop [SEEDS]` prints what repricing earned against leaving prices alone and
against always matching the lowest, and what restock missed at equal stock: against doing nothing
(the same order every week), and against filling up to a level that was reckoned once, which is
harder and of which nothing is asked. Cells that lose are named. Seeds from 100 on are for tuning.
"""

import math
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final

import numpy as np
from scipy.special import stdtrit  # type: ignore[import-untyped]

from sandbox.market import Demand
from tests.closed_loop.worlds import Lived, Numbers, lived

SEEDS: Final = 20


def interval(values: Numbers) -> tuple[float, float, float]:
    """Mean and Student's 95 % interval of it."""
    mean, n = float(np.mean(values)), len(values)
    half = float(stdtrit(n - 1, 0.975)) * float(np.std(values, ddof=1)) / math.sqrt(n)
    return mean, mean - half, mean + half


def main() -> int:
    """Live, print, and say with the exit code whether all that is asked holds."""
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else SEEDS)
    sys.stdout.write(_HEAD)
    # A fork would copy locks of Polars' threads, and wait for them for ever.
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        worlds = zip(Demand, pool.map(lived, Demand, [seeds] * len(Demand)), strict=True)
        verdicts = [_row(demand, found) for demand, found in worlds]
    better = sum(one.is_better for one in verdicts)
    wrong = [one for one in verdicts if one.losing]
    sys.stdout.write(f"\nbetter than doing nothing in {better} of {len(verdicts)}, 3 are asked\n")
    for one in verdicts:
        if one.is_hard:
            sys.stdout.write(f"not half of what filling up misses in {one.demand}\n")
    for one in wrong:
        sys.stdout.write(f"LOSES in {one.demand}: {'; '.join(one.losing)}\n")
    return 1 if wrong or better < _LEAST_BETTER else 0


_LEAST_BETTER: Final = 3
_MOST_MISSED: Final = 0.5
_HEAD: Final = (
    "| world | profit against doing nothing | against the lowest"
    " | missed, of what filling up to one level misses at equal stock"
    " | of what ordering the same each week misses |\n|---|---|---|---|---|\n"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a world says of what is asked."""

    demand: Demand
    is_better: bool
    is_hard: bool
    """It misses more than half of what filling up to one level does."""
    losing: list[str]


def _row(demand: Demand, found: Lived) -> Verdict:
    ours = found.profits["ours"]
    against = {
        name: interval(100 * (ours / found.profits[name] - 1)) for name in ("nothing", "lowest")
    }
    missed = {
        name: interval(found.missed["ours"] / found.missed[name])
        for name in ("filled up", "same again")
    }
    asked = {
        "worse than doing nothing by more than 1 %": against["nothing"][0] < -1,
        "not better than matching the lowest": against["lowest"][1] <= 0,
        "misses more than half of what doing nothing misses": missed["same again"][0]
        > _MOST_MISSED,
    }
    cells = [f"{mean:+.2f} % ({low:+.2f} to {high:+.2f})" for mean, low, high in against.values()]
    cells += [f"{mean:.2f} ({low:.2f} to {high:.2f})" for mean, low, high in missed.values()]
    sys.stdout.write(f"| {demand} | {' | '.join(cells)} |\n")
    sys.stdout.flush()
    losing = [told for told, is_so in asked.items() if is_so]
    return Verdict(
        demand,
        is_better=against["nothing"][1] > 0,
        is_hard=missed["filled up"][0] > _MOST_MISSED,
        losing=losing,
    )


if __name__ == "__main__":
    sys.exit(main())
