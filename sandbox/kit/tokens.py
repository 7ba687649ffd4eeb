"""Tokens: pairs of which one renews the other, and opaque ones that stand for something."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from sandbox.kit.errors import RefusedError

KEPT_TOKENS: Final = 10_000

T = TypeVar("T")


def is_same(given: str, own: str) -> bool:
    """Whether a secret is ours, found in a time that tells nothing of it."""
    return hmac.compare_digest(given.encode(), own.encode())


class TokenPair:
    """The access and the refresh token in force; renewing replaces both at once."""

    def __init__(self, access: str, refresh: str, *, prefix: str = "") -> None:
        self.access, self.refresh, self._prefix = access, refresh, prefix
        self.until = datetime.max.replace(tzinfo=UTC)

    def is_good(self, access: str, now: datetime) -> bool:
        """Whether it is the access token in force, and not over."""
        return is_same(access, self.access) and now < self.until

    def renew(self, now: datetime, lasts: timedelta) -> None:
        """Put the next pair in force."""
        self.access, self.refresh = self._next("access"), self._next("refresh")
        self.until = now + lasts

    def _next(self, kind: str) -> str:
        text = f"{kind} after {getattr(self, kind)}".encode()
        return self._prefix + hashlib.sha256(text).hexdigest()[:40]


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


class PageTokens:
    """Tokens for the pages of lists; a token of one list is none of another."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._places: Expiring[tuple[str, Any]] = Expiring(now)

    def put(self, kind: str, place: Any, *, seconds: float) -> str:
        """A token for the page that begins at a place."""
        return self._places.put((kind, place), seconds=seconds)

    def place(self, kind: str, token: str | None, over: RefusedError) -> Any:
        """Where the page of a token begins; None without a token: the first page is wanted.

        Raises:
            RefusedError: the token is over, or of another list.
        """
        if token is None:
            return None
        known, place = self._places.get(token) or ("", None)
        if known != kind:
            raise over
        return place
