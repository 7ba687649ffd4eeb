"""Tables for business intelligence tools: readable with plain SQL, replaced whole or not at all."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    MetaData,
    Table,
    Text,
    insert,
    inspect,
    text,
)
from sqlalchemy.types import TypeEngine

from contracts import tables
from warehouse.database import Database
from warehouse.models import UtcDateTime, metadata

_TYPES: Mapping[object, TypeEngine[Any]] = {
    pl.String: Text(),
    pl.Int64: BigInteger(),
    pl.Float64: Float(),
    pl.Boolean: Boolean(),
    pl.Date: Date(),
    pl.Datetime: UtcDateTime(),
}
_ROWS_AT_ONCE = 20_000


def publish(database: Database, table_name: str, *, frame: pl.DataFrame) -> int:
    """Replace a published table by a frame of the same table's schema; the rows written.

    Readers see the old rows or the new ones: a staging table is filled and takes the name over.

    Raises:
        ValueError: when a table of the warehouse itself has that name.
    """
    if table_name in metadata.tables:
        raise ValueError(f"{table_name} is a table of the warehouse itself")
    declared = tables.TABLES[table_name]
    staging = _staging(declared)
    quote = database.quote
    with database.write() as connection:
        staging.drop(connection, checkfirst=True)
        staging.create(connection)
        for rows in declared.schema.cast(frame).iter_slices(_ROWS_AT_ONCE):
            connection.execute(insert(staging), rows.to_dicts())
        if inspect(connection).has_table(table_name):
            connection.execute(text(f"DROP TABLE {quote(table_name)}"))
        connection.execute(text(f"ALTER TABLE {quote(staging.name)} RENAME TO {quote(table_name)}"))
    return frame.height


def _staging(declared: tables.Table) -> Table:
    columns = [
        Column(
            name,
            _TYPES[column.dtype.base_type()],
            nullable=column.nullable,
        )
        for name, column in declared.schema.columns().items()
    ]
    return Table(f"{declared.name}_staging", MetaData(), *columns)
