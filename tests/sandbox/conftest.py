"""A small world behind real HTTP on loopback."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from sandbox.server import running
from sandbox.shopify.cost import Rates
from sandbox.world.world import World
from tests.sandbox.merchant import TOKEN, Merchant, small_world

Open = Callable[..., Merchant]


@pytest.fixture
def world() -> World:
    """A world of the test's own, without a server."""
    return small_world()


def _opened(stack: ExitStack, world: World, rates: Rates | None = None) -> Merchant:
    url = stack.enter_context(running(world, token=TOKEN, rates=rates))
    headers = {"X-Shopify-Access-Token": TOKEN}
    http = stack.enter_context(httpx.Client(base_url=url, headers=headers, timeout=30))
    return Merchant(http, world)


@pytest.fixture(scope="session")
def reader() -> Iterator[Merchant]:
    """One world for all tests that only read."""
    with ExitStack() as stack:
        yield _opened(stack, small_world())


@pytest.fixture
def merchant(world: World) -> Iterator[Merchant]:
    """A world of the test's own, to be changed over HTTP."""
    with ExitStack() as stack:
        yield _opened(stack, world)


@pytest.fixture
def open_shop() -> Iterator[Open]:
    """Open a shop over a world with chosen throttle rates."""
    with ExitStack() as stack:
        yield lambda world, rates=None: _opened(stack, world, rates)
