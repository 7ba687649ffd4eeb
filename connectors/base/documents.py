"""Where documents lie in raw pages, so that an odd one can be taken out and the others kept.

A page that does not decode whole is decoded document by document; `connectors.base.isolation` asks
here which documents a page holds and what is odd about one.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import msgspec

from contracts.errors import SourceContractError
from contracts.streams import Page

Kind = TypeVar("Kind")

_QUOTED = re.compile(r"'[^']*'")
_LINE = re.compile(rb"[^\r\n]+")


@dataclass(frozen=True, slots=True)
class RawDocument:
    """A piece of a page, and the document that it is or belongs to.

    `table` is the root table (`orders` for a line on a page of its own), `document_id` as the
    mapping writes it; null where it cannot be told. `problem` is the place and the kind of an odd
    shape, null where the shape is as promised; it holds no value.
    """

    table: str
    document_id: str | None
    raw: bytes
    problem: tuple[str, str] | None = None


class Documents(Protocol):
    """How the pages of a stream part into documents."""

    def split(self, page: Page) -> list[RawDocument]:
        """The documents of a page, in a fixed order.

        Raises:
            SourceContractError: the page is not readable at all.
        """
        ...

    def without(self, page: Page, bad: Collection[int]) -> Page:
        """The page without some of its documents, by their place in `split`."""
        ...


Identify = Callable[[Any, Page], str | None]
"""From a plain decoded document and its page to the document's id."""


def owner_of(page: Page) -> str | None:
    """The id that stands behind the colon of a page's part: of the document it is a part of."""
    return page.part.partition(":")[2] or None


def by_part(pages: Iterable[Page]) -> dict[str, list[Page]]:
    """Pages by what stands before the first colon of their part."""
    found: dict[str, list[Page]] = {}
    for page in pages:
        found.setdefault(page.part.partition(":")[0], []).append(page)
    return found


@dataclass(frozen=True, slots=True)
class At:
    """Where documents lie in a JSON page: a list, or a single object.

    `path` names the members on the way to it, joined by dots; empty: the page itself; `*` is every
    member of an object. `id` is the member that holds the id, or finds it.
    """

    path: str
    table: str
    id: str | Identify
    shape: Any = None
    """The msgspec type that one document has, or the decoder that reads it; none: any."""


class JsonDocuments:
    """Documents in JSON pages, by the page's part before its first colon."""

    def __init__(self, places: Mapping[str, At | Sequence[At]]) -> None:
        self._places = {
            part: (given,) if isinstance(given, At) else tuple(given)
            for part, given in places.items()
        }

    def split(self, page: Page) -> list[RawDocument]:
        """See `Documents`."""
        value = _loaded(page.body)
        return [
            _document(item, at, page) for at in self._of(page) for item in _items(value, _steps(at))
        ]

    def without(self, page: Page, bad: Collection[int]) -> Page:
        """See `Documents`."""
        value, place = _loaded(page.body), 0
        for at in self._of(page):
            count = len(_items(value, _steps(at)))
            here = {one - place for one in bad if place <= one < place + count}
            value, _ = _dropped(value, _steps(at), here, 0)
            place += count
        return Page(_dumped(value), page.part)

    def _of(self, page: Page) -> tuple[At, ...]:
        return _known(self._places, page)


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Documents as lines of JSON; all lines of one id are one document."""

    table: str
    id: Identify
    shape_of: Callable[[bytes], Any]
    """The type of a line."""

    def split(self, page: Page) -> list[RawDocument]:
        """See `Documents`."""
        return [_joined(lines) for lines in self._groups(page)]

    def without(self, page: Page, bad: Collection[int]) -> Page:
        """See `Documents`."""
        groups = enumerate(self._groups(page))
        kept = [line.raw for place, lines in groups if place not in bad for line in lines]
        return Page(b"\n".join(kept), page.part)

    def _groups(self, page: Page) -> list[list[RawDocument]]:
        groups: dict[str, list[RawDocument]] = {}
        for number, line in enumerate(_LINE.findall(page.body)):
            found = self._line(line, page)
            groups.setdefault(found.document_id or f"line {number}", []).append(found)
        return list(groups.values())

    def _line(self, line: bytes, page: Page) -> RawDocument:
        try:
            item = _loaded(line)
        except SourceContractError:
            item = None
        return _document(item, At("", self.table, self.id, self.shape_of(line)), page, raw=line)


def _joined(lines: list[RawDocument]) -> RawDocument:
    odd = (line.problem for line in lines if line.problem is not None)
    raw = b"\n".join(line.raw for line in lines)
    return replace(lines[0], raw=raw, problem=next(odd, None))


@dataclass(frozen=True, slots=True)
class ByPart:
    """Pages of several kinds in one stream, by the page's part before its first colon."""

    kinds: Mapping[str, Documents]

    def split(self, page: Page) -> list[RawDocument]:
        """See `Documents`."""
        return self._of(page).split(page)

    def without(self, page: Page, bad: Collection[int]) -> Page:
        """See `Documents`."""
        return self._of(page).without(page, bad)

    def _of(self, page: Page) -> Documents:
        return _known(self.kinds, page)


def problem(raw: bytes, shape: Any) -> tuple[str, str] | None:
    """Where and how a document is not of its shape; null: it is."""
    try:
        if isinstance(shape, msgspec.json.Decoder):
            shape.decode(raw)
        else:
            msgspec.json.decode(raw, type=Any if shape is None else shape)
    except msgspec.ValidationError as error:
        # The value of a closed list may be quoted, and could be anything.
        what, _, path = _QUOTED.sub("…", str(error)).partition(" - at `")
        return path.rstrip("`") or "$", what
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "$", "not readable JSON"
    except RecursionError:
        return "$", "nested too deeply"
    return None


def _known(kinds: Mapping[str, Kind], page: Page) -> Kind:
    part = page.part.partition(":")[0]
    if part not in kinds:
        raise SourceContractError(f"no document is known in a page of part {part!r}")
    return kinds[part]


def _document(item: Any, at: At, page: Page, *, raw: bytes | None = None) -> RawDocument:
    text = _dumped(item) if raw is None else raw
    return RawDocument(at.table, _id(item, at, page), text, problem(text, at.shape))


def _id(item: Any, at: At, page: Page) -> str | None:
    if callable(at.id):
        try:
            return at.id(item, page)
        except (AttributeError, KeyError, TypeError, ValueError):
            return None
    found = item.get(at.id) if isinstance(item, dict) else None
    return str(found) if isinstance(found, str | int) and found != "" else None


def _steps(at: At) -> tuple[str, ...]:
    return tuple(at.path.split(".")) if at.path else ()


def _items(value: Any, steps: tuple[str, ...]) -> list[Any]:
    """The documents at a path; none where the way ends early."""
    if not steps:
        return value if isinstance(value, list) else [] if value is None else [value]
    if not isinstance(value, dict):
        return []
    inner = list(value.values()) if steps[0] == "*" else [value.get(steps[0])]
    return [item for one in inner for item in _items(one, steps[1:])]


def _dropped(
    value: Any, steps: tuple[str, ...], bad: Collection[int], place: int
) -> tuple[Any, int]:
    """The value without documents at a path, and the place after its last one."""
    if not steps:
        if isinstance(value, list):
            kept = [item for at, item in enumerate(value, start=place) if at not in bad]
            return kept, place + len(value)
        if value is None:
            return None, place
        return (None if place in bad else value), place + 1
    if not isinstance(value, dict):
        return value, place
    names = list(value) if steps[0] == "*" else [steps[0]] if steps[0] in value else []
    changed = dict(value)
    for name in names:
        changed[name], place = _dropped(value[name], steps[1:], bad, place)
    return changed, place


def _loaded(body: bytes) -> Any:
    """JSON as plain values.

    The standard library reads what msgspec refuses, such as half of a surrogate pair or NaN, so
    that one such value costs its document and not the page.

    Raises:
        SourceContractError: it is no JSON.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise SourceContractError("an answer is not readable JSON") from None


def _dumped(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except (UnicodeEncodeError, OverflowError, TypeError):
        return json.dumps(value).encode()
