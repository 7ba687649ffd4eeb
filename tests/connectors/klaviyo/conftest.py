"""A Klaviyo of scripted answers behind httpx's own fake transport; waiting costs no time."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from connectors.klaviyo.client import KlaviyoClient
from contracts.ports import Stores
from tests.connectors import scripted
from tests.connectors.klaviyo.recorded import DATE, document, settings

Reply = bytes | httpx.Response | Exception
Script = dict[str, list[Reply]]


class Platform(scripted.Platform):
    """Answers by method and path, in order. The last one is repeated.

    The clock is what is asked for by one profile.
    """

    def __init__(self, script: Script) -> None:
        super().__init__(1_000.0)
        self.script = script
        self.at: list[float] = []

    def reply_to(self, request: httpx.Request) -> httpx.Response | Exception:
        self.asked.append(request)
        self.at.append(self.now)
        if request.url.params.get("page[size]") == "1":
            return answer(document())
        reply = scripted.turn(self.script[f"{request.method} {request.url.path}"])
        return answer(reply) if isinstance(reply, bytes) else reply

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
    with ExitStack() as clients:

        def open_with(
            script: Script, stores: Stores = Stores(), platform: Platform | None = None, **more: Any
        ) -> Opened:
            served = platform or Platform(script)
            client = scripted.opened(KlaviyoClient, settings(**more), served, stores=stores)
            return clients.enter_context(scripted.asking(client)), served

        yield open_with
