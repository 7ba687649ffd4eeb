"""What a column of a canonical table is read from: models of a description's innermost parts."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Strict(BaseModel):
    """Refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Column(Strict):
    """Where a canonical column's value comes from and how its text is read."""

    column: str | None = None
    constant: str | int | float | bool | None = None
    stamp: bool = False
    """The instant in the file's name, or its day: for exports that do not say when they were."""
    place: bool = False
    """The row's place among those of its document, for exports that number no lines."""
    unit: Literal["major", "minor", "mill", "micros"] | None = None
    """Money: yuan text, fen, 厘 (a thousandth) or a millionth of the major unit."""
    format: str | tuple[str, ...] | None = None
    """strptime formats of a day or an instant; "iso" and "excel" or "excel-1904" (a serial
    number) are known too."""
    codes: dict[str, str | bool] = {}
    default: str | None = None
    """What an empty cell is read as."""
    thousands: bool = False
    """1,234 is read as 1234."""
    wan: bool = False
    """1.2万 is read as 12000 and 1.2亿 as 120000000."""
    yuan: bool = False
    """¥12.30 and 12.30元 are read as 12.30."""
    percent: bool = False
    """12.5 and 12.5% are read as 0.125."""
    plus: tuple[str, ...] = ()
    """Columns that are added, read alike; an empty cell of theirs is nothing. Those of an
    identifier are parts of it, an empty one as `default` says."""
    minus: tuple[str, ...] = ()
    """Columns that are taken off, read alike; an empty cell of theirs is nothing."""
    times: tuple[str, ...] = ()
    """Counts that a mean or a share is multiplied by, where an export tells it of each and the
    table holds it of all; to the nearest whole where that is a count."""
    per: str | None = None
    """The column of pieces that an amount is divided by, to the nearest minor unit."""
    split: tuple[str, ...] = ()
    """An amount of the whole document, which each of its rows repeats, becomes the row's share: by
    largest remainder, in proportion to the product of these columns."""
    when: dict[str, tuple[str, ...]] = {}
    """Holds only for rows with one of these values in each of these columns."""
    when_contains: dict[str, tuple[str, ...]] = {}
    """Holds only for rows with one of these words somewhere in each of these columns."""
    when_zero: str | None = None
    """Holds only for rows whose amount in this column is zero."""
    when_empty: str | None = None
    """Holds only for rows whose cell in this column is empty."""
    otherwise: "Column | None" = None
    """What holds for the other rows; null if not given."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = (self.column is not None, self.constant is not None, self.stamp, self.place)
        if sum(given) != 1:
            raise ValueError("give either `column`, the export's own name, or `constant`")
        if self.otherwise is not None and not self.is_conditional:
            raise ValueError("`otherwise` needs a `when` beside it")
        return self

    @property
    def is_conditional(self) -> bool:
        """Whether it holds for some rows only."""
        return bool(self.when or self.when_contains) or (self.when_zero, self.when_empty) != (
            None,
            None,
        )

    def branches(self) -> Iterator["Column"]:
        """Itself and what holds otherwise, in the order in which they are asked."""
        yield self
        if self.otherwise is not None:
            yield from self.otherwise.branches()

    def sources(self) -> set[str]:
        """Columns of the export that it needs."""
        found: set[str | None] = set()
        for one in self.branches():
            found |= {one.column, one.per, one.when_zero, one.when_empty}
            found |= {*one.plus, *one.minus, *one.times, *one.split, *one.when, *one.when_contains}
        return {name for name in found if name is not None}


class TableLayout(Strict):
    """How rows of a file become rows of one canonical table."""

    columns: dict[str, Column]
    skip_when: dict[str, tuple[str, ...]] = {}
    """Rows that say nothing to this table."""
    sum: tuple[str, ...] = ()
    """Columns added up over rows of one key, where the export is finer than the table."""
    latest: tuple[str, ...] = ()
    """Instants of which the latest over rows of one key holds; none while one of them has none."""
    mixed: dict[str, dict[str, str]] = {}
    """What a code is where rows of one key differ: "fulfilled+unfulfilled" to a code of the table.
    A mix that is not listed is an unknown code."""
    covers_days: int | None = Field(default=None, ge=1, le=366)
    """Days up to the export's own that it tells about: one without a row had none (tables that are
    read by the day). If not given, only days with a row are replaced."""

    def sources(self) -> set[str]:
        """Columns of the export that it needs."""
        return set(self.skip_when).union(*(column.sources() for column in self.columns.values()))
