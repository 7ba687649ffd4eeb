"""Limits: a leaky bucket of cost points that learns its size and rate from the answers."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

# Refilling adds floats: less than this is rounding, and waiting for it might never end.
_POINT_FRACTION = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketState:
    """What a platform says about its bucket; points, and points per second."""

    maximum: float
    available: float
    restore_rate: float


class CostBucket:
    """Holds requests back until the platform's bucket holds their cost. Thread-safe.

    Until the first answer teaches size and rate, every request passes: the platform's own refusal
    is then the limit. `reserve_rate` of the bucket is kept for urgent requests, which are writes.
    """

    def __init__(
        self,
        *,
        reserve_rate: float = 0.1,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._reserve_rate = reserve_rate
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._state: BucketState | None = None
        self._at = 0.0

    @property
    def state(self) -> BucketState | None:
        """The bucket as it should stand now; null before the first answer."""
        with self._lock:
            self._refill()
            return self._state

    def take(self, cost: float, *, is_urgent: bool = False) -> None:
        """Wait until the bucket holds `cost`, then take it out."""
        while (wait := self._try_take(cost, is_urgent=is_urgent)) > 0:
            self._sleep(wait)

    def learn(self, reported: BucketState, *, taken: float, used: float) -> None:
        """Put the unused part back and believe the platform where it knows of less.

        Less is what other apps, or requests of ours still under way, have taken.
        """
        with self._lock:
            self._refill()
            held = reported.available
            if self._state is not None:
                held = min(held, self._state.available + taken - used)
            self._set(reported, available=max(held, 0.0))

    def _try_take(self, cost: float, *, is_urgent: bool) -> float:
        """Zero when taken, else the seconds until the bucket should hold it."""
        with self._lock:
            self._refill()
            if self._state is None:
                return 0.0
            reserve = 0.0 if is_urgent else self._reserve_rate * self._state.maximum
            missing = min(cost + reserve, self._state.maximum) - self._state.available
            if missing > _POINT_FRACTION:
                return missing / self._state.restore_rate
            self._set(self._state, available=self._state.available - cost)
            return 0.0

    def _refill(self) -> None:
        now = self._clock()
        if self._state is not None:
            gained = (now - self._at) * self._state.restore_rate
            self._set(self._state, available=self._state.available + gained)
        self._at = now

    def _set(self, state: BucketState, *, available: float) -> None:
        self._state = BucketState(
            maximum=state.maximum,
            available=min(state.maximum, available),
            restore_rate=state.restore_rate,
        )
