"""A Shopify of scripted answers behind httpx's own fake transport; waiting costs no time."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors.shopify.client import ShopifyClient, ShopifySettings
from tests.connectors import scripted

Reply = dict[str, Any] | httpx.Response | Exception
DATE = {"date": "Mon, 16 Nov 2026 05:00:00 GMT"}


def answer(
    data: dict[str, Any] | None = None,
    *,
    errors: list[str] | None = None,
    requested: float = 10,
    available: float = 19_990,
) -> httpx.Response:
    """What the platform answers with HTTP 200, its cost beside the data."""
    body: dict[str, Any] = {
        "extensions": {
            "cost": {
                "requestedQueryCost": requested,
                "actualQueryCost": None if errors else requested,
                "throttleStatus": {
                    "maximumAvailable": 20_000,
                    "currentlyAvailable": available,
                    "restoreRate": 1000,
                },
            }
        }
    }
    if data is not None:
        body["data"] = data
    if errors is not None:
        body["errors"] = [
            {"message": "bo@example.com", "extensions": {"code": code} if code else {}}
            for code in errors
        ]
    return httpx.Response(200, json=body, headers=DATE)


class Platform(scripted.Platform):
    """Replies in order; the last one is repeated."""

    def __init__(self, replies: tuple[Reply | Callable[[Any], Reply], ...]) -> None:
        super().__init__()
        self.replies = list(replies)

    def reply_to(self, request: httpx.Request) -> httpx.Response | Exception:
        asked = json.loads(request.content) if request.content else {"url": str(request.url)}
        asked["token"] = request.headers.get("x-shopify-access-token")
        self.asked.append(asked)
        reply = scripted.turn(self.replies)
        found = reply if isinstance(reply, dict | httpx.Response | Exception) else reply(asked)
        return answer(found) if isinstance(found, dict) else found


Opened = tuple[ShopifyClient, Platform]


@pytest.fixture
def opened() -> Iterator[Callable[..., Opened]]:
    """Opens a client of a platform that gives the replies."""
    with ExitStack() as clients:

        def open_with(*replies: Reply | Callable[[Any], Reply]) -> Opened:
            platform = Platform(replies)
            settings = ShopifySettings(
                shop_domain="demo.myshopify.com", access_token=SecretStr("shpat_secret")
            )
            client = scripted.opened(ShopifyClient, settings, platform)
            return clients.enter_context(scripted.asking(client)), platform

        yield open_with


@pytest.fixture(name="answer")
def answer_fixture() -> Callable[..., httpx.Response]:
    return answer
