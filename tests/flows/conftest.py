"""A merchant's world behind real HTTP, and a home that points at it."""

import datetime as dt
import threading
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.steps.home import Home
from sandbox.server import clock_text, running
from sandbox.shopify.cost import Rates
from sandbox.world import exports
from sandbox.world.world import World, build

TOKEN = "world-token"
TODAY = dt.date(2026, 11, 22)

SHOP_TOML = """
name = "Demo Grocer"
currency = "USD"
time_zone = "America/New_York"

[sources.shopify]
base_url = "{url}"
access_token = "env:WORLD_TOKEN"
is_sandbox = true

[sources.files]
folder = "inbox"
mappings = ["erp_costs", "erp_purchasing", "erp_stockouts", "competitor_offers", "sycm_traffic"]
time_zone = "America/New_York"
quiet_seconds = 0
as_of = {clock}

[economics]
fee_rate = 0.029
min_margin_rate = 0.05
"""

REPRICING_TOML = """
mode = "auto"
[parameters]
min_factor = 0.5
max_factor = 2.0
[limits]
max_actions = 500
max_exposure_minor = 10_000_000
"""

RESTOCK_TOML = """
mode = "approve"
[limits]
max_actions = 500
max_exposure_minor = 0
"""


@dataclass(frozen=True, slots=True)
class Merchant:
    """A running world, the folder of the home that points at it, and a hand in the world."""

    url: str
    folder: Path

    def tamper(self, op: str, **details: Any) -> dict[str, Any]:
        """Plant a fault; the ids it touched."""
        answer = httpx.post(f"{self.url}/world/tamper", json={"op": op, **details}, timeout=30)
        answer.raise_for_status()
        touched: dict[str, Any] = answer.json()
        return touched

    def advance(self, hours: int) -> None:
        """Let time pass."""
        httpx.post(
            f"{self.url}/world/advance", json={"hours": hours}, timeout=60
        ).raise_for_status()

    def truth(self) -> list[dict[str, Any]]:
        """What really happened, per shop-local day."""
        days: list[dict[str, Any]] = httpx.get(f"{self.url}/truth/days", timeout=60).json()
        return days

    def prices(self, *skus: str) -> dict[str, int]:
        """Prices in force, in cents."""
        answer = httpx.get(f"{self.url}/truth/prices", params={"skus": ",".join(skus)}, timeout=30)
        found: dict[str, int] = answer.json()
        return found

    def writes(self) -> list[dict[str, Any]]:
        """Every write the platform received."""
        found: list[dict[str, Any]] = httpx.get(f"{self.url}/truth/writes", timeout=30).json()
        return found

    def open(self) -> Home:
        """The home, opened."""
        return Home.open(self.folder)


@pytest.fixture(scope="session")
def seeded_world() -> World:
    """Five weeks of eighty households: enough of every weekday for the checks."""
    return build(TODAY, days=35, households=80)


def write_home(folder: Path, url: str, world: World) -> None:
    """A home with one shop and both policies; its exports lie in the inbox."""
    (folder / "shops").mkdir(parents=True)
    (folder / "policies").mkdir()
    (folder / "shopkeeper.toml").write_text("", encoding="utf-8")
    shop = SHOP_TOML.format(url=url, clock=clock_text(world))
    (folder / "shops" / "demo.toml").write_text(shop, encoding="utf-8")
    (folder / "policies" / "repricing.toml").write_text(REPRICING_TOML, encoding="utf-8")
    (folder / "policies" / "restock.toml").write_text(RESTOCK_TOML, encoding="utf-8")
    exports.write_exports(world, folder / "inbox")


@pytest.fixture
def merchant(
    seeded_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Merchant]:
    """A world of the test's own, freshly served, and a home that has read nothing yet."""
    world = copy(seeded_world)  # frames are replaced, never changed in place
    world.writes, world.spoiled, world.lock = [], [], threading.RLock()
    monkeypatch.setenv("WORLD_TOKEN", TOKEN)
    with running(world, token=TOKEN, rates=Rates(1e6, 1e6)) as url:
        folder = tmp_path / "home"
        write_home(folder, url, world)
        yield Merchant(url, folder)
