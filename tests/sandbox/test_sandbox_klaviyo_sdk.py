"""The platform's own SDK, of the revision that we speak, reads every answer of the dialect."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pydantic
import pytest

from sandbox.klaviyo import OPERATIONS, REVISION
from sandbox.klaviyo.operations import Operation
from sandbox.klaviyo.query import NOT_KEPT
from sandbox.world.world import World, build
from tests.sandbox.klaviyo_calls import good_calls
from tests.sandbox.klaviyo_client import KEY, Marketer, marketer
from tests.sandbox.merchant import TODAY

sdk = pytest.importorskip("klaviyo_api")
openapi = pytest.importorskip("openapi_client.exceptions")

GROUPS = ("Accounts", "Campaigns", "Coupons", "Events", "Profiles", "Reviews")
READS = [one for one in OPERATIONS if one.method == "GET"]
# What is removed goes last: codes before their coupon.
WRITES = sorted(
    (one for one in OPERATIONS if one.method != "GET"),
    key=lambda one: (one.method == "DELETE", one.name == "delete_coupon"),
)


@cache
def _built() -> World:
    """Long enough for reviews."""
    return build(TODAY, days=35, households=30)


@pytest.fixture
def shop() -> Iterator[Marketer]:
    # Frames are replaced, never altered, so they are shared.
    with marketer(replace(_built(), writes=[], lock=threading.RLock())) as found:
        yield found


class Reader:
    """The SDK over the dialect; it reads answers into its models, and fails if they do not fit."""

    def __init__(self, shop: Marketer) -> None:
        self._shop = shop
        self._calls = good_calls(shop) | {"get_accounts": ("/api/accounts", {})}
        origin = str(shop.http.base_url).rstrip("/")
        api = sdk.KlaviyoAPI(KEY, max_retries=0, test_host=origin)
        self._groups = [getattr(api, name) for name in GROUPS]

    def call(self, operation: Operation, **more: Any) -> Any:
        """One operation with what goes with it; nothing is left of any window before it."""
        self._shop.clock.seconds += 60
        path, given = self._calls[operation.name]
        own = {"page[size]": "page_size"}
        told = {own.get(name, name): value for name, value in given.get("params", {}).items()}
        key = [path.rpartition("/")[2]] if "{" in operation.path else []
        body = [given["json"]] if "json" in given else []
        (method,) = (
            getattr(group, operation.name)
            for group in self._groups
            if hasattr(group, operation.name)
        )
        return method(*key, *body, **told | more)


def variants(operation: Operation) -> Iterator[dict[str, Any]]:
    """As it is, and with each that may be included or added; of single fields it has no models."""
    yield {}
    for name in sorted(operation.include - NOT_KEPT):
        yield {"include": [name]}
    for name in sorted(operation.additional):
        yield {"additional_fields_profile": [name]}


def test_it_speaks_our_revision() -> None:
    assert sdk.KlaviyoAPI._REVISION == REVISION


@pytest.mark.parametrize("operation", READS, ids=lambda one: one.name)
def test_it_reads_what_is_asked_for(shop: Marketer, operation: Operation) -> None:
    reader, wrong = Reader(shop), []
    for asked in variants(operation):
        try:
            assert reader.call(operation, **asked).data
        except pydantic.ValidationError as error:
            wrong.append(f"{asked}: {error.errors(include_url=False, include_input=False)[:2]}")
    assert wrong == [], "\n".join(wrong)


def test_it_reads_what_is_written(shop: Marketer) -> None:
    reader = Reader(shop)
    answers = {operation.name: reader.call(operation) for operation in WRITES}
    empty = {"create_event", "delete_coupon", "delete_coupon_code"}
    assert {name for name, answer in answers.items() if answer is None} == empty


def test_it_reads_an_empty_list_and_a_refusal(shop: Marketer) -> None:
    reader = Reader(shop)
    operations = {one.name: one for one in READS}
    nobody = reader.call(operations["get_profiles"], filter="equals(email,'no@shop.example')")
    assert nobody.data == []
    with pytest.raises(openapi.BadRequestException, match="not allowed on 'title'"):
        reader.call(operations["get_profiles"], filter="equals(title,'Dr')")
