"""Query parameters as a strict platform declares them: a wrong one ends the call."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.datastructures import QueryParams

from sandbox.kit.errors import ErrorTable

_SECONDS: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)"
_INSTANT: Final = re.compile(_SECONDS, re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,9}", re.ASCII)


@dataclass(frozen=True)
class Parameter:
    """How the texts of a parameter are read, and what it is when it was left out.

    `read` raises ValueError with what is wrong.
    """

    read: Callable[[list[str]], Any]
    default: Any = None
    is_required: bool = False


def read(
    parameters: Mapping[str, Parameter], given: QueryParams, errors: ErrorTable
) -> dict[str, Any]:
    """The values of all parameters an operation takes; others are ignored.

    Raises:
        RefusedError: `missing` (with a place `name`) or `invalid` (`name` and `reason`).
    """
    values = {}
    for name, one in parameters.items():
        texts = given.getlist(name)
        if one.is_required and not texts:
            raise errors("missing", name=name)
        try:
            values[name] = one.read(texts) if texts else one.default
        except ValueError as error:
            raise errors("invalid", name=name, reason=error) from None
    return values


def text(*choices: str, default: str | None = None, is_required: bool = False) -> Parameter:
    """One value, perhaps one of some."""
    return Parameter(lambda given: _chosen(_only(given), choices), default, is_required)


def texts(*choices: str, most: int | None = None, is_required: bool = False) -> Parameter:
    """Values between commas, or the parameter repeated; none when it is left out.

    One that is given empty holds an empty text. A comma in a list of one is part of its value.
    """

    def read_all(given: list[str]) -> list[str]:
        values = given if most == 1 else [part for one in given for part in one.split(",")]
        if most is not None and len(values) > most:
            raise ValueError(f"takes at most {most} values")
        return [_chosen(value, choices) for value in values]

    return Parameter(read_all, [], is_required)


def number(low: int, high: int, default: int) -> Parameter:
    """A whole number within its bounds."""

    def read_one(given: list[str]) -> int:
        value = _only(given)
        if not _NUMBER.fullmatch(value) or not low <= int(value) <= high:
            raise ValueError(f"must be between {low} and {high}")
        return int(value)

    return Parameter(read_one, default)


def flag() -> Parameter:
    """True or false; false when it is left out."""
    return Parameter(lambda given: _chosen(_only(given), ("true", "false")) == "true", False)


def moment() -> Parameter:
    """An instant in ISO 8601 with its offset."""
    return Parameter(lambda given: instant(_only(given)))


def instant(value: str) -> datetime:
    """The UTC instant that a text in ISO 8601 names.

    Raises:
        ValueError: it names none, or has no offset.
    """
    try:
        if _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("must be a date and time in ISO 8601 format")


def _only(given: list[str]) -> str:
    if len(given) > 1:
        raise ValueError("takes one value")
    return given[0]


def _chosen(value: str, choices: Collection[str]) -> str:
    if choices and value not in choices:
        raise ValueError("is none of its values")
    return value
