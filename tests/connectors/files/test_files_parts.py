"""An export cut into files of one instant reads as the whole; one filed twice counts once."""

import itertools
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from checks.rows import split
from connectors.files.layout import Described, FileLayout, Part
from contracts.streams import PART, Mapped, Page
from tests.connectors.files.exports import CONTEXT, LIMITS, ZONE, mapped, reasons
from tests.connectors.files.test_files_fill import HEAD, ONCE, WHOLE
from tests.connectors.files.test_files_orders import HEADER, ORDERS

EACH = (
    "1,A,2026-11-18 08:00,2026-11-19 08:00,paid,,10.00,0.00,1,nick\n",
    "1,B,2026-11-18 08:00,2026-11-19 08:00,paid,,5.00,0.00,2,nick\n",
    "1,C,2026-11-18 08:00,2026-11-19 08:00,paid,,2.50,0.00,1,nick\n",
    "2,A,2026-11-18 09:00,,new,,10.00,1.00,1,\n",
    "2,B,2026-11-18 09:00,,new,,5.00,0.00,1,\n",
)
"""Amounts of an order are to be added up over its rows."""


def files(layout: dict[str, Any], head: str, *parts: tuple[str, ...]) -> Mapped:
    """The rows of an export in files of one instant, the last one first."""
    pattern = {"pattern": "orders_{yyyymmdd}_*.csv"}
    told = Described((FileLayout.model_validate(layout | pattern),), ZONE, LIMITS)
    names = (f"orders_20261120_{number}.csv" for number in range(len(parts)))
    pages = [
        Page("".join((head, *rows)).encode(), Part(file=name).model_dump_json())
        for name, rows in zip(names, parts, strict=True)
    ]
    return mapped(*reversed(pages), described=told)


def loaded(result: Mapped) -> dict[str, pl.DataFrame]:
    """What of it enters the lake."""
    return {name: frame.sort(pl.all()) for name, frame in split(result, CONTEXT).good.items()}


@pytest.mark.parametrize(
    ("layout", "head", "rows"), [(ORDERS, HEADER, EACH), (ONCE, HEAD, WHOLE)], ids=["sum", "fill"]
)
@given(data=st.data())
def test_an_export_cut_anywhere_reads_as_the_whole(
    layout: dict[str, Any], head: str, rows: tuple[str, ...], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=2)))
    edges = [0, *cuts, len(rows)]
    parts = [rows[first:last] for first, last in itertools.pairwise(edges)]
    cut, whole = files(layout, head, *parts), files(layout, head, rows)
    assert reasons(cut) == []
    assert {name: frame.height for name, frame in loaded(whole).items()}["orders"] == 2
    for name, frame in loaded(whole).items():
        assert_frame_equal(loaded(cut)[name], frame)


@pytest.mark.parametrize("again", [EACH, EACH[3:]], ids=["whole", "one order"])
def test_what_a_second_file_says_alike_counts_once(again: tuple[str, ...]) -> None:
    for name, frame in loaded(files(ORDERS, HEADER, EACH)).items():
        assert_frame_equal(loaded(files(ORDERS, HEADER, EACH, again))[name], frame)


def test_two_files_that_contradict_each_other_hold_the_order() -> None:
    other = (EACH[3].replace("10.00", "11.00"), EACH[4])
    bad = split(files(ORDERS, HEADER, EACH, other), CONTEXT).bad
    assert bad["document_id"].to_list() == ["2"]


def test_rows_that_name_no_order_make_their_own_file_wrong() -> None:
    nameless = f",{EACH[4].partition(',')[2]}"
    found = files(ORDERS, HEADER, EACH[:3], (*EACH[3:4], nameless))
    wrong = [row for row in reasons(found) if row[0].startswith(PART)]
    assert wrong == [(f"{PART}orders_20261120_1.csv", "missing_value", "order_id")]
