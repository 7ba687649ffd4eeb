"""How values stand in WooCommerce's answers: GMT without an offset, numbers for ids and pieces."""

import polars as pl

from connectors.base.mapping import Parsed, utc
from contracts.codes import QuarantineReason


def gmt(column: str | pl.Expr) -> Parsed:
    """Text of GMT without an offset, to an instant."""
    raw = pl.col(column) if isinstance(column, str) else column
    return utc(raw + "Z")


def pieces(column: str) -> Parsed:
    """A number without a part of a piece, to a count."""
    raw = pl.col(column)
    value = pl.when(raw == raw.floor()).then(raw).cast(pl.Int64)
    return Parsed(value, raw, QuarantineReason.UNREADABLE_NUMBER)


def name(column: str) -> pl.Expr:
    """A number that names something, as text."""
    return pl.col(column).cast(pl.String)
