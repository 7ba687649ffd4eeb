"""The JOS gateway: signature of the vector, three levels of success, and a token's last day."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors.base.auth import OwnTokens
from connectors.base.gateway import RefusedCallError
from connectors.base.jos import JosClient, JosSettings, Success
from connectors.base.signing import md5_wrapped, signed
from contracts.errors import SourceContractError, SourceRejectedError, TransientSourceError
from contracts.ports import Stores

VECTORS = Path(__file__).parents[4] / "shared/vectors/signing.json"
DATE = {"date": "Mon, 16 Nov 2026 05:00:00 GMT"}
NOW = dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC)
Reply = httpx.Response | Exception


class Client(JosClient[JosSettings]):
    SUCCESS: ClassVar = {"jingdong.any.get": Success(path="result", code="errorCode", wanted="200")}


class Gateway:
    """Replies in order and keeps what it was asked; the last reply is repeated."""

    def __init__(self, replies: tuple[Reply, ...]) -> None:
        self.replies = list(replies)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.seconds = NOW.timestamp()

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def __call__(self, request: httpx.Request) -> httpx.Response:
        fields = {name: value[0] for name, value in parse_qs(request.content.decode()).items()}
        assert request.url.query == b""
        self.asked.append((f"{request.url.host}{request.url.path}", fields))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    def tokens(self) -> list[str | None]:
        return [fields.get("access_token") for _, fields in self.asked]


Opened = tuple[Client, Gateway]


@pytest.fixture
def opened() -> Iterator[Callable[..., Opened]]:
    clients: list[Client] = []

    def open_with(*replies: Reply, stores: Stores = Stores(), **settings: Any) -> Opened:
        gateway = Gateway(replies)
        given = {"access_token": SecretStr("token-0"), **settings}
        client = Client(
            JosSettings(app_key="12345678", app_secret=SecretStr("a-secret"), **given),
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


def answer(inside: dict[str, Any], *, name: str = "jingdong_other_get_responce") -> httpx.Response:
    return httpx.Response(200, json={name: inside}, headers=DATE)


def error(code: str) -> httpx.Response:
    found = {"code": code, "zh_desc": "secret text", "en_desc": "secret text"}
    return httpx.Response(200, json={"error_response": found}, headers=DATE)


def granted(number: int, *, days: float = 30) -> httpx.Response:
    found = {
        "access_token": f"token-{number}",
        "refresh_token": f"refresh-{number}",
        "expires_in": days * 86_400,
    }
    return httpx.Response(200, json=found, headers=DATE)


def ends_in(hours: float) -> dict[str, Any]:
    return {
        "refresh_token": SecretStr("refresh-0"),
        "token_ends_at": NOW + dt.timedelta(hours=hours),
    }


def test_the_vector_of_the_platform_is_reproduced() -> None:
    if not VECTORS.exists():
        pytest.skip("the signing vectors lie outside the repository")
    found = json.loads(VECTORS.read_text())["vectors"]
    (vector,) = [one for one in found if one["id"] == "jd-md5"]
    fields = dict(signed(vector["params"], partial(md5_wrapped, vector["secret"])))
    assert fields["sign"] == vector["expected"]


def test_all_parameters_of_a_method_are_one_text_and_what_is_signed_is_what_is_sent(
    opened: Callable[..., Opened],
) -> None:
    client, gateway = opened(answer({"code": "0", "a": 1}))
    asked = {"page": 1, "name": "茶", "empty": "", "none": None, "flag": False, "zero": 0}
    assert json.loads(client.read("jingdong.other.get", asked).data) == {"code": "0", "a": 1}
    ((address, sent),) = gateway.asked
    assert address == "api.jd.com/routerjson"
    assert json.loads(sent["360buy_param_json"]) == {
        "page": 1,
        "name": "茶",
        "flag": False,
        "zero": 0,
    }
    assert (sent["timestamp"], sent["v"], sent["access_token"]) == (
        "2026-11-16 13:00:00",
        "2.0",
        "token-0",
    )
    text = "".join(name + sent[name] for name in sorted(sent) if name != "sign")
    assert sent["sign"] == hashlib.md5(f"a-secret{text}a-secret".encode()).hexdigest().upper()


@pytest.mark.parametrize("name", ["jingdong_other_get_responce", "jingdong_other_get_response"])
def test_the_misspelt_envelope_is_opened_and_so_is_one_that_is_not(
    opened: Callable[..., Opened], name: str
) -> None:
    client, _ = opened(answer({"a": 1}, name=name))
    assert client.read("jingdong.other.get", {}).data == b'{"a":1}'


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ({"code": "0", "result": {"success": True, "errorCode": 200}}, None),
        ({"code": 0, "result": {"success": "true", "errorCode": "200"}}, None),
        ({"code": "0", "result": {"success": "false", "errorCode": "200"}}, RefusedCallError),
        ({"code": "0", "result": {"success": True, "errorCode": "500"}}, RefusedCallError),
        ({"code": "0", "result": {"errorCode": "200"}}, RefusedCallError),
        ({"code": "0", "result": None}, SourceContractError),
        ({"code": "0"}, SourceContractError),
        ({"code": "61", "result": {"success": True, "errorCode": 200}}, RefusedCallError),
        ({"code": "11201093"}, RefusedCallError),
        ({"code": "65"}, TransientSourceError),
    ],
)
def test_an_answer_succeeds_on_all_three_levels_or_not_at_all(
    opened: Callable[..., Opened], inside: dict[str, Any], expected: type[Exception] | None
) -> None:
    client, _ = opened(answer(inside))
    if expected is None:
        client.write("jingdong.any.get", {})
        return
    with pytest.raises(expected) as refused:
        client.write("jingdong.any.get", {})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("inside", "is_refused"),
    [
        ({"success": False}, True),
        ({"code": "0", "returnType": {"success": "false", "code": 500}}, True),
        ({"success": True}, False),
        ({"code": "0", "returnType": {"code": 200}}, False),
        ({}, False),
    ],
)
def test_a_method_that_is_not_named_fails_where_it_says_so(
    opened: Callable[..., Opened], inside: dict[str, Any], is_refused: bool
) -> None:
    client, _ = opened(answer(inside))
    if not is_refused:
        client.write("jingdong.other.set", {})
        return
    with pytest.raises(RefusedCallError):
        client.write("jingdong.other.set", {})


def test_a_token_that_lasts_is_not_renewed(opened: Callable[..., Opened]) -> None:
    client, gateway = opened(answer({}), **ends_in(25))
    client.read("jingdong.other.get", {})
    assert gateway.tokens() == ["token-0"]


def test_a_token_is_renewed_in_its_last_day_once_for_all_who_share_it(
    opened: Callable[..., Opened],
) -> None:
    stores = Stores(tokens=OwnTokens())
    client, gateway = opened(granted(1), answer({}), stores=stores, **ends_in(23))
    client.read("jingdong.other.get", {})
    (login, asked), (_, sent) = gateway.asked
    assert login == "open-oauth.jd.com/oauth2/refresh_token"
    assert (asked["refresh_token"], asked["grant_type"]) == ("refresh-0", "refresh_token")
    assert sent["access_token"] == "token-1"
    other, theirs = opened(answer({}), stores=stores, **ends_in(23))
    other.read("jingdong.other.get", {})
    assert theirs.tokens() == ["token-1"]


def test_a_login_host_that_is_away_keeps_nobody_from_work_while_the_token_lasts(
    opened: Callable[..., Opened],
) -> None:
    client, gateway = opened(httpx.ConnectError("away"), answer({}), **ends_in(5))
    client.read("jingdong.other.get", {})
    assert gateway.tokens() == [None, "token-0"]


@pytest.mark.parametrize("hours", [0, -1, -400])
def test_a_token_that_has_ended_needs_a_person(opened: Callable[..., Opened], hours: float) -> None:
    client, gateway = opened(granted(1), **ends_in(hours))
    with pytest.raises(SourceRejectedError, match="authorise"):
        client.read("jingdong.other.get", {})
    assert gateway.asked == []


def test_a_login_host_that_refuses_tells_its_code_and_no_more(
    opened: Callable[..., Opened],
) -> None:
    told = {"code": "402", "msg": "Zora-Marked"}
    client, _ = opened(httpx.Response(200, json=told, headers=DATE), **ends_in(5))
    with pytest.raises(SourceRejectedError) as refused:
        client.read("jingdong.other.get", {})
    assert "402" in str(refused.value)
    assert "Zora" not in str(refused.value)


def test_a_machine_with_a_wrong_clock_is_refused_once(opened: Callable[..., Opened]) -> None:
    client, gateway = opened(error("8"), answer({}))
    gateway.seconds = NOW.timestamp() - 86_400
    client.read("jingdong.other.get", {})
    stamps = [fields["timestamp"][:10] for _, fields in gateway.asked]
    assert stamps == ["2026-11-15", "2026-11-16"]


def test_a_shop_says_its_name_and_number(opened: Callable[..., Opened]) -> None:
    told = {"code": "0", "shop_jos_result": {"shop_name": "茶铺", "shop_id": 77, "vender_id": 78}}
    client, gateway = opened(answer(told))
    found = client.check()
    assert (found.name, found.currency, found.time_zone) == ("茶铺", "CNY", "Asia/Shanghai")
    assert found.plan == "POP, shop 77"
    assert [fields["method"] for _, fields in gateway.asked] == ["jingdong.vender.shop.query"]


def test_calls_that_are_limited_are_made_again(opened: Callable[..., Opened]) -> None:
    client, gateway = opened(error("2"), answer({}))
    client.write("jingdong.other.set", {})
    assert len(gateway.asked) == 2


def test_a_refresh_token_comes_with_the_end_of_the_token() -> None:
    secret = SecretStr("x")
    with pytest.raises(ValidationError, match="together"):
        JosSettings(app_key="1", app_secret=secret, access_token=secret, refresh_token=secret)
