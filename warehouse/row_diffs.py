"""Rows that came or went between two looks at a table, by the files that did."""

from collections.abc import Collection
from typing import Final

import polars as pl
from deltalake.exceptions import DeltaError

from contracts.table_diffs import RowDiff, TableSnapshot
from contracts.tables import TABLES
from warehouse.files import late_files, moved_files
from warehouse.lake import Lake

_UNREADABLE: Final = (DeltaError, OSError, pl.exceptions.ComputeError)


def changes(
    lake: Lake, table_name: str, *, shop_id: str, since: TableSnapshot, until: TableSnapshot
) -> RowDiff | None:
    """Rows of a shop that came or went between two looks at a table; deleted ones are not seen.

    Reads only files that one of the two versions lacks, and those with rows that were read after
    the first look. None: what was seen then can no longer be read.
    """
    try:
        then, now = _apart(lake, table_name, since, until)
        is_own = pl.col("shop_id") == shop_id
        before, after = (rows.filter(is_own).collect() for rows in (then, now))
    except _UNREADABLE:
        return None
    return RowDiff(
        before.join(after, on=after.columns, how="anti", nulls_equal=True),
        after.join(before, on=after.columns, how="anti", nulls_equal=True),
    )


def _apart(
    lake: Lake, table_name: str, since: TableSnapshot, until: TableSnapshot
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """What was seen and is seen, without what lies in files that say the same both times."""
    nothing = TABLES[table_name].schema.create_empty().lazy()
    if since.version is None and until.version is None:
        return nothing, nothing
    if since.version is None:
        return nothing, lake.scan(table_name, version=until.version, as_of=until.as_of)
    if until.version is None or until.version < since.version:
        raise DeltaError(f"{table_name} is an older one now")
    version = until.version

    def seen(paths: Collection[str], moment: TableSnapshot) -> pl.LazyFrame:
        return lake.scan_files(table_name, sorted(paths), version=version, as_of=moment.as_of)

    added, removed = moved_files(lake, table_name, since.version, version)
    late: set[str] = set()
    if until.as_of > since.as_of:
        late = {*late_files(lake, table_name, version=version, after=since.as_of)} - added
    not_known_then = seen(late, until).filter(pl.col("read_at") > since.as_of)
    return seen(removed, since), pl.concat([seen(added, until), not_known_then])
