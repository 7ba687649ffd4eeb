"""A client of the Amazon dialect for tests, with a clock that stands still."""

import atexit
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Any

import httpx
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.amazon import Credentials, Faults, Manner, routes
from sandbox.serving import serving
from sandbox.world.channels import AMAZON, Channel
from sandbox.world.world import World, build

TODAY = date(2026, 11, 22)
STORE = "ATVPDKIKX0DER"
JAPAN = Channel("amazon", "JPY", "Asia/Tokyo", 1, frozenset({7}))
OWN = Credentials(
    client_id="amzn1.application-oa2-client.test",
    client_secret="secret-of-a-test",
    refresh_token="Atzr|refresh-of-a-test",
    seller_id="A1SELLEROFATEST",
)


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(frozen=True)
class Seller:
    """A client of the dialect and the world behind it."""

    http: httpx.Client
    world: World
    faults: Faults = field(default_factory=Faults)
    clock: Clock = field(default_factory=Clock)
    own: Credentials = OWN

    def token(self, **changes: str) -> httpx.Response:
        """The answer to a token request; a field of the form can be changed, or left out by ""."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self.own.refresh_token,
            "client_id": self.own.client_id,
            "client_secret": self.own.client_secret,
        }
        kept = {name: value for name, value in (form | changes).items() if value}
        return self.http.post("/auth/o2/token", data=kept)

    def call(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Any call with a fresh access token."""
        headers = {
            "x-amz-access-token": self.token().json()["access_token"],
            "x-amz-date": "20261122T000000Z",
        } | given.pop("headers", {})
        return self.http.request(method, path, headers=headers, **given)

    def get(self, path: str, **query: Any) -> Any:
        """The body of a GET that succeeds; lists go as the models say, with commas."""
        response = self.call("GET", path, params=joined(query))
        assert response.status_code == 200, response.text
        return response.json()

    def rested(self) -> "Seller":
        """The same seller after so long that all usage plans are whole again."""
        self.clock.seconds += 100_000
        return self

    def orders(self, **query: Any) -> list[dict[str, Any]]:
        """All orders of a search, page by page."""
        found, more = [], True
        while more:
            answer = self.get("/orders/2026-01-01/orders", **query)
            found.extend(answer["orders"])
            query["paginationToken"] = answer.get("pagination", {}).get("nextToken")
            more = query["paginationToken"] is not None
        return found

    def sku(self) -> str:
        """A SKU in stock that has rivals."""
        stocked = self.world.products.filter(self.world.products["on_hand_units"] > 0)
        rivals = self.world.offers.filter(self.world.offers["in_stock"])["sku"]
        return next(str(one) for one in sorted(stocked["product_id"]) if str(one) in set(rivals))


def joined(query: dict[str, Any]) -> dict[str, Any]:
    """Query parameters on the wire: instants as text, lists with commas, None left out."""
    texts: dict[str, Any] = {}
    for name, value in query.items():
        if isinstance(value, datetime):
            texts[name] = value.strftime("%Y-%m-%dT%H:%M:%SZ")
        elif isinstance(value, list):
            texts[name] = ",".join(value)
        elif value is not None:
            texts[name] = value
    return texts


@cache
def _built(channel: Channel) -> World:
    return build(TODAY, days=50, households=12, channel=channel)


def amazon_world(channel: Channel = AMAZON) -> World:
    """Seven weeks of twelve households; frames are replaced, never altered, so they are shared."""
    return replace(_built(channel), writes=[], lock=threading.RLock())


class _Stage:
    """One server for all tests: what it serves is changed, because starting one takes long."""

    def __init__(self) -> None:
        self.app: ASGIApp = Router()
        self._stack = ExitStack()
        everything = Route("/", self)
        everything.path_regex = re.compile(".*", re.DOTALL)
        origin = self._stack.enter_context(serving([everything]))
        self.http = self._stack.enter_context(httpx.Client(base_url=origin, timeout=30))
        atexit.register(self._stack.close)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@cache
def _stage() -> _Stage:
    return _Stage()


@contextmanager
def opened(
    world: World,
    *,
    own: Credentials = OWN,
    manner: Manner | None = None,
    clock: Clock | None = None,
) -> Iterator[Seller]:
    """A seller of its own, over real HTTP; the one opened last is the one that is served."""
    faults, clock, stage = Faults(), clock or Clock(), _stage()
    before = stage.app
    stage.app = Router(routes(world, own, clock=clock, faults=faults, manner=manner))
    try:
        yield Seller(stage.http, world, faults, clock, own)
    finally:
        stage.app = before
