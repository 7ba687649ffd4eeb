"""The platform's search syntax over the world's columns: `updated_at:>='…' sku:12 OR id:3`."""

import operator
import re
from datetime import UTC, date, datetime
from typing import Final

import polars as pl
from graphql import GraphQLError

from sandbox.shopify.errors import not_emulated
from sandbox.world.seed import INSTANT, local_midnight

_TERM: Final = re.compile(r"""(-?)(\w+):(>=|<=|>|<)?('[^']*'|"[^"]*"|\S+)""")
_COMPARE: Final = {
    None: operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def _same(*names: str, **others: str) -> dict[str, str]:
    """Filters by the column of their own name, and others."""
    return {name: name for name in names} | others


# What can be filtered, by type: the platform's name to the column.
FILTERS: Final = {
    "Order": _same(
        "created_at", "updated_at", "financial_status",
        id="order_id", processed_at="created_at", customer_id="household_id", discount_code="code",
    ),
    "Fulfillment": _same("created_at", "updated_at"),
    "Product": _same(
        "created_at", "updated_at", "vendor", "product_type", id="product_id", sku="product_id"
    ),
    "ProductVariant": _same(
        "product_id", "updated_at", "vendor", "product_type", id="product_id", sku="product_id"
    ),
    "InventoryItem": _same(
        "created_at", id="product_id", sku="product_id", updated_at="stock_updated_at"
    ),
    "Customer": _same("email", "updated_at", id="household_id", customer_date="created_at"),
    "DiscountNode": _same(
        "code", "title", "created_at", "updated_at", "starts_at", "ends_at", id="discount_id"
    ),
    "Location": _same("name", id="location_id"),
}  # fmt: skip


def found_by(frame: pl.DataFrame, type_name: str, query: str | None) -> pl.DataFrame:
    """The rows of a type that a search finds; all when it filters nothing.

    Raises:
        GraphQLError: a date that is none, or a search that the platform may know and the dialect
            does not: what it would have found is not guessed.
    """
    if not query or not query.strip():
        return frame
    parts = re.split(r"\s+OR\s+", query.strip())
    return frame.filter(pl.any_horizontal([_all(type_name, part, frame) for part in parts]))


def _all(type_name: str, text: str, frame: pl.DataFrame) -> pl.Expr:
    # Terms stand side by side or are joined by AND.
    if any(between.strip() not in ("", "AND") for between in _TERM.sub("\0", text).split("\0")):
        raise not_emulated("a search for text, or with parentheses")
    terms = []
    for negated, name, sign, quoted in _TERM.findall(text):
        column = FILTERS[type_name].get(name)
        if column is None:
            raise not_emulated(f"a search of {type_name} by {name}")
        term = _term(name, frame[column], sign or None, quoted.strip("'\""))
        terms.append(~term if negated else term)
    if not terms:
        raise not_emulated("a search without a term")
    return pl.all_horizontal(terms)


def _term(name: str, column: pl.Series, sign: str | None, text: str) -> pl.Expr:
    if any(mark in text for mark in "(),*"):
        raise not_emulated("a search for several values, or by a beginning")
    left, compare = pl.col(column.name), _COMPARE[sign]
    if column.dtype.is_temporal():
        found: pl.Expr = compare(left, pl.lit(_instant(text), dtype=INSTANT))
    elif column.dtype.is_integer():
        digits = text.rsplit("/", 1)[-1]
        is_number = digits.isdecimal()
        found = compare(left, pl.lit(int(digits), pl.Int64)) if is_number else pl.lit(value=False)
    elif sign is not None:
        raise not_emulated(f"a search by {name} with {sign}")
    else:
        found = left.str.to_lowercase() == text.lower()
    return found


def _instant(text: str) -> datetime:
    try:
        if len(text) == len("2026-01-01"):
            return local_midnight(date.fromisoformat(text))
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise GraphQLError(f"Invalid date in search query: {text!r}") from error
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
