"""Lists: the page that is asked for, and the span of a filter."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from sandbox.kit.arguments import Arguments, between
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


def equal(column: str, value: object) -> pl.Expr:
    """Rows with a value, or all rows when none is asked for."""
    return pl.lit(value=True) if value is None else pl.col(column).eq(value)


def falling(frame: pl.DataFrame, column: str, key: str) -> pl.DataFrame:
    """The last first; ties by the key, falling too."""
    return frame.sort(column, key, descending=True)
