"""Usage plans: one token bucket per operation, and opaque tokens that end after a time."""

import secrets
from collections.abc import Callable
from typing import Final, Generic, TypeVar

KEPT_TOKENS: Final = 10_000

T = TypeVar("T")


class TokenBucket:
    """Requests an operation still takes: `burst` at most, `rate` more per second."""

    def __init__(self, rate: float, burst: int, now: Callable[[], float]) -> None:
        self._rate, self._burst, self._now = rate, float(burst), now
        self._level, self._at = float(burst), now()

    def take(self) -> bool:
        """Take one request if there is one."""
        now = self._now()
        self._level = min(self._burst, self._level + (now - self._at) * self._rate)
        self._at = now
        # Refilling in many small steps may leave a whole request short by a rounding error.
        if self._level < 1 - 1e-9:
            return False
        self._level = max(0.0, self._level - 1)
        return True


class Expiring(Generic[T]):
    """Opaque tokens, each standing for something for some seconds; the oldest are forgotten."""

    def __init__(self, now: Callable[[], float], *, prefix: str = "") -> None:
        self._now, self._prefix = now, prefix
        self._kept: dict[str, tuple[float, T]] = {}

    def put(self, value: T, *, seconds: float) -> str:
        """A new token for `value`."""
        token = self._prefix + secrets.token_urlsafe(24)
        self._kept[token] = (self._now() + seconds, value)
        if len(self._kept) > KEPT_TOKENS:
            self._kept.pop(next(iter(self._kept)))
        return token

    def get(self, token: str) -> T | None:
        """What the token stands for; None when it is over or was never given."""
        end, value = self._kept.get(token, (float("-inf"), None))
        return value if self._now() < end else None

    def was_given(self, token: str) -> bool:
        """Whether there was such a token, over or not."""
        return token in self._kept
