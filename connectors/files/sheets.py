"""A file's bytes as a frame of text: one column per header, one row per line."""

import codecs
import csv
import difflib
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import islice

import polars as pl

from connectors.files import workbooks
from connectors.files.layout import MOST_CELL, Export, FileLayout, Part, RefusedFileError
from contracts.streams import Page

TOP = 20
"""Rows at the head of a file among which the header is looked for."""
_Numbered = tuple[int, Sequence[str | None]]
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read(body: bytes, export: Export) -> pl.DataFrame:
    """Rows below the header as trimmed text; an empty cell is null, an empty row is left out.

    Raises:
        RefusedFileError: the file is not what its description says, or exceeds a limit.
    """
    raw, row = _cells(body, export)
    found, layout = names(raw, export), export.layout
    counts = Counter(found)
    for name in sorted(layout.sources()):
        if counts[name] != 1 and not (name in layout.optional and counts[name] == 0):
            raise RefusedFileError(
                _told(name, counts) + _where(_head(body, export), export, row), column=name
            )
    kept = [(place, name) for place, name in enumerate(found) if name and counts[name] == 1]
    rows = raw.slice(1).select(trimmed(pl.nth(place)).alias(name) for place, name in kept)
    if layout.empty:
        is_empty = pl.all().is_in(layout.empty)
        rows = rows.with_columns(pl.when(~is_empty).then(pl.all()))
    rows = rows.filter(~pl.all_horizontal(pl.all().is_null()))
    lacking = [name for name in layout.optional if counts[name] == 0]
    return rows.with_columns(pl.lit(None, pl.String).alias(name) for name in lacking)


def cells(body: bytes, export: Export) -> pl.DataFrame:
    """The header and the rows below it, text as it stands there.

    Raises:
        RefusedFileError: the file is not what its description says, or exceeds a limit.
    """
    return _cells(body, export)[0]


def names(raw: pl.DataFrame, export: Export) -> list[str | None]:
    """The header's names, spelt as the description spells them: brackets may be full-width."""
    spelt = {_plain(one): one for one in _named(export.layout)}
    header = raw.head(1).select(trimmed(pl.all())).row(0)
    return [None if one is None else spelt.get(_plain(one), one) for one in header]


def trimmed(cell: pl.Expr) -> pl.Expr:
    """Text without blanks around it and without the ="…" that keeps spreadsheets from rounding."""
    text = cell.str.strip_chars().str.replace('^="(.*)"$', "$1").str.strip_chars()
    return text.replace("", None)


def page(raw: pl.DataFrame, export: Export) -> Page:
    """Header and rows as a page of UTF-8."""
    part = Part(file=export.file, sheet=export.layout.sheet, is_plain=True)
    return Page(raw.write_csv(include_header=False).encode(), part.model_dump_json())


def _named(layout: FileLayout) -> set[str]:
    return {*layout.private, *layout.ignored, *layout.sources()}


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip()


def _told(name: str, found: Counter[str | None]) -> str:
    """What is wrong with a column that is not there once; the nearest one is often the renamed."""
    if found[name]:
        return f"repeats the column {name!r}"
    near = difflib.get_close_matches(name, [one for one in found if one], n=1, cutoff=0.3)
    return f"lacks the column {name!r}" + "".join(f": the nearest is {one!r}" for one in near)


def _where(head: Sequence[_Numbered], export: Export, row: int) -> str:
    """Which row was taken for the header, where that may be what is wrong."""
    likely = _likely(head, export)
    if likely != row:
        return f"; the header is likely row {likely}"
    return f"; its header is taken to be row {row}" if row > 1 else ""


def _likely(head: Sequence[_Numbered], export: Export) -> int:
    """The number of the row that has most of the columns described, 1 where none has any."""
    wanted = {_plain(name) for name in _named(export.layout)}
    held = [len(wanted & {_plain(cell) for cell in row if cell}) for _, row in head]
    return head[held.index(max(held))][0] if any(held) else 1


def _head(body: bytes, export: Export) -> Sequence[_Numbered]:
    """The first rows, each with the number of the line it begins in."""
    if export.layout.format == "csv":
        return _records(_decoded(body, export), export)
    return list(enumerate(workbooks.top(body, export, TOP), start=1))


def _cells(body: bytes, export: Export) -> tuple[pl.DataFrame, int]:
    """Header and rows, and the number of the header's row."""
    found, row = _csv(body, export) if export.layout.format == "csv" else _workbook(body, export)
    if found.height > export.limits.max_rows + 1:
        raise RefusedFileError(f"has more rows than max_rows = {export.limits.max_rows}")
    return found, row


def _decoded(body: bytes, export: Export) -> str:
    """A mark at the beginning says the encoding, whatever is declared."""
    declared = export.layout.encoding
    encoding = next((one for mark, one in _MARKS.items() if body.startswith(mark)), declared)
    try:
        text = body.decode(encoding)
        text.encode()
    except UnicodeError as error:
        place = error.start if isinstance(error, UnicodeDecodeError | UnicodeEncodeError) else 0
        wanted = encoding.removesuffix("-sig") if encoding != declared else declared
        raise RefusedFileError(f"is not {wanted}: see byte {place}") from None
    return text


def _records(text: str, export: Export) -> list[_Numbered]:
    lines = [f"{line}\n" for line in text.split("\n", TOP)[:TOP]]
    reader = csv.reader(lines, delimiter=export.layout.delimiter)
    found: list[_Numbered] = []
    number = 1
    try:
        for row in islice(reader, TOP):
            found.append((number, row))
            number = reader.line_num + 1
    except csv.Error:  # of a cell that is too long, or NUL: what is read tells enough
        pass
    return found


def _csv(body: bytes, export: Export) -> tuple[pl.DataFrame, int]:
    layout, limits = export.layout, export.limits
    text = _decoded(body, export)
    head = _records(text, export)
    row = layout.header_row or _likely(head, export)
    lines = text.split("\n", row - 1)
    rest = lines[row - 1] if row <= len(lines) else ""
    header = rest.partition("\n")[0]
    if not header.strip():
        raise RefusedFileError(f"has no header in line {row}")
    if header.count(layout.delimiter) >= limits.max_columns:
        raise RefusedFileError(f"has more columns than max_columns = {limits.max_columns}")
    try:
        found = pl.read_csv(
            rest.encode(),
            has_header=False,
            infer_schema=False,
            separator=layout.delimiter,
            n_rows=limits.max_rows + 2,
        )
    # Polars' own panics are no Exception.
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        columns = header.count(layout.delimiter) + 1
        what = f"is not CSV of its {columns} columns: a line is longer or a quote is open"
        raise RefusedFileError(what + _where(head, export, row)) from None
    longest = found.select(pl.max_horizontal(pl.all().str.len_chars().max())).item()
    if longest is not None and longest > MOST_CELL:
        raise RefusedFileError(f"has a cell of more than {MOST_CELL} characters")
    return found, row


def _workbook(body: bytes, export: Export) -> tuple[pl.DataFrame, int]:
    layout, limits = export.layout, export.limits
    row = layout.header_row or _likely(_head(body, export), export)
    rows = workbooks.table(body, export, row, row + limits.max_rows + 1)
    width = len(rows[0]) if rows else 0
    if width > limits.max_columns:
        raise RefusedFileError(f"has more columns than max_columns = {limits.max_columns}")
    if width == 0:
        raise RefusedFileError(f"has no header in line {row}")
    schema = dict.fromkeys(map(str, range(width)), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row"), row
