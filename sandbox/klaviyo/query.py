"""What a request asks in its URL, checked against its operation."""

import base64
import binascii
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from sandbox.klaviyo.errors import invalid
from sandbox.klaviyo.filters import Condition, conditions
from sandbox.klaviyo.operations import Operation

CURSOR: Final = "page[cursor]"
NOT_KEPT: Final = frozenset(
    {"attributions", "conversations", "lists", "push-tokens", "segments", "tags", "_kx"}
    | {"events"}  # that a review led to
)
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
    for name, _ in given:
        if name not in operation.parameters:
            raise invalid(f"{name!r} is not a valid query parameter.", parameter=name)
    values = _Values(given)
    found = conditions(values.text("filter"), operation.filters) if "filter" in values else []
    include = values.listed("include", operation.include)
    _check_kept("include", include)
    _check_kept("filter", {one.field for one in found})
    if operation.required and not operation.required & {one.field for one in found}:
        named = " or ".join(sorted(operation.required))
        raise invalid(f"A filter on {named} is required.", parameter="filter")
    sort = values.text("sort")
    if "sort" in values and sort.removeprefix("-") not in operation.sort:
        raise invalid(f"Cannot sort by {sort!r}.", parameter="sort")
    kinds = operation.fields
    return Query(
        fields={
            kind: values.listed(name, kinds[kind])
            for kind in kinds
            if (name := f"fields[{kind}]") in values
        },
        additional=values.listed("additional-fields[profile]", operation.additional),
        include=include,
        conditions=found,
        sort=sort,
        size=_size(values.text("page[size]") if "page[size]" in values else None, operation),
        after=_after(values.text(CURSOR), sort) if CURSOR in values else None,
    )


def _check_kept(parameter: str, names: Collection[str]) -> None:
    if missing := NOT_KEPT & set(names):
        named = ", ".join(sorted(missing))
        raise invalid(f"The emulated account keeps no {named}.", parameter=parameter)


class _Values:
    """The values by name; a list may be given in one value or in several."""

    def __init__(self, given: Sequence[tuple[str, str]]) -> None:
        self._given: dict[str, list[str]] = {}
        for name, value in given:
            self._given.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._given

    def text(self, name: str) -> str:
        """The value of a parameter that is given once, or an empty text."""
        values = self._given.get(name, [""])
        if len(values) > 1:
            raise invalid(f"{name!r} is given more than once.", parameter=name)
        return values[0]

    def listed(self, name: str, allowed: frozenset[str]) -> frozenset[str]:
        """The words of a list."""
        given = self._given.get(name)
        found = frozenset(",".join(given).split(",") if given else [])
        if not found <= allowed:
            detail = f"{', '.join(sorted(found - allowed))} is not a valid value of {name!r}."
            raise invalid(detail, parameter=name)
        return found


def _size(text: str | None, operation: Operation) -> int:
    if operation.page is None:
        return 0
    default, largest = operation.page
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
