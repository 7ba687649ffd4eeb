"""A new database at the newest schema: at once, what all migrations come to one after the other.

They take six times as long, and longer with each release.
"""

from collections.abc import Iterator
from functools import cache

from sqlalchemy import Connection, Dialect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from warehouse.append_only import TRIGGERS
from warehouse.migrations import HEAD
from warehouse.models import metadata

_DIALECTS = {"postgresql": postgresql.dialect, "sqlite": sqlite.dialect}
# As Alembic makes it, which goes on from here when a newer release opens the database.
_VERSION = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,"
    " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def create(connection: Connection) -> None:
    """Create all tables, inside the caller's transaction."""
    for statement in _statements(connection.dialect.name):
        connection.exec_driver_sql(statement)
    at_head = text("INSERT INTO alembic_version (version_num) VALUES (:head)")
    connection.execute(at_head, {"head": HEAD})


@cache
def _statements(dialect_name: str) -> tuple[str, ...]:
    declared = _declared(_DIALECTS[dialect_name]())
    return (*declared, *TRIGGERS[dialect_name], _VERSION)


def _declared(dialect: Dialect) -> Iterator[str]:
    for table in metadata.sorted_tables:
        yield str(CreateTable(table).compile(dialect=dialect))
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            yield str(CreateIndex(index).compile(dialect=dialect))
