"""A file's bytes as a frame of text: one column per header, one row per line."""

import codecs
import datetime as dt
import difflib
import io
import unicodedata
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
from contracts.streams import Page

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
    raw = cells(body, export)
    found = names(raw, export)
    counts = Counter(found)
    for name in sorted(export.layout.sources()):
        if counts[name] != 1:
            raise _refused(export, _told(name, counts))
    kept = [(place, name) for place, name in enumerate(found) if name and counts[name] == 1]
    rows = raw.slice(1).select(trimmed(pl.nth(place)).alias(name) for place, name in kept)
    if export.layout.empty:
        is_empty = pl.all().is_in(export.layout.empty)
        rows = rows.with_columns(pl.when(~is_empty).then(pl.all()))
    return rows.filter(~pl.all_horizontal(pl.all().is_null()))


def cells(body: bytes, export: Export) -> pl.DataFrame:
    """The header and the rows below it, text as it stands there.

    Raises:
        SourceContractError: the file is not what its description says, or exceeds a limit.
    """
    found = _csv(body, export) if export.layout.format == "csv" else _xlsx(body, export)
    if found.height > export.limits.max_rows + 1:
        raise _refused(export, f"has more rows than max_rows = {export.limits.max_rows}")
    return found


def names(raw: pl.DataFrame, export: Export) -> list[str | None]:
    """The header's names, spelt as the description spells them: brackets may be full-width."""
    layout = export.layout
    spelt = {_plain(one): one for one in (*layout.private, *layout.ignored, *layout.sources())}
    header = raw.head(1).select(trimmed(pl.all())).row(0)
    return [None if one is None else spelt.get(_plain(one), one) for one in header]


def trimmed(cell: pl.Expr) -> pl.Expr:
    """Text without blanks around it and without the ="…" that keeps spreadsheets from rounding."""
    text = cell.str.strip_chars().str.replace('^="(.*)"$', "$1").str.strip_chars()
    return text.replace("", None)


def page(raw: pl.DataFrame, export: Export) -> Page:
    """Header and rows as a page of UTF-8 that is described so."""
    layout = export.layout.model_copy(
        update={
            "format": "csv",
            "encoding": "utf-8",
            "delimiter": ",",
            "sheet": None,
            "header_row": 1,
        }
    )
    described = export.model_copy(update={"layout": layout})
    return Page(raw.write_csv(include_header=False).encode(), described.model_dump_json())


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name)


def _told(name: str, found: Counter[str | None]) -> str:
    """What is wrong with a column that is not there once; the nearest one is often the renamed."""
    if found[name]:
        return f"repeats the column {name!r}"
    near = difflib.get_close_matches(name, [one for one in found if one], n=1, cutoff=0.3)
    return f"lacks the column {name!r}" + "".join(f": the nearest is {one!r}" for one in near)


def _refused(export: Export, what: str) -> SourceContractError:
    return SourceContractError(f"{export.file} {what}")


def _csv(body: bytes, export: Export) -> pl.DataFrame:
    layout, limits = export.layout, export.limits
    is_marked = body.startswith(codecs.BOM_UTF8)
    encoding = "utf-8-sig" if is_marked or layout.encoding == "utf-8" else layout.encoding
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        wanted = "utf-8" if is_marked else layout.encoding
        raise _refused(export, f"is not {wanted}: see byte {error.start}") from None
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
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case float():
            # Spreadsheets show 15 digits: 0.1 + 0.2 is 0.3 there, and ids carry no ".0". Of a
            # longer number the last digits are gone: it is written so that nobody takes it for one.
            shown = f"{value:.15g}"
            return f"{value:.14E}" if abs(value) >= 10**15 else f"{Decimal(shown):f}"
        case _:
            return str(value)
