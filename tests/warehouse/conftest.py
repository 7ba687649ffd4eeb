"""A lake and a database of one's own for each test; the database of either kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Postgres
from warehouse.database import Database
from warehouse.encryption import Vault
from warehouse.event_chain import Events
from warehouse.lake import Lake
from warehouse.ledger import Ledger

VAULT = Vault(b"k" * 32)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of one's own, of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'shopkeeper.db'}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    made = postgres.at_head()
    yield made
    postgres.drop(made)


@pytest.fixture
def empty_url(url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a table, of the kind of `url`."""
    if url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    made = postgres.empty()
    yield made
    postgres.drop(made)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url)
    yield opened
    opened.close()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


@pytest.fixture
def events(database: Database) -> Events:
    return Events(database)
