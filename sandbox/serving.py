"""Routes behind real HTTP on loopback: a server in a thread that ends cleanly."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

START_SECONDS: Final = 10.0


@dataclass(frozen=True)
class Served:
    """A server at work: its origin, and how to end the connection of a client's address."""

    origin: str
    cut: Callable[[Any], None]


@contextmanager
def serving(routes: Sequence[BaseRoute], *, port: int = 0) -> Iterator[str]:
    """Serve routes from a thread; yields the origin `http://127.0.0.1:PORT`.

    Raises:
        OSError: the port is taken.
        TimeoutError: the server did not start.
    """
    with listening(routes, port=port) as served:
        yield served.origin


@contextmanager
def listening(
    routes: Sequence[BaseRoute],
    *,
    port: int = 0,
    wrap: Callable[[ASGIApp], ASGIApp] | None = None,
) -> Iterator[Served]:
    """As `serving`, for routes that also end connections in the middle of an answer.

    `wrap` puts something in front of all of them.
    """
    app: ASGIApp = Starlette(routes=routes)
    app = app if wrap is None else wrap(app)
    # Named TCP, or asyncio leaves Nagle's algorithm on and every answer waits 40 ms for an ACK.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        server = uvicorn.Server(
            uvicorn.Config(
                app, http=H11Protocol, log_config=None, access_log=False,
                date_header=False, server_header=False, lifespan="off", ws="none",
                timeout_graceful_shutdown=1,
            )
        )  # fmt: skip
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            _wait(server)
            yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", _cutter(server))
        finally:
            server.should_exit = True
            thread.join()


def _cutter(server: uvicorn.Server) -> Callable[[Any], None]:
    def cut(client: Any) -> None:
        for connection in list(server.server_state.connections):
            if isinstance(connection, H11Protocol) and connection.client == tuple(client):
                connection.transport.close()

    return cut


def _wait(server: uvicorn.Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if time.monotonic() > deadline:
            raise TimeoutError("The sandbox did not start.")
        time.sleep(0.005)
