"""Ids that a spreadsheet rounded are refused by column: two orders never become one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.connectors.files.exports import mapped, page, reasons, refusal
from tests.connectors.files.test_files_orders import HEADER, ORDERS
from tests.connectors.files.test_files_workbooks import workbook

FIRST, SECOND = "2970000000000012345", "2970000000000098765"
"""Two orders that are one in 15 digits."""


def row(order: str, sku: str = "A") -> str:
    return f"{order},{sku},2026-11-18 08:00,2026-11-19 08:00,paid,,10.00,1.00,2,nick\n"


def rounded(number: str) -> str:
    """What a spreadsheet makes of a long number."""
    return f"{number[:15]}{'0' * (len(number) - 15)}"


@pytest.mark.parametrize(
    ("order", "shown"),
    [
        (rounded(FIRST), rounded(FIRST)),
        ("2.97E+18", "2.97E+18"),
        ("2.97e+18", "2.97e+18"),
        ("'2.97E+18", "2.97E+18"),
    ],
)
def test_file_of_rounded_orders_is_refused_and_its_column_named(order: str, shown: str) -> None:
    given = page(ORDERS, HEADER + row(order) + row(order, "B") + row("2971", "C"))
    told = f"has ids in 'order' that a spreadsheet rounded, such as {shown}: export it again"
    assert refusal(given) == told
    assert mapped(given).rejects["column"].to_list() == ["order"]


@pytest.mark.parametrize("cell", [float(FIRST), int(FIRST)])
def test_long_number_of_a_workbook_is_refused_too(cell: float) -> None:
    header = HEADER.strip().split(",")
    line: list[Any] = row("x").strip().split(",")
    body = workbook(tuple(header), (cell, *line[1:]))
    assert "'order' that a spreadsheet rounded" in refusal(page(ORDERS | {"format": "xlsx"}, body))


def test_long_ids_as_they_are_stay_apart() -> None:
    result = mapped(page(ORDERS, HEADER + row(FIRST) + row(SECOND)))
    assert sorted(result.frames["orders"]["order_id"]) == [FIRST, SECOND]
    assert reasons(result) == []


@pytest.mark.parametrize(
    "ids",
    [
        ["297000000000001000", "297000000000002345"],  # one of two ends so by itself
        ["2970000000000010"],
        ["297000000000001000000"[:15], "12000"],
        [f"29700000000000{n:04d}" for n in range(990, 1011)],
    ],
)
def test_ids_that_end_in_zeros_by_chance_are_read(ids: list[str]) -> None:
    result = mapped(page(ORDERS, HEADER + "".join(map(row, ids))))
    assert sorted(result.frames["orders"]["order_id"]) == sorted(ids)


def test_some_rounded_ids_among_whole_ones_are_refused() -> None:
    whole = [f"29700000000{n:08d}" for n in range(12345671, 12345681)]
    ids = [*whole, *(rounded(f"2970000000{n}0012345") for n in (11, 12))]
    assert "that a spreadsheet rounded" in refusal(page(ORDERS, HEADER + "".join(map(row, ids))))


def test_rounded_listing_of_a_line_is_refused_and_an_odd_code_costs_its_order() -> None:
    lines = ORDERS["tables"]["order_lines"]
    columns = lines["columns"] | {"listing_id": {"column": "sku"}}
    layout = ORDERS | {"tables": {**ORDERS["tables"], "order_lines": lines | {"columns": columns}}}
    given = page(layout, HEADER + row("1", rounded(FIRST)) + row("2"))
    assert refusal(given).startswith("has ids in 'sku'")
    columns = lines["columns"] | {"line_id": {"column": "order"}}
    layout = ORDERS | {"tables": {**ORDERS["tables"], "order_lines": lines | {"columns": columns}}}
    odd = mapped(page(layout, HEADER + row("1", "6.92E+12") + row("2")))
    assert ("1", "unreadable_row", "sku_id") in reasons(odd)
    assert {document for document, _, _ in reasons(odd)} == {"1"}


@given(st.lists(st.integers(10**18, 10**19 - 1), min_size=2, max_size=5, unique=True))
def test_two_orders_never_become_one(ids: list[int]) -> None:
    saved = [rounded(str(one)) for one in ids]
    result = mapped(page(ORDERS, HEADER + "".join(map(row, saved))))
    assert result.frames["orders"].is_empty()
