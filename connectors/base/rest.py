"""Clients of REST interfaces: a path, parameters, a JSON body, and limits per operation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from connectors.base.account import AccountClient, Settings, within
from connectors.base.http import HttpAnswer
from connectors.base.limits import Limit, Urgency
from contracts.errors import TransientSourceError

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


class RestClient(AccountClient[Settings]):
    """Asks and writes below `root`.

    A connector's `prepare` fills `limits` by the name of the operation; an interface with one limit
    for all has it under the empty name.
    """

    MEDIA: ClassVar[str] = "application/json"
    """Content type of bodies that are sent."""

    root: str = ""
    """What all paths begin with."""
    limits: Mapping[str, Limit]

    def ask(
        self, path: str, params: Params = (), *, operation: str = "", urgency: Urgency | None = None
    ) -> HttpAnswer:
        """Read.

        Raises:
            ShopkeeperError: by the code in an error's body or by HTTP status, after retries.
        """
        asked = Request(method="GET", path=self.root + path, params=params, operation=operation)
        return self.reading(lambda how: self.send(asked, how), urgency=urgency)

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

    def send(self, request: Request, urgency: Urgency) -> HttpAnswer:
        """Send once, within its limit."""

        def send() -> HttpAnswer:
            return self.http.request(
                request.method,
                request.path,
                params=request.params,
                body=request.body,
                content_type=None if request.body is None else self.MEDIA,
                headers={} if request.is_open else self.credentials(),
            )

        answer = within(self.limits[request.operation], send, urgency=urgency)
        self.learn(request, answer)
        return answer

    def credentials(self) -> Mapping[str, str]:
        """Headers that say who we are, beside those that the connection sends with everything."""
        return {}

    def learn(self, request: Request, answer: HttpAnswer) -> None:
        """Learn what an answer tells beside its body, and refuse what is no answer."""


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
