"""The rows of one number are one document: without it, the others are read as they were."""

import pytest

from connectors.files.documents import Rows
from tests.connectors.files.exports import COSTS, described_by, file_of, mapped, page
from tests.connectors.files.test_files_fill import HEAD, ONCE, WHOLE


def test_order_is_all_its_rows() -> None:
    given = page(ONCE, HEAD + WHOLE[0] + WHOLE[2] + WHOLE[1])
    documents = Rows(described_by(file_of(given)), "orders")
    found = documents.split(given)
    assert [(one.table, one.document_id) for one in found] == [("orders", "1"), ("orders", "2")]
    assert found[0].raw.count(b"\n") == 3
    told = described_by(file_of(given))
    before = mapped(given).frames["order_lines"]
    for place, order in enumerate(("1", "2")):
        kept = mapped(documents.without(given, [place]), described=told)
        assert kept.rejects.is_empty()
        assert set(kept.frames["orders"]["order_id"]) == {"1", "2"} - {order}
        lines = kept.frames["order_lines"]
        assert lines.sort("line_id").equals(before.filter(before["order_id"] != order))


@pytest.mark.parametrize("body", ["sku,from\nA,2026-11-01\n", b"\xff"])
def test_file_that_cannot_be_read_is_one_document(body: str | bytes) -> None:
    given = page(COSTS, body)
    (one,) = Rows(described_by(file_of(given)), "costs").split(given)
    assert one.document_id == f"part:{file_of(given)}"
    assert one.raw == given.body


def test_document_of_several_columns_is_named_as_the_mapping_names_it() -> None:
    given = page(COSTS, "sku,from,cost\nA,2026-11-01,1.00\n,2026-11-02,1.00\n")
    found = Rows(described_by(file_of(given)), "costs").split(given)
    assert [one.document_id for one in found] == ["A|2026-11-01", "?|2026-11-02"]
