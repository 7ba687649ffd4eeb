"""One odd document of Klaviyo costs itself: it is fetched over, set apart, and never in the way."""

import datetime as dt
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.isolation import map_documents
from connectors.klaviyo import CONNECTOR, redaction, wire
from connectors.klaviyo.documents import DOCUMENTS
from contracts.errors import SourceContractError
from contracts.streams import Page, Window
from tests.connectors.klaviyo.conftest import Open, Script
from tests.connectors.klaviyo.recorded import CONTEXT, PAGES, READ_AT, code, document, holder
from tests.connectors.klaviyo.recorded import page as paged

STREAMS = {stream.name: stream for stream in CONNECTOR.streams}
FIRST = {name: pages[0] for name, pages in PAGES.items()}
ODD: list[Any] = [None, [], {}, 7, 7.5, True, "x" * 10_000, "\u0000", [None], {"a": [1]}]
SPAN = Window(READ_AT - dt.timedelta(days=1), READ_AT)


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside of a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in items:
        yield (*here, name)
        if isinstance(inner, dict | list):
            yield from paths(inner, (*here, name))


def spoiled(body: bytes, path: tuple[Any, ...], value: Any) -> bytes:
    """An answer whose first document holds something else in one place."""
    told = json.loads(body)
    inner = told["data"][0]
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return json.dumps(told).encode()


CASES = [
    (name, path)
    for name, page in FIRST.items()
    for path in paths(json.loads(wire.answers(page.body)[0])["data"][0])
]


@pytest.mark.parametrize("name", FIRST)
def test_whatever_a_field_holds_the_other_documents_are_mapped(name: str) -> None:
    first, *beside = wire.answers(FIRST[name].body)
    whole = STREAMS[name].to_canonical([FIRST[name]], CONTEXT)
    count = len(json.loads(first)["data"])
    for path in [path for stream, path in CASES if stream == name]:
        for value in ODD:
            page = Page(wire.texts([spoiled(first, path, value), *beside]), FIRST[name].part)
            mapped = map_documents(STREAMS[name], partial(iter, [page]), CONTEXT)
            root = mapped.frames[next(iter(whole.frames))]
            assert root.height >= count - 1, (path, value)
            assert len(DOCUMENTS.split(page)) == count
            redaction.redact(page, lambda _: True)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_what_lies_beside_is_as_good_as_not_told_if_it_is_odd(value: Any) -> None:
    odd = holder("01P1", None)
    odd["attributes"] = value
    codes = document(code("A1", "01P1"), code("A2", "01P2"))
    page = paged("codes", codes, document(odd, holder("01P2", "2")))
    grants = STREAMS["coupon_codes"].to_canonical([page], CONTEXT).frames["coupon_grants"]
    assert grants.sort("grant_id")["member_id"].to_list() == ["klaviyo/01P1", "2"]


@pytest.mark.parametrize("odd", [None, 7, [], "text", {"id": 5}, {"id": "x", "attributes": []}])
def test_lists_are_followed_over_odd_documents(opened: Open, odd: Any) -> None:
    winback = {"type": "coupon", "id": "WINBACK", "attributes": {"external_id": "WINBACK"}}
    told = {name: json.loads(wire.answers(page.body)[0])["data"] for name, page in FIRST.items()}
    lists = {
        "profiles": told["profiles"],
        "coupon-codes": told["coupon_codes"],
        "campaigns": told["campaigns"],
        "reviews": told["crm_reviews"],
    }
    script: Script = {f"GET /api/{name}": [document(odd, *of, odd)] for name, of in lists.items()}
    script["GET /api/coupons"] = [document(winback)]
    client, _ = opened(script)
    for stream in CONNECTOR.streams:
        pages = list(stream.fetch(client, SPAN))
        mapped = map_documents(stream, partial(iter, pages), CONTEXT)
        assert mapped.frames[next(iter(mapped.frames))].height >= 2, stream.name


@pytest.mark.parametrize("odd", [None, 7, {"id": None, "attributes": {}}])
def test_a_coupon_that_cannot_be_read_never_makes_its_codes_look_deleted(
    opened: Open, odd: Any
) -> None:
    client, _ = opened({"GET /api/coupons": [document(odd)]})
    with pytest.raises(SourceContractError, match="no readable id"):
        list(STREAMS["coupon_codes"].fetch(client, SPAN))
