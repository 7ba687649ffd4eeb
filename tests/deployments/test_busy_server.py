"""A server whose SQLite is locked answers 503: it is asked again, for a while."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from deployments import api, certificate


@contextmanager
def _busy(times: int) -> Iterator[tuple[str, list[str]]]:
    """A server that is busy so often; its address, and what each request brought."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(503 if len(heard) <= times else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    path = tmp_path / "tls.pem"
    path.write_text(certificate.make_certificate("127.0.0.1"), encoding="utf-8")
    return path


def test_a_busy_server_is_asked_the_same_again_until_it_answers(
    pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "_BUSY_PAUSE_SECONDS", 0)
    with _busy(2) as (url, heard), api.proven(url, pem, timeout=10) as client:
        assert client.post("/x", json={"a": 1}).status_code == httpx.codes.OK
    assert heard == ['{"a":1}'] * 3


def test_a_server_that_stays_busy_is_told_so_in_the_end(
    pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "_BUSY_SECONDS", 0)
    with _busy(10**6) as (url, heard), api.proven(url, pem, timeout=10) as client:
        assert client.post("/x", json={}).status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert len(heard) == 1
