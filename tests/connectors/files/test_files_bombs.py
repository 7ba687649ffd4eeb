"""Small files that unpack to gigabytes, and cells no spreadsheet holds, end in one sentence.

The attacks are real but smaller than the found one of 400 MB: the memory is what is measured.
"""

import io
import tracemalloc
import zipfile
from typing import Any

import pytest

from connectors.files import unpacking, workbooks
from connectors.files.layout import MOST_CELL, Limits
from tests.connectors.files.exports import COSTS, mapped, page, refusal
from tests.connectors.files.test_files_workbooks import HEADER, LAYOUT, workbook

MEBIBYTE = 2**20
HUGE = 24 * MEBIBYTE
OPEN = Limits(max_ratio=100_000)
"""As of a file that is padded until the ratio of all of it is harmless."""
SHEET, STRINGS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
SHARED = {
    "[Content_Types].xml": (
        b"</Types>",
        f'<Override PartName="/{STRINGS}" ContentType="{KIND}"/>',
    ),
    "xl/_rels/workbook.xml.rels": (
        b"</Relationships>",
        f'<Relationship Id="strings" Type="{RELATION}" Target="/{STRINGS}"/>',
    ),
}
"""What names the strings of a workbook; the library of the tests writes none."""
ROW = ("A", "2026-11-01", 1)
CELL = b"<v>1</v>"


def bomb(part: str, before: bytes, made: bytes, *, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A workbook of one row with something before a place of a part; the place stays."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(HEADER, ROW))) as source,
        zipfile.ZipFile(file, "w", packing, compresslevel=1) as target,
    ):
        parts = {entry.filename: source.read(entry) for entry in source.infolist()} | {
            STRINGS: f'<sst xmlns="{MAIN}"><si><t>x</t></si></sst>'.encode()
        }
        for place, (end, told) in SHARED.items():
            parts[place] = parts[place].replace(end, told.encode() + end)
        assert before in parts[part]
        parts[part] = parts[part].replace(before, made + before, 1)
        for name, content in parts.items():
            target.writestr(name, content)
    return file.getvalue()


def refused_in_little(body: bytes, limits: Limits = OPEN) -> str:
    """Why it is refused, within 40 MB."""
    given = page(LAYOUT, body, limits=limits)
    tracemalloc.start()
    try:
        told = refusal(given)
        assert tracemalloc.get_traced_memory()[1] < 40 * MEBIBYTE
    finally:
        tracemalloc.stop()
    assert len(told) < 200
    return told


@pytest.mark.parametrize(
    ("part", "before", "made", "said"),
    [
        (SHEET, CELL, b"<v>" + b"9" * HUGE + b"</v>", "a row or a text of more than"),
        (SHEET, CELL, b"<is><t>" + b"A" * HUGE + b"</t></is>", "a row or a text of more than"),
        (SHEET, CELL, b"<v><![CDATA[" + b"<" * HUGE + b"]]></v>", "a row or a text of more than"),
        (SHEET, CELL, b'<v a="' + b"A" * HUGE + b'"/>', "a tag of more than"),
        (SHEET, CELL, b"<!--" + b"A" * HUGE + b"-->", "a tag of more than"),
        (SHEET, CELL, b"<a>" * 10**5, "elements more than 32 deep"),
        (STRINGS, b"<si>", b"<si><t>" + b"A" * HUGE + b"</t></si>", "a row or a text of more than"),
        (STYLES, b"<numFmts", b" " * HUGE, "a part beside its sheets of more than"),
    ],
)
def test_a_small_file_that_unpacks_to_much_is_refused_and_never_held(
    part: str, before: bytes, made: bytes, said: str
) -> None:
    body = bomb(part, before, made)
    assert len(body) < MEBIBYTE
    assert said in refused_in_little(body)


@pytest.mark.parametrize(
    ("name", "most", "body", "said"),
    [
        ("UNIT_ELEMENTS", 99, bomb(SHEET, CELL, b"<v/>" * 99), "a row of more than 99 elements"),
        (
            "OUTSIDE_ELEMENTS",
            99,
            bomb(SHEET, b"<row ", b"<a/>" * 99),
            "99 elements beside its rows",
        ),
        ("OUTSIDE_BYTES", 9_999, bomb(SHEET, b"<row ", b" " * 9_999), "bytes beside its rows"),
        (
            "OUTSIDE_BYTES",
            9_999,
            bomb(SHEET, b"</sheetData", b" " * 9_999),
            "bytes beside its rows",
        ),
        ("OUTSIDE_BYTES", 9_999, bomb(STRINGS, b"<si>", b" " * 9_999), "bytes beside its rows"),
        ("UNITS", 1, bomb(STRINGS, b"<si>", b"<si/>"), "more than 1 rows or strings"),
        ("ELEMENTS", 9, bomb(SHEET, CELL, b""), "a part of more than 9 elements"),
        ("STRINGS_BYTES", 50, bomb(STRINGS, b"<si>", b""), "shared strings of more than 50 bytes"),
    ],
)
def test_bounds_that_only_large_files_reach(
    monkeypatch: pytest.MonkeyPatch, name: str, most: int, body: bytes, said: str
) -> None:
    monkeypatch.setattr(unpacking, name, most)
    assert said in refusal(page(LAYOUT, body))


def test_a_text_that_many_cells_tell_counts_as_often() -> None:
    cell = b'<c r="A%d" t="s"><v>0</v></c>'
    rows = b"".join(b'<row r="%d">' % n + cell % n + b"</row>" for n in range(3, 103))
    body = bomb(SHEET, b"</sheetData>", rows)
    told = bomb(STRINGS, b"<si>", b"<si><t>" + b"A" * 20_000 + b"</t></si>")
    with zipfile.ZipFile(io.BytesIO(told)) as source, zipfile.ZipFile(io.BytesIO(body)) as sheets:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
            for entry in source.infolist():
                other = sheets if entry.filename == SHEET else source
                target.writestr(entry.filename, other.read(entry.filename))
    limits = Limits(max_unpacked_bytes=100_000)
    given = page(LAYOUT, file.getvalue(), limits=limits)
    assert "texts of more than 100000 bytes" in refusal(given)


def test_empty_cells_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "_MOST_CELLS", 300)
    far = bomb(SHEET, b"</sheetData>", b'<row r="400"><c r="A400"><v>1</v></c></row>')
    assert "more than 300 cells" in refusal(page(LAYOUT, far))


def test_a_table_of_contents_without_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_PARTS", 3)
    assert "more than 3 parts" in refusal(page(LAYOUT, workbook(HEADER, ROW)))


def test_a_packing_that_reserves_gigabytes_is_not_unpacked() -> None:
    odd = bomb(SHEET, CELL, b"", packing=zipfile.ZIP_BZIP2)
    assert "packed in a way" in refusal(page(LAYOUT, odd))


def of_csv(text: str) -> tuple[dict[str, Any], bytes]:
    return COSTS, f"sku,from,cost\n{text},2026-11-01,1\n".encode()


def of_xlsx(text: str) -> tuple[dict[str, Any], bytes]:
    # openpyxl cuts a longer one itself.
    body = workbook(HEADER, ("MARK", "2026-11-01", 1))
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as source, zipfile.ZipFile(file, "w") as target:
        for entry in source.infolist():
            target.writestr(entry, source.read(entry).replace(b"MARK", text.encode()))
    return LAYOUT, file.getvalue()


@pytest.mark.parametrize("made", [of_csv, of_xlsx])
def test_a_cell_holds_as_much_as_spreadsheets_keep_and_no_more(made: Any) -> None:
    assert f"a cell of more than {MOST_CELL} characters" in refusal(
        page(*made("您" * (MOST_CELL + 1)))
    )
    frames = mapped(page(*made("您" * MOST_CELL))).frames
    assert frames == {} or all(
        len(told) == MOST_CELL for told in frames["costs"]["sku_id"].to_list()
    )


def test_a_cell_of_an_older_workbook_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_CELL", 99)  # the library of the tests writes no longer one
    book = pytest.importorskip("xlwt").Workbook()
    sheet = book.add_sheet("Sheet")
    for row, cells in enumerate([HEADER, ("A" * 100, "2026-11-01", 1)]):
        for place, cell in enumerate(cells):
            sheet.write(row, place, cell)
    file = io.BytesIO()
    book.save(file)
    assert "a cell of more than 99 characters" in refusal(page(LAYOUT, file.getvalue()))


def test_a_real_workbook_of_many_rows_passes_all_bounds() -> None:
    rows = [(f"SKU-{number}", "2026-11-01", number) for number in range(500)]
    assert mapped(page(LAYOUT, workbook(HEADER, *rows))).frames["costs"].height == 500
