"""One database per home: SQLite by default. Every transaction of the warehouse starts here."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine, Select, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError

from contracts.errors import ConfigurationError
from warehouse.migrations import HEAD

_WRITES = "shopkeeper_writes"
_BUSY_SECONDS = 30


class Database:
    """An open database, at the newest schema.

    Raises:
        ConfigurationError: when it cannot be opened, or was written by a newer Shopkeeper.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        # Statements carry reasons and evidence; an error about them must not.
        self._engine = create_engine(parsed, hide_parameters=True)
        if parsed.get_backend_name() == "sqlite":
            _prepare_sqlite(self._engine)
        self._writer = self._engine.execution_options(**{_WRITES: True})
        try:
            self._bring_to_head()
        except DatabaseError as error:
            self.close()
            raise ConfigurationError(f"the database cannot be opened: {error.orig}") from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view; nothing is written."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it or nothing. Writers take turns."""
        with self._writer.begin() as connection:
            yield connection

    def quote(self, name: str) -> str:
        """A name as it stands in SQL text."""
        return self._engine.dialect.identifier_preparer.quote(name)

    def close(self) -> None:
        """Give connections back."""
        self._engine.dispose()

    def _bring_to_head(self) -> None:
        with self.read() as connection:
            revision = _revision(connection)
        if revision == HEAD:
            return
        # Imported only now: it costs more than opening the database does.
        from warehouse.migrations.upgrade import upgrade

        with self.write() as connection:
            if _revision(connection) != HEAD:
                upgrade(connection)


def upsert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say what happens on a conflict."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return insert(table)


def chunks(values: Sequence[str], *, size: int = 5_000) -> Iterator[Sequence[str]]:
    """Cut a list so that each piece fits the number of values a statement may have."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def frame(connection: Connection, query: Select[Any], schema: pl.Schema) -> pl.DataFrame:
    """The rows of a query, under the names and types of `schema`."""
    rows = [tuple(row) for row in connection.execute(query)]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if revision is None else str(revision)


def _prepare_sqlite(engine: Engine) -> None:
    """All that is SQLite's own: readers beside a writer, commits that survive a power cut."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own transactions begin too late
        for pragma in (f"busy_timeout = {_BUSY_SECONDS * 1000}", "journal_mode = WAL"):
            connection.execute(f"PRAGMA {pragma}").close()
        connection.execute("PRAGMA synchronous = FULL").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A reader that turns writer fails at once when another wrote; so a writer says so first.
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
