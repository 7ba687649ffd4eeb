"""What is the same for every test is made once per process: an empty database, the authorities.

A new database costs eight migrations and a new HTTP client some hundred certificates; each takes
longer than most tests do.
"""

from collections.abc import Callable
from contextlib import closing
from functools import cache
from typing import Any

import httpx
from sqlalchemy import Connection, create_engine

from warehouse.migrations import upgrade as migrations

_migrated = migrations.upgrade
_read = httpx.create_ssl_context


@cache
def _at_head() -> tuple[str, ...]:
    """SQL that makes an SQLite database what the migrations make it."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        _migrated(connection)
    with closing(engine.raw_connection()) as raw:
        assert raw.driver_connection is not None
        said = tuple(raw.driver_connection.iterdump())
    engine.dispose()
    return tuple(one for one in said if one not in ("BEGIN TRANSACTION;", "COMMIT;"))


def upgrade(connection: Connection, *, revision: str = "head") -> None:
    """As `warehouse.migrations.upgrade.upgrade`; an empty SQLite database is not migrated there."""
    if revision != "head" or not _is_empty_sqlite(connection):
        _migrated(connection, revision=revision)
        return
    for statement in _at_head():
        connection.exec_driver_sql(statement)


def _is_empty_sqlite(connection: Connection) -> bool:
    if connection.dialect.name != "sqlite":
        return False
    return not connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").all()


@cache
def _public() -> Any:
    return _read()


def authorities(verify: Any = True, **given: Any) -> Any:
    """As httpx reads them; the public ones once, since nobody changes what is read."""
    return _public() if verify is True and given.get("cert") is None else _read(verify, **given)


REPLACED: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("warehouse.migrations.upgrade.upgrade", upgrade),
    ("httpx._transports.default.create_ssl_context", authorities),
)
