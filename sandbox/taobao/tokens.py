"""Access and refresh tokens: one pair in force; refreshing replaces both at once."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta

from sandbox.taobao.errors import TopError, refused


class Tokens:
    """The pair in force and until when its access token is good."""

    def __init__(self, session: str, refresh_token: str, nick: str) -> None:
        self._session, self._refresh, self._nick = session, refresh_token, nick
        self._until: datetime | None = None

    def last(self, until: datetime) -> None:
        """The access token in force is good until then."""
        self._until = until

    def check(self, session: str, now: datetime) -> None:
        """Let a call pass.

        Raises:
            TopError: the access token is not the one in force, or has expired.
        """
        is_known = hmac.compare_digest(session.encode(), self._session.encode())
        if not is_known or (self._until is not None and now >= self._until):
            raise TopError(27, "Invalid session", "invalid-sessionkey", "SessionKey非法")

    def renewed(self, refresh_token: str, now: datetime, *, lasts: timedelta) -> str:
        """Replace the pair and return the new one, as JSON text.

        Raises:
            TopError: the refresh token is not the one in force.
        """
        if not hmac.compare_digest(refresh_token.encode(), self._refresh.encode()):
            raise refused("refresh-token-invalid", "refresh_token非法")
        self._session = _next("access", self._session)
        self._refresh = _next("refresh", self._refresh)
        self._until = now + lasts
        seconds, until = int(lasts.total_seconds()), int(self._until.timestamp() * 1000)
        levels = ("r1", "r2", "w1", "w2")
        return json.dumps(
            {
                "access_token": self._session,
                "refresh_token": self._refresh,
                "token_type": "Bearer",
                "expires_in": seconds,
                "expire_time": until,
                "re_expires_in": seconds,
                "refresh_token_valid_time": until,
                "taobao_user_nick": self._nick,
                **{f"{level}_expires_in": seconds for level in levels},
                **{f"{level}_valid": until for level in levels},
            },
            ensure_ascii=False,
        )


def _next(kind: str, token: str) -> str:
    return "620" + hashlib.sha256(f"{kind} after {token}".encode()).hexdigest()[:40]
