"""Files that are made to break whoever reads them end in one sentence."""

import datetime as dt
import gzip
import io
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.rows import split
from connectors.files.documents import Rows
from tests.connectors.files.exports import (
    CONTEXT,
    COSTS,
    EXPORTED,
    described_by,
    file_of,
    mapped,
    page,
    reasons,
    refusal,
)
from tests.connectors.files.test_files_workbooks import workbook

OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1016)
"""How an XLS begins."""
HEADER = "sku,from,cost\n"
ROW = "A,2026-11-01,1.00\n"


def zipped(body: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("costs.csv", body)
    return packed.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(b"0" * 2**24, mtime=0),
        zlib.compress(b"0" * 2**24, level=0),
        zipped(b"0" * 2**24),
        b"x\x01," * 1_000,
        b"\x00" * 2**20,
        b'"' * 2**20,
        b"," * 2**20,
        (HEADER + '"' + "A" * 2**22).encode(),
        (HEADER + "A," * 2**20).encode(),
        b"\xef\xbb\xbf" * 1_000,
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_bytes_that_are_no_table_are_refused_in_one_sentence(body: bytes, encoding: str) -> None:
    assert len(refusal(page(COSTS | {"encoding": encoding}, body))) < 200


whole = page(COSTS, HEADER + ROW)
books = st.sampled_from([workbook(("sku", "from", "cost"), ("A", "2026-11-01", 1)), OLD[:512]])


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A workbook cut off, or with some of its bytes replaced."""
    body = bytearray(draw(books))
    for place in draw(st.lists(st.integers(0, len(body) - 1), max_size=8)):
        body[place] = draw(st.integers(0, 255))
    return bytes(body[: draw(st.integers(0, len(body)))])


@settings(max_examples=60)
@given(
    st.one_of(st.binary(max_size=200), damaged(), st.text(max_size=50).map(str.encode)),
    st.sampled_from(["csv", "xlsx"]),
    st.sampled_from(["utf-8", "gb18030", "utf-16", "big5", "cp1252"]),
)
def test_any_bytes_cost_their_own_file_alone(body: bytes, form: str, encoding: str) -> None:
    options = {"format": form} | ({"encoding": encoding} if form == "csv" else {})
    odd = page(COSTS | options, body, at=EXPORTED + dt.timedelta(days=1))
    result = mapped(odd, whole)
    assert "A" in result.frames["costs"]["sku_id"].to_list()
    parted = split(result, CONTEXT)
    assert "A" in parted.good["costs"]["sku_id"].to_list()
    told = described_by(file_of(odd))
    documents = Rows(told, "costs")
    found = documents.split(odd)
    assert len(documents.split(documents.without(odd, range(len(found))))) <= 1


@pytest.mark.parametrize(
    "cell", ["9" * 32_767, "1" + "0" * 400, "1e400", "nan", "-inf", "٣٫٥", "=1+1", "1,0,0"]
)
def test_an_unreadable_amount_is_kept_out_with_its_reason(cell: str) -> None:
    result = mapped(page(COSTS, HEADER + ROW + f'B,2026-11-01,"{cell}"\n'))
    assert [(reason, column) for _, reason, column in reasons(result)] == [
        ("unreadable_money", "unit_cost_minor")
    ]
