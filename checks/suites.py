"""Great Expectations suites, generated from the classes of the tables.

What a suite holds and what it leaves to the row checks follows from cost, per column of 250,000
rows: a null or membership test 15 ms, a smallest or largest value 15 ms, a range value by value
130 ms (the library calls Python for each). So ranges are held against the column's extremes,
and lengths, patterns of identifiers and rules across columns stay with `checks.rows`, which has
judged every row before it comes here.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import dataframely as dy
import polars as pl

from contracts.money import CURRENCY_PATTERN
from contracts.tables import Table

KEY_COLUMN = "primary_key"


def prepare(frame: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    """The columns of a table's suite, in types that hold no text per row.

    Null, where it is allowed, becomes the lower bound, so that integers stay integers; days become
    midnights; codes and currencies are categories. Of any other text nothing is expected but that
    it is there, so 1 stands for it: the library hashes all that it is given, and texts take as long
    as all expectations. `primary_key` is a hash of the key, equal for equal keys.
    """
    columns = [_plain(name, column) for name, column in _suite_columns(table)]
    return frame.select(*columns, pl.struct(table.key).hash(seed=0).alias(KEY_COLUMN))


def expectations(table: Table) -> Iterator[Any]:
    """The expectations of a table: columns, nulls, codes, ranges and a key without repetition."""
    import great_expectations.expectations as gxe  # takes four seconds, so only where it is used

    columns = [*(name for name, _ in _suite_columns(table)), KEY_COLUMN]
    yield gxe.ExpectTableColumnsToMatchSet(column_set=columns, exact_match=True)
    for name, column in _suite_columns(table):
        metadata = column.metadata or {}
        if not column.nullable:
            yield gxe.ExpectColumnValuesToNotBeNull(column=name)
        if metadata.get("kind") == "code":
            yield gxe.ExpectColumnValuesToBeInSet(column=name, value_set=metadata["codes"])
        elif metadata.get("kind") == "currency":
            yield gxe.ExpectColumnValuesToMatchRegex(column=name, regex=CURRENCY_PATTERN)
        low, high = _bounds(column)
        if low is not None:
            yield gxe.ExpectColumnMinToBeBetween(column=name, min_value=low)
        if high is not None:
            yield gxe.ExpectColumnMaxToBeBetween(column=name, max_value=high)
    yield gxe.ExpectColumnValuesToBeUnique(column=KEY_COLUMN)


def _suite_columns(table: Table) -> list[tuple[str, dy.Column]]:
    """Columns that the suite says something about: bounded, coded or never null."""
    return [
        (name, column)
        for name, column in table.schema.columns().items()
        if not column.nullable or _bounds(column) != (None, None)
    ]


def _bounds(column: dy.Column) -> tuple[Any, Any]:
    """Smallest and largest value allowed, as the prepared column shows them."""
    low = getattr(column, "min", None)
    high = getattr(column, "max", None)
    if high is None:
        high = getattr(column, "max_exclusive", None)
    return _midnight(low), _midnight(high)


def _midnight(bound: Any) -> Any:
    is_day = isinstance(bound, dt.date) and not isinstance(bound, dt.datetime)
    return dt.datetime.combine(bound, dt.time(), dt.UTC) if is_day else bound


def _plain(name: str, column: dy.Column) -> pl.Expr:
    plain = pl.col(name)
    if (column.metadata or {}).get("kind") in ("code", "currency"):
        return plain.cast(pl.Categorical)
    if isinstance(column, dy.String):
        return pl.when(plain.is_not_null()).then(1.0).alias(name)
    if isinstance(column, dy.Date):
        plain = plain.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    low, _ = _bounds(column)
    return plain.fill_null(low) if column.nullable and low is not None else plain
