"""The world behind HTTP on loopback: the platform's endpoint, the scoreboard, and time's handle."""

import hmac
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.misbehaviour import Cut, Misbehaviour, spoiled
from sandbox.plan import Fault, FaultPlan, parsed
from sandbox.proxy import Proxy
from sandbox.scoreboard import answered, dated, guarded, scoreboard
from sandbox.serving import listening
from sandbox.shopify.cost import Rates
from sandbox.shopify.endpoint import Endpoint
from sandbox.shopify.faults import Faults
from sandbox.shopify.shop import Shop
from sandbox.tamper import tamper
from sandbox.world.world import World

GRAPHQL: Final = "/admin/api/2026-10/graphql.json"
_TOKEN: Final = "x-shopify-access-token"  # noqa: S105 the header's name


class _Handlers:
    """The routes of one shop."""

    def __init__(self, shop: Shop, token: str, faults: list[Fault]) -> None:
        self._shop, self._token = shop, token
        self._endpoint = Endpoint(shop)
        self._misbehaviour = Misbehaviour(shop, self._endpoint)
        self._misbehaviour.plan = FaultPlan(faults)
        self.cut: Cut = _ignore

    def routes(self) -> list[BaseRoute]:
        get, post = ["GET"], ["POST"]
        return [
            Route(GRAPHQL, self._graphql, methods=post),
            Route("/bulk/{name}", self._bulk, methods=get),
            Route("/world/faults", guarded(self._own, self._struck), methods=get),
            Route("/world/faults", self._faults, methods=post),
            Route("/world/tamper", guarded(self._own, self._tamper), methods=post),
        ]

    def _json(self, content: object, status: int = 200) -> Response:
        return answered(self._shop.world, content, status)

    async def _graphql(self, request: Request) -> Response:
        body = await request.body()
        faults = await run_in_threadpool(self._misbehaviour.strikes, body)
        response = await self._received(request, body, faults)
        return spoiled(response, faults, clock=self._shop.world.clock, cut=self.cut)

    async def _received(self, request: Request, body: bytes, faults: list[Fault]) -> Response:
        if refused := self._misbehaviour.refusal(faults):
            return self._refused(*refused)
        if any(fault.what == "lost" for fault in faults):
            return self._json({})
        if status := self._shop.faults.next("statuses"):
            return self._refused(status, 1)
        given = request.headers.get(_TOKEN, "")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return self._json({"errors": message}, 401)
        return await run_in_threadpool(self._answered, body, faults)

    def _refused(self, status: int, wait: float | None) -> Response:
        response = self._json({"errors": "planted fault"}, status)
        if wait is not None:
            response.headers["retry-after"] = f"{wait:g}"
        return response

    def _answered(self, body: bytes, faults: list[Fault]) -> Response:
        try:
            asked = msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._json({"errors": "Bad Request"}, 400)
        if not isinstance(asked.get("query"), str):
            return self._json({"errors": {"query": "Required parameter missing or invalid"}}, 400)
        operation = asked.get("operationName")
        with self._misbehaviour.around(asked, faults):
            answer = self._endpoint.answer(asked["query"], asked.get("variables"), operation)
        return self._json(answer)

    async def _bulk(self, request: Request) -> Response:
        faults = self._misbehaviour.strikes_download()
        if refused := self._misbehaviour.refusal(faults):
            return self._refused(*refused)
        path = self._shop.bulk.file(request.path_params["name"])
        if path is None:
            return self._json({"errors": "Not Found"}, 404)
        headers, media = dated(self._shop.world), "application/jsonl"
        if not faults:
            return FileResponse(path, headers=headers, media_type=media)
        whole = Response(path.read_bytes(), headers=headers, media_type=media)
        return spoiled(whole, faults, clock=self._shop.world.clock, cut=self.cut)

    async def _faults(self, request: Request) -> Response:
        """Replace the fault plan by another; an empty one ends what goes wrong."""
        try:
            faults = parsed(await request.body())
        except msgspec.DecodeError as error:
            return self._json({"errors": str(error)}, 400)
        self._misbehaviour.plan = FaultPlan(faults)
        self._shop.faults = Faults()
        return self._json({"faults": len(faults)})

    def _struck(self, _: World, __: dict[str, Any]) -> object:
        return self._misbehaviour.plan.counts()

    def _tamper(self, _: World, given: dict[str, Any]) -> object:
        return tamper(self._shop, given)

    def _own(self, _: dict[str, Any]) -> World:
        return self._shop.world


def _ignore(_: object) -> None:
    """Nothing is cut before there is a server."""


@contextmanager
def running(
    world: World,
    *,
    token: str | None = None,
    rates: Rates | None = None,
    port: int = 0,
    faults: Sequence[Fault] = (),
    others: Sequence[BaseRoute] = (),
    channels: Mapping[str, World] | None = None,
) -> Iterator[str]:
    """Serve the world on loopback from a thread; yields its URL and ends cleanly.

    Args:
        token: the access token asked for; a random one (so nobody gets in) when not given.
        rates: the plan's throttle; Plus when not given.
        port: 0 for any free one.
        faults: what goes wrong from the start.
        others: the routes of other dialects, served from the same origin.
        channels: the worlds of those by channel name: time moves in all of them together, and
            `/truth/...?channel=` tells what happened there.

    Raises:
        OSError: the port is taken.
        TimeoutError: the server did not start.
    """
    shop = Shop(world, rates=rates)
    handlers = _Handlers(shop, token or secrets.token_urlsafe(), list(faults))
    try:
        board = scoreboard({world.channel.name: world} | dict(channels or {}))
        proxy = Proxy()
        routes = [*handlers.routes(), *proxy.routes(), *board, *others]
        with listening(routes, port=port, wrap=proxy.wrap) as served:
            shop.origin = served.origin
            handlers.cut = proxy.cut = served.cut
            yield served.origin
    finally:
        shop.close()
