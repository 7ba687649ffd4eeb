"""Columns that stand on the first of a document's rows only, filled from above within it."""

import polars as pl

from connectors.files.layout import FileLayout
from contracts.tables import TABLES

PLACE = "\0place"
"""Of a row among those of its document, from 1; stands beside the columns of an export."""


def filled(rows: pl.DataFrame, layout: FileLayout) -> pl.DataFrame:
    """The rows with what `fill` names on each of them, and with their places.

    A document's number is filled first: an empty one continues the document above. Nothing is
    filled across documents, so that what the first of its rows lacks stays empty.
    """
    numbers = sorted(_numbers(layout))
    if not numbers:
        return rows
    own = [name for name in layout.fill if name in numbers]
    rows = rows.with_columns(pl.col(own).forward_fill())
    others = [name for name in layout.fill if name not in numbers]
    place = pl.int_range(1, pl.len() + 1).cast(pl.String)
    return rows.with_columns(
        pl.col(others).forward_fill().over(numbers), place.over(numbers).alias(PLACE)
    )


def _numbers(layout: FileLayout) -> set[str]:
    """Columns of the export that number its documents."""
    return {
        source
        for name, table in layout.tables.items()
        for column in TABLES[name].naming
        if column in table.columns
        for source in table.columns[column].sources()
    }
