"""Every request conforms to the official OpenAPI, whose limits and codes are all known."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest

from connectors.klaviyo import codes, fetch, outbound
from connectors.klaviyo.client import REVISION
from connectors.klaviyo.operations import OPERATIONS
from tests.connectors.klaviyo import changes as writes
from tests.connectors.klaviyo.conftest import Open, answer
from tests.connectors.klaviyo.recorded import DATE, code, document, holder, resource, review
from tests.connectors.klaviyo.test_klaviyo_fetch import SPAN, coupon

SPECS = Path(__file__).parents[4] / "shared/specs/klaviyo"
FILES = ("profiles", "coupons", "campaigns", "reviews", "events")
pytestmark = pytest.mark.skipif(
    not SPECS.exists(), reason="the platform's specs lie outside the repository"
)
_FILTER = re.compile(r"(?P<operator>[a-z-]+)\((?P<field>[a-z._]+),")


@cache
def stated(file: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SPECS / f"{file}.json").read_text("utf-8"))
    return found


@cache
def official(file: str) -> OpenAPI:
    return OpenAPI.from_dict(stated(file))


@cache
def operations() -> dict[str, tuple[str, str, str, dict[str, Any]]]:
    """File, method, path and operation by the operation's name."""
    return {
        operation["operationId"]: (file, method.upper(), path, operation)
        for file in FILES
        for path, ways in stated(file)["paths"].items()
        for method, operation in ways.items()
        if method in ("get", "post", "patch", "delete")
    }


def judge(request: httpx.Request) -> str:
    """The operation of a request, which has all that is required and nothing that is not stated."""
    raw = request.url.raw_path.decode().partition("?")[0]
    name, (file, _, _, operation) = next(
        (name, found)
        for name, found in operations().items()
        if found[1] == request.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", found[2]), raw)
    )
    given = dict(request.url.params)
    assert len(given) == len(request.url.params.multi_items()), f"{name}: a parameter twice"
    declared = {one["name"]: one for one in operation["parameters"] if one["in"] == "query"}
    assert set(given) <= set(declared), f"{name}: undeclared {set(given) - set(declared)}"
    # A required header with a default is not missed by the library.
    for one in operation["parameters"]:
        held = request.headers if one["in"] == "header" else given
        assert one["in"] == "path" or not one.get("required") or one["name"] in held, one["name"]
    if "filter" in given:
        filters(given["filter"], declared["filter"]["description"])
    official(file).validate_request(
        MockRequest(
            f"{request.url.scheme}://{request.url.host}",
            request.method,
            request.url.path,
            args=given,
            headers=dict(request.headers),
            data=request.content or None,
            content_type=request.headers.get("content-type", ""),
        )
    )
    return name


def filters(text: str, described: str) -> None:
    """Fail unless each field of a filter has the operator."""
    found = [one for one in _FILTER.findall(text) if one[0] != "and"]
    assert found
    for operator, field in found:
        lines = re.findall(rf"`{re.escape(field)}`: ([^<]*)", described)
        assert lines, f"{field} is no field to filter by"
        assert f"`{operator}`" in lines[0], f"{field} has no {operator}"


def test_the_judge_finds_what_is_wrong(opened: Open) -> None:
    client, platform = opened({"GET /api/profiles": [document()]})
    list(fetch.profiles(client, SPAN))
    [request] = platform.asked

    def sent(url: httpx.URL | None = None, **headers: str) -> httpx.Request:
        return httpx.Request("GET", url or request.url, headers={**request.headers, **headers})

    assert judge(sent()) == "get_profiles"
    for wrong in (
        request.url.copy_add_param("size", "3"),
        request.url.copy_set_param("filter", "less-than(email,3)"),
        request.url.copy_set_param("filter", "equals(first_name,'A')"),
    ):
        with pytest.raises(AssertionError):
            judge(sent(wrong))
    for refused in (
        request.url.copy_set_param("page[size]", "101"),
        request.url.copy_set_param("sort", "email,id"),
        request.url.copy_set_param("fields[profile]", "email,shoe_size"),
    ):
        with pytest.raises(OpenAPIError):
            judge(sent(refused))
    without = httpx.Request("GET", request.url, headers={"authorization": "Klaviyo-API-Key x"})
    with pytest.raises(AssertionError, match="revision"):
        judge(without)
    campaigns = httpx.Request("GET", "https://a.klaviyo.com/api/campaigns", headers=sent().headers)
    with pytest.raises(AssertionError, match="filter"):
        judge(campaigns)
    nobody = httpx.Request("GET", request.url, headers={"revision": REVISION})
    with pytest.raises(OpenAPIError):
        judge(nobody)
    body = {"data": {"type": "coupon-code", "attributes": {"expires_at": None}}}
    post = httpx.Request("POST", "https://a.klaviyo.com/api/coupon-codes", json=body)
    post.headers.update({**request.headers, "content-type": "application/vnd.api+json"})
    with pytest.raises(OpenAPIError):
        judge(post)


def test_every_request_conforms_to_the_official_openapi(opened: Open) -> None:
    client, platform = opened(
        {
            "GET /api/profiles": [document(holder("P1", "1", email="member1@example.com"))],
            "GET /api/coupons": [document(coupon("WINBACK"))],
            "GET /api/coupon-codes": [document(code("A1", "P1"))],
            "GET /api/campaigns": [document()],
            "GET /api/reviews": [document(review("R1"))],
            "GET /api/events": [writes.events("x")],
            f"GET {writes.CODE}": [writes.code()],
            f"GET {writes.PROFILE}": [writes.single(resource("profile", "01P1", {}))],
            writes.CREATE: [answer(status=201)],
            writes.EVENT: [answer(status=202)],
            f"PATCH {writes.CODE}": [writes.code()],
            f"PATCH {writes.PROFILE}": [httpx.Response(200, headers=DATE)],
        },
        **writes.COUPON,
    )
    for read in (fetch.profiles, fetch.coupons, fetch.campaigns, fetch.reviews):
        list(read(client, SPAN))
    outbound.CODES.live(client, [writes.CREATED])
    outbound.CODES.send(client, [writes.CREATED])
    outbound.CODES.send(client, [writes.CLOSED])
    outbound.send_events(client, [writes.HAPPENED])
    outbound.live_events(client, [writes.HAPPENED])
    outbound.set_profiles(client, [writes.SEGMENTED])
    outbound.live_profiles(client, [writes.SEGMENTED])
    client.now()
    assert {judge(request) for request in platform.asked} == {one.name for one in OPERATIONS}


@pytest.mark.parametrize("ours", OPERATIONS, ids=lambda one: one.name)
def test_limits_are_those_that_the_operation_states(ours: Any) -> None:
    _, method, path, operation = operations()[ours.name]
    limits = {"burst": f"{ours.burst}/s", "steady": f"{ours.steady}/m"}
    assert (ours.method, ours.path) == (method, path)
    assert operation["x-klaviyo-ratelimit"] == limits


def test_the_revision_is_that_of_the_documents() -> None:
    assert {stated(file)["info"]["version"] for file in FILES} == {REVISION}


def enumerations(file: str, path: str, *steps: str) -> set[str]:
    """All codes below a place in an operation's answer, `$ref`s followed."""
    document = stated(file)
    found: set[str] = set()

    def resolved(node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            target: Any = document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def walk(node: Any, left: tuple[str, ...]) -> None:
        node = resolved(node)
        if not isinstance(node, dict):
            return
        if not left:
            found.update(node.get("enum", []))
        elif left[0] in node.get("properties", {}):
            walk(node["properties"][left[0]], left[1:])
        for inner in [*node.get("oneOf", []), *node.get("allOf", [])]:
            walk(inner, left)
        if left:
            walk(node.get("items"), left)

    answered = document["paths"][path]["get"]["responses"]["200"]["content"]
    walk(next(iter(answered.values()))["schema"], ("data", "attributes", *steps))
    return found


@pytest.mark.parametrize(
    ("file", "path", "steps", "known"),
    [
        ("campaigns", "/api/campaigns", ("status",), {*codes.CAMPAIGN_STATUS, "Unknown"}),
        ("coupons", "/api/coupon-codes", ("status",), codes.GRANT_STATUS),
        ("reviews", "/api/reviews", ("review_type",), codes.REVIEW_TYPE),
        ("reviews", "/api/reviews", ("status", "value"), codes.REVIEW_STATUS),
    ],
)
def test_all_codes_of_the_documents_are_known_and_no_others(
    file: str, path: str, steps: tuple[str, ...], known: Any
) -> None:
    assert enumerations(file, path, *steps) == set(known)


def test_channels_are_those_that_campaigns_can_be_asked_for_by() -> None:
    described = operations()["get_campaigns"][3]["description"]
    assert set(re.findall(r"messages\.channel,'(\w+)'", described)) == set(codes.CHANNEL)
