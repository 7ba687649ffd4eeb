"""The HTTP client over real loopback servers, and its rules against a fake transport."""

import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from connectors.base.http import Http, error_of, server_time
from connectors.base.retry import NotAppliedError, TokenRejectedError
from contracts.errors import (
    ConfigurationError,
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)

PUBLIC = ["23.227.38.33"]


class Handler(BaseHTTPRequestHandler):
    """Echoes, redirects, floods, hangs up or names a wait."""

    seen: list[tuple[str, str | None]] = []  # noqa: RUF012  # emptied by the fixture

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        self.seen.append((self.path, self.headers.get("x-token")))
        if self.path.startswith("/hang"):
            return
        status = {"/redirect": 302, "/busy": 429}.get(self.path, 200)
        self.send_response(status)
        if self.path == "/redirect":
            self.send_header("location", "/elsewhere")
        if self.path == "/busy":
            self.send_header("retry-after", "3")
        body = b"x" * (2**20 + 1) if self.path == "/flood" else b"body"
        self.send_header("content-length", str(len(body) * (2 if self.path == "/short" else 1)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[str]:
    Handler.seen.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


@pytest.fixture
def http(server: str) -> Iterator[Http]:
    client = Http(server, headers={"x-token": "secret"}, is_sandbox=True, timeout=5)
    yield client
    client.close()


def real(**options: object) -> Http:
    """A client of a real platform, whose network is a fake."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=b"ok"))
    return Http(
        "https://demo.example.com",
        headers={},
        transport=transport,
        **{"resolve": lambda host: PUBLIC, **options},  # type: ignore[arg-type]
    )


def test_a_post_carries_the_credentials(http: Http) -> None:
    assert http.post("/echo", b"{}").body == b"body"
    assert Handler.seen == [("/echo", "secret")]


def test_a_download_carries_none(http: Http, server: str) -> None:
    assert b"".join(http.download(f"{server}/file", most=100)) == b"body"
    assert Handler.seen == [("/file", None)]


def test_a_redirect_is_refused_and_not_followed(http: Http) -> None:
    with pytest.raises(SourceRejectedError, match="redirect"):
        http.post("/redirect", b"")
    assert [path for path, _ in Handler.seen] == ["/redirect"]


def test_a_busy_platform_states_its_wait(http: Http) -> None:
    with pytest.raises(NotAppliedError) as caught:
        http.post("/busy", b"")
    assert caught.value.retry_after == 3


def test_an_answer_is_bounded(http: Http, server: str) -> None:
    with pytest.raises(SourceContractError, match="larger"):
        http.post("/flood", b"", most=1)
    with pytest.raises(SourceContractError, match="larger"):
        list(http.download(f"{server}/flood", most=1000))


@pytest.mark.parametrize("path", ["/hang", "/short"])
def test_a_broken_answer_may_have_been_applied(http: Http, path: str) -> None:
    with pytest.raises(TransientSourceError) as caught:
        http.post(path, b"")
    assert not isinstance(caught.value, NotAppliedError)


def test_a_refused_connection_was_certainly_not_applied() -> None:
    client = Http("http://127.0.0.1:9", headers={}, is_sandbox=True)
    with pytest.raises(NotAppliedError):
        client.post("/", b"")
    client.close()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, None),
        (204, None),
        (302, SourceRejectedError),
        (400, SourceRejectedError),
        (401, TokenRejectedError),
        (402, SourceRejectedError),
        (403, TokenRejectedError),
        (404, SourceRejectedError),
        (408, TransientSourceError),
        (423, SourceRejectedError),
        (425, TransientSourceError),
        (429, NotAppliedError),
        (500, TransientSourceError),
        (502, TransientSourceError),
        (503, TransientSourceError),
        (504, TransientSourceError),
    ],
)
def test_http_status_decides_the_error(status: int, error: type[ShopkeeperError] | None) -> None:
    found = error_of(status)
    assert type(found) is (error or type(None))


@pytest.mark.parametrize(
    "url",
    [
        "http://demo.example.com/file",
        "https://demo.example.com:8443/file",
        "https://elsewhere.example.com/file",
        "https://demo.example.com.evil.example/file",
    ],
)
def test_a_link_that_leaves_the_platform_is_not_followed(url: str) -> None:
    client = real()
    with pytest.raises(ConfigurationError):
        list(client.download(url, most=10))
    client.close()


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "fd00::1"]
)
def test_a_name_that_leads_into_a_private_network_is_refused(address: str) -> None:
    client = real(resolve=lambda host: [*PUBLIC, address])
    with pytest.raises(ConfigurationError, match="private network"):
        client.post("/", b"")
    client.close()


def test_a_sandbox_is_reached_on_the_loopback_only() -> None:
    client = Http("http://localhost:1", headers={}, is_sandbox=True, resolve=lambda host: PUBLIC)
    with pytest.raises(ConfigurationError, match="loopback"):
        client.post("/", b"")
    client.close()


def test_a_sandbox_link_keeps_its_origin(http: Http) -> None:
    with pytest.raises(ConfigurationError, match="origin"):
        list(http.download("http://127.0.0.1:1/file", most=10))


def test_no_url_reaches_a_log_or_an_error(http: Http, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    http.post("/echo?token=hidden", b"")
    with pytest.raises(TransientSourceError) as caught:
        http.post("/hang?token=hidden", b"", most=1)
    assert "hidden" not in caplog.text + str(caught.value)


def test_the_servers_clock_is_read_from_its_header() -> None:
    assert server_time({"date": "Mon, 16 Nov 2026 05:00:00 GMT"}) == 1_794_805_200
    with pytest.raises(SourceContractError):
        server_time({})
