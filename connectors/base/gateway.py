"""Signed RPC: one address for all methods, named by a field; fields that are signed together.

TOP, JD and the platforms like them are a short declaration each: how fields are signed, how an
answer is opened, what its errors mean, how its token is renewed.
"""

import datetime as dt
import hashlib
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, TypeVar

from pydantic import Field, SecretStr

from connectors.base.account import AccountClient, ApiSettings
from connectors.base.auth import Ask, RefreshedToken
from connectors.base.http import Refusal, server_time
from connectors.base.limits import AllOf, HeaderReset, Urgency
from connectors.base.retry import NotAppliedError, ThrottledError
from connectors.base.signing import Fields
from contracts.errors import ShopkeeperError, SourceContractError, SourceRejectedError

CHINA: Final = dt.timezone(dt.timedelta(hours=8))
_ZONE: Final = "Asia/Shanghai"
# A clock that is off by less than this is not why a timestamp was refused.
_CLOCK_SECONDS: Final = 60.0


class RefusedCallError(SourceRejectedError):
    """The service behind the gateway refuses this one call: its arguments, or what they name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayError:
    """What an error of the gateway is to us, and what it is about."""

    error: ShopkeeperError
    limit: Literal["second", "day", "method"] = "second"
    """Of a `ThrottledError`: the limit that refused the call."""
    is_clock: bool = False
    """The call's timestamp was refused."""


class _AnsweredError(ShopkeeperError):
    """An error, before the limits and the clock have learnt from it."""

    def __init__(self, found: GatewayError, headers: Mapping[str, str]) -> None:
        super().__init__(str(found.error))
        self.found = found
        self.headers = headers


def refusal_by(read: Callable[[bytes], GatewayError | None]) -> Refusal:
    """Errors of answers, mostly of HTTP 200, by what `read` finds in a body; None: it is none, and
    the HTTP status decides."""

    def refusal(_status: int, headers: Mapping[str, str], body: bytes) -> ShopkeeperError | None:
        found = read(body)
        return None if found is None else _AnsweredError(found, headers)

    return refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayAnswer:
    """The inside of an answer's envelope, as JSON, and the platform's clock."""

    data: bytes
    at: dt.datetime


class GatewaySettings(ApiSettings):
    """An account with an app of an open platform."""

    app_key: str = Field(pattern=r"^\w{1,64}$", examples=["12345678"], description="App Key")
    app_secret: SecretStr = Field(min_length=1, description="App Secret")
    calls_per_second: float = Field(
        default=20,
        gt=0,
        le=1_000,
        description="Calls per second that the console shows for your app",
    )
    calls_per_day: int = Field(
        default=1_000_000,
        ge=100,
        le=10**9,
        description="Calls per day (Beijing time) that the console shows for your app",
    )


Settings = TypeVar("Settings", bound=GatewaySettings)


class GatewayClient(AccountClient[Settings]):
    """Calls for one shop. Thread-safe. The shops of one app share its limits.

    A call is stamped by the platform's own clock as its last answer told it, so a machine whose
    clock is wrong is refused once. `REFUSAL` is made by `refusal_by`.
    """

    PATH: ClassVar[str]
    CLOCK: ClassVar[str]
    """A method that changes nothing and tells nothing: its answer tells the time."""
    IS_CLOCK_OPEN: ClassVar[bool] = False
    """Whether that is answered without a token."""

    def prepare(self) -> None:
        """See `AccountClient`."""
        self._skew: float | None = None
        self._second = self.meter.windows("calls", {1: self.settings.calls_per_second})
        self._day = self.meter.daily("day", limit=self.settings.calls_per_day, zone=_ZONE)
        self._permitted = AllOf(self._second, self._day)
        self._bans: dict[str, HeaderReset] = {}
        self._token = self.renewed_token()

    @abstractmethod
    def signed(
        self, method: str, params: Mapping[str, Any], token: str, stamp: dt.datetime
    ) -> Fields:
        """The fields of a call; without a token it is empty. `stamp` is the platform's clock."""

    @abstractmethod
    def opened(self, method: str, body: bytes) -> bytes:
        """The inside of an answer's envelope.

        Raises:
            SourceContractError: it is no answer.
            RefusedCallError: it says that the call failed.
        """

    @abstractmethod
    def fixed_token(self) -> str:
        """The token of an account that renews none."""

    def renewed_token(self) -> RefreshedToken | None:
        """The token of an account that renews it; None: it is fixed."""
        return None

    def shared_token(self, ask: Ask, given: SecretStr, *, early: dt.timedelta) -> RefreshedToken:
        """A token that all who work for the shop share. One app serves many shops: what tells
        their tokens apart is `given`, the secret that they began with."""
        shop = hashlib.sha256(given.get_secret_value().encode()).hexdigest()[:12]
        account = f"{self.settings.account}:{shop}"
        return RefreshedToken(
            ask, self.stores.tokens, account, wall_clock=self.wall_clock, early=early
        )

    def read(self, method: str, params: Mapping[str, Any]) -> GatewayAnswer:
        """Ask; empty parameters are left out.

        Raises:
            RefusedCallError: the service behind the gateway refuses this call alone.
            ShopkeeperError: by the platform's table of errors, after retries.
        """
        return self.reading(lambda how: self._with_token(method, params, how))

    def write(
        self, method: str, params: Mapping[str, Any], *, urgency: Urgency = Urgency.ACT
    ) -> GatewayAnswer:
        """Change something, as `AccountClient.writing`.

        Raises:
            RefusedCallError: it was refused, others may not be.
        """
        return self.writing(lambda: self._with_token(method, params, urgency))

    def now(self) -> dt.datetime:
        """The platform's clock, UTC."""
        if self.IS_CLOCK_OPEN:
            return self.reading(lambda how: self.sent(self.CLOCK, {}, "", how)).at
        return self.read(self.CLOCK, {}).at

    def recent_now(self) -> dt.datetime:
        """The platform's clock by its last answer; it is asked only if there is none yet."""
        return self.now() if self._skew is None else self._stamp()

    def sent(
        self, method: str, params: Mapping[str, Any], token: str, urgency: Urgency
    ) -> GatewayAnswer:
        """Send once, within the limits; without a token it is empty."""
        ban = self._ban(method)
        ban.take(urgency=urgency)
        self._permitted.take(urgency=urgency)
        skewed = self._skew or 0.0
        fields = self.signed(method, params, token, self._stamp())
        try:
            answer = self.http.post_form(self.PATH, fields)
        except _AnsweredError as answered:
            found, skew = answered.found, self._learn_clock(answered.headers)
            if found.is_clock and abs(skew - skewed) > _CLOCK_SECONDS:
                raise NotAppliedError("the clocks differ; now it is known", retry_after=0) from None
            raise self._learnt(found, ban) from None
        self._learn_clock(answer.headers)
        at = dt.datetime.fromtimestamp(server_time(answer.headers), dt.UTC)
        return GatewayAnswer(data=self.opened(method, answer.body), at=at)

    def _with_token(
        self, method: str, params: Mapping[str, Any], urgency: Urgency
    ) -> GatewayAnswer:
        if self._token is None:
            return self.sent(method, params, self.fixed_token(), urgency)
        return self._token.call(lambda token: self.sent(method, params, token, urgency))

    def _stamp(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.wall_clock() + (self._skew or 0.0), dt.UTC)

    def _learn_clock(self, headers: Mapping[str, str]) -> float:
        """How far ahead of our clock the platform's is, by an answer's stamp."""
        self._skew = server_time(headers) - self.wall_clock()
        return self._skew

    def _learnt(self, found: GatewayError, ban: HeaderReset) -> ShopkeeperError:
        """The error, after the limit that refused the call has learnt of it."""
        error = found.error
        if not isinstance(error, ThrottledError):
            return error
        if found.limit == "day":
            # Whatever the wait, the quota of the day is used up; others of the app wait too.
            self._day.refused()
            error.retry_after = max(error.retry_after or 0.0, self._until_midnight())
        else:
            (ban if found.limit == "method" else self._second).refused(error.retry_after)
        return error

    def _until_midnight(self) -> float:
        now = self.recent_now().astimezone(CHINA)
        midnight = (now + dt.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight - now).total_seconds()

    def _ban(self, method: str) -> HeaderReset:
        """What holds a method back after it was refused; until then it lets everything pass."""
        return self._bans.setdefault(method, self.meter.headers(method))


def china_time(instant: dt.datetime) -> str:
    """An instant as these platforms write it: China's time, whole seconds."""
    return instant.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def only_member(envelope: Mapping[str, Any], *, suffix: str | tuple[str, ...]) -> Any:
    """What an answer's one member holds, whose name ends so.

    Raises:
        SourceContractError: there are others, or none.
    """
    if len(envelope) != 1 or not next(iter(envelope)).endswith(suffix):
        raise SourceContractError("an answer is neither a response nor an error")
    return next(iter(envelope.values()))
