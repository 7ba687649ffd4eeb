"""The leaky bucket that pays for queries.

It must hold the requested cost; what was not used is put back.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sandbox.kit.limits import TokenBucket

MUTATION_COST: Final = 10
MAX_QUERY_COST: Final = 1000


@dataclass(frozen=True)
class Rates:
    """The plan's bucket: points it holds and points restored per second."""

    maximum: float = 20_000
    restore: float = 1_000


class Bucket(TokenBucket):
    """The bucket of a plan, by default on a monotonic clock."""

    def __init__(self, rates: Rates, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(rates.maximum, rates.restore, clock)
        self._rates = rates

    def status(self) -> dict[str, float]:
        """What `extensions.cost.throttleStatus` says."""
        return {
            "maximumAvailable": self._rates.maximum,
            "currentlyAvailable": int(self.level()),
            "restoreRate": self._rates.restore,
        }
