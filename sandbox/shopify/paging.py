"""Root connections: what has an id of its own, how it is sorted, and how far it is paged."""

from typing import Any, Final

import polars as pl

from sandbox.kit.graphql.pages import ID, RANK, Pager, page_size
from sandbox.shopify.search import found_by
from sandbox.shopify.tables import Tables

MAX_PAGE: Final = 250
WALL: Final = 25_000
COUNT_LIMIT: Final = 10_000

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
# Sort keys that are not the column of their name. There is one location: any order of it will do.
_SORTED_BY: Final = {"PROCESSED_AT": "created_at", "SKU": "product_id", "NAME": "location_id"}


def pager(tables: Tables) -> Pager:
    """The pages of all root connections."""
    return Pager(lambda name: tables.get(KEYS[name][0]), _sorted, most=MAX_PAGE, wall=WALL)


def check_first(first: int | None) -> int:
    """The size of a page.

    Raises:
        GraphQLError: it is left out, or above the platform's maximum.
    """
    return page_size(first, MAX_PAGE)


def _sorted(type_name: str, table: pl.DataFrame, arguments: dict[str, Any]) -> pl.DataFrame:
    key, by = KEYS[type_name][1], arguments.get("sortKey") or "ID"
    column = key if by == "ID" else _SORTED_BY.get(by, by.lower())
    rank = pl.col(column).to_physical().cast(pl.Int64).fill_null(0)
    return (
        found_by(table, type_name, arguments.get("query"))
        .with_columns(rank.alias(RANK), pl.col(key).alias(ID))
        .sort(RANK, ID, descending=bool(arguments.get("reverse")))
    )
