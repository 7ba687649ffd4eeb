"""What stands between a client and every dialect: answers that are lost, cut, late or odd.

It knows nothing of what it carries but the address, so all dialects are struck alike.
"""

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.plan import Fault, FaultPlan, parsed

DIALECTS: Final = {
    "shopify": ("/admin/", "/bulk/"),
    "taobao": ("/router/",),
    "jd": ("/routerjson", "/oauth2/"),
    "woocommerce": ("/wp-json/",),
    "klaviyo": ("/api/",),
    "kuaidi100": ("/poll/",),
    "amazon": (
        "/auth/", "/orders/", "/reports/", "/amazon-report-documents/", "/listings/", "/products/",
        "/sales/", "/finances/", "/fba/", "/batches/", "/solicitations/",
    ),
}  # fmt: skip
"""How the addresses of each dialect begin."""
_ODD: Final[tuple[Any, ...]] = (None, [], {"x": {}}, 7, "x" * 500)


def dialect_of(path: str) -> str | None:
    """Whose address it is; none for what is no platform's."""
    found = (name for name, begins in DIALECTS.items() if path.startswith(begins))
    return next(found, None)


@dataclass
class _Answer:
    """What a dialect answered."""

    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", []))
        else:
            self.body += message.get("body", b"")

    async def give(self, send: Send, body: bytes, *, length: int, more: bool) -> None:
        kept = [(name, value) for name, value in self.headers if name != b"content-length"]
        headers = [*kept, (b"content-length", str(length).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": more})


class Proxy:
    """A fault plan over all dialects; `where` of a fault is a dialect's name, or `*`."""

    def __init__(self) -> None:
        self.plan = FaultPlan([])
        self.cut: Callable[[Any], None] = _ignore

    def routes(self) -> list[BaseRoute]:
        """Where the plan is replaced, and told with how often it struck."""
        return [
            Route("/world/answers", self._struck, methods=["GET"]),
            Route("/world/answers", self._replace, methods=["POST"]),
        ]

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The dialects behind the proxy."""

        async def behind(scope: Scope, receive: Receive, send: Send) -> None:
            dialect = dialect_of(scope["path"]) if scope["type"] == "http" else None
            faults = self.plan.struck(frozenset({dialect, "*"})) if dialect else []
            if not faults:
                await app(scope, receive, send)
                return
            await self._struck_by(faults[0], app, scope, receive, send)

        return behind

    async def _struck_by(
        self, fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if fault.what == "status":
            headers = {} if fault.seconds is None else {"retry-after": f"{fault.seconds:g}"}
            await Response(b"", fault.status, headers=headers)(scope, receive, send)
            return
        if fault.what == "lost":
            await self._end(scope)
            return
        answer = _Answer()
        await app(scope, receive, answer.take)
        if fault.what == "unanswered":
            await self._end(scope)
        elif fault.what == "cut":
            half = answer.body[: len(answer.body) // 2]
            await answer.give(send, half, length=len(answer.body), more=True)
            await self._end(scope)
        else:
            spoil = _garbled if fault.what == "garbled" else odd
            body = spoil(answer.body, random.Random(f"{fault.seed}{scope['path']}"))  # noqa: S311
            await answer.give(send, body, length=len(body), more=False)

    async def _end(self, scope: Scope) -> None:
        self.cut(scope["client"])
        # The server hears of the end in its next turn; until then it would complain.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _replace(self, request: Request) -> Response:
        try:
            self.plan = FaultPlan(parsed(await request.body()))
        except msgspec.DecodeError as error:
            return Response(str(error), 400)
        return Response(b"{}", media_type="application/json")

    async def _struck(self, _: Request) -> Response:
        return Response(msgspec.json.encode(self.plan.counts()), media_type="application/json")


def odd(body: bytes, draw: random.Random) -> bytes:
    """A JSON answer of which one value has another shape; anything else as it is."""
    try:
        value = json.loads(body)
    except ValueError:
        return body
    places = list(_places(value))
    if not places:
        return body
    holder, name = draw.choice(places)
    if isinstance(holder, dict) and draw.random() < 0.2:
        del holder[name]
    else:
        holder[name] = draw.choice(_ODD)
    return json.dumps(value).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    names = value if isinstance(value, dict) else range(len(value)) if _is_list(value) else ()
    for name in list(names):
        yield value, name
        yield from _places(value[name])


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _garbled(body: bytes, _: random.Random) -> bytes:
    return body[: len(body) // 2]


def _ignore(_: object) -> None:
    """Nothing is cut before there is a server."""
