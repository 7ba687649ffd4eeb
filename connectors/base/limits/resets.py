"""Budgets that begin anew at a moment: a window that answers tell of, and a day."""

import datetime as dt
import math
from dataclasses import replace
from zoneinfo import ZoneInfo

from connectors.base.limits.limit import (
    KEPT,
    LAG_SECONDS,
    POINT_FRACTION,
    Place,
    SharedLimit,
    Urgency,
)
from contracts.limits import Level

_DAY_SECONDS = 86_400.0
# Answers tell whole seconds, rounded up or down.
_ROUNDING_SECONDS = 1.0
# What is kept of the reserve of a window until it ends.
_LAST_RATE = 0.3
# How long a window whose end no answer has told may last, and how often one looks whether it has.
_GUESSED_SECONDS, _LOOK_SECONDS = 60.0, 1.0
# Of a day's calls: what may be asked for right after the reset.
_HEAD_START_RATE = 0.15
_ONE_DAY = dt.timedelta(days=1)
# A level that holds this or less was refused by the platform.
_REFUSED = -1.0


class HeaderReset(SharedLimit):
    """The window that answers tell of: how many requests it has, how many remain, when it ends.

    Until the first answer every request passes. The reserve shrinks with what is left of the
    window, down to a third, so that nearly all of it can be used. Windows of a few seconds are for
    `FixedWindows`: told in whole seconds, they would lose up to one each.

    A level's `at` is when the window ends, its `restore_rate` one through the seconds that it had
    left when told, or zero while its end is only guessed. One of minus one is refused until its
    `at`. A maximum of zero is not known.
    """

    def learn(self, limit: float, remaining: float, reset_seconds: float) -> None:
        """Believe an answer: requests of the window, those that remain, seconds to its end."""
        left = min(max(reset_seconds, 0.0), _DAY_SECONDS)
        maximum = limit * self._place.budget_share

        def believe(held: Level | None) -> Level:
            told = Level(
                maximum=maximum,
                available=max(0.0, min(remaining, maximum)),
                restore_rate=1.0 / max(left, _ROUNDING_SECONDS),
                at=self._place.clock() + left,
            )
            level = self._current(held)
            return told if level is None else _believed(level, told)

        self._place.store.change(self._place.account, believe)

    def refused(self, retry_after: float | None = None) -> None:
        """Nobody asks until then; not for a second if it is not said."""
        wait = _LOOK_SECONDS if retry_after is None else min(max(retry_after, 0.0), _DAY_SECONDS)

        def hold(held: Level | None) -> Level:
            level = self._current(held)
            until = self._place.clock() + wait
            if level is not None and _is_refused(level) and level.at > until:
                return level
            return Level(
                maximum=0.0 if level is None else level.maximum,
                available=_REFUSED,
                restore_rate=1.0 / max(wait, _ROUNDING_SECONDS),
                at=until,
            )

        self._place.store.change(self._place.account, hold)

    def _current(self, held: Level | None) -> Level | None:
        if held is None:
            return None
        now = self._place.clock()
        length = 1.0 / held.restore_rate if held.restore_rate else _GUESSED_SECONDS
        # Beyond the window's length the clock was set back.
        if now < held.at <= now + length + LAG_SECONDS:
            return held
        if held.maximum == 0:
            return None
        ends = now + _GUESSED_SECONDS
        return Level(maximum=held.maximum, available=held.maximum, restore_rate=0.0, at=ends)

    def _wait(self, level: Level, cost: float, urgency: Urgency) -> float:
        left = level.at - self._place.clock()
        is_told = level.restore_rate > 0
        left_rate = min(1.0, left * level.restore_rate) if is_told else 1.0
        kept = KEPT[urgency] * level.maximum
        spare = level.available - min(cost, level.maximum) + POINT_FRACTION
        if spare >= math.floor(kept * max(left_rate, _LAST_RATE)):
            return 0.0
        if not is_told:
            return _LOOK_SECONDS
        if spare < math.floor(kept * _LAST_RATE):
            # The less urgent a request, the later after the reset it comes.
            return max(left, 0.0) + KEPT[urgency]
        shrunk = (math.floor(spare) + 1) / kept / level.restore_rate
        return max(left - shrunk, 0.0) + POINT_FRACTION


def _believed(level: Level, told: Level) -> Level:
    """What an answer makes of a level; answers come in another order than they were given in."""
    if _is_refused(level):
        return level
    available = min(level.available, told.available)
    if level.restore_rate == 0:
        return replace(told, available=available)
    if abs(told.at - level.at) <= _ROUNDING_SECONDS:
        longer = min(told.restore_rate, level.restore_rate)
        at = max(told.at, level.at)
        return replace(told, available=available, restore_rate=longer, at=at)
    return told if told.at > level.at else level


class DailyQuota(SharedLimit):
    """Calls per day, paced over the day; what is not used in the morning can be used at night.

    A part is ready at the reset, the rest becomes ready as the day goes by. The reserve is of what
    is left of the day.

    A level of minus one or less is refused until its `at`; below minus one is what it held before.

    Args:
        place: its clock is of seconds since 1970.
        zone, resets_at: when a new day begins: an IANA name and the time there.
    """

    def __init__(
        self, place: Place, *, limit: float, zone: str, resets_at: dt.time = dt.time(0)
    ) -> None:
        super().__init__(place)
        self._limit = limit * place.budget_share
        self._zone = ZoneInfo(zone)
        self._resets_at = resets_at

    def refused(self, retry_after: float | None = None) -> None:
        """Nobody calls until then; until the next reset if it is not said."""

        def hold(held: Level | None) -> Level:
            level, now = self._current(held), self._place.clock()
            end = self._day(now)[1]
            wait = end - now if retry_after is None else min(max(retry_after, 0.0), _DAY_SECONDS)
            until = now + wait
            before = level.available
            if _is_refused(level):
                until, before = max(until, level.at), _REFUSED - level.available
            if until >= end:
                before = self._limit * _HEAD_START_RATE
            return replace(level, available=_REFUSED - max(before, 0.0), at=until)

        self._place.store.change(self._place.account, hold)

    def _current(self, held: Level | None) -> Level:
        now = self._place.clock()
        if held is not None and _is_refused(held):
            if now < held.at <= now + _DAY_SECONDS + LAG_SECONDS:
                return held
            held = replace(held, available=_REFUSED - held.available)
        if held is not None:
            now = self._moment(held)
        start, end = self._day(now)
        pace = self._limit * (1 - _HEAD_START_RATE) / (end - start)
        ready, since = self._limit * _HEAD_START_RATE, start
        if held is not None and held.at >= start:
            ready, since = held.available, held.at
        ready = min(self._limit, ready + max(0.0, now - since) * pace)
        return Level(maximum=self._limit, available=ready, restore_rate=pace, at=now)

    def _wait(self, level: Level, cost: float, urgency: Urgency) -> float:
        if _is_refused(level):
            return level.at - self._place.clock() + KEPT[urgency]
        start, end = self._day(level.at)
        left = end - level.at
        shrinking = KEPT[urgency] * level.maximum / (end - start)
        missing = min(cost, level.maximum) + shrinking * left - level.available
        if missing <= POINT_FRACTION:
            return 0.0
        wait = missing / (level.restore_rate + shrinking)
        # The less urgent a call, the later after the reset it comes.
        return wait if wait < left else left + KEPT[urgency]

    def _day(self, moment: float) -> tuple[float, float]:
        """When the day of a moment begins and ends."""
        local = dt.datetime.fromtimestamp(moment, self._zone)
        date = local.date() if local.time() >= self._resets_at else local.date() - _ONE_DAY
        days = (date, date + _ONE_DAY)
        start, end = (dt.datetime.combine(day, self._resets_at, self._zone) for day in days)
        return start.timestamp(), end.timestamp()


def _is_refused(level: Level) -> bool:
    return level.available <= _REFUSED
