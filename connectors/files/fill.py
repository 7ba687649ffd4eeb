"""Columns that stand on the first of a document's rows only, filled from above within it."""

import polars as pl

from connectors.files.layout import FileLayout
from contracts.tables import TABLES

PLACE = "\0place"
"""Of a row among those of its document, from 1; stands beside the columns of an export."""


def filled(rows: pl.DataFrame, layout: FileLayout) -> pl.DataFrame:
    """The rows with what `fill` names on each of them.

    A document's number is filled first: an empty one continues the document above. Nothing is
    filled across documents, so that what the first of its rows lacks stays empty.
    """
    named = sorted(numbers(layout))
    if not named:
        return rows
    own = [name for name in layout.fill if name in named]
    rows = rows.with_columns(pl.col(own).forward_fill())
    others = [name for name in layout.fill if name not in named]
    return rows.with_columns(pl.col(others).forward_fill().over(named))


def placed(rows: pl.DataFrame, layout: FileLayout) -> pl.DataFrame:
    """Filled rows with their places."""
    named = sorted(numbers(layout))
    if not named:
        return rows
    place = pl.int_range(1, pl.len() + 1).cast(pl.String)
    return rows.with_columns(place.over(named).alias(PLACE))


def numbers(layout: FileLayout) -> set[str]:
    """Columns of the export that number its documents."""
    return {
        source
        for name, table in layout.tables.items()
        for column in TABLES[name].naming
        if column in table.columns
        for source in table.columns[column].sources()
    }
