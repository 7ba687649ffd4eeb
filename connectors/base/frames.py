"""From decoded structs to columns, without a dictionary per row."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeVar

import msgspec
import polars as pl
from polars.datatypes import DataTypeClass

Item = TypeVar("Item")
ColumnType = pl.DataType | DataTypeClass


def getter(path: str) -> Callable[[Any], Any]:
    """Read an attribute path; `?.` passes a null on: "customer?.id" is null for a guest."""
    head, _, tail = path.partition("?.")
    first = attrgetter(head)
    if not tail:
        return first
    rest = getter(tail)

    def read(struct: Any) -> Any:
        value = first(struct)
        return None if value is None else rest(value)

    return read


def columns(
    structs: Sequence[msgspec.Struct], paths: Mapping[str, tuple[str, ColumnType]]
) -> pl.DataFrame:
    """A frame with one column per (attribute path, type); an empty sequence keeps the types."""
    return pl.DataFrame(
        [
            pl.Series(name, _values(structs, path), dtype=dtype)
            for name, (path, dtype) in paths.items()
        ]
    )


def _values(structs: Sequence[msgspec.Struct], path: str) -> list[Any]:
    """What `getter` reads of each; a null on the way costs no call of its own."""
    head, _, tail = path.partition("?.")
    found = map(attrgetter(head), structs)
    if not tail:
        return list(found)
    rest = getter(tail)
    return [None if value is None else rest(value) for value in found]


def flatten(lists: Iterable[Sequence[Item]]) -> tuple[list[Item], list[int]]:
    """Items of all lists, and for each the number of its list."""
    pairs = [(item, owner) for owner, items in enumerate(lists) for item in items]
    return [item for item, _ in pairs], [owner for _, owner in pairs]


def with_parent_columns(
    children: pl.DataFrame, parents: pl.DataFrame, owners: Sequence[int]
) -> pl.DataFrame:
    """Children with the columns of their parents, by the parent's row number, beside them."""
    return children.hstack(parents.select(pl.all().gather(pl.Series(owners, dtype=pl.UInt32))))


def empty_to_null(column: str) -> pl.Expr:
    """Text; null where it is empty."""
    return pl.when(pl.col(column) != "").then(pl.col(column))
