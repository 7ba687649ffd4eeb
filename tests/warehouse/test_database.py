import datetime as dt
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select

from contracts.errors import ConfigurationError
from tests.warehouse.rows import hour
from warehouse.database import Database
from warehouse.migrations import HEAD
from warehouse.migrations.upgrade import scripts
from warehouse.models import metadata, switches

STOP = {"scope": "all", "name": "", "by": "ann", "since": hour(0)}


def test_the_migrations_lead_to_the_declared_tables(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert scripts().get_current_head() == HEAD


def test_a_database_at_head_is_opened_without_loading_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    Database(url).close()
    code = (
        "import sys; from warehouse.database import Database; "
        f"Database({url!r}).close(); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_database_of_a_newer_release_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    Database(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    with pytest.raises(ConfigurationError, match="newer"):
        Database(f"sqlite:///{path}")


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
