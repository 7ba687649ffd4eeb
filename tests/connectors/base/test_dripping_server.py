"""A server that sends a byte now and then keeps every single wait short: a request has a total."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from connectors.base.deadline import PATIENCE_SECONDS, seconds_for
from connectors.base.http import Http
from connectors.base.retry import NotAppliedError
from contracts.errors import TransientSourceError

EACH = 0.03
HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n"
PACKED = gzip.compress(b"x" * 40, mtime=0)
GZIP = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(PACKED)
BUSY = b"HTTP/1.1 503 Busy\r\ncontent-length: 40\r\n\r\n"


@contextmanager
def dripping(at_once: bytes, slowly: bytes) -> Iterator[str]:
    """A real server whose answer ends, some seconds after anybody should have given up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(at_once)
                    for place in range(len(slowly)):
                        time.sleep(EACH)
                        connection.sendall(slowly[place : place + 1])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.close()
        thread.join(timeout=5)


def client(url: str) -> Http:
    return Http(url, headers={}, is_sandbox=True, timeout=5, patience=6 * EACH)


@pytest.mark.parametrize(
    ("at_once", "slowly"),
    [
        (b"", HEAD + b"x" * 40),
        (HEAD, b"x" * 40),
        (GZIP, PACKED),
        (b"", b"HTTP/1.1 100 Go\r\n\r\n" * 3),
    ],
)
def test_an_answer_that_drips_ends_after_its_time_in_one_sentence(
    at_once: bytes, slowly: bytes
) -> None:
    with dripping(at_once, slowly) as url:
        http = client(url)
        begun = time.monotonic()
        with pytest.raises(TransientSourceError, match=r"^an answer was not whole after 0\.18 s$"):
            list(http.download(f"{url}/file", most=40))
        assert time.monotonic() - begun < 20 * EACH
        http.close()


def test_a_write_whose_answer_drips_may_have_been_applied() -> None:
    with dripping(b"", HEAD + b"x" * 40) as url:
        http = client(url)
        with pytest.raises(TransientSourceError, match="not whole") as caught:
            http.post("/write", b"{}", most=0)
        assert not isinstance(caught.value, NotAppliedError)
        http.close()


def test_a_refusal_that_drips_keeps_its_meaning() -> None:
    with dripping(BUSY, b"x" * 40) as url:
        http = Http(url, headers={}, is_sandbox=True, patience=6 * EACH, refusal=lambda *_: None)
        with pytest.raises(TransientSourceError, match="HTTP 503"):
            http.get("/", most=0)
        http.close()


def test_a_slow_reader_has_all_its_time() -> None:
    with dripping(HEAD + b"x", b"x" * 2) as url:
        http = client(url)
        chunks = http.download(f"{url}/file", most=40)
        assert next(chunks) == b"x"
        time.sleep(8 * EACH)
        assert next(chunks) == b"xx"
        http.close()


def test_a_bulk_file_has_hours_and_a_page_has_minutes() -> None:
    assert seconds_for(2**20) == PATIENCE_SECONDS + 1
    assert seconds_for(64 * 2**20) < 180
    assert seconds_for(8 * 2**30) > 2 * 3_600
