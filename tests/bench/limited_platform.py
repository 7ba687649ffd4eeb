"""A platform that only limits: one address per kind of limit, on its own clock.

It shares no code with what it measures: `limited_platform RESETS` serves on the loopback, prints
its address and tells under /log what it let through. RESETS: the time of day in Shanghai at which
a day begins, in seconds.
"""

import json
import math
import sys
import threading
import time
from collections import Counter, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qs, urlsplit

TOKEN_RATE, TOKEN_BURST = 5.0, 20.0
POINTS, POINTS_PER_SECOND = 1000.0, 100.0
WINDOWS = {1.0: 20, 60.0: 600}
HEADER_LIMIT, HEADER_SECONDS = 100, 15.0
CALLS_PER_DAY = 86_400
PERMITTED_PER_SECOND = {
    "token_bucket": TOKEN_RATE,
    "cost_bucket": POINTS_PER_SECOND,
    "fixed_windows": WINDOWS[60.0] / 60.0,
    "header_reset": HEADER_LIMIT / HEADER_SECONDS,
    "daily_quota": CALLS_PER_DAY / 86_400,
}
_SHANGHAI_SECONDS = 8 * 3600


class Rule(Protocol):
    """What one address permits."""

    def admit(self, units: float, now: float) -> tuple[float, dict[str, str]] | None:
        """Units that count and headers that tell; null: refused. `now` is a monotonic clock's."""
        ...

    def refusal(self, now: float) -> dict[str, str]:
        """Headers of a refusal."""
        ...


class Tokens:
    """A token bucket that says nothing when it refuses."""

    def __init__(self) -> None:
        self._level, self._at = TOKEN_BURST, time.monotonic()

    def admit(self, units: float, now: float) -> tuple[float, dict[str, str]] | None:
        self._level = min(TOKEN_BURST, self._level + (now - self._at) * TOKEN_RATE)
        self._at = now
        if self._level < units:
            return None
        self._level -= units
        return units, {}

    def refusal(self, now: float) -> dict[str, str]:
        return {}


class Points:
    """A leaky bucket that tells its state; a request takes less than it had to ask for."""

    def __init__(self) -> None:
        self._level, self._at = POINTS, time.monotonic()

    def admit(self, units: float, now: float) -> tuple[float, dict[str, str]] | None:
        self._level = min(POINTS, self._level + (now - self._at) * POINTS_PER_SECOND)
        self._at = now
        if self._level < units:
            return None
        used = 0.7 * units
        self._level -= used
        return used, {"x-used": f"{used}", "x-available": f"{int(self._level)}"}

    def refusal(self, now: float) -> dict[str, str]:
        return {"retry-after": "1"}


class Windows:
    """Windows that slide, which is the strictest reading of a burst and what is steady."""

    def __init__(self) -> None:
        self._seen: deque[float] = deque()

    def admit(self, units: float, now: float) -> tuple[float, dict[str, str]] | None:
        while self._seen and self._seen[0] <= now - max(WINDOWS):
            self._seen.popleft()
        for seconds, permitted in WINDOWS.items():
            if sum(at > now - seconds for at in self._seen) + units > permitted:
                return None
        self._seen.append(now)
        return units, {}

    def refusal(self, now: float) -> dict[str, str]:
        return {"retry-after": "1"}


class Told:
    """A window of the platform's own, of which each answer tells in whole seconds."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()

    def admit(self, units: float, now: float) -> tuple[float, dict[str, str]] | None:
        number = math.floor(now / HEADER_SECONDS)
        if self._counts[number] + units > HEADER_LIMIT:
            return None
        self._counts[number] += 1
        return units, {
            "x-limit": str(HEADER_LIMIT),
            "x-remaining": str(HEADER_LIMIT - self._counts[number]),
            "x-reset": self._left(now),
        }

    def refusal(self, now: float) -> dict[str, str]:
        return {"retry-after": self._left(now)}

    def _left(self, now: float) -> str:
        return str(math.ceil(HEADER_SECONDS - now % HEADER_SECONDS))


class Day:
    """A count per day of Shanghai; refused is refused until the next one."""

    def __init__(self, resets: float) -> None:
        self._resets = resets
        self._counts: Counter[int] = Counter()

    def admit(self, units: float, now: float) -> tuple[float, dict[str, str]] | None:
        day, _ = self._moment()
        if self._counts[day] + units > CALLS_PER_DAY:
            return None
        self._counts[day] += int(units)
        return units, {}

    def refusal(self, now: float) -> dict[str, str]:
        return {"retry-after": str(math.ceil(86_400 - self._moment()[1]))}

    def _moment(self) -> tuple[int, float]:
        day, second = divmod(time.time() + _SHANGHAI_SECONDS - self._resets, 86_400)
        return int(day), second


class Platform(BaseHTTPRequestHandler):
    """Answers /KIND?units=N and /log."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rules: ClassVar[dict[str, Rule]] = {}
    admitted: ClassVar[dict[str, list[tuple[float, float]]]] = {}
    refused: ClassVar[Counter[str]] = Counter()
    lock: ClassVar[threading.Lock] = threading.Lock()

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        kind = asked.path.strip("/")
        if kind == "log":
            with self.lock:
                log = {"admitted": self.admitted, "refused": self.refused}
                self._answer(200, json.dumps(log).encode(), {})
            return
        units = float(parse_qs(asked.query)["units"][0])
        with self.lock:
            now = time.monotonic()
            passed = self.rules[kind].admit(units, now)
            if passed is not None:
                self.admitted[kind].append((now, passed[0]))
            else:
                self.refused[kind] += 1
        if passed is not None:
            self._answer(200, b"{}", passed[1])
        else:
            self._answer(429, b"{}", self.rules[kind].refusal(now))

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""


def main() -> None:
    Platform.rules = {
        "token_bucket": Tokens(),
        "cost_bucket": Points(),
        "fixed_windows": Windows(),
        "header_reset": Told(),
        "daily_quota": Day(float(sys.argv[1])),
    }
    Platform.admitted = {kind: [] for kind in Platform.rules}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Platform)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
