"""A shop's catalogue: prices, which may have more digits than it charges, and what can be sold."""

from dataclasses import dataclass

import polars as pl

from connectors.base.mapping import Mapper, Parsed
from contracts.codes import QuarantineReason
from contracts.errors import SourceContractError
from contracts.money import exponent
from contracts.tables import Price, StockLevel

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


def add_prices(
    mapper: Mapper,
    raw: pl.DataFrame,
    *,
    listing_id: pl.Expr,
    price: Parsed,
    currency: str,
    observed: Parsed,
) -> None:
    """Prices per listing, each seen when its listing was last changed."""
    mapper.add(
        Price,
        raw,
        listing_id=listing_id,
        observed_at=observed,
        currency=pl.lit(currency),
        price_minor=price,
        source_updated_at=observed,
    )


def add_sellable(
    mapper: Mapper,
    raw: pl.DataFrame,
    *,
    sku_id: pl.Expr,
    warehouse_id: pl.Expr,
    observed_at: pl.Expr,
    pieces: pl.Expr | Parsed,
) -> None:
    """Stock of a platform that counts what can still be sold, and nothing else: what is sold is no
    part of it, so it is what lies there too. What has no SKU has no stock level."""
    mapper.add(
        StockLevel,
        raw.filter(sku_id.is_not_null()),
        sku_id=sku_id,
        warehouse_id=warehouse_id,
        observed_at=observed_at,
        on_hand_units=pieces,
        available_units=pieces,
        committed_units=pl.lit(0),
    )
