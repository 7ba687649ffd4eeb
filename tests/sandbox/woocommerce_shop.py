"""A WooCommerce shop over HTTP for tests, and clients that say who they are in every way."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import httpx
from oauthlib.oauth1 import SIGNATURE_TYPE_QUERY, Client  # type: ignore[import-untyped]

from sandbox.serving import serving
from sandbox.woocommerce import ApiKey, Credentials, Faults, routes
from sandbox.world.channels import WOOCOMMERCE
from sandbox.world.world import World, build
from tests.sandbox.merchant import TODAY

KEY = ApiKey("ck_a_test", "cs_a_secret")
READER = ApiKey("ck_reader", "cs_reader", "read")
WRITER = ApiKey("ck_writer", "cs_writer", "write")
USER = ("manager", "abcd EFGH 1234 ijkl")
CREDENTIALS = Credentials((KEY, READER, WRITER), user=USER[0], application_password=USER[1])
API = "/wp-json/wc/v3"
_NONCES = itertools.count()


@dataclass(frozen=True)
class Woo:
    """A client with an application password, the world behind it, and its faults."""

    http: httpx.Client
    world: World
    faults: Faults

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of a successful answer."""
        response = self.http.get(API + path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def error(self, method: str, path: str, **request: Any) -> tuple[int, str]:
        """The status and code of an answer that is an error."""
        response = self.http.request(method, API + path, **request)
        found = response.json()
        assert found["data"]["status"] == response.status_code
        return response.status_code, found["code"]

    def send(self, method: str, path: str, **body: Any) -> Any:
        """The JSON of a successful write."""
        response = self.http.request(method, API + path, json=body)
        assert response.status_code in (200, 201), response.text
        return response.json()

    def pages(self, path: str, **params: Any) -> list[Any]:
        """All rows of a list, page by page."""
        found: list[Any] = []
        for page in itertools.count(1):
            response = self.http.get(API + path, params={"page": page, **params})
            found += response.json()
            if page >= int(response.headers["X-WP-TotalPages"]):
                return found
        raise AssertionError


def signed(url: str, *, key: ApiKey = KEY, method: str = "GET", now: float, **given: Any) -> str:
    """The address with a signature in its query, by another's implementation of OAuth 1.0a."""
    options = {
        "nonce": f"nonce{next(_NONCES)}",
        "timestamp": str(int(now)),
        "signature_method": "HMAC-SHA256",
        **given,
    }
    client = Client(
        key.key, client_secret=key.secret, signature_type=SIGNATURE_TYPE_QUERY, **options
    )
    found: str = client.sign(url, http_method=method)[0]
    return found


@cache
def _built(days: int, households: int) -> World:
    return build(TODAY, days=days, households=households, channel=WOOCOMMERCE)


def world_of_woo(days: int = 21, households: int = 400) -> World:
    """Three weeks of the channel; frames are replaced, never altered, so they can be shared."""
    return replace(_built(days, households), writes=[], spoiled=[], lock=threading.RLock())


def week_of_woo() -> World:
    """A week of some households: enough where it is about single orders and products."""
    return world_of_woo(7, 60)


@contextmanager
def opened(world: World | None = None, **options: Any) -> Iterator[Woo]:
    """A shop over HTTP, and a client that manages it."""
    own, faults = world or world_of_woo(), Faults()
    offered = routes(own, CREDENTIALS, faults=faults, **options)
    with serving(offered) as origin, httpx.Client(base_url=origin, auth=USER, timeout=10) as http:
        yield Woo(http, own, faults)
