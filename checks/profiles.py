"""What a reading looked like: per column how many values it has and lacks, and how large they are.

Snapshots replace what was known before, so a later reading can be held against an earlier one only
by what was noted of it. Nothing personal is noted: counts and medians of amounts, pieces and
numbers.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import dataframely as dy
import polars as pl

from contracts.tables import TABLES

SCHEMA: Final = pl.Schema(
    {
        "table": pl.String(),
        "column": pl.String(),
        "rows": pl.Int64(),
        "nulls": pl.Int64(),
        "values": pl.Int64(),
        "median": pl.Float64(),
        "oldest_at": pl.Datetime("us", "UTC"),
        "currencies": pl.String(),
        "newest_date": pl.Date(),
    }
)
"""Grain: (table, column). `values` are those beyond null and zero, `median` is theirs, signed;
`oldest_at` is that of what never changes (`FIXED`) and of `source_updated_at`, which stands for the
table and is always there, with the `currencies` of its rows, by comma; `newest_date` is of `DAYS`.
"""
CHANGED_AT: Final = "source_updated_at"
FIXED: Final = ("created_at", "joined_at", "starts_at")
"""Instants that a document keeps for good."""
DAYS: Final = ("ad_date", "traffic_date", "stockout_date")
"""Days of which a source tells the newest one anew each day."""
_MEASURED = ("money", "count", "number")
_LATER = ("instant", "day", "month_day")
"""Kinds of columns that fill as a document grows older: that none has one yet says nothing."""


def profile(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The profile of what a reading brought, by table name (schema `SCHEMA`)."""
    rows = [row for name, frame in frames.items() for row in _table(name, frame)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _table(name: str, frame: pl.DataFrame) -> Iterator[tuple[Any, ...]]:
    columns = TABLES[name].schema.columns()
    if "deleted_at" in columns:
        frame = frame.filter(pl.col("deleted_at").is_null())
    oldest = frame[CHANGED_AT].min()
    undated = frame[CHANGED_AT].null_count()
    told = frame.height - undated
    yield name, CHANGED_AT, frame.height, undated, told, None, oldest, _currencies(frame), None
    for dated in (column for column in (*FIXED, *DAYS) if column in columns):
        oldest = frame[dated].min() if dated in FIXED else None
        newest = frame[dated].max() if dated in DAYS else None
        nulls = frame[dated].null_count()
        yield name, dated, frame.height, nulls, frame.height - nulls, None, oldest, None, newest
    noted = [one for one, column in columns.items() if _is_noted(one, column)]
    measured = [one for one in noted if _is_measured(columns[one])]
    nulls_of = _row(frame, (pl.col(one).null_count().alias(one) for one in noted))
    values = _row(frame, (_values(one, columns[one]).len().alias(one) for one in noted))
    medians = _row(frame, (_values(one, columns[one]).median().alias(one) for one in measured))
    for one in noted:
        yield (
            name,
            one,
            frame.height,
            nulls_of[one],
            values[one],
            medians.get(one),
            None,
            None,
            None,
        )


def _currencies(frame: pl.DataFrame) -> str | None:
    if "currency" not in frame.columns:
        return None
    return ",".join(frame["currency"].drop_nulls().unique().sort())


def _row(frame: pl.DataFrame, aggregates: Iterable[pl.Expr]) -> dict[str, Any]:
    """One value per column; nothing where there is no column to aggregate."""
    found = frame.select(*aggregates)
    return found.row(0, named=True) if found.width else {}


def _is_measured(column: dy.Column) -> bool:
    return (column.metadata or {}).get("kind") in _MEASURED


def _is_noted(name: str, column: dy.Column) -> bool:
    """A column whose values are measured, or that a document may lack for good."""
    if name == "mapping_version" or (column.metadata or {}).get("kind") in _LATER:
        return False
    return column.nullable or _is_measured(column)


def _values(name: str, column: dy.Column) -> pl.Expr:
    found = pl.col(name)
    return found.filter(found != 0) if _is_measured(column) else found.drop_nulls()
