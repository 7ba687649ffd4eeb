"""A Prefect server of a home's own: its database and its secrets lie in the home."""

import base64
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from contracts.errors import ConfigurationError, ShopkeeperError, TransientSourceError
from deployments import certificate
from deployments.address import LOOPBACK, Address, bind
from deployments.api import proven
from deployments.tied import tied

START_SECONDS = 300  # a first start migrates the database: 16 s here, minutes on a busy machine
_PLANNED_DAYS = 3660
FOLDER = "prefect"
"""Where a home keeps its server."""
CERTIFICATE = "tls.pem"
USER = "operator"
SHELL = "who has it can run commands as you: it is a shell, for who runs this machine"
"""What is to be known of the password wherever it is named."""


@dataclass(frozen=True, slots=True)
class Doors:
    """Where a server answers: browsers in the clear, our own processes by TLS.

    Its port may be anybody's once it has ended, and a worker and its runs go on asking. They send
    the password to nobody who has not the key of the home's certificate.
    """

    ui: Address
    api_port: int

    @property
    def api_url(self) -> str:
        """As our own processes reach it."""
        return f"https://{LOOPBACK}:{self.api_port}/api"

    def told(self) -> dict[str, Any]:
        """To be written down."""
        return {**asdict(self.ui), "api_port": self.api_port}

    @classmethod
    def of(cls, settings: dict[str, Any]) -> "Doors":
        """As it was written down; without a second port by a release that had none."""
        ui = {name: value for name, value in settings.items() if name != "api_port"}
        return cls(Address(**ui), settings.get("api_port", 0))


@contextmanager
def open_doors(address: Address) -> Iterator[tuple[Doors, tuple[int, int]]]:
    """Both doors, listening before the server is started, and the files of them to inherit.

    So there is no moment at which somebody else could listen there.

    Raises:
        ConfigurationError: as `taken`.
    """
    with bind(address) as ui, bind(Address(LOOPBACK, 0)) as api:
        doors = Doors(replace(address, port=ui.getsockname()[1]), api.getsockname()[1])
        yield doors, (ui.fileno(), api.fileno())


@dataclass(frozen=True, slots=True)
class PrefectServer:
    """A server that was started; `wait` before use."""

    process: subprocess.Popen[bytes]
    doors: Doors
    env: dict[str, str]
    """What reaches it."""
    log: Path

    def wait(self) -> None:
        """Return when the server answers, and has proven to be ours.

        Raises:
            TransientSourceError: it ended or did not answer in time; its log says why.
        """
        deadline = time.monotonic() + START_SECONDS
        pem = Path(self.env["PREFECT_API_SSL_CERT_FILE"])
        with proven(self.doors.api_url, pem, timeout=2) as client:
            while time.monotonic() < deadline and self.process.poll() is None:
                if _is_well(client):
                    return
                time.sleep(0.2)
        raise TransientSourceError(f"the Prefect server did not start; see {self.log}")

    def stop(self) -> None:
        """End it and its children."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def _is_well(client: httpx.Client) -> bool:
    try:
        return client.get("/health").is_success
    except httpx.TransportError:
        return False


def folder(home: Path) -> Path:
    """Where a home keeps its server; nobody else on the machine can look inside."""
    found = home.absolute() / FOLDER
    found.mkdir(parents=True, exist_ok=True)
    found.chmod(0o700)
    return found


def auth_file(home: Path) -> Path:
    """The file whose one line is the login of the UI."""
    return folder(home) / "auth"


def read_or_make_secret(path: Path, made: str) -> str:
    """The secret in a file that only its owner reads, made on first use."""
    if not path.is_file():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(made)
    return path.read_text(encoding="utf-8").strip()


def settings(home: Path, doors: Doors) -> dict[str, str]:
    """Prefect's settings for a home: a password, no foreign page, nothing told to anybody."""
    auth = read_or_make_secret(auth_file(home), f"{USER}:{secrets.token_urlsafe(24)}")
    key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    pem = folder(home) / CERTIFICATE
    read_or_make_secret(pem, certificate.make_certificate(LOOPBACK))
    return {
        "PREFECT_HOME": str(folder(home)),
        "PREFECT_API_URL": doors.api_url,
        "PREFECT_API_SSL_CERT_FILE": str(pem),
        "PREFECT_API_AUTH_STRING": auth,
        "PREFECT_SERVER_API_AUTH_STRING": auth,
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": doors.ui.origin,
        # Not among Prefect's settings: the server reads it from the environment itself, and keeps
        # a key in the database beside what it locks if there is none.
        "PREFECT_SERVER_ENCRYPTION_KEY": read_or_make_secret(folder(home) / "block-key", key),
        # Even what runs once in four years is planned, and so seen to be.
        "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_SCHEDULED_TIME": f"P{_PLANNED_DAYS}D",
        # The UI calls port 4200 unless it is given its own.
        "PREFECT_SERVER_UI_API_URL": f"{doors.ui.origin}/api",
        "PREFECT_UI_URL": doors.ui.origin,
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    }


def command(files: tuple[int, int], env: Mapping[str, str]) -> list[str]:
    """What starts a server that inherits the files of its doors."""
    start = [sys.executable, "-m", "deployments.serve", *map(str, files)]
    return [*start, env["PREFECT_API_SSL_CERT_FILE"]]


def start(home: Path, *, port: int = 0) -> PrefectServer:
    """Start a server for a home, at any port if none is given; it is not ready yet.

    It ends with this process at the latest.

    Raises:
        ConfigurationError: the port is taken.
    """
    log = folder(home) / "server.log"
    with log.open("wb") as out, open_doors(Address(LOOPBACK, port)) as (doors, files):
        env = settings(home, doors)
        process = subprocess.Popen(  # noqa: S603  our own interpreter and arguments
            tied(command(files, env)),
            env={**os.environ, **env},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=files,
        )
    return PrefectServer(process, doors, env, log)


@contextmanager
def running(home: Path, *, port: int = 0) -> Iterator[PrefectServer]:
    """A server that answers, stopped at the end."""
    server = start(home, port=port)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def main() -> None:
    """Serve a home's runs until interrupted: `python -m deployments.server HOME PORT`."""
    try:
        _serve()
    except ShopkeeperError as error:
        sys.stderr.write(f"shopkeeper: {error}\n")
        sys.exit(2 if isinstance(error, ConfigurationError) else 1)  # as the command line does


def _serve() -> None:
    home, port = Path(sys.argv[1]), int(sys.argv[2])
    if not (home / "shopkeeper.toml").is_file():
        raise ConfigurationError(f"{home} is no home; `make demo` makes one")
    # Being told to end is like Ctrl-C: the server is a process of its own and would stay.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with running(home, port=port) as server:
        login = os.path.relpath(auth_file(home))
        sys.stdout.write(
            f"Prefect UI: {server.doors.ui.origin}, password in {login}  (Ctrl-C ends it)\n"
            f"The password: {SHELL}\n"
        )
        sys.stdout.flush()
        try:
            server.process.wait()
        except KeyboardInterrupt:
            sys.stdout.write("\n")


if __name__ == "__main__":
    main()
