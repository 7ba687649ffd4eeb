"""The filter language: `and(greater-than(updated,2026-01-01T00:00:00Z),equals(email,"a"))`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.klaviyo.errors import invalid

Value = str | float | bool | None | list["Value"]
_TOKEN: Final = re.compile(
    r'\s*(?:(?P<mark>[(),\[\]])|"(?P<double>(?:[^"\\]|\\.)*)"|'
    r"'(?P<single>(?:[^'\\]|\\.)*)'|(?P<word>[^\s(),\[\]'\"]+))\s*"
)
_INSTANTS: Final = frozenset(
    {
        "created", "updated", "created_at", "updated_at", "scheduled_at", "expires_at",
        "datetime", "timestamp",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Condition:
    """One comparison: dates are text in UTC with seconds, as documents have them."""

    field: str
    operator: str
    value: Value

    def holds(self, found: list[Any]) -> bool:
        """Whether any of a field's values passes."""
        if self.operator == "has":
            return any(value is not None for value in found)
        test = _TESTS[self.operator]
        return any(value is not None and test(value, self.value) for value in found)


_TESTS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "equals": lambda found, value: bool(found == value),
    "any": lambda found, value: found in value,
    "contains": lambda found, value: str(value).lower() in found.lower(),
    "greater-than": lambda found, value: bool(found > value),
    "greater-or-equal": lambda found, value: bool(found >= value),
    "less-than": lambda found, value: bool(found < value),
    "less-or-equal": lambda found, value: bool(found <= value),
}


def conditions(text: str, allowed: Mapping[str, frozenset[str]]) -> list[Condition]:
    """All comparisons of a filter; every one has to hold.

    Args:
        allowed: operators by field.

    Raises:
        RefusedError: 400, it cannot be read, or a field does not have the operator.
    """
    words = _Words(text)
    found = _joined(words, allowed)
    if words.peek() is not None:
        raise _unreadable()
    return found


def instant_text(value: str) -> str:
    """An ISO instant as documents have it: in UTC, whole seconds.

    Raises:
        ValueError: not an instant with a zone, or out of any calendar.
    """
    # A plus sign that was not encoded arrives as a space.
    at = datetime.fromisoformat(re.sub(r" (?=\d\d:\d\d$)", "+", value))
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return utc_text(at)


def utc_text(at: datetime) -> str:
    """An instant as documents have it.

    Raises:
        ValueError: it leaves the calendar in UTC.
    """
    try:
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00").rjust(25, "0")
    except OverflowError as error:
        raise ValueError("out of the calendar") from error


class _Words:
    """The words of a filter, one after the other."""

    def __init__(self, text: str) -> None:
        self._words: list[tuple[str, bool]] = []
        place = 0
        while place < len(text):
            token = _TOKEN.match(text, place)
            if token is None:
                raise _unreadable()
            place = token.end()
            quoted = token["double"] if token["double"] is not None else token["single"]
            if quoted is not None:
                self._words.append((re.sub(r"\\(.)", r"\1", quoted), True))
            else:
                self._words.append((token["mark"] or token["word"], False))
        self._words.reverse()

    def peek(self) -> str | None:
        """The next word if it is not quoted; None at the end."""
        return self._words[-1][0] if self._words and not self._words[-1][1] else None

    def next(self) -> tuple[str, bool]:
        """The next word, and whether it was quoted."""
        if not self._words:
            raise _unreadable()
        return self._words.pop()

    def expect(self, mark: str) -> None:
        """Take a mark."""
        if self.next() != (mark, False):
            raise _unreadable()


def _joined(words: _Words, allowed: Mapping[str, frozenset[str]]) -> list[Condition]:
    found = _one(words, allowed)
    while words.peek() == ",":
        words.next()
        found += _one(words, allowed)
    return found


def _one(words: _Words, allowed: Mapping[str, frozenset[str]]) -> list[Condition]:
    operator = words.next()[0]
    words.expect("(")
    if operator == "and":
        found = _joined(words, allowed)
        words.expect(")")
        return found
    field, quoted = words.next()
    if quoted or operator not in allowed.get(field, frozenset()):
        raise invalid(f"{operator!r} is not allowed on {field!r}.", parameter="filter")
    value: Value = None
    if operator != "has":
        words.expect(",")
        value = _value(words, field)
        if isinstance(value, list) != (operator == "any"):
            raise _unreadable()
    words.expect(")")
    return [Condition(field, operator, value)]


def _value(words: _Words, field: str) -> Value:
    if words.peek() != "[":
        return _typed(field, *words.next())
    words.next()
    values: list[Value] = []
    while words.peek() != "]":
        if values:
            words.expect(",")
        values.append(_typed(field, *words.next()))
    words.next()
    return values


def _typed(field: str, text: str, quoted: bool) -> Value:
    """The value as the field has it."""
    name = field.rpartition(".")[2]
    try:
        if field == "timestamp" and re.fullmatch(r"\d{1,11}", text):
            return utc_text(datetime.fromtimestamp(int(text), UTC))
        if name in _INSTANTS:
            return instant_text(text)
        if name == "rating":
            return int(text)
        if not quoted and text in ("true", "false"):
            return text == "true"
        if not quoted and text in "(),[]":
            raise _unreadable()
    except (ValueError, OverflowError) as error:
        detail = f"{text!r} is not a value of {field!r}."
        raise invalid(detail, parameter="filter") from error
    return text


def _unreadable() -> Exception:
    return invalid("The filter could not be parsed.", parameter="filter")
