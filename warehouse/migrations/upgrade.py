"""Brings a database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text

from contracts.errors import ConfigurationError
from warehouse.models import event_head, events, metadata


def configuration() -> Config:
    """Alembic's settings, without a file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(connection: Connection, *, revision: str = "head") -> None:
    """Run what is missing up to a revision, inside the caller's transaction.

    Raises:
        ConfigurationError: when the database is at a revision that is not known here.
    """
    config = configuration()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise ConfigurationError(
            "the database was written by a newer Shopkeeper: upgrade this one"
        ) from error


def grant(connection: Connection, *, role: str) -> None:
    """Give a role of PostgreSQL what the application does, and no more: events are only added to.

    It may create tables, which are the published ones and its own.
    """
    preparer = connection.dialect.identifier_preparer
    schema = preparer.quote(connection.execute(text("SELECT current_schema()")).scalar_one())
    to = preparer.quote(role)
    granted = {"alembic_version": "SELECT"}
    for table in metadata.sorted_tables:
        granted[table.name] = "SELECT, INSERT, UPDATE, DELETE"
    granted |= {events.name: "SELECT, INSERT", event_head.name: "SELECT, INSERT, UPDATE"}
    connection.execute(text(f"GRANT USAGE, CREATE ON SCHEMA {schema} TO {to}"))
    for name, rights in granted.items():
        connection.execute(text(f"GRANT {rights} ON {preparer.quote(name)} TO {to}"))
