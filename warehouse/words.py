"""Text of rows about persons, sealed in the database: codes, parcels, orders, messages.

A column of this type holds text of other rows as it is: articles are nobody's, and there are many.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl
from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from contracts.codes import WriteKind
from warehouse.encryption import Vault, is_sealed

_OF_ARTICLES = (WriteKind.SET_PRICE, WriteKind.SET_STOCK)
_VAULT = "shopkeeper_vault"
_COLUMNS = ("target_id", "parent_id", "numbers", "evidence", "payload")


class Personal(str):
    """Text that is sealed where it is stored."""

    __slots__ = ()


class Words(TypeDecorator[str]):
    """Text; what is `Personal` is sealed by the vault that the database was given."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Seal what is personal: equal texts alike, so that they are found."""
        vault: Vault | None = getattr(dialect, _VAULT, None)
        is_open = vault is None or not isinstance(value, Personal)
        return value if is_open or vault is None or value is None else vault.seal_word(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Open what is sealed."""
        vault: Vault | None = getattr(dialect, _VAULT, None)
        if vault is None or value is None or not is_sealed(value):
            return value
        return vault.open_word(value)


def give(dialect: Dialect, vault: Vault) -> None:
    """Let a database seal and open with this vault."""
    setattr(dialect, _VAULT, vault)


def seal_person(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the ledger whose texts are sealed if it is about a person."""
    if row["write_kind"] in _OF_ARTICLES or row["sku_id"] is not None:
        return dict(row)
    texts = {name: Personal(row[name]) for name in _COLUMNS if row[name] is not None}
    return {**row, **texts}


def marked_columns(rows: pl.DataFrame) -> dict[str, list[Any]]:
    """The same of many rows, by column."""
    columns = rows.to_dict(as_series=False)
    is_open = pl.col("write_kind").is_in(_OF_ARTICLES) | pl.col("sku_id").is_not_null()
    for place in rows.select((~is_open).arg_true()).to_series():
        for name in _COLUMNS:
            value = columns[name][place]
            columns[name][place] = value if value is None else Personal(value)
    return columns
