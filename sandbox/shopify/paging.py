"""Root connections: filtered, sorted, cut by cursor, and walled at 25,000 objects."""

import base64
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import polars as pl
from graphql import GraphQLError

from sandbox.shopify.errors import not_emulated
from sandbox.shopify.projection import check_first
from sandbox.shopify.search import condition
from sandbox.shopify.tables import Tables

WALL: Final = 25_000
COUNT_LIMIT: Final = 10_000
KEPT: Final = 4
RANK, ID = "__rank", "__id"


@dataclass(frozen=True)
class Root:
    """A root connection: its node type, its table, the table's key and its sort columns."""

    type_name: str
    table: str
    key: str
    sorts: dict[str, str]


ROOTS: Final = {
    "orders": Root(
        "Order",
        "orders",
        "order_id",
        {"PROCESSED_AT": "created_at", "CREATED_AT": "created_at", "UPDATED_AT": "updated_at"},
    ),
    "products": Root(
        "Product",
        "products",
        "product_id",
        {"CREATED_AT": "created_at", "UPDATED_AT": "updated_at"},
    ),
    "productVariants": Root("ProductVariant", "products", "product_id", {"SKU": "product_id"}),
    "inventoryItems": Root("InventoryItem", "products", "product_id", {}),
    "customers": Root(
        "Customer",
        "customers",
        "household_id",
        {"CREATED_AT": "created_at", "UPDATED_AT": "updated_at"},
    ),
    "discountNodes": Root(
        "DiscountNode",
        "discounts",
        "discount_id",
        {"CREATED_AT": "created_at", "UPDATED_AT": "updated_at", "STARTS_AT": "starts_at"},
    ),
    # There is one location, so any order of them is its own.
    "locations": Root("Location", "locations", "location_id", {"NAME": "location_id"}),
}


class Cursor(msgspec.Struct, array_like=True):
    """Where a page ended: the sort value, the id, and how many objects were seen so far."""

    rank: int
    id: int
    seen: int


@dataclass(frozen=True)
class Page:
    """The rows of one page and the cursor of each."""

    frame: pl.DataFrame
    cursors: list[str]
    has_next: bool
    has_previous: bool


class Pager:
    """Pages of root connections; the sorted result of a query is kept until the world changes."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._kept: OrderedDict[tuple[object, ...], tuple[pl.DataFrame, pl.DataFrame]] = (
            OrderedDict()
        )

    def found(self, root: Root, arguments: dict[str, Any]) -> pl.DataFrame:
        """All rows a query finds, sorted, with their rank and id."""
        table = self._tables.get(root.table)
        asked = (arguments.get("query"), arguments.get("sortKey"), arguments.get("reverse"))
        key = (root.type_name, *asked)
        kept = self._kept.get(key)
        if kept is None or kept[0] is not table:
            kept = (table, _found(root, table, arguments))
            self._kept[key] = kept
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return kept[1]

    def page(self, root: Root, arguments: dict[str, Any]) -> Page:
        """One page of a root connection.

        Raises:
            GraphQLError: no or too large a `first`, a foreign cursor, or a page past the wall.
        """
        first = arguments.get("first")
        check_first(first)
        assert first is not None
        after = arguments.get("after")
        rest, seen = self.found(root, arguments), 0
        if after is not None:
            cursor = _decoded(after)
            seen = cursor.seen
            rest = rest.filter(_beyond(cursor, reverse=bool(arguments.get("reverse"))))
        if seen + first > WALL:
            raise GraphQLError(
                f"Cannot page beyond {WALL} objects of one query; narrow it with a filter."
            )
        shown = rest.head(first)
        places = zip(shown[RANK].to_list(), shown[ID].to_list(), strict=True)
        cursors = [_encoded(rank, key, seen + i) for i, (rank, key) in enumerate(places, start=1)]
        return Page(shown, cursors, rest.height > first, after is not None)

    def count(self, root: Root, arguments: dict[str, Any]) -> tuple[int, bool]:
        """How many objects a query finds, capped by `limit` (null: no cap); True when exact."""
        total = self.found(root, arguments).height
        limit = arguments.get("limit", COUNT_LIMIT)
        if limit is None or total <= limit:
            return total, True
        return int(limit), False


def _found(root: Root, table: pl.DataFrame, arguments: dict[str, Any]) -> pl.DataFrame:
    wanted = condition(root.type_name, arguments.get("query"))
    rows = table if wanted is None else table.filter(wanted)
    column = _sorted_by(root, arguments.get("sortKey"))
    reverse = bool(arguments.get("reverse"))
    rank = pl.col(column).to_physical().cast(pl.Int64).fill_null(0)
    return rows.with_columns(rank.alias(RANK), pl.col(root.key).alias(ID)).sort(
        RANK, ID, descending=reverse
    )


def _sorted_by(root: Root, key: str | None) -> str:
    """The column of a sort key; the platform's default is in the schema.

    Raises:
        GraphQLError: the platform knows the key and the dialect does not.
    """
    columns = {"ID": root.key, **root.sorts}
    if (key or "ID") not in columns:
        raise not_emulated(f"{root.table} sorted by {key}")
    return columns[key or "ID"]


def _beyond(cursor: Cursor, *, reverse: bool) -> pl.Expr:
    rank, key = pl.col(RANK), pl.col(ID)
    further = rank < cursor.rank if reverse else rank > cursor.rank
    later = key < cursor.id if reverse else key > cursor.id
    return further | ((rank == cursor.rank) & later)


def _encoded(rank: int, key: int, seen: int) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(Cursor(rank, key, seen))).decode()


def _decoded(text: str) -> Cursor:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text), type=Cursor)
    except (ValueError, msgspec.DecodeError) as error:
        raise GraphQLError("Invalid cursor for current pagination sort.") from error
