"""A small world, a home, and processes that are killed in it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from flows.steps.opening import open_home
from sandbox.server import running
from sandbox.shopify.shop import Shop
from sandbox.tamper import tamper
from sandbox.world.world import World, build
from tests.crash.state import State, state_of
from tests.flows.conftest import RATES, TODAY, TOKEN, write_home

LEASE_MINUTES = 10  # longer than a lease: who comes after finds what was left
_MOST_SECONDS = 120
_PLANTED = ("penny_price", "currency", "status", "remove_line")


def small_world() -> World:
    """One week of a dozen households, some of whose orders are spoiled."""
    world = build(TODAY, days=7, households=12)
    shop = Shop(world)
    for op in _PLANTED:
        tamper(shop, {"op": op})
    shop.close()
    return world


class Processes:
    """Starts processes of the loop; the next one imports what it needs while one runs."""

    def __init__(self) -> None:
        self._next = self._started()

    def run(self, told: dict[str, Any]) -> tuple[int, str]:
        """Let one process do what it is told; how it ended, and what it complained about.

        Raises:
            subprocess.TimeoutExpired: it does not end.
        """
        one, self._next = self._next, self._started()
        try:
            _, complaint = one.communicate(json.dumps(told) + "\n", timeout=_MOST_SECONDS)
        except subprocess.TimeoutExpired:
            one.kill()
            one.communicate()
            raise
        return one.returncode, complaint

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Let the waiting one go."""
        self._next.communicate("")

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.crash.child"],
            env={**os.environ, "WORLD_TOKEN": TOKEN},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )


@dataclass(slots=True)
class Place:
    """A home, the world it reads, and the seams at which its loop was killed."""

    folder: Path
    world: World
    processes: Processes
    kills: list[str] = field(default_factory=list)

    def start(self, seam: str | None = None, *, call: int = 1) -> bool:
        """Run the loop in a process of its own; whether it died where it was told to.

        Raises:
            RuntimeError: it failed, which no crash before excuses.
        """
        fields = {
            "folder": str(self.folder),
            "minutes": LEASE_MINUTES * len(self.kills),
            "seam": seam,
            "call": call,
        }
        code, complaint = self.processes.run(fields)
        if seam is not None and code == -signal.SIGKILL:
            self.kills.append(seam)
            return True
        if code != 0:
            raise RuntimeError(f"after {self.kills or 'no crash'}: {complaint[-2000:]}")
        return False

    def state(self) -> State:
        """What is there now."""
        with open_home(self.folder) as home:
            return state_of(home, self.world)


@contextmanager
def place(
    seeded: World, folder: Path, processes: Processes, *, like: Path | None = None
) -> Iterator[Place]:
    """A world of its own, served, and a home that has read nothing; its settings as in `like`."""
    world = replace(seeded, writes=[], spoiled=[], lock=threading.RLock())
    if like is not None:
        shutil.copytree(like, folder, ignore=shutil.ignore_patterns("data", "reports", "*journal*"))
    with running(world, token=TOKEN, rates=RATES) as url:
        write_home(folder, url, world)
        yield Place(folder, world, processes)
