"""How the platform writes amounts: beside their currency, as text or as a number."""

from typing import Any

from sandbox.amazon.names import amount_number, amount_text
from sandbox.kit.fields import Read


def money(**columns: str) -> dict[str, Read]:
    """Amounts as text: `{"amount": "12.30", "currencyCode": "USD"}`."""
    return _amounts(columns, amount_text, "amount", "currencyCode")


def numbers(
    amount: str = "amount", currency: str = "currencyCode", /, **columns: str
) -> dict[str, Read]:
    """Amounts as numbers, under the names that the API gives to amount and currency."""
    return _amounts(columns, amount_number, amount, currency)


def _amounts(columns: dict[str, str], how: Any, amount: str, currency: str) -> dict[str, Read]:
    def read(column: str) -> Read:
        return lambda row: (
            None
            if row[column] is None
            else {amount: how(row[column], row["currency"]), currency: row["currency"]}
        )

    return {name: read(column) for name, column in columns.items()}
