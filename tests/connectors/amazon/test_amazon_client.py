"""The account: settings, tokens, headers, usage plans and refusals."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from connectors.amazon import fetch, refusals
from connectors.amazon.operations import GET_ORDER, GET_REPORT, PATCH_LISTING, SEARCH_ORDERS
from connectors.amazon.stores import STORES
from connectors.base.limits import OwnLimits, Urgency
from connectors.base.retry import NotAppliedError
from contracts.errors import SourceContractError, SourceRejectedError, TransientSourceError
from contracts.ports import Stores
from contracts.streams import Window
from tests.connectors.amazon.conftest import answer
from tests.connectors.amazon.recorded import ERRORS, READ_AT, refused, settings

DAY = Window(READ_AT - dt.timedelta(days=1), READ_AT)
EXPIRED = "The access token you provided has expired."


def no_orders() -> dict[str, Any]:
    return {"orders": []}


def test_a_store_decides_where_requests_go() -> None:
    regions = {name: store.url for name, store in STORES.items()}
    assert regions["ATVPDKIKX0DER"] == "https://sellingpartnerapi-na.amazon.com"
    assert regions["A1PA6795UKMFR9"] == "https://sellingpartnerapi-eu.amazon.com"
    assert regions["A1VC38T7YXB528"] == "https://sellingpartnerapi-fe.amazon.com"


@pytest.mark.parametrize(
    "wrong",
    [
        {"marketplace_id": "A1NOSTOREOFTHEIRS"},
        {"seller_id": "not a seller"},
        {"most_order_pages": 21},
        {"price_settles_seconds": -1},
        {"is_sandbox": True},
        {
            "is_sandbox": True,
            "base_url": "http://127.0.0.1:1",
            "refresh_token": SecretStr("Atzr|a-live-one"),
        },
        {
            "is_sandbox": True,
            "base_url": "http://127.0.0.1:1",
            "client_secret": SecretStr("amzn1.oa2-cs.v1.a-live-one"),
        },
    ],
)
def test_settings_that_cannot_be_right_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_settings_show_no_secret() -> None:
    assert "of-a-test" not in repr(settings())


def test_a_request_names_token_instant_and_application(opened: Callable[..., Any]) -> None:
    client, platform = opened({"orders": [no_orders()]})
    list(fetch.orders(client, DAY))
    [request] = platform.asked
    assert request.url.host == "sellingpartnerapi-na.amazon.com"
    assert request.headers["x-amz-access-token"] == "token-1"
    assert request.headers["x-amz-date"] == "19700101T001640Z"
    assert request.headers["user-agent"].startswith("Shopkeeper/")
    assert platform.logins == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "a-refresh-token-of-a-test",
            "client_id": "an-application",
            "client_secret": "a-secret-of-a-test",
        }
    ]


def test_a_token_that_ends_between_two_pages_is_renewed(opened: Callable[..., Any]) -> None:
    pages = [
        answer({"orders": [], "pagination": {"nextToken": "two"}}),
        refused(403, "Unauthorized", details=EXPIRED),
        answer(no_orders()),
    ]
    client, platform = opened({"orders": pages})
    assert len(list(fetch.orders(client, DAY))) == 2
    tokens = [one.headers["x-amz-access-token"] for one in platform.asked]
    assert tokens == ["token-1", "token-1", "token-2"]


def test_a_token_is_renewed_before_it_ends(opened: Callable[..., Any]) -> None:
    client, platform = opened({"orders": [no_orders()]})
    list(fetch.orders(client, DAY))
    platform.now += 3500
    list(fetch.orders(client, DAY))
    assert [one.headers["x-amz-access-token"] for one in platform.asked] == ["token-1", "token-2"]


def test_a_missing_role_is_no_matter_of_the_token(opened: Callable[..., Any]) -> None:
    client, platform = opened({"orders": [refused(403, "Unauthorized")]})
    with pytest.raises(SourceRejectedError, match="roles"):
        list(fetch.orders(client, DAY))
    assert len(platform.logins) == 1


@pytest.mark.parametrize("code", ["invalid_grant", "invalid_client", "unauthorized_client"])
def test_a_refused_login_says_what_to_look_at(opened: Callable[..., Any], code: str) -> None:
    denied = {"error": code, "error_description": "a-refresh-token-of-a-test is bad"}
    client, platform = opened({"token": [httpx.Response(400, json=denied)]})
    with pytest.raises(SourceRejectedError, match=f"{code}: look at client_id") as caught:
        client.ask(SEARCH_ORDERS)
    assert "of-a-test" not in str(caught.value)
    assert len(platform.asked) == 1


def test_a_write_is_not_sent_without_a_token(opened: Callable[..., Any]) -> None:
    client, platform = opened({"token": [httpx.Response(503)]})
    with pytest.raises(NotAppliedError, match="no access token"):
        client.write(PATCH_LISTING, path={"sellerId": "S", "sku": "K"})
    assert {one.url.path for one in platform.asked} == {"/auth/o2/token"}


def test_each_code_is_recorded_with_its_class() -> None:
    assert set(refusals.ERRORS) <= set(ERRORS)


@pytest.mark.parametrize("status", [400, 403, 404, 413, 415])
def test_a_final_refusal_is_not_repeated(opened: Callable[..., Any], status: int) -> None:
    client, platform = opened({"orders": [refused(status, "InvalidInput")]})
    with pytest.raises(SourceRejectedError):
        client.ask(SEARCH_ORDERS)
    assert len(platform.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_platform_is_asked_again(opened: Callable[..., Any], status: int) -> None:
    busy = refused(status, "QuotaExceeded" if status == 429 else "InternalFailure")
    client, platform = opened({"reports": [busy, busy, answer({"reportId": "1"})]})
    client.ask(GET_REPORT, path={"reportId": "1"})
    assert len(platform.asked) == 3


def test_an_unknown_code_may_mean_anything(opened: Callable[..., Any]) -> None:
    client, _ = opened({"items": [refused(400, "NotKnownYet")]})
    with pytest.raises(SourceContractError, match="unknown"):
        client.write(PATCH_LISTING, path={"sellerId": "S", "sku": "K"})


def test_a_write_that_may_have_arrived_is_not_sent_again(opened: Callable[..., Any]) -> None:
    client, platform = opened({"items": [refused(500, "InternalFailure")]})
    with pytest.raises(TransientSourceError) as caught:
        client.write(PATCH_LISTING, path={"sellerId": "S", "sku": "K"})
    assert not isinstance(caught.value, NotAppliedError)
    assert len(platform.asked) == 1


def test_a_sku_with_odd_characters_is_one_name_of_the_path(opened: Callable[..., Any]) -> None:
    client, platform = opened({"items": [{}]})
    client.write(PATCH_LISTING, path={"sellerId": "S", "sku": "A/B C?ü&#"})
    assert platform.asked[0].url.raw_path.endswith(b"/S/A%2FB%20C%3F%C3%BC%26%23")


def test_search_orders_goes_on_every_three_minutes_after_its_burst(
    opened: Callable[..., Any],
) -> None:
    client, platform = opened({"orders": [no_orders()]})
    for _ in range(18):
        client.ask(SEARCH_ORDERS)
    assert sum(platform.waits) < 1, "a tenth of twenty is kept for what cannot wait"
    for _ in range(2):
        before = sum(platform.waits)
        client.ask(SEARCH_ORDERS)
        assert 178 < sum(platform.waits) - before < 190


def test_operations_do_not_share_a_usage_plan(opened: Callable[..., Any]) -> None:
    client, platform = opened({"orders": [{"order": {}}]})
    for _ in range(17):
        client.ask(SEARCH_ORDERS)
        client.ask(GET_ORDER, path={"orderId": "1"})
    assert platform.waits == []


def test_clients_of_one_account_share_a_usage_plan(opened: Callable[..., Any]) -> None:
    stores = Stores(limits=OwnLimits())
    one, platform = opened({"orders": [no_orders()]}, stores)
    other, second = opened({"orders": [no_orders()]}, stores)
    for _ in range(9):
        one.ask(SEARCH_ORDERS)
        other.ask(SEARCH_ORDERS)
    other.ask(SEARCH_ORDERS)
    assert platform.waits == []
    assert sum(second.waits) > 60


def test_a_rate_that_an_answer_states_is_believed(opened: Callable[..., Any]) -> None:
    stated = httpx.Response(200, json=no_orders(), headers={"x-amzn-RateLimit-Limit": "1.0"})
    client, platform = opened({"orders": [stated]})
    for _ in range(30):
        client.ask(SEARCH_ORDERS)
    assert sum(platform.waits) < 20


def test_a_429_states_no_rate_and_empties_the_bucket(opened: Callable[..., Any]) -> None:
    client, platform = opened({"orders": [refused(429, "QuotaExceeded"), answer(no_orders())]})
    client.ask(SEARCH_ORDERS)
    assert len(platform.asked) == 2
    assert sum(platform.waits) > 179


def test_a_backfill_leaves_half_of_a_plan_to_the_others(opened: Callable[..., Any]) -> None:
    client, platform = opened({"orders": [no_orders()]})
    client.urgency = Urgency.BACKFILL
    for _ in range(12):
        client.ask(SEARCH_ORDERS)
    assert sum(platform.waits) > 0
    client.urgency = Urgency.LIVE
    before = sum(platform.waits)
    for _ in range(6):
        client.ask(SEARCH_ORDERS)
    assert sum(platform.waits) == before


def test_the_clock_is_the_platforms(opened: Callable[..., Any]) -> None:
    client, _ = opened({"items": [{"numberOfResults": 0, "items": []}]})
    assert client.now() == READ_AT
