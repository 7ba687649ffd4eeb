"""JOS, the gateway of JD's open platform: signing, envelope, three levels of success, tokens."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final, Self, TypeVar

import msgspec
from pydantic import AwareDatetime, Field, SecretStr, model_validator

from connectors.base.account import AccountCheck
from connectors.base.auth import RefreshedToken
from connectors.base.gateway import (
    GatewayClient,
    GatewayError,
    GatewaySettings,
    RefusedCallError,
    china_time,
    only_member,
    refusal_by,
)
from connectors.base.retry import ThrottledError, TokenRejectedError
from connectors.base.signing import Fields, md5_wrapped, signed
from connectors.base.wire import Text, decoded, lenient
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.tokens import Tokens

URL, LOGIN_URL = "https://api.jd.com", "https://open-oauth.jd.com"
_REFRESH: Final = "/oauth2/refresh_token"
# A token is renewed in its last day and no earlier; our clock may be off by a minute.
_LAST_DAY: Final = dt.timedelta(hours=23, minutes=59)
_SOON: Final = dt.timedelta(minutes=2)
_SAFE = re.compile(r"[A-Za-z0-9_.:-]{1,100}")

ERRORS: Final[Mapping[str, type[ShopkeeperError]]] = {
    "1": TransientSourceError,  # service is not available
    "2": ThrottledError,  # calls of the app are limited
    **dict.fromkeys(("3", "9", "10", "13", "16", "17"), SourceRejectedError),  # of the request
    **dict.fromkeys(("4", "5", "6"), SourceRejectedError),  # version
    **dict.fromkeys(("7", "8"), SourceRejectedError),  # timestamp
    **dict.fromkeys(("11", "12"), SourceRejectedError),  # signature
    **dict.fromkeys(("14", "15", "23", "50"), SourceRejectedError),  # method
    **dict.fromkeys(("18", "19"), TokenRejectedError),  # access token
    **dict.fromkeys(("20", "21", "22", "24", "25"), SourceRejectedError),  # app and its permissions
    **dict.fromkeys(("26", "27"), RefusedCallError),  # mobile
    **dict.fromkeys(("43", "65", "66", "67", "69"), TransientSourceError),  # the service behind
    **dict.fromkeys(("60", "61", "62", "63", "68", "70", "71"), RefusedCallError),  # arguments
    **dict.fromkeys(("64", "72", "73"), SourceRejectedError),  # kind of shop or app
}
"""What a code of the gateway means, by the platform's list."""
_TIMESTAMP: Final = "8"


class JosSettings(GatewaySettings):
    """One shop's account with an app of the open platform."""

    access_token: SecretStr = Field(min_length=1, description="Access token of the shop")
    refresh_token: SecretStr | None = Field(
        default=None, min_length=1, description="Refresh token of the shop, which renews the other"
    )
    token_ends_at: AwareDatetime | None = Field(
        default=None,
        examples=["2026-12-01T08:00:00+08:00"],
        description="When the access token ends; it is renewed in its last day, and not after it",
    )

    @model_validator(mode="after")
    def _knows_its_last_day(self) -> Self:
        if (self.refresh_token is None) != (self.token_ends_at is None):
            raise ValueError("a refresh_token and token_ends_at are given together")
        return self

    @property
    def url(self) -> str:
        """See `ApiSettings`."""
        return self.url_or(URL)

    @property
    def account(self) -> str:
        """See `ApiSettings`."""
        return f"jos:{self.app_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """Where an answer of a method says whether it did what it was asked, below the envelope.

    `path` is of members joined by dots; in it `success` is true, and `code` is `wanted` where the
    method has one.
    """

    path: str = ""
    code: str = ""
    wanted: str = ""


class _Error(msgspec.Struct):
    code: Text


class _Inside(msgspec.Struct):
    code: Text | None = None


class _Granted(msgspec.Struct):
    access_token: Text | None = None
    expires_in: float | None = None
    refresh_token: Text | None = None
    code: Text | None = None


class _Shop(msgspec.Struct):
    shop_name: Text | None = None
    shop_id: Text | None = None


class _ShopAnswer(msgspec.Struct):
    shop_jos_result: _Shop


_ENVELOPE = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ERROR, _INSIDE, _GRANTED = lenient(_Error), lenient(_Inside), lenient(_Granted)
_SHOP = lenient(_ShopAnswer)
_PLAIN = msgspec.json.Decoder(dict[str, Any])
Settings = TypeVar("Settings", bound=JosSettings)


def _told(code: object) -> str:
    """A code as a message may repeat it; a text never is."""
    return f" {code}" if isinstance(code, str) and _SAFE.fullmatch(code) else ""


def _error_of(code: str) -> ShopkeeperError:
    """What a code of the gateway is to us."""
    return ERRORS.get(code, SourceContractError)(f"the platform answered error{_told(code)}")


def _error(body: bytes) -> GatewayError | None:
    if b"error_response" not in body:
        return None
    try:
        found = _ENVELOPE.decode(body).get("error_response")
        code = None if found is None else str(_ERROR.decode(found).code)
    except msgspec.DecodeError:
        return None
    if code is None:
        return None
    return GatewayError(error=_error_of(code), is_clock=code == _TIMESTAMP)


class JosClient(GatewayClient[Settings]):
    """Calls for one shop, as `GatewayClient`. Parameters are JSON values."""

    PATH = "/routerjson"
    CLOCK = "jingdong.vender.shop.query"
    REFUSAL = refusal_by(_error)
    SUCCESS: ClassVar[Mapping[str, Success]] = {}
    """By the name of a method; one that is not named fails where it says so, at the top or one
    level below, and else succeeds."""

    def prepare(self) -> None:
        """See `AccountClient`."""
        login = self.settings.base_url or LOGIN_URL
        self._login = self.connection(login, headers={})
        super().prepare()

    def signed(
        self, method: str, params: Mapping[str, Any], token: str, stamp: dt.datetime
    ) -> Fields:
        """See `GatewayClient`: all parameters of the method are one JSON text."""
        asked = {name: value for name, value in params.items() if value not in (None, "")}
        fields = {
            "method": method,
            "app_key": self.settings.app_key,
            "access_token": token,
            "timestamp": china_time(stamp),
            "v": "2.0",
            "360buy_param_json": msgspec.json.encode(asked).decode(),
        }
        return signed(fields, partial(md5_wrapped, self.settings.app_secret.get_secret_value()))

    def opened(self, method: str, body: bytes) -> bytes:
        """The inside of the envelope, whose name the platform misspells; newer ones may not.

        Raises:
            SourceContractError: it is no response.
            ShopkeeperError: the envelope's code is an error, or the method says that it failed.
        """
        envelope = decoded(_ENVELOPE.decode, body)
        if "error_response" in envelope:
            raise SourceContractError("an error of the platform has an unknown shape")
        inside = bytes(only_member(envelope, suffix=("_responce", "_response")))
        code = decoded(_INSIDE.decode, inside).code
        if code not in (None, "0"):
            raise _error_of(str(code)) if code in ERRORS else _refused(method, code)
        told = decoded(_PLAIN.decode, inside)
        if (success := self.SUCCESS.get(method)) is not None:
            _check(method, success, told)
        elif any(one.get("success") in (False, "false") for one in _objects(told)):
            raise _refused(method, code)
        return inside

    def check(self) -> AccountCheck:
        """What the shop says of itself. Its currency and zone are the platform's; what the app may
        do is told by calls alone."""
        shop = decoded(_SHOP.decode, self.read(self.CLOCK, {}).data).shop_jos_result
        plan = f"POP, shop {shop.shop_id}" if shop.shop_id else "POP"
        return AccountCheck(
            name=shop.shop_name or "", currency="CNY", time_zone="Asia/Shanghai", plan=plan
        )

    def fixed_token(self) -> str:
        """See `GatewayClient`."""
        return self.settings.access_token.get_secret_value()

    def renewed_token(self) -> RefreshedToken | None:
        """See `GatewayClient`."""
        given, ends_at = self.settings.refresh_token, self.settings.token_ends_at
        if given is None or ends_at is None:
            return None
        own = Tokens(
            access=self.fixed_token(), refresh=given.get_secret_value(), expires_at=ends_at
        )
        return self.shared_token(partial(self._granted, own), given, early=_LAST_DAY)

    def _granted(self, own: Tokens, stored: Tokens | None) -> Tokens:
        """The tokens of the settings until their last day; in it, and of others, new ones.

        The platform renews a token only in its last day. So as long as it lasts, a login host that
        does not answer keeps nobody from work.
        """
        held = stored or own
        left = held.expires_at - dt.datetime.fromtimestamp(self.wall_clock(), dt.UTC)
        if stored is None and left > _LAST_DAY:
            return own
        if left <= dt.timedelta(0):
            raise SourceRejectedError("the access token has ended: authorise the app again")
        try:
            return self._refreshed(held)
        except TransientSourceError:
            if left < _SOON:
                raise
            return held

    def _refreshed(self, held: Tokens) -> Tokens:
        begun = self.wall_clock()
        fields = {
            "app_key": self.settings.app_key,
            "app_secret": self.settings.app_secret.get_secret_value(),
            "grant_type": "refresh_token",
            "refresh_token": held.refresh or "",
        }
        answer = self._login.post_form(_REFRESH, tuple(fields.items()), most=1)
        granted = decoded(_GRANTED.decode, answer.body)
        if granted.access_token is None or granted.expires_in is None:
            raise SourceRejectedError(f"no token is given: error{_told(granted.code)}")
        return Tokens(
            access=granted.access_token,
            refresh=granted.refresh_token,
            expires_at=dt.datetime.fromtimestamp(begun + granted.expires_in, dt.UTC),
        )


def _refused(method: str, code: object) -> RefusedCallError:
    return RefusedCallError(f"{method} failed: error{_told(code)}")


def _objects(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [told, *(one for one in told.values() if isinstance(one, dict))]


def _check(method: str, success: Success, inside: dict[str, Any]) -> None:
    """Whether a method did what it was asked.

    Raises:
        RefusedCallError: it says that it did not.
        SourceContractError: it does not say.
    """
    found: Any = inside
    for name in success.path.split(".") if success.path else ():
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        raise SourceContractError(f"an answer of {method} does not say whether it succeeded")
    code = str(found.get(success.code)) if success.code else ""
    if found.get("success") not in (True, "true") or code != success.wanted:
        raise _refused(method, code or str(found.get("code")))
