"""Tables for business intelligence tools: readable with plain SQL, replaced whole or not at all."""

from collections.abc import Callable, Mapping
from typing import Any

import dataframely as dy
import polars as pl
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    MetaData,
    Table,
    Text,
    delete,
    insert,
    inspect,
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
ROWS_AT_ONCE = 20_000


def publish(database: Database, table_name: str, *, read: Callable[[], pl.DataFrame]) -> int:
    """Replace a published table by what `read` returns, of the same table's schema; the rows.

    Others see the old rows or the new ones, and are not kept waiting; what they were granted stays,
    as do views. `read` is called while nobody else publishes, so the newest rows are the last ones.

    Raises:
        ValueError: when a table of the warehouse itself has that name.
    """
    if table_name in metadata.tables:
        raise ValueError(f"{table_name} is a table of the warehouse itself")
    declared = tables.TABLES[table_name]
    published = table_for(declared.name, declared.schema)
    with database.write() as connection:
        rows = declared.schema.cast(read())
        if is_as_declared(connection, published):
            connection.execute(delete(published))
        else:
            published.drop(connection, checkfirst=True)
            published.create(connection)
        for some in rows.iter_slices(ROWS_AT_ONCE):
            connection.execute(insert(published), some.to_dicts())
    return rows.height


def is_as_declared(connection: Connection, published: Table) -> bool:
    """Whether the table is there, with the columns of this release."""
    found = inspect(connection)
    if not found.has_table(published.name):
        return False
    there = {one["name"]: one["type"].python_type for one in found.get_columns(published.name)}
    return there == {column.name: column.type.python_type for column in published.columns}


def table_for(name: str, schema: type[dy.Schema], *, with_key: bool = False) -> Table:
    """The table of the database for rows of a schema; `with_key`: keyed as it is."""
    key = schema.primary_key() if with_key else []
    columns = [
        Column(
            column_name,
            _TYPES[column.dtype.base_type()],
            nullable=column.nullable,
            primary_key=column_name in key,
        )
        for column_name, column in schema.columns().items()
    ]
    return Table(name, MetaData(), *columns)
