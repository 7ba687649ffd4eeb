"""Many rows into a table at once, given by column."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Table, insert

from warehouse.words import Personal, Words


def insert_columns(
    connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]
) -> None:
    """Insert rows whose columns are lists of one length; what is not given is None.

    SQLAlchemy itself would make a dictionary of each row and then another one: for a hundred
    thousand rows that takes longer than the database does.
    """
    given = {
        name: _bound(table.c[name], values, connection.dialect)
        for name, values in columns.items()
        if values.count(None) < len(values)
    }
    if not given:
        return
    statement = insert(table).compile(dialect=connection.dialect, column_keys=list(given))
    rows: list[Any]
    if statement.positiontup is not None:
        rows = list(zip(*(given[name] for name in statement.positiontup), strict=True))
    else:
        rows = [dict(zip(given, row, strict=True)) for row in zip(*given.values(), strict=True)]
    connection.exec_driver_sql(str(statement), rows)


def _bound(column: Column[Any], values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:
    """Values as the driver takes them: instants, of which there are few, each once."""
    bound = column.type.dialect_impl(dialect).bind_processor(dialect)
    if bound is None:
        return values
    if isinstance(column.type, Words):
        return [bound(value) if isinstance(value, Personal) else value for value in values]
    known = {value: bound(value) for value in set(values)}
    return [known[value] for value in values]
