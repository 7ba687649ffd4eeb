"""What a workbook unpacks to, looked through piece by piece before anything holds it whole.

openpyxl builds a tree of each row, of each shared string and of every other part: a cell of 400 MB
in a file of 4 MB took 11 GB. All bounds are far beyond what spreadsheets write themselves.
"""

import zipfile
from typing import IO, Final
from xml.parsers import expat

from connectors.files.layout import Limits, RefusedFileError

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_UNITS: Final = {f"{_MAIN} worksheet": f"{_MAIN} row", f"{_MAIN} sst": f"{_MAIN} si"}
"""What is read piece by piece, and what its pieces are."""
_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""All that spreadsheets use; LZMA may ask for gigabytes before the first byte."""
MOST_PARTS: Final = 10_000
"""Files within a workbook: a few for each sheet and picture."""
PART_BYTES: Final = 8 * 2**20
"""Of a part that is neither sheet nor strings: styles, the largest, stay below one MiB."""
STRINGS_BYTES: Final = 128 * 2**20
"""Of shared strings, all held at once: a million texts of a hundred characters."""
UNIT_BYTES: Final = 8 * 2**20
"""Of a row, or of a string: 200 cells that are full."""
UNIT_ELEMENTS: Final = 131_072
"""In a row: 16,384 columns, the most there are, with eight each."""
UNITS: Final = 4 * 2**20
"""Rows of a sheet, of which there are a quarter as many, or strings."""
OUTSIDE_BYTES: Final = 64 * 2**20
OUTSIDE_ELEMENTS: Final = 2**20
"""Beside the rows, such as cells that are merged: one for each row."""
ELEMENTS: Final = 40_000_000
"""Of one part, in all: as many as half a gigabyte of real cells has; empty ones have ten times."""
DEPTH: Final = 32
"""Elements within elements: five lead to a cell's text, seven to a formatted one's."""
TOKEN_BYTES: Final = 2**20
"""Of a tag with its attributes."""
_PIECE: Final = 64 * 2**10


def look_through(archive: zipfile.ZipFile, size: int, limits: Limits) -> None:
    """Refuse a workbook that would take more memory or time than a file may; `size`: packed.

    Raises:
        RefusedFileError: which bound it exceeds.
    """
    parts = archive.infolist()
    # zipfile unpacks no more than the size an entry declares.
    unpacked = sum(part.file_size for part in parts)
    if unpacked > min(limits.max_unpacked_bytes, limits.max_ratio * size):
        raise RefusedFileError(f"unpacks to {unpacked} bytes: see max_ratio")
    for part in parts:
        if part.compress_type not in _PACKED:
            raise RefusedFileError("is packed in a way that spreadsheets do not use")
        with archive.open(part) as opened:
            _Look(part.file_size).through(opened)


class _Look:
    """One part, as far as it is XML: pictures are never unpacked whole."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._unit: str | None = None
        self._depth = self._elements = self._units = self._inside = 0
        self._begun: int | None = None
        """Where the row or string under way began."""
        self._ended = 0
        self._outside_bytes = self._outside_elements = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doctype

    def through(self, opened: IO[bytes]) -> None:
        fed = 0
        while piece := opened.read(_PIECE):
            fed += len(piece)
            try:
                self._parser.Parse(piece)
            except expat.ExpatError:
                return  # whoever reads it stops at the same place
            if fed - self._parser.CurrentByteIndex > TOKEN_BYTES:
                raise RefusedFileError(f"has a tag of more than {TOKEN_BYTES} bytes")
            self._measure(fed)

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        if self._depth == 0:
            self._root(name)
        self._depth += 1
        self._elements += 1
        if self._depth > DEPTH:
            raise RefusedFileError(f"has elements more than {DEPTH} deep")
        if self._elements > ELEMENTS:
            raise RefusedFileError(f"has a part of more than {ELEMENTS} elements")
        if self._begun is not None:
            self._inside += 1
            if self._inside > UNIT_ELEMENTS:
                raise RefusedFileError(f"has a row of more than {UNIT_ELEMENTS} elements")
        elif name == self._unit:
            self._begin()
        else:
            self._outside_elements += 1
            if self._outside_elements > OUTSIDE_ELEMENTS:
                raise RefusedFileError(f"has more than {OUTSIDE_ELEMENTS} elements beside its rows")

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name == self._unit and self._begun is not None:
            self._measure(self._parser.CurrentByteIndex)
            self._begun, self._ended = None, self._parser.CurrentByteIndex

    def _root(self, name: str) -> None:
        self._unit = _UNITS.get(name)
        most = {None: PART_BYTES, f"{_MAIN} si": STRINGS_BYTES}.get(self._unit)
        if most is not None and self._size > most:
            kind = "shared strings" if self._unit else "a part beside its sheets"
            raise RefusedFileError(f"has {kind} of more than {most} bytes")

    def _begin(self) -> None:
        self._units += 1
        if self._units > UNITS:
            raise RefusedFileError(f"has more than {UNITS} rows or strings")
        self._begun, self._inside = self._parser.CurrentByteIndex, 0
        self._outside_bytes += self._begun - self._ended

    def _measure(self, place: int) -> None:
        """Bytes of what is under way at a place."""
        if self._begun is not None:
            if place - self._begun > UNIT_BYTES:
                raise RefusedFileError(f"has a row or a text of more than {UNIT_BYTES} bytes")
        elif self._outside_bytes + place - self._ended > OUTSIDE_BYTES:
            raise RefusedFileError(f"has more than {OUTSIDE_BYTES} bytes beside its rows")

    def _doctype(self, *_: object) -> None:
        raise RefusedFileError("declares a document type, which no spreadsheet does")
