"""What is no platform's: what really happened (`/truth/...`) and time's handle (`/world/...`)."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from email.utils import format_datetime
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox import truth
from sandbox.tamper import UnknownFaultError
from sandbox.world.demand import advance
from sandbox.world.world import World

MAX_ADVANCE_HOURS: Final = 24 * 28
Given = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]


def scoreboard(worlds: Mapping[str, World]) -> list[BaseRoute]:
    """Routes to read worlds by channel name and to move their time together.

    `?channel=` names the world to read, the first one when not given.
    """
    first = next(iter(worlds))

    def of(given: Given) -> World:
        name = given.get("channel", first)
        if name not in worlds:
            raise ValueError(f"no channel {name!r}; one of {sorted(worlds)}")
        return worlds[name]

    def moved(world: World, given: Given) -> object:
        return _advance([world, *(other for other in worlds.values() if other is not world)], given)

    reads = [Route(path, guarded(of, answer), methods=["GET"]) for path, answer in _READS.items()]
    return [*reads, Route("/world/advance", guarded(of, moved), methods=["POST"])]


def answered(world: World, content: object, status: int = 200) -> Response:
    """An answer in JSON, at the world's time."""
    return Response(
        msgspec.json.encode(content),
        status,
        headers=dated(world),
        media_type="application/json",
    )


def dated(world: World) -> dict[str, str]:
    """The header that clients take the time from: it is the world's, not the machine's."""
    return {"date": format_datetime(world.clock, usegmt=True)}


def clock_text(world: World) -> str:
    """The world's clock as ISO text in UTC."""
    return world.clock.strftime("%Y-%m-%dT%H:%M:%SZ")


def guarded(of: Callable[[Given], World], answer: Callable[[World, Given], object]) -> Handler:
    """A handler for what is not the platform's: parameters in, JSON out, 400 when wrong.

    Args:
        of: the world that a request is about.
        answer: called with that world, whose lock is held, and the parameters.
    """

    def locked(given: Given) -> Response:
        world = of(given)
        with world.lock:
            return answered(world, answer(world, given))

    async def handle(request: Request) -> Response:
        given: Given = dict(request.query_params)
        try:
            if request.method == "POST":
                given |= msgspec.json.decode(await request.body() or b"{}", type=dict[str, Any])
            return await run_in_threadpool(locked, given)
        except (KeyError, ValueError, UnknownFaultError, msgspec.DecodeError) as error:
            return answered(of({}), {"errors": str(error)}, 400)

    return handle


def _advance(worlds: list[World], given: Given) -> object:
    hours = int(given["hours"])
    if not 0 < hours <= MAX_ADVANCE_HOURS:
        raise ValueError(f"hours must be between 1 and {MAX_ADVANCE_HOURS}")
    before = sum(world.orders.height for world in worlds)
    for world in worlds:
        advance(world, hours)
    after = sum(world.orders.height for world in worlds)
    return {"clock": clock_text(worlds[0]), "orders": after - before}


def _span(given: Given) -> tuple[date, date]:
    first = date.fromisoformat(given.get("from", date.min.isoformat()))
    return first, date.fromisoformat(given.get("to", date.max.isoformat()))


_READS: Final[dict[str, Callable[[World, Given], object]]] = {
    "/truth/days": lambda world, given: truth.days(world, *_span(given)),
    "/truth/orders": lambda world, _: truth.orders(world),
    "/truth/prices": lambda world, given: truth.prices(world, given["skus"].split(",")),
    "/truth/writes": lambda world, _: world.writes,
    "/truth/parcels": lambda world, _: truth.parcels(world),
    "/truth/reviews": lambda world, _: truth.reviews(world),
    "/truth/ads": lambda world, given: truth.ad_days(world, *_span(given)),
    "/truth/members": lambda world, _: truth.members(world),
    "/world/clock": lambda world, _: {"clock": clock_text(world)},
}
