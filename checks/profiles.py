"""What a reading looked like: per column how many values it has and lacks, and how large they are.

Snapshots replace what was known before, so a later reading can be held against an earlier one only
by what was noted of it. Nothing personal is noted: counts and medians of amounts, pieces and
numbers.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import dataframely as dy
import polars as pl

from contracts.tables import TABLES, TableKind

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
        "newest_rows": pl.Int64(),
        "repeated_rows": pl.Int64(),
        "due": pl.Int64(),
        "known": pl.Int64(),
        "known_at": pl.Datetime("us", "UTC"),
        "pairs": pl.Int64(),
        "absent": pl.Int64(),
        "times": pl.Float64(),
        "moved_seconds": pl.Float64(),
        "lost": pl.Int64(),
    }
)
"""Grain: (table, column). `values` are those beyond null and zero, `median` is theirs, signed;
`oldest_at` is that of what never changes (`FIXED`) and of `source_updated_at`, which stands for the
table and is always there, with the `currencies` of its rows, by comma, how many are of the newest
instant (`newest_rows`: of an export, those of the last file) and how many more there are than facts
of one instant (`repeated_rows`, of observations); `newest_date` is of `DAYS`.

Rows without a number of `rows` are noted as a reading is merged, and say what it tells again of
what was known (`checks.again`): for the table the facts of a time told before (`due`), those
`known` and when the middle one of them was read first, or how many of the documents of its window
(`pairs`) are `absent`; for a column that differs in most of the `pairs` of documents by how many
`times`, by how many seconds it has moved, and how many values are lost.
"""
CHANGED_AT: Final = "source_updated_at"
_IS_NEWEST: Final = pl.col(CHANGED_AT) == pl.col(CHANGED_AT).max()
FIXED: Final = ("created_at", "joined_at", "starts_at")
"""Instants that a document keeps for good."""
DAYS: Final = ("ad_date", "traffic_date", "stockout_date")
"""Days of which a source tells the newest one anew each day."""
MEASURED: Final = ("money", "count", "number")
LATER: Final = ("instant", "day", "month_day")
"""Kinds of columns that fill as a document grows older: that none has one yet says nothing."""


def profile(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The profile of what a reading brought, by table name (schema `SCHEMA`)."""
    rows = [
        {"table": name, "column": column, **told}
        for name, frame in frames.items()
        for column, told in _table(name, frame)
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


def _table(name: str, frame: pl.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    columns = TABLES[name].schema.columns()
    if "deleted_at" in columns:
        frame = frame.filter(pl.col("deleted_at").is_null())
    yield (
        CHANGED_AT,
        {
            **_filled(frame, CHANGED_AT),
            "oldest_at": frame[CHANGED_AT].min(),
            "currencies": _currencies(frame),
            "newest_rows": frame.select(_IS_NEWEST.sum()).item(),
            "repeated_rows": _repeated(name, frame),
        },
    )
    for dated in (column for column in (*FIXED, *DAYS) if column in columns):
        yield (
            dated,
            {
                **_filled(frame, dated),
                "oldest_at": frame[dated].min() if dated in FIXED else None,
                "newest_date": frame[dated].max() if dated in DAYS else None,
            },
        )
    noted = [one for one, column in columns.items() if _is_noted(one, column)]
    measured = [one for one in noted if _is_steady(columns[one])]
    nulls_of = _row(frame, (pl.col(one).null_count().alias(one) for one in noted))
    values = _row(frame, (_values(one, columns[one]).len().alias(one) for one in noted))
    medians = _row(frame, (_values(one, columns[one]).median().alias(one) for one in measured))
    for one in noted:
        yield (
            one,
            {
                "rows": frame.height,
                "nulls": nulls_of[one],
                "values": values[one],
                "median": medians.get(one),
            },
        )


def _filled(frame: pl.DataFrame, column: str) -> dict[str, Any]:
    nulls = frame[column].null_count()
    return {"rows": frame.height, "nulls": nulls, "values": frame.height - nulls}


def _repeated(name: str, frame: pl.DataFrame) -> int | None:
    """Rows that say something else of what another row of the instant is about."""
    table = TABLES[name]
    if table.kind is not TableKind.OBSERVATION:
        return None
    key = [one for one in table.key if one != "content_hash"]
    return frame.height - frame.select(key).hash_rows().n_unique()


def _currencies(frame: pl.DataFrame) -> str | None:
    if "currency" not in frame.columns:
        return None
    return ",".join(frame["currency"].drop_nulls().unique().sort())


def _row(frame: pl.DataFrame, aggregates: Iterable[pl.Expr]) -> dict[str, Any]:
    """One value per column; nothing where there is no column to aggregate."""
    found = frame.select(*aggregates)
    return found.row(0, named=True) if found.width else {}


def kind_of(column: dy.Column) -> str:
    """What it holds, by `contracts.columns`."""
    return str((column.metadata or {}).get("kind", ""))


def _is_measured(column: dy.Column) -> bool:
    return kind_of(column) in MEASURED


def _is_steady(column: dy.Column) -> bool:
    """Whether its median stays: not of what grows, or is given away, by any factor in campaigns."""
    meta = column.metadata or {}
    return _is_measured(column) and not (meta.get("running") or meta.get("promotional"))


def _is_noted(name: str, column: dy.Column) -> bool:
    """A column whose values are measured, or that a document may lack for good."""
    if name == "mapping_version" or kind_of(column) in LATER:
        return False
    return column.nullable or _is_measured(column)


def _values(name: str, column: dy.Column) -> pl.Expr:
    found = pl.col(name)
    return found.filter(found != 0) if _is_measured(column) else found.drop_nulls()
