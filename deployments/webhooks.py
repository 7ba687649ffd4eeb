"""Listens to platforms: a webhook is only a hint, and what it hints at is pulled."""

import asyncio
import datetime as dt
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.base.webhooks import SeenDeliveries, Webhook, WebhookRefusedError, verify
from contracts.errors import BusyError, ConfigurationError, ShopkeeperError
from deployments.address import Address, bind
from deployments.doorman import HEAD_SECONDS, Doorman, guard_protocol
from flows.steps.clock import machine_now
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.pull import pull_stream

_BODY_SECONDS = 10.0
"""Until a body is there whole: a mebibyte at most, sent by a data centre."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class WebhookDoor:
    """One source of one shop that may tell us something."""

    shop_id: str
    source: str
    webhook: Webhook
    streams: frozenset[str]
    secret: str = field(repr=False)
    seen: SeenDeliveries = field(default_factory=SeenDeliveries)
    refused: int = 0

    @property
    def path(self) -> str:
        """Where the platform sends its messages."""
        return f"/webhooks/{self.shop_id}/{self.source}"


Doors = Mapping[tuple[str, str], WebhookDoor]
"""By shop and source."""


def doors(home: Home) -> Doors:
    """A door per source whose connector knows webhooks and whose settings hold their secret.

    Raises:
        ConfigurationError: there is none, or settings are wrong.
    """
    found = {}
    for shop in home.select(None):
        for source in shop.sources:
            declared = source.connector
            if declared.webhook is None or declared.webhook.secret_field not in source.table:
                continue
            secret = getattr(source.settings(), declared.webhook.secret_field)
            assert isinstance(secret, SecretStr)
            found[shop.id, declared.name] = WebhookDoor(
                shop_id=shop.id,
                source=declared.name,
                webhook=declared.webhook,
                streams=frozenset(stream.name for stream in declared.streams),
                secret=secret.get_secret_value(),
            )
    if not found:
        raise ConfigurationError(
            f"no shop of {home.folder.name} has a secret for webhooks: write it under its source"
        )
    return found


class Pulls:
    """Streams to be pulled soon, each of them once however often it is hinted at.

    One thread pulls them, one after another. A hint that comes while its stream is being pulled
    leads to another pull: what it is about may have come too late for the one under way.

    Args:
        pull: reads what is due of a shop's stream.
        wait: seconds from the first hint to the pull. Hints come in bursts, and platforms list a
            change a little later than they report it.
        busy_wait: seconds until another try at what another process is pulling.
    """

    def __init__(
        self,
        pull: Callable[[str, str], object],
        *,
        wait: float = 5.0,
        busy_wait: float = 30.0,
    ) -> None:
        self._pull = pull
        self._wait = wait
        self._busy_wait = busy_wait
        self._due: dict[tuple[str, str], float] = {}
        self._changed = threading.Condition()
        self._is_closed = False
        self._worker = threading.Thread(target=self._work, name="webhook pulls", daemon=True)
        self._worker.start()

    def ask(self, shop_id: str, stream: str) -> None:
        """Have a stream pulled, unless it is going to be anyway."""
        self._add((shop_id, stream), self._wait)

    def close(self, *, patience: float = 10.0) -> None:
        """Begin no more pulls; one under way may end within `patience` seconds.

        It is cut off after that, as by a crash: the next pull resumes it.
        """
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._worker.join(patience)

    def _add(self, wanted: tuple[str, str], wait: float) -> None:
        with self._changed:
            self._due.setdefault(wanted, time.monotonic() + wait)
            self._changed.notify_all()

    def _work(self) -> None:
        while (wanted := self._next()) is not None:
            shop_id, stream = wanted
            try:
                self._pull(shop_id, stream)
            except BusyError:
                self._add(wanted, self._busy_wait)
            except ShopkeeperError as error:
                _log.error("shop=%s stream=%s hinted at, not pulled: %s", shop_id, stream, error)
            except Exception as error:  # noqa: BLE001  one stream's defect ends no other's pulls
                name = type(error).__name__
                _log.error("shop=%s stream=%s hinted at, not pulled: %s", shop_id, stream, name)

    def _next(self) -> tuple[str, str] | None:
        """What is due first, once it is; None when closed."""
        with self._changed:
            while not self._is_closed:
                now = time.monotonic()
                first = min(self._due, key=self._due.__getitem__, default=None)
                if first is not None and self._due[first] <= now:
                    del self._due[first]
                    return first
                self._changed.wait(None if first is None else self._due[first] - now)
            return None


class Listener:
    """Answers platforms: at once, and never with a word of what is behind the door."""

    def __init__(
        self,
        known: Doors,
        ask: Callable[[str, str], None],
        *,
        now: Callable[[], dt.datetime] = machine_now,
        body_seconds: float = _BODY_SECONDS,
    ) -> None:
        self._body_seconds = body_seconds
        self._doors = known
        self._ask = ask
        self._now = now
        self._most = max(door.webhook.most_bytes for door in known.values())

    @property
    def app(self) -> Starlette:
        """The application, for a server of any kind."""
        path = "/webhooks/{shop}/{source}"
        return Starlette(routes=[Route(path, self._knock, methods=["POST"])])

    async def _knock(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await self._body(request)
        except TimeoutError:
            return Response(status_code=408, headers={"connection": "close"})
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            return Response(status_code=413, headers={"connection": "close"})
        names = request.path_params
        door = self._doors.get((names["shop"], names["source"]))
        return Response(status_code=404 if door is None else self._heard(door, request, body))

    async def _body(self, request: Request) -> bytes | None:
        """The raw body; None when it is larger than any webhook, of which no more is read."""
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._most:
            return None
        received = bytearray()
        async for chunk in request.stream():
            received += chunk
            if len(received) > self._most:
                return None
        return bytes(received)

    def _heard(self, door: WebhookDoor, request: Request, body: bytes) -> int:
        """Pass hints on; the HTTP status. What came before is well received too."""
        try:
            hinted = verify(
                door.webhook,
                request.headers,
                body,
                secret=door.secret,
                now=self._now(),
                seen=door.seen,
            )
        except WebhookRefusedError as error:
            door.refused += 1
            if door.refused & (door.refused - 1) == 0:  # a flood must not fill the log
                _log.warning(
                    "shop=%s source=%s refused=%d %s",
                    door.shop_id,
                    door.source,
                    door.refused,
                    error,
                )
            return 401
        for stream in door.streams.intersection(hinted):
            self._ask(door.shop_id, stream)
        return 200


@dataclass(frozen=True, slots=True)
class Listening:
    """A listener whose port is taken."""

    addresses: list[str]
    """Where platforms are to send their webhooks."""
    server: uvicorn.Server
    taken: socket.socket

    def run(self) -> None:
        """Serve until the process is signalled to end, or `stop`."""
        self.server.run(sockets=[self.taken])

    def stop(self) -> None:
        """End soon; from another thread."""
        self.server.should_exit = True


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: from the first hint to a pull as in `Pulls`, for a request's head, and its body."""

    wait: float = 5.0
    head: float = HEAD_SECONDS
    body: float = _BODY_SECONDS


@contextmanager
def listening(
    home_dir: Path,
    *,
    host: str,
    port: int,
    behind_tls: str | None,
    patience: Patience = Patience(),
) -> Iterator[Listening]:
    """Listen for a home. Its settings are those of the start.

    Raises:
        ConfigurationError: the home is wrong, the address is unsafe or taken, or no shop has a
            secret for webhooks.
    """
    address = Address.checked(host, port, behind_tls=behind_tls)
    with open_home(home_dir) as home, bind(address) as bound:
        known = doors(home)
        pulls = Pulls(
            lambda shop_id, stream: pull_stream(home, shop_id=shop_id, stream=stream),
            wait=patience.wait,
        )
        listener = Listener(known, pulls.ask, body_seconds=patience.body)
        server = uvicorn.Server(_config(listener.app, Doorman(head_seconds=patience.head)))
        try:
            addresses = [address.origin + door.path for door in known.values()]
            yield Listening(addresses, server, bound)
        finally:
            pulls.close()


def _config(app: Starlette, doorman: Doorman) -> uvicorn.Config:
    """Quiet, and closed to whoever holds connections open."""
    return uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        http=guard_protocol(doorman),
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
    )
