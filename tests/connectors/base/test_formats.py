"""What reports are packed in, and files that mean harm."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.formats import delimited, frame, gunzipped, lines
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


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-8", b""),
        ("gb18030", b""),
        ("gb18030", b"\x84\x31\x95\x33"),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_csv_is_read_in_its_encoding(encoding: str, mark: bytes, size: int) -> None:
    body = mark + '商品,名称\r\nA-1,"红, ""大""\n号"\r\n'.encode(encoding)
    rows = list(delimited(cut(body, size), encoding=encoding))
    assert rows == [{"商品": "A-1", "名称": '红, "大"\n号'}]


def test_a_quote_in_a_tsv_is_a_character() -> None:
    body = b'sku\ttitle\nA-1\t"5" nails\n\n'
    assert list(delimited([body], delimiter="\t", is_quoted=False)) == [
        {"sku": "A-1", "title": '"5" nails'}
    ]


def test_a_page_becomes_columns_of_text() -> None:
    found = frame("sku,qty\nA-1,007\nB-2,\n".encode("gb18030"), encoding="gb18030")
    assert found.to_dict(as_series=False) == {"sku": ["A-1", "B-2"], "qty": ["007", ""]}


def test_a_page_of_names_alone_keeps_its_columns_and_an_empty_one_has_none() -> None:
    assert frame(b"sku,qty\n").columns == ["sku", "qty"]
    assert frame(b"").columns == []
    assert list(delimited([])) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"a,b\n1,2,3\n", "3 cells under 2 names"),
        (b"a,b\n1\n", "1 cells under 2 names"),
        (b"a,a\n1,2\n", "one name"),
        (b",".join(b"c%d" % n for n in range(1001)), "more than 1000 columns"),
        (b'a\n"open', "line 2"),
        (b"a\n" + b"x" * 200_000, "field larger"),
        ("a\n中".encode("gb18030"), "not in utf-8"),
        (b"a\n\xe4\xb8", "not in utf-8"),
        (b"a\n" + b'"x\n",' * 2_000, "longer than 5000"),
    ],
)
def test_a_file_that_is_not_what_it_says_ends_in_one_error(body: bytes, said: str) -> None:
    with pytest.raises(SourceContractError, match=said):
        list(delimited([body], most_line=10**6 if b"x" * 9 in body else 5000))


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=8)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=6), st.integers(1, 9))
def test_whatever_was_written_is_read_in_whatever_pieces(
    rows: list[tuple[str, str]], size: int
) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("a", "b"), *rows])
    found = delimited(cut(out.getvalue().encode("gb18030"), size), encoding="gb18030")
    assert [(row["a"], row["b"]) for row in found] == rows
