"""What a platform tells is heard over real HTTP, and what it hints at is pulled."""

import base64
import hmac
import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from contracts.errors import BusyError, ConfigurationError, SourceRejectedError
from deployments.doorman import MOST, MOST_OF_ONE
from deployments.webhooks import Patience, Pulls, doors, listening
from flows.steps.opening import open_home
from sandbox.server import running
from sandbox.world.world import World
from tests.deployments.strangers import free_port
from tests.flows.conftest import RATES, TOKEN, _own, write_home

SECRET = "client-secret"
BODY = b'{"id": 1}'
WAIT_SECONDS = 20


def signed(
    body: bytes = BODY, *, topic: str = "customers/update", number: int = 1
) -> dict[str, str]:
    made = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
    return {
        "X-Shopify-Hmac-SHA256": made,
        "X-Shopify-Topic": topic,
        "X-Shopify-Webhook-Id": f"id-{number}",
    }


def until(is_so: Callable[[], bool]) -> bool:
    end = time.monotonic() + WAIT_SECONDS
    while not is_so() and time.monotonic() < end:
        time.sleep(0.02)
    return is_so()


class Account:
    """Pulls nothing, and remembers what it was to pull; the first pulls may fail."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.pulled: list[tuple[str, str]] = []

    def __call__(self, shop_id: str, stream: str) -> None:
        self.pulled.append((shop_id, stream))
        if self.errors:
            raise self.errors.pop(0)


def test_hints_at_one_stream_become_one_pull() -> None:
    account = Account()
    pulls = Pulls(account, wait=0.2)
    for _ in range(50):
        pulls.ask("demo", "orders")
        pulls.ask("demo", "products")
    assert until(lambda: len(account.pulled) == 2)
    time.sleep(0.3)
    pulls.close()
    assert account.pulled == [("demo", "orders"), ("demo", "products")]


def test_a_hint_during_a_pull_leads_to_another_one() -> None:
    begun, go_on, pulled = threading.Event(), threading.Event(), []

    def pull(shop_id: str, stream: str) -> None:
        pulled.append(stream)
        begun.set()
        go_on.wait(WAIT_SECONDS)

    pulls = Pulls(pull, wait=0)
    pulls.ask("demo", "orders")
    begun.wait(WAIT_SECONDS)
    pulls.ask("demo", "orders")
    go_on.set()
    assert until(lambda: len(pulled) == 2)
    pulls.close()


def test_what_another_process_is_pulling_is_tried_again() -> None:
    account = Account(BusyError("being done elsewhere"))
    pulls = Pulls(account, wait=0, busy_wait=0.05)
    pulls.ask("demo", "orders")
    assert until(lambda: len(account.pulled) == 2)
    pulls.close()


def test_an_error_is_one_sentence_in_the_log_and_others_are_pulled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    account = Account(SourceRejectedError("the token is gone"), KeyError("secret-value"))
    pulls = Pulls(account, wait=0)
    for stream in ("orders", "products", "customers"):
        pulls.ask("demo", stream)
    assert until(lambda: len(account.pulled) == 3)
    pulls.close()
    assert [record.getMessage() for record in caplog.records] == [
        "shop=demo stream=orders hinted at, not pulled: the token is gone",
        "shop=demo stream=products hinted at, not pulled: KeyError",
    ]


def test_nothing_is_begun_after_the_end() -> None:
    account = Account()
    pulls = Pulls(account, wait=0.1)
    pulls.ask("demo", "orders")
    pulls.close()
    time.sleep(0.2)
    assert account.pulled == []


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose shop can be told something, but whose platform is not there."""
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("HOOK_TOKEN", TOKEN)
    for name in ("shops", "policies"):
        (tmp_path / name).mkdir()
    (tmp_path / "shopkeeper.toml").write_text("", encoding="utf-8")
    (tmp_path / "shops" / "demo.toml").write_text(
        f"""
name = "Demo"
currency = "USD"
time_zone = "America/New_York"
[sources.shopify]
base_url = "http://127.0.0.1:{free_port()}"
access_token = "env:HOOK_TOKEN"
webhook_secret = "env:HOOK_SECRET"
is_sandbox = true
[economics]
fee_rate = 0.029
min_margin_rate = 0.05
""",
        encoding="utf-8",
    )
    return tmp_path


@contextmanager
def served(home: Path, *, wait: float = 60, **seconds: float) -> Iterator[str]:
    """The address of the shop's door, while the home listens."""
    port, patience = free_port(), Patience(wait=wait, **seconds)
    with listening(
        home, host="127.0.0.1", port=port, behind_tls=None, patience=patience
    ) as started:
        serving = threading.Thread(target=started.run)
        serving.start()
        yield started.addresses[0]
        started.stop()
        serving.join()


@pytest.fixture
def address(home: Path) -> Iterator[str]:
    with served(home) as found:
        yield found


def test_a_signed_message_is_well_received_and_a_second_time_too(address: str) -> None:
    assert address.endswith("/webhooks/demo/shopify")
    answers = [httpx.post(address, content=BODY, headers=signed()) for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"")] * 2
    assert "server" not in answers[0].headers


@pytest.mark.parametrize(
    ("path", "headers", "body", "status"),
    [
        ("/webhooks/demo/shopify", signed(b"another"), BODY, 401),
        ("/webhooks/demo/shopify", {}, BODY, 401),
        ("/webhooks/demo/shopify", {}, b"x" * (2**20 + 1), 413),
        ("/webhooks/demo/files", signed(), BODY, 404),
        ("/webhooks/other/shopify", signed(), BODY, 404),
        ("/webhooks/..%2fdemo/shopify", signed(), BODY, 404),
        ("/", signed(), BODY, 404),
    ],
)
def test_anything_else_is_turned_away_without_a_word(
    address: str, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    origin = address.removesuffix("/webhooks/demo/shopify")
    answer = httpx.post(f"{origin}{path}", content=body, headers=headers)
    assert answer.status_code == status
    assert b"demo" not in answer.content


def test_a_body_that_does_not_tell_its_length_is_capped_too(address: str) -> None:
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    chunks = (b"x" * 2**16 for _ in range(64))
    try:
        connection.request("POST", place.path, body=chunks, encode_chunked=True)
        status = connection.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        status = 413  # it hung up before all was sent
    connection.close()
    assert status == 413


def test_a_flood_of_forgeries_does_not_fill_the_log(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(40):
        httpx.post(address, content=b"hidden", headers={**signed(number=number)})
    listed = [record.getMessage() for record in caplog.records if "refused" in record.getMessage()]
    assert len(listed) == 6
    assert listed[-1].startswith("shop=demo source=shopify refused=32 ")
    assert "hidden" not in caplog.text


@contextmanager
def silent(address: str, many: int, *, source: str = "127.0.0.1") -> Iterator[list[socket.socket]]:
    """Connections of one address that say nothing."""
    place = urlsplit(address)
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                socket.create_connection((place.hostname, place.port), 5, (source, 0))
            )
            for _ in range(many)
        ]


def is_ended(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.2"])
def test_whoever_is_silent_closes_the_door_for_nobody(address: str, source: str) -> None:
    with silent(address, 2 * MOST, source=source) as connections:
        answers = [httpx.post(address, content=BODY, headers=signed()) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200] * 3
        ended = list(map(is_ended, connections))
    assert 2 * MOST - sum(ended) <= MOST_OF_ONE
    assert not ended[-1], "the one silent for longest goes first"


def test_the_silent_of_many_addresses_make_room_too(address: str) -> None:
    with ExitStack() as stack:
        for place in range(2, 7):
            stack.enter_context(silent(address, MOST_OF_ONE - 1, source=f"127.0.0.{place}"))
        assert httpx.post(address, content=BODY, headers=signed()).status_code == 200


def test_a_head_that_drips_is_waited_for_a_while_and_no_longer(home: Path) -> None:
    whole = b"POST /webhooks/demo/shopify HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    with (
        served(home, head=0.3) as address,
        silent(address, 2) as (first, second),
    ):
        second.sendall(whole)  # its next request is what drips
        assert second.recv(12) == b"HTTP/1.1 401"
        for place in range(12):
            for connection in (first, second):
                with suppress(OSError):
                    connection.sendall(whole[place : place + 1])
            time.sleep(0.05)
        assert until(lambda: is_ended(first))
        assert until(lambda: is_ended(second))


def test_a_body_that_drips_is_waited_for_a_while_and_its_connection_is_closed(home: Path) -> None:
    head = b"POST /webhooks/demo/shopify HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n"
    with served(home, body=0.2) as address, silent(address, 1) as (connection,):
        connection.sendall(head + b"x")
        received = b"".join(iter(lambda: connection.recv(1_000), b""))
    assert received.startswith(b"HTTP/1.1 408")


def test_what_is_hinted_at_is_pulled(
    seeded_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_TOKEN", TOKEN)
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with running(_own(seeded_world), token=TOKEN, rates=RATES) as url:
        write_home(tmp_path, url, seeded_world)
        file = tmp_path / "shops" / "demo.toml"
        secret = 'is_sandbox = true\nwebhook_secret = "env:HOOK_SECRET"'
        file.write_text(file.read_text("utf-8").replace("is_sandbox = true", secret), "utf-8")
        with served(tmp_path, wait=0) as address, open_home(tmp_path) as home:
            assert home.readings.watermark("demo", "customers") is None
            assert httpx.post(address, content=BODY, headers=signed()).status_code == 200
            assert until(lambda: home.readings.watermark("demo", "customers") is not None)
            assert home.readings.watermark("demo", "orders") is None


@pytest.mark.parametrize(
    ("host", "behind_tls"), [("0.0.0.0", None), ("127.0.0.1", "http://ops.example.com")]
)
def test_messages_do_not_cross_a_network_in_clear(
    home: Path, host: str, behind_tls: str | None
) -> None:
    with (
        pytest.raises(ConfigurationError, match="behind-tls"),
        listening(home, host=host, port=free_port(), behind_tls=behind_tls),
    ):
        pass


def test_behind_tls_the_address_is_the_one_outside(home: Path) -> None:
    outside = "https://ops.example.com"
    with listening(home, host="0.0.0.0", port=free_port(), behind_tls=outside) as started:
        assert started.addresses == [f"{outside}/webhooks/demo/shopify"]


def test_a_home_without_a_secret_has_nothing_to_listen_for(home: Path) -> None:
    file = home / "shops" / "demo.toml"
    kept = [line for line in file.read_text("utf-8").splitlines() if "webhook" not in line]
    file.write_text("\n".join(kept), "utf-8")
    with open_home(home) as opened, pytest.raises(ConfigurationError, match="secret for webhooks"):
        doors(opened)


def test_a_secret_is_not_shown(home: Path) -> None:
    with open_home(home) as opened:
        assert SECRET not in repr(doors(opened))


def test_a_port_that_is_taken_is_told(home: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(ConfigurationError, match="cannot be listened on"),
        listening(home, host="127.0.0.1", port=other.getsockname()[1], behind_tls=None),
    ):
        pass


def test_the_command_tells_where_it_listens_and_ends_when_told(home: Path) -> None:
    words = ["--home", str(home), "--json", "listen", "--port", str(free_port())]
    command = [sys.executable, "-m", "shopkeeper", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        (address,) = json.loads(process.stdout.readline())["addresses"]
        assert until(lambda: is_well_received(address))
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=WAIT_SECONDS)
    assert (process.returncode, out) == (130, "")
    assert errors == "shopkeeper: stopped; what was finished is kept, run it again to go on\n"


def is_well_received(address: str) -> bool:
    try:
        return httpx.post(address, content=BODY, headers=signed(topic="themes/x")).is_success
    except httpx.ConnectError:
        return False
