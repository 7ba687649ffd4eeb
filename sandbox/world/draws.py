"""Chance that hangs on an id alone: the same id meets the same fate, whenever it is asked."""

import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
_STEP: Final = 0x9E3779B97F4A7C15
_MASK: Final = (1 << 64) - 1


def uniform(ids: pl.Series, what: str) -> Floats:
    """A number in [0, 1) per id; another one for each `what` (SplitMix64's finaliser)."""
    start = np.uint64(zlib.crc32(what.encode()) * _STEP & _MASK)
    mixed = ids.to_numpy().astype(np.uint64) * np.uint64(_STEP) + start
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53


def among(draw: Floats, shares: Sequence[float]) -> npt.NDArray[np.int64]:
    """Which of several parts each draw falls in; the last part takes what shares leave over."""
    return np.searchsorted(np.cumsum(shares)[:-1], draw, side="right").astype(np.int64)


def between(ids: pl.Series, what: str, low: float, high: float) -> pl.Series:
    """Whole seconds, as a duration, between `low` and `high` hours per id."""
    hours = low + (high - low) * uniform(ids, what)
    seconds = pl.Series((hours * 3600).astype(np.int64) * 1_000_000)
    return seconds.cast(pl.Duration("us"))
