"""Every answer of Amazon's dialect is valid by the platform's own models, whatever is asked."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, FormatChecker  # type: ignore[import-untyped]

from sandbox.amazon import Manner
from sandbox.amazon.operations import OPERATIONS
from tests.sandbox.seller import OWN, STORE, Seller, amazon_world, opened
from tests.sandbox.seller_calls import SINCE, good_calls

MODELS = Path(__file__).parents[3] / "shared/specs/spapi"
FILES = (
    "orders_2026-01-01", "reports_2021-06-30", "listingsItems_2021-08-01", "fbaInventory",
    "productPricingV0", "productPricing_2022-05-01", "sales", "solicitations",
    "finances_2024-06-19",
)  # fmt: skip
pytestmark = pytest.mark.skipif(
    not MODELS.exists(), reason="the platform's models lie outside the repository"
)


def _is_instant(value: object) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None


FORMATS = FormatChecker(formats=())
FORMATS.checks("date-time", raises=ValueError)(_is_instant)


@dataclass(frozen=True)
class Modelled:
    """An operation as its model states it."""

    path: str
    method: str
    stated: dict[str, Any]
    definitions: dict[str, Any]
    media: list[str]


@cache
def models() -> dict[str, Modelled]:
    """The operations of all models by name."""
    found = {}
    for name in FILES:
        model = json.loads((MODELS / f"{name}.json").read_text("utf-8"))
        definitions = closed_definitions(model["definitions"])
        for path, item in model["paths"].items():
            for method, stated in item.items():
                if method in ("get", "post", "patch", "put", "delete"):
                    found[stated["operationId"]] = Modelled(
                        path, method.upper(), stated, definitions,
                        stated.get("produces") or model["produces"],
                    )  # fmt: skip
    return found


def judge(operation: str, answer: httpx.Response) -> None:
    """Raise when the model does not document the answer: its status, its media type, its body."""
    model = models()[operation]
    documented = model.stated["responses"]
    assert str(answer.status_code) in documented, (operation, answer.status_code, answer.text)
    assert answer.headers["content-type"] in model.media
    assert answer.headers["x-amzn-requestid"]
    schema = documented[str(answer.status_code)].get("schema", {"enum": [{}]})
    judged = schema | {"definitions": model.definitions}
    Draft4Validator(judged, format_checker=FORMATS).validate(answer.json())


def closed(schema: Any) -> Any:
    """A schema whose objects take only the properties that are stated, so that no name is wrong.

    The parts of an `allOf` stay open: each states only some of the properties.
    """
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: one if key == "allOf" else closed(one) for key, one in schema.items()}
    if isinstance(found.get("properties"), dict) and "additionalProperties" not in found:
        found["additionalProperties"] = False
    return found


def parts_of_others(schema: Any) -> Iterator[Any]:
    """What stands in an `allOf`, however deep."""
    for key, one in schema.items() if isinstance(schema, dict) else ():
        yield from one if key == "allOf" else parts_of_others(one)
    for one in schema if isinstance(schema, list) else ():
        yield from parts_of_others(one)


def closed_definitions(definitions: dict[str, Any]) -> dict[str, Any]:
    """All definitions closed but for those that are part of another."""
    parts = json.dumps(list(parts_of_others(definitions)))
    opened_names = set(re.findall(r"#/definitions/(\w+)", parts))
    return {name: one if name in opened_names else closed(one) for name, one in definitions.items()}


@pytest.fixture(scope="module")
def open_seller() -> Iterator[Seller]:
    with opened(amazon_world(), manner=Manner(queued_seconds=150_000)) as found:
        yield found


@pytest.fixture
def seller(open_seller: Seller) -> Seller:
    return open_seller.rested()


def stated_rates() -> list[tuple[str, float, int]]:
    """Rate and burst of every served operation, as its description says."""
    if not MODELS.exists():
        return []
    names = [one.name for ways in OPERATIONS.values() for one in ways.values()]
    found = []
    for name in names:
        text = models()[name].stated["description"]
        match = re.search(r"\|\s*([\d.]+)\s*\|\s*(\d+)\s*\|", text)
        assert match is not None, name
        found.append((name, float(match[1]), int(match[2])))
    return found


def test_paths_methods_and_usage_plans_are_the_models() -> None:
    served = {
        one.name: (path, method, one.rate, one.burst, one.status, one.media)
        for path, ways in OPERATIONS.items()
        for method, one in ways.items()
    }
    for name, rate, burst in stated_rates():
        model = models()[name]
        success = min(int(status) for status in model.stated["responses"])
        expected = (model.path, model.method, rate, burst, success, model.media[0])
        assert served[name] == expected


def test_every_operation_answers_in_the_shape_of_its_model(seller: Seller) -> None:
    known = good_calls(seller)
    assert set(known) == {one.name for ways in OPERATIONS.values() for one in ways.values()}
    for name, (path, what) in known.items():
        model = models()[name]
        answer = seller.rested().call(model.method, path, **what)
        assert answer.status_code < 300, (name, answer.text)
        assert "x-amzn-ratelimit-limit" in answer.headers
        judge(name, answer)


def test_every_refusal_is_in_the_shape_of_its_model(seller: Seller) -> None:
    for name, (path, what) in good_calls(seller).items():
        method = models()[name].method
        without = seller.rested().http.request(method, path, **what)
        assert without.status_code == 403
        judge(name, without)
        for status, planted in ((429, 0), (500, 500), (503, 503)):
            if planted:
                seller.faults.statuses = [planted]
            else:
                seller.faults.throttled = 1
            refused = seller.call(method, path, **what)
            assert refused.status_code == status
            judge(name, refused)


def test_wrong_methods_have_a_body_of_the_same_shape(seller: Seller) -> None:
    for name, (path, _) in good_calls(seller).items():
        answer = seller.call("PUT", path)
        assert answer.status_code == 405
        assert answer.headers["content-type"] in models()[name].media
        assert answer.json()["errors"][0]["code"] == "MethodNotAllowed"


WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from([STORE, SINCE, "New", "0", "20", "true", "Marketplace", "SKU", ","]),
)
JSON_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        WORDS,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=8,
)


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    """An operation, a path and parameters: some as stated, some of them anything."""
    path, ways = draw(st.sampled_from(sorted(OPERATIONS.items())))
    operation = ways[draw(st.sampled_from(sorted(ways)))]
    stated = models()[operation.name].stated.get("parameters", ())
    query: dict[str, Any] = {}
    given: dict[str, Any] = {"params": query}
    for one in stated:
        if one["in"] == "query" and draw(st.booleans()):
            values = one.get("items", one).get("enum")
            query[one["name"]] = draw(st.sampled_from(values) if values else WORDS)
        if one["in"] == "body":
            given["json"] = draw(JSON_VALUES | st.just(None).map(_body(operation.name)))
    names = re.findall(r"{(\w+)}", path)
    parts = {name: draw(st.sampled_from([OWN.seller_id, "820082"]) | WORDS) for name in names}
    quoted = {name: httpx.QueryParams({"": value}) for name, value in parts.items()}
    encoded = {name: str(one)[1:].replace("+", "%20") for name, one in quoted.items()}
    # A client takes "." and ".." out of a path itself.
    filled = path.format(**{name: one.replace(".", "%2E") or "x" for name, one in encoded.items()})
    return operation.name, filled, given


def _body(name: str) -> Any:
    """A body that is nearly right: the shape is stated, the attribute is anything."""
    offer = {"currency": "USD", "our_price": [{"schedule": [{"value_with_tax": 10**30}]}]}
    patch = {"op": "merge", "path": "/attributes/purchasable_offer", "value": [offer]}
    bodies = {
        "patchListingsItem": {"productType": "PRODUCT", "patches": [patch]},
        "createReport": {"reportType": "x", "marketplaceIds": [STORE], "dataStartTime": SINCE},
    }
    return lambda _: bodies.get(name, {"requests": []})


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(call=calls())
def test_whatever_is_asked_the_answer_is_documented(
    seller: Seller, call: tuple[str, str, dict[str, Any]]
) -> None:
    name, path, given = call
    answer = seller.rested().call(models()[name].method, path, **given)
    judge(name, answer)
