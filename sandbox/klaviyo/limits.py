"""Fixed windows of one second and one minute, per operation of the account."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sandbox.klaviyo.operations import Rates

BURST_SECONDS: Final = 1
STEADY_SECONDS: Final = 60


@dataclass
class _Window:
    """The window that is running, by its number since the clock's zero, and what it counted."""

    number: int = -1
    used: int = 0


class Windows:
    """Counts requests on `clock` (seconds); what is refused is not counted."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, int], _Window] = {}

    def admit(self, operation: str, rates: Rates) -> int | None:
        """Count a request; returns the whole seconds to wait when a window is full."""
        now = self._clock()
        both = (
            (self._window(operation, BURST_SECONDS, now), rates.burst, BURST_SECONDS),
            (self._window(operation, STEADY_SECONDS, now), rates.steady, STEADY_SECONDS),
        )
        waits = [_left(now, seconds) for window, limit, seconds in both if window.used >= limit]
        if waits:
            return max(waits)
        for window, _, _ in both:
            window.used += 1
        return None

    def headers(self, operation: str, rates: Rates) -> dict[str, str]:
        """The state of the steady window, as answers other than 429 carry it."""
        now = self._clock()
        used = self._window(operation, STEADY_SECONDS, now).used
        return {
            "RateLimit-Limit": str(rates.steady),
            "RateLimit-Remaining": str(max(0, rates.steady - used)),
            "RateLimit-Reset": str(_left(now, STEADY_SECONDS)),
        }

    def _window(self, operation: str, seconds: int, now: float) -> _Window:
        window = self._windows.setdefault((operation, seconds), _Window())
        number = math.floor(now / seconds)
        if window.number != number:
            window.number, window.used = number, 0
        return window


def _left(now: float, seconds: int) -> int:
    """Whole seconds until the running window is over, at least one."""
    return max(1, math.ceil(seconds - now % seconds))
