"""People are taken out of pages by where these name them, and nobody else is."""

import json
import re
from typing import Any

import msgspec
import pytest

from connectors.base.redaction import About, by_path
from contracts.streams import Page


def is_jo(person: str) -> bool:
    return person == "jo"


def redacted(found: Any, part: str, value: Any) -> tuple[Any, tuple[object, ...]]:
    told = found(Page(json.dumps(value).encode(), part), is_jo)
    return json.loads(told.page.body), told.removed


def test_what_stands_under_a_path_is_taken_out_of_what_names_somebody_and_of_nothing_else() -> None:
    order = About(at="orders", named_by=("buyer.id",), tells=("buyer", "lines.gift_*", "**.note"))
    jo = {
        "buyer": {"id": "jo"}, "total": 1, "note": None,
        "lines": [{"sku": "A", "gift_text": "for Jo", "deep": [{"note": "Jo"}]}],
    }  # fmt: skip
    bo = jo | {"buyer": {"id": "bo"}}
    kept, removed = redacted(by_path({"orders": order}), "orders:7", {"orders": [jo, bo]})
    assert kept == {"orders": [{"total": 1, "lines": [{"sku": "A", "deep": [{}]}]}, bo]}
    assert "for Jo" in json.dumps(removed)


def test_a_whole_document_is_left_out_of_a_list_and_is_null_elsewhere() -> None:
    person = About(at="**", named_by=("id",), person_of=lambda one: one.removeprefix("p/"))
    value = {"rows": [{"id": "p/jo"}, {"id": "p/bo"}], "by": {"id": "p/jo"}, "id": 7}
    kept, removed = redacted(by_path({"": person}), "", value)
    assert kept == {"rows": [{"id": "p/bo"}], "by": None, "id": 7}
    assert removed == ({"id": "p/jo"}, {"id": "p/jo"})


def test_what_named_them_may_stay_as_nobodys_and_a_null_may_stand_for_what_was_said() -> None:
    order = About(named_by=("by",), tells=("note",), leaves_null=True, nobody={"by": 0})
    kept, _ = redacted(by_path({"": order}), "", [{"by": "jo", "note": "x"}, {"by": "jo"}])
    assert kept == [{"by": 0, "note": None}, {"by": 0}]


def test_lines_are_documents_each_and_those_of_nobody_stay_byte_for_byte() -> None:
    found = by_path({"bulk": About(named_by=("id", "of"))}, lines=["bulk"])
    body = b'{"id": "bo" }\n{"id":"jo"}\n{"of":"jo"}\n'
    assert found(Page(body, "bulk"), is_jo).page.body == b'{"id": "bo" }\n'


def test_of_lines_those_that_name_nobody_who_is_meant_stay_and_none_is_passed_over_unread() -> None:
    ids = re.compile(rb'"(?:id|of)":"(\w+)"')
    found = by_path({"bulk": About(named_by=("id", "of"))}, lines=["bulk"], ids=ids)
    body = b'{"id":"bo","note":"jo"}\n{"id":"jo"}\n{"of":"jo","id":"bo"}\n{"id":"bo"}\n'
    told = found(Page(body, "bulk"), is_jo)
    assert told.page.body == b'{"id":"bo","note":"jo"}\n{"id":"bo"}\n'
    assert told.removed == ({"id": "jo"}, {"of": "jo", "id": "bo"})
    with pytest.raises(msgspec.DecodeError):
        found(Page(body + b'{"note":"\n', "bulk"), is_jo)


def test_a_page_that_names_nobody_who_is_meant_is_not_even_decoded() -> None:
    found = by_path({"": About(named_by=("id",))}, ids=re.compile(rb'"id":"(\w+)"'))
    page = Page(b'no JSON: "id":"bo"', "")
    assert found(page, is_jo).page is page
    assert by_path({})(page, is_jo).page is page
