"""What a request asks in its URL, checked against its operation."""

import base64
import binascii
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from sandbox.klaviyo.errors import invalid
from sandbox.klaviyo.fields import names
from sandbox.klaviyo.filters import Condition, conditions
from sandbox.klaviyo.operations import Operation

CURSOR: Final = "page[cursor]"
# The last is of a review: the events that led to it.
NOT_KEPT: Final = names("attributions conversations lists push-tokens segments tags _kx events")
"""What the platform could include or search by, and the emulated account does not keep: an answer
without it would look as if there were none."""


@dataclass(frozen=True)
class Query:
    """Parameters by meaning. `after` is the sort key of the last row of the page before."""

    fields: Mapping[str, frozenset[str]]
    additional: frozenset[str]
    include: frozenset[str]
    conditions: Sequence[Condition]
    sort: str
    size: int
    after: list[Any] | None


def query_of(operation: Operation, given: Sequence[tuple[str, str]]) -> Query:
    """The parameters of a request.

    Raises:
        RefusedError: 400, an undeclared parameter, or a value it may not have.
    """
    values: dict[str, list[str]] = {}
    for name, value in given:
        if name not in operation.parameters:
            raise invalid(f"{name!r} is not a valid query parameter.", parameter=name)
        values.setdefault(name, []).append(value)
    text = _text(values, "filter")
    found = [] if text is None else conditions(text, operation.filters)
    include = _listed(values, "include", operation.include)
    filtered = {one.field for one in found}
    _check_kept("include", include)
    _check_kept("filter", filtered)
    if operation.required and not operation.required & filtered:
        named = " or ".join(sorted(operation.required))
        raise invalid(f"A filter on {named} is required.", parameter="filter")
    sort = _text(values, "sort")
    if sort is not None and sort.removeprefix("-") not in operation.sort:
        raise invalid(f"Cannot sort by {sort!r}.", parameter="sort")
    cursor = _text(values, CURSOR)
    return Query(
        fields={
            kind: _listed(values, name, allowed)
            for kind, allowed in operation.fields.items()
            if (name := f"fields[{kind}]") in values
        },
        additional=_listed(values, "additional-fields[profile]", operation.additional),
        include=include,
        conditions=found,
        sort=sort or "",
        size=_size(_text(values, "page[size]"), operation),
        after=None if cursor is None else _after(cursor, sort or ""),
    )


def _check_kept(parameter: str, asked: Set[str]) -> None:
    if missing := NOT_KEPT & asked:
        named = ", ".join(sorted(missing))
        raise invalid(f"The emulated account keeps no {named}.", parameter=parameter)


def _text(values: Mapping[str, list[str]], name: str) -> str | None:
    """The value of a parameter that may be given once."""
    given = values.get(name, [])
    if len(given) > 1:
        raise invalid(f"{name!r} is given more than once.", parameter=name)
    return given[0] if given else None


def _listed(values: Mapping[str, list[str]], name: str, allowed: frozenset[str]) -> frozenset[str]:
    """The words of a list, which may be given in one value or in several."""
    given = values.get(name)
    found = frozenset(",".join(given).split(",") if given else [])
    if not found <= allowed:
        detail = f"{', '.join(sorted(found - allowed))} is not a valid value of {name!r}."
        raise invalid(detail, parameter=name)
    return found


def _size(text: str | None, operation: Operation) -> int:
    default, largest = operation.page or (0, 0)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= largest):
        raise invalid(f"Page size must be 1 to {largest}.", parameter="page[size]")
    return int(text)


def cursor_of(sort: str, key: Sequence[Any]) -> str:
    """An opaque cursor that points behind a row."""
    return base64.urlsafe_b64encode(msgspec.json.encode([sort, list(key)])).decode()


def _after(cursor: str, sort: str) -> list[Any]:
    try:
        given, key = msgspec.json.decode(
            base64.urlsafe_b64decode(cursor), type=tuple[str, tuple[bool, str | int, str]]
        )
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise invalid("The cursor is not valid.", parameter=CURSOR) from error
    if given != sort:
        raise invalid("The cursor belongs to another order.", parameter=CURSOR)
    return list(key)
