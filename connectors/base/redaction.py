"""Takes people out of raw pages: where a page names them and what it says of them, as paths.

A path is names joined by dots. It passes through lists, `**` stands for any depth, and the last
name may be a pattern: `receiver_*`.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from contracts.personal import Redact, Redacted
from contracts.streams import Page

IsMeant = Callable[[str], bool]


def _itself(value: str) -> str | None:
    return value or None


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Objects of a page that are about a person.

    `at` is where they lie, `named_by` the paths in one that name him. Of one that names a person
    who is meant, what is under the paths of `tells` is taken out, and nothing else; without any,
    the whole of it.
    """

    at: str = ""
    named_by: tuple[str, ...]
    tells: Collection[str] = ()
    leaves_null: bool = False
    """What is taken out leaves a null: for a platform that never leaves out a field."""
    nobody: Mapping[str, object] | None = None
    """What stands afterwards for those who were named, by the name of a member."""
    person_of: Callable[[str], str | None] = _itself
    """The platform's id of a person, of what names him; None where it names something else."""

    def names(self, found: dict[str, Any], is_meant: IsMeant) -> bool:
        """Whether an object names a person who is meant."""
        told = (value for path in self.named_by for value in _values(found, path))
        people = (self.person_of(str(one)) for one in told if isinstance(one, str | int) and one)
        return any(person is not None and is_meant(person) for person in people)


def by_path(
    places: Mapping[str, About | tuple[About, ...]],
    *,
    lines: Collection[str] = (),
    ids: re.Pattern[bytes] | None = None,
) -> Redact:
    """Redacts JSON pages by the beginning of their part; a page of another part names nobody.

    Args:
        lines: parts whose pages are lines of JSON, a document each.
        ids: finds the ids of people in a page, in its first group: where none is meant, the page
            is not decoded, and of lines only those are looked through in which one is.
    """

    def redact(page: Page, is_meant: IsMeant) -> Redacted:
        """The page without the people meant; one that names none of them stays as it is."""
        part = page.part.partition(":")[0]
        found = places.get(part, ())
        abouts = found if isinstance(found, tuple) else (found,)
        if not abouts or (ids is not None and not _names_one(ids, page.body, is_meant)):
            return Redacted(page)
        texts = page.body.splitlines(keepends=True) if part in lines else [page.body]
        kept: list[bytes] = []
        removed: list[object] = []
        for text in texts:
            # Whole as it is read: whom a line names that cannot be read nobody can tell.
            value = msgspec.json.decode(text)
            if ids is not None and part in lines and not _names_one(ids, text, is_meant):
                kept.append(text)
                continue
            value, taken = _without(value, abouts, is_meant)
            removed += taken
            if not taken:
                kept.append(text)
            elif value is not None:
                kept.append(msgspec.json.encode(value) + (b"\n" if part in lines else b""))
        return Redacted(Page(b"".join(kept), page.part) if removed else page, tuple(removed))

    return redact


def _names_one(ids: re.Pattern[bytes], body: bytes, is_meant: IsMeant) -> bool:
    return any(is_meant(one.decode(errors="replace")) for one in set(ids.findall(body)))


def _without(
    value: Any, places: Collection[About], is_meant: IsMeant
) -> tuple[Any, list[dict[str, Any]]]:
    """A decoded value without the people meant, which is changed in place, and what it said."""
    removed: list[dict[str, Any]] = []
    whole: set[int] = set()
    for about in places:
        # All are found before one is changed: what names a person may be taken out with it.
        named = [one for one in _objects(value, _steps(about.at)) if about.names(one, is_meant)]
        for one in named:
            if about.tells:
                removed.append(_taken(one, about))
            else:
                whole.add(id(one))
                removed.append(one)
    return (_kept(value, whole) if whole else value), removed


def _taken(found: dict[str, Any], about: About) -> dict[str, Any]:
    """Take what an object tells out of it."""
    own = {name: found[name] for name in ("id", *about.named_by) if name in found}
    taken: list[dict[str, Any]] = []
    for path in about.tells:
        *way, last = _steps(path)
        for parent in [*_objects(found, tuple(way))]:
            for name in [one for one in parent if fnmatchcase(one, last)]:
                taken.append({name: parent.pop(name)})
                if about.leaves_null:
                    parent[name] = None
    found.update(about.nobody or {})
    return own | {"told": taken}


def _kept(value: Any, whole: Collection[int]) -> Any:
    """The value without those objects: left out of a list, null elsewhere."""
    if isinstance(value, list):
        return [_kept(one, whole) for one in value if id(one) not in whole]
    if not isinstance(value, dict):
        return value
    if id(value) in whole:
        return None
    return {name: _kept(inner, whole) for name, inner in value.items()}


def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()


def _objects(value: Any, steps: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The objects at a path."""
    if isinstance(value, list):
        for one in value:
            yield from _objects(one, steps)
    elif isinstance(value, dict):
        if not steps:
            yield value
        elif steps[0] == "**":
            yield from _objects(value, steps[1:])
            for inner in value.values():
                yield from _objects(inner, steps)
        else:
            yield from _objects(value.get(steps[0]), steps[1:])


def _values(found: dict[str, Any], path: str) -> Iterator[Any]:
    *way, last = _steps(path)
    return (parent[last] for parent in _objects(found, tuple(way)) if last in parent)
