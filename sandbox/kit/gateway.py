"""The one address of a platform whose signed calls name their method.

A call passes the platform's checks in their order, is counted, answered and put into the
envelope. A dialect gives the table of methods, the checks, the errors and the envelope.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.kit.arguments import Arguments
from sandbox.kit.endpoint import Endpoint
from sandbox.kit.errors import ErrorTable, RefusedError
from sandbox.kit.faults import Plantable
from sandbox.kit.fields import Document
from sandbox.kit.forms import parameters
from sandbox.kit.limits import FixedWindows, Window
from sandbox.kit.shop import Shop
from sandbox.kit.tokens import TokenPair, is_same
from sandbox.world.world import World

Params = Mapping[str, str]


class App(Protocol):
    """What a platform gave to an app: its key, a secret, and tokens good for some seconds."""

    @property
    def app_key(self) -> str:
        """Who calls."""

    @property
    def app_secret(self) -> str:
        """What calls are signed with."""

    @property
    def expires_in(self) -> int:
        """For how many seconds an access token is good."""

    @property
    def pair(self) -> TokenPair:
        """The tokens at the beginning."""


class Rates(Protocol):
    """How often an app may call."""

    def windows(self, method: str) -> Sequence[Window]:
        """What a call of the method counts in; the first of a key names the rule."""


@dataclass
class Faults(Plantable):
    """What the next answers do wrong.

    `expired` ends the access token in force before the next call; `throttled` answers refuse the
    call as one too many, for `ban_seconds`; `busy` answers say that the service behind does not
    answer; `lost` writes are done and then answered so; `cut` answers end in the middle.
    """

    expired: int = 0
    throttled: int = 0
    ban_seconds: int = 1
    busy: int = 0
    lost: int = 0
    cut: int = 0


class GatewayShop(Shop):
    """A shop whose calls are signed by an app and carry a token.

    `clock` gives the seconds that limits and tokens run on, beside the world's own time.
    """

    def __init__(
        self,
        world: World,
        channel: str,
        credentials: App,
        rates: Rates,
        faults: Faults,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(world, channel, clock=clock)
        self.credentials, self.rates, self.faults = credentials, rates, faults
        self.lasts = timedelta(seconds=credentials.expires_in)
        self.tokens = credentials.pair
        self.tokens.until = self.now + self.lasts


S = TypeVar("S", bound=GatewayShop)


@dataclass(frozen=True)
class Method(Generic[S]):
    """How a method is answered; `is_open` is one that takes no token."""

    answer: Callable[[S, Arguments], Document]
    is_write: bool = False
    is_open: bool = False


Check = tuple[str, Callable[[S, Params], object]]
"""The error of a call for which the function gives nothing true."""


def given(name: str) -> Check[Any]:
    """A parameter that every call has; its error is `missing-NAME`."""
    return f"missing-{name}", lambda _, params: params.get(name)


def signed(
    *, version: str, tolerance: timedelta, read: Callable[[str], datetime],
    signature: Callable[[Params, str], str],
) -> tuple[Check[Any], ...]:  # fmt: skip
    """App, version, time and signature of a call; each error is `invalid-NAME`.

    Between two moves of the world its clock stands, a client's own may go on: both times are good.
    """

    def is_in_time(shop: GatewayShop, params: Params) -> bool:
        try:
            at = read(params["timestamp"])
        except (ValueError, OverflowError, OSError):
            return False
        return shop.now - tolerance <= at <= shop.instant() + tolerance

    def is_signed(shop: GatewayShop, params: Params) -> bool:
        return is_same(params["sign"], signature(params, shop.credentials.app_secret))

    return (
        ("invalid-app_key", lambda shop, params: params["app_key"] == shop.credentials.app_key),
        ("invalid-v", lambda _, params: params["v"] == version),
        ("invalid-timestamp", is_in_time),
        ("invalid-sign", is_signed),
    )


class Gateway(ABC, Generic[S]):
    """Answers the calls of one app for one shop.

    `errors` has `missing-method`, `invalid-method`, the rows of the checks, `missing-` and
    `invalid-` the token, `missing` and `invalid` for arguments, `limited` (with places `rule` and
    `seconds`) and `busy`. `token` names the parameter that carries the access token.
    """

    methods: ClassVar[Mapping[str, Method[Any]]]
    checks: ClassVar[Sequence[Check[Any]]]
    errors: ClassVar[ErrorTable]
    token: ClassVar[str]

    def __init__(self, shop: S) -> None:
        self.shop = shop
        self._counted = FixedWindows(lambda: shop.instant().timestamp())

    def route(self, path: str) -> Route:
        """The gateway's only route."""
        return Route(path, Endpoint(self.shop.world, self._answered), methods=["GET", "POST"])

    @abstractmethod
    def envelope(self, params: Params, result: Document | RefusedError) -> tuple[bytes, str]:
        """The body of an answer and its media type."""

    def arguments(self, params: Params) -> Arguments:
        """The arguments of a call: those of the platform may lie deeper."""
        return Arguments(params, self.errors)

    def _answered(self, request: Request, body: bytes) -> Response:
        params = parameters(request, body)
        result: Document | RefusedError
        try:
            result = self._result(params)
        except RefusedError as refused:
            result = refused
        content, media = self.envelope(params, result)
        if self.shop.faults.spend("cut"):
            content = content[: len(content) // 2]
        return Response(content, media_type=media)

    def _result(self, params: Params) -> Document:
        shop, faults = self.shop, self.shop.faults
        if faults.spend("expired"):
            shop.tokens.until = shop.now
        method = self._checked(params)
        self._count(params["method"])
        if faults.spend("busy"):
            raise self.errors("busy")
        found = method.answer(shop, self.arguments(params))
        if method.is_write and faults.spend("lost"):
            raise self.errors("busy")
        return found

    def _checked(self, params: Params) -> Method[Any]:
        method = self.methods.get(params.get("method", ""))
        if method is None:
            raise self.errors(f"{'invalid' if params.get('method') else 'missing'}-method")
        checks = self.checks if method.is_open else (*self.checks, given(self.token))
        for error, holds in checks:
            if not holds(self.shop, params):
                raise self.errors(error)
        is_good = method.is_open or self.shop.tokens.is_good(
            params[self.token], self.shop.instant()
        )
        if not is_good:
            raise self.errors(f"invalid-{self.token}")
        return method

    def _count(self, method: str) -> None:
        faults = self.shop.faults
        if faults.spend("throttled"):
            raise self.errors("limited", rule="api", seconds=faults.ban_seconds)
        for full in self._counted.take(self.shop.rates.windows(method)):
            seconds = self._counted.left(full)
            raise self.errors("limited", rule=full.key[0], seconds=seconds)
