"""What a query costs by the objects it can answer: a list counts as often as it may be long."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import get_nullable_type, is_composite_type, is_list_type

from sandbox.kit.graphql.selection import Document, Sets

_FREE: Final = ("Connection", "Edge", "PageInfo")


@dataclass(frozen=True)
class Priced:
    """A composite field of a document: its own points, its size, and what is below it."""

    key: str
    points: int
    size: int
    below: tuple["Priced", ...]


def priced(document: Document, type_name: str, sets: Sets) -> tuple[Priced, ...]:
    """The composite fields of a selection: an object a point, what wraps nodes none."""
    found = []
    for item in document.select(type_name, sets):
        if item.definition is None or not is_composite_type(item.named_type):
            continue
        assert item.named_type is not None
        name = item.named_type.name
        is_connection = name.endswith("Connection")
        is_sized = is_connection or is_list_type(get_nullable_type(item.definition.type))
        size = int(item.arguments.get("first") or len(item.arguments.get("ids", ())))
        # A list without a size counts once; a connection without one is refused later.
        size = size if is_connection else max(1, size) if is_sized else 1
        points = 0 if name.endswith(_FREE) else 1
        found.append(Priced(item.key, points, size, priced(document, name, item.inside)))
    return tuple(found)


def requested(fields: Sequence[Priced]) -> int:
    """The points a selection wants, before it runs."""
    return sum(item.size * (item.points + requested(item.below)) for item in fields)


def used(fields: Sequence[Priced], answer: Any) -> int:
    """The points of what was answered."""
    if not isinstance(answer, dict):
        return 0
    total = 0
    for item in fields:
        value = answer.get(item.key)
        for part in value if isinstance(value, list) else (value,):
            if part is not None:
                total += item.points + used(item.below, part)
    return total
