"""Who listens where a home's server does, did or would: they answer, and keep every byte."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deployments.address import LOOPBACK
from deployments.certificate import make_certificate

# What lets a client that does not look closely go on: healthy, and with a token for its posts.
_BODY = b'{"token": "theirs", "client": "theirs", "expiration": "2099-01-01T00:00:00Z"}'
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


class Stranger:
    """A listener of somebody else."""

    def __init__(self, tls: Path | None = None) -> None:
        self.heard = b""
        """All that was sent, as it came over the wire; by TLS as it was opened."""
        self.calls = 0
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if tls else None
        if self._tls and tls:
            tls.write_text(make_certificate(LOOPBACK), encoding="utf-8")
            self._tls.load_cert_chain(tls)

    @contextmanager
    def at(self, port: int) -> Iterator[None]:
        """Listen."""
        with socket.create_server((LOOPBACK, port)) as listening, self._serving(listening):
            yield

    @contextmanager
    def snatching(self, port: int, *, once: Callable[[], bool]) -> Iterator[None]:
        """Try to listen at every moment from one on, and do as soon as it succeeds."""
        ended = threading.Event()

        def snatch() -> None:
            while not ended.is_set():
                time.sleep(0.002)
                if not once():
                    continue
                with contextlib.suppress(OSError), self.at(port):
                    ended.wait()

        thread = threading.Thread(target=snatch)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    @contextmanager
    def _serving(self, listening: socket.socket) -> Iterator[None]:
        listening.settimeout(0.1)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                with contextlib.suppress(OSError):
                    self._hear(listening.accept()[0])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _hear(self, connection: socket.socket) -> None:
        self.calls += 1
        connection.settimeout(0.5)
        spoken = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
        with spoken:
            while told := spoken.recv(65536):
                self.heard += told
                spoken.sendall(_ANSWER % (len(_BODY), _BODY))
