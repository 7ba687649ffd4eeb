"""Which article is made of which: a bundle is read whole or not at all, and none holds itself."""

import json
from typing import Any

import polars as pl
import pytest

from checks.rows import Split, split
from contracts.streams import Mapped
from contracts.tables import BundlePart
from tests.connectors.files.exports import CONTEXT, mapped, page

BUNDLES: dict[str, Any] = {
    "stream": "bundles",
    "pattern": "套装_{yyyymmdd}.csv",
    "format": "csv",
    "tables": {
        "bundle_parts": {
            "columns": {
                "sku_id": {"column": "套装编码"},
                "part_sku_id": {"column": "子件编码"},
                "part_units": {"column": "数量"},
            }
        }
    },
}
HEAD = "套装编码,子件编码,数量\n"
GOOD = "GIFT,tea,2\nGIFT,cup,1\n"


def read(rows: str, **layout: Any) -> Mapped:
    return mapped(page({**BUNDLES, **layout}, HEAD + rows))


def told(parted: Split) -> dict[str, list[tuple[str, str]]]:
    """Reason and sentence of each document that is held."""
    return {
        name: [(one["reason"], one["detail"]) for one in json.loads(reasons)]
        for name, reasons in parted.bad.select("document_id", "reasons").iter_rows()
    }


def loaded(parted: Split) -> set[tuple[str, str, int]]:
    rows = parted.good["bundle_parts"].filter(pl.col("deleted_at").is_null())
    return set(rows.select("sku_id", "part_sku_id", "part_units").iter_rows())


LOADED = {("GIFT", "tea", 2), ("GIFT", "cup", 1)}


@pytest.mark.parametrize(
    ("rows", "held"),
    [
        ("SET,SET,1\nSET,tea,1\n", {"SET"}),
        ("SET,BOX,1\nSET,tea,1\nBOX,SET,2\n", {"SET", "BOX"}),
        ("SET,BOX,1\nBOX,SET,2\nOUT,SET,1\n", {"SET", "BOX", "OUT"}),
    ],
)
def test_bundles_that_hold_themselves_are_kept_with_one_sentence_and_the_others_are_loaded(
    rows: str, held: set[str]
) -> None:
    parted = split(read(GOOD + rows), CONTEXT)
    sentence = ("endless_bundle", "the bundle holds itself, or a bundle that does")
    assert told(parted) == {name: [sentence] for name in held}
    assert loaded(parted) == LOADED
    kept = [row for text in parted.bad["payload"] for row in json.loads(text)["bundle_parts"]]
    assert len(kept) == rows.count("\n")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("SET,cup,0", "out_of_bounds"),
        ("SET,cup,1001", "out_of_bounds"),
        ("SET,cup,", "missing_value"),
        ("SET,,1", "missing_value"),
        ("SET,cup,1\nSET,cup,2", "duplicate_key"),
        ("SET,cup,many", "unreadable_number"),
    ],
)
def test_one_bad_row_holds_its_bundle_whole_and_no_other(row: str, reason: str) -> None:
    parted = split(read(f"{GOOD}SET,tea,1\n{row}\n"), CONTEXT)
    assert {name: {one for one, _ in found} for name, found in told(parted).items()} == {
        "SET": {reason}
    }
    assert loaded(parted) == LOADED


def test_a_bundles_code_may_stand_on_its_first_row_only() -> None:
    parted = split(read("GIFT,tea,2\n,cup,1\n", fill=["套装编码"]), CONTEXT)
    assert loaded(parted) == LOADED


def test_a_row_that_names_no_bundle_holds_the_one_above_it() -> None:
    parted = split(read(GOOD + "SET,tea,2\n,cup,1\n"), CONTEXT)
    assert "SET" in told(parted)
    assert loaded(parted) == LOADED


def test_an_empty_sheet_says_that_there_are_no_bundles_any_more() -> None:
    parted = split(read(""), CONTEXT)
    assert parted.bad.is_empty()
    rows = BundlePart.validate(parted.good["bundle_parts"])
    assert rows.height == 1
    assert loaded(parted) == set()
