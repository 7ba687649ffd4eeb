"""Lists: the page that is asked for, and the span of a filter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from sandbox.kit.arguments import Arguments, Reader, between
from sandbox.kit.fields import Document, Fields, documents
from sandbox.world.world import instant

ANY: Final = 2**31


@dataclass(frozen=True)
class Page:
    """`size` rows of a list from page `number` on; the platform's first page is `first`."""

    number: int
    size: int
    first: int = 1

    @classmethod
    def of(
        cls, args: Arguments, number: str, size: str, *, most: int, default: int | None = None,
        last: int = ANY,
    ) -> "Page":  # fmt: skip
        """The page that two arguments ask for: from 1 to `last`, at most `most` rows.

        Both are required where there is no default size.
        """
        numbers, sizes = between(1, last), between(1, most)
        if default is None:
            return cls(args.needed(number, numbers), args.needed(size, sizes))
        return cls(args.get(number, numbers, 1), args.get(size, sizes, min(default, most)))

    @property
    def end(self) -> int:
        """How many rows of the list there are up to the end of this page."""
        return (self.number - self.first + 1) * self.size

    def rows(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of the page; none past the end."""
        return frame.slice(self.end - self.size, self.size)

    def documents(self, fields: Fields, frame: pl.DataFrame) -> list[Document]:
        """The documents of the page's rows."""
        return documents(fields, self.rows(frame).iter_rows(named=True))

    def has_next(self, frame: pl.DataFrame) -> bool:
        """Whether rows follow."""
        return self.end < frame.height


def within(column: str, start: datetime | None, end: datetime | None) -> pl.Expr:
    """Rows whose instant lies in a span, both ends included; None is no bound."""
    at = pl.col(column)
    found = pl.lit(value=True)
    if start is not None:
        found &= at >= instant(start)
    if end is not None:
        found &= at <= instant(end)
    return found


def spanned(
    args: Arguments, column: str, start: str, end: str, read: Reader[datetime]
) -> pl.Expr:  # fmt: skip
    """Rows within the span that two arguments give; either may be absent."""
    return within(column, args.get(start, read), args.get(end, read))


def equal(column: str, value: object) -> pl.Expr:
    """Rows with a value, or all rows when none is asked for."""
    return pl.lit(value=True) if value is None else pl.col(column).eq(value)


def among(column: str, values: Sequence[object]) -> pl.Expr:
    """Rows with one of some values, or all rows when none is asked for."""
    return pl.col(column).is_in(values) if values else pl.lit(value=True)


def falling(frame: pl.DataFrame, column: str, key: str) -> pl.DataFrame:
    """The last first; ties by the key, falling too."""
    return frame.sort(column, key, descending=True)
