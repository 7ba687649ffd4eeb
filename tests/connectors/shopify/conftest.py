"""A Shopify of scripted answers behind httpx's own fake transport; waiting costs no time."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors.shopify.client import ShopifyClient, ShopifySettings

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


class Platform:
    """Replies in order and keeps what it was asked; the last reply is repeated."""

    def __init__(self, replies: tuple[Reply | Callable[[Any], Reply], ...]) -> None:
        self.replies = list(replies)
        self.asked: list[dict[str, Any]] = []
        self.waits: list[float] = []
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content) if request.content else {"url": str(request.url)}
        asked["token"] = request.headers.get("x-shopify-access-token")
        self.asked.append(asked)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        found = reply if isinstance(reply, dict | httpx.Response | Exception) else reply(asked)
        if isinstance(found, Exception):
            raise found
        return answer(found) if isinstance(found, dict) else found


Opened = tuple[ShopifyClient, Platform]


@pytest.fixture
def opened() -> Iterator[Callable[..., Opened]]:
    """Opens a client of a platform that gives the replies."""
    clients: list[ShopifyClient] = []

    def open_with(*replies: Reply | Callable[[Any], Reply]) -> Opened:
        platform = Platform(replies)
        client = ShopifyClient(
            ShopifySettings(
                shop_domain="demo.myshopify.com", access_token=SecretStr("shpat_secret")
            ),
            transport=httpx.MockTransport(platform),
            resolve=lambda host: ["23.227.38.33"],
            clock=lambda: platform.now,
            sleep=platform.sleep,
        )
        clients.append(client)
        return client, platform

    yield open_with
    for client in clients:
        client.close()


@pytest.fixture(name="answer")
def answer_fixture() -> Callable[..., httpx.Response]:
    return answer
