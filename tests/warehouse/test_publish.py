import datetime as dt

import polars as pl
import pytest
from sqlalchemy import create_engine, inspect, text

from contracts.tables import KpisDaily, PriceFact
from tests.warehouse.rows import NOON, rows
from warehouse.database import Database
from warehouse.publish import publish


def days(*numbers: int) -> pl.DataFrame:
    return rows(KpisDaily, [{"kpi_date": dt.date(2026, 11, day)} for day in numbers])


def read(url: str, sql: str) -> list[tuple[object, ...]]:
    """What a client sees that knows nothing of us."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(sql))]
    engine.dispose()
    return found


def test_any_sql_client_reads_what_was_published_last(url: str, database: Database) -> None:
    assert publish(database, "kpis_daily", frame=days(1, 2)) == 2
    publish(database, "kpis_daily", frame=days(3))
    found = read(url, "SELECT kpi_date, gmv_minor, aov_minor, is_complete FROM kpis_daily")
    assert [(str(found[0][0]), *found[0][1:])] == [("2026-11-03", 1, None, 0)]


def test_instants_are_published_in_utc(url: str, database: Database) -> None:
    publish(database, "price_facts", frame=rows(PriceFact, [{"price_observed_at": NOON}]))
    ((found,),) = read(url, "SELECT price_observed_at FROM price_facts")
    # PostgreSQL keeps the zone; SQLite keeps text, whose zone is ours to fix.
    as_text = str(found.astimezone(dt.UTC) if isinstance(found, dt.datetime) else found)
    assert as_text.startswith("2026-11-11 12:00:00")


def test_a_publication_that_breaks_off_leaves_the_old_rows(url: str, database: Database) -> None:
    publish(database, "kpis_daily", frame=days(1))
    broken = days(2).with_columns(currency=pl.lit(None, pl.String))
    with pytest.raises(Exception, match="currency"):
        publish(database, "kpis_daily", frame=broken)
    assert [str(day) for (day,) in read(url, "SELECT kpi_date FROM kpis_daily")] == ["2026-11-01"]
    with database.read() as connection:
        assert not [name for name in inspect(connection).get_table_names() if "staging" in name]


def test_the_warehouses_own_tables_are_not_overwritten(database: Database) -> None:
    with pytest.raises(ValueError, match="warehouse itself"):
        publish(database, "actions", frame=days(1))
