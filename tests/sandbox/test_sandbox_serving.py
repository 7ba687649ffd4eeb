"""Routes are served as long as they are wanted, alone or beside a shop."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.server import running
from sandbox.serving import serving
from sandbox.world.world import World


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


ROUTES = [Route("/router/rest", hello, methods=["GET"])]


def test_routes_are_served_until_the_end_and_no_longer() -> None:
    with serving(ROUTES) as origin:
        assert httpx.get(f"{origin}/router/rest").text == "hello"
        assert httpx.get(f"{origin}/other").status_code == 404
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{origin}/router/rest")


def test_a_port_is_used_once() -> None:
    with serving(ROUTES) as origin:
        taken = serving(ROUTES, port=int(origin.rpartition(":")[2]))
        with pytest.raises(OSError, match="in use"):
            taken.__enter__()


def test_another_dialect_is_served_from_the_origin_of_the_shop(world: World) -> None:
    with running(world, others=ROUTES) as origin:
        assert httpx.get(f"{origin}/router/rest").text == "hello"
        clock = httpx.get(f"{origin}/world/clock").json()["clock"]
    assert clock == world.clock.strftime("%Y-%m-%dT%H:%M:%SZ")
