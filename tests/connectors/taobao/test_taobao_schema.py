"""What is asked for and read is in the platform's field trees, and nothing of it names a person."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.base.counted import CountedList
from connectors.taobao import fetch, wire
from connectors.taobao.codes import CASE_STATUS, PAYMENT_STATUS, REFUND_STATUS

SCHEMAS = Path(__file__).parents[4] / "shared/schemas/top_schemas.json"
SOURCES = (fetch.TRADES, fetch.REFUNDS, fetch.REVIEWS, fetch.MEMBERS)
PERSONAL = ("receiver", "nick", "oaid", "phone", "mobile", "address", "alipay", "email", "memo")
_READ: dict[str, type[msgspec.Struct]] = {
    "taobao.trades.sold.increment.get": wire.Trade,
    "taobao.refunds.receive.get": wire.Refund,
    "taobao.traderates.get": wire.Review,
    "taobao.crm.members.increment.get": wire.Member,
    "taobao.items.seller.list.get": wire.Item,
    "taobao.promotion.coupons.get": wire.Coupon,
}


def api(method: str) -> dict[str, Any]:
    if not SCHEMAS.exists():
        pytest.skip("the platform's field trees lie outside the repository")
    found: dict[str, Any] = json.loads(SCHEMAS.read_text())["apis"][method]
    return found


def names(fields: list[dict[str, Any]]) -> set[str]:
    """Names at any depth, with that of what holds them."""
    found = {field["name"] for field in fields}
    for field in fields:
        inside = names(field.get("fields", []))
        found |= inside | {f"{field['name']}.{name}" for name in inside}
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.method)
def test_a_list_is_asked_for_with_parameters_and_fields_that_exist(source: CountedList) -> None:
    found = api(source.method)
    sent = {source.start, source.end, source.page, "page_size", *source.params}
    assert sent <= names(found["request"])
    required = {field["name"] for field in found["request"] if field.get("required")}
    assert required <= sent
    assert set(filter(None, source.params.get("fields", "").split(","))) <= names(found["response"])


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.method)
def test_no_field_that_names_a_person_is_asked_for(source: CountedList) -> None:
    asked = f"{source.params.get('fields', '')},{fetch.ITEM_FIELDS}"
    assert [word for word in PERSONAL if word in asked] == []


@pytest.mark.parametrize("method", _READ)
def test_every_field_that_is_read_is_one_of_the_platforms(method: str) -> None:
    known = names(api(method)["response"])
    stack, read = [_READ[method]], set[str]()
    while stack:
        for field in msgspec.structs.fields(stack.pop()):
            inside = field.type
            if isinstance(inside, type) and issubclass(inside, msgspec.Struct):
                listed = msgspec.structs.fields(inside)[0].type.__args__[0]
                stack.append(listed)
            read.add(field.encode_name)
    assert read <= known


def test_refund_states_of_lines_and_cases_are_the_same_ones() -> None:
    assert set(REFUND_STATUS) - {"NO_REFUND"} == set(CASE_STATUS)
    assert len(PAYMENT_STATUS) == 12
