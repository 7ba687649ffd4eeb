"""A Prefect server of a home's own: its database and its secrets lie in the home."""

import base64
import ipaddress
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from contracts.errors import ConfigurationError, ShopkeeperError, TransientSourceError

START_SECONDS = 300  # a first start migrates the database: 16 s here, minutes on a busy machine
_PLANNED_DAYS = 3660
FOLDER = "prefect"
"""Where a home keeps its server."""
LOOPBACK = "127.0.0.1"
USER = "operator"
_ANY = ("0.0.0.0", "::")  # noqa: S104  compared with, never bound


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens, and as what a browser reaches it."""

    host: str
    port: int
    behind_tls: str | None = None

    @classmethod
    def checked(cls, host: str, port: int, *, behind_tls: str | None) -> "Address":
        """An address that is safe to bind.

        Raises:
            ConfigurationError: others could listen in, or what stands in front is no https address.
        """
        if behind_tls is not None:
            parsed = httpx.URL(behind_tls)
            if parsed.scheme != "https" or not parsed.host or parsed.path != "/":
                raise ConfigurationError(
                    f"--behind-tls {behind_tls!r} is not an address such as https://ops.example.com"
                )
        elif not _is_loopback(host):
            raise ConfigurationError(
                f"--host {host} is reachable by others and the server speaks plain HTTP: put TLS in"
                " front of it and give its address with --behind-tls https://…"
            )
        return cls(host, port, behind_tls.rstrip("/") if behind_tls else None)

    @property
    def url(self) -> str:
        """As processes of this machine reach it."""
        host = LOOPBACK if self.host in _ANY else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def origin(self) -> str:
        """As the browser reaches it."""
        return self.behind_tls or self.url


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class PrefectServer:
    """A server that was started; `wait` before use."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def wait(self) -> None:
        """Return when the server answers.

        Raises:
            TransientSourceError: it ended or did not answer in time; its log says why.
        """
        deadline = time.monotonic() + START_SECONDS
        with httpx.Client(timeout=2) as asked:
            while time.monotonic() < deadline and self.process.poll() is None:
                try:
                    if asked.get(f"{self.url}/api/health").is_success:
                        return
                except httpx.TransportError:
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


@contextmanager
def taken(address: Address) -> Iterator[socket.socket]:
    """The socket of an address, listening.

    Raises:
        ConfigurationError: somebody else has it, or this machine has no such address.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        opened = socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        raise ConfigurationError(
            f"{address.host} port {address.port} cannot be listened on: {error.strerror}"
        ) from None
    with opened:
        yield opened


def refuse_taken(address: Address) -> None:
    """Tell a taken port before a server is started, which would only say so in its log.

    Raises:
        ConfigurationError: as `taken`; who answers there is not ours.
    """
    with taken(address):
        return


def folder(home: Path) -> Path:
    """Where a home keeps its server; nobody else on the machine can look inside."""
    found = home.absolute() / FOLDER
    found.mkdir(parents=True, exist_ok=True)
    found.chmod(0o700)
    return found


def auth_file(home: Path) -> Path:
    """The file whose one line the UI asks for."""
    return folder(home) / "auth"


def kept(path: Path, made: str) -> str:
    """The secret in a file that only its owner reads, made on first use."""
    if not path.is_file():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(made)
    return path.read_text(encoding="utf-8").strip()


def settings(
    home: Path, port: int, *, host: str = LOOPBACK, behind_tls: str | None = None
) -> dict[str, str]:
    """Prefect's settings for a home: a password, no foreign page, nothing told to anybody."""
    address = Address.checked(host, port, behind_tls=behind_tls)
    auth = kept(auth_file(home), f"{USER}:{secrets.token_urlsafe(24)}")
    key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    return {
        "PREFECT_HOME": str(folder(home)),
        "PREFECT_API_URL": f"{address.url}/api",
        "PREFECT_API_AUTH_STRING": auth,
        "PREFECT_SERVER_API_AUTH_STRING": auth,
        "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": address.origin,
        # Not among Prefect's settings: the server reads it from the environment itself, and keeps
        # a key in the database beside what it locks if there is none.
        "PREFECT_SERVER_ENCRYPTION_KEY": kept(folder(home) / "block-key", key),
        # Even what runs once in four years is planned, and so seen to be.
        "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_SCHEDULED_TIME": f"P{_PLANNED_DAYS}D",
        # The UI calls port 4200 unless it is told its own.
        "PREFECT_SERVER_UI_API_URL": f"{address.origin}/api",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    }


def command(address: Address) -> list[str]:
    """What starts a server."""
    start = [sys.executable, "-m", "prefect", "server", "start"]
    return [*start, "--host", address.host, "--port", str(address.port)]


def start(home: Path, *, port: int | None = None) -> PrefectServer:
    """Start a server for a home; it is not ready yet.

    Raises:
        ConfigurationError: the port is taken.
    """
    address = Address(LOOPBACK, port or free_port())
    refuse_taken(address)
    log = folder(home) / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603  our own interpreter and arguments
            command(address),
            env={**os.environ, **settings(home, address.port)},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return PrefectServer(process, address.url, log)


@contextmanager
def running(home: Path, *, port: int | None = None) -> Iterator[PrefectServer]:
    """A server that answers, stopped at the end."""
    server = start(home, port=port)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def main() -> None:
    """Serve a home's runs until interrupted: `python -m deployments.server HOME`."""
    try:
        _serve()
    except ShopkeeperError as error:
        sys.exit(f"shopkeeper: {error}")


def _serve() -> None:
    home = Path(sys.argv[1]) if len(sys.argv) == 2 else Path()
    if not (home / "shopkeeper.toml").is_file():
        raise ConfigurationError(f"{home} is no home; `make demo` makes one")
    # Being told to end is like Ctrl-C: the server is a process of its own and would stay.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with running(home, port=4200) as server:
        login = os.path.relpath(auth_file(home))
        sys.stdout.write(f"Prefect UI: {server.url}, password in {login}  (Ctrl-C ends it)\n")
        sys.stdout.flush()
        try:
            server.process.wait()
        except KeyboardInterrupt:
            sys.stdout.write("\n")


if __name__ == "__main__":
    main()
