"""The filter language: `and(greater-than(updated,2026-01-01T00:00:00Z),equals(email,"a"))`."""

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.kit.errors import RefusedError
from sandbox.klaviyo.errors import invalid
from sandbox.klaviyo.fields import names

Value = str | float | bool | None | list["Value"]
Allowed = Mapping[str, frozenset[str]]
_TOKEN: Final = re.compile(
    r'\s*(?:(?P<mark>[(),\[\]])|"(?P<double>(?:[^"\\]|\\.)*)"|'
    r"'(?P<single>(?:[^'\\]|\\.)*)'|(?P<word>[^\s(),\[\]'\"]+))\s*"
)
_INSTANTS: Final = names(
    "created updated created_at updated_at scheduled_at expires_at datetime timestamp"
)


@dataclass(frozen=True)
class Condition:
    """One comparison: dates are text in UTC with seconds, as documents have them."""

    field: str
    operator: str
    value: Value

    def holds(self, found: list[Any]) -> bool:
        """Whether any of a field's values passes."""
        test = _TESTS[self.operator]
        return any(value is not None and test(value, self.value) for value in found)


_TESTS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "has": lambda found, value: True,
    "equals": lambda found, value: bool(found == value),
    "any": lambda found, value: found in value,
    "contains": lambda found, value: str(value).lower() in found.lower(),
    "greater-than": lambda found, value: bool(found > value),
    "greater-or-equal": lambda found, value: bool(found >= value),
    "less-than": lambda found, value: bool(found < value),
    "less-or-equal": lambda found, value: bool(found <= value),
}


def conditions(text: str, allowed: Allowed) -> list[Condition]:
    """All comparisons of a filter; every one has to hold.

    Args:
        allowed: operators by field.

    Raises:
        RefusedError: 400, it cannot be read, or a field does not have the operator.
    """
    reader = _Reader(text, allowed)
    found = reader.joined()
    reader.end()
    return found


def instant_text(value: str) -> str:
    """An ISO instant as documents have it: in UTC, whole seconds.

    Raises:
        ValueError: not an instant with a zone, or out of any calendar.
    """
    # A plus sign that was not encoded arrives as a space.
    at = datetime.fromisoformat(re.sub(r" (?=\d\d:\d\d$)", "+", value))
    return utc_text(at if at.tzinfo else at.replace(tzinfo=UTC))


def utc_text(at: datetime) -> str:
    """An instant as documents have it.

    Raises:
        ValueError: it leaves the calendar in UTC.
    """
    try:
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00").rjust(25, "0")
    except OverflowError as error:
        raise ValueError("out of the calendar") from error


class _Reader:
    """Reads a filter word by word, from its beginning."""

    def __init__(self, text: str, allowed: Allowed) -> None:
        self._allowed = allowed
        self._words: deque[tuple[str, bool]] = deque()
        place = 0
        while place < len(text):
            token = _TOKEN.match(text, place)
            if token is None:
                raise _unreadable()
            place = token.end()
            quoted = token["single"] if token["double"] is None else token["double"]
            is_quoted = quoted is not None
            word = re.sub(r"\\(.)", r"\1", quoted) if is_quoted else token["mark"] or token["word"]
            self._words.append((word, is_quoted))

    def _takes(self, mark: str) -> bool:
        """Take a mark, if it is the next word."""
        is_next = bool(self._words) and self._words[0] == (mark, False)
        if is_next:
            self._words.popleft()
        return is_next

    def _next(self) -> tuple[str, bool]:
        """The next word, and whether it was quoted."""
        if not self._words:
            raise _unreadable()
        return self._words.popleft()

    def _expect(self, mark: str) -> None:
        if not self._takes(mark):
            raise _unreadable()

    def end(self) -> None:
        """Refuse what is left."""
        if self._words:
            raise _unreadable()

    def joined(self) -> list[Condition]:
        """Comparisons between commas."""
        found = self._one()
        while self._takes(","):
            found += self._one()
        return found

    def _one(self) -> list[Condition]:
        operator = self._next()[0]
        self._expect("(")
        if operator == "and":
            found = self.joined()
            self._expect(")")
            return found
        field, is_quoted = self._next()
        if is_quoted or operator not in self._allowed.get(field, ()):
            raise invalid(f"{operator!r} is not allowed on {field!r}.", parameter="filter")
        value: Value = None
        if operator != "has":
            self._expect(",")
            value = self._list(field) if self._takes("[") else _typed(field, *self._next())
            if isinstance(value, list) != (operator == "any"):
                raise _unreadable()
        self._expect(")")
        return [Condition(field, operator, value)]

    def _list(self, field: str) -> list[Value]:
        values: list[Value] = []
        while not self._takes("]"):
            if values:
                self._expect(",")
            values.append(_typed(field, *self._next()))
        return values


def _typed(field: str, text: str, is_quoted: bool) -> Value:
    """The value as the field has it."""
    name = field.rpartition(".")[2]
    try:
        if field == "timestamp" and re.fullmatch(r"\d{1,11}", text):
            return utc_text(datetime.fromtimestamp(int(text), UTC))
        if name in _INSTANTS:
            return instant_text(text)
        if name == "rating":
            return int(text)
    except (ValueError, OverflowError) as error:
        detail = f"{text!r} is not a value of {field!r}."
        raise invalid(detail, parameter="filter") from error
    if not is_quoted and text in ("true", "false"):
        return text == "true"
    if not is_quoted and text in "(),[]":
        raise _unreadable()
    return text


def _unreadable() -> RefusedError:
    return invalid("The filter could not be parsed.", parameter="filter")
