"""Who may call Amazon's dialect, how often, and how it refuses."""

from collections.abc import Iterator

import httpx
import pytest

from sandbox.amazon import Manner
from sandbox.amazon.operations import OPERATIONS
from sandbox.proxy import dialect_of
from tests.sandbox.seller import OWN, STORE, Seller, amazon_world, opened

SEARCH = "/orders/2026-01-01/orders"
SINCE: dict[str, str | int] = {"lastUpdatedAfter": "2026-11-01T00:00:00Z", "maxResultsPerPage": 1}
LISTINGS = f"/listings/2021-08-01/items/{OWN.seller_id}"
PATCH = {"productType": "PRODUCT", "patches": [{"op": "delete", "path": "/attributes/x"}]}


@pytest.fixture
def seller() -> Iterator[Seller]:
    with opened(amazon_world()) as found:
        yield found


def entry(response: httpx.Response) -> dict[str, str]:
    """The only error of a refusal."""
    [found] = response.json()["errors"]
    assert set(found) == {"code", "message", "details"}
    return dict(found)


def test_a_refresh_token_gives_an_access_token_for_an_hour(seller: Seller) -> None:
    answer = seller.token()
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["expires_in"] == 3600
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["access_token"].startswith("Atza|")


def test_the_client_may_name_itself_by_http_basic(seller: Seller) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": OWN.refresh_token}
    auth = (OWN.client_id, OWN.client_secret)
    assert seller.http.post("/auth/o2/token", data=form, auth=auth).status_code == 200
    wrong = seller.http.post("/auth/o2/token", data=form, auth=(OWN.client_id, "other"))
    assert wrong.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"refresh_token": "Atzr|other"}, 400, "invalid_grant"),
        ({"refresh_token": ""}, 400, "invalid_request"),
        ({"client_secret": "other"}, 401, "invalid_client"),
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
    ],
)
def test_a_token_request_is_refused_by_the_names_of_oauth(
    seller: Seller, changes: dict[str, str], status: int, error: str
) -> None:
    answer = seller.token(**changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_a_token_is_asked_for_in_a_form(seller: Seller) -> None:
    answer = seller.http.post("/auth/o2/token", json={"grant_type": "refresh_token"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert seller.http.get("/auth/o2/token").status_code == 405


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "Access token is missing in the request header."),
        ({"x-amz-access-token": "Atza|other"}, "is revoked, malformed or invalid."),
    ],
)
def test_without_a_valid_token_everything_is_403(
    seller: Seller, headers: dict[str, str], reason: str
) -> None:
    answer = seller.http.get(SEARCH, params=SINCE, headers=headers)
    assert answer.status_code == 403
    assert entry(answer)["code"] == "Unauthorized"
    assert entry(answer)["details"].endswith(reason)


def test_an_access_token_expires_and_a_new_one_works(seller: Seller) -> None:
    headers = {"x-amz-access-token": seller.token().json()["access_token"]}
    assert seller.http.get(SEARCH, params=SINCE, headers=headers).status_code == 200
    seller.clock.seconds += 3600
    late = seller.http.get(SEARCH, params=SINCE, headers=headers)
    assert late.status_code == 403
    assert entry(late)["details"] == "The access token you provided has expired."
    assert seller.call("GET", SEARCH, params=SINCE).status_code == 200


def test_an_empty_bucket_is_429_without_the_rate_and_refills_at_the_stated_rate(
    seller: Seller,
) -> None:
    first = [seller.call("GET", SEARCH, params=SINCE) for _ in range(20)]
    assert {one.status_code for one in first} == {200}
    assert first[0].headers["x-amzn-ratelimit-limit"] == "0.0056"
    refused = seller.call("GET", SEARCH, params=SINCE)
    assert refused.status_code == 429
    assert entry(refused)["code"] == "QuotaExceeded"
    assert "x-amzn-ratelimit-limit" not in refused.headers
    assert refused.headers["x-amzn-requestid"] != first[0].headers["x-amzn-requestid"]
    seller.clock.seconds += 178
    assert seller.call("GET", SEARCH, params=SINCE).status_code == 429
    seller.clock.seconds += 1
    assert seller.call("GET", SEARCH, params=SINCE).status_code == 200
    assert seller.call("GET", SEARCH, params=SINCE).status_code == 429


def test_each_operation_has_a_bucket_of_its_own(seller: Seller) -> None:
    path = "/fba/inventory/v1/summaries"
    query = {"granularityType": "Marketplace", "granularityId": STORE, "marketplaceIds": STORE}
    statuses = [seller.call("GET", path, params=query).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert seller.call("GET", SEARCH, params=SINCE).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "TRACE", "OPTIONS", "HEAD"])
def test_a_method_the_models_do_not_have_is_405(seller: Seller, method: str) -> None:
    answer = seller.call(method, SEARCH)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "path", ["other", "orders/", "orders/a%2Fb", "orders/%0A%2F", "orders/%00"]
)
def test_a_path_the_models_do_not_have_is_404(seller: Seller, path: str) -> None:
    answer = seller.call("GET", f"/orders/2026-01-01/{path}")
    assert answer.status_code == 404
    assert entry(answer)["code"] == "NotFound"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"1e999", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 9000]
)
def test_a_malformed_body_is_400(seller: Seller, body: bytes) -> None:
    seller.clock.seconds += 1
    path = f"{LISTINGS}/{seller.sku()}"
    headers = {"content-type": "application/json"}
    answer = seller.call(
        "PATCH", path, params={"marketplaceIds": STORE}, content=body, headers=headers
    )
    assert answer.status_code == 400
    assert entry(answer)["code"] == "InvalidInput"


def test_a_body_of_another_media_type_is_415_where_the_models_say_so(seller: Seller) -> None:
    path, headers = f"{LISTINGS}/{seller.sku()}", {"content-type": "text/plain"}
    query = {"marketplaceIds": STORE}
    assert (
        seller.call("PATCH", path, params=query, content=b"x", headers=headers).status_code == 415
    )
    batch = "/batches/products/pricing/v0/itemOffers"
    assert seller.call("POST", batch, content=b"x", headers=headers).status_code == 400


def test_another_sellers_listings_and_other_stores_are_403(seller: Seller) -> None:
    other = seller.call(
        "GET", "/listings/2021-08-01/items/A2OTHER", params={"marketplaceIds": STORE}
    )
    assert entry(other)["code"] == "Unauthorized"
    germany = seller.call("GET", LISTINGS, params={"marketplaceIds": "A1PA6795UKMFR9"})
    assert germany.status_code == 403


def test_the_date_is_the_worlds(seller: Seller) -> None:
    answer = seller.call("GET", SEARCH, params=SINCE)
    assert answer.headers["date"] == "Mon, 16 Nov 2026 05:00:00 GMT"


def test_planted_faults_are_used_up(seller: Seller) -> None:
    seller.faults.statuses = [503, 500]
    seller.faults.expired = seller.faults.throttled = 1
    answers = [seller.call("GET", SEARCH, params=SINCE) for _ in range(5)]
    assert [one.status_code for one in answers] == [503, 500, 403, 429, 200]
    assert [entry(one)["code"] for one in answers[:4]] == [
        "InternalFailure", "InternalFailure", "Unauthorized", "QuotaExceeded",
    ]  # fmt: skip


def test_the_life_of_an_access_token_is_a_setting() -> None:
    with opened(amazon_world(), manner=Manner(access_token_seconds=60)) as seller:
        assert seller.token().json()["expires_in"] == 60


def test_credentials_are_not_shown() -> None:
    assert OWN.client_secret not in repr(OWN)
    assert OWN.refresh_token not in repr(OWN)


def test_the_proxy_that_strikes_the_dialects_knows_every_address() -> None:
    assert {dialect_of(path) for path in OPERATIONS} == {"amazon"}
