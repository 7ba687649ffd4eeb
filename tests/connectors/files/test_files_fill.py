"""Columns that stand on the first of an order's rows only: filled, or the order is held whole."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.rows import split
from contracts.streams import PART, Mapped
from tests.connectors.files.exports import CONTEXT, mapped, page, reasons
from tests.connectors.files.test_files_orders import FIRST, HEADER, ORDERS
from tests.connectors.files.test_files_workbooks import workbook

ONCE: dict[str, Any] = ORDERS | {
    "fill": ["placed", "done", "state", "case", "buyer", "whole"],
    "tables": {
        "orders": {
            "columns": ORDERS["tables"]["orders"]["columns"]
            | {
                "stated_goods_minor": {"column": "whole", "unit": "major"},
                "total_minor": {"column": "whole", "unit": "major"},
                "refunded_minor": {"constant": 0},
                "shipping_minor": {"constant": 0},
            },
        },
        "order_lines": ORDERS["tables"]["order_lines"],
    },
}
HEAD = HEADER.replace("buyer\n", "buyer,whole\n")
WHOLE = (
    "1,A,2026-11-18 08:00,2026-11-19 08:00,paid,,10.00,,1,nick,15.00\n",
    "1,B,,,,,5.00,,1,,\n",
    "2,A,2026-11-18 09:00,,new,,10.00,,1,,10.00\n",
)


def units(result: Mapped) -> dict[str, int]:
    """Lines of each order that would be loaded."""
    good = split(result, CONTEXT).good["order_lines"]
    return {str(name): lines.height for (name,), lines in good.group_by("order_id")}


def test_order_is_filled_from_the_first_of_its_rows_and_no_other() -> None:
    result = mapped(page(ONCE, HEAD + "".join(WHOLE)))
    assert reasons(result) == []
    columns = ("order_id", "member_id", "payment_status", "total_minor", "goods_minor")
    assert result.frames["orders"].select(columns).rows() == [
        ("1", "nick", "paid", 1500, 1500),
        ("2", None, "pending", 1000, 1000),
    ]
    assert units(result) == {"1": 2, "2": 1}


def test_number_that_stands_once_continues_the_order_above() -> None:
    layout = ONCE | {"fill": ["order", *ONCE["fill"]]}
    body = HEAD + "".join(WHOLE).replace("\n1,B", "\n,B")
    result = mapped(page(layout, body))
    assert reasons(result) == []
    assert units(result) == {"1": 2, "2": 1}


def test_order_whose_first_row_lacks_what_is_filled_is_held_whole() -> None:
    result = mapped(page(ONCE, HEAD + "".join(WHOLE).replace("2026-11-18 09:00", "")))
    assert ("2", "missing_value", "placed_at") in reasons(result)
    assert units(result) == {"1": 2}


@pytest.mark.parametrize("as_workbook", [False, True])
def test_order_is_never_loaded_with_half_its_lines_where_nothing_says_fill(
    as_workbook: bool,
) -> None:
    """Merged cells: all that is merged stands in the first of its rows."""
    layout = ONCE | {"fill": []}
    merged = "".join(WHOLE).replace("\n1,B", "\n,B")
    body: str | bytes = HEAD + merged
    if as_workbook:
        lines = [tuple(cell or None for cell in one.split(",")) for one in merged.splitlines()]
        body = workbook(tuple(HEAD.strip().split(",")), *lines)
        layout = layout | {"format": "xlsx"}
    result = mapped(page(layout, body))
    assert units(result) == {"2": 1}
    told = {(document.partition(":")[0], column) for document, _, column in reasons(result)}
    assert ("1", "order_id") in told
    assert (PART.rstrip(":"), "order_id") in told


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=1, max_size=4))
def test_lines_of_a_loaded_order_are_all_its_lines(orders: list[tuple[int, bool]]) -> None:
    rows = []
    for number, (lines, is_merged) in enumerate(orders, start=1):
        for line in range(lines):
            own = FIRST.strip().split(",")
            own[0] = "" if is_merged and line else str(number)
            own[1] = f"S{line}"
            rows.append(",".join(own))
    result = mapped(page(ORDERS, HEADER + "\n".join(rows) + "\n"))
    whole = {str(number): lines for number, (lines, _) in enumerate(orders, start=1)}
    for order, lines in units(result).items():
        assert lines == whole[order]
