"""The platform's search syntax over the world's columns: `updated_at:>='…' sku:12 OR id:3`."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final

import polars as pl
from graphql import GraphQLError

from sandbox.shopify.errors import not_emulated
from sandbox.world.seed import INSTANT, local_midnight

_TERM: Final = re.compile(r"""(-?)(\w+):(>=|<=|>|<)?('[^']*'|"[^"]*"|\S+)""")
_INSTANTS: Final = {
    "created_at", "updated_at", "processed_at", "customer_date", "starts_at", "ends_at",
}  # fmt: skip
_NUMBERS: Final = {"id", "sku", "customer_id", "product_id"}
Column = Callable[[str], pl.Expr]

# What can be filtered, by root type: the platform's name to the column.
FILTERS: Final[dict[str, dict[str, str]]] = {
    "Order": {
        "id": "order_id",
        "created_at": "created_at",
        "processed_at": "created_at",
        "updated_at": "updated_at",
        "financial_status": "financial_status",
        "customer_id": "household_id",
        "discount_code": "code",
    },
    "Fulfillment": {"created_at": "created_at", "updated_at": "updated_at"},
    "Product": {
        "id": "product_id",
        "sku": "product_id",
        "created_at": "created_at",
        "updated_at": "updated_at",
        "vendor": "vendor",
        "product_type": "product_type",
    },
    "ProductVariant": {
        "id": "product_id",
        "sku": "product_id",
        "product_id": "product_id",
        "updated_at": "updated_at",
        "vendor": "vendor",
        "product_type": "product_type",
    },
    "InventoryItem": {
        "id": "product_id",
        "sku": "product_id",
        "created_at": "created_at",
        "updated_at": "stock_updated_at",
    },
    "Customer": {
        "id": "household_id",
        "email": "email",
        "customer_date": "created_at",
        "updated_at": "updated_at",
    },
    "DiscountNode": {
        "id": "discount_id",
        "code": "code",
        "title": "title",
        "created_at": "created_at",
        "updated_at": "updated_at",
        "starts_at": "starts_at",
        "ends_at": "ends_at",
    },
    "Location": {"id": "location_id", "name": "name"},
}


def condition(type_name: str, query: str | None, column: Column = pl.col) -> pl.Expr | None:
    """The filter a query means over a type's columns, or None when it filters nothing.

    Raises:
        GraphQLError: a date that is none, or a search that the platform may know and the dialect
            does not: what it would have found is not guessed.
    """
    if not query or not query.strip():
        return None
    return pl.any_horizontal(
        [_all(type_name, part, column) for part in re.split(r"\s+OR\s+", query.strip())]
    )


def _all(type_name: str, text: str, column: Column) -> pl.Expr:
    terms, end = [], 0
    for found in _TERM.finditer(text):
        _only_joins(text[end : found.start()])
        end = found.end()
        negated, name, operator, quoted = found.groups()
        filtered = FILTERS[type_name].get(name)
        if filtered is None:
            raise not_emulated(f"a search of {type_name} by {name}")
        term = _term(name, column(filtered), operator or "=", quoted.strip("'\""))
        terms.append(~term if negated else term)
    _only_joins(text[end:])
    if not terms:
        raise not_emulated("a search without a term")
    return pl.all_horizontal(terms)


def _only_joins(between: str) -> None:
    """Terms stand side by side or are joined by AND."""
    if between.strip() not in ("", "AND"):
        raise not_emulated("a search for text, or with parentheses")


def _term(name: str, left: pl.Expr, operator: str, text: str) -> pl.Expr:
    if any(sign in text for sign in "(),*"):
        raise not_emulated("a search for several values, or by a beginning")
    if name in _INSTANTS:
        return _compare(left, operator, pl.lit(_instant(text), dtype=INSTANT))
    if name in _NUMBERS:
        digits = text.rsplit("/", 1)[-1]
        if not digits.isdecimal():
            return pl.lit(value=False)
        return _compare(left, operator, pl.lit(int(digits), dtype=pl.Int64))
    if operator != "=":
        raise not_emulated(f"a search by {name} with {operator}")
    return left.str.to_lowercase() == text.lower()


def _compare(left: pl.Expr, operator: str, right: pl.Expr) -> pl.Expr:
    match operator:
        case ">=":
            return left >= right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case "<":
            return left < right
        case _:
            return left == right


def _instant(text: str) -> datetime:
    try:
        if len(text) == len("2026-01-01"):
            return local_midnight(date.fromisoformat(text))
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise GraphQLError(f"Invalid date in search query: {text!r}") from error
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
