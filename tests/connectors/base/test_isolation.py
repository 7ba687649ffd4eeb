"""One odd document costs itself: what is set apart, how it is named, and when a reading is held."""

import datetime as dt
import json
from typing import Any

import msgspec
import pytest

from connectors.base.documents import At, JsonDocuments, JsonLines, owner_of
from connectors.base.isolation import map_documents
from connectors.base.wire import decoded
from contracts.errors import SourceContractError
from contracts.streams import Context, Page
from tests.flows.scripted import REVIEWS, Wrote

CONTEXT = Context("shop", "EUR", "Europe/Berlin", dt.datetime(2026, 11, 20, tzinfo=dt.UTC))


DECODE = msgspec.json.Decoder(list[Wrote]).decode


def page(*documents: Any) -> Page:
    return Page(json.dumps(documents).encode(), "page")


def review(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "stars": 5, **more}


def mapped(*pages: Page) -> tuple[list[str], list[tuple[Any, ...]]]:
    found = map_documents(REVIEWS, lambda: pages, CONTEXT)
    told = found.rejects.select("document_id", "column", "detail").rows()
    return found.frames["reviews"]["review_id"].to_list(), told


@pytest.mark.parametrize(
    ("odd", "path", "what"),
    [
        ({"tags": None}, "$.tags", "Expected `array`, got `null`"),
        ({"stars": "5"}, "$.stars", "Expected `int`, got `str`"),
        ({"tags": ["a", 7]}, "$.tags[1]", "Expected `str`, got `int`"),
        ({"stars": 2**70}, "$", "the mapping of reviews fails: TypeError"),
        ({"stars": 13}, "$", "the mapping of reviews fails: ZeroDivisionError"),
    ],
)
def test_an_odd_document_is_named_with_its_place_and_the_others_are_mapped(
    odd: dict[str, Any], path: str, what: str
) -> None:
    pages = [page(review("a"), review("b", **odd), review("c")), page(review("d"))]
    good, told = mapped(*pages)
    assert good == ["a", "c", "d"]
    assert told == [("b", path, what)]


def test_the_raw_document_goes_with_its_reject() -> None:
    found = map_documents(REVIEWS, lambda: [page(review("a"), review("b", tags=None))], CONTEXT)
    assert json.loads(found.rejects["raw"][0]) == review("b", tags=None)


def test_a_document_that_does_not_tell_its_id_has_a_name_that_stays_the_same() -> None:
    odd = {"stars": 5, "tags": None}
    _, first = mapped(page(review("a"), odd))
    _, again = mapped(page(odd, review("a")))
    assert first == again
    assert first[0][0].startswith("?")


def test_many_that_cannot_be_mapped_are_found_among_many() -> None:
    many = [review(str(number), stars=13 if number % 40 == 7 else 5) for number in range(250)]
    good, told = mapped(page(*many))
    assert [name for name, _, _ in told] == [str(n) for n in range(250) if n % 40 == 7]
    assert len(good) + len(told) == 250


def test_a_few_odd_documents_are_set_apart_even_where_they_are_most_of_a_small_reading() -> None:
    good, told = mapped(page(review("a"), *(review(str(n), tags=None) for n in range(10))))
    assert (good, len(told)) == (["a"], 10)


@pytest.mark.parametrize("odd", [{"tags": None}, {"stars": 13}])
def test_a_reading_of_mostly_odd_documents_is_held_as_a_whole(odd: dict[str, Any]) -> None:
    many = [review(str(number), **odd) for number in range(600)]
    with pytest.raises(SourceContractError):
        mapped(page(*many, review("a")))


def test_half_an_emoji_is_no_reason_to_refuse_a_page() -> None:
    body = rb'[{"id":"a","stars":5,"tags":["\ud83d","\\ud83d","\ud83d\ude00"]}]'
    (found,) = decoded(DECODE, body)
    assert found.tags == ["�", "\\ud83d", "😀"]


def test_a_page_that_is_no_json_is_no_document() -> None:
    with pytest.raises(SourceContractError):
        map_documents(REVIEWS, lambda: [Page(b"<html>", "page")], CONTEXT)


def test_lines_of_one_document_go_together() -> None:
    lines = JsonLines("orders", lambda node, _: node.get("of") or node["id"], lambda _: Any)
    bulk = Page(b'{"id":"1"}\n{"id":"l","of":"1"}\nnot json\n{"id":"2"}', "bulk")
    found = lines.split(bulk)
    assert [(one.document_id, one.problem) for one in found] == [
        ("1", None),
        (None, ("$", "not readable JSON")),
        ("2", None),
    ]
    assert lines.without(bulk, {0, 1}).body == b'{"id":"2"}'


def test_documents_are_found_below_any_member_and_behind_a_parts_colon() -> None:
    places = JsonDocuments(
        {
            "page": At("*.nodes", "orders", "id"),
            "refunds": At("", "orders", lambda _, p: owner_of(p)),
        }
    )
    nested = Page(b'{"orders":{"nodes":[{"id":"1"},{"id":"2"}],"more":true},"none":null}', "page")
    assert [one.document_id for one in places.split(nested)] == ["1", "2"]
    rest = json.loads(places.without(nested, {0}).body)
    assert rest == {"orders": {"nodes": [{"id": "2"}], "more": True}, "none": None}
    (refund,) = places.split(Page(b'[{"id":9}]', "refunds:11"))
    assert (refund.table, refund.document_id) == ("orders", "11")
