import datetime as dt
import sqlite3
from pathlib import Path

import polars as pl
import pytest

from contracts.tables import KpisDaily, PriceFact
from tests.warehouse.rows import NOON, rows
from warehouse.database import Database
from warehouse.publish import publish


def days(*numbers: int) -> pl.DataFrame:
    return rows(KpisDaily, [{"kpi_date": dt.date(2026, 11, day)} for day in numbers])


def read(tmp_path: Path, sql: str) -> list[tuple[object, ...]]:
    raw = sqlite3.connect(tmp_path / "shopkeeper.db")
    found = raw.execute(sql).fetchall()
    raw.close()
    return found


def test_any_sql_client_reads_what_was_published_last(tmp_path: Path, database: Database) -> None:
    assert publish(database, "kpis_daily", frame=days(1, 2)) == 2
    publish(database, "kpis_daily", frame=days(3))
    found = read(tmp_path, "SELECT kpi_date, gmv_minor, aov_minor, is_complete FROM kpis_daily")
    assert found == [("2026-11-03", 1, None, 0)]


def test_instants_are_published_in_utc(tmp_path: Path, database: Database) -> None:
    publish(database, "price_facts", frame=rows(PriceFact, [{"price_observed_at": NOON}]))
    found = read(tmp_path, "SELECT price_observed_at FROM price_facts")
    assert found == [("2026-11-11 12:00:00.000000",)]


def test_a_publication_that_breaks_off_leaves_the_old_rows(
    tmp_path: Path, database: Database
) -> None:
    publish(database, "kpis_daily", frame=days(1))
    broken = days(2).with_columns(currency=pl.lit(None, pl.String))
    with pytest.raises(Exception, match="currency"):
        publish(database, "kpis_daily", frame=broken)
    assert read(tmp_path, "SELECT kpi_date FROM kpis_daily") == [("2026-11-01",)]
    assert read(tmp_path, "SELECT name FROM sqlite_master WHERE name LIKE '%staging%'") == []


def test_the_warehouses_own_tables_are_not_overwritten(database: Database) -> None:
    with pytest.raises(ValueError, match="warehouse itself"):
        publish(database, "actions", frame=days(1))
