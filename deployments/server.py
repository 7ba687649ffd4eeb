"""A Prefect server of a home's own: its database lies in the home, its UI on loopback."""

import os
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

from contracts.errors import ConfigurationError, TransientSourceError

START_SECONDS = 180  # a first start migrates the database: 16 s here, more on a busy machine


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/api/health", timeout=2).is_success:
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


def settings(home: Path, port: int) -> dict[str, str]:
    """Prefect's settings for a home: everything local, nothing told to anybody."""
    return {
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        # The UI calls port 4200 unless it is told its own.
        "PREFECT_SERVER_UI_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    }


def start(home: Path, *, port: int | None = None) -> PrefectServer:
    """Start a server for a home; it is not ready yet."""
    home = home.absolute()
    chosen = port or free_port()
    (home / "prefect").mkdir(parents=True, exist_ok=True)
    log = home / "prefect" / "server.log"
    command = [sys.executable, "-m", "prefect", "server", "start", "--port", str(chosen)]
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603  our own interpreter and arguments
            [*command, "--host", "127.0.0.1"],
            env={**os.environ, **settings(home, chosen)},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return PrefectServer(process, f"http://127.0.0.1:{chosen}", log)


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
    home = Path(sys.argv[1]) if len(sys.argv) == 2 else Path()
    if not (home / "shopkeeper.toml").is_file():
        raise ConfigurationError(f"{home} is no home; `make demo` makes one")
    with running(home, port=4200) as server:
        sys.stdout.write(f"Prefect UI: {server.url}  (Ctrl-C ends it)\n")
        try:
            server.process.wait()
        except KeyboardInterrupt:
            sys.stdout.write("\n")


if __name__ == "__main__":
    main()
