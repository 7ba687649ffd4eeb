"""The demo: an emulated shop, a home that points at it, a Prefect server, one run of the loop."""

import asyncio
import datetime as dt
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.errors import ConfigurationError, TransientSourceError
from deployments import emulated, server

if TYPE_CHECKING:
    from flows.run import Looped

HOME = "demo-home"
_TOKEN = "SHOPKEEPER_DEMO_TOKEN"  # noqa: S105  the variable's name
_MARK = "# Made by `shopkeeper demo`; each demo makes it anew.\n"

_HOME_TOML = """
[holdout]
salt = "demo"
share_rate = 0.05
"""

_SHOP_TOML = """
name = "Demo Grocer"
currency = "USD"
time_zone = "America/New_York"

[sources.shopify]
base_url = "{url}"
access_token = "env:{token}"
is_sandbox = true

[sources.files]
folder = "inbox"
mappings = [
  "erp_costs", "erp_purchasing", "erp_stockouts", "competitor_offers", "sycm_traffic",
]
time_zone = "America/New_York"
quiet_seconds = 0
as_of = {clock}

[economics]
fee_rate = 0.029
min_margin_rate = 0.05
"""

_REPRICING_TOML = """
mode = "auto"

[parameters]
rule = "match"
min_factor = 0.7
max_factor = 1.5

[limits]
max_actions = 200
keep_actions = 200
max_exposure_minor = 50_000
"""

_RESTOCK_TOML = """
mode = "approve"

[parameters]
service_level = 0.95
max_proposals = 100

[limits]
max_actions = 200
max_exposure_minor = 0
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demo tells: one screen, or one JSON document."""

    data: dict[str, Any]
    screen: Any


@dataclass(frozen=True, slots=True)
class World:
    """The emulated shop that answers."""

    url: str
    clock: str
    orders: int
    lines: int


@dataclass(frozen=True, slots=True)
class Score:
    """Days compared with what really happened, and those that differ."""

    days: int
    differing: int


def run_demo(folder: Path, *, days: int | None, households: int | None, is_quiet: bool) -> Shown:
    """Run the loop once in `demo-home` under `folder`, which is made anew.

    Raises:
        ConfigurationError: that folder is something else, or the demo's packages are missing.
    """
    started = time.monotonic()
    home = _fresh(folder / HOME)
    os.environ[_TOKEN] = secrets.token_hex(16)
    prefect = server.start(home)
    try:
        _tell(is_quiet, started, "building a merchant's world from a year of real transactions …")
        with _world(home, days=days, households=households) as world:
            _write_home(home, world)
            _tell(is_quiet, started, f"{world.orders:,} orders with {world.lines:,} lines; loop …")
            looped = _loop(home, prefect)
            score = _score(home, world)
    finally:
        prefect.stop()
    return _shown(home, looped, score, seconds=time.monotonic() - started)


def _tell(is_quiet: bool, started: float, line: str) -> None:
    if not is_quiet:
        sys.stderr.write(f"[{time.monotonic() - started:4.0f} s] {line}\n")


def _fresh(home: Path) -> Path:
    """An empty home; only one that a demo made is removed."""
    mark = home / "shopkeeper.toml"
    if home.exists() and any(home.iterdir()):
        if not mark.is_file() or not mark.read_text(encoding="utf-8").startswith(_MARK):
            raise ConfigurationError(f"{home} exists and was not made by a demo: move it away")
        shutil.rmtree(home)
    (home / "shops").mkdir(parents=True)
    (home / "policies").mkdir()
    mark.write_text(_MARK + _HOME_TOML, encoding="utf-8")
    return home.absolute()


def _write_home(home: Path, world: World) -> None:
    shop = _SHOP_TOML.format(url=world.url, token=_TOKEN, clock=world.clock)
    (home / "shops" / "demo.toml").write_text(_MARK + shop, encoding="utf-8")
    for name, text in (("repricing", _REPRICING_TOML), ("restock", _RESTOCK_TOML)):
        (home / "policies" / f"{name}.toml").write_text(_MARK + text, encoding="utf-8")


@contextmanager
def _world(home: Path, *, days: int | None, households: int | None) -> Iterator[World]:
    """The sandbox as a process of its own, until it is left."""
    today = dt.datetime.now(dt.UTC).date()
    options = ["--today", str(today)]
    options += ["--days", str(days)] if days else []
    options += ["--households", str(households)] if households else []
    command = [sys.executable, "-m", "sandbox", "serve", *options]
    command += ["--token", os.environ[_TOKEN], "--exports", str(home / "inbox")]
    log = home / "sandbox.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)  # noqa: S603
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise TransientSourceError(f"the sandbox did not start; see {log}")
        world = World(**json.loads(line))
        emulated.remember(home, world.url, _TOKEN, options)
        yield world
    finally:
        process.terminate()
        process.wait(timeout=20)


def _loop(home: Path, prefect: server.PrefectServer) -> "Looped":
    """Run the flows against the server, once it answers."""
    os.environ |= server.settings(home, int(prefect.url.rpartition(":")[2]))
    # Imported only now: Prefect reads its settings when it is imported.
    from flows.run import run_flow

    prefect.wait()
    return asyncio.run(run_flow(str(home), "demo"))


def _score(home: Path, world: World) -> Score:
    """Lake and quarantine together against what the sandbox says really happened."""
    import httpx
    import polars as pl

    from checks.reconcile import against, together
    from flows.steps.home import Home

    told = httpx.get(f"{world.url}/truth/days", timeout=60).raise_for_status().json()
    truth = pl.DataFrame(told).select(
        order_date=pl.col("date").str.to_date(),
        orders_units=pl.col("orders"),
        units_units=pl.col("units"),
        gmv_minor=pl.col("gmv_minor"),
    )
    with Home.open(home) as opened:
        shop = opened.shop("demo")
        ours = together(
            opened.scan("orders", shop),
            opened.scan("order_lines", shop),
            opened.quarantine.open(shop_id=shop.id, table_name="orders"),
            shop.settings.time_zone,
        )
    return Score(truth.height, against(ours, truth).height)


def _shown(home: Path, looped: "Looped", score: Score, *, seconds: float) -> Shown:
    from reports.summary import screen

    reported = looped.reported
    nearby = os.path.relpath(reported.path)
    equal = f"orders, units and GMV of {score.days - score.differing} of {score.days} days equal"
    steps = [
        ("Scoreboard", f"{equal} what the shop really sold"),
        ("Report", nearby),
        ("Prefect UI", "make ui, then http://127.0.0.1:4200"),
        ("Ledger", f"shopkeeper --home {os.path.relpath(home)} actions list --state proposed"),
        ("Took", f"{seconds:.0f} s"),
    ]
    data = {
        "seconds": round(seconds, 1),
        "report": nearby,
        "scoreboard": asdict(score),
        "pulled": [asdict(row) for row in looped.pulled],
        "acted": [asdict(row) for row in looped.acted],
        "decided": [asdict(row) for row in looped.decided],
        "failed_checks": [asdict(one) for one in looped.checked if not one.passed],
    }
    return Shown(data, screen(reported.daily, next_steps=steps))
