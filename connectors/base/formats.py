"""What reports are packed in: gzip and lines; streamed, and capped throughout."""

import codecs
import zlib
from collections.abc import Iterable, Iterator

from contracts.errors import SourceContractError, TransientSourceError

_PIECE = 2**20
_GZIP_WRAPPER = 31
MOST_LINE = 2**24


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
    for whole in _split(chunks, most=most_line):
        line = whole.removesuffix(b"\r")
        if is_first:
            line, is_first = line.removeprefix(codecs.BOM_UTF8), False
        if line:
            yield line


def _unpacked(unpacker: "zlib._Decompress", packed: bytes) -> bytes:
    try:
        return unpacker.decompress(packed, _PIECE)
    except zlib.error:
        raise SourceContractError("a file is not packed as it says, or is damaged") from None


def _split(pieces: Iterable[bytes], *, most: int) -> Iterator[bytes]:
    """Lines without their ends, wherever the pieces were cut."""
    kept: list[bytes] = []
    held = 0
    for piece in pieces:
        for number, part in enumerate(piece.split(b"\n")):
            if number:
                yield b"".join(kept)
                kept, held = [], 0
            if part:
                kept.append(part)
                held += len(part)
            if held > most:
                raise SourceContractError(f"a line of a file is longer than {most}")
    if held:
        yield b"".join(kept)
