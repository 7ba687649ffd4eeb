"""What the platform's refusals mean, and how the client behaves on each."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from connectors.base.retry import NotAppliedError
from connectors.shopify.client import ShopifySettings
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)

Opened = Callable[..., Any]
Answer = Callable[..., httpx.Response]
TOKEN = "shpat_secret"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("THROTTLED", NotAppliedError),
        ("INTERNAL_SERVER_ERROR", TransientSourceError),
        ("TIMEOUT", TransientSourceError),
        ("ACCESS_DENIED", SourceRejectedError),
        ("UNAUTHORIZED", SourceRejectedError),
        ("SHOP_INACTIVE", SourceRejectedError),
        ("MAX_COST_EXCEEDED", SourceContractError),
        ("NEVER_SEEN_BEFORE", SourceContractError),
        (None, SourceContractError),
    ],
)
def test_a_code_inside_http_200_decides_the_error(
    opened: Opened, answer: Answer, code: str | None, error: type[ShopkeeperError]
) -> None:
    client, _ = opened(answer(errors=[code]))
    with pytest.raises(error) as caught:
        client.ask("query q { shop { id } }")
    assert type(caught.value) is error
    assert "example.com" not in str(caught.value)


@pytest.mark.parametrize("status", [401, 402, 403, 423])
def test_a_closed_shop_or_a_revoked_token_is_final(opened: Opened, status: int) -> None:
    client, platform = opened(httpx.Response(status, text=TOKEN))
    with pytest.raises(SourceRejectedError) as caught:
        client.ask("query q { shop { id } }")
    assert len(platform.asked) == 1
    assert TOKEN not in str(caught.value)


def test_throttled_waits_until_the_bucket_holds_the_cost(opened: Opened, answer: Answer) -> None:
    client, platform = opened(
        answer(errors=["THROTTLED"], requested=900, available=100), {"shop": {}}
    )
    client.ask("query q { shop { id } }")
    assert platform.waits[0] == pytest.approx(0.8)
    assert len(platform.asked) == 2


def test_a_broken_write_is_not_sent_twice_and_a_throttled_one_is(
    opened: Opened, answer: Answer
) -> None:
    client, platform = opened(httpx.ReadTimeout("slow"))
    with pytest.raises(TransientSourceError):
        client.write("mutation m { x }", {})
    assert len(platform.asked) == 1
    client, platform = opened(answer(errors=["THROTTLED"]), {"x": {}})
    client.write("mutation m { x }", {})
    assert len(platform.asked) == 2


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b'{"errors": 5}'])
def test_an_answer_that_is_no_graphql_is_a_broken_contract(opened: Opened, body: bytes) -> None:
    client, _ = opened(httpx.Response(200, content=body))
    with pytest.raises(SourceContractError):
        client.ask("query q { shop { id } }")


def test_the_platforms_clock_is_its_date_header(opened: Opened) -> None:
    client, _ = opened({"shop": {"id": "gid://shopify/Shop/1"}})
    assert client.now() == dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC)


def bulk(status: str, **more: Any) -> dict[str, Any]:
    job = {"id": "gid://shopify/BulkOperation/1", "status": status, "errorCode": None}
    return {"bulkOperation": {**job, "fileSize": None, "url": None, **more}}


STARTED = {"bulkOperationRunQuery": {**bulk("CREATED"), "userErrors": []}}
BUSY = {
    "bulkOperationRunQuery": {
        "bulkOperation": None,
        "userErrors": [{"field": None, "code": "LIMIT_REACHED"}],
    }
}
FILE = "https://storage.googleapis.com/bulk/1?signature=hidden"


def test_a_bulk_file_is_fetched_without_the_token(opened: Opened) -> None:
    done = bulk("COMPLETED", url=FILE, fileSize="4")
    client, platform = opened(STARTED, bulk("RUNNING"), done, httpx.Response(200, content=b"{}{}"))
    assert b"".join(client.run_bulk("{ x }")) == b"{}{}"
    assert [asked["token"] for asked in platform.asked] == [TOKEN, TOKEN, TOKEN, None]


def test_a_bulk_job_that_finds_nothing_is_an_empty_result(opened: Opened) -> None:
    client, _ = opened(STARTED, bulk("COMPLETED"))
    assert list(client.run_bulk("{ x }")) == []


def test_a_bulk_file_that_comes_short_is_read_again(opened: Opened) -> None:
    done = bulk("COMPLETED", url=FILE, fileSize="400")
    client, _ = opened(STARTED, done, httpx.Response(200, content=b"{}"))
    with pytest.raises(TransientSourceError, match="400 bytes"):
        list(client.run_bulk("{ x }"))


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_bulk_file_that_is_gone_is_no_fault_of_the_token(opened: Opened, status: int) -> None:
    done = bulk("COMPLETED", url=FILE, fileSize="4")
    client, _ = opened(STARTED, done, httpx.Response(status))
    with pytest.raises(TransientSourceError, match="file is gone"):
        list(client.run_bulk("{ x }"))


def test_a_sixth_bulk_job_waits_for_its_turn(opened: Opened) -> None:
    client, platform = opened(BUSY, BUSY, STARTED, bulk("COMPLETED"))
    assert list(client.run_bulk("{ x }")) == []
    assert len(platform.asked) == 4


def test_a_bulk_file_elsewhere_is_not_fetched(opened: Opened) -> None:
    client, platform = opened(STARTED, bulk("COMPLETED", url="https://evil.example/1", fileSize=1))
    with pytest.raises(ShopkeeperError, match="leaves the platform"):
        list(client.run_bulk("{ x }"))
    assert len(platform.asked) == 2


@pytest.mark.parametrize(
    ("job", "error"),
    [
        (bulk("FAILED", errorCode="ACCESS_DENIED"), SourceRejectedError),
        (bulk("FAILED", errorCode="INTERNAL_SERVER_ERROR"), TransientSourceError),
        (bulk("FAILED", errorCode="TIMEOUT"), TransientSourceError),
        (bulk("FAILED", errorCode="NEVER_SEEN"), SourceContractError),
        (bulk("CANCELED"), TransientSourceError),
        (bulk("EXPIRED"), SourceContractError),
        (bulk("NEVER_SEEN"), SourceContractError),
        ({"bulkOperation": None}, SourceContractError),
    ],
)
def test_a_bulk_job_that_ends_badly_is_no_empty_result(
    opened: Opened, job: dict[str, Any], error: type[ShopkeeperError]
) -> None:
    client, _ = opened(STARTED, bulk("CANCELING"), job)
    with pytest.raises(error):
        list(client.run_bulk("{ x }"))


@pytest.mark.parametrize(
    "given",
    [
        {"shop_domain": "demo.myshopify.com", "is_sandbox": True},
        {"base_url": "http://127.0.0.1:1"},
        {"base_url": "http://127.0.0.1:1", "is_sandbox": True, "access_token": TOKEN},
        {"base_url": "http://10.0.0.1:80", "is_sandbox": True},
        {"base_url": "https://demo.myshopify.com", "is_sandbox": True},
        {"shop_domain": "demo.example.com"},
        {"shop_domain": "demo.myshopify.com/x"},
        {"shop_domain": "demo.myshopify.com", "access_token": ""},
        {"shop_domain": "demo.myshopify.com", "tokn": "t"},
        {},
    ],
)
def test_settings_that_contradict_themselves_are_refused_without_the_token(
    given: dict[str, Any],
) -> None:
    with pytest.raises(ValidationError) as caught:
        ShopifySettings.model_validate({"access_token": "demo-hidden", **given})
    assert "hidden" not in str(caught.value)
    assert TOKEN not in str(caught.value)
