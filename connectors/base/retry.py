"""One retry policy: exponential backoff with full jitter; the platform's stated wait goes first."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from connectors.base.waiting import pause
from contracts.errors import NotAppliedError as NotAppliedError
from contracts.errors import SourceRejectedError, TransientSourceError

Answer = TypeVar("Answer")


class ThrottledError(NotAppliedError):
    """The platform's limit refused it; the limit that we keep is told, as `refused`."""


class TokenRejectedError(SourceRejectedError):
    """The access token is not, or no longer, good for this; a renewed one may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often and how patiently a request is repeated. Durations are seconds.

    Tests pass a `sleep` that records instead of waiting.
    """

    attempts: int = 6
    first_wait: float = 0.5
    longest_wait: float = 60.0
    sleep: Callable[[float], None] = pause
    jitter: Callable[[], float] = random.random

    def call(
        self,
        ask: Callable[[], Answer],
        *,
        repeats: type[TransientSourceError] = TransientSourceError,
    ) -> Answer:
        """Ask until it answers. Only errors of class `repeats` are worth another try.

        Raises:
            TransientSourceError: the last attempt failed too, or the stated wait is too long.
        """
        for attempt in range(1, self.attempts + 1):
            try:
                return ask()
            except repeats as error:
                wait = self._wait(attempt, error.retry_after)
                if attempt == self.attempts or wait > self.longest_wait:
                    raise
                self.sleep(wait)
        raise AssertionError("a policy has at least one attempt")

    def _wait(self, attempt: int, stated: float | None) -> float:
        if stated is not None:
            return stated
        return min(self.longest_wait, self.first_wait * 2.0 ** (attempt - 1)) * self.jitter()
