"""Up and down: a home's Prefect server, its worker and its deployments, in the background."""

import asyncio
import json
import os
import shlex
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.errors import ConfigurationError, TransientSourceError
from deployments import emulated, server
from deployments.address import Address
from deployments.place import Place
from deployments.schedules import wait_until_planned
from flows.form import SERVED
from flows.steps.home import Home
from flows.steps.opening import open_home

if TYPE_CHECKING:
    from deployments.register import Registered

# More runs at a time would only wait for each other on a small machine.
RUNS_AT_A_TIME = 4


@dataclass(frozen=True, slots=True)
class Up:
    """What runs now, and where."""

    address: str
    login: str
    """File whose line is the login of the UI."""
    deployments: list[str]
    changed: list[str]
    removed: list[str]
    yaml: str
    complaints: list[str]
    """A sentence for each log with errors in it."""


def up(
    home_dir: Path, *, host: str | None = None, port: int | None = None, behind_tls: str | None
) -> Up:
    """Start what does not run, and bring the deployments to what the home says.

    The worker, and so each run, gets this process's environment: secrets by `env:` are read there.

    Raises:
        ConfigurationError: the home is wrong, the address is unsafe or taken, or it runs at another
            one.
        TransientSourceError: something did not start, or the server plans no runs. What was started
            is ended again.
    """
    with open_home(home_dir) as home, ExitStack() as started:
        home.select(None)
        place = Place(server.folder(home.folder))
        address = _address(place, host=host, port=port, behind_tls=behind_tls)
        if not place.server.is_running():
            _start_server(home, place, address, started)
        # Before Prefect is imported: it reads its settings then.
        os.environ |= server.settings(home.folder, place.doors())
        place.prove()
        registered, yaml = _register(home, place)
        if not place.sandbox.is_running():
            started.callback(place.sandbox.stop)
        os.environ |= emulated.start(home.folder, place.sandbox)
        if not place.worker.is_running():
            place.worker.start(worker_command(), for_runs(os.environ, home.folder))
            started.callback(place.worker.stop)
        with place.client() as client:
            wait_until_planned(client)
        if not place.worker.is_running():
            raise TransientSourceError(f"the worker ended at once; see {place.worker.log}")
        started.pop_all()
    return Up(
        place.doors().ui.origin,
        os.path.relpath(server.auth_file(home.folder)),
        sorted([*registered.written, *registered.unchanged]),
        registered.written,
        registered.removed,
        os.path.relpath(yaml),
        place.complaints(),
    )


def _start_server(home: Home, place: Place, address: Address, started: ExitStack) -> None:
    with server.open_doors(address) as (doors, files):
        place.worker.stop()  # it asks at the door of the server that has ended
        env = server.settings(home.folder, doors)
        place.address.write_text(json.dumps(doors.told()), encoding="utf-8")
        command = server.command(files, env)
        process = place.server.start(command, {**os.environ, **env}, files)
    started.callback(place.server.stop)
    server.PrefectServer(process, doors, env, place.server.log).wait()


def _address(
    place: Place, *, host: str | None, port: int | None, behind_tls: str | None
) -> Address:
    """The address requested, else the one it ran at last."""
    last = place.doors().ui
    address = Address.checked(
        host or last.host,
        port or last.port,
        behind_tls=behind_tls or (last.behind_tls if host is None else None),
    )
    if place.server.is_running() and address != last:
        raise ConfigurationError(f"it runs at {last.origin} already: `shopkeeper down` first")
    return address


def _register(home: Home, place: Place) -> "tuple[Registered, Path]":
    from deployments.plan import definitions
    from deployments.prefect_yaml import render
    from deployments.register import catch_up_once, close_orphans, register

    wanted = definitions(home)
    if not place.worker.is_running():
        asyncio.run(close_orphans())
        asyncio.run(catch_up_once())
    registered = asyncio.run(register(wanted))
    yaml = place.folder / "prefect.yaml"
    yaml.write_text(render(wanted), encoding="utf-8")
    return registered, yaml


def for_runs(environment: Mapping[str, str], served: Path) -> dict[str, str]:
    """What a worker and its runs get: the one home they serve, and nothing that only the
    server needs: its own database, its key, what it asks others for.
    """
    hidden = ("PREFECT_SERVER_", "PREFECT_API_DATABASE_")
    passed_on = {name: value for name, value in environment.items() if not name.startswith(hidden)}
    return passed_on | {SERVED: str(served)}


def worker_command(at_a_time: int = RUNS_AT_A_TIME) -> list[str]:
    """What starts a worker that takes so many runs at a time."""
    from deployments.plan import POOL

    start = [sys.executable, "-m", "prefect", "worker", "start"]
    options = f"--pool {POOL} --name {POOL} --type process --limit {at_a_time}"
    return [*start, *shlex.split(options), "--install-policy", "never"]


def down(home_dir: Path) -> list[str]:
    """End what `up` started; its names. What a run had finished is kept."""
    place = Place.of(home_dir)
    background = {"worker": place.worker, "sandbox": place.sandbox, "server": place.server}
    return [name for name, process in background.items() if process.stop()]
