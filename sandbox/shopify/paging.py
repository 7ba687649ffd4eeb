"""Root connections: filtered, sorted, cut by cursor, and walled at 25,000 objects."""

import base64
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import polars as pl
from graphql import GraphQLError

from sandbox.kit.graphql.projection import CURSOR, PARENT
from sandbox.shopify.search import found_by
from sandbox.shopify.tables import Tables

MAX_PAGE: Final = 250
WALL: Final = 25_000
COUNT_LIMIT: Final = 10_000
KEPT: Final = 4
RANK, ID = "__rank", "__id"
Arguments = dict[str, Any]

# The types that have an id of their own, each with its table and the table's key.
KEYS: Final = {
    "Order": ("orders", "order_id"),
    "Product": ("products", "product_id"),
    "ProductVariant": ("products", "product_id"),
    "InventoryItem": ("products", "product_id"),
    "Customer": ("customers", "household_id"),
    "Location": ("locations", "location_id"),
    "DiscountNode": ("discounts", "discount_id"),
    "DiscountCodeNode": ("discounts", "discount_id"),
}
# Sort keys that are not the column of their name. There is one location, so any order of them will
# do.
_SORTED_BY: Final = {"PROCESSED_AT": "created_at", "SKU": "product_id", "NAME": "location_id"}


class Cursor(msgspec.Struct, array_like=True):
    """Where a page ended: the sort value, the id, and how many objects were seen so far."""

    rank: int
    id: int
    seen: int


@dataclass(frozen=True)
class Page:
    """The nodes of one page, each with its cursor, and what the page says of itself."""

    nodes: pl.DataFrame
    info: dict[str, Any]


class Pager:
    """Pages of root connections; the sorted result of a query is kept until the world changes."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._kept: OrderedDict[tuple[object, ...], tuple[pl.DataFrame, pl.DataFrame]] = (
            OrderedDict()
        )

    def found(self, type_name: str, arguments: Arguments) -> pl.DataFrame:
        """All objects of a type that a query finds, sorted, with their rank and id."""
        table = self._tables.get(KEYS[type_name][0])
        key = (type_name, *map(arguments.get, ("query", "sortKey", "reverse")))
        kept = self._kept.get(key)
        if kept is None or kept[0] is not table:
            kept = self._kept[key] = (table, _found(type_name, table, arguments))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return kept[1]

    def page(self, type_name: str, arguments: Arguments) -> Page:
        """One page of a root connection.

        Raises:
            GraphQLError: no or too large a `first`, a foreign cursor, or a page past the wall.
        """
        first, after = check_first(arguments.get("first")), arguments.get("after")
        rest, seen = self.found(type_name, arguments), 0
        if after is not None:
            cursor = _decoded(after)
            seen = cursor.seen
            rest = rest.filter(_beyond(cursor, is_reverse=bool(arguments.get("reverse"))))
        if seen + first > WALL:
            raise GraphQLError(
                f"Cannot page beyond {WALL} objects of one query; narrow it with a filter."
            )
        shown = rest.head(first)
        places = enumerate(shown.select(RANK, ID).iter_rows(), start=seen + 1)
        cursors = [_encoded(Cursor(rank, key, place)) for place, (rank, key) in places]
        nodes = shown.with_columns(
            pl.lit(0, dtype=pl.UInt32).alias(PARENT), pl.Series(CURSOR, cursors, dtype=pl.String)
        )
        info = page_info(cursors, has_next=rest.height > first, has_previous=after is not None)
        return Page(nodes, info)

    def count(self, type_name: str, arguments: Arguments) -> tuple[int, bool]:
        """How many objects a query finds, capped by `limit` (null: no cap); True when exact."""
        total = self.found(type_name, arguments).height
        limit = arguments.get("limit", COUNT_LIMIT)
        if limit is None or total <= limit:
            return total, True
        return int(limit), False


def check_first(first: int | None) -> int:
    """The size of a page.

    Raises:
        GraphQLError: it is left out, or above the platform's maximum.
    """
    if first is None:
        raise GraphQLError("you must provide one of first or last")
    if not 0 < first <= MAX_PAGE:
        raise GraphQLError(f"first must be between 1 and {MAX_PAGE}")
    return first


def page_info(cursors: list[str], *, has_next: bool, has_previous: bool = False) -> dict[str, Any]:
    """What a page says of itself."""
    return {
        "hasNextPage": has_next,
        "hasPreviousPage": has_previous,
        "startCursor": cursors[0] if cursors else None,
        "endCursor": cursors[-1] if cursors else None,
    }


def _found(type_name: str, table: pl.DataFrame, arguments: Arguments) -> pl.DataFrame:
    key, by = KEYS[type_name][1], arguments.get("sortKey") or "ID"
    column = key if by == "ID" else _SORTED_BY.get(by, by.lower())
    rank = pl.col(column).to_physical().cast(pl.Int64).fill_null(0)
    return (
        found_by(table, type_name, arguments.get("query"))
        .with_columns(rank.alias(RANK), pl.col(key).alias(ID))
        .sort(RANK, ID, descending=bool(arguments.get("reverse")))
    )


def _beyond(cursor: Cursor, *, is_reverse: bool) -> pl.Expr:
    rank, key = pl.col(RANK), pl.col(ID)
    further = rank < cursor.rank if is_reverse else rank > cursor.rank
    later = key < cursor.id if is_reverse else key > cursor.id
    return further | ((rank == cursor.rank) & later)


def _encoded(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode()


def _decoded(text: str) -> Cursor:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text), type=Cursor)
    except (ValueError, msgspec.DecodeError) as error:
        raise GraphQLError("Invalid cursor for current pagination sort.") from error
