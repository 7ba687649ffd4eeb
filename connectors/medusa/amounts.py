"""Amounts as they are charged: the server keeps any number of decimals, payment providers do not.

Half a minor unit is one, as its own module for Stripe rounds.
"""

import polars as pl

from connectors.base.mapping import Parsed
from contracts.codes import QuarantineReason
from contracts.money import exponent

# Halves that a sum of binary fractions falls short of.
_SLACK = 1e-6


def number(column: str) -> pl.Expr:
    """A JSON number that is kept as text."""
    return pl.col(column).cast(pl.Float64, strict=False)


def to_minor(value: pl.Expr, currency: str) -> pl.Expr:
    """A number of major units, in minor units."""
    scaled = value * float(10 ** exponent(currency)) + (0.5 + _SLACK)
    return scaled.floor().cast(pl.Int64, strict=False)


def charged(column: str, currency: str, value: pl.Expr | None = None) -> Parsed:
    """An amount, or a `value` computed with it, in minor units."""
    amount = to_minor(number(column) if value is None else value, currency)
    return Parsed(amount, pl.col(column), QuarantineReason.UNREADABLE_MONEY)
