"""What happened to a table between two moments at which it was looked at."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class TableSnapshot:
    """A table as somebody saw it: its version (None: there was none), rows read until `as_of`."""

    version: int | None
    as_of: dt.datetime


@dataclass(frozen=True, slots=True)
class RowDiff:
    """Rows that were seen then and are not seen now, and rows that are seen now and were not.

    A row that changed is in both. Documents change whole: when one row of an order is among them,
    all of its rows are, in every table (`warehouse.merge`).
    """

    before: pl.DataFrame
    after: pl.DataFrame

    @property
    def both(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What was, and what is."""
        return self.before, self.after


RowDiffs = Mapping[str, RowDiff]
"""By name of the table."""
