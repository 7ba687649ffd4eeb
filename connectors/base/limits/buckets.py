"""Buckets that refill steadily: of tokens, of cost points, and for fixed windows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from connectors.base.limits.limit import (
    KEPT,
    POINT_FRACTION,
    AllOf,
    Place,
    SharedLimit,
    Urgency,
)
from contracts.limits import Level

# One who needs a whole bucket and may not empty it waits a little past its being full, by this
# part of what he leaves to others: so those who wait for less come first.
_YIELD_RATE = 0.3
_OVERFULL = 1.0 + _YIELD_RATE * max(KEPT.values())
# Requests arrive sooner or later than evenly, and the platform's clock may run slower than ours.
_STEADY_RATE = 0.98
_ARRIVAL_SECONDS = 0.1
# Of a window: what may be asked for at once, and how much longer than told it is taken to be. Where
# another window decides anyway, it is taken to be much longer.
_CARRY_RATE = 0.04
_SLACK_RATE, _MOST_SLACK_SECONDS = 0.05, 1.0
_IDLE_SLACK_RATE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketState:
    """What a platform says about its bucket; points, and points per second."""

    maximum: float
    available: float
    restore_rate: float


class _Bucket(SharedLimit):
    """A level that rises steadily up to its maximum, and is spent from."""

    def _current(self, held: Level | None) -> Level | None:
        if held is None:
            return None
        now = self._moment(held)
        gained = max(0.0, now - held.at) * held.restore_rate
        most = held.maximum * _OVERFULL
        return replace(held, available=min(most, held.available + gained), at=now)

    def _wait(self, level: Level, cost: float, urgency: Urgency) -> float:
        kept = KEPT[urgency]
        most = level.maximum * (1.0 + _YIELD_RATE * kept)
        missing = min(cost + kept * level.maximum, most) - level.available
        return missing / level.restore_rate if missing > POINT_FRACTION else 0.0


class _Tokens(_Bucket):
    """A bucket whose size and rate are known before anything is asked."""

    def __init__(self, place: Place, *, rate: float, burst: float) -> None:
        super().__init__(place)
        self._rate, self._burst = rate, burst

    def refused(self, retry_after: float | None = None) -> None:
        """Empty the bucket; after the stated wait it holds one token."""
        owed = 0.0 if retry_after is None else 1.0 - max(retry_after, 0.0) * self._rate
        self._change(lambda level: replace(level, available=min(level.available, owed)))

    def _current(self, held: Level | None) -> Level | None:
        if held is None:
            full, now = self._burst * _OVERFULL, self._place.clock()
            return Level(maximum=self._burst, available=full, restore_rate=self._rate, at=now)
        return super()._current(replace(held, maximum=self._burst, restore_rate=self._rate))


class TokenBucket(_Tokens):
    """Requests per second on average, and how many may be asked for at once.

    A full bucket is assumed at first. It goes a fiftieth below what is permitted.
    """

    def __init__(self, place: Place, *, rate: float, burst: float) -> None:
        rate, burst = rate * place.budget_share, burst * place.budget_share
        burst = max(1.0, burst - rate * _ARRIVAL_SECONDS)
        super().__init__(place, rate=rate * _STEADY_RATE, burst=burst)

    def learn(self, rate: float) -> None:
        """Requests per second as an answer states them, for as long as this client lives."""
        if rate > 0:
            self._rate = rate * self._place.budget_share * _STEADY_RATE


class CostBucket(_Bucket):
    """Holds requests back until the platform's bucket holds their cost.

    Until the first answer teaches size and rate, every request passes: the platform's own refusal
    is then the limit.
    """

    @property
    def state(self) -> BucketState | None:
        """The bucket as it should stand now; null before the first answer."""
        seen: Level | None = None

        def look(held: Level | None) -> Level | None:
            nonlocal seen
            seen = self._current(held)
            return held

        self._place.store.change(self._place.account, look)
        if seen is None:
            return None
        return BucketState(
            maximum=seen.maximum,
            available=min(seen.available, seen.maximum),
            restore_rate=seen.restore_rate,
        )

    def learn(self, reported: BucketState, *, taken: float, used: float) -> None:
        """Put the unused part back and believe the platform where it knows of less.

        Less is what other apps, or requests of ours still under way, have taken.
        """
        maximum = reported.maximum * self._place.budget_share

        def believe(held: Level | None) -> Level:
            level = self._current(held)
            available, lowest = reported.available, 0.0
            if level is not None:
                available = min(available, level.available + taken - used)
                lowest = min(lowest, level.available)
            return Level(
                maximum=maximum,
                available=min(maximum, max(available, lowest)),
                restore_rate=reported.restore_rate * self._place.budget_share,
                at=self._place.clock() if level is None else level.at,
            )

        self._place.store.change(self._place.account, believe)

    def refused(self, retry_after: float | None = None) -> None:
        """Empty the bucket until then. One that no answer has told about asks slowly after it."""
        wait = max(retry_after or 0.0, 0.0)

        def empty(held: Level | None) -> Level:
            level = self._current(held)
            if level is None:
                return Level(maximum=1, available=-wait, restore_rate=1, at=self._place.clock())
            owed = -wait * level.restore_rate
            return replace(level, available=min(level.available, owed))

        self._place.store.change(self._place.account, empty)


class FixedWindows(AllOf):
    """Requests per so many seconds, several windows at once: a burst and what is steady.

    No span of a window's length, wherever it begins, holds more requests than the window permits:
    when the platform's windows begin is not told, and some slide. So what is permitted is spread
    over the window, but for a little that may be asked for at once. Each request costs one.

    Args:
        windows: how many requests each length in seconds permits.
    """

    def __init__(self, place: Place, windows: Mapping[float, float]) -> None:
        steady = min(limit / seconds for seconds, limit in windows.items())
        paces = []
        for seconds, limit in sorted(windows.items(), reverse=True):
            slack = min(seconds * _SLACK_RATE, _MOST_SLACK_SECONDS)
            if limit / seconds > steady * (1 + _IDLE_SLACK_RATE):
                slack = seconds * _IDLE_SLACK_RATE
            ours = limit * place.budget_share
            carry = ours * _CARRY_RATE // 1
            pace = (ours - carry) / (seconds + slack)
            paces.append(_Tokens(place.named(f"{seconds:g}"), rate=pace, burst=1 + carry))
        super().__init__(*paces)
