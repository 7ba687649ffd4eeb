"""Every table says what it holds, and its samples obey it."""

from pathlib import Path

import pytest

from contracts.tables import TABLES, Table, TableKind
from tests.dictionary import DOCS, PAGES

ROOT = Path(__file__).parents[2]
ALL = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)


@ALL
def test_every_column_has_a_meaning_and_money_stands_beside_a_currency(table: Table) -> None:
    columns = table.schema.columns()
    assert all(column.description for column in columns.values())
    if any((column.metadata or {}).get("kind") == "money" for column in columns.values()):
        assert "currency" in columns


@ALL
def test_units_are_part_of_the_name(table: Table) -> None:
    suffix: dict[str, str | tuple[str, ...]] = {
        "money": "_minor",
        "count": ("_units", "_days", "_count"),
        "rate": "_rate",
        "instant": "_at",
    }
    for name, column in table.schema.columns().items():
        wanted = suffix.get((column.metadata or {}).get("kind", ""))
        assert wanted is None or name.endswith(wanted), name


@ALL
def test_a_generated_sample_is_valid(table: Table) -> None:
    assert table.schema.is_valid(table.schema.sample(20))


@ALL
def test_documents_slices_and_partitions_name_columns_of_the_table(table: Table) -> None:
    columns = set(table.schema.columns())
    assert {*table.document, *table.slice_by, *table.together} <= columns
    assert table.partition is None or table.partition in columns
    assert bool(table.document) == (table.kind is TableKind.VERSIONED)
    assert not table.together or table.kind is TableKind.SLICE


@pytest.mark.parametrize("name", PAGES)
def test_what_is_written_from_declarations_is_not_stale(name: str) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), "run `make dictionary`"
