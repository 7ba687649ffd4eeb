"""Any odd cell of an export costs its document or its file, and never another document."""

from pathlib import Path

import pytest

from checks.rows import Split, split
from connectors.files.descriptions import load
from contracts.tables import TABLES
from tests.connectors.files import ready
from tests.connectors.files.ready import ALL, CONTEXT, STAMP, Ready, put

ODD = ("", "x" * 10_000, "[1]", "-1", "0", '""', "\x00", "9" * 40, "1e400", "﷽")


@pytest.mark.parametrize("one", ALL, ids=[one.mapping for one in ALL])
def test_any_odd_cell_costs_its_document_and_no_other(tmp_path: Path, one: Ready) -> None:
    header, *rows = one.rows
    described = load(one.mapping)[0]
    before = good(tmp_path, one, [header, *rows])
    needed = [place for place, name in enumerate(header) if name in described.sources()]
    for turn, place in enumerate(needed):
        own = {rows[0][n] for n, name in enumerate(header) if name in described.sources()}
        odd = [*rows[0][:place], ODD[turn % len(ODD)], *rows[0][place + 1 :]]
        after = good(tmp_path, one, [header, odd, *rows[1:]])
        ids = {cell.strip().removeprefix("'") for cell in own}
        for name, frame in before.good.items():
            document = TABLES[name].document_id
            first = document.str.extract(r"^([^|:]*)")
            others = frame.filter(~first.is_in(list(ids)))
            facts = others.drop("content_hash")
            lost = facts.join(
                after.good[name].drop("content_hash"),
                on=facts.columns,
                how="anti",
                nulls_equal=True,
            )
            assert lost.is_empty() or _is_day(name), f"{header[place]} {odd[place][:9]!r}: {lost}"


def _is_day(name: str) -> bool:
    """Whether a later row of the same slice may be what an odd one became."""
    return name == "traffic_daily"


def good(folder: Path, one: Ready, rows: list[list[str]]) -> Split:
    body = ready.csv_bytes(rows, "utf-8-sig")
    put(folder, f"{one.file.format(STAMP)}.csv", body)
    return split(ready.read(folder, one), CONTEXT)


def test_no_recorded_export_is_without_rows() -> None:
    assert all(len(one.rows) > 2 for one in ALL)
