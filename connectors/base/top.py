"""TOP, the gateway of Taobao, Tmall and their ads: signing, envelope, errors, limits, tokens."""

import datetime as dt
import hashlib
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, Self

import httpx
import msgspec
from pydantic import Field, SecretStr, model_validator

from connectors.base.auth import RefreshedToken
from connectors.base.http import Http, HttpAnswer, addresses, server_time
from connectors.base.limits import AllOf, HeaderReset, Meter, Urgency
from connectors.base.retry import NotAppliedError, Retry, ThrottledError, TokenRejectedError
from connectors.base.settings import AccountSettings
from connectors.base.signing import Fields, hmac_hex, md5_wrapped, signed
from connectors.base.wire import decoded, lenient
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.ports import Stores
from contracts.tokens import Tokens

PATH: Final = "/router/rest"
ZONE: Final = dt.timezone(dt.timedelta(hours=8))
_CLOCK, _REFRESH = "taobao.time.get", "taobao.top.auth.token.refresh"
# A clock that is off by less than this is not why a timestamp was refused.
_CLOCK_SECONDS = 60.0
_DAILY = "accesscontrol.limited-by-app-access-count"
_SAFE = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_BAN = re.compile(r"last for (\d{1,6}) more second")


class RefusedCallError(SourceRejectedError):
    """The service behind the gateway refuses this one call: its arguments, or what they name."""


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


class TopSettings(AccountSettings):
    """One shop's account with an app of the open platform."""

    LIVE_MARKS = ("610", "620")

    app_key: str = Field(pattern=r"^\w{1,64}$", examples=["12345678"], description="App Key")
    app_secret: SecretStr = Field(min_length=1, description="App Secret, which signs requests")
    session: SecretStr | None = Field(
        default=None, min_length=1, description="Session key of an app whose tokens last for a term"
    )
    refresh_token: SecretStr | None = Field(
        default=None, min_length=1, description="Refresh token of an app that may renew its session"
    )
    sign_method: Literal["md5", "hmac", "hmac-sha256"] = Field(
        default="md5", description="How requests are signed"
    )
    gateway: Literal["https://eco.taobao.com", "https://gw.api.taobao.com"] = Field(
        default="https://eco.taobao.com", description="Which of the platform's gateways is asked"
    )
    calls_per_second: float = Field(
        default=20, gt=0, le=1_000, description="Calls that the console permits the app in a second"
    )
    calls_per_day: int = Field(
        default=1_000_000,
        ge=100,
        le=10**9,
        description="Calls that the console permits the app in a day, which begins in China",
    )

    @model_validator(mode="after")
    def _has_one_token(self) -> Self:
        if (self.session is None) == (self.refresh_token is None):
            raise ValueError("an account has either a session or a refresh_token")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class TopAnswer:
    """The inside of an answer's envelope, as JSON, and the platform's clock."""

    data: bytes
    at: dt.datetime


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


def written(instant: dt.datetime) -> str:
    """An instant as the platform writes it: China's time, whole seconds."""
    return instant.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")


class TopClient:
    """Calls for one shop. Thread-safe. The platforms of one app share its limits.

    A request is stamped by the platform's own clock as its last answer told it, so a machine whose
    clock is wrong is refused once.

    Args:
        stores: where all who use the app share its limits, and the shop its renewed session.
        transport, resolve: the network; replaced in tests.
        clock, sleep: seconds for waiting, replaced in tests so that waiting costs no time.
        wall_clock: seconds since 1970.
    """

    def __init__(
        self,
        settings: TopSettings,
        stores: Stores = Stores(),
        *,
        transport: httpx.BaseTransport | None = None,
        resolve: Callable[[str], list[str]] = addresses,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._http = Http(
            settings.url_or(settings.gateway),
            headers={},
            is_sandbox=settings.is_sandbox,
            ca_file=settings.ca_file,
            transport=transport,
            resolve=resolve,
            refusal=_refusal,
        )
        self._app_key = settings.app_key
        self._sign_method = settings.sign_method
        self._sign = _signer(settings)
        self._retry = Retry(sleep=sleep)
        self._wall_clock = wall_clock
        self._skew: float | None = None
        self._meter = Meter(
            stores.limits,
            f"top:{settings.app_key}",
            budget_share=settings.budget_share,
            clock=clock,
            sleep=sleep,
            wall_clock=wall_clock,
        )
        self._second = self._meter.windows("calls", {1: settings.calls_per_second})
        self._day = self._meter.daily("day", limit=settings.calls_per_day, zone="Asia/Shanghai")
        self._permitted = AllOf(self._second, self._day)
        self._bans: dict[str, HeaderReset] = {}
        self._session = settings.session
        self._token: RefreshedToken | None = None
        if settings.refresh_token is not None:
            given = settings.refresh_token.get_secret_value()
            # One app serves many shops: what tells their tokens apart is the token itself.
            shop = hashlib.sha256(given.encode()).hexdigest()[:12]
            self._token = RefreshedToken(
                partial(self._refreshed, given),
                stores.tokens,
                f"top:{settings.app_key}:{shop}",
                wall_clock=wall_clock,
            )
        self.urgency = Urgency.LIVE

    def read(self, method: str, params: Mapping[str, str]) -> TopAnswer:
        """Ask; empty parameters are left out.

        Raises:
            RefusedCallError: the service behind the gateway refuses this call alone.
            ShopkeeperError: by `TopError.as_error`, after retries.
        """
        return self._retry.call(lambda: self._in_session(method, params, urgency=self.urgency))

    def write(
        self, method: str, params: Mapping[str, str], *, urgency: Urgency = Urgency.ACT
    ) -> TopAnswer:
        """Change something; sent again only when the platform certainly did nothing.

        Raises:
            NotAppliedError: the platform certainly did nothing, and still does not.
            TransientSourceError: it may have been applied.
            RefusedCallError: it was refused, others may not be.
            SourceRejectedError: it was refused, and so will others be.
            SourceContractError: the answer is unknown, so it may have been applied.
        """
        return self._retry.call(
            lambda: self._in_session(method, params, urgency=urgency), repeats=NotAppliedError
        )

    def now(self) -> dt.datetime:
        """The platform's clock, UTC."""
        return self._retry.call(lambda: self._sent(_CLOCK, {}, None, self.urgency)).at

    def recent_now(self) -> dt.datetime:
        """The platform's clock by its last answer; it is asked only if there is none yet."""
        if self._skew is None:
            return self.now()
        return dt.datetime.fromtimestamp(self._wall_clock() + self._skew, dt.UTC)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _in_session(self, method: str, params: Mapping[str, str], *, urgency: Urgency) -> TopAnswer:
        if self._token is not None:
            return self._token.call(lambda token: self._sent(method, params, token, urgency))
        session = self._session.get_secret_value() if self._session else ""
        return self._sent(method, params, session, urgency)

    def _sent(
        self, method: str, params: Mapping[str, str], session: str | None, urgency: Urgency
    ) -> TopAnswer:
        ban = self._ban(method)
        ban.take(urgency=urgency)
        self._permitted.take(urgency=urgency)
        skewed = self._skew or 0.0
        try:
            answer = self._http.post_form(PATH, self._fields(method, params, session))
        except _GatewayError as refused:
            error, skew = refused.error, self._heard(refused.headers)
            if error.code == 31 and abs(skew - skewed) > _CLOCK_SECONDS:
                raise NotAppliedError("the clocks differ; now it is known", retry_after=0) from None
            raise self._told(error, ban) from None
        self._heard(answer.headers)
        return TopAnswer(
            data=_opened(answer),
            at=dt.datetime.fromtimestamp(server_time(answer.headers), dt.UTC),
        )

    def _heard(self, headers: Mapping[str, str]) -> float:
        """How far ahead of our clock the platform's is, by an answer's stamp; kept for the next."""
        self._skew = server_time(headers) - self._wall_clock()
        return self._skew

    def _told(self, error: TopError, ban: HeaderReset) -> ShopkeeperError:
        """The error, after the limit that it names was told."""
        found = error.as_error()
        if not isinstance(found, ThrottledError):
            return found
        if error.sub_code == _DAILY:
            # Whatever the wait, the quota of the day is used up; others of the app wait too.
            self._day.refused()
            found.retry_after = max(found.retry_after or 0.0, self._until_midnight())
        elif "api-access-count" in (error.sub_code or ""):
            ban.refused(found.retry_after)
        else:
            self._second.refused(found.retry_after)
        return found

    def _until_midnight(self) -> float:
        now = self.recent_now().astimezone(ZONE)
        midnight = (now + dt.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight - now).total_seconds()

    def _ban(self, method: str) -> HeaderReset:
        """What holds a method back after it was refused; until then it lets everything pass."""
        return self._bans.setdefault(method, self._meter.headers(method))

    def _fields(self, method: str, params: Mapping[str, str], session: str | None) -> Fields:
        stamp = dt.datetime.fromtimestamp(self._wall_clock() + (self._skew or 0.0), dt.UTC)
        common = {
            "method": method,
            "app_key": self._app_key,
            "session": session or "",
            "timestamp": written(stamp),
            "format": "json",
            "v": "2.0",
            "sign_method": self._sign_method,
        }
        return signed({**params, **common}, self._sign)

    def _refreshed(self, given: str, held: Tokens | None) -> Tokens:
        spent = (held.refresh if held else None) or given
        asked_at = self._wall_clock()
        answer = self._retry.call(
            lambda: self._sent(_REFRESH, {"refresh_token": spent}, None, self.urgency),
            repeats=NotAppliedError,
        )
        text = decoded(_TOKEN_ANSWER.decode, answer.data).token_result
        granted = decoded(_GRANTED.decode, text)
        return Tokens(
            access=granted.access_token,
            refresh=granted.refresh_token,
            expires_at=dt.datetime.fromtimestamp(asked_at + granted.expires_in, dt.UTC),
        )


class _GatewayError(ShopkeeperError):
    """An `error_response`, before it is known what it means to us."""

    def __init__(self, error: TopError, headers: Mapping[str, str]) -> None:
        super().__init__(f"the platform answered error {error.code}")
        self.error = error
        self.headers = headers


def _refusal(_status: int, headers: Mapping[str, str], body: bytes) -> ShopkeeperError | None:
    """The error that an answer is, mostly with HTTP 200; null: none, or the status decides."""
    if b"error_response" not in body:
        return None
    try:
        told = _ENVELOPE.decode(body).get("error_response")
        return None if told is None else _GatewayError(_ERROR.decode(told), headers)
    except msgspec.DecodeError:
        return None


def _opened(answer: HttpAnswer) -> bytes:
    """The inside of the envelope, whatever its name: how tmall.* is wrapped is not confirmed."""
    envelope = decoded(_ENVELOPE.decode, answer.body)
    if len(envelope) != 1 or not next(iter(envelope)).endswith("_response"):
        raise SourceContractError("an answer is neither a response nor an error")
    if "error_response" in envelope:
        raise SourceContractError("an error of the platform has an unknown shape")
    return bytes(next(iter(envelope.values())))


def _signer(settings: TopSettings) -> Callable[[str], str]:
    secret = settings.app_secret.get_secret_value()
    if settings.sign_method == "md5":
        return partial(md5_wrapped, secret)
    digest = "md5" if settings.sign_method == "hmac" else "sha256"
    return lambda text: hmac_hex(secret, text, digest, is_upper=True)
