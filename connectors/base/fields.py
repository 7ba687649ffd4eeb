"""What a struct of `wire.py` declares: the one place where a field is said.

From it come the columns of a frame (`connectors.base.frames`) and the text of a query, here.
"""

import types
import typing
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
import polars as pl
from polars.datatypes import DataTypeClass

ColumnType = pl.DataType | DataTypeClass

_LISTS = (list, tuple)
_COLUMNS: tuple[tuple[type, ColumnType], ...] = (
    (bool, pl.Boolean),
    (int, pl.Int64),
    (float, pl.Float64),
    (str, pl.String),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One member of a struct. At most one of `column`, `struct` says what it holds.

    `name` is as the platform writes it, `attribute` as the struct does. Without either, no column
    is made of it: it is an object of any shape.
    """

    name: str
    attribute: str
    column: ColumnType | None = None
    struct: Any = None
    is_list: bool = False
    arguments: str = ""
    on: str = ""
    is_requested: bool = True


def requested(*, arguments: str = "", on: str = "", is_requested: bool = True) -> msgspec.Meta:
    """How a query asks for a field: `Annotated[Connection[Line], requested(arguments=…)]`.

    Args:
        arguments: what stands in its parentheses, in GraphQL.
        on: the type that has it, where its parent may be of several; in GraphQL.
        is_requested: whether it is part of a query at all, and not only of answers.
    """
    return msgspec.Meta(extra={"arguments": arguments, "on": on, "is_requested": is_requested})


@cache
def fields_of(shape: Any) -> tuple[Field, ...]:
    """The members that a struct type declares, in their order."""
    return tuple(_field(one.encode_name, one.name, one.type) for one in _members(shape))


@cache
def computed_of(shape: Any) -> tuple[Field, ...]:
    """The properties of a struct type that are values of a column's type, by their names."""
    kind = typing.get_origin(shape) or shape
    found = ((name, one) for name, one in vars(kind).items() if isinstance(one, property))
    told = ((name, typing.get_type_hints(one.fget).get("return")) for name, one in found)
    return tuple(field for name, kind in told if (field := _field(name, name, kind)).column)


def wrapped_list(shape: Any) -> Field | None:
    """The list that is all a struct holds, such as {"order": […]}: it is its list's wrapper."""
    fields = fields_of(shape)
    return fields[0] if len(fields) == 1 and fields[0].is_list and fields[0].struct else None


def field_list(shape: Any, *, whole: Collection[str] = ()) -> str:
    """The names of all fields, joined by commas; those inside others behind a dot.

    Args:
        whole: fields of structs that are asked for by their own name alone.
    """
    return ",".join(_names(shape, whole))


def selection(shape: Any) -> str:
    """The fields as a GraphQL selection; see `requested`."""
    parts: list[str] = []
    fragments: dict[str, list[str]] = {}
    for field in fields_of(shape):
        if field.is_requested:
            inner = f" {{ {selection(field.struct)} }}" if field.struct is not None else ""
            text = f"{field.name}{f'({field.arguments})' if field.arguments else ''}{inner}"
            (fragments.setdefault(field.on, []) if field.on else parts).append(text)
    parts += [f"... on {name} {{ {' '.join(texts)} }}" for name, texts in fragments.items()]
    return " ".join(parts)


def _members(shape: Any) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(shape)


def _field(name: str, attribute: str, kind: Any) -> Field:
    asked: dict[str, Any] = {}
    while typing.get_origin(kind) is typing.Annotated:
        kind, *notes = typing.get_args(kind)
        for note in notes:
            asked |= (note.extra or {}) if isinstance(note, msgspec.Meta) else {}
    found = list(_alternatives(kind))
    listed = [one for one in found if typing.get_origin(one) in _LISTS]
    inner = typing.get_args(listed[0])[0] if listed else found[0] if len(found) == 1 else None
    struct = inner if _is_struct(inner) else None
    return Field(
        name=name,
        attribute=attribute,
        column=None if struct is not None else _column(inner, is_list=bool(listed)),
        struct=struct,
        is_list=bool(listed),
        **asked,
    )


def _alternatives(kind: Any) -> Iterator[Any]:
    """The types of a union, None left out."""
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        for one in typing.get_args(kind):
            yield from _alternatives(one)
    elif kind is not type(None):
        yield kind


def _is_struct(kind: Any) -> bool:
    plain = typing.get_origin(kind) or kind
    return isinstance(plain, type) and issubclass(plain, msgspec.Struct)


def _column(kind: Any, *, is_list: bool) -> ColumnType | None:
    plain = kind if isinstance(kind, type) else object
    dtype = next((dtype for known, dtype in _COLUMNS if issubclass(plain, known)), None)
    return pl.List(dtype) if is_list and dtype is not None else dtype


def _names(shape: Any, whole: Collection[str]) -> Iterator[str]:
    for field in fields_of(shape):
        if not field.is_requested:
            continue
        if field.struct is None or field.name in whole:
            yield field.name
            continue
        inner = wrapped_list(field.struct) or field
        yield from (f"{field.name}.{name}" for name in _names(inner.struct, whole))
