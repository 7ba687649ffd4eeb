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

from deployments.place import Place
from sandbox.server import running
from sandbox.world.world import World
from tests.deployments.strangers import Stranger, free_port
from tests.flows.conftest import RATES, TOKEN, _own, built_data, seeded_world, write_home

__all__ = ["built_data", "seeded_world"]

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
    stranger: Stranger
    """Who wanted the port for themselves as soon as `up` had looked whether it is free."""

    def call(self, *words: str) -> dict[str, Any]:
        """Type a command; its JSON."""
        answered: dict[str, Any] = call(self.home, self.env, *words)
        return answered

    def deployment(self, name: str) -> dict[str, Any]:
        """One deployment by its full name."""
        found: dict[str, Any] = self.api.get(f"/deployments/name/{name}").raise_for_status().json()
        return found

    def start(self, name: str, **parameters: Any) -> httpx.Response:
        """Send a form."""
        url = f"/deployments/{self.deployment(name)['id']}/create_flow_run"
        return self.api.post(url, json={"parameters": parameters})

    def run(self, name: str, **parameters: Any) -> dict[str, Any]:
        """Send a form and wait until the worker has done it; the run as it ended."""
        run = self.start(name, **parameters).raise_for_status().json()
        return self.ended(run["id"])

    def ended(self, run_id: str) -> dict[str, Any]:
        """Wait until the worker has done a run; as it ended."""
        deadline = time.monotonic() + LONGEST_RUN_SECONDS
        while time.monotonic() < deadline:
            found: dict[str, Any] = self.api.get(f"/flow_runs/{run_id}").json()
            if found["state"]["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}:
                return found
            time.sleep(0.5)
        raise AssertionError(f"{run_id} did not end: {found['state']}")

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
        port, place, stranger = free_port(), Place.of(home), Stranger()
        with stranger.snatching(port, once=place.address.is_file):
            first = call(home, env, "up", "--port", str(port))
        try:
            with place.client() as api:
                api.base_url = f"{first['address']}/api"  # the browser's door
                yield Unattended(home, env, first, api, today, stranger)
        finally:
            call(home, env, "down")
