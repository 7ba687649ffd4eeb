"""A later version of a known document never disappears: not in a filter, whatever its codes become.

Each code of each recorded document is replaced by every other code of its list, one at a time: the
document is mapped or rejected, or the lake would keep what it was. A filter may ask what a
platform never changes of a document: `FIXED` of its connector's recorded.py names it.
"""

import importlib
import importlib.util
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from connectors.base import registry
from connectors.base.declaration import Stream
from contracts.errors import SourceContractError
from contracts.streams import Mapped, Page
from contracts.tables import TABLES, TableKind, table_of
from tests.connectors.test_every_connector import Recording, recording
from warehouse.merge import family, root

_MOST_CODES = 60
Place = tuple[str | int, ...]


@pytest.mark.parametrize("name", registry.names())
def test_a_known_document_is_still_told_of_when_a_code_of_it_changes(name: str) -> None:
    recorded, lists = recording(name), _code_lists(name)
    fixed = frozenset(getattr(recorded.module, "FIXED", ()))
    swallowed = {
        f"{stream.name}: {path} = {code!r}"
        for stream in recorded.streams
        for path, code in _swallowing(recorded, stream, lists, fixed)
    }
    assert swallowed == set(), "\n".join(sorted(swallowed))


def _code_lists(name: str) -> list[set[str]]:
    """What the connector knows as codes: the keys of its mappings, the members of its lists."""
    module = f"connectors.{name}.codes"
    if importlib.util.find_spec(module) is None:
        return []
    values = vars(importlib.import_module(module)).values()
    kept = (value for value in values if isinstance(value, Mapping | tuple | frozenset))
    lists = [{one for one in value if isinstance(one, str)} for value in kept]
    return [codes for codes in lists if 1 < len(codes) <= _MOST_CODES]


def _swallowing(
    recorded: Recording, stream: Stream, lists: list[set[str]], fixed: frozenset[str]
) -> Iterator[tuple[str, str]]:
    """Changes of one code after which a document is neither mapped nor rejected."""
    tables = {
        root(family(table_of(schema)))
        for schema in stream.tables
        if table_of(schema).kind is TableKind.VERSIONED
    }
    pages = recorded.pages("PAGES", stream)
    known = _told(recorded.mapped(stream, pages), tables)
    for number, page in enumerate(pages):
        for path, code, body in _changed(page, lists, fixed):
            changed = [*pages[:number], Page(body, page.part), *pages[number + 1 :]]
            try:
                mapped = recorded.mapped(stream, changed)
            except SourceContractError:
                continue  # held as odd, which is no swallowing
            if known - _told(mapped, tables):
                yield path, code


def _told(mapped: Mapped, tables: set[str]) -> set[tuple[str, str]]:
    """Root table and id of each document that is mapped or rejected."""
    rejects = mapped.rejects.select("table", "document_id").rows()
    found = {(root(family(TABLES[table])), one) for table, one in rejects}
    for name in tables & mapped.frames.keys():
        ids = mapped.frames[name].select(TABLES[name].document_id).to_series()
        found |= {(name, one) for one in ids}
    return found


def _changed(
    page: Page, lists: list[set[str]], fixed: frozenset[str]
) -> Iterator[tuple[str, str, bytes]]:
    """The page with one code replaced, for the first field of each name that holds one."""
    done: set[tuple[str, str]] = set()
    for number, value in enumerate(documents := _values(page.body)):
        for place, text in _texts(value):
            path = ".".join(step for step in place if isinstance(step, str))
            others = {code for codes in lists if text in codes for code in codes} - {text}
            for code in sorted(others):
                if (path, code) in done or fixed & set(place):
                    continue
                done.add((path, code))
                bodies = [json.dumps(one) for one in documents]
                bodies[number] = json.dumps(_with(value, place, code))
                yield path, code, "\n".join(bodies).encode()


def _values(body: bytes) -> list[Any]:
    """The JSON of a page: one value, or one per line; none of a page of another kind."""
    try:
        return [json.loads(body)]
    except ValueError:
        try:
            return [json.loads(line) for line in body.splitlines() if line.strip()]
        except ValueError:
            return []


def _texts(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _texts(one, (*place, name))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _texts(one, (*place, number))


def _with(value: Any, place: Place, code: str) -> Any:
    if not place:
        return code
    first, rest = place[0], place[1:]
    if isinstance(value, list):
        return [_with(one, rest, code) if at == first else one for at, one in enumerate(value)]
    return {name: _with(one, rest, code) if name == first else one for name, one in value.items()}
