"""The kinds of field a type can have, as recipes for expressions over the world's frames."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

Values = dict[str, pl.Expr]


@dataclass(frozen=True)
class Scope:
    """Where a type's columns are: under a prefix of the frame, or given as values."""

    prefix: str = ""
    values: Values = field(default_factory=dict)

    def __call__(self, name: str) -> pl.Expr:
        """The expression for a column of the type at hand."""
        return self.values[name] if name in self.values else pl.col(self.prefix + name)

    def given(self, values: Values) -> "Scope":
        """The same columns with some replaced."""
        return Scope(self.prefix, {**self.values, **values})


@dataclass(frozen=True)
class Leaf:
    """A scalar, an enum or a list of scalars."""

    expr: Callable[[Scope], pl.Expr]


@dataclass(frozen=True)
class One:
    """An object: over the same columns, or over the row of `table` whose `key` equals `on`."""

    type_name: str
    values: Callable[[Scope], Values] = lambda _: {}
    present: Callable[[Scope], pl.Expr] | None = None
    table: str | None = None
    on: str = ""
    key: str = ""


@dataclass(frozen=True)
class Listed:
    """A list of objects over the same columns: one per alternative that is present."""

    type_name: str
    alternatives: Callable[[Scope, dict[str, Any]], list[tuple[pl.Expr, Values]]]


@dataclass(frozen=True)
class Own:
    """A connection that always holds exactly one node, over the same columns."""

    type_name: str
    key: str


@dataclass(frozen=True)
class Many:
    """Children from a table of their own (see `tables.children`), as connection or list."""

    type_name: str
    children: str
    key: str
    is_connection: bool = True


Field = Leaf | One | Listed | Own | Many
Fields = dict[str, Field]
