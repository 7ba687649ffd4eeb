"""Tokens that end: renewed early, kept before use, and once after a refusal."""

import datetime as dt
import logging
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from connectors.base.auth import OAuth2Refresh, OwnTokens, RefreshedToken
from connectors.base.http import Http
from connectors.base.retry import TokenRejectedError
from contracts.errors import SourceContractError, SourceRejectedError, TransientSourceError
from contracts.tokens import Tokens

HOUR = 3600.0


def instant(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


class Platform:
    """Gives tokens of an hour; a refresh token is spent by its use, the first is the merchant's."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0
        self.given = 0
        self.good: str | None = "settings"
        self.asked: list[str] = []

    def __call__(self, held: Tokens | None) -> Tokens:
        spent = held.refresh if held is not None else "settings"
        self.asked.append(str(spent))
        if spent != self.good:
            raise SourceRejectedError("the refresh token is not good")
        self.given += 1
        self.good = f"refresh-{self.given}"
        return Tokens(
            access=f"access-{self.given}", refresh=self.good, expires_at=instant(self.now + HOUR)
        )

    def token(self, store: OwnTokens | None = None) -> RefreshedToken:
        return RefreshedToken(self, store, "shop", wall_clock=lambda: self.now)


def test_a_token_is_asked_for_once_and_used_until_it_is_about_to_end() -> None:
    platform = Platform()
    token = platform.token()
    assert [token.access(), token.access()] == ["access-1", "access-1"]
    platform.now += HOUR - 121
    assert token.access() == "access-1"
    platform.now += 2
    assert token.access() == "access-2"
    assert platform.asked == ["settings", "refresh-1"]


def test_who_starts_later_uses_what_was_renewed_and_not_what_is_spent() -> None:
    platform, store = Platform(), OwnTokens()
    platform.token(store).access()
    platform.now += 2 * HOUR
    assert platform.token(store).access() == "access-2"
    assert platform.token(store).access() == "access-2"
    assert platform.asked == ["settings", "refresh-1"]


def test_a_rotated_token_is_kept_before_it_is_used() -> None:
    platform = Platform()

    class Full(OwnTokens):
        def save(self, account: str, tokens: Tokens) -> None:
            raise OSError("no space left")

    token = platform.token(Full())
    with pytest.raises(OSError, match="no space"):
        token.access()
    assert token._held is None


def test_two_threads_do_not_spend_one_refresh_token() -> None:
    platform, store = Platform(), OwnTokens()
    got: list[str] = []
    users = [
        threading.Thread(target=lambda: got.append(platform.token(store).access()))
        for _ in range(8)
    ]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert set(got) == {"access-1"}
    assert platform.asked == ["settings"]


def refusing(*refused: str) -> Callable[[str], str]:
    def send(token: str) -> str:
        if token in refused:
            raise TokenRejectedError("HTTP 401")
        return f"sent with {token}"

    return send


def test_a_refused_token_is_renewed_once_and_the_request_repeated() -> None:
    platform = Platform()
    assert platform.token().call(refusing("access-1")) == "sent with access-2"


def test_a_refusal_of_the_new_token_too_is_no_loop_not_even_over_requests() -> None:
    platform = Platform()
    token = platform.token()
    for _ in range(5):
        with pytest.raises(SourceRejectedError):
            token.call(refusing("access-1", "access-2", "access-3"))
    assert platform.given == 2


def test_a_renewed_token_that_was_good_and_is_taken_back_early_is_renewed_again() -> None:
    platform = Platform()
    token = platform.token()
    assert token.call(refusing("access-1")) == "sent with access-2"
    assert token.call(refusing("access-2")) == "sent with access-3"


def test_what_another_has_renewed_after_a_refusal_is_used() -> None:
    platform, store = Platform(), OwnTokens()
    one, other = platform.token(store), platform.token(store)
    assert one.access() == other.access()
    assert one.renew("access-1") == other.renew("access-1") == "access-2"
    assert platform.given == 2


def test_a_new_authorisation_in_the_settings_replaces_what_no_longer_works() -> None:
    platform, store = Platform(), OwnTokens()
    platform.token(store).access()
    platform.good = "settings"  # the merchant authorised again
    platform.now += 2 * HOUR
    assert platform.token(store).access() == "access-2"
    assert platform.asked == ["settings", "refresh-1", "settings"]


def test_a_platform_that_does_not_rotate_keeps_its_refresh_token() -> None:
    now = 1_795_000_000.0
    store = OwnTokens()
    until = instant(now + 100 * HOUR)
    store.save(
        "shop", Tokens(access="a", refresh="r", expires_at=instant(now), refresh_expires_at=until)
    )

    def ask(_held: Tokens | None) -> Tokens:
        return Tokens(access="b", refresh=None, expires_at=instant(now + HOUR))

    assert RefreshedToken(ask, store, "shop", wall_clock=lambda: now).access() == "b"
    held = store.load("shop")
    assert held is not None
    assert (held.refresh, held.refresh_expires_at) == ("r", until)


def oauth(answer: httpx.Response, seen: list[httpx.Request]) -> OAuth2Refresh:
    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer

    return OAuth2Refresh(
        http=Http(
            "https://api.example.com",
            headers={},
            transport=httpx.MockTransport(reply),
            resolve=lambda _: ["23.227.38.33"],
        ),
        path="/auth/o2/token",
        client_id="app",
        client_secret="hidden-secret",
        refresh="hidden-refresh",
        wall_clock=lambda: 1000.0,
    )


def test_oauth2_asks_by_form_and_never_by_query() -> None:
    seen: list[httpx.Request] = []
    given = {"access_token": "a", "expires_in": 3600, "token_type": "bearer", "refresh_token": "r"}
    ask = oauth(httpx.Response(200, json=given), seen)
    assert ask(None) == Tokens(access="a", refresh="r", expires_at=instant(4600))
    ask(Tokens(access="a", refresh="newer", expires_at=instant(0)))
    assert [dict(parse_qsl(request.content.decode())) for request in seen] == [
        {
            "grant_type": "refresh_token",
            "refresh_token": spent,
            "client_id": "app",
            "client_secret": "hidden-secret",
        }
        for spent in ("hidden-refresh", "newer")
    ]
    assert {str(request.url) for request in seen} == {"https://api.example.com/auth/o2/token"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(400, json={"error": "invalid_grant"}), SourceRejectedError),
        (httpx.Response(503), TransientSourceError),
        (httpx.Response(200, json={"error": "invalid_grant"}), SourceContractError),
        (httpx.Response(200, content=b"<html>"), SourceContractError),
    ],
)
def test_a_refused_refresh_is_an_error_that_tells_no_secret(
    answer: httpx.Response, error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ask = oauth(answer, [])
    with pytest.raises(error) as caught:
        ask(None)
    assert "hidden" not in f"{caught.value}{caplog.text}{ask!r}"


def test_tokens_are_not_shown() -> None:
    shown: Any = Tokens(access="hidden-a", refresh="hidden-r", expires_at=instant(0))
    assert "hidden" not in f"{shown} {shown!r}"
