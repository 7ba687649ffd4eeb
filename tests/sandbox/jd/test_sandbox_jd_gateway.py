"""The gateway of JD: signatures, the misspelt envelope, three levels of success, tokens, limits."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.jd import Rates
from sandbox.jd.gateway import signature as signed
from tests.sandbox.jd.seller import OURS, UNLIMITED, Seller, beijing, selling, signature

VECTORS = Path(__file__).parents[4] / "shared/vectors/signing.json"
SHOP = "vender.shop.query"


@pytest.fixture(scope="module")
def reader() -> Iterator[Seller]:
    with selling() as seller:
        yield seller


@pytest.fixture
def seller() -> Iterator[Seller]:
    with selling() as found:
        yield found


def sent(seller: Seller, **more: str | None) -> dict[str, Any]:
    """The whole answer to a signed call of the shop with other common parameters."""
    params = seller.params(SHOP, {}, **more)
    return seller.send({**params, "sign": signature(params, OURS.app_secret)})


def renewed(seller: Seller, **more: str) -> dict[str, Any]:
    asked = {
        "app_key": OURS.app_key,
        "app_secret": OURS.app_secret,
        "grant_type": "refresh_token",
        "refresh_token": OURS.refresh_token,
        **more,
    }
    response = seller.http.get("/oauth2/refresh_token", params=asked)
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def test_the_platforms_own_vector_is_reproduced() -> None:
    if not VECTORS.exists():
        pytest.skip("the vectors lie outside the repository")
    vectors = json.loads(VECTORS.read_text("utf-8"))["vectors"]
    vector = next(one for one in vectors if one["id"] == "jd-md5")
    assert signed(vector["params"], vector["secret"]) == vector["expected"]
    assert signature(vector["params"], vector["secret"]) == vector["expected"]


def test_an_answer_stands_under_the_misspelt_name_of_its_method(reader: Seller) -> None:
    answer = reader.whole(SHOP)
    assert list(answer) == ["jingdong_vender_shop_query_responce"]
    inside = answer["jingdong_vender_shop_query_responce"]
    assert inside["code"] == "0"
    assert inside["shop_jos_result"]["vender_id"] == OURS.vender_id


def test_everything_may_stand_in_the_query_of_an_empty_body(reader: Seller) -> None:
    params = reader.params(SHOP, {}, format="json")
    params["sign"] = signature(params, OURS.app_secret)
    assert "error_response" not in reader.send({}, params=params)


def test_a_time_may_have_milliseconds_and_an_offset(reader: Seller) -> None:
    at = beijing(reader.world.clock)
    assert "error_response" not in sent(reader, timestamp=f"{at}.123+0800")
    assert sent(reader, timestamp=f"{at}.123")["error_response"]["code"] == "8"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("method", None, "14"),
        ("method", "jingdong.no.such", "15"),
        ("app_key", None, "20"),
        ("app_key", "another", "21"),
        ("v", None, "4"),
        ("v", "1.0", "5"),
        ("timestamp", None, "7"),
        ("timestamp", "2026-11-22", "8"),
        ("timestamp", "2026-11-01 00:00:00", "8"),
        ("access_token", None, "18"),
        ("access_token", "another", "19"),
        ("360buy_param_json", "{", "63"),
        ("360buy_param_json", "[]", "63"),
    ],
)
def test_what_is_wrong_with_a_call_has_a_code(
    reader: Seller, name: str, value: str | None, code: str
) -> None:
    assert sent(reader, **{name: value})["error_response"]["code"] == code


def test_what_is_changed_after_signing_is_refused(reader: Seller) -> None:
    params = reader.params(SHOP, {})
    sign = signature(params, OURS.app_secret)
    assert reader.send(params)["error_response"]["code"] == "11"
    assert reader.send({**params, "sign": sign, "format": "json"})["error_response"]["code"] == "12"


def test_null_is_not_given_and_is_signed(reader: Seller) -> None:
    answer = reader.error("pop.order.search", order_state=None, optional_fields="orderState")
    assert answer == "60"


def test_what_is_not_emulated_is_refused(reader: Seller) -> None:
    asked = {
        "startDay": "2026-11-01", "endDay": "2026-11-02", "isDaily": "true", "platform": "all",
        "clickOrOrderDay": 15, "clickOrOrderCaliber": 0, "pageIndex": 1, "pageSize": 10,
    }  # fmt: skip
    reader.call("dsp.report.queryAccountReport", **asked)
    for other in ({"isDaily": "false"}, {"platform": "pc"}, {"clickOrOrderDay": 0},
                  {"orderStatusCategory": 1}):  # fmt: skip
        whole = reader.whole("dsp.report.queryAccountReport", **{**asked, **other})
        assert "does not emulate" in whole["error_response"]["en_desc"]
    assert sent(reader, method="jingdong.pop.order.shipment")["error_response"]["code"] == "15"


def test_an_answer_may_fail_at_each_of_three_levels(seller: Seller) -> None:
    asked = {"order_id": 1, "optional_fields": "orderState"}
    seller.faults.busy = 1
    assert seller.error("pop.order.get", **asked) == "65"
    seller.faults.hollow = 1
    inside = seller.whole("pop.order.get", **asked)["jingdong_pop_order_get_responce"]
    assert (inside["code"], "orderDetailInfo" in inside) == ("67", False)
    inside = seller.call("pop.order.get", **asked)
    assert inside["orderDetailInfo"]["apiResult"]["success"] == "false"
    seller.faults.refused = 1
    assert seller.call(SHOP)["success"] is False
    assert seller.call(SHOP)["success"] is True


def test_a_token_ends_and_is_renewed_in_its_last_day_only() -> None:
    with selling(credentials=replace(OURS, expires_in=3 * 86400)) as seller:
        early = renewed(seller)
        assert early["code"] != 0
        assert "access_token" not in early
        seller.clock.seconds = 2.5 * 86400
        pair = renewed(seller)
        assert (pair["code"], pair["expires_in"]) == (0, 3 * 86400)
        at = beijing(seller.world.clock + timedelta(seconds=seller.clock.seconds))
        assert sent(seller, timestamp=at)["error_response"]["code"] == "19"
        seller.token = pair["access_token"]
        assert "error_response" not in sent(seller, timestamp=at)
        assert renewed(seller)["code"] != 0
        seller.clock.seconds = 6 * 86400
        at = beijing(seller.world.clock + timedelta(seconds=seller.clock.seconds))
        assert sent(seller, timestamp=at)["error_response"]["code"] == "19"
        assert renewed(seller, refresh_token=pair["refresh_token"])["code"] != 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"grant_type": "authorization_code"},
        {"app_key": "another"},
        {"app_secret": "another"},
        {"refresh_token": "another"},
    ],
)
def test_tokens_are_not_given_to_strangers(wrong: dict[str, str]) -> None:
    with selling(credentials=replace(OURS, expires_in=3600)) as seller:
        refused = renewed(seller, **wrong)
        assert refused["code"] != 0
        assert "access_token" not in refused
        assert renewed(seller)["code"] == 0


def test_a_planted_expiry_ends_the_token(seller: Seller) -> None:
    seller.faults.expired = 1
    assert seller.error(SHOP) == "19"


def test_an_app_that_calls_too_often_is_refused() -> None:
    with selling(rates=replace(UNLIMITED, per_second=2)) as seller:
        for _ in range(2):
            seller.call(SHOP)
        assert seller.error(SHOP) == "2"
        seller.clock.seconds += 1
        seller.call(SHOP)
    with selling(rates=Rates(per_day=1)) as seller:
        seller.call(SHOP)
        assert seller.error(SHOP) == "2"


def test_an_answer_may_end_in_the_middle(seller: Seller) -> None:
    seller.faults.cut = 1
    params = seller.params(SHOP, {})
    params["sign"] = signature(params, OURS.app_secret)
    text = seller.http.post("/routerjson", data=params).text
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
