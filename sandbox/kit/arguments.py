"""What came with a call, read by type; a wrong one ends the call with its error.

A reader turns the text of an argument into its value, or raises ValueError with the reason:
`args.needed("tid", whole)`, `args.get("page_size", between(1, 100), 40)`.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar, overload

from sandbox.kit.errors import ErrorTable
from sandbox.kit.values import minor_of

MAX_INTEGER: Final = 2**63 - 1
MAX_PRICE_MINOR: Final = 100_000_000 * 100

T = TypeVar("T")
Reader = Callable[[str], T]


class Arguments:
    """Arguments by name, as text; an empty one counts as not given.

    `errors` has the rows `missing` (with a place `name`) and `invalid` (`name` and `reason`).
    """

    def __init__(self, given: Mapping[str, str], errors: ErrorTable) -> None:
        self._given, self._errors = given, errors

    @overload
    def get(self, name: str, read: Reader[T]) -> T | None: ...
    @overload
    def get(self, name: str, read: Reader[T], default: T) -> T: ...
    def get(self, name: str, read: Reader[T], default: T | None = None) -> T | None:
        """The value of an argument, or the default.

        Raises:
            RefusedError: `invalid`, it is none that the reader takes.
        """
        text = self._given.get(name)
        if not text:
            return default
        return reading(self._errors, name, read, text)

    def needed(self, name: str, read: Reader[T]) -> T:
        """The value of an argument that is required.

        Raises:
            RefusedError: `missing` or `invalid`.
        """
        found = self.get(name, read)
        if found is None:
            raise self._errors("missing", name=name)
        return found

    def text(self, name: str) -> str:
        """The argument as it came, or an empty text."""
        return self._given.get(name) or ""

    def names(self, name: str) -> list[str]:
        """Values between commas; none when the argument is absent."""
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def each(self, name: str, read: Reader[T], *, most: int | None = None) -> list[T]:
        """Values between commas, each read; none when the argument is absent.

        Raises:
            RefusedError: `invalid`, one is none that the reader takes, or there are too many.
        """
        found = [reading(self._errors, name, read, one) for one in self.names(name)]
        if most is not None and len(found) > most:
            raise self._errors("invalid", name=name, reason=f"at most {most}")
        return found


def reading(errors: ErrorTable, name: str, read: Reader[T], value: object) -> T:
    """A value that lies inside of an argument, read as if it were one.

    Raises:
        RefusedError: `invalid`.
    """
    try:
        return read(str(value))
    except ValueError as error:
        raise errors("invalid", name=name, reason=error) from error


def whole(text: str) -> int:
    """A whole number of 64 bits."""
    try:
        found = int(text)
    except ValueError:
        raise ValueError("not a number") from None
    if abs(found) > MAX_INTEGER:
        raise ValueError("out of range")
    return found


def less(base: int) -> Reader[int]:
    """A whole number without the base that all numbers of its kind begin at."""
    return lambda text: whole(text) - base


def between(least: int, most: int) -> Reader[int]:
    """A whole number within bounds."""

    def read(text: str) -> int:
        found = whole(text)
        if not least <= found <= most:
            raise ValueError(f"must be between {least} and {most}")
        return found

    return read


def price(text: str) -> int:
    """An amount with two decimals at most, in hundredths: above nothing, below 100 million."""
    minor = minor_of(text)
    if not 0 < minor < MAX_PRICE_MINOR:
        raise ValueError("out of range")
    return minor


def instant_of(text: str) -> datetime:
    """An instant as milliseconds since 1970."""
    return datetime.fromtimestamp(whole(text) / 1000, UTC)


def one_of(*choices: str) -> Reader[str]:
    """One of some texts."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return text

    return read


def day(text: str) -> date:
    """A day as yyyy-MM-dd."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("yyyy-MM-dd") from None


def flag(text: str) -> bool:
    """True only when the argument says so."""
    return text.lower() == "true"


def listed(text: str) -> list[dict[str, Any]]:
    """A list of objects, sent as JSON text."""
    found = _decoded(text)
    if isinstance(found, list) and all(isinstance(one, dict) for one in found):
        return found
    raise ValueError("a list of objects")


def mapped(text: str) -> dict[str, Any]:
    """An object, sent as JSON text."""
    found = _decoded(text)
    if isinstance(found, dict):
        return found
    raise ValueError("an object")


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise ValueError("not JSON") from None
