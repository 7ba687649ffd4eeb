"""One odd value costs one document: any field of any recorded document, made odd in any way.

Judged over every connector's recorded pages: the reading is mapped and checked, and every row of
another document is as it was.
"""

import copy
import itertools
import json
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from checks.rows import Split, split
from connectors.base.declaration import Stream
from connectors.base.isolation import map_documents
from contracts.streams import Context, Page
from contracts.tables import TABLES
from tests.connectors.test_every_connector import NAMES, Recording, recording

ODD: dict[str, Any] = {
    "null": None,
    "a list": [[]],
    "an object": {"x": {}},
    "a number": 7.5,
    "a long text": "x" * 10_000,
}
REMOVED = "removed"
WAYS = (*ODD, REMOVED)
SOME = 29
"""Of so many oddities `make test` tries one; as no divisor of the ways, it takes them in turn."""
Path = tuple[str | int, ...]


def mapped(stream: Stream, pages: list[Page], context: Context) -> Split:
    return split(map_documents(stream, lambda: pages, context), context)


def fields(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every member of every object, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from fields(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from fields(inner, (*path, place))


def kind_of(path: Path) -> Path:
    return tuple("*" if isinstance(step, int) else step for step in path)


def changed(value: Any, path: Path, how: str) -> Any:
    value = copy.deepcopy(value)
    inner = value
    for step in path[:-1]:
        inner = inner[step]
    if how == REMOVED:
        del inner[path[-1]]
    else:
        inner[path[-1]] = ODD[how]
    return value


def oddities(stream: Stream, page: Page) -> Iterator[tuple[str, Page, int]]:
    """Pages with one odd value inside one document, each kind of field once; the document's place.

    Lines of a bulk file, and rows of a table, are changed one by one.
    """
    assert stream.documents is not None
    before = stream.documents.split(page)
    for label, bodies in _variants(page.body):
        for how, body in bodies:
            odd = Page(body, page.part)
            after = stream.documents.split(odd)
            places = [
                place
                for place, (one, other) in enumerate(zip(before, after, strict=False))
                if one.raw != other.raw
            ]
            if len(before) == len(after) and len(places) == 1:
                (place,) = places
                if _is_inside(before[place].raw, after[place].raw):
                    yield f"{label} {how}", odd, place


def _is_inside(before: bytes, after: bytes) -> bool:
    """Whether a document changed, not the list that holds it."""
    try:
        one, other = json.loads(before), json.loads(after)
    except ValueError:
        return True
    return (
        isinstance(one, dict) and isinstance(other, dict) and len({*one} & {*other}) >= len(one) - 1
    )


def _variants(body: bytes) -> Iterator[tuple[str, Iterator[tuple[str, bytes]]]]:
    """Each kind of value of a page, and the page with it made odd in every way.

    A page is JSON, JSON in lines or records (RFC 7464), or a table with a line of names.
    """
    before = b"\x1e" if body.startswith(b"\x1e") else b""
    pieces = body.split(b"\x1e") if before else [body]
    try:
        plain = [json.loads(piece) for piece in pieces if piece.strip()]
    except ValueError:
        try:
            plain = [json.loads(line) for line in body.splitlines()]
        except ValueError:
            yield from _cells(body)
            return
    is_whole = len(plain) == 1 or bool(before)
    done: set[Path] = set()
    for number, value in enumerate(plain):
        for path in fields(value):
            kind = (*([] if is_whole else ["line"]), *kind_of(path))
            if kind in done:
                continue
            done.add(kind)
            yield ".".join(map(str, path)), _bodies(plain, number, path, before)


def _bodies(
    plain: list[Any], number: int, path: Path, before: bytes
) -> Iterator[tuple[str, bytes]]:
    for how in WAYS:
        others = [*plain]
        others[number] = changed(plain[number], path, how)
        yield how, b"\n".join(before + json.dumps(one).encode() for one in others)


def _cells(body: bytes) -> Iterator[tuple[str, Iterator[tuple[str, bytes]]]]:
    """The cells of a table; where its lines are not all one document, of its last line."""
    lines = body.decode().splitlines()
    mark = "\t" if "\t" in lines[0] else ","
    names = lines[0].split(mark)
    for place, name in enumerate(names):
        yield name, _rows(lines, place, mark)


def _rows(lines: list[str], place: int, mark: str) -> Iterator[tuple[str, bytes]]:
    for how in ("", "[]", "{}", "7.5", "x" * 10_000):
        cells = lines[-1].split(mark)
        cells[place] = how
        yield how[:3] or "empty", "\n".join([*lines[:-1], mark.join(cells)]).encode()
    short = lines[-1].split(mark)[:place]
    yield "cut short", "\n".join([*lines[:-1], mark.join(short)]).encode()


def _streams() -> list[tuple[str, str]]:
    return [(name, stream.name) for name in NAMES for stream in recording(name).streams]


@pytest.mark.parametrize("every", [SOME, pytest.param(1, marks=pytest.mark.fuzz)])
@pytest.mark.parametrize(("name", "stream_name"), _streams())
def test_any_odd_value_costs_its_document_and_no_other(
    name: str, stream_name: str, every: int
) -> None:
    recorded: Recording = recording(name)
    stream = next(one for one in recorded.streams if one.name == stream_name)
    assert stream.documents is not None, "a stream says where its documents lie"
    pages, context = recorded.pages("PAGES", stream), recorded.module.CONTEXT
    pages = [Page(_one_line(page.body), page.part) for page in pages]
    before = mapped(stream, pages, context).good
    # Whatever keeps a document from being decoded leaves the same rest, which is mapped once.
    rests: set[tuple[int, int]] = set()
    wrong, tried = [], 0
    for number, page in enumerate(pages):
        for label, odd, place in itertools.islice(oddities(stream, page), 0, None, every):
            tried += 1
            where = f"{page.part} {label}"
            is_undecoded = stream.documents.split(odd)[place].problem is not None
            if is_undecoded and (number, place) in rests:
                continue
            try:
                after = mapped(stream, [*pages[:number], odd, *pages[number + 1 :]], context).good
                if is_undecoded:
                    rests.add((number, place))
            except Exception as error:  # noqa: BLE001  # whatever it is, it is told
                wrong.append(f"{where}: {type(error).__name__}: {error}")
                continue
            wrong += [
                f"{where}: {told}" for told in _lost(stream, page, place, label, before, after)
            ]
    assert wrong == [], f"{len(wrong)} of {tried}\n" + "\n".join(wrong[:40])
    assert tried > 0, "no recorded value was made odd"


def _lost(
    stream: Stream,
    page: Page,
    place: int,
    label: str,
    before: dict[str, pl.DataFrame],
    after: dict[str, pl.DataFrame],
) -> Iterator[str]:
    """Tables in which rows of documents that the page holds elsewhere are not as they were."""
    assert stream.documents is not None
    found = stream.documents.split(page)
    # A row that does not name its document may be the second half of the one above.
    above = found[max(place - 1, 0) : place] if label.endswith(" empty") else []
    own = {None, *(one.document_id for one in [found[place], *above])}
    kept = {one.document_id for one in found if one.document_id not in own}
    for name, frame in before.items():
        ids = frame.select(TABLES[name].document_id.alias("id"))["id"]
        others = frame.filter(ids.is_in(list(kept))).drop("content_hash")
        if others.join(
            after[name].drop("content_hash"), on=others.columns, how="anti", nulls_equal=True
        ).height:
            yield f"other rows of {name} change"


def _one_line(body: bytes) -> bytes:
    """A page of pretty JSON as one line, so that only a bulk file has several."""
    try:
        return json.dumps(json.loads(body)).encode()
    except ValueError:
        return body
