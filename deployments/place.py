"""Where a home's unattended part lies: its processes and logs, the server's address and login."""

import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import httpx

from deployments import api
from deployments.address import LOOPBACK
from deployments.logs import Errors, errors
from deployments.processes import Background
from deployments.server import CERTIFICATE, FOLDER, Doors

PORT = 4200


@dataclass(frozen=True, slots=True)
class Place:
    """The files of a home's unattended part."""

    folder: Path

    @classmethod
    def of(cls, home: Path) -> "Place":
        """That of a home; nothing is made."""
        return cls(home.absolute() / FOLDER)

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
        """Where the server was set to listen."""
        return self.folder / "address.json"

    @property
    def unattended(self) -> dict[str, Background]:
        """What has to run for a home to run by itself."""
        return {"server": self.server, "worker": self.worker}

    def doors(self) -> Doors:
        """Where the server listens, or did at last."""
        settings = json.loads(self.address.read_text("utf-8")) if self.address.is_file() else {}
        return Doors.of({"host": LOOPBACK, "port": PORT, **settings})

    def login(self) -> str:
        """The login that the server requires."""
        return (self.folder / "auth").read_text("utf-8").strip()

    def client(self) -> AbstractContextManager[httpx.Client]:
        """The server itself: somebody else at its port gets nothing; raises as `api.client`."""
        return api.client(self.doors().api_url, self.login(), self.folder / CERTIFICATE)

    def prove(self) -> None:
        """Raise as `client` unless the server answers."""
        with self.client():
            return

    def errors(self) -> dict[str, Errors]:
        """What server and worker have complained of since they were started, by log."""
        logs = [one.log for one in self.unattended.values() if one.is_running()]
        return {f"prefect/{log.name}": errors(log) for log in logs}

    def complaints(self) -> list[str]:
        """The same in sentences, of the logs with errors alone."""
        return [told.sentence(log) for log, told in self.errors().items() if told.count]
