"""The rules of the API that hold for every operation."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import httpx
import pytest

from sandbox.klaviyo import MEDIA, OPERATIONS, REVISION
from sandbox.klaviyo.operations import Operation
from sandbox.world.world import World
from tests.sandbox.klaviyo_client import KEY, Marketer, marketer
from tests.sandbox.klaviyo_spec import operation
from tests.sandbox.merchant import small_world


@pytest.fixture
def shop(world: World) -> Iterator[Marketer]:
    with marketer(world) as client:
        yield client


@pytest.fixture(scope="module")
def _served() -> Iterator[Marketer]:
    with marketer(small_world()) as client:
        yield client


@pytest.fixture
def reader(_served: Marketer) -> Marketer:
    """One server for all tests that only ask, each in a minute of its own."""
    _served.clock.seconds += 60
    return _served


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "not_authenticated"),
        ("Klaviyo-API-Key pk_wrong", "authentication_failed"),
        ("Bearer pk_of_a_test", "authentication_failed"),
        ("klaviyo-api-key pk_of_a_test", "authentication_failed"),
    ],
)
def test_key_is_asked_for(reader: Marketer, header: str | None, code: str) -> None:
    headers = [("revision", REVISION)]
    headers += [] if header is None else [("Authorization", header)]
    response = httpx.get(reader.http.base_url.join("/api/profiles"), headers=headers)
    assert reader.error(response, 401)["code"] == code


@pytest.mark.parametrize("revision", [None, "2026-07-16", "latest", ""])
def test_revision_is_required_and_known(reader: Marketer, revision: str | None) -> None:
    headers = [("Authorization", f"Klaviyo-API-Key {KEY}")]
    headers += [] if revision is None else [("revision", revision)]
    response = httpx.get(reader.http.base_url.join("/api/profiles"), headers=headers)
    assert reader.error(response, 400)["source"] == {"parameter": "revision"}


def test_date_is_the_worlds(reader: Marketer) -> None:
    for path in ("/api/profiles", "/api/profiles/nobody"):
        date = parsedate_to_datetime(reader.get(path).headers["date"])
        assert date == reader.world.clock.replace(microsecond=0)


def test_paths_may_end_in_a_slash(reader: Marketer) -> None:
    assert reader.get("/api/profiles/").json()["data"] == reader.get("/api/profiles").json()["data"]


@pytest.mark.parametrize(
    "path", ["/api/profiles/nobody", "/api/coupons/a%2Fb%0A", "/api/campaigns/x/y", "/api/events/1"]
)
def test_unknown_id_is_not_found(reader: Marketer, path: str) -> None:
    assert reader.error(reader.get(path), 404)["code"] == "not_found"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "HEAD", "OPTIONS"])
def test_other_methods_are_not_allowed(reader: Marketer, method: str) -> None:
    response = reader.http.request(method, "/api/events")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"
    if method != "HEAD":
        reader.error(response, 405)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/campaigns"), ("DELETE", "/api/campaigns/1"), ("PATCH", "/api/reviews/1")],
)
def test_key_has_no_scope_to_write_some(reader: Marketer, method: str, path: str) -> None:
    response = reader.http.request(method, path, json={})
    assert reader.error(response, 403)["code"] == "permission_denied"


@pytest.mark.parametrize(
    "parameters",
    [
        {"page[size]": ""},
        {"page[size]": "0"},
        {"page[size]": "101"},
        {"page[size]": "many"},
        {"page[size]": "²"},
        {"page[cursor]": "nonsense"},
        {"page[cursor]": "e30="},
        {"sort": "first_name"},
        {"sort": ""},
        {"filter": ""},
        {"include": "orders"},
        {"fields[profile]": "email,shoe_size"},
        {"fields[profile]": ""},
        {"additional-fields[profile]": "secrets"},
        {"undeclared": "1"},
        {"fields[coupon]": "id"},
    ],
)
def test_wrong_parameter_is_named(reader: Marketer, parameters: dict[str, str]) -> None:
    error = reader.error(reader.http.get("/api/profiles", params=parameters), 400)
    assert error["source"] == {"parameter": next(iter(parameters))}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"", "/data"),
        (b"{", "/data"),
        (b"\xff", "/data"),
        (
            b'{"data": {"type": "coupon", "attributes": {"external_id": "A", "x": '
            + b"[" * 100_000,
            "/data",
        ),
        (
            b'{"data": {"type": "coupon", "attributes": {"external_id": "A", '
            b'"monitor_configuration": {"x": ' + b"[" * 100_000,
            "/data",
        ),
        (b"[]", "/"),
        (b"{}", "/"),
        (b'{"data": {"type": "coupons", "attributes": {"external_id": "A"}}}', "/data/type"),
        (
            b'{"data": {"type": "coupon", "attributes": {"external_id": 5}}}',
            "/data/attributes/external_id",
        ),
        (b'{"data": {"type": "coupon", "attributes": {"external_id": null}}}',
         "/data/attributes/external_id"),
    ],
)  # fmt: skip
def test_body_of_another_shape_is_refused(reader: Marketer, body: bytes, pointer: str) -> None:
    error = reader.error(reader.http.post("/api/coupons", content=body), 400)
    assert error["source"] == {"pointer": pointer}
    assert reader.world.writes == []


def test_media_type_of_a_body_is_checked(shop: Marketer) -> None:
    body = b'{"data": {"type": "coupon", "attributes": {"external_id": "A"}}}'
    for media in ("text/plain", ""):
        response = shop.http.post("/api/coupons", content=body, headers={"Content-Type": media})
        shop.error(response, 415)
    media = "application/json; charset=utf-8"
    response = shop.http.post("/api/coupons", content=body, headers={"Content-Type": media})
    assert response.status_code == 201
    assert response.headers["content-type"] == MEDIA


def test_second_and_minute_are_counted_together(shop: Marketer) -> None:
    """Reviews: 10 a second, 150 a minute."""
    shop.clock.seconds = 600.0
    for minute_used in range(1, 11):
        answer = shop.get("/api/reviews")
        assert answer.headers["ratelimit-limit"] == "150"
        assert answer.headers["ratelimit-remaining"] == str(150 - minute_used)
        assert answer.headers["ratelimit-reset"] == "60"
    refused = shop.get("/api/reviews")
    assert shop.error(refused, 429)["code"] == "throttled"
    assert refused.headers["retry-after"] == "1"
    assert "ratelimit-limit" not in refused.headers
    for second in range(1, 15):
        shop.clock.seconds = 600.0 + second
        assert [shop.get("/api/reviews").status_code for _ in range(10)] == [200] * 10
    shop.clock.seconds = 620.0
    refused = shop.get("/api/reviews")
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "40"
    shop.clock.seconds = 659.99
    assert shop.get("/api/reviews").status_code == 429
    shop.clock.seconds = 660.0
    assert shop.get("/api/reviews").status_code == 200


def test_operations_are_limited_each_by_itself(reader: Marketer) -> None:
    for _ in range(10):
        reader.get("/api/reviews")
    assert reader.get("/api/reviews").status_code == 429
    assert reader.get("/api/reviews/1").status_code == 404
    assert reader.get("/api/profiles").status_code == 200


def test_refusals_count_too_but_not_those_of_the_limit(shop: Marketer) -> None:
    codes = [shop.get("/api/reviews", sort="wrong").status_code for _ in range(12)]
    assert codes == [400] * 10 + [429] * 2
    shop.clock.seconds += 1
    assert shop.get("/api/reviews").headers["ratelimit-remaining"] == "139"


def test_predictions_are_limited_more_narrowly(reader: Marketer) -> None:
    answer = reader.get("/api/profiles", additional="predictive_analytics")
    assert answer.headers["ratelimit-limit"] == "150"


def test_planted_statuses_strike_before_and_after_a_write(shop: Marketer) -> None:
    shop.faults.statuses.append(503)
    assert shop.error(shop.get("/api/profiles"), 503)["code"] == "service_unavailable"
    shop.coupon()
    shop.faults.late_statuses.append(500)
    shop.error(shop.code("A1"), 500)
    assert shop.error(shop.code("A1"), 409)["code"] == "duplicate"
    assert ("create_coupon_code", "WINBACK-A1", True) in shop.kinds()


def _spec_of(served: Operation) -> str:
    part = served.path.split("/")[2]
    return "coupons" if part.startswith("coupon") else part


@pytest.mark.parametrize(
    "served", [one for one in OPERATIONS if one.name != "get_accounts"], ids=lambda one: one.name
)
def test_operation_is_as_the_platform_declares_it(served: Operation) -> None:
    declared = operation(_spec_of(served), served.method, served.path)
    assert declared["operationId"] == served.name
    rates = {"burst": f"{served.rates.burst}/s", "steady": f"{served.rates.steady}/m"}
    assert declared["x-klaviyo-ratelimit"] == rates
    query = {one["name"]: one for one in declared["parameters"] if one["in"] == "query"}
    assert set(served.parameters) == set(query)
    for kind, names in served.fields.items():
        assert names == set(query[f"fields[{kind}]"]["schema"]["items"]["enum"])
    if served.include:
        assert served.include == set(query["include"]["schema"]["items"]["enum"])
    if served.sort:
        both = served.sort | {f"-{name}" for name in served.sort}
        assert both == set(query["sort"]["schema"]["enum"])
    if served.page and served.is_sized:
        size = query["page[size]"]["schema"]
        assert served.page == (size["default"], size["maximum"])
    for field, operators in served.filters.items():
        told = ", ".join(f"`{one}`" for one in sorted(operators))
        assert f"<br>`{field}`: {told}" in query["filter"]["description"]
    assert query.get("filter", {"description": ""})["description"].count("<br>`") == len(
        served.filters
    )
