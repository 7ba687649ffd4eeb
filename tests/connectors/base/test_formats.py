"""What reports are packed in, and files that mean harm."""

import gzip
import zlib
from collections.abc import Iterator

import pytest

from connectors.base.formats import gunzipped, lines
from contracts.errors import SourceContractError, TransientSourceError

PLAIN = b"sku\tqty\nA-1\t2\n" * 1000


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_gzip_unpacks_wherever_it_was_cut(size: int) -> None:
    assert b"".join(gunzipped(cut(gzip.compress(PLAIN, mtime=0), size), most=10**6)) == PLAIN


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_members_and_padding_of_a_file_are_read_on(size: int) -> None:
    packed = gzip.compress(b"first,", mtime=0) + gzip.compress(b"second", mtime=0) + b"\0" * 512
    assert b"".join(gunzipped(cut(packed, size), most=100)) == b"first,second"


def test_a_bomb_ends_in_one_error_and_a_bounded_piece() -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(200)) + packer.flush()
    assert len(bomb) < 2**18
    unpacked = gunzipped([bomb], most=5 * 2**20)
    sizes: list[int] = []
    with pytest.raises(SourceContractError, match="more than"):
        sizes.extend(len(piece) for piece in unpacked)
    assert sum(sizes) + 2**20 <= 6 * 2**20


@pytest.mark.parametrize(
    "body", [gzip.compress(PLAIN, mtime=0)[:-4], gzip.compress(b"x", mtime=0) * 2 + b"\x1f", b""]
)
def test_a_file_that_breaks_off_is_asked_for_again(body: bytes) -> None:
    with pytest.raises(TransientSourceError, match="before its end"):
        list(gunzipped([body], most=10**6))


@pytest.mark.parametrize(
    "body", [b"<html>", gzip.compress(b"x", mtime=0) + b"more", b"\x1f\x8b\x08broken"]
)
def test_what_is_no_gzip_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(SourceContractError, match="not packed"):
        list(gunzipped([body], most=10**6))


@pytest.mark.parametrize("size", [1, 3, 100])
def test_lines_lose_their_ends_and_the_byte_order_mark(size: int) -> None:
    body = '\ufeff{"a":"中"}\r\n\n{"a":2}'.encode()
    assert list(lines(cut(body, size))) == ['{"a":"中"}'.encode(), b'{"a":2}']


def test_a_line_without_an_end_is_not_collected_for_ever() -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1000

    with pytest.raises(SourceContractError, match="longer than 5000"):
        list(lines(endless(), most_line=5000))
    assert read == 6
