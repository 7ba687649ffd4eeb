"""Errors, one class per recovery: what a caller does next decides the class.

ShopkeeperError
├── ConfigurationError      stop, tell a person, never retry
├── TransientSourceError    retry with backoff, honour the stated wait
├── SourceRejectedError     stop this shop, the others go on
├── SourceContractError     quarantine; above a threshold stop the batch; raw is kept: fix, replay
└── BusyError               nothing was done; a later try may find it free

A message is one sentence that says what, where and what to do; it never holds a URL, a response
body, a secret or personal data, because messages reach logs, artifacts and screens.
"""

_LONGEST = 2_000


class ShopkeeperError(Exception):
    """Base of every error that an operator reads in one sentence.

    It may quote a name that others chose: line breaks and escape codes become blanks, so that it is
    one line in a log and moves no cursor on a screen.
    """

    def __str__(self) -> str:
        text = "".join(sign if sign.isprintable() else " " for sign in super().__str__())
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


class ConfigurationError(ShopkeeperError):
    """A setting is missing or wrong; a retry cannot help."""


class TransientSourceError(ShopkeeperError):
    """Time-out, 429, 5xx or a "busy" code inside HTTP 200; `retry_after` is the stated wait."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotAppliedError(TransientSourceError):
    """Transient, and the platform certainly did nothing: a write may be sent again."""


class SourceRejectedError(ShopkeeperError):
    """A revoked token, a bad signature or another final refusal by the platform."""


class SourceContractError(ShopkeeperError):
    """The platform answered in a shape or with a code that we do not know."""


class BusyError(ShopkeeperError):
    """Another process of ours is at it, or the database does not answer; nothing was done."""
