"""Rows at a place of a JSON answer: each can be read by itself, or all of them as frames."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Generic, TypeVar

import msgspec

from connectors.base.documents import At, Identify
from connectors.base.frames import Batch, Frames, frames, listed
from connectors.base.sending import read
from connectors.base.wire import decoded, unknown_fields
from contracts.actions import Unread
from contracts.streams import Page

RowT = TypeVar("RowT", bound=msgspec.Struct)
_MEMBERS = msgspec.json.Decoder(dict[str, object])


class Rows(Generic[RowT]):
    """A list of structs at a path of members, joined by dots; empty: the answer itself.

    A list that is not there is an empty one, and one row may stand without its list.

    Args:
        ignored: fields that the platform documents and always sends, and that are not read.
        decoder: `lenient` where numbers may be written as text and the other way round.
    """

    def __init__(
        self,
        path: str,
        row: type[RowT],
        *,
        ignored: Iterable[str] = (),
        decoder: Callable[[Any], msgspec.json.Decoder[Any]] = msgspec.json.Decoder,
    ) -> None:
        self.path, self.row = path, row
        self._steps = path.split(".") if path else []
        self._ignored = frozenset(ignored)
        self.one: msgspec.json.Decoder[RowT] = decoder(row)
        """Reads one row."""
        self._all = decoder(_inside(self._steps, list[row] | row | None))  # type: ignore[valid-type]
        self._raws = msgspec.json.Decoder(_inside(self._steps, msgspec.Raw))

    def rows(self, body: bytes) -> list[RowT]:
        """The rows of an answer.

        Raises:
            SourceContractError: the answer has a shape that we do not know.
        """
        return list(listed(self._found(decoded(self._all.decode, body))))

    def raw(self, body: bytes) -> list[msgspec.Raw]:
        """The rows of an answer, undecoded, so that each can be read by itself."""
        found = self._found(decoded(self._raws.decode, body))
        text = b"null" if found is None else bytes(found).strip()
        if text[:1] == b"[":
            return msgspec.json.decode(text, type=list[msgspec.Raw])
        return [] if text == b"null" else [msgspec.Raw(text)]

    def readable(self, body: bytes) -> Iterator[RowT]:
        """The rows of an answer that can be read; an odd one costs itself."""
        for raw in self.raw(body):
            with suppress(msgspec.DecodeError):
                yield self.one.decode(raw)

    def named(self, body: bytes, name: str) -> dict[str, RowT | Unread]:
        """Rows by the member that names them, each read by itself; one without a name is left out.

        A number may be written as text there.
        """
        found = ((_text(raw, name), raw) for raw in self.raw(body))
        return {text: read(partial(decoded, self.one.decode, raw)) for text, raw in found if text}

    def unknown(self, body: bytes) -> set[str]:
        """Names of fields of the first row that are not declared."""
        first = [msgspec.json.decode(raw) for raw in self.raw(body)[:1]]
        return unknown_fields(first, list[self.row]) - self._ignored  # type: ignore[name-defined]

    def frames(self, pages: Iterable[Page]) -> Frames:
        """All rows of the pages, with the lists inside them."""
        unknown = set[str]()

        def batches() -> Iterator[Batch]:
            for page in pages:
                unknown.update(self.unknown(page.body))
                yield self.rows(page.body), page.part

        found = frames(batches(), self.row)
        return replace(found, unknown=tuple(sorted(unknown)))

    def at(self, table: str, id: str | Identify) -> At:
        """Where its documents lie, for `JsonDocuments`."""
        return At(self.path, table, id, self.one)

    def _found(self, value: Any) -> Any:
        for step in self._steps:
            value = None if value is None else getattr(value, step)
        return value


def _text(raw: msgspec.Raw, name: str) -> str:
    """What a row is called, whatever else it holds; empty where that cannot be told."""
    try:
        value = _MEMBERS.decode(raw).get(name)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _inside(steps: list[str], rows: Any) -> Any:
    """The type of an answer that holds `rows` at a path and whose other members do not matter."""
    held = rows
    for step in reversed(steps):
        default = msgspec.Raw(b"null") if held is msgspec.Raw else None
        kind = held if held is msgspec.Raw else held | None
        held = msgspec.defstruct("Inside", [(step, kind, default)], gc=False)
    return held
