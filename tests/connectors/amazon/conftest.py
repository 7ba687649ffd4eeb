"""An Amazon of scripted answers behind httpx's own fake transport; waiting costs no time."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from connectors.amazon.client import AmazonClient
from contracts.ports import Stores
from tests.connectors.amazon.recorded import DATE, settings

Reply = dict[str, Any] | httpx.Response | Exception
Script = dict[str, list[Reply]]


class Platform:
    """Answers by the last name of the path, in order; keeps what it was asked.

    The last answer of a name is repeated. Tokens are numbered and last for an hour.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[httpx.Request] = []
        self.logins: list[dict[str, str]] = []
        self.waits: list[float] = []
        self.now = 1_000.0

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/o2/token" and "token" not in self.script:
            self.logins.append(dict(parse_qsl(request.content.decode())))
            token = {"access_token": f"token-{len(self.logins)}", "expires_in": 3600}
            return httpx.Response(200, json=token)
        self.asked.append(request)
        name = next(key for key in self.script if key in str(request.url))
        replies = self.script[name]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply if isinstance(reply, httpx.Response) else answer(reply)

    def bodies(self) -> list[Any]:
        return [json.loads(one.content) for one in self.asked if one.content]


def answer(content: dict[str, Any], **headers: str) -> httpx.Response:
    return httpx.Response(200, json=content, headers={**DATE, **headers})


Opened = tuple[AmazonClient, Platform]


@pytest.fixture
def opened() -> Iterator[Callable[..., Opened]]:
    """Opens a client of a platform with a script: what stands in a URL, and the answers to it."""
    clients: list[AmazonClient] = []

    def open_with(script: Script, stores: Stores = Stores(), **more: Any) -> Opened:
        platform = Platform(script)
        client = AmazonClient(
            settings(**more),
            stores,
            transport=httpx.MockTransport(platform),
            resolve=lambda host: ["52.94.236.248"],
            clock=lambda: platform.now,
            sleep=platform.sleep,
            wall_clock=lambda: platform.now,
        )
        clients.append(client)
        return client, platform

    yield open_with
    for client in clients:
        client.close()
