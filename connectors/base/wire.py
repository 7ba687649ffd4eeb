"""Answers decoded into structs: numbers for text, odd shapes, unknown fields."""

import re
import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

import msgspec

from contracts.errors import SourceContractError

Source = TypeVar("Source")
Decoded = TypeVar("Decoded")

_ESCAPES = re.compile(
    rb"(?P<whole>\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
"""An escaped backslash, a surrogate pair, or half of one: what is left of an emoji where a platform
cut a text by its length."""


_UNREADABLE = "(no number)"


class Text(str):
    """Text that a platform writes as a number here and there; read by a `lenient` decoder."""

    __slots__ = ()


class Figure(str):
    """A number as it is written; what is none is kept as what cannot be read.

    For rows that add up to one document: its key is told, so that the whole of it can be held.
    """

    __slots__ = ()


_CODE = re.compile(r"[A-Za-z0-9_.-]{1,80}")


def safe_code(text: str) -> str:
    """A platform's code as it may be told; whatever does not look like one may be anything."""
    return text if _CODE.fullmatch(text) else "without a readable code"


def lenient(shape: type[Decoded]) -> msgspec.json.Decoder[Decoded]:
    """Reads numbers for text, digit by digit as they are written, and text for numbers."""
    return msgspec.json.Decoder(shape, strict=False, dec_hook=_as_text, float_hook=str)


def _as_text(kind: type, value: Any) -> Any:
    is_text = isinstance(value, str | int) and not isinstance(value, bool)
    if kind is Text and is_text:
        return Text(value)
    if kind is Figure:
        return Figure(value if is_text else _UNREADABLE)
    raise TypeError(f"Expected `str`, got `{type(value).__name__}`")


def decoded(decode: Callable[[Source], Decoded], body: Source) -> Decoded:
    """What `decode` makes of an answer.

    Raises:
        SourceContractError: it is no JSON, or not of the shape that we know. The message names
            fields and types, never a value, which could be personal.
    """
    try:
        return decode(body)
    except msgspec.ValidationError as error:
        raise SourceContractError(f"an answer has an unknown shape: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        if isinstance(body, bytes) and (mended := _without_half_pairs(body)) != body:
            return decoded(decode, mended)  # type: ignore[arg-type]  # bytes as before
        raise SourceContractError("an answer is not readable JSON") from None
    except RecursionError:
        raise SourceContractError("an answer is nested too deeply") from None


def _without_half_pairs(body: bytes) -> bytes:
    return _ESCAPES.sub(lambda found: found["whole"] or rb"\ufffd", body)


def unknown_fields(value: Any, shape: Any) -> set[str]:
    """Names in a plain decoded value that the struct type `shape` does not declare."""
    shape = _struct_in(shape)
    if isinstance(value, list):
        return set().union(*(unknown_fields(item, shape) for item in value))
    if shape is None or not isinstance(value, dict):
        return set()
    known = _members(shape)
    unknown = set(value) - set(known)
    nested = (unknown_fields(item, known[name]) for name, item in value.items() if name in known)
    return unknown.union(*nested)


@cache
def _members(shape: Any) -> dict[str, Any]:
    """Types by the names of a struct type's fields."""
    return {field.encode_name: field.type for field in msgspec.structs.fields(shape)}


@cache
def _struct_in(shape: Any) -> Any:
    """The struct type inside an optional, list, tuple or generic type; null for a plain type."""
    while typing.get_origin(shape) is typing.Annotated:
        shape = typing.get_args(shape)[0]
    origin = typing.get_origin(shape)
    if origin in (list, tuple, types.UnionType, typing.Union):
        found = (_struct_in(part) for part in typing.get_args(shape))
        return next((part for part in found if part is not None), None)
    plain = origin or shape
    return shape if isinstance(plain, type) and issubclass(plain, msgspec.Struct) else None
