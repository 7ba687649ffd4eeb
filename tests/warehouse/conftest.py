"""A lake and a database of one's own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.database import Database
from warehouse.events import Events
from warehouse.lake import Lake
from warehouse.ledger import Ledger


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'shopkeeper.db'}")
    yield opened
    opened.close()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


@pytest.fixture
def events(database: Database) -> Events:
    return Events(database)
