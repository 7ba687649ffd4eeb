"""What a release of before stored under a column's old name is read under its new one."""

from pathlib import Path

import polars as pl
import pytest
from deltalake import write_deltalake

from contracts.tables import RENAMED, TABLES, TableKind
from tests.warehouse.rows import hour, rows
from warehouse.lake import Lake

RENAMES = [
    (name, new, old)
    for name, table in TABLES.items()
    for new, old in RENAMED.items()
    if new in table.schema.columns() and old not in table.schema.columns()
]


def test_every_renamed_column_has_a_table() -> None:
    assert {new for _, new, _ in RENAMES} == set(RENAMED)


@pytest.mark.parametrize(("name", "new", "old"), RENAMES)
def test_a_value_is_read_under_the_new_name_before_and_after_the_next_write(
    lake: Lake, tmp_path: Path, name: str, new: str, old: str
) -> None:
    table = TABLES[name]
    id_column = next(one for one in table.key if table.schema.columns()[one].dtype == pl.String)
    stored = rows(table.schema, [{id_column: "demo", new: 7}]).rename({new: old})
    write_deltalake(tmp_path / "lake" / name, stored, partition_by=table.partition)
    assert lake.scan(name).select(new).collect().to_series().to_list() == [7]

    newer = rows(table.schema, [{id_column: "other", new: 8}])
    if table.kind is TableKind.DERIVED:
        lake.replace(name, newer, shop_id="other" if id_column == "shop_id" else "demo")
    else:
        lake.merge({name: newer.with_columns(read_at=pl.lit(hour(1)))})
    left = lake.scan(name, with_deleted=True).select(new).collect().to_series()
    assert sorted(left) == [7, 8]
