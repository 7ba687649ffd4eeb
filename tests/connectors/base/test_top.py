"""The TOP gateway: signatures of the vectors, each error, limits, tokens and clocks."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors.base.auth import OwnTokens
from connectors.base.gateway import RefusedCallError
from connectors.base.limits import OwnLimits, Urgency
from connectors.base.retry import NotAppliedError, ThrottledError, TokenRejectedError
from connectors.base.top import ERRORS, TopClient, TopError, TopSettings
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.ports import Stores

VECTORS = Path(__file__).parents[4] / "shared/vectors/signing.json"
DATE = {"date": "Mon, 16 Nov 2026 05:00:00 GMT"}
NOW = dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC).timestamp()
Reply = httpx.Response | Exception


def answer(content: dict[str, Any], *, name: str = "items_get_response") -> httpx.Response:
    return httpx.Response(200, json={name: content}, headers=DATE)


def error(code: int, sub_code: str = "", sub_msg: str = "", **headers: str) -> httpx.Response:
    found = {"code": code, "msg": "secret text", "sub_code": sub_code, "sub_msg": sub_msg}
    return httpx.Response(200, json={"error_response": found}, headers={**DATE, **headers})


def token(number: int, *, seconds: int = 3600) -> httpx.Response:
    granted = {
        "access_token": f"session-{number}",
        "refresh_token": f"refresh-{number}",
        "expires_in": seconds,
    }
    return answer({"token_result": json.dumps(granted)})


class Gateway:
    """Replies in order and keeps what it was asked; the last reply is repeated."""

    def __init__(self, replies: tuple[Reply, ...]) -> None:
        self.replies = list(replies)
        self.asked: list[dict[str, str]] = []
        self.waits: list[float] = []
        self.seconds = NOW

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url.query == b""
        self.asked.append({k: v[0] for k, v in parse_qs(request.content.decode()).items()})
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply


Opened = tuple[TopClient[TopSettings], Gateway]


@pytest.fixture
def opened() -> Iterator[Callable[..., Opened]]:
    clients: list[TopClient[TopSettings]] = []

    def open_with(*replies: Reply, stores: Stores = Stores(), **settings: Any) -> Opened:
        gateway = Gateway(replies)
        given = {"session": SecretStr("a-session")} if "refresh_token" not in settings else {}
        client = TopClient(
            TopSettings(
                app_key="12345678", app_secret=SecretStr("a-secret"), **{**given, **settings}
            ),
            stores,
            transport=httpx.MockTransport(gateway),
            resolve=lambda host: ["203.119.206.1"],
            clock=gateway.now,
            sleep=gateway.sleep,
            wall_clock=gateway.now,
        )
        clients.append(client)
        return client, gateway

    yield open_with
    for client in clients:
        client.close()


def vectors() -> list[dict[str, Any]]:
    found = json.loads(VECTORS.read_text())["vectors"] if VECTORS.exists() else []
    return [vector for vector in found if vector["id"].startswith("top-")]


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector["id"])
def test_a_call_is_signed_as_the_vectors_are(vector: dict[str, Any]) -> None:
    params = dict(vector["params"])
    stamp = dt.datetime.fromisoformat(f"{params['timestamp']}+08:00").timestamp()
    gateway = Gateway((answer({}),))
    gateway.seconds = stamp
    client = TopClient(
        TopSettings(
            app_key=params["app_key"],
            app_secret=SecretStr(vector["secret"]),
            session=SecretStr(params["session"]),
            sign_method=params["sign_method"],
        ),
        transport=httpx.MockTransport(gateway),
        resolve=lambda host: ["203.119.206.1"],
        wall_clock=gateway.now,
    )
    asked = {name: params[name] for name in ("fields", "num_iid")}
    client.read(params["method"], asked)
    client.close()
    assert gateway.asked == [{**params, "sign": vector["expected"]}]


def test_the_vectors_are_there() -> None:
    if not VECTORS.exists():
        pytest.skip("the signing vectors lie outside the repository")
    assert {vector["id"] for vector in vectors()} >= {"top-md5", "top-hmac-md5"}


@given(st.dictionaries(st.text("abcXYZ_019", min_size=1, max_size=9), st.text(max_size=9)))
def test_what_is_signed_is_what_is_sent_and_nothing_empty_is(params: dict[str, str]) -> None:
    gateway = Gateway((answer({}),))
    client = TopClient(
        TopSettings(
            app_key="1", app_secret=SecretStr("s"), session=SecretStr("t"), sign_method="md5"
        ),
        transport=httpx.MockTransport(gateway),
        resolve=lambda host: ["203.119.206.1"],
        wall_clock=gateway.now,
    )
    reserved = {"sign", "v", "method", "format"}
    given = {name: value for name, value in params.items() if name not in reserved}
    client.read("taobao.any.get", given)
    client.close()
    sent = gateway.asked[0]
    text = "".join(name + sent[name] for name in sorted(sent) if name != "sign")
    assert sent["sign"] == hashlib.md5(f"s{text}s".encode()).hexdigest().upper()
    assert {name: value for name, value in given.items() if value} == {
        name: sent[name] for name in given if name in sent
    }


@pytest.mark.parametrize(("code", "expected"), ERRORS.items())
def test_a_listed_code_has_its_class(code: int, expected: type[ShopkeeperError]) -> None:
    assert type(TopError(code=code).as_error()) is expected


@pytest.mark.parametrize(
    ("code", "sub_code", "expected"),
    [
        (3, "", SourceRejectedError),
        (7, "accesscontrol.limited-by-api-access-count", ThrottledError),
        (8, "", ThrottledError),
        (10, "", TransientSourceError),
        (11, "isv.permission-api-package-limit", SourceRejectedError),
        (15, "isp.remote-service-timeout", TransientSourceError),
        (15, "isv.item-not-exist", RefusedCallError),
        (15, "", SourceContractError),
        (15, "mystery", SourceContractError),
        (25, "isv.invalid-signature", SourceRejectedError),
        (26, "isv.missing-session", TokenRejectedError),
        (27, "invalid-sessionkey", TokenRejectedError),
        (31, "isv.invalid-timestamp", SourceRejectedError),
        (40, "isv.missing-parameter:fields", RefusedCallError),
        (41, "isv.invalid-parameter:page_no", RefusedCallError),
        (53, "", TokenRejectedError),
        (99, "", SourceContractError),
        (530, "isp.top-remote-connection-timeout", TransientSourceError),
        (530, "isv.trade-not-exist", RefusedCallError),
    ],
)
def test_code_and_sub_code_decide_the_error(
    code: int, sub_code: str, expected: type[ShopkeeperError]
) -> None:
    assert type(TopError(code=code, sub_code=sub_code).as_error()) is expected


def test_an_error_tells_codes_and_no_text(opened: Callable[..., Opened]) -> None:
    client, _ = opened(error(15, "isv.item-not-exist", "Jo Doe has no such item"))
    with pytest.raises(RefusedCallError) as refused:
        client.read("taobao.item.get", {})
    assert str(refused.value) == "the platform answered error 15 (isv.item-not-exist)"
    told = TopError(code=15, sub_code="isv.x\nJo Doe").as_error()
    assert "Jo" not in str(told)


def test_a_ban_is_waited_for_one_second_longer_than_stated(opened: Callable[..., Opened]) -> None:
    ban = "This ban will last for 7 more seconds"
    refusal = error(7, "accesscontrol.limited-by-api-access-count", ban)
    client, gateway = opened(refusal, answer({"a": 1}))
    assert client.read("taobao.any.get", {}).data == b'{"a":1}'
    assert len(gateway.asked) == 2
    assert gateway.seconds >= NOW + 8


def test_a_ban_of_one_method_leaves_the_others_alone(opened: Callable[..., Opened]) -> None:
    ban = "This ban will last for 7 more seconds"
    refusal = error(7, "accesscontrol.limited-by-app-api-access-count", ban)
    limits = OwnLimits()
    client, _ = opened(refusal, stores=Stores(limits=limits))
    with pytest.raises(NotAppliedError):
        client.write("taobao.one.get", {})
    other, theirs = opened(answer({}), stores=Stores(limits=limits))
    other.read("taobao.other.get", {})
    assert sum(theirs.waits) < 1


def test_the_quota_of_the_day_ends_every_call_of_the_app_until_midnight_in_china(
    opened: Callable[..., Opened],
) -> None:
    limits = OwnLimits()
    client, gateway = opened(
        error(7, "accesscontrol.limited-by-app-access-count"), stores=Stores(limits=limits)
    )
    with pytest.raises(ThrottledError) as refused:
        client.read("taobao.any.get", {})
    assert refused.value.retry_after == 11 * 3600  # it is 13:00 there
    assert len(gateway.asked) == 1
    other, theirs = opened(answer({}), stores=Stores(limits=limits))
    with pytest.raises(NotAppliedError):
        other.read("taobao.other.get", {})
    assert theirs.asked == []


def test_the_permitted_rate_is_kept_by_all_who_use_the_app(opened: Callable[..., Opened]) -> None:
    client, gateway = opened(answer({}), calls_per_second=10)
    for _ in range(30):
        client.read("taobao.any.get", {})
    assert gateway.seconds - NOW >= 2.8


def test_a_busy_service_is_asked_again(opened: Callable[..., Opened]) -> None:
    client, gateway = opened(error(15, "isp.remote-service-timeout"), error(10), answer({}))
    client.read("taobao.any.get", {})
    assert len(gateway.asked) == 3


def test_a_write_that_may_have_been_applied_is_not_sent_twice(
    opened: Callable[..., Opened],
) -> None:
    client, gateway = opened(error(15, "isp.remote-service-timeout"))
    with pytest.raises(TransientSourceError) as unknown:
        client.write("taobao.any.update", {})
    assert not isinstance(unknown.value, NotAppliedError)
    assert len(gateway.asked) == 1


def test_a_write_that_was_refused_by_a_limit_is_sent_again(opened: Callable[..., Opened]) -> None:
    client, gateway = opened(error(8), answer({}))
    client.write("taobao.any.update", {}, urgency=Urgency.UNDO)
    assert len(gateway.asked) == 2


def test_a_machine_with_a_wrong_clock_is_refused_once(opened: Callable[..., Opened]) -> None:
    client, gateway = opened(error(31, "isv.invalid-timestamp"), answer({}))
    gateway.seconds = NOW - 86_400
    client.read("taobao.any.get", {})
    assert [asked["timestamp"][:10] for asked in gateway.asked] == ["2026-11-15", "2026-11-16"]
    assert client.now() == dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC)


def test_a_timestamp_that_stays_refused_is_an_error(opened: Callable[..., Opened]) -> None:
    client, gateway = opened(error(31, "isv.invalid-timestamp"))
    with pytest.raises(SourceRejectedError):
        client.read("taobao.any.get", {})
    assert len(gateway.asked) == 1


def test_the_clock_is_the_platforms_own(opened: Callable[..., Opened]) -> None:
    client, gateway = opened(answer({"time": "2026-11-16 13:00:00"}))
    gateway.seconds = NOW - 5
    assert client.now() == client.recent_now() == dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC)
    assert [asked["method"] for asked in gateway.asked] == ["taobao.time.get"]
    assert "session" not in gateway.asked[0]


def test_a_session_is_renewed_before_the_first_call_and_when_it_is_refused(
    opened: Callable[..., Opened],
) -> None:
    client, gateway = opened(
        token(1),
        error(27, "invalid-sessionkey"),
        token(2),
        answer({}),
        refresh_token=SecretStr("refresh-0"),
    )
    client.read("taobao.any.get", {"page_no": "2"})
    told = [(asked.get("session"), asked.get("refresh_token")) for asked in gateway.asked]
    assert told == [
        (None, "refresh-0"),
        ("session-1", None),
        (None, "refresh-1"),
        ("session-2", None),
    ]


def test_a_rotated_token_is_kept_before_it_is_used(opened: Callable[..., Opened]) -> None:
    tokens = OwnTokens()
    client, _ = opened(
        token(1),
        httpx.ReadError("gone"),
        stores=Stores(tokens=tokens),
        refresh_token=SecretStr("refresh-0"),
    )
    with pytest.raises(TransientSourceError):
        client.write("taobao.any.update", {})
    later, gateway = opened(
        answer({}), stores=Stores(tokens=tokens), refresh_token=SecretStr("refresh-0")
    )
    later.read("taobao.any.get", {})
    assert [asked["session"] for asked in gateway.asked] == ["session-1"]


def test_a_fixed_session_that_is_refused_stops_the_shop(opened: Callable[..., Opened]) -> None:
    client, gateway = opened(error(27, "invalid-sessionkey"))
    with pytest.raises(SourceRejectedError):
        client.read("taobao.any.get", {})
    assert len(gateway.asked) == 1


@pytest.mark.parametrize("name", ["trades_sold_get_response", "tmall_item_price_update_response"])
def test_any_envelope_of_a_response_is_opened(opened: Callable[..., Opened], name: str) -> None:
    client, _ = opened(answer({"a": 1}, name=name))
    assert client.read("taobao.any.get", {}).data == b'{"a":1}'


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"a": 1}', b'{"a_response": {}, "b": 1}'])
def test_what_is_no_envelope_is_an_unknown_shape(
    opened: Callable[..., Opened], body: bytes
) -> None:
    client, _ = opened(httpx.Response(200, content=body, headers=DATE))
    with pytest.raises(SourceContractError):
        client.read("taobao.any.get", {})


def test_an_account_has_one_token_and_a_sandbox_no_live_one() -> None:
    secret = SecretStr("x")
    with pytest.raises(ValidationError):
        TopSettings(app_key="1", app_secret=secret)
    with pytest.raises(ValidationError):
        TopSettings(app_key="1", app_secret=secret, session=secret, refresh_token=secret)
    with pytest.raises(ValidationError, match="live token"):
        TopSettings(
            app_key="1",
            app_secret=secret,
            session=SecretStr("6200abc"),
            is_sandbox=True,
            base_url="http://127.0.0.1:1",
        )
    assert "a-secret" not in repr(
        TopSettings(app_key="1", app_secret=SecretStr("a-secret"), session=SecretStr("a-session"))
    )


@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_error_is_known_by_its_code_whatever_the_http_status(
    opened: Callable[..., Opened], status: int
) -> None:
    told = {"code": 15, "sub_code": "isv.item-not-exist", "sub_msg": None}
    client, _ = opened(httpx.Response(status, json={"error_response": told}, headers=DATE))
    with pytest.raises(RefusedCallError):
        client.read("taobao.item.seller.get", {})
