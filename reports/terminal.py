"""Tables of the terminal: a figure that is cut is a wrong one."""

from collections.abc import Iterable
from typing import Any

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text


def whole(table: Table) -> Table:
    """The table with columns that break no word, however narrow the place."""
    for column in table.columns:
        column.min_width = _longest_word([column.header, *column.cells])
        column.overflow = "fold"  # the others cut words of wide signs by their number
    return table


def _longest_word(cells: Iterable[Any]) -> int:
    texts = (cell.plain if isinstance(cell, Text) else str(cell) for cell in cells)
    return max((cell_len(word) for text in texts for word in text.split()), default=1)
