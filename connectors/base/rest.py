"""Clients of REST interfaces: by paths, or by named operations with limits of their own."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from connectors.base.account import AccountClient, Settings, within
from connectors.base.http import HttpAnswer, server_time
from connectors.base.limits import Limit, Urgency
from contracts.errors import SourceContractError, TransientSourceError

# Signatures hold for minutes; by then the clock has been looked at again.
_CLOCK_HOLDS_SECONDS = 300.0

Params = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. `operation` names the limit that it counts in, where there are several."""

    method: str
    path: str
    params: Params = ()
    body: bytes | None = None
    operation: str = ""
    is_open: bool = False
    """What everybody may ask: it is sent without a word of who we are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation of an API that names them; `path` has names in braces: `/orders/{id}`.

    A connector's adds the limits that it is called within.
    """

    name: str
    method: str
    path: str


class RequestClient(AccountClient[Settings]):
    """Sends requests within the limits of their operations.

    A connector's `prepare` fills `limits` by the name of the operation; an interface with one limit
    for all has it under the empty name.
    """

    MEDIA: ClassVar[str] = "application/json"
    """Content type of bodies that are sent."""

    limits: Mapping[str, Limit]
    _heard: tuple[float, float] | None = None
    """The platform's clock, and ours for waiting, at its last answer."""

    def recent_now(self, urgency: Urgency) -> dt.datetime:
        """The platform's clock by its last answer; it is asked where there was none of late.

        Raises:
            SourceContractError: its answers have no readable Date header.
        """
        if self._heard is None or self.clock() - self._heard[1] > _CLOCK_HOLDS_SECONDS:
            self.hear_clock(urgency)
        if self._heard is None:
            raise SourceContractError("an answer has no readable Date header")
        told, at = self._heard
        return dt.datetime.fromtimestamp(told + self.clock() - at, dt.UTC)

    def hear_clock(self, urgency: Urgency) -> None:
        """Ask for something whose answer tells the time."""
        self.now()

    def send(self, request: Request, urgency: Urgency) -> HttpAnswer:
        """Send once, within its limit."""

        def sent(headers: Mapping[str, str]) -> HttpAnswer:
            return self.http.request(
                request.method,
                request.path,
                params=request.params,
                body=request.body,
                content_type=None if request.body is None else self.MEDIA,
                headers=headers,
            )

        limit = self.limits[request.operation]
        send = partial(sent, {}) if request.is_open else partial(self.authorised, sent)
        answer = within(limit, send, urgency=urgency)
        with suppress(SourceContractError):  # it may have no clock, which nobody may need
            self._heard = server_time(answer.headers), self.clock()
        self.learn(request, answer)
        return answer

    def credentials(self) -> Mapping[str, str]:
        """Headers that say who we are, beside those that the connection sends with everything."""
        return {}

    def authorised(self, send: Callable[[Mapping[str, str]], HttpAnswer]) -> HttpAnswer:
        """Send with credentials; overridden where they are a token that may have to be renewed."""
        return send(self.credentials())

    def learn(self, request: Request, answer: HttpAnswer) -> None:
        """Learn what an answer tells beside its body, and refuse what is no answer."""


class RestClient(RequestClient[Settings]):
    """Asks and writes below `root`, by paths."""

    root: str = ""
    """What all paths begin with."""

    def ask(
        self, path: str, params: Params = (), *, operation: str = "", urgency: Urgency | None = None
    ) -> HttpAnswer:
        """Read.

        Raises:
            ShopkeeperError: by the code in an error's body or by HTTP status, after retries.
        """
        asked = Request(method="GET", path=self.root + path, params=params, operation=operation)
        return self.reading(partial(self.send, asked), urgency=urgency)

    def write(
        self,
        method: str,
        path: str,
        value: Any,
        *,
        operation: str = "",
        urgency: Urgency = Urgency.ACT,
    ) -> HttpAnswer:
        """Send a JSON value; as `AccountClient.writing`."""
        body = msgspec.json.encode(value)
        sent = Request(method=method, path=self.root + path, body=body, operation=operation)
        return self.writing(lambda: self.send(sent, urgency))


class OperationClient(RequestClient[Settings]):
    """Calls operations by their names, each within limits of its own."""

    def ask(
        self,
        operation: Operation,
        *,
        path: Mapping[str, str] | None = None,
        params: Params = (),
        body: bytes | None = None,
        urgency: Urgency | None = None,
    ) -> HttpAnswer:
        """Call an operation that changes nothing; `path` fills the names in its path.

        Raises:
            ShopkeeperError: by the error code in the answer or the HTTP status, after retries.
        """
        request = _called(operation, path, params, body)
        return self.reading(partial(self.send, request), urgency=urgency)

    def follow(
        self, operation: Operation, link: str, *, urgency: Urgency | None = None
    ) -> HttpAnswer:
        """Read the next page of a list by the whole link to it; as `ask`."""
        request = Request(method="GET", path=link, operation=operation.name)
        return self.reading(partial(self.send, request), urgency=urgency)

    def write(
        self,
        operation: Operation,
        body: bytes | None = None,
        *,
        path: Mapping[str, str] | None = None,
        params: Params = (),
        urgency: Urgency = Urgency.ACT,
    ) -> HttpAnswer:
        """Call an operation that changes something; as `AccountClient.writing`."""
        request = _called(operation, path, params, body)
        return self.writing(lambda: self.send(request, urgency))


def _called(
    operation: Operation, path: Mapping[str, str] | None, params: Params, body: bytes | None
) -> Request:
    names = {name: quote(value, safe="") for name, value in (path or {}).items()}
    return Request(
        method=operation.method,
        path=operation.path.format(**names),
        params=params,
        body=body,
        operation=operation.name,
    )


def check_is_json(answer: HttpAnswer) -> None:
    """Refuse what a host prints in place of an answer, or into it, whatever it is called.

    Raises:
        TransientSourceError: a page of the host, a warning of PHP or a byte order mark is in it.
    """
    if "json" not in answer.headers.get("content-type", ""):
        raise TransientSourceError("a page of the host came in place of the shop's answer")
    try:
        _ANY.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise TransientSourceError(
            "the shop's answer is no JSON: a page of the host, a PHP warning or a byte order mark "
            "is in it"
        ) from None


_ANY = msgspec.json.Decoder(msgspec.Raw)
