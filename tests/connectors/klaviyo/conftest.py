"""A Klaviyo of scripted answers behind httpx's own fake transport; waiting costs no time."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from connectors.klaviyo.client import KlaviyoClient
from contracts.ports import Stores
from tests.connectors.klaviyo.recorded import DATE, document, settings

Reply = bytes | httpx.Response | Exception
Script = dict[str, list[Reply]]


class Platform:
    """Answers by method and path, in order; keeps what it was asked. The last one is repeated.

    The clock is what is asked for by one profile.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[httpx.Request] = []
        self.at: list[float] = []
        self.waits: list[float] = []
        self.now = 1_000.0

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        self.at.append(self.now)
        if request.url.params.get("page[size]") == "1":
            return answer(document())
        replies = self.script[f"{request.method} {request.url.path}"]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, httpx.Response) else answer(reply)

    def bodies(self) -> list[Any]:
        return [json.loads(one.content) for one in self.asked if one.content]

    def params(self) -> list[dict[str, str]]:
        return [dict(one.url.params) for one in self.asked]


def answer(body: bytes = b"", status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=body, headers=DATE)


Opened = tuple[KlaviyoClient, Platform]
Open = Callable[..., Opened]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens a client of a platform with a script: method and path, and the answers to it."""
    clients: list[KlaviyoClient] = []

    def open_with(
        script: Script, stores: Stores = Stores(), platform: Platform | None = None, **more: Any
    ) -> Opened:
        served = platform or Platform(script)
        client = KlaviyoClient(
            settings(**more),
            stores,
            transport=httpx.MockTransport(served),
            resolve=lambda host: ["104.18.0.1"],
            clock=lambda: served.now,
            sleep=served.sleep,
            wall_clock=lambda: served.now,
        )
        clients.append(client)
        return client, served

    yield open_with
    for client in clients:
        client.close()
