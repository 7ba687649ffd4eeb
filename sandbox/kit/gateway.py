"""The one address of a platform whose signed calls name their method.

A call passes the platform's checks in their order, is counted, answered and put into the
envelope. A dialect gives the table of methods, the checks, the errors and the envelope.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

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
from sandbox.kit.tokens import TokenPair

Params = Mapping[str, str]


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
    """A shop whose calls carry a token; `tokens` and `faults` are set by the dialect."""

    tokens: TokenPair
    faults: Faults

    def windows(self, method: str) -> Sequence[Window]:
        """What a call of the method counts in; the first of a key names the rule."""
        raise NotImplementedError


S = TypeVar("S", bound=GatewayShop)


@dataclass(frozen=True)
class Method(Generic[S]):
    """How a method is answered; `is_open` is one that takes no token."""

    answer: Callable[[S, Arguments], Document]
    is_write: bool = False
    is_open: bool = False


Check = tuple[str, Callable[[S, Params], object]]
"""The error of a call for which the function gives nothing true."""


class Gateway(ABC, Generic[S]):
    """Answers the calls of one app for one shop.

    `errors` has the rows of the checks, `missing` and `invalid` for arguments, `limited` (with
    places `rule` and `seconds`) and `busy`.
    """

    methods: ClassVar[Mapping[str, Method[Any]]]
    checks: ClassVar[Sequence[Check[Any]]]
    errors: ClassVar[ErrorTable]

    def __init__(self, shop: S) -> None:
        self._shop = shop
        self._counted = FixedWindows(lambda: shop.instant().timestamp())

    def route(self, path: str) -> Route:
        """The gateway's only route."""
        return Route(path, Endpoint(self._shop.world, self._answered), methods=["GET", "POST"])

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
        if self._shop.faults.spend("cut"):
            content = content[: len(content) // 2]
        return Response(content, media_type=media)

    def _result(self, params: Params) -> Document:
        shop, faults = self._shop, self._shop.faults
        if faults.spend("expired"):
            shop.tokens.until = shop.now
        for error, holds in self.checks:
            if not holds(shop, params):
                raise self.errors(error)
        self._count(params["method"])
        if faults.spend("busy"):
            raise self.errors("busy")
        method = self.methods[params["method"]]
        found = method.answer(shop, self.arguments(params))
        if method.is_write and faults.spend("lost"):
            raise self.errors("busy")
        return found

    def _count(self, method: str) -> None:
        faults = self._shop.faults
        if faults.spend("throttled"):
            raise self.errors("limited", rule="api", seconds=faults.ban_seconds)
        for full in self._counted.take(self._shop.windows(method)):
            seconds = self._counted.left(full)
            raise self.errors("limited", rule=full.key[0], seconds=seconds)
