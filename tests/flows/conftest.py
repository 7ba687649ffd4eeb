"""A merchant's world behind real HTTP, and a home that points at it."""

import base64
import datetime as dt
import shutil
import threading
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.at_once import AT_ONCE
from flows.steps.build import build as build_step
from flows.steps.home import Home
from flows.steps.opening import open_home
from flows.steps.pull import pull
from sandbox.scoreboard import clock_text
from sandbox.server import running
from sandbox.shopify.cost import Rates
from sandbox.world import exports
from sandbox.world.world import World, build

TOKEN = "world-token"
TODAY = dt.date(2026, 11, 22)
RATES = Rates(1e6, 1e6)  # throttling is the connector tests' business; here it only costs time

KEYS = {name: base64.b64encode(name.encode().ljust(32)).decode() for name in ("data", "members")}

SHOP_TOML = """
name = "Demo Grocer"
currency = "USD"
time_zone = "America/New_York"
history_from = 2026-10-01

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
rule = "match"
min_factor = 0.5
max_factor = 2.0
[limits]
max_actions = 100
keep_actions = 20
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
    world: World

    def export(self) -> None:
        """Download the exports of now into the inbox, and read the folder as of now."""
        write_home(self.folder, self.url, self.world)

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
        return open_home(self.folder)


@pytest.fixture(scope="session")
def seeded_world() -> World:
    """Five weeks of eighty households: enough of every weekday for the checks."""
    return build(TODAY, days=35, households=80)


def write_home(folder: Path, url: str, world: World) -> None:
    """A home with one shop and both policies; its exports lie in the inbox."""
    (folder / "shops").mkdir(parents=True, exist_ok=True)
    (folder / "policies").mkdir(exist_ok=True)
    (folder / "shopkeeper.toml").write_text(AT_ONCE, encoding="utf-8")
    (folder / "keys").mkdir(exist_ok=True)
    for name, key in KEYS.items():  # the same in every home, so that data may be copied
        (folder / "keys" / f"{name}.key").write_text(key, encoding="utf-8")
    shop = SHOP_TOML.format(url=url, clock=clock_text(world))
    (folder / "shops" / "demo.toml").write_text(shop, encoding="utf-8")
    (folder / "policies" / "repricing.toml").write_text(REPRICING_TOML, encoding="utf-8")
    (folder / "policies" / "restock.toml").write_text(RESTOCK_TOML, encoding="utf-8")
    exports.write_exports(world, folder / "inbox")


def _own(seeded: World) -> World:
    """A world that nobody else changes; frames are replaced, never changed in place."""
    world = copy(seeded)
    world.writes, world.spoiled, world.lock = [], [], threading.RLock()
    return world


@pytest.fixture
def merchant(
    seeded_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Merchant]:
    """A world of the test's own, freshly served, and a home that has read nothing yet."""
    monkeypatch.setenv("WORLD_TOKEN", TOKEN)
    world = _own(seeded_world)
    with running(world, token=TOKEN, rates=RATES) as url:
        write_home(tmp_path / "home", url, world)
        yield Merchant(url, tmp_path / "home", world)


@pytest.fixture(scope="session")
def built_data(seeded_world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a home holds after its first pull and build."""
    folder = tmp_path_factory.mktemp("built") / "home"
    with (
        pytest.MonkeyPatch.context() as patch,
        running(_own(seeded_world), token=TOKEN, rates=RATES) as url,
    ):
        patch.setenv("WORLD_TOKEN", TOKEN)
        write_home(folder, url, seeded_world)
        with open_home(folder) as home:
            pull(home)
            build_step(home)
    return folder / "data"


@pytest.fixture
def built(merchant: Merchant, built_data: Path) -> Merchant:
    """A merchant whose home has read and built all there is."""
    shutil.copytree(built_data, merchant.folder / "data")
    return merchant
