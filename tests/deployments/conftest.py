"""A merchant's home that runs by itself: real server, real worker, real deployments."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from deployments.api import client
from deployments.server import free_port
from sandbox.server import running
from sandbox.world.world import World
from tests.flows.conftest import RATES, TOKEN, _own, built_data, seeded_world, write_home

__all__ = ["built_data", "seeded_world"]

_MOST_LOCKED = 30
LONGEST_RUN_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Unattended:
    """A home that is up, and its server as the UI talks to it."""

    home: Path
    env: dict[str, str]
    first: dict[str, Any]
    """What the first `up` said."""
    api: httpx.Client
    today: dt.date
    """The shop's business date: its world stands still."""

    def call(self, *words: str) -> dict[str, Any]:
        """Type a command; its JSON."""
        answered: dict[str, Any] = call(self.home, self.env, *words)
        return answered

    def deployment(self, name: str) -> dict[str, Any]:
        """One deployment by its full name."""
        found: dict[str, Any] = self.api.get(f"/deployments/name/{name}").raise_for_status().json()
        return found

    def start(self, name: str, **parameters: Any) -> httpx.Response:
        """Send a form; while its SQLite is locked a server asks to be asked again."""
        url = f"/deployments/{self.deployment(name)['id']}/create_flow_run"
        for _ in range(_MOST_LOCKED):
            answer = self.api.post(url, json={"parameters": parameters})
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(1)
        return answer

    def run(self, name: str, **parameters: Any) -> dict[str, Any]:
        """Send a form and wait until the worker has done it; the run as it ended."""
        run = self.start(name, **parameters).raise_for_status().json()
        deadline = time.monotonic() + LONGEST_RUN_SECONDS
        while time.monotonic() < deadline:
            found: dict[str, Any] = self.api.get(f"/flow_runs/{run['id']}").json()
            if found["state"]["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}:
                return found
            time.sleep(0.5)
        raise AssertionError(f"{name} did not end: {found['state']}")

    def artifacts(self, flow_run_id: str) -> dict[str, str]:
        """Text of a run's artifacts, by key."""
        chosen = {"artifacts": {"flow_run_id": {"any_": [flow_run_id]}}}
        found = self.api.post("/artifacts/filter", json=chosen).raise_for_status().json()
        return {one["key"]: one["data"] for one in found}


def call(home: Path, env: dict[str, str], *words: str) -> Any:
    """Type a command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "shopkeeper", "--home", str(home), "--json", *words],
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def unattended(
    seeded_world: World, built_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Unattended]:
    home = tmp_path_factory.mktemp("unattended") / "home"
    env = {**os.environ, "WORLD_TOKEN": TOKEN, "PREFECT_WORKER_QUERY_SECONDS": "1"}
    today = seeded_world.clock.astimezone(ZoneInfo("America/New_York")).date()
    with running(_own(seeded_world), token=TOKEN, rates=RATES) as url:
        write_home(home, url, seeded_world)
        shutil.copytree(built_data, home / "data")
        first = call(home, env, "up", "--port", str(free_port()))
        auth = (home / "prefect" / "auth").read_text(encoding="utf-8")
        try:
            with client(first["address"], auth) as api:
                yield Unattended(home, env, first, api, today)
        finally:
            call(home, env, "down")
