"""Files that are made to break whoever reads them end in one sentence."""

import gzip
import io
import zipfile
import zlib

import pytest

from tests.connectors.files.exports import COSTS, mapped, page, reasons, refusal

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
        gzip.compress(b"0" * 2**24),
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


@pytest.mark.parametrize(
    "cell", ["9" * 100_000, "1" + "0" * 400, "1e400", "nan", "-inf", "٣٫٥", "=1+1", "1,0,0"]
)
def test_an_unreadable_amount_is_kept_out_with_its_reason(cell: str) -> None:
    result = mapped(page(COSTS, HEADER + ROW + f'B,2026-11-01,"{cell}"\n'))
    assert [(reason, column) for _, reason, column in reasons(result)] == [
        ("unreadable_money", "unit_cost_minor")
    ]
