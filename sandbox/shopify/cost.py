"""What a query costs, and the leaky bucket that pays for it.

Points: scalar 0, object 1, connection its size times its node, list with `first` likewise,
mutation 10. The bucket must hold the requested cost; what was not used is put back.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from sandbox.shopify.selection import Document, field_of, select

MUTATION_COST: Final = 10
MAX_QUERY_COST: Final = 1000
_FREE: Final = ("Connection", "Edge", "PageInfo")


@dataclass(frozen=True)
class Rates:
    """The plan's bucket: points it holds and points restored per second."""

    maximum: float = 20_000
    restore: float = 1_000


class Bucket:
    """A leaky bucket on a monotonic clock."""

    def __init__(self, rates: Rates, clock: Callable[[], float] = time.monotonic) -> None:
        self._rates, self._clock = rates, clock
        self._level, self._at = rates.maximum, clock()
        self._lock = threading.Lock()

    def take(self, points: float) -> bool:
        """Take points if the bucket holds them."""
        with self._lock:
            self._refill()
            if points > self._level:
                return False
            self._level -= points
            return True

    def give_back(self, points: float) -> None:
        """Put back what was requested and not used."""
        with self._lock:
            self._refill()
            self._level = min(self._rates.maximum, self._level + points)

    def status(self) -> dict[str, float]:
        """What `extensions.cost.throttleStatus` says."""
        with self._lock:
            self._refill()
            return {
                "maximumAvailable": self._rates.maximum,
                "currentlyAvailable": int(self._level),
                "restoreRate": self._rates.restore,
            }

    def _refill(self) -> None:
        now = self._clock()
        grown = self._level + (now - self._at) * self._rates.restore
        self._level, self._at = min(self._rates.maximum, grown), now


@dataclass(frozen=True)
class Priced:
    """A composite field of a document: its own points, its size, and what is below it."""

    key: str
    points: int
    size: int
    below: tuple["Priced", ...]


def priced(
    document: Document, type_name: str, sets: Sequence[SelectionSetNode]
) -> tuple[Priced, ...]:
    """The composite fields of a selection, with their points."""
    found = []
    for item in select(document, type_name, sets):
        definition = field_of(document.schema, type_name, item.name)
        if definition is None or not is_composite_type(get_named_type(definition.type)):
            continue
        name = get_named_type(definition.type).name
        is_sized = name.endswith("Connection") or is_list_type(get_nullable_type(definition.type))
        asked = item.arguments.get("first") or len(item.arguments.get("ids", ()))
        size = int(asked) if is_sized else 1
        # A list without a size counts once; a connection without one is refused later.
        size = size if name.endswith("Connection") else max(1, size)
        points = 0 if name.endswith(_FREE) else 1
        found.append(Priced(item.key, points, size, priced(document, name, item.inside)))
    return tuple(found)


def requested(fields: Sequence[Priced]) -> int:
    """The points a selection asks for, before it runs."""
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
