"""Prices of a shop's catalogue, which may have more digits than the shop charges."""

from dataclasses import dataclass

import polars as pl

from connectors.base.mapping import Parsed
from contracts.codes import QuarantineReason
from contracts.errors import SourceContractError
from contracts.money import exponent

_PRICE = r"^(\d{1,15})(?:\.(\d*))?$"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopMoney:
    """A shop's currency, and how many decimals it charges in."""

    currency: str
    decimals: int

    def charged(self, text: str | None) -> int | None:
        """One price of the catalogue as it is charged, in minor units; None for none.

        Raises:
            SourceContractError: it is no price.
        """
        if not text:
            return None
        read = charged_price(pl.lit(text), self.currency, self.decimals)
        value: int | None = pl.select(read.value).item()
        if value is None:
            raise SourceContractError("what the shop says of a price is none")
        return value


def charged_price(column: str | pl.Expr, currency: str, decimals: object = None) -> Parsed:
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
