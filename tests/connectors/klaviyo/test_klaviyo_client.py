"""The account: settings, headers, next links, windows and refusals."""

import datetime as dt
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors.base.limits import OwnLimits, Urgency
from connectors.base.rest import Request
from connectors.base.retry import NotAppliedError
from connectors.klaviyo import codes, fetch
from connectors.klaviyo.operations import CREATE_CODE, GET_CAMPAIGNS, GET_PROFILES, UPDATE_CODE
from contracts.actions import Live
from contracts.errors import (
    ConfigurationError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.ports import Stores
from contracts.streams import Window
from tests.connectors.klaviyo.conftest import Open, answer
from tests.connectors.klaviyo.recorded import ERRORS, READ_AT, document, refused, settings

DAY = Window(READ_AT - dt.timedelta(days=1), READ_AT)
PROFILES, CODES = "GET /api/profiles", "POST /api/coupon-codes"
NEXT = "https://a.klaviyo.com/api/profiles?filter=greater-than%28updated%2Cx%29&page%5Bcursor%5D="


def linked(link: str | None) -> bytes:
    return document(links={"self": "x", "next": link})


@pytest.mark.parametrize(
    "wrong",
    [
        {"coupon_id": "WINBACK"},
        {"coupon_off": "15%"},
        {"coupon_id": "WINBACK", "coupon_off": "15"},
        {"coupon_id": "WINBACK", "coupon_off": "0%"},
        {"coupon_id": "WINBACK", "coupon_off": "101%"},
        {"coupon_id": "WINBACK", "coupon_off": "0.001%"},
        {"coupon_id": "WINBACK", "coupon_off": "5.005 EUR"},
        {"coupon_id": "WINBACK", "coupon_off": "15%", "coupon_least_order": "10%"},
        {"coupon_least_order": "50.00 EUR"},
        {"event_settles_seconds": -1},
        {"is_sandbox": True},
        {"is_sandbox": True, "base_url": "http://127.0.0.1:1"},
        {"base_url": "http://127.0.0.1:1", "api_key": SecretStr("of-a-sandbox")},
    ],
)
def test_settings_that_cannot_be_right_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


@pytest.mark.parametrize(
    ("stated", "off"),
    [
        ("15%", Live(value=1500, currency=None)),
        ("12.5 %", Live(value=1250, currency=None)),
        ("100%", Live(value=10_000, currency=None)),
        ("5.00 EUR", Live(value=500, currency="EUR")),
        ("500 JPY", Live(value=500, currency="JPY")),
    ],
)
def test_what_a_code_takes_off_is_a_rate_or_an_amount(stated: str, off: Live) -> None:
    found = settings(coupon_id="WINBACK", coupon_off=stated)
    assert found.off == off
    assert found.least_order is None


def test_without_a_coupon_it_is_said_what_to_set() -> None:
    with pytest.raises(ConfigurationError, match="coupon_id"):
        _ = settings().coupon
    with pytest.raises(ConfigurationError, match="coupon_off"):
        _ = settings().off


def test_settings_show_no_key() -> None:
    assert "of_a_test" not in repr(settings())


def test_each_request_names_key_and_revision(opened: Open) -> None:
    client, platform = opened({PROFILES: [linked(f"{NEXT}two"), linked(None)]})
    list(fetch.profiles(client, DAY))
    assert len(platform.asked) == 2
    for request in platform.asked:
        assert request.url.host == "a.klaviyo.com"
        assert request.headers["authorization"] == "Klaviyo-API-Key pk_of_a_test"
        assert request.headers["revision"] == "2026-07-15"
        assert request.headers["accept"] == "application/vnd.api+json"


def test_a_next_link_is_followed_whole(opened: Open) -> None:
    client, platform = opened({PROFILES: [linked(f"{NEXT}two"), linked(None)]})
    list(fetch.profiles(client, DAY))
    assert str(platform.asked[1].url) == f"{NEXT}two"


def test_a_cursor_that_comes_again_ends_the_reading_with_an_error(opened: Open) -> None:
    client, platform = opened({PROFILES: [linked(f"{NEXT}two")]})
    with pytest.raises(SourceContractError, match="repeated"):
        list(fetch.profiles(client, DAY))
    assert len(platform.asked) == 2


def test_a_next_link_to_another_host_gets_no_key(opened: Open) -> None:
    client, platform = opened({PROFILES: [linked("https://b.klaviyo.example/api/profiles")]})
    with pytest.raises(ConfigurationError, match="origin"):
        list(fetch.profiles(client, DAY))
    assert len(platform.asked) == 1


def test_the_clock_is_the_platforms_and_asks_for_nobody(opened: Open) -> None:
    client, platform = opened({})
    assert client.now() == READ_AT
    assert platform.params() == [{"fields[profile]": "id", "page[size]": "1"}]


def test_no_second_and_no_minute_holds_more_requests_than_are_permitted(opened: Open) -> None:
    client, platform = opened({"GET /api/campaigns": [document()]})
    for _ in range(400):
        client.ask(GET_CAMPAIGNS)
    for seconds, most in ((1, GET_CAMPAIGNS.burst), (60, GET_CAMPAIGNS.steady)):
        for start in platform.at:
            assert sum(start <= one < start + seconds for one in platform.at) <= most
    # Of 150 a minute nearly all are used.
    assert platform.now - 1_000.0 < 400 / 150 * 60 / 0.85


def test_clients_of_an_account_share_its_windows_and_their_part_of_them(opened: Open) -> None:
    stores = Stores(limits=OwnLimits())
    first, platform = opened({"GET /api/campaigns": [document()]}, stores, budget_share=0.5)
    second, _ = opened({}, stores, platform, budget_share=0.5)
    for _ in range(75):
        first.ask(GET_CAMPAIGNS)
        second.ask(GET_CAMPAIGNS)
    for start in platform.at:
        assert sum(start <= one < start + 60 for one in platform.at) <= 75


def test_what_other_apps_left_of_the_minute_is_learned_from_the_answers(opened: Open) -> None:
    told = {"ratelimit-limit": "750", "ratelimit-remaining": "0", "ratelimit-reset": "40"}
    spent = httpx.Response(200, content=document(), headers=told)
    client, platform = opened({PROFILES: [spent, document()]})
    client.ask(GET_PROFILES)
    client.ask(GET_PROFILES)
    assert platform.at[1] - platform.at[0] >= 40


def test_the_wait_that_a_429_states_is_kept_by_everybody(opened: Open) -> None:
    stores = Stores(limits=OwnLimits())
    throttled = refused(429, "throttled", **{"retry-after": "17"})
    client, platform = opened({PROFILES: [throttled, document()]}, stores)
    client.ask(GET_PROFILES)
    assert platform.at[1] - platform.at[0] >= 17
    platform.script[PROFILES] = [refused(429, "throttled", **{"retry-after": "30"}), document()]
    with pytest.raises(TransientSourceError):
        client.send(
            Request(method="GET", path="/api/profiles", operation=GET_PROFILES.name), Urgency.LIVE
        )
    other, _ = opened({}, stores, platform)
    other.ask(GET_PROFILES)
    assert platform.at[-1] - platform.at[-2] >= 29


def test_an_undo_passes_where_a_pull_waits(opened: Open) -> None:
    client, platform = opened({"PATCH /api/coupon-codes/A": [document()]})
    limit = client.limits[UPDATE_CODE.name]
    while limit.try_take(1, urgency=Urgency.LIVE) == 0:
        pass
    client.write(UPDATE_CODE, b"{}", path={"id": "A"}, urgency=Urgency.UNDO)
    assert platform.waits == []
    assert limit.try_take(1, urgency=Urgency.LIVE) > 0


def test_reads_are_as_urgent_as_the_client(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    client, _ = opened({PROFILES: [document()]})
    taken: list[Urgency] = []
    limit = client.limits[GET_PROFILES.name]
    monkeypatch.setattr(limit, "take", lambda cost, urgency: taken.append(urgency))
    client.urgency = Urgency.BACKFILL
    client.ask(GET_PROFILES)
    client.follow(GET_PROFILES, "/api/profiles?page%5Bcursor%5D=2")
    client.ask(GET_PROFILES, urgency=Urgency.ACT)
    assert taken == [Urgency.BACKFILL, Urgency.BACKFILL, Urgency.ACT]


def test_a_write_is_sent_again_only_when_it_certainly_did_nothing(opened: Open) -> None:
    throttled = refused(429, "throttled", **{"retry-after": "1"})
    client, platform = opened({CODES: [throttled, httpx.ConnectError("x"), answer(status=201)]})
    client.write(CREATE_CODE, b"{}")
    assert len(platform.asked) == 3
    for reply in (answer(status=500), httpx.ReadTimeout("x")):
        client, platform = opened({CODES: [reply]})
        with pytest.raises(TransientSourceError) as caught:
            client.write(CREATE_CODE, b"{}")
        assert not isinstance(caught.value, NotAppliedError)
        assert len(platform.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 415])
def test_a_final_refusal_is_not_repeated(opened: Open, status: int) -> None:
    client, platform = opened({PROFILES: [refused(status, "invalid")]})
    with pytest.raises((SourceRejectedError, SourceContractError)):
        client.ask(GET_PROFILES)
    assert len(platform.asked) == 1


def test_each_status_of_the_table_is_recorded_with_its_class() -> None:
    recorded = {response.status_code: kind for response, kind in ERRORS.values()}
    for status, kind in codes.ERRORS.items():
        assert issubclass(kind, recorded[status]), status


def test_a_refusal_tells_its_code_and_none_of_its_texts(opened: Open) -> None:
    told = {
        refused(400, "invalid"): "the platform answered HTTP 400, invalid",
        refused(400, "Zora <zora@marked.example>"): "the platform answered HTTP 400",
        httpx.Response(404, text="<html>"): "the platform answered HTTP 404",
    }
    for response, message in told.items():
        client, _ = opened({PROFILES: [response]})
        with pytest.raises(SourceRejectedError) as caught:
            client.ask(GET_PROFILES)
        assert str(caught.value) == message
