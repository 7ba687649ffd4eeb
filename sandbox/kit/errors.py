"""Refusals of a platform as one table: a name, and what the platform says for it."""

from collections.abc import Mapping, Sequence
from typing import Any


class RefusedError(Exception):
    """A call is refused, nothing of it was done. `entry` is what the platform says, by column."""

    def __init__(self, name: str, entry: Mapping[str, Any]) -> None:
        super().__init__(name)
        self.name, self.entry = name, dict(entry)


class ErrorTable:
    """Rows of refusals; texts hold places for what is named when one is raised."""

    def __init__(self, columns: Sequence[str], rows: Mapping[str, Sequence[Any]]) -> None:
        self._rows = {name: dict(zip(columns, row, strict=False)) for name, row in rows.items()}

    def __call__(self, name: str, /, **values: object) -> RefusedError:
        """The refusal of a name; a column without a value is left out.

        Raises:
            KeyError: the table has no such row, or its text a place that was not named.
        """
        filled = {
            column: text.format(**values) if isinstance(text, str) else text
            for column, text in self._rows[name].items()
        }
        return RefusedError(name, {key: one for key, one in filled.items() if one is not None})
