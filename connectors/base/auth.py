"""Access tokens that end: renewed early, once for all who share them, and kept before use."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec

from connectors.base.http import Http
from connectors.base.retry import TokenRejectedError
from connectors.base.wire import decoded
from contracts.errors import SourceRejectedError
from contracts.ports import TokenStore
from contracts.tokens import Tokens

Answer = TypeVar("Answer")

Ask = Callable[[Tokens | None], Tokens]
"""Asks the platform for new tokens in exchange for those held; null: for those in the settings."""


class OwnTokens:
    """A store of one process alone; answers `contracts.ports.TokenStore`."""

    def __init__(self) -> None:
        self._held: dict[str, Tokens] = {}
        self._lock = threading.Lock()

    def load(self, account: str) -> Tokens | None:
        """The newest tokens of an account."""
        return self._held.get(account)

    def save(self, account: str, tokens: Tokens) -> None:
        """Keep them in place of the earlier ones."""
        self._held[account] = tokens

    @contextmanager
    def lease(self, account: str) -> Iterator[None]:
        """Wait until nobody else renews; the accounts of one process are few, they share a lock."""
        with self._lock:
            yield


class RefreshedToken:
    """The access token of an account. Thread-safe.

    A new token is kept in the store before it is used: a refresh token that was rotated is worth
    nothing to the platform, and losing the new one means asking the merchant to authorise again.

    Args:
        ask: gets new tokens; it asks once, without retries of its own beyond what is harmless.
        store, account: who else uses this account meets us there; nobody if not given.
        wall_clock: seconds since 1970.
        early: a token that ends sooner than this is renewed before it is used.
    """

    def __init__(
        self,
        ask: Ask,
        store: TokenStore | None,
        account: str,
        *,
        wall_clock: Callable[[], float] = time.time,
        early: dt.timedelta = dt.timedelta(minutes=2),
    ) -> None:
        self._ask = ask
        self._store = store or OwnTokens()
        self._account = account
        self._wall_clock = wall_clock
        self._early = early
        self._held: Tokens | None = None
        self._last_resort: str | None = None

    def access(self) -> str:
        """A token that is good for a while yet.

        Raises:
            SourceRejectedError: the platform gives none: a person has to authorise again.
            BusyError: another process has been renewing it for too long.
        """
        held = self._held
        if held is None or not self._lasts(held):
            held = self._renewed(rejected=None)
        return held.access

    def renew(self, rejected: str) -> str:
        """Another token than the one that the platform refused.

        Raises:
            SourceRejectedError: the refused one came from a refusal already: it is not the token.
        """
        if rejected == self._last_resort:
            raise SourceRejectedError(
                f"{self._account} refuses a token that it has just given: look at the permissions"
            )
        held = self._renewed(rejected=rejected)
        self._last_resort = held.access
        return held.access

    def call(self, send: Callable[[str], Answer]) -> Answer:
        """Send with a token; when the token is refused, once more with another one.

        Raises:
            TokenRejectedError: that was refused too.
        """
        token = self.access()
        try:
            answer = send(token)
        except TokenRejectedError:
            token = self.renew(token)
            answer = send(token)
        if token == self._last_resort:
            # It was good once: when it is refused later, another one may be good again.
            self._last_resort = None
        return answer

    def _renewed(self, *, rejected: str | None) -> Tokens:
        """What somebody else has renewed meanwhile, else new tokens."""
        with self._store.lease(self._account):
            held = self._store.load(self._account)
            if held is None or held.access == rejected or not self._lasts(held):
                held = self._asked(held)
                self._store.save(self._account, held)
            self._held = held
            return held

    def _asked(self, held: Tokens | None) -> Tokens:
        try:
            new = self._ask(held)
        except SourceRejectedError:
            if held is None:
                raise
            # What a person has put into the settings since is newer than what we hold.
            new, held = self._ask(None), None
        if new.refresh is not None or held is None:
            return new
        return replace(new, refresh=held.refresh, refresh_expires_at=held.refresh_expires_at)

    def _lasts(self, tokens: Tokens) -> bool:
        return tokens.expires_at.timestamp() - self._early.total_seconds() > self._wall_clock()


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: float
    refresh_token: str | None = None
    refresh_token_expires_in: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2Refresh:
    """Asks for tokens by OAuth 2's form of a refresh (RFC 6749, section 6); an `Ask`.

    Args:
        http: of the host that gives tokens, which is often another than the API's.
        refresh: the refresh token of the settings, with which it begins.
        wall_clock: seconds since 1970.
    """

    http: Http
    path: str
    client_id: str
    client_secret: str = field(repr=False)
    refresh: str = field(repr=False)
    wall_clock: Callable[[], float] = time.time

    def __call__(self, held: Tokens | None) -> Tokens:
        """New tokens.

        Raises:
            SourceRejectedError: the refresh token is not, or no longer, good.
            ShopkeeperError: as `Http.request`.
        """
        spent = (held.refresh if held else None) or self.refresh
        fields = (
            ("grant_type", "refresh_token"),
            ("refresh_token", spent),
            ("client_id", self.client_id),
            ("client_secret", self.client_secret),
        )
        asked_at = self.wall_clock()
        answer = self.http.post_form(self.path, fields, most=1)
        granted = decoded(msgspec.json.Decoder(_Granted).decode, answer.body)
        return Tokens(
            access=granted.access_token,
            refresh=granted.refresh_token,
            expires_at=_instant(asked_at + granted.expires_in),
            refresh_expires_at=None
            if granted.refresh_token_expires_in is None
            else _instant(asked_at + granted.refresh_token_expires_in),
        )


def _instant(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
