import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    create_engine,
    insert,
    inspect,
    select,
    text,
)

from contracts.errors import BusyError, ConfigurationError
from tests.warehouse.rows import hour
from warehouse.database import Database
from warehouse.migrations import HEAD
from warehouse.migrations.upgrade import configuration, upgrade
from warehouse.models import metadata, switches

SCRIPTS = ScriptDirectory.from_config(configuration())
STOP = {"scope": "all", "name": "", "by": "ann", "since": hour(0)}


_TRIGGERS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname, pg_get_triggerdef(oid) || pg_get_functiondef(tgfoid)"
    " FROM pg_trigger WHERE NOT tgisinternal",
}


def _index(found: Any) -> tuple[object, ...]:
    options = {name: str(value) for name, value in found.get("dialect_options", {}).items()}
    return found["name"], found["column_names"], found["unique"], str(options)


def _schema(connection: Connection) -> dict[str, object]:
    """All that a database is made of, in no order."""
    found = inspect(connection)
    tables = {
        name: (
            sorted((one["name"], str(one["type"]), one["nullable"]) for one in columns),
            found.get_pk_constraint(name),
            sorted(map(_index, found.get_indexes(name))),
        )
        for (_, name), columns in found.get_multi_columns().items()
    }
    triggers = connection.execute(text(_TRIGGERS[connection.dialect.name]))
    revision = connection.execute(text("SELECT version_num FROM alembic_version"))
    return {
        **tables,
        "triggers": sorted(map(tuple, triggers)),
        "revision": revision.scalar_one(),
    }


def test_a_new_database_is_what_the_migrations_lead_to(database: Database, empty_url: str) -> None:
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        upgrade(connection)
        migrated = _schema(connection)
    engine.dispose()
    with database.read() as connection:
        assert _schema(connection) == migrated
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert migrated["revision"] == SCRIPTS.get_current_head() == HEAD


def test_a_database_is_made_and_opened_without_loading_alembic(empty_url: str) -> None:
    code = (
        "import sys; from warehouse.database import Database; "
        f"Database({empty_url!r}).close(); sys.exit('alembic' in sys.modules)"
    )
    for _ in range(2):
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_database_of_a_newer_release_is_not_touched(url: str, database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="newer"):
        Database(url)


def _filled(connection: Connection) -> MetaData:
    """The tables that there are at a revision, with a row in each."""
    found = MetaData()
    found.reflect(connection)
    found.remove(found.tables["alembic_version"])
    for table in found.sorted_tables:
        connection.execute(insert(table).values({one.name: _sample(one) for one in table.columns}))
    return found


def _sample(column: Column[Any]) -> Any:
    samples = {str: "x", dt.datetime: hour(0), float: 1.5, bool: True, int: 1}
    return samples[column.type.python_type]


def _rows(connection: Connection, found: MetaData) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table.name: [tuple(row) for row in connection.execute(select(table))]
        for table in found.sorted_tables
    }


@pytest.mark.parametrize("revision", [one.revision for one in SCRIPTS.walk_revisions()])
def test_a_database_of_an_older_release_is_upgraded_with_its_rows(
    revision: str, empty_url: str
) -> None:
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        upgrade(connection, revision=revision)
        found = _filled(connection)
        before = _rows(connection, found)
    assert {"events", "actions", "quarantine"} <= set(before)

    Database(empty_url).close()
    with engine.connect() as connection:
        assert _rows(connection, found) == before
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD
    engine.dispose()


def test_two_processes_that_open_an_empty_database_at_once_both_get_it(empty_url: str) -> None:
    code = f"from warehouse.database import Database; Database({empty_url!r}).close()"
    opening = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait(timeout=120) for process in opening] == [0, 0]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("mysql://root:hunter2@localhost/shop", "kind that is not supported"),
        ("hunter2", "cannot be read"),
        ("postgresql://me:hunter2@127.0.0.1:notaport/shop", "cannot be read"),
        ("postgresql://me:hunter2@127.0.0.1:1/shop", "cannot be opened"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_without_its_password(wrong: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        Database(wrong)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database_is_named_so(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("not a database at all, but long enough to be looked at" * 9)
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        Database(f"sqlite:///{tmp_path / 'a.db'}")


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def half_done() -> None:
        with database.write() as connection:
            connection.execute(insert(switches).values(STOP))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half_done()
    with database.read() as connection:
        assert connection.execute(select(switches)).all() == []


def test_an_instant_comes_back_in_utc_and_any_other_zone_is_refused(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(switches).values(STOP))
        assert connection.execute(select(switches.c.since)).scalar() == hour(0)
    shanghai = hour(0).astimezone(dt.timezone(dt.timedelta(hours=8)))
    with pytest.raises(Exception, match="UTC"), database.write() as connection:
        connection.execute(insert(switches).values({**STOP, "name": "b", "since": shanghai}))


def test_a_reader_goes_on_beside_a_writer(database: Database) -> None:
    with database.write() as writer:
        writer.execute(insert(switches).values(STOP))
        with database.read() as reader:
            assert reader.execute(select(switches)).all() == []


def test_only_what_may_be_lost_does_not_wait_for_the_disk(url: str, database: Database) -> None:
    asked, waits = {
        "sqlite": ("PRAGMA synchronous", {False: "2", True: "1"}),
        "postgresql": ("SHOW synchronous_commit", {False: "on", True: "off"}),
    }[url.split(":")[0].split("+")[0]]
    for is_loose in (True, False, True):
        with database.write(is_loose=is_loose) as connection:
            assert str(connection.execute(text(asked)).scalar()) == waits[is_loose]


def test_a_writer_that_goes_on_for_too_long_is_told_in_one_sentence(
    url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.database._BUSY_SECONDS", 0.2)
    other = Database(url)
    with (
        database.write(),
        pytest.raises(BusyError, match=r"cannot be written: .*lock"),
        other.write(),
    ):
        pass
    other.close()
