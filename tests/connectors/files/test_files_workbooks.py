"""XLSX is read as values, and a workbook made to exhaust or mislead is refused."""

import datetime as dt
import io
import re
import zipfile
from typing import Any

import openpyxl
import pytest

from connectors.files.layout import Limits
from tests.connectors.files.exports import COSTS, mapped, page, reasons, refusal

LAYOUT = COSTS | {"format": "xlsx"}
HEADER = ("sku", "from", "cost")


def workbook(*rows: tuple[Any, ...], title: str = "Sheet") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def altered(body: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """The workbook with bytes of one of its parts replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as source, zipfile.ZipFile(file, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == part:
                assert old in content
                content = content.replace(old, new)
            target.writestr(entry.filename, content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


@pytest.mark.parametrize(
    ("sku", "day", "cost", "minor"),
    [
        ("A", dt.date(2026, 11, 1), 12.3, 1230),
        (692, dt.datetime(2026, 11, 1), 12, 1200),  # noqa: DTZ001 a sheet's dates have no zone
        (692.0, "2026-11-01", "12.30", 1230),
        (" A ", "2026-11-01", "１２．３０", 1230),
        ("A", "2026-11-01", 0.1 + 0.2, 30),
    ],
)
def test_cells_mean_what_they_show(sku: Any, day: Any, cost: Any, minor: int) -> None:
    result = mapped(page(LAYOUT, workbook(HEADER, (sku, day, cost))))
    row = result.frames["costs"].row(0, named=True)
    assert row["sku_id"] == str(sku).strip().removesuffix(".0")
    assert (row["valid_from"], row["unit_cost_minor"]) == (dt.date(2026, 11, 1), minor)
    assert reasons(result) == []


@pytest.mark.parametrize(
    ("cost", "reason"),
    [
        ("=1+1", "missing_value"),
        (None, "missing_value"),
        ("#DIV/0!", "unreadable_money"),
        (True, "unreadable_money"),
        (12.345, "unreadable_money"),
    ],
)
def test_formula_never_computed_and_broken_cell_name_their_document(cost: Any, reason: str) -> None:
    result = mapped(page(LAYOUT, workbook(HEADER, ("A", "2026-11-01", cost))))
    assert reasons(result) == [("A|2026-11-01", reason, "unit_cost_minor")]


@pytest.mark.parametrize(
    ("sku", "codes"),
    [
        (691792676882364, ["691792676882364"]),
        (6.917926768823643751e18, []),
        (6917926768823643751, []),
    ],
)
def test_long_number_in_a_cell_is_never_taken_for_a_code(sku: float, codes: list[str]) -> None:
    result = mapped(page(LAYOUT, workbook(HEADER, (sku, "2026-11-01", 1))))
    assert result.frames["costs"]["sku_id"].to_list() == codes
    assert (reasons(result) == []) is bool(codes)


def test_named_sheet_and_header_row_are_found_and_empty_rows_left_out() -> None:
    rows = (
        ("成本表",),
        (),
        HEADER,
        (),
        ("A", "2026-11-01", 1),
        (None, None, None),
        ("合计", None, 1),
    )
    layout = LAYOUT | {"sheet": "成本", "header_row": 3, "skip_when": {"sku": ["合计"]}}
    frame = mapped(page(layout, workbook(*rows, title="成本"))).frames["costs"]
    assert frame["sku_id"].to_list() == ["A"]


@pytest.mark.parametrize(
    ("layout", "body", "said"),
    [
        (LAYOUT, b"sku,from,cost\n", "not a readable XLSX workbook: BadZipFile"),
        (LAYOUT, workbook(HEADER)[:-40], "not a readable XLSX workbook: BadZipFile"),
        (LAYOUT | {"sheet": "成本"}, workbook(HEADER), "has no sheet '成本'"),
        (LAYOUT, workbook(), "has no header in line 1"),
        (LAYOUT | {"header_row": 2}, workbook(HEADER), "has no header in line 2"),
        (LAYOUT, workbook(("sku", "cost")), "lacks the column 'from'"),
    ],
)
def test_workbook_of_another_shape_is_refused(
    layout: dict[str, Any], body: bytes, said: str
) -> None:
    assert said in refusal(page(layout, body))


def test_workbook_that_unpacks_to_far_more_than_it_is_refused_before_it_is_parsed() -> None:
    note = b"<!--" + b" " * 20_000_000 + b"-->"
    bomb = altered(workbook(HEADER), "xl/styles.xml", b"<styleSheet", note + b"<styleSheet")
    assert len(bomb) < 100_000
    assert re.match(r"unpacks to 20\d+ bytes: see max_ratio", refusal(page(LAYOUT, bomb)))


def test_workbook_larger_unpacked_than_the_limit_is_refused() -> None:
    limits = Limits(max_unpacked_bytes=1000)
    assert "unpacks to" in refusal(page(LAYOUT, workbook(HEADER), limits=limits))


def test_entities_that_multiply_are_refused() -> None:
    names = "abcdefghij"
    entities = "".join(
        f'<!ENTITY {name} "{("&" + names[n - 1] + ";") * 10 if n else "lol" * 10}">'
        for n, name in enumerate(names)
    )
    doctype = f"<!DOCTYPE worksheet [{entities}]>".encode()
    body = altered(
        workbook(HEADER, ("A", "2026-11-01", 1)),
        "xl/worksheets/sheet1.xml",
        b"<worksheet",
        doctype + b"<worksheet",
    )
    body = altered(body, "xl/worksheets/sheet1.xml", b"<v>1</v>", b"<v>&j;</v>")
    assert "declares a document type" in refusal(page(LAYOUT, body))


def test_sheet_that_claims_to_be_huge_is_read_as_it_is() -> None:
    body = altered(
        workbook(HEADER, ("A", "2026-11-01", 1)),
        "xl/worksheets/sheet1.xml",
        b'ref="A1:C2"',
        b'ref="A1:XFD1048576"',
    )
    assert mapped(page(LAYOUT, body)).frames["costs"].height == 1


@pytest.mark.parametrize(
    ("limits", "said"),
    [(Limits(max_rows=1), "max_rows = 1"), (Limits(max_columns=2), "max_columns = 2")],
)
def test_sheet_beyond_a_limit_is_refused(limits: Limits, said: str) -> None:
    rows = [("A", "2026-11-01", 1), ("B", "2026-11-01", 1)]
    assert said in refusal(page(LAYOUT, workbook(HEADER, *rows), limits=limits))


def test_far_away_row_costs_no_more_than_the_row_limit() -> None:
    body = altered(
        workbook(HEADER, ("A", "2026-11-01", 1)),
        "xl/worksheets/sheet1.xml",
        b'<row r="2"',
        b'<row r="1048576"',
    )
    assert "max_rows = 10" in refusal(page(LAYOUT, body, limits=Limits(max_rows=10)))
