"""The arguments of a call, read by type; a wrong one ends the call with its code."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sandbox.taobao.errors import invalid, missing
from sandbox.taobao.values import Answer, parsed, without_nulls

MAX_INTEGER = 2**63 - 1


class Arguments:
    """What came with the call, in one of its halves or the other."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given

    def text(self, name: str) -> str | None:
        """The argument, or None."""
        return self._given.get(name) or None

    def needed(self, name: str) -> str:
        """The argument, which is required."""
        found = self.text(name)
        if found is None:
            raise missing(name)
        return found

    def number(self, name: str) -> int | None:
        """A whole number, or None."""
        text = self.text(name)
        if text is None:
            return None
        try:
            found = int(text)
        except ValueError as error:
            raise invalid(name, "not a number") from error
        if abs(found) > MAX_INTEGER:
            raise invalid(name, "out of range")
        return found

    def needed_number(self, name: str) -> int:
        """A whole number, which is required."""
        self.needed(name)
        found = self.number(name)
        assert found is not None
        return found

    def between(self, name: str, *, least: int, most: int, default: int) -> int:
        """A whole number between two."""
        found = self.number(name)
        if found is None:
            return default
        if not least <= found <= most:
            raise invalid(name, f"must be between {least} and {most}")
        return found

    def instant(self, name: str) -> datetime | None:
        """A time in GMT+8, or None."""
        text = self.text(name)
        try:
            return None if text is None else parsed(text)
        except ValueError as error:
            raise invalid(name, "yyyy-MM-dd HH:mm:ss") from error

    def needed_instant(self, name: str) -> datetime:
        """A time in GMT+8, which is required."""
        self.needed(name)
        found = self.instant(name)
        assert found is not None
        return found

    def day(self, name: str) -> date:
        """A day, which is required."""
        try:
            return date.fromisoformat(self.needed(name))
        except ValueError as error:
            raise invalid(name, "yyyy-MM-dd") from error

    def flag(self, name: str) -> bool:
        """True only when the argument says so."""
        return (self.text(name) or "false").lower() == "true"

    def names(self, name: str) -> list[str]:
        """Values between commas; none when the argument is absent."""
        return [part.strip() for part in (self.text(name) or "").split(",") if part.strip()]

    def structure(self, name: str) -> Any:
        """A value sent as JSON text, or None."""
        text = self.text(name)
        try:
            return None if text is None else json.loads(text)
        except json.JSONDecodeError as error:
            raise invalid(name, "not JSON") from error

    def fields(self) -> "Fields":
        """The fields the answer must have."""
        self.needed("fields")
        return Fields(frozenset(self.names("fields")))


class Fields:
    """The fields a call asked for; nothing else is answered."""

    def __init__(self, asked: frozenset[str]) -> None:
        self._asked = asked

    def of(self, row: Answer) -> Answer:
        """The row's fields that were asked for and have a value."""
        return without_nulls({name: row[name] for name in row if name in self._asked})

    def below(self, name: str, item: str) -> "Fields | None":
        """The fields of a list's items: all by the list's name, some by name.field; else None."""
        if self._asked & {name, item}:
            return _All(frozenset())
        heads = (f"{name}.{item}.", f"{name}.", f"{item}.")
        found = frozenset(
            field.removeprefix(head)
            for field in self._asked
            for head in heads
            if field.startswith(head)
        )
        return Fields(found) if found else None


class _All(Fields):
    def of(self, row: Answer) -> Answer:
        return without_nulls(row)
