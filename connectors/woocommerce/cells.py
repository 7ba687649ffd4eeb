"""How values stand in WooCommerce's answers: GMT without an offset, numbers for ids and pieces."""

import polars as pl

from connectors.base.mapping import Parsed, utc
from contracts.codes import QuarantineReason
from contracts.errors import SourceContractError
from contracts.money import exponent


def gmt(column: str | pl.Expr) -> Parsed:
    """Text of GMT without an offset, to an instant."""
    raw = pl.col(column) if isinstance(column, str) else column
    return utc(raw + "Z")


_PRICE = r"^(\d{1,15})(?:\.(\d*))?$"


def catalogue_price(column: str | pl.Expr, currency: str, decimals: object = None) -> Parsed:
    """A price of the catalogue, to minor units as the shop charges them: half a unit is one.

    Shops that enter prices without tax keep more digits than their currency has ("54.1667"), or
    than the `decimals` that they charge in.
    """
    raw = pl.col(column) if isinstance(column, str) else column
    own = exponent(currency)
    digits = min(own, decimals) if isinstance(decimals, int) else own
    fraction = raw.str.extract(_PRICE, 2).fill_null("").str.pad_end(digits + 1, "0")
    tenths = pl.concat_str(raw.str.extract(_PRICE, 1), fraction.str.slice(0, digits + 1))
    value = (tenths.cast(pl.Int64, strict=False) + 5) // 10 * 10 ** (own - digits)
    return Parsed(value, raw, QuarantineReason.UNREADABLE_MONEY)


def charged_minor(text: str, currency: str, decimals: int) -> int:
    """One price of the catalogue, as `catalogue_price`.

    Raises:
        SourceContractError: it is no price.
    """
    value: int | None = pl.select(catalogue_price(pl.lit(text), currency, decimals).value).item()
    if value is None:
        raise SourceContractError("what the shop says of a price is none")
    return value


def name(column: str) -> pl.Expr:
    """A number that names something, as text."""
    return pl.col(column).cast(pl.String)
