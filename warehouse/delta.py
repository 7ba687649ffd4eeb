"""Delta tables as frames: read with their declared columns, written on top of a known version."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Final

import polars as pl
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import CommitFailedError

from contracts.families import naming_columns
from contracts.personal import member_columns, purposes
from contracts.tables import RENAMED, Table

# A commit is made on top of exactly the version it was computed from, or not at all: left to
# itself, deltalake lets two appends of the same document through.
_ONE_ATTEMPT = CommitProperties(max_commit_retries=0)
_FEW: Final = ColumnProperties(dictionary_enabled=True)
_KINDS_OF_FEW: Final = ("code", "currency")
"""Of columns with few different values."""
_KINDS_OF_TIME: Final = ("day", "instant")


class OvertakenError(Exception):
    """Somebody committed since the table was read."""


def scope_of(table: Table) -> str:
    """The column whose values bound what a merge reads and replaces."""
    return table.partition or "shop_id"


def scan_declared(head: DeltaTable | None, table: Table) -> pl.LazyFrame:
    """A table with its declared columns; empty where there is none yet."""
    if head is None:
        return table.schema.create_empty().lazy()
    stored = {field.name for field in head.schema().fields}
    return _declared(pl.scan_delta(head), stored, table)


def scan_files(head: DeltaTable | None, table: Table, paths: Sequence[str]) -> pl.LazyFrame:
    """Some files of a table, whichever version they are of, with its declared columns."""
    if head is None or not paths:
        return table.schema.create_empty().lazy()
    stored = pl.scan_delta(head).collect_schema()
    parted = head.metadata().partition_columns
    rows = pl.scan_parquet(
        [f"{head.table_uri.rstrip('/')}/{path}" for path in paths],
        schema={name: dtype for name, dtype in stored.items() if name not in parted},
        hive_partitioning=bool(parted),
        hive_schema={name: stored[name] for name in parted} or None,
        missing_columns="insert",
        extra_columns="ignore",
    )
    return _declared(rows, stored, table)


def as_seen(
    rows: pl.LazyFrame, table: Table, *, as_of: dt.datetime | None, with_deleted: bool
) -> pl.LazyFrame:
    """Without what was read later, and without what is gone."""
    columns = table.schema.columns()
    if as_of is not None and "read_at" in columns:
        rows = rows.filter(pl.col("read_at") <= as_of)
    if not with_deleted and "deleted_at" in columns:
        rows = rows.filter(pl.col("deleted_at").is_null())
    return rows


def _declared(rows: pl.LazyFrame, stored: Collection[str], table: Table) -> pl.LazyFrame:
    columns = table.schema.columns()
    other = [_stored_otherwise(name, column.dtype, stored) for name, column in columns.items()]
    rows = rows.with_columns(one for one in other if one is not None)
    if "mapping_version" in columns:
        rows = rows.with_columns(pl.col("mapping_version").fill_null(1))
    return rows.select(table.schema.column_names())


def _stored_otherwise(name: str, dtype: pl.DataType, stored: Collection[str]) -> pl.Expr | None:
    """A column that not all files hold by its name: renamed since, or added; None: they all do."""
    if RENAMED.get(name) in stored:
        return pl.coalesce(one for one in (name, RENAMED[name]) if one in stored).alias(name)
    return None if name in stored else pl.lit(None, dtype).alias(name)


def read(head: DeltaTable | None, table: Table, scopes: pl.Series | None = None) -> pl.DataFrame:
    """Its rows, of some days (or shops) if `scopes` are given."""
    lazy = scan_declared(head, table)
    if scopes is not None:
        lazy = lazy.filter(pl.col(scope_of(table)).is_in(scopes.to_list()))
    return lazy.collect()


@contextmanager
def _on_this_version() -> Iterator[None]:
    """A commit that another writer was faster with.

    Raises:
        OvertakenError: nothing was written.
    """
    try:
        yield
    except CommitFailedError as error:
        raise OvertakenError from error


def create(url: str, rows: pl.DataFrame, table: Table) -> int:
    """A new table of these rows; its version, the first."""
    with _on_this_version():
        write_deltalake(
            url,
            rows,
            partition_by=table.partition,
            configuration=properties(table),
            writer_properties=writer(table),
            commit_properties=_ONE_ATTEMPT,
        )
    return 0


def append(head: DeltaTable, rows: pl.DataFrame, table: Table) -> int:
    """Add rows; the new version.

    Raises:
        OvertakenError: see `_on_this_version`.
    """
    version = head.version()
    with _on_this_version():
        write_deltalake(
            head,
            rows,
            mode="append",
            schema_mode="merge",
            writer_properties=writer(table),
            commit_properties=_ONE_ATTEMPT,
        )
    return version + 1


def overwrite(head: DeltaTable, rows: pl.DataFrame, table: Table, predicate: str | None) -> int:
    """Replace the rows that a predicate names, or all; the new version.

    Raises:
        OvertakenError: see `_on_this_version`.
    """
    version = head.version()
    with _on_this_version():
        write_deltalake(
            head,
            rows,
            mode="overwrite",
            schema_mode="merge",
            predicate=predicate,
            writer_properties=writer(table),
            commit_properties=_ONE_ATTEMPT,
        )
    return version + 1


def mark(head: DeltaTable, marks: Mapping[str, str]) -> None:
    """Set properties of a table that it has not yet.

    Raises:
        OvertakenError: see `_on_this_version`.
    """
    if not marks.items() <= head.metadata().configuration.items():
        with _on_this_version():
            head.alter.set_table_properties(dict(marks), raise_if_not_exists=False)


@cache
def writer(table: Table) -> WriterProperties:
    """A dictionary of values that hardly come again takes half of the time of writing."""
    columns = table.schema.columns().items()
    few = [name for name, one in columns if (one.metadata or {}).get("kind") in _KINDS_OF_FEW]
    return WriterProperties(
        compression="SNAPPY",
        default_column_properties=ColumnProperties(dictionary_enabled=False),
        column_properties={name: _FEW for name in ["shop_id", *few]},
    )


def among(column: str, values: pl.Series) -> str:
    """`column IN (…)` with literals, without which Delta opens every file."""
    literals = ", ".join("'" + str(value).replace("'", "''") + "'" for value in values.sort())
    return f"{column} IN ({literals})"


def properties(table: Table) -> dict[str, str]:
    """How its log is kept.

    It is summed up every few versions: to read a year's log change by change took twice as long.
    It quotes smallest and largest values of each file of the columns that rows are looked for by,
    the shop, days and instants: those of all took a third longer to open. None is personal.
    """
    columns = table.schema.columns().items()
    times = [name for name, one in columns if (one.metadata or {}).get("kind") in _KINDS_OF_TIME]
    personal = {*purposes(table.schema), *member_columns(table), *naming_columns(table)}
    quoted = [name for name in ("shop_id", *times) if name not in personal]
    return {
        "delta.checkpointInterval": "10",
        "delta.dataSkippingStatsColumns": ",".join(quoted),
    }
