"""One database per home: SQLite by default, PostgreSQL by URL. Every transaction starts here."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import URL, Connection, Engine, Select, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError, ProgrammingError

from contracts.errors import BusyError, ConfigurationError
from warehouse.chain import OPTION, Chain
from warehouse.creation import create
from warehouse.encryption import Vault
from warehouse.migrations import HEAD
from warehouse.words import give

_WRITES = "shopkeeper_writes"
_IS_LOOSE = "shopkeeper_is_loose"
_BUSY_SECONDS = 30.0
_CACHE_KIB = 65_536  # SQLite's own 2 MB write the pages of a large batch many times
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
# Any number will do that nobody else in this database locks by: it spells "shopkeep".
_TURN = int.from_bytes(b"shopkeep", "big")


class Database:
    """An open database, at the newest schema.

    On PostgreSQL the schema may belong to another role, which `owner_url` names: it migrates, and
    grants the role of `url` what the application needs, which is less. `chain` seals the events
    that are written; without one they vouch for each other alone.

    Raises:
        ConfigurationError: when it cannot be opened, or was written by a newer Shopkeeper.
    """

    def __init__(
        self, url: str, *, owner_url: str | None = None, chain: Chain | None = None
    ) -> None:
        self._chain = chain
        self._engine = _engine(url).execution_options(**{OPTION: chain})
        self._is_sqlite = self._engine.dialect.name == "sqlite"
        self._reader = (
            self._engine
            if self._is_sqlite
            else self._engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        )
        # Made once: every request to a platform writes what is left of its limit.
        self._writer, self._loose_writer = (
            self._engine.execution_options(**{_WRITES: True, _IS_LOOSE: is_loose})
            for is_loose in (False, True)
        )
        try:
            self._bring_to_head(owner_url)
        except (DatabaseError, BusyError) as error:
            self.close()
            cause = error if isinstance(error, DatabaseError) else error.__cause__
            raise ConfigurationError(
                f"the database cannot be opened: {_driver_message(cause)}"
            ) from error
        except ConfigurationError:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view; nothing is written.

        Raises:
            BusyError: the database does not answer.
        """
        try:
            with self._reader.connect() as connection:
                yield connection
        except OperationalError as error:
            raise BusyError(f"the database does not answer: {_driver_message(error)}") from error

    @contextmanager
    def write(self, *, is_loose: bool = False) -> Iterator[Connection]:
        """One transaction: all of it or nothing. Writers take turns.

        A loose one does not wait for the disk: a power cut, and nothing less, may undo it.

        Raises:
            BusyError: the database does not answer, or another writer goes on for too long.
        """
        writer = self._loose_writer if is_loose else self._writer
        try:
            with writer.begin() as connection:
                if not self._is_sqlite:
                    _wait_for_turn(connection, is_loose=is_loose)
                yield connection
        except OperationalError as error:
            raise BusyError(f"the database cannot be written: {_driver_message(error)}") from error

    def seal_with(self, vault: Vault) -> None:
        """Seal and open with this vault texts about persons."""
        give(self._engine.dialect, vault)

    def quote(self, name: str) -> str:
        """A name as it stands in SQL text."""
        return self._engine.dialect.identifier_preparer.quote(name)

    def compact(self) -> bool:
        """Give up what changed and deleted rows left behind; a server does so by itself.

        Whether all of it is gone: not while another process goes on reading what was there.
        """
        if not self._is_sqlite:
            return True
        with closing(self._engine.raw_connection()) as raw:
            raw.cursor().execute("VACUUM")
            (is_busy, *_) = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not is_busy

    def close(self) -> None:
        """Give connections back."""
        self._engine.dispose()

    def _bring_to_head(self, owner_url: str | None) -> None:
        if self._is_at_head(is_owned=owner_url is not None):
            return
        if owner_url is None:
            with self.write() as connection:
                _create_or_upgrade(connection)
            return
        from warehouse.migrations.upgrade import grant

        owner = Database(owner_url, chain=self._chain)
        try:
            with owner.write() as connection:
                grant(connection, role=self._engine.url.username or "")
        finally:
            owner.close()

    def _is_at_head(self, *, is_owned: bool) -> bool:
        try:
            with self.read() as connection:
                return _revision(connection) == HEAD
        except ProgrammingError:
            # What belongs to somebody else may not even be looked at before it is granted.
            if not is_owned:
                raise
            return False


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


def _engine(url: str) -> Engine:
    # Statements carry reasons and evidence; an error about them must not.
    parsed = _parse_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, hide_parameters=True, pool_pre_ping=True)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, hide_parameters=True)
    _prepare_sqlite(engine)
    return engine


def _parse_url(url: str) -> URL:
    """The URL with our driver; an error never repeats it, since a password may stand in it."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError("the database's URL cannot be read") from None
    kind = parsed.get_backend_name()
    if kind not in _DRIVERS:
        raise ConfigurationError(
            "the database's URL names a kind that is not supported: sqlite and postgresql are"
        )
    return parsed.set(drivername=_DRIVERS[kind])


def _driver_message(error: BaseException | None) -> str:
    """The first line of what the database's driver says: further ones may hold values of rows."""
    text = str(getattr(error, "orig", error)).strip()
    return text.splitlines()[0] if text else "no reason given"


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if revision is None else str(revision)


def _create_or_upgrade(connection: Connection) -> None:
    """Bring a database to the newest schema, unless another process has just done it."""
    revision = _revision(connection)
    if revision is None:
        create(connection)
    elif revision != HEAD:
        # Imported only now: it costs more than opening the database does.
        from warehouse.events import seal_earlier
        from warehouse.migrations.upgrade import upgrade

        upgrade(connection)
        seal_earlier(connection)


def _wait_for_turn(connection: Connection, *, is_loose: bool) -> None:
    """PostgreSQL would let writers overlap; like SQLite's, ours decide on what they have read."""
    connection.execute(
        text(
            "SELECT set_config('lock_timeout', :wait, true),"
            " CASE WHEN :is_loose THEN set_config('synchronous_commit', 'off', true) END,"
            " pg_advisory_xact_lock(:turn)"
        ),
        {"wait": f"{int(_BUSY_SECONDS * 1000)}ms", "is_loose": is_loose, "turn": _TURN},
    )


def _prepare_sqlite(engine: Engine) -> None:
    """All that is SQLite's own: readers beside a writer, commits that survive a power cut."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own transactions begin too late
        for pragma in (
            f"busy_timeout = {int(_BUSY_SECONDS * 1000)}",
            "journal_mode = WAL",
            f"cache_size = {-_CACHE_KIB}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A reader that turns writer fails at once when another wrote; so a writer says so first.
        options = connection.get_execution_options()
        waits = "NORMAL" if options.get(_IS_LOOSE) else "FULL"
        connection.exec_driver_sql(f"PRAGMA synchronous = {waits}").close()
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITES) else "BEGIN")
