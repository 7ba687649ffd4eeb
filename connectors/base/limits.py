"""Limits: a leaky bucket of cost points that learns its size and rate from the answers."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from contracts.limits import Level
from contracts.ports import LimitStore

# Refilling adds floats: less than this is rounding, and waiting for it might never end.
_POINT_FRACTION = 1e-6
_LAG_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketState:
    """What a platform says about its bucket; points, and points per second."""

    maximum: float
    available: float
    restore_rate: float


class OwnLimits:
    """A store of one process alone; answers `contracts.ports.LimitStore`."""

    def __init__(self) -> None:
        self._levels: dict[str, Level | None] = {}
        self._lock = threading.Lock()

    def change(self, account: str, step: Callable[[Level | None], Level | None]) -> None:
        """Replace an account's level by what `step` makes of it."""
        with self._lock:
            self._levels[account] = step(self._levels.get(account))


class CostBucket:
    """Holds requests back until the platform's bucket holds their cost. Thread-safe.

    Until the first answer teaches size and rate, every request passes: the platform's own refusal
    is then the limit. `reserve_rate` of the bucket is kept for urgent requests, which are writes.

    Args:
        store, account: who else uses this account meets us there; nobody if not given.
        clock: seconds; of a store that others use, the same clock for all of them.
    """

    def __init__(
        self,
        *,
        store: LimitStore | None = None,
        account: str = "",
        reserve_rate: float = 0.1,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store or OwnLimits()
        self._account = account
        self._reserve_rate = reserve_rate
        self._clock = clock
        self._sleep = sleep

    def yield_to_others(self, reserve_rate: float) -> None:
        """Leave this part of the bucket to others from now on, as a backfill does to live pulls."""
        self._reserve_rate = reserve_rate

    @property
    def state(self) -> BucketState | None:
        """The bucket as it should stand now; null before the first answer."""
        seen: Level | None = None

        def look(held: Level | None) -> Level | None:
            nonlocal seen
            seen = self._refilled(held)
            return held

        self._store.change(self._account, look)
        if seen is None:
            return None
        return BucketState(
            maximum=seen.maximum, available=seen.available, restore_rate=seen.restore_rate
        )

    def take(self, cost: float, *, is_urgent: bool = False) -> None:
        """Wait until the bucket holds `cost`, then take it out."""
        while (wait := self._try_take(cost, is_urgent=is_urgent)) > 0:
            self._sleep(wait)

    def learn(self, reported: BucketState, *, taken: float, used: float) -> None:
        """Put the unused part back and believe the platform where it knows of less.

        Less is what other apps, or requests of ours still under way, have taken.
        """

        def believe(held: Level | None) -> Level:
            level = self._refilled(held)
            available = reported.available
            if level is not None:
                available = min(available, level.available + taken - used)
            return Level(
                maximum=reported.maximum,
                available=min(reported.maximum, max(available, 0.0)),
                restore_rate=reported.restore_rate,
                at=self._clock() if level is None else level.at,
            )

        self._store.change(self._account, believe)

    def _try_take(self, cost: float, *, is_urgent: bool) -> float:
        """Zero when taken, else the seconds until the bucket should hold it."""
        wait = 0.0

        def take(held: Level | None) -> Level | None:
            nonlocal wait
            wait = 0.0
            level = self._refilled(held)
            if level is None:
                return None
            reserve = 0.0 if is_urgent else self._reserve_rate * level.maximum
            missing = min(cost + reserve, level.maximum) - level.available
            if missing > _POINT_FRACTION:
                wait = missing / level.restore_rate
                return level
            return replace(level, available=level.available - cost)

        self._store.change(self._account, take)
        return wait

    def _refilled(self, held: Level | None) -> Level | None:
        """What was restored since; nothing by a clock that lags behind another user's.

        One far behind was set back, or the other was wrong: from then on it counts by itself.
        """
        if held is None:
            return None
        now = self._clock()
        if held.at - _LAG_SECONDS < now < held.at:
            now = held.at
        gained = max(0.0, now - held.at) * held.restore_rate
        return replace(held, available=min(held.maximum, held.available + gained), at=now)
