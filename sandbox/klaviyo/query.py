"""What a request asks in its URL, checked against its operation."""

import base64
import binascii
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.datastructures import QueryParams

from sandbox.kit import parameters
from sandbox.klaviyo.errors import ERRORS, invalid
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


def query_of(operation: Operation, given: QueryParams) -> Query:
    """The parameters of a request.

    Raises:
        RefusedError: 400, an undeclared parameter, or a value it may not have.
    """
    declared = operation.parameters
    for name in given:
        if name not in declared:
            raise invalid(f"{name!r} is not a valid query parameter.", parameter=name)
    values = parameters.read(declared, given, ERRORS)
    text, cursor, sort = values.get("filter"), values.get(CURSOR), values.get("sort") or ""
    found = [] if text is None else conditions(text, operation.filters)
    include = frozenset(values.get("include", ()))
    filtered = {one.field for one in found}
    _check_kept("include", include)
    _check_kept("filter", filtered)
    if operation.required and not operation.required & filtered:
        named = " or ".join(sorted(operation.required))
        raise invalid(f"A filter on {named} is required.", parameter="filter")
    asked = {kind: f"fields[{kind}]" for kind in operation.fields}
    return Query(
        fields={kind: frozenset(values[name]) for kind, name in asked.items() if name in given},
        additional=frozenset(values.get("additional-fields[profile]", ())),
        include=include,
        conditions=found,
        sort=sort,
        size=values.get("page[size]") or (operation.page or (0, 0))[0],
        after=None if cursor is None else _after(cursor, sort),
    )


def _check_kept(parameter: str, asked: Set[str]) -> None:
    if missing := NOT_KEPT & asked:
        named = ", ".join(sorted(missing))
        raise invalid(f"The emulated account keeps no {named}.", parameter=parameter)


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
