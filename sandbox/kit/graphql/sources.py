"""Where the fields of a type come from: columns, the same row again, other tables, children.

A dialect writes this once; pages and files are both made from it, so they cannot tell different
values.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import polars as pl
from graphql import GraphQLSchema, get_named_type, get_nullable_type, is_list_type

from sandbox.kit.graphql.selection import field_of

PARENT: Final = "__parent"
"""In a frame of children: the row of the parent in its own frame."""
Arguments = dict[str, Any]


class Tables(Protocol):
    """Where the frames come from."""

    def get(self, name: str) -> pl.DataFrame:
        """The frame of this name."""


@dataclass(frozen=True)
class Nested:
    """An object over the same row with some columns replaced; null where it is not `present`."""

    values: Mapping[str, pl.Expr | str] = field(default_factory=dict)
    present: pl.Expr | None = None


@dataclass(frozen=True)
class Joined:
    """An object that is the row of `table` whose `key` is the column of that name here."""

    table: str
    key: str


@dataclass(frozen=True)
class Children:
    """A list or a connection.

    `rows` gives the children of a frame of parents, each with the `PARENT` it belongs to, in order
    of parents; a connection's cursors are made of the whole number `key`.
    """

    rows: Callable[[Tables, pl.DataFrame, Arguments], pl.DataFrame]
    key: str = ""


Source = pl.Expr | Nested | Joined | Children | Callable[[Arguments], Any]
"""Where a field comes from; its arguments may decide that."""
Sources = Mapping[str, Mapping[str, Source]]
"""By type and field."""
Conversion = Callable[[str, pl.Expr], pl.Expr | Nested]
"""The answer for a value of the world, given the type that the field belongs to."""


def sources(
    schema: GraphQLSchema,
    written: Mapping[str, Mapping[str, Source | str]],
    conversions: Mapping[str, Conversion],
) -> Sources:
    """The sources of all fields, columns by name converted to the type the schema gives them."""

    def converted(type_name: str, name: str, source: Source | str) -> Source:
        value = pl.col(source) if isinstance(source, str) else source
        found = field_of(schema, type_name, name)
        if found is None or is_list_type(get_nullable_type(found.type)):
            return value
        convert = conversions.get(get_named_type(found.type).name)
        if convert is None:
            return value
        if isinstance(value, pl.Expr):
            return convert(type_name, value)
        if callable(value):
            choose = value
            return lambda arguments: convert(type_name, choose(arguments))
        return value

    return {
        type_name: {name: converted(type_name, name, source) for name, source in fields.items()}
        for type_name, fields in written.items()
    }
