"""Query parameters and JSON bodies, read as strictly as the models declare them."""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

import msgspec
from starlette.datastructures import QueryParams

from sandbox.amazon.errors import RefusedError, invalid

_INSTANT: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_NUMBER: Final = re.compile(r"-?\d{1,9}", re.ASCII)

T = TypeVar("T")


class Query:
    """The parameters of one call. Every method raises `RefusedError` 400 for a wrong value."""

    def __init__(self, given: QueryParams) -> None:
        self._given = given

    def names(self) -> frozenset[str]:
        """The parameters that were given."""
        return frozenset(self._given.keys())

    def text(
        self, name: str, *, required: bool = False, choices: Collection[str] = ()
    ) -> str | None:
        """The one value of a parameter."""
        values = self._given.getlist(name)
        if len(values) > 1:
            raise invalid(f"{name} takes one value.")
        if not values:
            if required:
                raise _absent(name)
            return None
        if choices and values[0] not in choices:
            raise invalid(f"Invalid {name} provided.")
        return values[0]

    def required(self, name: str, *, choices: Collection[str] = ()) -> str:
        """The one value of a parameter that cannot be left out."""
        value = self.text(name, required=True, choices=choices)
        assert value is not None
        return value

    def texts(
        self,
        name: str,
        *,
        most: int | None = None,
        required: bool = False,
        choices: Collection[str] = (),
    ) -> list[str]:
        """The values of a list: separated by commas, or the parameter repeated.

        One that is given empty holds an empty text. A comma in a list of one is part of its value.
        """
        given = self._given.getlist(name)
        values = given if most == 1 else [part for text in given for part in text.split(",")]
        if required and not values:
            raise _absent(name)
        if choices and not set(values) <= set(choices):
            raise invalid(f"Invalid {name} provided.")
        if most is not None and len(values) > most:
            raise invalid(f"{name} takes at most {most} values.")
        return values

    def number(self, name: str, *, low: int, high: int, default: int) -> int:
        """A whole number within its bounds."""
        text = self.text(name)
        if text is None:
            return default
        if not _NUMBER.fullmatch(text) or not low <= int(text) <= high:
            raise invalid(f"{name} must be between {low} and {high}.")
        return int(text)

    def flag(self, name: str) -> bool:
        """True or false; false when left out."""
        return self.text(name, choices=("true", "false")) == "true"

    def instant(self, name: str) -> datetime | None:
        """An instant in ISO 8601 with its offset."""
        text = self.text(name)
        return None if text is None else instant(text, name)


def _absent(name: str) -> RefusedError:
    return invalid(f"Missing or invalid request parameters: [{name}]")


def instant(text: str, name: str) -> datetime:
    """The instant a text names; `RefusedError` 400 when it names none."""
    wrong = invalid(f"{name} must be a date and time in ISO 8601 format.")
    if not _INSTANT.fullmatch(text):
        raise wrong
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong from None


def body(raw: bytes, shape: type[T]) -> T:
    """The JSON body in its shape; `RefusedError` 400 when it is none or another."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise invalid(f"Invalid request body: {error}") from None


def one_of(values: Sequence[str], known: str) -> bool:
    """Whether a filter lets `known` through; an empty one lets everything through."""
    return not values or known in values
