"""On PostgreSQL the schema belongs to one role; the application is another, which can do less."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from contracts.errors import ConfigurationError
from tests.postgres import Postgres
from tests.warehouse.rows import hour, judged, proposal
from tests.warehouse.test_publish import days
from warehouse.database import Database
from warehouse.event_chain import Events
from warehouse.events import LedgerEvent
from warehouse.ledger import Ledger
from warehouse.publish import publish

HAPPENED = [LedgerEvent(kind="limit_changed", subject="repricing", by="ann", at=hour(1))]


@pytest.fixture
def owned(postgres: Postgres) -> Iterator[str]:
    """Name of an empty database whose owner is not the application."""
    url = postgres.empty()
    name = str(make_url(url).database)
    with postgres.superuser(url) as connection:
        for role in (f"{name}_owner", f"{name}_app"):
            connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        connection.execute(text(f"ALTER DATABASE {name} OWNER TO {name}_owner"))
    yield name
    postgres.drop(url)


@pytest.fixture
def app_url(postgres: Postgres, owned: str) -> str:
    return postgres.url_of(owned, role=f"{owned}_app")


@pytest.fixture
def owner_url(postgres: Postgres, owned: str) -> str:
    return postgres.url_of(owned, role=f"{owned}_owner")


@pytest.fixture
def database(app_url: str, owner_url: str) -> Iterator[Database]:
    opened = Database(app_url, owner_url=owner_url)
    Events(opened).append(HAPPENED)
    yield opened
    opened.close()


def test_the_application_does_its_work_without_owning_anything(database: Database) -> None:
    ledger, events = Ledger(database), Events(database)
    ledger.record(judged(proposal(state="approved")), run_id="run", at=hour(0))
    ledger.stop("all", "", by="ann", at=hour(1))
    assert ledger.resume("all", "", by="ann", at=hour(2)) is True
    for _ in range(2):
        assert publish(database, "kpis_daily", read=lambda: days(1)) == 1
    assert (events.verify(), events.count()) == (None, 4)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET by = 'bob'",
        "DELETE FROM events",
        "TRUNCATE events",
        "ALTER TABLE events DISABLE TRIGGER USER",
        "DROP TRIGGER events_append_only ON events",
        "DROP TABLE events",
        "DELETE FROM event_head",
        "UPDATE event_head SET event_id = 0",
        "ALTER TABLE event_head DISABLE TRIGGER USER",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
)
def test_the_application_cannot_change_what_happened_nor_switch_the_guard_off(
    statement: str, app_url: str, database: Database
) -> None:
    engine = create_engine(app_url)
    with pytest.raises(ProgrammingError), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    assert (Events(database).verify(), Events(database).count()) == (None, 1)


def test_an_application_role_may_be_added_to_a_database_that_is_at_head(
    app_url: str, owner_url: str
) -> None:
    Database(owner_url).close()
    with pytest.raises(ConfigurationError, match="permission denied"):
        Database(app_url)
    opened = Database(app_url, owner_url=owner_url)
    Events(opened).append(HAPPENED)
    opened.close()
    again = Database(app_url)
    assert Events(again).count() == 1
    again.close()
