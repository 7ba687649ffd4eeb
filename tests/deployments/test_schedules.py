"""Schedules run: the pinned Prefect plans, starts and completes them, on both of its databases."""

import base64
import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.errors import ConfigurationError
from deployments import unattended
from deployments.api import found
from deployments.logs import errors
from deployments.place import Place
from deployments.schedules import standings
from deployments.server import settings
from tests.deployments.conftest import call
from tests.deployments.stall import write_stall
from tests.deployments.strangers import Stranger, free_port
from tests.postgres import Postgres

pytestmark = pytest.mark.long
LONGEST_SECONDS = 600
# A bound too short for any server; and a server that plans nothing, as 3.8 with SQLAlchemy 2.1 did.
IMPATIENT = """
import deployments.schedules
deployments.schedules.PLANNED_SECONDS = 2
from shopkeeper.cli import main
main()
"""


@dataclass(frozen=True, slots=True)
class Running:
    """A home that is up."""

    home: Path
    env: dict[str, str]
    place: Place
    api: httpx.Client

    @property
    def is_on_postgres(self) -> bool:
        """Which database its server has."""
        return "PREFECT_SERVER_DATABASE_CONNECTION_URL" in self.env

    def runs(self, step: str) -> list[dict[str, Any]]:
        """What became of the scheduled runs of a step; one that is just removed has no state."""
        deployment = self.api.get(f"/deployments/name/{step}/stall").raise_for_status().json()
        mine = {"deployment_id": {"any_": [deployment["id"]]}}
        return [
            one
            for one in found(self.api, "flow_runs", flow_runs=mine)
            if one["auto_scheduled"] and one["state"] is not None
        ]

    def make_due(self, run: dict[str, Any], *, ago: dt.timedelta = dt.timedelta()) -> None:
        """Let a planned run be due now, or since a while."""
        when = (dt.datetime.now(dt.UTC) - ago).isoformat()
        state = {
            "type": "SCHEDULED",
            "name": "Scheduled",
            "state_details": {"scheduled_time": when},
        }
        asked = {"state": state, "force": True}
        self.api.post(f"/flow_runs/{run['id']}/set_state", json=asked).raise_for_status()


def until(condition: Callable[[], bool], what: Callable[[], object]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.5)


def states(runs: list[dict[str, Any]]) -> list[str]:
    return sorted(one["state"]["name"] for one in runs)


@pytest.fixture(scope="module")
def homes(
    postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Running]]:
    """A home on each database, both at once: what they do is mostly to wait for a full minute."""
    url = postgres.empty().replace("+psycopg", "+asyncpg")
    servers = {"sqlite": {}, "postgres": {"PREFECT_SERVER_DATABASE_CONNECTION_URL": url}}
    folders = {name: tmp_path_factory.mktemp(name) / "home" for name in servers}
    envs = {
        name: {**os.environ, "PREFECT_WORKER_QUERY_SECONDS": "1", **server}
        for name, server in servers.items()
    }

    def up(name: str) -> None:
        write_stall(folders[name], schedule='pull = "* * * * *"\nreport = "30 7 * * *"')
        call(folders[name], envs[name], "up", "--port", str(free_port()))

    places = {name: Place.of(folder) for name, folder in folders.items()}
    with ExitStack() as opened:
        for name in servers:
            opened.callback(_down, folders[name], envs[name], places[name])
        with ThreadPoolExecutor() as threads:
            list(threads.map(up, servers))
        yield {
            name: Running(
                folders[name],
                envs[name],
                place,
                opened.enter_context(place.client()),
            )
            for name, place in places.items()
        }


def _down(home: Path, env: dict[str, str], place: Place) -> None:
    call(home, env, "down")
    assert not any(one.is_running() for one in place.unattended.values())


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def running(request: pytest.FixtureRequest, homes: dict[str, Running]) -> Running:
    return homes[request.param]


def test_once_up_has_returned_the_next_run_of_every_schedule_is_planned(running: Running) -> None:
    planned = standings(running.api)
    assert [one.name for one in planned] == ["report/stall", "run/stall"]
    assert all(one.next_at for one in planned)
    dates = [
        one["next_scheduled_start_time"] for one in running.runs("run") if not one["start_time"]
    ]
    minutes = {dt.datetime.fromisoformat(text).replace(second=0) for text in dates if text}
    assert len(minutes) >= 3
    assert max(minutes) - min(minutes) == dt.timedelta(minutes=len(minutes) - 1)


def test_a_run_that_a_schedule_of_one_minute_created_begins_by_itself_and_completes(
    running: Running,
) -> None:
    def done() -> list[dict[str, Any]]:
        return [one for one in running.runs("run") if one["state"]["type"] == "COMPLETED"]

    until(lambda: bool(done()), lambda: states(running.runs("run")))
    assert done()[0]["name"].startswith("stall run ")
    assert list((running.home / "reports").glob("*.html"))


def test_doctor_says_when_each_schedule_ran_how_it_ended_and_when_it_runs_next(
    running: Running,
) -> None:
    fields = {
        (one["source"], one["subject"]): one
        for one in call(running.home, running.env, "doctor", "--shop", "stall")
    }
    run, report = fields["schedule", "run"], fields["schedule", "report"]
    assert run["passed"]
    assert "completed; next " in run["detail"] or run["detail"].startswith("runs since ")
    assert report["passed"]
    assert report["detail"].startswith("has not run yet; next ")
    assert report["detail"].endswith(" 07:30 (Europe/Berlin)")
    assert fields["prefect", "server"]["passed"]
    assert fields["prefect", "worker"]["passed"]


def test_what_was_missed_is_caught_up_once(running: Running) -> None:
    """On SQLite the machine was off; on PostgreSQL others took every place of a worker."""
    running.place.worker.stop()
    waiting = [one for one in running.runs("report") if one["state"]["name"] == "Scheduled"]
    assert len(waiting) >= 2
    for hours, one in enumerate(waiting, start=1):
        running.make_due(one, ago=dt.timedelta(hours=hours))
    ids = {one["id"] for one in waiting}

    if running.is_on_postgres:
        server = settings(running.home, running.place.doors())
        worker = unattended.worker_command(at_a_time=1)
        process = running.place.worker.start(worker, {**running.env, **server})
    else:
        call(running.home, running.env, "up")
        process = None

    def left() -> list[dict[str, Any]]:
        return [one for one in running.runs("report") if one["id"] in ids]

    def begun() -> list[str]:
        """A run whose place is taken is cancelled before it begins: its work was done once."""
        return [one for one in states(left()) if one != "Cancelled"]

    try:
        until(lambda: "Completed" in states(left()), lambda: states(left()))
        time.sleep(3)  # another would begin within a second
        assert begun() == ["Completed"]
        assert errors(running.place.worker.log).is_clean
    finally:
        if process is not None:
            running.place.worker.stop()
            process.wait(timeout=60)


def test_the_servers_log_holds_no_error_but_that_sqlite_was_busy(running: Running) -> None:
    """After all that the tests above did."""
    logged = errors(running.place.server.log)
    assert logged.is_clean, logged
    assert not (running.is_on_postgres and logged.count), logged


@pytest.mark.parametrize("running", ["sqlite"], indirect=True)
def test_once_the_server_has_died_who_listens_in_its_place_is_told_nothing_by_anybody(
    running: Running,
) -> None:
    """The worker goes on asking; a stranger has both ports. After this the home runs no more."""
    place, ui, api = running.place, Stranger(), Stranger()
    doors, auth = place.doors(), place.login()
    os.killpg(int(place.server.lock.read_text("utf-8")), signal.SIGKILL)
    until(lambda: not place.server.is_running(), lambda: "killed")
    assert place.worker.is_running()
    with ui.at(doors.ui.port), api.at(doors.api_port):
        until(lambda: api.calls > 2, lambda: "the worker asks no more")
        printed = typed(running, "doctor")
        assert "does not run: `shopkeeper up`" in printed.stdout
        printed = typed(running, "up")
        assert printed.returncode == 2
        assert printed.stderr.count("\n") == 1
        assert f"port {doors.ui.port} cannot be listened on" in printed.stderr
    login = [auth, auth.partition(":")[2], base64.b64encode(auth.encode()).decode(), "Basic"]
    heard = ui.heard + api.heard
    assert not any(one.encode() in heard for one in [*login, "HTTP/1"])
    assert ui.calls == 0


def typed(running: Running, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shopkeeper", "--home", str(running.home), *words],
        env=running.env, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("running", ["sqlite"], indirect=True)
def test_a_server_that_plans_nothing_fails_up_in_one_sentence_and_nothing_is_left_running(
    running: Running,
) -> None:
    """The last test of this home; a changed schedule has no run planned yet."""
    call(running.home, running.env, "down")
    shop = running.home / "shops" / "stall.toml"
    shop.write_text(shop.read_text("utf-8").replace("30 7 * * *", "31 7 * * *"), "utf-8")
    env = {**running.env, "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false"}
    done = subprocess.run(
        [sys.executable, "-c", IMPATIENT, "--home", str(running.home), "up"],
        env=env, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    expected = "shopkeeper: the Prefect server planned no run of report/stall in 2 s"
    assert done.stderr.splitlines() == [f"{expected}; see prefect/server.log"]
    assert not any(one.is_running() for one in running.place.unattended.values())


def test_a_port_that_is_taken_is_told_before_anything_is_started(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write_stall(home, schedule="")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(
            ConfigurationError, match=f"127.0.0.1 port {port} cannot be listened on"
        ):
            unattended.up(home, port=port, behind_tls=None)
    assert not Place.of(home).server.is_running()
    assert not (home / "prefect" / "address.json").exists()


def test_nothing_that_runs_is_one_line_of_doctor_and_no_fault(tmp_path: Path) -> None:
    home = tmp_path / "home"
    write_stall(home, schedule="")
    done = call(home, dict(os.environ), "doctor")
    assert [
        (one["passed"], one["detail"]) for one in done if one["source"] in ("prefect", "schedule")
    ] == [(True, "nothing runs by itself; `shopkeeper up` starts it")]
