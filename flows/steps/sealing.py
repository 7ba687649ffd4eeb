"""Seals what a release of before left open: codes and parcels, and what names them."""

from functools import partial

import polars as pl

from contracts.personal import COMPARED, purposes
from contracts.tables import TABLES
from flows.steps.home import Home
from flows.steps.retention import while_idle
from warehouse.upkeep import purge


def seal_older(home: Home) -> None:
    """Do it once, where the database says that it is due; again after a crash, with one result.

    Raises:
        BusyError: a shop is being pulled or built.
    """
    with while_idle(home):
        tables = [
            one.name for one in TABLES.values() if COMPARED & set(purposes(one.schema).values())
        ]
        for name in tables:
            home.lake.rewrite(name, partial(_seal_rows, home, name))
        home.readings.record(purge(home.lake, tables))
        home.quarantine.seal_names()
        home.landing.seal_manifests()
        home.database.compact()
        home.erasures.confirm_sealed()


def _seal_rows(home: Home, table_name: str, rows: pl.DataFrame) -> pl.DataFrame:
    return home.keys.vault.seal_rest(rows, table_name)
