"""Workbooks: tables as XLSX, in which no text is a formula."""

from collections.abc import Mapping
from pathlib import Path

import openpyxl
import polars as pl

from flows.steps.export import inert, texts
from flows.steps.files import write_atomically


def write_workbook(sheets: Mapping[str, pl.DataFrame], path: Path) -> None:
    """Write each table as a sheet, its columns' names in the first row.

    Text that a spreadsheet would run as a formula is given a leading apostrophe.
    """
    book = openpyxl.Workbook(write_only=True)
    for title, frame in sheets.items():
        sheet = book.create_sheet(title)
        safe = frame.with_columns(inert(name) for name in texts(frame))
        for row in (frame.columns, *safe.rows()):
            sheet.append(list(row))
    with write_atomically(path) as draft:
        book.save(draft)
