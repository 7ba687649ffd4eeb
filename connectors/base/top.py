"""TOP, the gateway of Taobao, Tmall and their ads: signing, envelope, errors, tokens."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Literal, Self, TypeVar

import msgspec
from pydantic import Field, SecretStr, model_validator

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
from connectors.base.signing import Fields, hmac_hex, md5_wrapped, signed
from connectors.base.wire import decoded, lenient
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.tokens import Tokens

_REFRESH: Final = "taobao.top.auth.token.refresh"
_DAILY: Final = "accesscontrol.limited-by-app-access-count"
_EARLY: Final = dt.timedelta(minutes=2)
_SAFE = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_BAN = re.compile(r"last for (\d{1,6}) more second")

ERRORS: Final[Mapping[int, type[ShopkeeperError]]] = {
    3: SourceRejectedError,  # upload fails
    4: SourceRejectedError,  # calls of the user are limited
    5: SourceRejectedError,  # calls of the session are limited
    6: SourceRejectedError,  # calls of the partner are limited
    7: ThrottledError,  # calls of the app are limited
    8: ThrottledError,  # the app exceeds its frequency
    9: SourceRejectedError,  # HTTP action is not allowed
    10: TransientSourceError,  # service is not available
    11: SourceRejectedError,  # permissions of the developer
    12: SourceRejectedError,  # permissions of the user
    13: SourceRejectedError,  # permissions of the partner
    21: SourceRejectedError,  # method is missing
    22: SourceRejectedError,  # method is invalid
    23: SourceRejectedError,  # format is invalid
    24: SourceRejectedError,  # signature is missing
    25: SourceRejectedError,  # signature is invalid
    26: TokenRejectedError,  # session is missing
    27: TokenRejectedError,  # session is invalid
    28: SourceRejectedError,  # app key is missing
    29: SourceRejectedError,  # app key is invalid
    30: SourceRejectedError,  # timestamp is missing
    31: SourceRejectedError,  # timestamp is invalid
    32: SourceRejectedError,  # version is missing
    33: SourceRejectedError,  # version is invalid
    34: SourceRejectedError,  # version is not supported
    40: RefusedCallError,  # an argument is missing
    41: RefusedCallError,  # an argument is invalid
    42: SourceRejectedError,  # forbidden
    43: RefusedCallError,  # parameters are wrong
    53: TokenRejectedError,  # security level of the session is insufficient
}
"""What a code means by itself. 15 is the remote service's, and its sub code decides; so it does of
codes that are not listed."""


class TopError(msgspec.Struct):
    """An `error_response`."""

    code: int
    sub_code: str | None = None
    sub_msg: str | None = None

    @property
    def wait(self) -> float | None:
        """Seconds to leave the platform alone; null: it does not say."""
        stated = _BAN.search(self.sub_msg or "")
        return float(stated[1]) + 1.0 if stated else None

    def as_error(self) -> ShopkeeperError:
        """What it is to us. Texts are never repeated, codes are."""
        code = self.sub_code or ""
        sub_code = f" ({code})" if _SAFE.fullmatch(code) else ""
        message = f"the platform answered error {self.code}{sub_code}"
        known = ERRORS.get(self.code)
        if known is ThrottledError:
            return ThrottledError(message, retry_after=self.wait)
        if code.startswith("isp."):
            return TransientSourceError(message)
        if known is not None:
            return known(message)
        if code.startswith("isv."):
            return RefusedCallError(message)
        return SourceContractError(message)

    def as_gateway_error(self) -> GatewayError:
        """What it is to us, and which limit it is about."""
        code = self.sub_code or ""
        is_ban = "api-access-count" in code
        return GatewayError(
            error=self.as_error(),
            limit="day" if code == _DAILY else "method" if is_ban else "second",
            is_clock=self.code == 31,
        )


class TopSettings(GatewaySettings):
    """One shop's account with an app of the open platform."""

    LIVE_MARKS = ("610", "620")

    session: SecretStr | None = Field(
        default=None, min_length=1, description="Session key, of an app without refresh tokens"
    )
    refresh_token: SecretStr | None = Field(
        default=None,
        min_length=1,
        description="Refresh token, of an app that may renew its session",
    )
    sign_method: Literal["md5", "hmac", "hmac-sha256"] = Field(
        default="md5", description="Signature method set for your app in the console"
    )
    gateway: Literal["https://eco.taobao.com", "https://gw.api.taobao.com"] = Field(
        default="https://eco.taobao.com", description="Gateway of your app"
    )

    @model_validator(mode="after")
    def _has_one_token(self) -> Self:
        if (self.session is None) == (self.refresh_token is None):
            raise ValueError("an account has either a session or a refresh_token")
        return self

    @property
    def url(self) -> str:
        """See `ApiSettings`."""
        return self.url_or(self.gateway)

    @property
    def account(self) -> str:
        """See `ApiSettings`."""
        return f"top:{self.app_key}"


class _TokenAnswer(msgspec.Struct):
    token_result: str


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: float
    refresh_token: str | None = None


_ENVELOPE = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ERROR = lenient(TopError)
_TOKEN_ANSWER = msgspec.json.Decoder(_TokenAnswer)
_GRANTED = msgspec.json.Decoder(_Granted, strict=False)
Settings = TypeVar("Settings", bound=TopSettings)


def _error(body: bytes) -> GatewayError | None:
    if b"error_response" not in body:
        return None
    try:
        found = _ENVELOPE.decode(body).get("error_response")
        error = None if found is None else _ERROR.decode(found)
    except msgspec.DecodeError:
        return None
    return None if error is None else error.as_gateway_error()


class TopClient(GatewayClient[Settings]):
    """Calls for one shop, as `GatewayClient`."""

    PATH = "/router/rest"
    CLOCK = "taobao.time.get"
    IS_CLOCK_OPEN = True
    REFUSAL = refusal_by(_error)

    def signed(
        self, method: str, params: Mapping[str, Any], token: str, stamp: dt.datetime
    ) -> Fields:
        """See `GatewayClient`."""
        common = {
            "method": method,
            "app_key": self.settings.app_key,
            "session": token,
            "timestamp": china_time(stamp),
            "format": "json",
            "v": "2.0",
            "sign_method": self.settings.sign_method,
        }
        return signed({**params, **common}, _signer(self.settings))

    def opened(self, method: str, body: bytes) -> bytes:
        """The inside of the envelope, whatever its name: how tmall.* is wrapped is not confirmed.

        Raises:
            SourceContractError: it is no response.
        """
        envelope = decoded(_ENVELOPE.decode, body)
        if "error_response" in envelope:
            raise SourceContractError("an error of the platform has an unknown shape")
        return bytes(only_member(envelope, suffix="_response"))

    def fixed_token(self) -> str:
        """See `GatewayClient`."""
        session = self.settings.session
        return "" if session is None else session.get_secret_value()

    def renewed_token(self) -> RefreshedToken | None:
        """See `GatewayClient`."""
        given = self.settings.refresh_token
        if given is None:
            return None
        return self.shared_token(partial(self._granted, given), given, early=_EARLY)

    def _granted(self, given: SecretStr, stored: Tokens | None) -> Tokens:
        spent = (stored.refresh if stored else None) or given.get_secret_value()
        begun = self.wall_clock()
        answer = self.writing(
            lambda: self.sent(_REFRESH, {"refresh_token": spent}, "", self.urgency)
        )
        text = decoded(_TOKEN_ANSWER.decode, answer.data).token_result
        granted = decoded(_GRANTED.decode, text)
        return Tokens(
            access=granted.access_token,
            refresh=granted.refresh_token,
            expires_at=dt.datetime.fromtimestamp(begun + granted.expires_in, dt.UTC),
        )


def _signer(settings: TopSettings) -> Callable[[str], str]:
    secret = settings.app_secret.get_secret_value()
    if settings.sign_method == "md5":
        return partial(md5_wrapped, secret)
    digest = "md5" if settings.sign_method == "hmac" else "sha256"
    return lambda text: hmac_hex(secret, text, digest, is_upper=True)
