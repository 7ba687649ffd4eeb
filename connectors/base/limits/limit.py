"""What a limit is: who may spend how much of a budget, how one waits for it, where it is shared."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Protocol, Self, runtime_checkable

from connectors.base.waiting import pause
from contracts.actions import Change
from contracts.errors import NotAppliedError
from contracts.limits import Level
from contracts.ports import LimitStore

# Adding up refills makes rounding errors: less than this is one, and waiting for it may never end.
POINT_FRACTION = 1e-6
# Seconds since 1970 tell moments apart down to less than this, and a database to a millionth.
_SHORTEST_NAP = 1e-4
# Others may give back or learn meanwhile.
_LONGEST_NAP = 60.0
# How far the clocks of two machines may be apart without one of them being wrong.
LAG_SECONDS = 5.0


class Urgency(IntEnum):
    """Who goes first when a budget runs short."""

    UNDO = 0
    ACT = 1
    LIVE = 2
    BACKFILL = 3

    @classmethod
    def of(cls, changes: Iterable[Change]) -> Self:
        """How urgent it is to write them: one that undoes lends its own to those beside it."""
        return cls.UNDO if any(change.is_undo for change in changes) else cls.ACT


KEPT = {Urgency.UNDO: 0.0, Urgency.ACT: 0.05, Urgency.LIVE: 0.1, Urgency.BACKFILL: 0.5}
"""The part of a budget that each leaves to those who are more urgent."""

# Seconds. A write must not outlast its lease; who reads gives its worker back in the end.
_PATIENCE = {
    Urgency.UNDO: 60.0,
    Urgency.ACT: 60.0,
    Urgency.LIVE: 1800.0,
    Urgency.BACKFILL: 7200.0,
}


@runtime_checkable
class HasUrgency(Protocol):
    """A client whose requests are as urgent as it is told; its writes know better by themselves."""

    urgency: Urgency


class OwnLimits:
    """A store of one process alone; answers `contracts.ports.LimitStore`."""

    def __init__(self) -> None:
        self._levels: dict[str, Level | None] = {}
        self._lock = threading.Lock()

    def change(self, account: str, step: Callable[[Level | None], Level | None]) -> None:
        """Replace an account's level by what `step` makes of it."""
        with self._lock:
            self._levels[account] = step(self._levels.get(account))


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the level of a limit lies: who else goes there shares it. Nobody does by default.

    budget_share: what is ours of the permitted; other apps of the merchant have the rest.
    clock: seconds; in a store that others use, the same clock for all of them.
    """

    store: LimitStore = field(default_factory=OwnLimits)
    account: str = ""
    budget_share: float = 1.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = pause

    def named(self, name: str) -> "Place":
        """A place inside this one."""
        return replace(self, account=f"{self.account}:{name}")


class Limit(ABC):
    """Holds requests back until they are permitted. Thread-safe."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep

    def take(self, cost: float = 1.0, *, urgency: Urgency = Urgency.LIVE) -> None:
        """Wait until `cost` may be spent, and spend it.

        Raises:
            NotAppliedError: that takes too long; a minute for a write, half an hour for a live
                pull, two hours for a backfill. Nothing is spent.
        """
        waited = 0.0
        while (wait := self.try_take(cost, urgency=urgency)) > 0:
            if waited + wait > _PATIENCE[urgency]:
                raise NotAppliedError(
                    f"what the platform permits is used up for {wait:.0f} seconds", retry_after=wait
                )
            nap = min(max(wait, _SHORTEST_NAP), _LONGEST_NAP)
            self._sleep(nap)
            waited += nap

    @abstractmethod
    def try_take(self, cost: float, *, urgency: Urgency) -> float:
        """Zero when spent, else the seconds after which to try again."""

    @abstractmethod
    def give_back(self, cost: float) -> None:
        """Put back what was taken and not used."""

    @abstractmethod
    def refused(self, retry_after: float | None = None) -> None:
        """The platform permitted less than was thought: nobody asks for that many seconds.

        Null: it did not say for how long, so the budget counts as spent.
        """


class SharedLimit(Limit):
    """A limit that is one level of a store."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.sleep)
        self._place = place

    def try_take(self, cost: float, *, urgency: Urgency) -> float:
        """Zero when spent, else the seconds after which to try again."""
        wait = 0.0

        def spend(held: Level | None) -> Level | None:
            nonlocal wait
            level = self._current(held)
            wait = 0.0 if level is None else self._wait(level, cost, urgency)
            return level if level is None or wait > 0 else _spent(level, cost)

        self._place.store.change(self._place.account, spend)
        return wait

    def give_back(self, cost: float) -> None:
        """Put back what was taken and not used."""
        self._change(lambda level: _spent(level, -cost))

    @abstractmethod
    def _current(self, held: Level | None) -> Level | None:
        """The level as it should stand now; null as long as nothing is known."""

    @abstractmethod
    def _wait(self, level: Level, cost: float, urgency: Urgency) -> float:
        """Seconds until the current level permits the cost; zero or less if it does."""

    def _change(self, step: Callable[[Level], Level]) -> None:
        """Change the current level, if there is one."""

        def change(held: Level | None) -> Level | None:
            level = self._current(held)
            return None if level is None else step(level)

        self._place.store.change(self._place.account, change)

    def _moment(self, held: Level) -> float:
        """Now; or when the level was changed, by a clock that lags behind another user's.

        A clock far behind was set back, or the other was wrong: from then on it counts by itself.
        """
        now = self._place.clock()
        return held.at if held.at - LAG_SECONDS < now < held.at else now


def _spent(level: Level, cost: float) -> Level:
    return replace(level, available=min(level.maximum, min(level.available, level.maximum) - cost))


class AllOf(Limit):
    """Several limits that one request spends from at once.

    A refusal is put down to the first: that is enough to hold all back. One that another limit is
    known to have caused is told to that one.
    """

    def __init__(self, *limits: Limit) -> None:
        super().__init__(limits[0]._sleep)
        self._limits = limits

    def try_take(self, cost: float, *, urgency: Urgency) -> float:
        """Zero when spent from each, else nothing is spent; the seconds to wait for the first."""
        for count, limit in enumerate(self._limits):
            if (wait := limit.try_take(cost, urgency=urgency)) > 0:
                for taken in self._limits[:count]:
                    taken.give_back(cost)
                return wait
        return 0.0

    def give_back(self, cost: float) -> None:
        """Put back what was taken and not used."""
        for limit in self._limits:
            limit.give_back(cost)

    def refused(self, retry_after: float | None = None) -> None:
        """Nobody asks until then."""
        self._limits[0].refused(retry_after)
