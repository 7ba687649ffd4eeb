"""Rows by their key or their parent, and what follows from frames."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import polars as pl

from sandbox.kit.errors import RefusedError

T = TypeVar("T")
Rows = list[dict[str, Any]]


def grouped(frame: pl.DataFrame, key: str) -> Mapping[Any, Rows]:
    """The rows of each value of a column, in their order."""
    found: dict[Any, Rows] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault(row[key], []).append(row)
    return found


def keyed(frame: pl.DataFrame, key: str) -> Mapping[Any, dict[str, Any]]:
    """The row of each value of a column; the last, where there are several."""
    return {row[key]: row for row in frame.iter_rows(named=True)}


def the_row(frame: pl.DataFrame, own: pl.Expr, refusal: RefusedError) -> dict[str, Any]:
    """The first row that a condition holds for.

    Raises:
        RefusedError: there is none.
    """
    found = frame.filter(own)
    if found.is_empty():
        raise refusal
    return found.row(0, named=True)


def of_values(frame: pl.DataFrame, column: str, values: pl.Series) -> pl.DataFrame:
    """The rows whose column has one of some values."""
    return frame.filter(pl.col(column).is_in(values.implode()))


def with_incoming(products: pl.DataFrame, purchases: pl.DataFrame) -> pl.DataFrame:
    """Products with `incoming_units`, the pieces ordered from suppliers and not yet received."""
    incoming = (
        purchases.filter(~pl.col("is_received"))
        .group_by("product_id")
        .agg(incoming_units=pl.col("units").sum())
    )
    joined = products.join(incoming, on="product_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col("incoming_units").fill_null(0))


def first_of(*choices: tuple[pl.Expr, str], otherwise: str) -> pl.Expr:
    """The text of the first condition that holds."""
    found = (pl.when(condition).then(pl.lit(text)) for condition, text in choices)
    return pl.coalesce(*found, pl.lit(otherwise))


class Derived:
    """What is made of things of the world; anew only when one of them was replaced or changed."""

    def __init__(self) -> None:
        self._made: dict[Callable[..., Any], tuple[tuple[Any, ...], Any]] = {}

    def __call__(self, make: Callable[..., T], *of: Any) -> T:
        """What `make` makes of frames, which are compared as objects, and other values."""
        kept = self._made.get(make)
        if kept is None or not all(_is_same(*both) for both in zip(kept[0], of, strict=True)):
            kept = self._made[make] = (of, make(*of))
        found: T = kept[1]
        return found


def _is_same(old: Any, new: Any) -> bool:
    return old is new or (not isinstance(new, pl.DataFrame) and bool(old == new))
