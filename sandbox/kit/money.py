"""Amounts of any currency: minor units as decimals, alone or beside their currency."""

from collections.abc import Callable
from typing import Final

import polars as pl

from sandbox.kit.fields import Read

_WITHOUT_DECIMALS: Final = ("JPY", "KRW")


def decimals(currency: str) -> int:
    """The decimals of a currency's amounts."""
    return 0 if currency in _WITHOUT_DECIMALS else 2


def amount_text(minor: int, currency: str) -> str:
    """A decimal amount as text, "12.30"; a currency without decimals has none."""
    places = decimals(currency)
    if not places:
        return str(minor)
    units, rest = divmod(abs(minor), 10**places)
    return f"{'-' if minor < 0 else ''}{units}.{rest:0{places}d}"


def amount_number(minor: int, currency: str) -> float | int:
    """An amount as a JSON number; whole where the currency has no decimals."""
    places = decimals(currency)
    return minor / 10**places if places else minor


def amount_column(minor: pl.Expr, *, places: int = 2) -> pl.Expr:
    """Amounts of a column as text, none of them negative."""
    if not places:
        return minor.cast(pl.String)
    rest = (minor % 10**places).cast(pl.String).str.zfill(places)
    return pl.concat_str((minor // 10**places).cast(pl.String), pl.lit("."), rest)


def beside_currency(
    how: Callable[[int, str], object], amount: str, currency: str, /, **columns: str
) -> dict[str, Read]:
    """Fields that are an amount and its currency, `amount` and `currency` being their names.

    A column without a value has no field; the row's `currency` is that of all its amounts.
    """

    def read(column: str) -> Read:
        return lambda row: (
            None
            if row[column] is None
            else {amount: how(row[column], row["currency"]), currency: row["currency"]}
        )

    return {name: read(column) for name, column in columns.items()}
