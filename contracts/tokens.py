"""Tokens that a platform gives for a while and takes back."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Tokens:
    """An access token and what renews it; instants are UTC.

    `refresh` is None where something else renews it, `refresh_expires_at` where it does not end.
    """

    access: str
    refresh: str | None
    expires_at: dt.datetime
    refresh_expires_at: dt.datetime | None = None

    def __repr__(self) -> str:
        """When it ends, never what it is: representations reach logs."""
        return f"Tokens(expires_at={self.expires_at.isoformat()})"
