"""How often an app may call: windows of a second and the app's quota of a day in GMT+8."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.taobao.errors import limited
from sandbox.taobao.values import BEIJING


@dataclass(frozen=True)
class Rates:
    """Calls permitted: of the app per second, of the app per second and API, of the app per day."""

    per_second: int = 100
    api_per_second: int = 50
    per_day: int = 1_000_000


class Limiter:
    """Counts calls on a clock that gives instants; a call that is refused is not counted."""

    def __init__(self, rates: Rates, now: Callable[[], datetime]) -> None:
        self._rates, self._now = rates, now
        self._day, self._calls = now().astimezone(BEIJING).date(), 0
        self._second, self._in_second = -1, dict[str, int]()

    def take(self, method: str) -> None:
        """Count a call.

        Raises:
            TopError: the app is banned, for as long as the error says.
        """
        now = self._now().astimezone(BEIJING)
        if now.date() != self._day:
            self._day, self._calls = now.date(), 0
        second = int(now.timestamp())
        if second != self._second:
            self._second, self._in_second = second, {}
        if self._calls >= self._rates.per_day:
            raise limited("app", _until_midnight(now))
        if sum(self._in_second.values()) >= self._rates.per_second:
            raise limited("dynamic", 1)
        if self._in_second.get(method, 0) >= self._rates.api_per_second:
            raise limited("app-api", 1)
        self._calls += 1
        self._in_second[method] = self._in_second.get(method, 0) + 1


def _until_midnight(now: datetime) -> int:
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight - now).total_seconds()) + 1
