"""Root connections: pages of a sorted list, cut by cursors that keep their place as it grows."""

import base64
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import polars as pl
from graphql import GraphQLError

from sandbox.kit.graphql.documents import Plain
from sandbox.kit.graphql.projection import CURSOR
from sandbox.kit.graphql.sources import PARENT

RANK, ID = "__rank", "__id"
"""What a list is sorted by: whole numbers."""
KEPT: Final = 4
_OF_PAGE: Final = frozenset({"first", "after", "limit"})
Arguments = dict[str, Any]


class Cursor(msgspec.Struct, array_like=True):
    """Where a page ended: the sort value, the id, and how many objects were seen so far."""

    rank: int
    id: int
    seen: int

    def text(self) -> str:
        """The cursor as a client gets it."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode()


@dataclass(frozen=True)
class Page:
    """The nodes of one page, each with its cursor, and what the page says of itself."""

    nodes: pl.DataFrame
    info: dict[str, Any]


class Pager:
    """Pages of lists; a sorted list is kept until its table changes.

    Args:
        table: the table of a type, one and the same object until it changes.
        sort: the rows of a table that arguments find, with `RANK` and `ID`, sorted by both.
        most: the largest page.
        wall: as many objects of one list can be paged through.
    """

    def __init__(
        self,
        table: Callable[[str], pl.DataFrame],
        sort: Callable[[str, pl.DataFrame, Arguments], pl.DataFrame],
        *,
        most: int,
        wall: int,
    ) -> None:
        self._table, self._sort, self._most, self._wall = table, sort, most, wall
        self._kept: OrderedDict[object, tuple[pl.DataFrame, pl.DataFrame]] = OrderedDict()

    def found(self, type_name: str, arguments: Arguments) -> pl.DataFrame:
        """All objects of a type that arguments find, sorted, with their rank and id."""
        table = self._table(type_name)
        given = {name: value for name, value in arguments.items() if name not in _OF_PAGE}
        key = (type_name, *sorted(given.items()))
        kept = self._kept.get(key)
        if kept is None or kept[0] is not table:
            kept = self._kept[key] = (table, self._sort(type_name, table, given))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return kept[1]

    def page(self, type_name: str, arguments: Arguments) -> Page:
        """One page of a list.

        Raises:
            GraphQLError: no or too large a `first`, a foreign cursor, or a page past the wall.
        """
        first, after = page_size(arguments.get("first"), self._most), arguments.get("after")
        rest, seen = self.found(type_name, arguments), 0
        if after is not None:
            cursor = _decoded(after)
            seen = cursor.seen
            rest = rest.filter(_beyond(cursor, is_reverse=bool(arguments.get("reverse"))))
        if seen + first > self._wall:
            raise GraphQLError(
                f"Cannot page beyond {self._wall} objects of one query; narrow it with a filter."
            )
        shown = rest.head(first)
        places = enumerate(shown.select(RANK, ID).iter_rows(), start=seen + 1)
        cursors = [Cursor(rank, key, place).text() for place, (rank, key) in places]
        nodes = shown.with_columns(
            pl.lit(0, dtype=pl.UInt32).alias(PARENT), pl.Series(CURSOR, cursors, dtype=pl.String)
        )
        info = page_info(cursors, has_next=rest.height > first, has_previous=after is not None)
        return Page(nodes, info)


def page_size(first: int | None, most: int) -> int:
    """The size of a page.

    Raises:
        GraphQLError: it is left out, or above the platform's maximum.
    """
    if first is None:
        raise GraphQLError("you must provide one of first or last")
    if not 0 < first <= most:
        raise GraphQLError(f"first must be between 1 and {most}")
    return first


def page_info(cursors: list[str], *, has_next: bool, has_previous: bool = False) -> dict[str, Any]:
    """What a page says of itself."""
    return {
        "hasNextPage": has_next,
        "hasPreviousPage": has_previous,
        "startCursor": cursors[0] if cursors else None,
        "endCursor": cursors[-1] if cursors else None,
    }


def plain_connection(nodes: list[Plain], *, has_next: bool) -> Plain:
    """A connection of answers that were made by themselves; their ids are the cursors."""
    cursors = [str(node["id"]) for node in nodes]
    edges = [Plain(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
    return Plain(nodes=nodes, edges=edges, pageInfo=Plain(page_info(cursors, has_next=has_next)))


def _beyond(cursor: Cursor, *, is_reverse: bool) -> pl.Expr:
    rank, key = pl.col(RANK), pl.col(ID)
    further = rank < cursor.rank if is_reverse else rank > cursor.rank
    later = key < cursor.id if is_reverse else key > cursor.id
    return further | ((rank == cursor.rank) & later)


def _decoded(text: str) -> Cursor:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text), type=Cursor)
    except (ValueError, msgspec.DecodeError) as error:
        raise GraphQLError("Invalid cursor for current pagination sort.") from error
