"""A field is said once: columns, child frames and query texts of one struct."""

from typing import Annotated, Any

import msgspec
import polars as pl
import pytest

from connectors.base.fields import field_list, requested, selection
from connectors.base.frames import children, first_of_each, frame
from connectors.base.rows import Rows
from connectors.base.wire import Text, lenient
from contracts.actions import Unread
from contracts.errors import SourceContractError
from contracts.streams import Page


class Part(msgspec.Struct, gc=False):
    weight: float | None = None


class Line(msgspec.Struct, gc=False):
    oid: int
    title: Text | None = None
    parts: tuple[Part, ...] = ()


class Lines(msgspec.Struct, gc=False):
    line: list[Line] | Line | None = None


class Buyer(msgspec.Struct, gc=False):
    id: Text
    is_new: bool | None = None


class Order(msgspec.Struct, gc=False, rename="camel"):
    tid: int
    paid_at: Text | None = None
    buyer: Buyer | None = None
    tags: list[str] = []
    extra: Any = None
    order_lines: Lines | None = None


ORDERS = Rows("answer.orders", Order, ignored=("nick",), decoder=lenient)


def page(orders: object, part: str = "") -> Page:
    return Page(msgspec.json.encode({"answer": {"orders": orders}, "id": 1}), part)


def test_columns_have_the_names_of_the_wire_and_the_types_of_the_struct() -> None:
    assert frame([], Order).schema == {
        "tid": pl.Int64,
        "paidAt": pl.String,
        "buyer.id": pl.String,
        "buyer.is_new": pl.Boolean,
        "tags": pl.List(pl.String),
    }


def test_what_stands_inside_a_missing_struct_is_missing() -> None:
    found = frame([Order(1, Text("now"), Buyer(Text("a"), True), ["x"]), Order(2)], Order)
    assert found.rows() == [(1, "now", "a", True, ["x"]), (2, None, None, None, [])]


def test_children_name_the_place_of_their_parents() -> None:
    orders = [Order(1), Order(2, order_lines=Lines([Line(7), Line(8)])), Order(3)]
    lines, owners = children(orders, Order, "orderLines")
    assert ([line.oid for line in lines], owners) == ([7, 8], [1, 1])


def test_lists_inside_lists_are_frames_whose_rows_know_their_parents_across_pages() -> None:
    first = [{"tid": 1, "orderLines": {"line": {"oid": 10, "parts": [{"weight": 1.5}]}}}]
    second = [
        {"tid": 2},
        {"tid": 3, "orderLines": {"line": [{"oid": 30}, {"oid": 31, "parts": [{}, {}]}]}},
    ]
    found = ORDERS.frames([page(first, "a"), page(second, "b")])
    assert found.documents.select("row", "page_part", "tid").rows() == [
        (0, "a", 1),
        (1, "b", 2),
        (2, "b", 3),
    ]
    lines = found.of("orderLines", found.documents.select("tid"))
    assert lines.select("oid", "tid").rows() == [(10, 1), (30, 3), (31, 3)]
    parts = found.of("orderLines.parts", lines.select("oid", "tid"))
    assert parts.select("weight", "oid", "tid").rows() == [
        (1.5, 10, 1),
        (None, 31, 3),
        (None, 31, 3),
    ]


def test_no_pages_keep_every_column() -> None:
    found = ORDERS.frames([])
    assert found.documents.height == 0
    assert set(found.of("orderLines", found.documents.select("tid")).columns) >= {"oid", "tid"}


@pytest.mark.parametrize("body", [b"{}", b'{"answer":null}', b'{"answer":{"orders":null}}'])
def test_a_list_that_is_not_there_is_an_empty_one(body: bytes) -> None:
    assert (ORDERS.rows(body), ORDERS.raw(body), ORDERS.unknown(body)) == ([], [], set())


def test_one_row_may_stand_without_its_list() -> None:
    alone = page({"tid": 4})
    assert [order.tid for order in ORDERS.rows(alone.body)] == [4]
    assert len(ORDERS.raw(alone.body)) == 1
    assert [one.tid for one in Rows("", Order).rows(b'[{"tid":5},{"tid":6}]')] == [5, 6]


def test_new_fields_are_told_and_known_ones_that_are_not_read_are_not() -> None:
    told = page(
        [{"tid": 1, "nick": "b", "colour": "red", "orderLines": {"line": {"oid": 1, "x": 2}}}]
    )
    assert ORDERS.frames([told]).unknown == ("colour", "x")


def test_a_wrong_shape_is_an_error_of_the_page_and_costs_readable_rows_nothing() -> None:
    odd = page([{"tid": 1}, {"tid": "bo@example.com"}, {"tid": 3}])
    with pytest.raises(SourceContractError) as caught:
        ORDERS.frames([odd])
    assert "example" not in str(caught.value)
    assert [order.tid for order in ORDERS.readable(odd.body)] == [1, 3]


def test_a_list_of_fields_leaves_out_wrappers() -> None:
    fields = "tid,paidAt,buyer.id,buyer.is_new,tags,extra"
    inner = "orderLines.oid,orderLines.title,orderLines.parts.weight"
    assert field_list(Order) == f"{fields},{inner}"
    assert (
        field_list(Order, whole=("orderLines", "buyer")) == "tid,paidAt,buyer,tags,extra,orderLines"
    )


class Value(msgspec.Struct):
    typename: Text = msgspec.field(name="__typename")
    percentage: Annotated[float | None, requested(on="Percentage")] = None
    amount: Annotated[Part | None, requested(on="Amount")] = None


class Discount(msgspec.Struct, rename="camel"):
    id: Text
    first_parts: Annotated[list[Part], requested(arguments="first: 10")] = []
    value: Value | None = None
    parent_id: Annotated[Text | None, requested(is_requested=False)] = None


def test_a_selection_has_arguments_and_fragments() -> None:
    assert selection(Discount) == (
        "id firstParts(first: 10) { weight } value { __typename"
        " ... on Percentage { percentage } ... on Amount { amount { weight } } }"
    )
    assert "value.percentage" in frame([], Discount).columns


def test_rows_are_found_by_name_and_an_odd_one_costs_itself() -> None:
    told = page([{"tid": 1}, {"tid": "2"}, {"tid": 3, "orderLines": "none"}, {"tid": None}, "odd"])
    found = ORDERS.named(told.body, "tid")
    assert set(found) == {"1", "2", "3"}
    assert isinstance(found["1"], Order)
    assert isinstance(found["3"], Unread)


@pytest.mark.parametrize(
    ("answered", "kept"),
    [("abc", [0, 1, 2]), ("bac", [0, 1, 2]), ("abcab", [0, 1, 2]), ("aab", [0, 2]), ("", [])],
)
def test_of_rows_answered_twice_the_first_stays_in_its_place(
    answered: str, kept: list[int]
) -> None:
    keys = {"a": ("1", None), "b": ("1", "x"), "c": ("2", "x")}
    rows = pl.DataFrame(
        [(*keys[one], place) for place, one in enumerate(answered)],
        schema={"order": pl.String, "line": pl.String, "place": pl.Int64},
        orient="row",
    )
    assert first_of_each(rows, ["order", "line", "order"])["place"].to_list() == kept
