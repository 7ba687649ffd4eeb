"""Up and down: a home's Prefect server, its worker and its deployments, in the background."""

import asyncio
import json
import os
import shlex
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.errors import ConfigurationError
from deployments import emulated, server
from deployments.processes import Background
from flows.steps.home import Home

if TYPE_CHECKING:
    from deployments.register import Registered

PORT = 4200
# More runs at a time would only wait for each other on a small machine.
RUNS_AT_A_TIME = 4


@dataclass(frozen=True, slots=True)
class Up:
    """What runs now, and where."""

    address: str
    login: str
    """File whose line the UI asks for."""
    deployments: list[str]
    changed: list[str]
    removed: list[str]
    yaml: str


@dataclass(frozen=True, slots=True)
class Place:
    """The files of a home's unattended part."""

    folder: Path

    @property
    def server(self) -> Background:
        """The Prefect server."""
        return Background(self.folder / "server.lock")

    @property
    def worker(self) -> Background:
        """What runs the flows."""
        return Background(self.folder / "worker.lock")

    @property
    def sandbox(self) -> Background:
        """The emulated shop, in a home that a demo made."""
        return Background(self.folder / "sandbox.lock")

    @property
    def address(self) -> Path:
        """Where the server was told to listen."""
        return self.folder / "address.json"


def up(
    home_dir: Path, *, host: str | None = None, port: int | None = None, behind_tls: str | None
) -> Up:
    """Start what does not run, and bring the deployments to what the home says.

    The worker, and so each run, gets this process's environment: secrets by `env:` are read there.

    Raises:
        ConfigurationError: the home is wrong, the address is unsafe, or it runs at another one.
    """
    with Home.open(home_dir) as home:
        home.select(None)
        place = Place(server.folder(home.folder))
        address = _address(place, host=host, port=port, behind_tls=behind_tls)
        env = server.settings(
            home.folder, address.port, host=address.host, behind_tls=address.behind_tls
        )
        place.address.write_text(json.dumps(asdict(address)), encoding="utf-8")
        if not place.server.is_running():
            process = place.server.start(server.command(address), {**os.environ, **env})
            server.PrefectServer(process, address.url, place.server.log).wait()
        os.environ |= env  # before Prefect is imported: it reads its settings then
        registered, yaml = _register(home, place)
        os.environ |= emulated.start(home.folder, place.sandbox)
        if not place.worker.is_running():
            place.worker.start(_worker(), os.environ)
    return Up(
        address.origin,
        os.path.relpath(server.auth_file(home.folder)),
        sorted([*registered.written, *registered.unchanged]),
        registered.written,
        registered.removed,
        os.path.relpath(yaml),
    )


def _address(
    place: Place, *, host: str | None, port: int | None, behind_tls: str | None
) -> server.Address:
    """The address asked for, else the one it ran at last."""
    before = json.loads(place.address.read_text("utf-8")) if place.address.is_file() else {}
    last = server.Address(**{"host": server.LOOPBACK, "port": PORT, **before})
    asked = server.Address.checked(
        host or last.host,
        port or last.port,
        behind_tls=behind_tls or (last.behind_tls if host is None else None),
    )
    if place.server.is_running() and asked != last:
        raise ConfigurationError(f"it runs at {last.origin} already: `shopkeeper down` first")
    return asked


def _register(home: Home, place: Place) -> "tuple[Registered, Path]":
    from deployments.plan import definitions
    from deployments.prefect_yaml import render
    from deployments.register import close_orphans, register

    wanted = definitions(home)
    if not place.worker.is_running():
        asyncio.run(close_orphans())
    registered = asyncio.run(register(wanted))
    yaml = place.folder / "prefect.yaml"
    yaml.write_text(render(wanted), encoding="utf-8")
    return registered, yaml


def _worker() -> list[str]:
    from deployments.plan import POOL

    start = [sys.executable, "-m", "prefect", "worker", "start"]
    options = f"--pool {POOL} --name {POOL} --type process --limit {RUNS_AT_A_TIME}"
    return [*start, *shlex.split(options), "--install-policy", "never"]


def down(home_dir: Path) -> list[str]:
    """End what `up` started; its names. What a run had finished is kept."""
    place = Place(server.folder(home_dir))
    background = {"worker": place.worker, "sandbox": place.sandbox, "server": place.server}
    return [name for name, process in background.items() if process.stop()]
