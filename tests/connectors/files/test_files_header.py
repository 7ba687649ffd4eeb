"""The header is found below titles; where it is told wrong, the likely row is named."""

import datetime as dt
import io
import re

import pytest

from tests.connectors.files.exports import COSTS, mapped, page, reasons, refusal
from tests.connectors.files.test_files_workbooks import HEADER, workbook

TITLES = '成本表\n"made by\nthe ERP",2026-11-01\n\n'
BODY = "sku,from,cost\nA,2026-11-01,1.00\n"


def test_header_below_titles_is_found() -> None:
    assert mapped(page(COSTS, TITLES + BODY)).frames["costs"]["sku_id"].to_list() == ["A"]
    rows = (("成本表",), (None, "made by"), (), HEADER, ("A", "2026-11-01", 1))
    found = mapped(page(COSTS | {"format": "xlsx"}, workbook(*rows)))
    assert found.frames["costs"]["sku_id"].to_list() == ["A"]


@pytest.mark.parametrize(
    ("layout", "body", "said"),
    [
        (COSTS | {"header_row": 2}, TITLES + BODY, "the header is likely row 5$"),
        (COSTS | {"header_row": 1}, "title\n" + BODY, "; the header is likely row 2$"),
        (COSTS, "title\n" + BODY.replace("cost", "price"), "; its header is taken to be row 2$"),
        (COSTS, BODY.replace("cost", "price"), "lacks the column 'cost'$"),
    ],
)
def test_row_of_the_header_is_told_where_it_may_be_what_is_wrong(
    layout: dict[str, object], body: str, said: str
) -> None:
    assert re.search(said, refusal(page(layout, body)))


def test_older_workbook_is_read_as_the_newer_is() -> None:
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    rows = [("成本表",), HEADER, ("A", dt.date(2026, 11, 1), 12.3), (692, "2026-11-01", "1.00")]
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            sheet.write(number, place, cell, *([day] if isinstance(cell, dt.date) else []))
    file = io.BytesIO()
    book.save(file)
    result = mapped(page(COSTS | {"format": "xlsx"}, file.getvalue()))
    columns = ("sku_id", "valid_from", "unit_cost_minor")
    assert sorted(result.frames["costs"].select(columns).rows()) == [
        ("692", dt.date(2026, 11, 1), 100),
        ("A", dt.date(2026, 11, 1), 1230),
    ]
    assert reasons(result) == []
    torn = refusal(page(COSTS | {"format": "xlsx"}, file.getvalue()[:2000]))
    assert torn.startswith("is not a readable XLS workbook")
