"""An Amazon of scripted answers behind httpx's own fake transport; waiting costs no time."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from connectors.amazon.client import AmazonClient
from contracts.ports import Stores
from tests.connectors import scripted
from tests.connectors.amazon.recorded import DATE, settings

Reply = dict[str, Any] | httpx.Response | Exception
Script = dict[str, list[Reply]]


class Platform(scripted.Platform):
    """Answers by the last name of the path, in order.

    The last answer of a name is repeated. Tokens are numbered and last for an hour.
    """

    def __init__(self, script: Script) -> None:
        super().__init__(1_000.0)
        self.script = script
        self.logins: list[dict[str, str]] = []

    def reply_to(self, request: httpx.Request) -> httpx.Response | Exception:
        if request.url.path == "/auth/o2/token" and "token" not in self.script:
            self.logins.append(dict(parse_qsl(request.content.decode())))
            token = {"access_token": f"token-{len(self.logins)}", "expires_in": 3600}
            return httpx.Response(200, json=token)
        self.asked.append(request)
        name = next(key for key in self.script if key in str(request.url))
        reply = scripted.turn(self.script[name])
        return answer(reply) if isinstance(reply, dict) else reply

    def bodies(self) -> list[Any]:
        return [json.loads(one.content) for one in self.asked if one.content]


def answer(content: dict[str, Any], **headers: str) -> httpx.Response:
    return httpx.Response(200, json=content, headers={**DATE, **headers})


Opened = tuple[AmazonClient, Platform]


@pytest.fixture
def opened() -> Iterator[Callable[..., Opened]]:
    """Opens a client of a platform with a script: what stands in a URL, and the answers to it."""
    with ExitStack() as clients:

        def open_with(script: Script, stores: Stores = Stores(), **more: Any) -> Opened:
            platform = Platform(script)
            client = scripted.opened(AmazonClient, settings(**more), platform, stores=stores)
            return clients.enter_context(scripted.asking(client)), platform

        yield open_with
