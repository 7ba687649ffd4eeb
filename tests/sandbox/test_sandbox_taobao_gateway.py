"""The one address of TOP: signatures, envelopes, errors, limits and tokens."""

import json
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from sandbox.taobao import Rates
from sandbox.taobao.gateway import signature as signed
from sandbox.world.demand import advance
from tests.sandbox.taobao_seller import OURS, Seller, beijing, selling, signature

VECTORS = Path(__file__).parents[3] / "shared/vectors/signing.json"
FIELDS = "tid,status"


@pytest.fixture(scope="module")
def reader() -> Iterator[Seller]:
    with selling() as seller:
        yield seller


@pytest.fixture
def seller() -> Iterator[Seller]:
    with selling() as found:
        yield found


@pytest.mark.parametrize("name", ["top-md5", "top-hmac-md5"])
def test_the_platforms_own_vectors_are_reproduced(name: str) -> None:
    if not VECTORS.exists():
        pytest.skip("the vectors lie outside the repository")
    vectors = json.loads(VECTORS.read_text("utf-8"))["vectors"]
    vector = next(one for one in vectors if one["id"] == name)
    assert signed(vector["params"], vector["secret"]) == vector["expected"]
    assert signature(vector["params"], vector["secret"]) == vector["expected"]


@pytest.mark.parametrize("way", ["md5", "hmac", "hmac-sha256"])
def test_each_way_of_signing_is_accepted(reader: Seller, way: str) -> None:
    answer = reader.whole("taobao.trades.sold.get", fields=FIELDS, page_size=1, sign_method=way)
    assert answer["trades_sold_get_response"]["trades"]["trade"]


def test_parameters_may_be_split_over_query_and_body(reader: Seller) -> None:
    common = reader.params("taobao.trades.sold.get")
    own = {"fields": FIELDS, "page_size": "1"}
    sign = signature({**common, **own}, OURS.app_secret)
    response = reader.http.post("/router/rest", params={**common, "sign": sign}, data=own)
    assert "trades_sold_get_response" in response.json()


def test_everything_may_come_in_the_query_of_a_get(reader: Seller) -> None:
    params = reader.params("taobao.trades.sold.get", fields=FIELDS, page_size=1)
    sign = signature(params, OURS.app_secret)
    response = reader.http.get("/router/rest", params={**params, "sign": sign})
    assert "trades_sold_get_response" in response.json()


def test_a_file_is_no_part_of_what_is_signed(reader: Seller) -> None:
    params = reader.params("taobao.items.onsale.get", fields="num_iid", q="Milk", page_size=1)
    params["sign"] = signature(params, OURS.app_secret)
    files = {"image": ("画.jpg", b"\xff\xd8 not signed", "image/jpeg")}
    response = reader.http.post("/router/rest", data=params, files=files)
    assert response.json()["items_onsale_get_response"]["items"]["item"]


def test_chinese_text_is_signed_as_utf8(reader: Seller) -> None:
    assert reader.call("taobao.items.onsale.get", fields="num_iid", q="牛奶")["total_results"] == 0


def test_an_empty_value_is_no_part_of_what_is_signed(reader: Seller) -> None:
    assert reader.call("taobao.trades.sold.get", fields=FIELDS, status="", page_size=1)["trades"]


def test_time_may_be_milliseconds(reader: Seller) -> None:
    at = int(reader.world.clock.timestamp() * 1000)
    answer = reader.call("taobao.trades.sold.get", fields=FIELDS, page_size=1, timestamp=at)
    assert answer["trades"]["trade"]


@pytest.mark.parametrize(
    ("minutes", "is_taken"), [(-9, True), (9, True), (-11, False), (11, False)]
)
def test_a_call_may_be_ten_minutes_off_the_worlds_clock(
    reader: Seller, minutes: int, is_taken: bool
) -> None:
    at = beijing(reader.world.clock + timedelta(minutes=minutes))
    answer = reader.whole("taobao.trades.sold.get", fields=FIELDS, timestamp=at)
    assert ("error_response" not in answer) is is_taken


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"method": None}, 21),
        ({"method": "taobao.item.get"}, 22),
        ({"format": "yaml"}, 23),
        ({"app_key": None}, 28),
        ({"app_key": "87654321"}, 29),
        ({"timestamp": None}, 30),
        ({"timestamp": "yesterday"}, 31),
        ({"v": None}, 32),
        ({"v": "1.0"}, 33),
        ({"session": None}, 26),
        ({"session": "of-another-shop"}, 27),
        ({"sign_method": "sha1"}, 25),
        ({"fields": None}, 40),
        ({"page_size": "101"}, 41),
        ({"page_size": "many"}, 41),
        ({"page_no": "0"}, 41),
        ({"start_created": "2026-11-01"}, 41),
    ],
)
def test_what_is_wrong_has_its_code_inside_of_200(
    reader: Seller, given: dict[str, Any], code: int
) -> None:
    params = reader.params("taobao.trades.sold.get", fields=FIELDS)
    params = {**params, **given}
    params = {key: value for key, value in params.items() if value is not None}
    answer = reader.send({**params, "sign": signature(params, OURS.app_secret)})
    assert answer["error_response"]["code"] == code
    assert answer["error_response"]["request_id"]


def test_a_missing_and_a_wrong_signature_have_codes_of_their_own(reader: Seller) -> None:
    params = reader.params("taobao.trades.sold.get", fields=FIELDS)
    assert reader.send(params)["error_response"]["code"] == 24
    wrong = signature(params, "another secret")
    assert reader.send({**params, "sign": wrong})["error_response"]["code"] == 25


def test_a_parameter_that_was_not_signed_makes_the_signature_wrong(reader: Seller) -> None:
    params = reader.params("taobao.trades.sold.get", fields=FIELDS)
    sign = signature(params, OURS.app_secret)
    answer = reader.send({**params, "partner_id": "sdk", "sign": sign})
    assert answer["error_response"]["code"] == 25


def test_only_the_fields_asked_for_are_answered(reader: Seller) -> None:
    answer = reader.call("taobao.trades.sold.get", fields="tid,orders.oid", page_size=5)
    assert {key for trade in answer["trades"]["trade"] for key in trade} == {"tid", "orders"}
    lines = [line for trade in answer["trades"]["trade"] for line in trade["orders"]["order"]]
    assert {key for line in lines for key in line} == {"oid"}


def test_an_empty_list_is_left_out(reader: Seller) -> None:
    answer = reader.call("taobao.items.onsale.get", fields="num_iid", q="no such thing")
    assert sorted(answer) == ["request_id", "total_results"]


def test_simplify_takes_the_envelope_and_the_second_wrapping_away(reader: Seller) -> None:
    answer = reader.whole(
        "taobao.trades.sold.get", fields="tid,orders.oid", page_size=2, simplify="true"
    )
    assert isinstance(answer["trades"], list)
    assert isinstance(answer["trades"][0]["orders"], list)
    assert answer["request_id"]


def test_a_call_without_a_format_is_answered_in_xml(reader: Seller) -> None:
    params = reader.params("taobao.trades.sold.get", fields="tid", page_size=2, format=None)
    for body in (params, {**params, "sign": signature(params, OURS.app_secret)}):
        response = reader.http.post("/router/rest", data=body)
        root = ET.fromstring(response.text)
        if "sign" in body:
            assert root.tag == "trades_sold_get_response"
            assert len(root.findall("trades/trade/tid")) == 2
        else:
            assert root.tag == "error_response"
            assert root.findtext("code") == "24"


def test_every_answer_tells_the_worlds_time(reader: Seller) -> None:
    params = reader.params("taobao.time.get", session=None)
    params["sign"] = signature(params, OURS.app_secret)
    response = reader.http.post("/router/rest", data=params)
    assert parsedate_to_datetime(response.headers["date"]) == reader.world.clock
    assert response.json()["time_get_response"]["time"] == beijing(reader.world.clock)


def test_an_app_that_calls_too_often_is_banned_until_the_next_second() -> None:
    with selling(rates=Rates(per_second=3, api_per_second=2)) as seller:
        answers = [seller.whole("taobao.trades.sold.get", fields=FIELDS) for _ in range(3)]
        assert ["error_response" in answer for answer in answers] == [False, False, True]
        error = answers[2]["error_response"]
        assert error["code"] == 7
        assert error["msg"] == "App Call Limited"
        assert error["sub_code"] == "accesscontrol.limited-by-app-api-access-count"
        assert error["sub_msg"] == "This ban will last for 1 more seconds"
        seller.call("taobao.items.onsale.get", fields="num_iid")
        dynamic = (7, "accesscontrol.limited-by-dynamic-access-count")
        assert seller.error("taobao.items.onsale.get", fields="num_iid") == dynamic
        seller.clock.seconds += 1
        seller.call("taobao.trades.sold.get", fields=FIELDS)


def test_the_apps_quota_of_a_day_comes_back_at_midnight_in_beijing() -> None:
    with selling(rates=Rates(per_day=2)) as seller:
        for _ in range(2):
            seller.call("taobao.trades.sold.get", fields=FIELDS)
        error = seller.whole("taobao.trades.sold.get", fields=FIELDS)["error_response"]
        assert error["sub_code"] == "accesscontrol.limited-by-app-access-count"
        seconds = int(error["sub_msg"].split()[-3])
        seller.clock.seconds += seconds - 2
        at = beijing(seller.world.clock + timedelta(seconds=seller.clock.seconds))
        assert seller.error("taobao.trades.sold.get", fields=FIELDS, timestamp=at)[0] == 7
        seller.clock.seconds += 2
        seller.call("taobao.trades.sold.get", fields=FIELDS)


def test_a_token_is_renewed_and_both_old_ones_end(seller: Seller) -> None:
    answer = seller.call(
        "taobao.top.auth.token.refresh", refresh_token=OURS.refresh_token, session=None
    )
    pair = json.loads(answer["token_result"])
    assert pair["access_token"] != OURS.session
    assert pair["refresh_token"] != OURS.refresh_token
    assert pair["expires_in"] == OURS.expires_in
    old = (27, "invalid-sessionkey")
    assert seller.error("taobao.trades.sold.get", fields=FIELDS) == old
    again = seller.error("taobao.top.auth.token.refresh", refresh_token=OURS.refresh_token)
    assert again == (15, "isv.refresh-token-invalid")
    seller.session = pair["access_token"]
    seller.call("taobao.trades.sold.get", fields=FIELDS)


def test_a_token_ends_after_its_time_in_the_world() -> None:
    ours = OURS.__class__(**{**vars(OURS), "expires_in": 3600 * 5})
    with selling(credentials=ours) as seller:
        seller.call("taobao.trades.sold.get", fields=FIELDS)
        advance(seller.world, 5)
        assert seller.error("taobao.trades.sold.get", fields=FIELDS)[0] == 27


def test_planted_faults_strike_once_each(seller: Seller) -> None:
    seller.faults.throttled, seller.faults.ban_seconds = 1, 7
    error = seller.whole("taobao.trades.sold.get", fields=FIELDS)["error_response"]
    assert error["sub_msg"] == "This ban will last for 7 more seconds"
    seller.faults.busy = 1
    assert seller.error("taobao.trades.sold.get", fields=FIELDS)[1].startswith("isp.")
    seller.faults.cut = 1
    with pytest.raises(json.JSONDecodeError):
        seller.whole("taobao.trades.sold.get", fields=FIELDS)
    seller.call("taobao.trades.sold.get", fields=FIELDS)
    seller.faults.expired = 1
    for _ in range(2):
        assert seller.error("taobao.trades.sold.get", fields=FIELDS)[0] == 27
