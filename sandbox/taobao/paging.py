"""Pages of a list: by number, with a total or, on request, with only whether there is more."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from sandbox.taobao.arguments import Arguments
from sandbox.taobao.errors import invalid
from sandbox.taobao.values import Answer

DEFAULT_SIZE: Final = 40


@dataclass(frozen=True)
class Page:
    """Which rows of a list are answered: `size` of them from the page numbered from 1."""

    number: int
    size: int

    @classmethod
    def of(cls, args: Arguments, *, most: int, last: int = 2**31, name: str = "page_no") -> "Page":
        """The page a call asks for: at most `most` rows, of the first `last` pages."""
        number = args.between(name, least=1, most=last, default=1)
        size = args.between("page_size", least=1, most=most, default=min(DEFAULT_SIZE, most))
        return cls(number, size)

    def within(self, rows: int) -> "Page":
        """The page itself, if it lies within the first `rows` of a list."""
        if self.number * self.size > rows:
            raise invalid("page_no", f"page_no*page_size must not exceed {rows}")
        return self

    def rows(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of the page; none past the end."""
        return frame.slice((self.number - 1) * self.size, self.size)

    def count(self, frame: pl.DataFrame, args: Arguments) -> Answer:
        """How much there is: `total_results`, or `has_next` when only that was asked for."""
        if args.flag("use_has_next"):
            return {"has_next": self.number * self.size < frame.height}
        return {"total_results": frame.height}
