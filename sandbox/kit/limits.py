"""How often somebody may call: windows that begin anew, and buckets that fill."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """`most` calls of a key in each `seconds`; windows begin `offset` seconds before the clock's
    zero."""

    key: tuple[str, ...]
    seconds: float
    most: int
    offset: float = 0.0


class FixedWindows:
    """Counts calls on a clock that gives seconds; a call that is refused is not counted."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._counts: dict[tuple[tuple[str, ...], float], tuple[int, int]] = {}

    def take(self, windows: Sequence[Window]) -> list[Window]:
        """Count a call in all of its windows, unless some are full: those are returned."""
        full = [window for window in windows if self.used(window) >= window.most]
        for window in () if full else windows:
            count = self.used(window) + 1
            self._counts[window.key, window.seconds] = (self._number(window), count)
        return full

    def used(self, window: Window) -> int:
        """The calls in the window that is running."""
        number, used = self._counts.get((window.key, window.seconds), (-1, 0))
        return used if number == self._number(window) else 0

    def left(self, window: Window) -> int:
        """Whole seconds until the running window is over, at least one."""
        return max(1, math.ceil(window.seconds - self._place(window) % window.seconds))

    def _place(self, window: Window) -> float:
        return self._now() + window.offset

    def _number(self, window: Window) -> int:
        return math.floor(self._place(window) / window.seconds)


class TokenBucket:
    """Points that calls cost: `most` at once, `per_second` more as time passes."""

    def __init__(self, most: float, per_second: float, now: Callable[[], float]) -> None:
        self.most, self.per_second, self._now = float(most), per_second, now
        self._level, self._at = self.most, now()

    def level(self) -> float:
        """The points there are."""
        now = self._now()
        self._level = min(self.most, self._level + (now - self._at) * self.per_second)
        self._at = now
        return self._level

    def take(self, points: float = 1) -> bool:
        """Take points if there are that many."""
        # Refilling in many small steps may leave a whole point short by a rounding error.
        if self.level() < points - 1e-9:
            return False
        self._level = max(0.0, self._level - points)
        return True

    def give_back(self, points: float) -> None:
        """Return what a call turned out not to cost."""
        self._level = min(self.most, self.level() + points)
