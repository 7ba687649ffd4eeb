"""From decoded structs to columns, without a dictionary per row.

The struct is the one declaration: each of its fields is a column of the name that the platform
gives it, `customer.id` where it stands inside another; each of its properties that is a plain value
is one by its own name. A list of structs is a frame of its own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeVar

import msgspec
import polars as pl

from connectors.base.fields import ColumnType as ColumnType
from connectors.base.fields import computed_of, fields_of, wrapped_list

Item = TypeVar("Item")
Batch = tuple[Sequence[Any], str]

ROW, PARENT, PART = "row", "parent_row", "page_part"


def frame(structs: Sequence[Any], shape: Any) -> pl.DataFrame:
    """One row per struct of type `shape`; no structs keep the names and types of the columns."""
    leaves = _leaves(structs, shape, "")
    return pl.DataFrame([_series(name, values, dtype) for name, values, dtype in leaves])


def children(structs: Sequence[Any], shape: Any, path: str) -> tuple[list[Any], list[int]]:
    """The structs of all lists at a path, such as "orders", and for each the place of its parent.

    A list inside a wrapper of its own goes by the wrapper's name; one struct may stand for a list.
    """
    steps = next(steps for name, steps, _ in _lists(shape) if name == path)
    return flatten(_items(structs, steps))


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Documents as a frame, and each of the lists inside them as a frame of its own, by its path.

    Every row has its number in `row`; a document the part of its page in `page_part`, a row of a
    list the number of its parent in `parent_row`.
    """

    documents: pl.DataFrame
    lists: Mapping[str, pl.DataFrame]
    unknown: tuple[str, ...] = ()
    """Names of fields that came and are not declared, sorted."""

    def of(self, path: str, parents: pl.DataFrame, *, prefix: str = "") -> pl.DataFrame:
        """Rows of a list, with columns of their parents beside them.

        Args:
            parents: all of them in their order, with the columns that are wanted.
            prefix: put before the names of those, where the list's rows have the same names.
        """
        rows = self.lists[path]
        return with_parent_columns(rows, parents.select(pl.all().name.prefix(prefix)), rows[PARENT])


def frames(batches: Iterable[Batch], shape: Any) -> Frames:
    """Frames of structs of type `shape`, which come page by page with the part of their page."""
    gathered = _Gathered(shape)
    gathered.add([], pl.lit("").alias(PART))
    for structs, part in batches:
        gathered.add(structs, pl.lit(part).alias(PART))
    return Frames(documents=gathered.whole(), lists=dict(gathered.inner("")))


class _Gathered:
    """Frames of one shape and of the lists inside it, batch by batch."""

    def __init__(self, shape: Any) -> None:
        self._shape = shape
        self._frames: list[pl.DataFrame] = []
        self._count = 0
        self._lists = [(path, steps, _Gathered(item)) for path, steps, item in _lists(shape)]

    def add(self, structs: Sequence[Any], more: pl.Expr | pl.Series) -> None:
        self._frames.append(frame(structs, self._shape).with_columns(more))
        for _, steps, inner in self._lists:
            items, owners = flatten(_items(structs, steps))
            inner.add(items, pl.Series(PARENT, owners, dtype=pl.UInt32) + self._count)
        self._count += len(structs)

    def whole(self) -> pl.DataFrame:
        return pl.concat(self._frames).with_row_index(ROW)

    def inner(self, prefix: str) -> Iterator[tuple[str, pl.DataFrame]]:
        for path, _, gathered in self._lists:
            yield prefix + path, gathered.whole()
            yield from gathered.inner(f"{prefix}{path}.")


def _leaves(
    structs: Sequence[Any], shape: Any, prefix: str
) -> Iterator[tuple[str, list[Any], ColumnType]]:
    """Name, values and type of each column; what stands inside a missing struct is missing."""
    values = _values(structs)
    for field in fields_of(shape):
        if field.column is not None:
            yield prefix + field.name, values(field.attribute), field.column
        elif field.struct is not None and not field.is_list and not wrapped_list(field.struct):
            inner = values(field.attribute)
            yield from _leaves(inner, field.struct, f"{prefix}{field.name}.")
    for field in computed_of(shape):
        if field.column is not None:
            yield prefix + field.name, values(field.attribute), field.column


def _series(name: str, values: list[Any], dtype: ColumnType) -> pl.Series:
    """A column; lists are put together in bulk, since each would be a series of its own."""
    if not isinstance(dtype, pl.List):
        return pl.Series(name, values, dtype=dtype)
    items, owners = flatten(one or () for one in values)
    held = pl.DataFrame({ROW: owners, name: items}, schema={ROW: pl.UInt32, name: dtype.inner})
    is_told = pl.Series("is_told", [one is not None for one in values], dtype=pl.Boolean)
    rows = is_told.to_frame().with_row_index(ROW)
    lists = rows.join(held.group_by(ROW).agg(name), on=ROW, how="left", maintain_order="left")
    told = pl.coalesce(name, pl.lit([], dtype=dtype))
    return lists.select(pl.when("is_told").then(told).alias(name)).to_series()


def _lists(shape: Any, prefix: str = "") -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """Path, attributes on the way and type of the structs of each list, however deep in structs."""
    for field in fields_of(shape):
        if field.struct is None:
            continue
        path, wrapped = prefix + field.name, wrapped_list(field.struct)
        if field.is_list:
            yield path, (field.attribute,), field.struct
        elif wrapped is not None:
            yield path, (field.attribute, wrapped.attribute), wrapped.struct
        else:
            for inner, steps, item in _lists(field.struct, f"{path}."):
                yield inner, (field.attribute, *steps), item


def _items(structs: Sequence[Any], steps: tuple[str, ...]) -> Iterator[Sequence[Any]]:
    held = structs
    for step in steps:
        held = _values(held)(step)
    return map(listed, held)


def _values(structs: Sequence[Any]) -> Callable[[str], list[Any]]:
    """Reads an attribute of each; None of what is missing, which is looked for once."""
    if None in structs:
        return lambda name: [None if one is None else getattr(one, name) for one in structs]
    return lambda name: list(map(attrgetter(name), structs))


def listed(found: Any) -> Sequence[Any]:
    """The rows of a list, of which one alone may stand for itself and none may be left out."""
    if found is None:
        return ()
    return found if isinstance(found, list | tuple) else (found,)


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
            pl.Series(name, _along(structs, path), dtype=dtype)
            for name, (path, dtype) in paths.items()
        ]
    )


def _along(structs: Sequence[msgspec.Struct], path: str) -> list[Any]:
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
    children: pl.DataFrame, parents: pl.DataFrame, owners: Sequence[int] | pl.Series | pl.Series
) -> pl.DataFrame:
    """Children with the columns of their parents, by the parent's row number, beside them."""
    return children.hstack(parents.select(pl.all().gather(pl.Series(owners, dtype=pl.UInt32))))


def first_of_each(rows: pl.DataFrame, key: Iterable[str]) -> pl.DataFrame:
    """The first row of each key, in order.

    Mostly no key comes twice, which one number a row tells for a fraction of the memory.
    """
    names = list(dict.fromkeys(key))
    if rows.select(names).hash_rows().n_unique() == rows.height:
        return rows
    return rows.unique(names, keep="first", maintain_order=True)


def empty_to_null(column: str) -> pl.Expr:
    """Text; null where it is empty."""
    return pl.when(pl.col(column) != "").then(pl.col(column))
