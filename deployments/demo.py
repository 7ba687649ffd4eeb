"""The demo: a merchant's emulated platforms, a home for them, a Prefect server, one run."""

import asyncio
import datetime as dt
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.errors import ConfigurationError, TransientSourceError
from deployments import demo_home, emulated, server
from deployments.demo_home import DemoWorld
from deployments.extra import refuse_without_sandbox
from deployments.tied import tied

if TYPE_CHECKING:
    from deployments.demo_score import DemoScore
    from flows.steps.run import LoopResult

HOME = "demo-home"
# The demo's moment: the shop opens, and people may be written to.
_HOURS = 10


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demo reports: one screen, or one JSON document."""

    data: dict[str, Any]
    screen: Any


def run_demo(folder: Path, *, days: int | None, households: int | None, is_quiet: bool) -> Shown:
    """Run the loop once in `demo-home` under `folder`, which is made anew.

    Raises:
        ConfigurationError: that folder is something else, or the emulated platforms are not
            installed.
    """
    refuse_without_sandbox()
    started = time.monotonic()
    home = _fresh(folder / HOME)
    os.environ[demo_home.TOKEN] = secrets.token_hex(16)
    # Who starts a server there for longer has the kinds of blocks that Prefect knows written then.
    os.environ["PREFECT_API_BLOCKS_REGISTER_ON_START"] = "false"
    prefect = server.start(home)
    os.environ |= prefect.env
    try:
        _tell(is_quiet, started, "building a merchant's world from a year of real transactions …")
        with _world(home, days=days, households=households) as world:
            demo_home.write(home, world)
            _tell(is_quiet, started, f"{world.orders:,} orders with {world.lines:,} lines; loop …")
            prefect.wait()
            looped = asyncio.run(_flow()(str(home)))
            scores = _score(home, world)
    finally:
        prefect.stop()
    return _screen(home, looped, scores, seconds=time.monotonic() - started)


def _tell(is_quiet: bool, started: float, line: str) -> None:
    if not is_quiet:
        sys.stderr.write(f"[{time.monotonic() - started:4.0f} s] {line}\n")


def _fresh(home: Path) -> Path:
    """An empty home; only one that a demo made is removed."""
    mark = home / "shopkeeper.toml"
    is_ours = mark.is_file() and mark.read_text(encoding="utf-8").startswith(demo_home.MARK)
    if not is_ours and home.exists() and any(home.iterdir()):
        raise ConfigurationError(f"{home} exists and was not made by a demo: move it away")
    home.mkdir(parents=True, exist_ok=True)
    # It stays all the time: a demo that is killed here is to be known as one.
    mark.write_text(demo_home.MARK, encoding="utf-8")
    for one in home.iterdir():
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        elif one != mark:
            one.unlink()
    (home / "shops").mkdir()
    (home / "policies").mkdir()
    return home.absolute()


@contextmanager
def _world(home: Path, *, days: int | None, households: int | None) -> Iterator[DemoWorld]:
    """The sandbox as a process of its own, until it is left."""
    today = dt.datetime.now(dt.UTC).date()
    options = ["--today", str(today), "--channels", ",".join(demo_home.SHOPS.values())]
    options += ["--hours", str(_HOURS), "--mail-folder", str(home / "mail")]
    options += ["--days", str(days)] if days else []
    options += ["--households", str(households)] if households else []
    command = [sys.executable, "-m", "sandbox", "serve", *options]
    command += ["--token", os.environ[demo_home.TOKEN], "--exports", str(home / "inbox")]
    (home / "mail").mkdir()
    log = home / "sandbox.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(tied(command), stdout=subprocess.PIPE, stderr=errors)  # noqa: S603
    try:
        assert process.stdout is not None
        _flow()  # takes seconds, which the sandbox takes too
        line = process.stdout.readline()
        if not line:
            raise TransientSourceError(f"the sandbox did not start; see {log}")
        world = DemoWorld(**json.loads(line))
        ports = ",".join(map(str, world.mail["ports"]))
        emulated.remember(home, world.url, demo_home.TOKEN, [*options, "--mail-ports", ports])
        yield world
    finally:
        process.terminate()
        process.wait(timeout=20)


def _flow() -> Callable[[str], Coroutine[Any, Any, "LoopResult"]]:
    """The loop, imported once the server's settings are set: Prefect reads them then.

    With what its check imports as it begins: here, two other processes have to start meanwhile.
    """
    import great_expectations  # noqa: F401

    from flows.run import run_flow

    return run_flow


def _score(home: Path, world: DemoWorld) -> list["DemoScore"]:
    from deployments.demo_score import score_demo
    from flows.steps.opening import open_home

    with open_home(home) as opened:
        return score_demo(opened, world)


def _screen(
    home: Path, looped: "LoopResult", scores: list["DemoScore"], *, seconds: float
) -> Shown:
    from reports.summary import screen

    reported = looped.reported
    nearby = os.path.relpath(reported.path)
    steps = [
        *(("Scoreboard" if not number else "", one.sentence) for number, one in enumerate(scores)),
        ("Report", nearby),
        ("Prefect UI", "make ui, then http://127.0.0.1:4200"),
        ("Ledger", f"shopkeeper --home {os.path.relpath(home)} actions list --state proposed"),
        ("Took", f"{seconds:.0f} s"),
    ]
    data = {
        "seconds": round(seconds, 1),
        "report": nearby,
        "scoreboard": [asdict(one) for one in scores],
        "pulled": [asdict(row) for row in looped.pulled],
        "acted": [asdict(row) for row in looped.acted],
        "decided": [asdict(row) for row in looped.decided],
        "failed_checks": [asdict(one) for one in looped.checked if not one.passed],
    }
    return Shown(data, screen(reported.daily, next_steps=steps))
