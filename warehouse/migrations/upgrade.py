"""Brings a database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from contracts.errors import ConfigurationError


def configuration() -> Config:
    """Alembic's settings, without a file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def scripts() -> ScriptDirectory:
    """The revisions that exist."""
    return ScriptDirectory.from_config(configuration())


def upgrade(connection: Connection) -> None:
    """Run what is missing, inside the caller's transaction.

    Raises:
        ConfigurationError: when the database is at a revision that is not known here.
    """
    config = configuration()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise ConfigurationError(
            "the database was written by a newer Shopkeeper: upgrade this one"
        ) from error
