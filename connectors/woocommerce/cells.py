"""How values stand in WooCommerce's answers: GMT without an offset, numbers for ids and pieces."""

import polars as pl

from connectors.base.mapping import Parsed, utc
from contracts.codes import QuarantineReason
from contracts.money import exponent


def gmt(column: str | pl.Expr) -> Parsed:
    """Text of GMT without an offset, to an instant."""
    raw = pl.col(column) if isinstance(column, str) else column
    return utc(raw + "Z")


def pieces(column: str) -> Parsed:
    """A number of pieces, to a count; a part of one is one, as of what is sold by weight."""
    raw = pl.col(column)
    value = pl.when(raw.is_finite()).then(raw.ceil()).cast(pl.Int64, strict=False)
    return Parsed(value, raw, QuarantineReason.UNREADABLE_NUMBER)


_PRICE = r"^(\d{1,15})(?:\.(\d*))?$"


def catalogue_price(column: str | pl.Expr, currency: str) -> Parsed:
    """A price of the catalogue, to minor units as the shop charges them: half a unit is one.

    Shops that enter prices without tax keep more digits than their currency has ("54.1667").
    """
    raw = pl.col(column) if isinstance(column, str) else column
    digits = exponent(currency)
    fraction = raw.str.extract(_PRICE, 2).fill_null("").str.pad_end(digits + 1, "0")
    tenths = pl.concat_str(raw.str.extract(_PRICE, 1), fraction.str.slice(0, digits + 1))
    value = (tenths.cast(pl.Int64, strict=False) + 5) // 10
    return Parsed(value, raw, QuarantineReason.UNREADABLE_MONEY)


def name(column: str) -> pl.Expr:
    """A number that names something, as text."""
    return pl.col(column).cast(pl.String)
