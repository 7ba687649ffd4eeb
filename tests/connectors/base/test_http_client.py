"""The HTTP client over real loopback servers, and its rules against a fake transport."""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from connectors.base.http import Http, error_of, server_time
from connectors.base.retry import NotAppliedError, ThrottledError, TokenRejectedError
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
        (429, ThrottledError),
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


class Network:
    """Answers every request alike and keeps it."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.seen: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return self.answer


def account(network: Network, **options: Any) -> Http:
    """An account of a real platform, whose files lie on another host."""
    return Http(
        "https://demo.example.com",
        headers={"x-token": "secret"},
        download_hosts=["files.example.com"],
        transport=httpx.MockTransport(network),
        resolve=lambda host: PUBLIC,
        **options,
    )


def test_a_request_has_the_accounts_headers_its_own_and_its_parameters() -> None:
    network = Network(httpx.Response(201, content=b"made", headers={"x-rate": "7"}))
    answer = account(network).request(
        "PUT",
        "/things?page=1",
        params=[("q", "a b&c"), ("q", "中")],
        body=b"{}",
        content_type="application/json",
        headers={"x-date": "now"},
    )
    assert (answer.status, answer.body, answer.headers["X-Rate"]) == (201, b"made", "7")
    sent = network.seen[0]
    assert sent.method == "PUT"
    assert sent.url.params.multi_items() == [("page", "1"), ("q", "a b&c"), ("q", "中")]
    assert [sent.headers[name] for name in ("x-token", "x-date", "content-type")] == [
        "secret",
        "now",
        "application/json",
    ]


def test_a_form_is_sent_in_utf_8() -> None:
    network = Network(httpx.Response(200))
    account(network).post_form("/token", [("name", "小 店"), ("name", "+&=")])
    sent = network.seen[0]
    assert sent.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert parse_qsl(sent.content.decode()) == [("name", "小 店"), ("name", "+&=")]


@pytest.mark.parametrize("link", ["/orders?page=2", "https://demo.example.com/orders?page=2"])
def test_a_next_link_of_the_platform_is_followed_with_credentials(link: str) -> None:
    network = Network(httpx.Response(200, content=b"page"))
    assert account(network).follow(link).body == b"page"
    assert str(network.seen[0].url) == "https://demo.example.com/orders?page=2"
    assert network.seen[0].headers["x-token"] == "secret"


@pytest.mark.parametrize(
    "link",
    [
        "https://files.example.com/orders?page=2",
        "https://evil.example/orders",
        "//evil.example/orders",
        "http://demo.example.com/orders",
        "https://demo.example.com:8443/orders",
        "https://demo.example.com@evil.example/orders",
        "file:///etc/passwd",
    ],
)
def test_no_credential_goes_to_another_origin(link: str) -> None:
    network = Network(httpx.Response(200))
    with pytest.raises(ConfigurationError, match="origin"):
        account(network).follow(link)
    with pytest.raises(ConfigurationError, match="origin"):
        account(network).post(link, b"{}")
    assert network.seen == []


def told(status: int, headers: Mapping[str, str], body: bytes) -> ShopkeeperError | None:
    code = {b"expired": TokenRejectedError, b"busy": NotAppliedError}.get(body[:7].strip())
    return None if code is None else code(f"{status} {headers['x-code']}")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, b"expired", TokenRejectedError),
        (400, b"busy", NotAppliedError),
        (400, b"other", SourceRejectedError),
        (200, b"expired", TokenRejectedError),
        (200, b"busy", NotAppliedError),
    ],
)
def test_a_platforms_own_refusal_is_asked_before_the_status(
    status: int, body: bytes, error: type[ShopkeeperError]
) -> None:
    network = Network(httpx.Response(status, content=body, headers={"x-code": "7"}))
    with pytest.raises(error) as caught:
        account(network, refusal=told).get("/orders")
    assert type(caught.value) is error


@pytest.mark.parametrize("status", [200, 400])
def test_of_a_body_only_the_beginning_is_told(status: int) -> None:
    sizes: list[int] = []

    def measured(_status: int, _headers: Mapping[str, str], body: bytes) -> None:
        sizes.append(len(body))

    network = Network(httpx.Response(status, content=b"x" * 10**7))
    with nullcontext() if status == 200 else pytest.raises(SourceRejectedError):
        account(network, refusal=measured).get("/orders")
    assert sizes == [64 * 2**10]


def test_downloads_are_no_matter_of_the_refusal() -> None:
    def never(_status: int, _headers: Mapping[str, str], _body: bytes) -> ShopkeeperError:
        raise AssertionError("asked")

    gone = Network(httpx.Response(403))
    with pytest.raises(SourceRejectedError):
        list(account(gone, refusal=never).download("https://files.example.com/1", most=10))
    assert "x-token" not in gone.seen[0].headers


def test_a_refusal_whose_body_breaks_off_keeps_its_meaning() -> None:
    def broken() -> Iterator[bytes]:
        yield b"ex"
        raise httpx.ReadError("gone")

    network = Network(httpx.Response(429, content=broken(), headers={"retry-after": "3"}))
    with pytest.raises(NotAppliedError) as caught:
        account(network, refusal=told).get("/orders")
    assert caught.value.retry_after == 3


@pytest.mark.parametrize(
    ("host", "is_followed"),
    [
        ("bucket.s3.eu-west-1.storage.example", True),
        ("storage.example", False),
        ("evilstorage.example", False),
        ("storage.example.evil.test", False),
    ],
)
def test_files_come_from_hosts_below_a_suffix_and_from_no_look_alike(
    host: str, is_followed: bool
) -> None:
    network = Network(httpx.Response(200, content=b"file"))
    http = Http(
        "https://demo.example.com",
        headers={"x-token": "secret"},
        download_hosts=[".storage.example"],
        transport=httpx.MockTransport(network),
        resolve=lambda _: PUBLIC,
    )
    if is_followed:
        assert b"".join(http.download(f"https://{host}/1", most=10)) == b"file"
        assert "x-token" not in network.seen[0].headers
    else:
        with pytest.raises(ConfigurationError, match="leaves the platform's hosts"):
            list(http.download(f"https://{host}/1", most=10))
        assert network.seen == []
