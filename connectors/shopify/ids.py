"""Global ids: gid://shopify/<kind>/<number>."""

import polars as pl


def gid(kind: str, number: str) -> str:
    """The global id of a number."""
    return f"gid://shopify/{kind}/{number}"


def number_of(global_id: str) -> str:
    """The number in a global id."""
    return global_id.rpartition("/")[2]


def number_in(column: str, kind: str) -> pl.Expr:
    """The number in each global id of a kind, as text."""
    return pl.col(column).str.strip_prefix(f"gid://shopify/{kind}/")
