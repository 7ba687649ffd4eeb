"""A file's bytes as a frame of text: one column per header, one row per line."""

import datetime as dt
import io
import warnings
import zipfile
import zlib
from collections import Counter
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
import polars as pl
from openpyxl.utils.exceptions import InvalidFileException

from connectors.files.layout import Export
from contracts.errors import SourceContractError

# What openpyxl and zipfile raise for archives and XML that are broken, encrypted or hostile.
_BROKEN = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    zlib.error,
    EOFError,
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,
)


def read(body: bytes, export: Export) -> pl.DataFrame:
    """Rows below the header as trimmed text; an empty cell is null, an empty row is left out.

    Raises:
        SourceContractError: the file is not what its description says, or exceeds a limit.
    """
    cells = _csv(body, export) if export.layout.format == "csv" else _xlsx(body, export)
    if cells.height > export.limits.max_rows + 1:
        raise _refused(export, f"has more rows than max_rows = {export.limits.max_rows}")
    cells = cells.select(_trimmed(pl.all()))
    return _headed(cells, export).filter(~pl.all_horizontal(pl.all().is_null()))


def _refused(export: Export, what: str) -> SourceContractError:
    return SourceContractError(f"{export.file} {what}")


def _trimmed(cell: pl.Expr) -> pl.Expr:
    """Text without blanks around it and without the ="…" that keeps spreadsheets from rounding."""
    text = cell.str.strip_chars().str.replace('^="(.*)"$', "$1").str.strip_chars()
    return text.replace("", None)


def _csv(body: bytes, export: Export) -> pl.DataFrame:
    layout, limits = export.layout, export.limits
    encoding = "utf-8-sig" if layout.encoding == "utf-8" else layout.encoding
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise _refused(export, f"is not {layout.encoding}: see byte {error.start}") from None
    lines = text.split("\n", layout.header_row)
    if len(lines) < layout.header_row or not lines[layout.header_row - 1].strip():
        raise _refused(export, f"has no header in line {layout.header_row}")
    if lines[layout.header_row - 1].count(layout.delimiter) >= limits.max_columns:
        raise _refused(export, f"has more columns than max_columns = {limits.max_columns}")
    try:
        return pl.read_csv(
            text.encode(),
            has_header=False,
            infer_schema=False,
            separator=layout.delimiter,
            skip_lines=layout.header_row - 1,
            n_rows=limits.max_rows + 2,
        )
    except pl.exceptions.PolarsError:
        what = f"is not CSV of its {lines[layout.header_row - 1].count(layout.delimiter) + 1}"
        raise _refused(export, f"{what} columns: a line is longer or a quote is open") from None


def _xlsx(body: bytes, export: Export) -> pl.DataFrame:
    """Values only: formulas as last computed, no link followed, nothing executed."""
    limits = export.limits
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            # zipfile unpacks no more than the size an entry declares.
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > min(limits.max_unpacked_bytes, limits.max_ratio * len(body)):
            raise _refused(export, f"unpacks to {unpacked} bytes: see max_ratio")
        rows = _cells(body, export)
    except _BROKEN as error:
        raise _refused(export, f"is not a readable XLSX workbook: {type(error).__name__}") from None
    width = len(rows[0]) if rows else 0
    if width > limits.max_columns:
        raise _refused(export, f"has more columns than max_columns = {limits.max_columns}")
    if width == 0:
        raise _refused(export, f"has no header in line {export.layout.header_row}")
    return pl.DataFrame(rows, schema=dict.fromkeys(map(str, range(width)), pl.String), orient="row")


def _cells(body: bytes, export: Export) -> list[tuple[str | None, ...]]:
    """Rows from the header on, none wider than the header or than one more than the limit."""
    layout, limits = export.layout, export.limits
    with warnings.catch_warnings():
        # openpyxl tells of styles and extensions that it leaves out; values are all we read.
        warnings.simplefilter("ignore", UserWarning)
        book = openpyxl.load_workbook(
            io.BytesIO(body), read_only=True, data_only=True, keep_links=False
        )
        name = layout.sheet or book.sheetnames[0]
        if name not in book.sheetnames:
            raise _refused(export, f"has no sheet {name!r}")
        sheet = book[name]
        # The declared size of a sheet may be wrong, or made to exhaust memory.
        sheet.reset_dimensions()
        first, last = layout.header_row, layout.header_row + limits.max_rows + 1
        header = next(
            sheet.iter_rows(first, first, 1, limits.max_columns + 1, values_only=True), ()
        )
        width = max((n for n, cell in enumerate(header, 1) if cell is not None), default=0)
        if width == 0:
            return []
        rows = sheet.iter_rows(first, last, 1, width, values_only=True)
        return [tuple(map(_text, row)) for row in rows]


def _text(value: Any) -> str | None:
    """A cell as the text a CSV export would hold."""
    match value:
        case None | str():
            return value
        case bool():
            return str(value).lower()
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case float():
            # Spreadsheets show 15 digits: 0.1 + 0.2 is 0.3 there, and ids carry no ".0".
            return f"{Decimal(f'{value:.15g}'):f}"
        case _:
            return str(value)


def _headed(cells: pl.DataFrame, export: Export) -> pl.DataFrame:
    """Rows named by the header; a column without a name is left out."""
    names = dict(zip(cells.columns, cells.row(0), strict=True))
    wanted = export.layout.sources()
    counts = Counter(names.values())
    for name in sorted(wanted):
        if counts[name] != 1:
            found = "lacks" if counts[name] == 0 else "repeats"
            raise _refused(export, f"{found} the column {name!r}")
    kept = {column: name for column, name in names.items() if name and counts[name] == 1}
    return cells.slice(1).select(pl.col(column).alias(name) for column, name in kept.items())
