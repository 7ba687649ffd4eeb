"""Tables and sentences of the terminal: a figure that is cut is a wrong one."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, JustifyMethod, OverflowMethod
from rich.containers import Lines
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

# Signs two columns wide: between them a line may be broken though there is no blank.
_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7a3"
    "\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\U0001f300-\U0001faff\U00020000-\U0003fffd"
)
# No line ends with the first, nor begins with the others.
_OPENING, _CLOSING, _NARROW_CLOSING = (
    "（「『【《〈“‘",
    "，。、；：！？）」』】》〉”’…·％",
    ",.;:!?)%",
)
_ENDS = rf"[{_NARROW_CLOSING}]*(?=[\s{_WIDE}]|$)"
# What is in one line: a command, a figure with its unit, a word, a wide sign.
_WORD = re.compile(
    rf"\s*[{_OPENING}]*"
    rf"(?:`[^`\n]+`|[-+]?\d[\d,.]* (?:[{_WIDE}]|(?:%|[A-Z]{{3}}){_ENDS})"
    rf"|[^\s`{_WIDE}{_OPENING}]+|\S)"
    rf"(?:[{_CLOSING}]|{_ENDS})*\s*"
)
_NAME = 12
"""Columns of a name in wide signs, which no table breaks: of six, as 竞品报价时间."""


class Prose(Text):
    """Text in lines of like length, also where a sentence has few blanks."""

    def wrap(
        self,
        console: Console,
        width: int,
        *,
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        tab_size: int = 8,
        no_wrap: bool | None = None,
    ) -> Lines:
        """As many lines as it takes in so many columns."""
        lines = Lines()
        for line in self.split(allow_blank=True):
            for part in [line] if no_wrap else line.divide(list(_begins(line.plain, width))):
                lines.extend(
                    part.wrap(
                        console, width, justify=justify, overflow=overflow,
                        tab_size=tab_size, no_wrap=no_wrap,
                    )
                )  # fmt: skip
        return lines

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """The longest word, and all in one line."""
        longest = super().__rich_measure__(console, options).maximum
        return Measurement(min(_least_width([self]), longest), longest)


def whole(table: Table) -> Table:
    """The table with columns that break no word, however narrow the place."""
    for column in table.columns:
        column.min_width = _least_width([column.header, *column.cells])
        column.overflow = "fold"  # the others cut words of wide signs by their number
    return table


def _least_width(cells: Iterable[Any]) -> int:
    """What the longest word takes, and the longest name."""
    texts = [cell.plain if isinstance(cell, Text) else str(cell) for cell in cells]
    words = (word.strip() for text in texts for word in _WORD.findall(text))
    names = (name for text in texts for name in text.split())
    least = min(_NAME, max(map(cell_len, names), default=1))
    return max([least, *map(cell_len, words)])


def _begins(text: str, width: int) -> Iterator[int]:
    """Where a new line begins, the first left out."""
    used = place = 0
    for piece in _pieces(text, width):
        if used and used + cell_len(piece.rstrip()) > width:
            yield place
            used = 0
        used += cell_len(piece)
        place += len(piece)


def _pieces(text: str, width: int) -> Iterator[str]:
    """Its words; of one that is longer than a line, what stands between its blanks, else cut."""
    for word in _WORD.findall(text):
        if cell_len(word.strip()) <= width:
            yield word
        else:
            for part in re.findall(r"\s*\S+\s*", word):
                yield from [part] if cell_len(part.strip()) <= width else chop_cells(part, width)
