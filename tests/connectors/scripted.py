"""Clients of scripted platforms behind httpx's own fake transport; waiting costs no time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from connectors.base.account import AccountClient, ApiSettings
from contracts.ports import Stores

Client = TypeVar("Client", bound=AccountClient[Any])

_PUBLIC = "23.227.38.33"


class Waiting:
    """Clocks that go on by what is slept, and what was."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self.waits: list[float] = []

    def clock(self) -> float:
        """Seconds, of waiting and since 1970 alike."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.waits.append(seconds)
        self.now += seconds


class Platform(Waiting):
    """Replies as `reply_to` finds them, an error among them, and keeps what it was asked."""

    def __init__(self, now: float = 0.0) -> None:
        super().__init__(now)
        self.asked: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        found = self.reply_to(request)
        if isinstance(found, Exception):
            raise found
        return found

    def reply_to(self, request: httpx.Request) -> httpx.Response | Exception:
        """The reply to a request, which it notes in `asked`."""
        raise NotImplementedError


def turn(replies: list[Any]) -> Any:
    """The next of the replies; the last one is repeated."""
    return replies.pop(0) if len(replies) > 1 else replies[0]


def opened(
    client: type[Client],
    settings: ApiSettings,
    transport: httpx.BaseTransport | Platform,
    *,
    stores: Stores = Stores(),
) -> Client:
    """A client of an account behind the transport; a `Platform` is its clock as well."""
    at = transport if isinstance(transport, Platform) else Waiting()
    return client(
        settings,
        stores,
        transport=httpx.MockTransport(transport) if isinstance(transport, Platform) else transport,
        resolve=lambda host: ["127.0.0.1" if settings.is_sandbox else _PUBLIC],
        clock=at.clock,
        sleep=at.sleep,
        wall_clock=at.clock,
    )


@contextmanager
def asking(client: Client) -> Iterator[Client]:
    """The client, closed afterwards."""
    try:
        yield client
    finally:
        client.close()
