"""Rows of a workbook, XLSX or the older XLS, as the text that a CSV export would hold.

Values only: formulas as last computed, no link followed, no macro run. Calamine, which reads both,
allocates the whole rectangle up to the farthest cell: two cells of a small file end the process.
"""

import datetime as dt
import importlib
import io
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import openpyxl

from connectors.files.layout import MOST_CELL, Export, Limits, RefusedFileError
from connectors.files.unpacking import MOST_PARTS, look_through

_PART = b"PK\x01\x02"
"""Begins the entry of a part in the table of contents, which zipfile reads whole."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_EXACT = 10**15
"""Spreadsheets keep 15 digits of a number."""
_MOST_CELLS = 40_000_000
"""Of a table: an empty one takes 16 bytes as well."""

Row = tuple[str | None, ...]
Grid = Callable[[int, int, int], Iterable[Row]]
"""Rows from one number to another, from 1, and so many cells of each at most."""


def top(body: bytes, export: Export, most: int) -> list[Row]:
    """The first rows.

    Raises:
        RefusedFileError: it is no workbook, lacks the sheet, or unpacks to more than the limits.
    """
    with _read(body, export) as grid:
        return list(grid(1, most, export.limits.max_columns + 1))


def table(body: bytes, export: Export, first: int, last: int) -> list[Row]:
    """Rows `first` to `last`, as wide as the first is, or one cell wider than the limit; none
    where the first is empty.

    Raises:
        RefusedFileError: as `top`.
    """
    with _read(body, export) as grid:
        header = next(iter(grid(first, first, export.limits.max_columns + 1)), ())
        width = max((place for place, cell in enumerate(header, 1) if cell is not None), default=0)
        if width == 0:
            return []
        return list(_table(grid(first, last, width), width, export.limits))


def _table(rows: Iterable[Row], width: int, limits: Limits) -> Iterator[Row]:
    """Rows of one width, as long as all of them can be held: many cells may tell the same text."""
    empty, held = (None,) * width, 0
    for number, row in enumerate(rows, start=1):
        held += sum(len(cell) for cell in row if cell is not None)
        if held > limits.max_unpacked_bytes:
            raise RefusedFileError(f"holds texts of more than {limits.max_unpacked_bytes} bytes")
        if number * width > _MOST_CELLS:
            raise RefusedFileError(f"has more than {_MOST_CELLS} cells")
        yield (*row, *(None,) * (width - len(row))) if any(row) else empty


@contextmanager
def _read(body: bytes, export: Export) -> Iterator[Grid]:
    is_old = body.startswith(_OLE)
    try:
        yield (_xls if is_old else _xlsx)(body, export)
    except RefusedFileError:
        raise
    # What a broken, encrypted or hostile file makes the libraries raise is no closed list.
    except Exception as error:  # noqa: BLE001
        kind = "XLS" if is_old else "XLSX"
        told = f"is not a readable {kind} workbook: {type(error).__name__}"
        raise RefusedFileError(told) from None


def _xlsx(body: bytes, export: Export) -> Grid:
    if body.count(_PART) > MOST_PARTS:
        raise RefusedFileError(f"has more than {MOST_PARTS} parts")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        look_through(archive, len(body), export.limits)
    with warnings.catch_warnings():
        # openpyxl tells of styles and extensions that it leaves out.
        warnings.simplefilter("ignore", UserWarning)
        book = openpyxl.load_workbook(
            io.BytesIO(body), read_only=True, data_only=True, keep_links=False
        )
    sheet = book[_sheet(export, book.sheetnames)]
    # The declared size of a sheet may be wrong, or made to exhaust memory.
    sheet.reset_dimensions()

    def grid(first: int, last: int, width: int) -> Iterator[Row]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            for row in sheet.iter_rows(first, last, 1, width, values_only=True):
                yield tuple(map(_text, row))

    return grid


def _xls(body: bytes, export: Export) -> Grid:
    xlrd = importlib.import_module("xlrd")  # loaded for the few who have such files
    book = xlrd.open_workbook(
        file_contents=body, logfile=io.StringIO(), on_demand=True, ragged_rows=True
    )
    sheet = book.sheet_by_name(_sheet(export, book.sheet_names()))

    def value(cell: Any) -> Any:
        """A cell as openpyxl gives that of an XLSX."""
        match cell.ctype:
            case 1 | 2:
                return cell.value
            case 3:
                moment = xlrd.xldate_as_datetime(cell.value, book.datemode)
                return moment.time() if cell.value < 1 else moment
            case 4:
                return bool(cell.value)
            case 5:
                return xlrd.error_text_from_code.get(cell.value, "#ERROR")
            case _:
                return None

    def grid(first: int, last: int, width: int) -> Iterator[Row]:
        for place in range(first - 1, min(last, sheet.nrows)):
            cells = sheet.row_slice(place, 0, min(width, sheet.row_len(place)))
            yield tuple(_text(value(cell)) for cell in cells)

    return grid


def _sheet(export: Export, there: list[str]) -> str:
    name = export.layout.sheet or there[0]
    if name not in there:
        raise RefusedFileError(f"has no sheet {name!r}")
    return name


def _text(value: Any) -> str | None:
    """A cell as the text a CSV export would hold."""
    match value:
        case None:
            return None
        case str():
            if len(value) > MOST_CELL:
                raise RefusedFileError(f"has a cell of more than {MOST_CELL} characters")
            return value or None
        case bool():
            return str(value).lower()
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case int() | float() if abs(value) >= _EXACT:
            # The last digits are gone: it is written so that nobody takes it for a number of ours.
            return f"{value:.14E}"
        case float():
            # Spreadsheets show 15 digits: 0.1 + 0.2 is 0.3 there, and ids carry no ".0".
            return f"{Decimal(f'{value:.15g}'):f}"
        case _:
            return str(value)
