"""The ready-made descriptions of back offices' exports, from file to rows that the checks pass."""

import datetime as dt
from pathlib import Path

import pytest

from checks.rows import split
from connectors.files.descriptions import load
from contracts.tables import TABLES
from tests.connectors.files import ready
from tests.connectors.files.ready import ALL, CONTEXT, LATER, STAMP, Ready, put, read

every = pytest.mark.parametrize("one", ALL, ids=[one.mapping for one in ALL])
every_state = pytest.mark.parametrize(
    "one", [one for one in ALL if one.state[0]], ids=[one.mapping for one in ALL if one.state[0]]
)
NEWEST = dt.datetime(2026, 11, 21, 2, 30, tzinfo=dt.UTC)
"""The later stamp, 10:30 in Shanghai."""


def filed(folder: Path, one: Ready, rows: list[list[str]], stamp: str = STAMP) -> None:
    put(folder, f"{one.file.format(stamp)}.csv", ready.csv_bytes(rows, one.encoding))


def restated(rows: list[list[str]], old: str, new: str) -> list[list[str]]:
    return [[new if cell == old else cell for cell in row] for row in rows]


@every
@pytest.mark.parametrize("ending", ["csv", "csv with a mark", "xlsx"])
def test_export_gives_valid_rows_that_the_checks_pass(
    tmp_path: Path, one: Ready, ending: str
) -> None:
    if ending == "xlsx" and one is ready.SHOPIFY:
        pytest.skip("Shopify exports CSV only")
    body = {
        "csv": ready.csv_bytes(one.rows),
        "csv with a mark": ready.csv_bytes(one.rows, "utf-8-sig"),
        "xlsx": ready.xlsx_bytes(one.rows),
    }[ending]
    put(tmp_path, f"{one.file.format(STAMP)}.{ending.partition(' ')[0]}", body)
    mapped = read(tmp_path, one)
    assert mapped.rejects.to_dicts() == []
    assert mapped.unknown_fields == ()
    passed = split(mapped, CONTEXT)
    assert passed.bad.to_dicts() == []
    described = {name for layout in load(one.mapping) for name in layout.tables}
    for name in described:
        assert passed.good[name].height > 0, name
        TABLES[name].schema.validate(passed.good[name])


@every_state
def test_word_that_is_in_no_list_quarantines_its_document_and_no_other(
    tmp_path: Path, one: Ready
) -> None:
    header, first, *rest = one.rows
    now, _, strange = one.state
    filed(tmp_path, one, [header, *restated([first], now, strange), *rest])
    mapped = read(tmp_path, one)
    assert "unknown_code" in set(mapped.rejects["reason"])
    passed = split(mapped, CONTEXT)
    (bad,) = passed.bad["document_id"].to_list()
    for name, frame in mapped.frames.items():
        others = frame.filter(TABLES[name].document_id != bad)
        assert passed.good[name].equals(others), name


@every_state
def test_later_export_wins_where_two_overlap(tmp_path: Path, one: Ready) -> None:
    header, *rows = one.rows
    now, later, _ = one.state
    filed(tmp_path, one, one.rows)
    before = read(tmp_path, one).frames
    changed = [row for row in rows if row[0] == rows[0][0]]
    filed(tmp_path, one, [header, *restated(changed, now, later)], LATER)
    mapped = read(tmp_path, one)
    assert split(mapped, CONTEXT).bad.to_dicts() == []
    for name, frame in mapped.frames.items():
        key = TABLES[name].document_id
        is_new = frame["source_updated_at"] == NEWEST
        newer, older = frame.filter(is_new), frame.filter(~is_new)
        assert not set(newer.select(key).to_series()) & set(older.select(key).to_series())
        if name != "inbound":  # read whole: what the later sheet lacks is no longer on the way
            known = set(before[name].select(key).to_series())
            found = set(frame.select(key).to_series())
            # Of a tier each day on which it is told stands by itself.
            assert known < found if name == "member_tiers" else known == found
            assert newer.height > 0 or not known


@every
def test_renamed_column_is_told_with_file_column_and_the_nearest(
    tmp_path: Path, one: Ready
) -> None:
    header, *rows = one.rows
    layout = load(one.mapping)[0]
    needed = layout.sources() - {*layout.optional}
    gone = next(name for name in header if name in needed)
    filed(tmp_path, one, [[f"{name}新" if name == gone else name for name in header], *rows])
    (row,) = read(tmp_path, one).rejects.to_dicts()
    assert row["document_id"] == f"part:{one.file.format(STAMP)}.csv"
    assert row["column"] == gone
    assert row["detail"] == f"lacks the column '{gone}': the nearest is '{gone}新'"


@every
def test_nothing_of_a_person_is_kept_but_what_the_tables_need(tmp_path: Path, one: Ready) -> None:
    filed(tmp_path, one, one.rows)
    for page in ready.fetched(tmp_path, one):
        assert b"Zora" not in page.body
        assert b"***" not in page.body or one.mapping == "jd_orders"


@every
def test_head_of_the_description_says_to_verify_it(one: Ready) -> None:
    file = Path(__file__).parents[3] / "connectors" / "files" / "mappings" / f"{one.mapping}.toml"
    assert "verify against your export" in file.read_text(encoding="utf-8").partition("[[")[0]
