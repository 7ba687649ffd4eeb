"""The documents of a list one by one, however odd: lists are turned by them, and writes found.

What fetching needs of a document is read here without its declared shape, which the mapping judges:
an odd one is landed like the others, and ends nothing.
"""

import datetime as dt
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import msgspec

from connectors.base.wire import decoded

_LIST = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class PlainRow:
    """A document as it came."""

    key: Hashable
    """Its number; of one that has none, its bytes."""
    value: dict[str, Any]
    raw: msgspec.Raw

    @property
    def id(self) -> int | None:
        """Its number; None where it has none that can be asked for."""
        return whole_number(self.value.get("id"))

    def instant(self, name: str) -> dt.datetime | None:
        """An instant of it, UTC where no offset is given; None where it cannot be read."""
        try:
            found = dt.datetime.fromisoformat(self.value[name])
        except (KeyError, TypeError, ValueError):
            return None
        return found if found.tzinfo else found.replace(tzinfo=dt.UTC)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The objects of a list inside it."""
        found = self.value.get(name)
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def plain_rows(body: bytes) -> list[PlainRow]:
    """The documents of an answer that is a list, as they came.

    Raises:
        SourceContractError: it is no list.
    """
    found: list[PlainRow] = []
    for raw in decoded(_LIST.decode, body):
        try:
            value = msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):  # a text in it is no text
            value = None
        value = value if isinstance(value, dict) else {}
        number = whole_number(value.get("id"))
        found.append(PlainRow(bytes(raw) if number is None else number, value, raw))
    return found


def whole_number(value: object) -> int | None:
    """A whole number as such; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
