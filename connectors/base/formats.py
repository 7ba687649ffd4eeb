"""What reports are packed in: gzip, lines of JSON, CSV and TSV; streamed, and capped throughout."""

import codecs
import csv
import zlib
from collections.abc import Iterable, Iterator
from typing import AnyStr

import polars as pl

from contracts.errors import SourceContractError, TransientSourceError

_PIECE = 2**20
_GZIP_WRAPPER = 31
_BOM = "\ufeff"
MOST_LINE = 2**24
MOST_COLUMNS = 1_000


def gunzipped(chunks: Iterable[bytes], *, most: int) -> Iterator[bytes]:
    """Unpack gzip, of one member or several, in pieces of a mebibyte at most.

    Raises:
        SourceContractError: it unpacks to more than `most` bytes, or is no gzip.
        TransientSourceError: it ended before its end.
    """
    held = 0
    unpacker: zlib._Decompress | None = zlib.decompressobj(_GZIP_WRAPPER)
    for chunk in chunks:
        rest = chunk
        while rest := rest if unpacker else rest.lstrip(b"\0"):  # some pad the end with zeros
            unpacker = unpacker or zlib.decompressobj(_GZIP_WRAPPER)
            piece = _unpacked(unpacker, rest)
            held += len(piece)
            if held > most:
                raise SourceContractError(f"a file unpacks to more than {most} bytes")
            if piece:
                yield piece
            rest = unpacker.unconsumed_tail or unpacker.unused_data
            unpacker = None if unpacker.eof else unpacker
    if unpacker is not None:
        raise TransientSourceError("a packed file ended before its end")


def lines(chunks: Iterable[bytes], *, most_line: int = MOST_LINE) -> Iterator[bytes]:
    """Lines of a file in UTF-8, without their ends and a byte order mark; empty ones left out.

    Raises:
        SourceContractError: a line is longer than `most_line` bytes.
    """
    is_first = True
    for whole in _split(chunks, b"\n", most=most_line):
        line = whole.removesuffix(b"\r")
        if is_first:
            line, is_first = line.removeprefix(codecs.BOM_UTF8), False
        if line:
            yield line


def delimited(
    chunks: Iterable[bytes],
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    is_quoted: bool = True,
    most_line: int = MOST_LINE,
    most_columns: int = MOST_COLUMNS,
) -> Iterator[dict[str, str]]:
    """Rows of CSV or TSV by the names of its first line; a file without lines has no rows.

    Args:
        is_quoted: whether a cell may stand in double quotes, as CSV has it; in a TSV a quote is
            mostly a character like any other.
        most_line: characters of a line and of a row.

    Raises:
        SourceContractError: it is not in that encoding, a line is too long, there are too many
            columns, two of one name, or a row has another number of cells.
    """
    rows = _table(
        _rows(chunks, delimiter, encoding, is_quoted=is_quoted, most_line=most_line), most_columns
    )
    names = next(rows, [])
    return (dict(zip(names, cells, strict=True)) for cells in rows)


def frame(
    body: bytes, *, delimiter: str = ",", encoding: str = "utf-8", is_quoted: bool = True
) -> pl.DataFrame:
    """A page of CSV or TSV as columns of text, an empty cell as an empty text; as `delimited`."""
    rows = _table(
        _rows([body], delimiter, encoding, is_quoted=is_quoted, most_line=MOST_LINE), MOST_COLUMNS
    )
    names = next(rows, [])
    return pl.DataFrame(list(rows), schema=dict.fromkeys(names, pl.String), orient="row")


def _unpacked(unpacker: "zlib._Decompress", packed: bytes) -> bytes:
    try:
        return unpacker.decompress(packed, _PIECE)
    except zlib.error:
        raise SourceContractError("a file is not packed as it says, or is damaged") from None


def _table(rows: Iterator[list[str]], most_columns: int) -> Iterator[list[str]]:
    """The names, then rows of as many cells."""
    names = next(rows, None)
    if names is None:
        return
    if len(names) > most_columns:
        raise SourceContractError(f"a file has more than {most_columns} columns")
    if len(set(names)) < len(names):
        raise SourceContractError("a file has two columns of one name")
    yield names
    for number, cells in enumerate(rows, start=1):
        if len(cells) != len(names):
            raise SourceContractError(
                f"row {number} of a file has {len(cells)} cells under {len(names)} names"
            )
        yield cells


def _rows(
    chunks: Iterable[bytes], delimiter: str, encoding: str, *, is_quoted: bool, most_line: int
) -> Iterator[list[str]]:
    """Rows that are not empty. A cell of the csv module holds 128 KiB at most."""
    source = _Lines(_split(_decoded(chunks, encoding), "\n", most=most_line), most_line)
    reader = csv.reader(
        source,
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if is_quoted else csv.QUOTE_NONE,
        strict=True,
    )
    try:
        for row in reader:
            source.held = 0
            if row:
                yield row
    except csv.Error as error:
        raise SourceContractError(f"line {reader.line_num} of a file: {error}") from None


class _Lines:
    """Lines for a reader of rows, which may take many of them into one row, but not endlessly."""

    def __init__(self, text: Iterator[str], most: int) -> None:
        self._text = text
        self._most = most
        self.held = 0
        """Characters since the last row."""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._text)
        self.held += len(line)
        if self.held > self._most:
            raise SourceContractError(f"a row of a file is longer than {self._most}")
        return line + "\n"


def _decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    is_first = True
    for chunk, is_last in _marked(chunks):
        try:
            text = decoder.decode(chunk, final=is_last)
        except UnicodeDecodeError:
            raise SourceContractError(f"a file is not in {encoding}") from None
        if text and is_first:
            text, is_first = text.removeprefix(_BOM), False
        yield text


def _marked(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    for chunk in chunks:
        yield chunk, False
    yield b"", True


def _split(pieces: Iterable[AnyStr], end: AnyStr, *, most: int) -> Iterator[AnyStr]:
    """Lines without their ends, wherever the pieces were cut."""
    kept: list[AnyStr] = []
    held = 0
    for piece in pieces:
        for number, part in enumerate(piece.split(end)):
            if number:
                yield end[:0].join(kept)
                kept, held = [], 0
            if part:
                kept.append(part)
                held += len(part)
            if held > most:
                raise SourceContractError(f"a line of a file is longer than {most}")
    if held:
        yield end[:0].join(kept)
