"""The documents of a page one by one, however odd: lists are turned by them, and writes found."""

import datetime as dt
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import msgspec

from connectors.base.wire import decoded

_PAGE = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Row:
    """A document as it is told. Whether its shape is odd is judged by whoever reads more of it."""

    key: Hashable
    told: dict[str, Any]
    raw: msgspec.Raw

    @property
    def id(self) -> int | None:
        """Its number; null where it has none that can be asked for."""
        return number(self.told.get("id"))

    @property
    def changed_at(self) -> dt.datetime | None:
        """When it was last changed, if that can be read."""
        try:
            return dt.datetime.fromisoformat(self.told["date_modified_gmt"]).replace(tzinfo=dt.UTC)
        except (KeyError, TypeError, ValueError):
            return None

    def listed(self, name: str) -> list[dict[str, Any]]:
        """The objects of a list inside it."""
        found = self.told.get(name)
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def rows_of(body: bytes) -> list[Row]:
    """The documents of a list.

    Raises:
        SourceContractError: it is no list.
    """
    found: list[Row] = []
    for raw in decoded(_PAGE.decode, body):
        told = plain(raw)
        told = told if isinstance(told, dict) else {}
        own = number(told.get("id"))
        found.append(Row(bytes(raw) if own is None else own, told, raw))
    return found


def plain(raw: msgspec.Raw) -> Any:
    """A document as plain values; null where a text in it is no text."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def number(value: object) -> int | None:
    """A whole number as such; null for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
