import datetime as dt

import polars as pl
import pytest
from sqlalchemy import create_engine, text

from contracts.errors import BusyError
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
    assert publish(database, "kpis_daily", read=lambda: days(1, 2)) == 2
    publish(database, "kpis_daily", read=lambda: days(3))
    found = read(url, "SELECT kpi_date, gmv_minor, aov_minor, is_complete FROM kpis_daily")
    assert [(str(found[0][0]), *found[0][1:])] == [("2026-11-03", 1, None, 0)]


def test_instants_are_published_in_utc(url: str, database: Database) -> None:
    facts = rows(PriceFact, [{"price_observed_at": NOON}])
    publish(database, "price_facts", read=lambda: facts)
    ((found,),) = read(url, "SELECT price_observed_at FROM price_facts")
    # PostgreSQL keeps the zone; SQLite keeps text, whose zone is ours to fix.
    as_text = str(found.astimezone(dt.UTC) if isinstance(found, dt.datetime) else found)
    assert as_text.startswith("2026-11-11 12:00:00")


def test_a_publication_that_breaks_off_leaves_the_old_rows(url: str, database: Database) -> None:
    publish(database, "kpis_daily", read=lambda: days(1))
    broken = days(2).with_columns(currency=pl.lit(None, pl.String))
    with pytest.raises(Exception, match="currency"):
        publish(database, "kpis_daily", read=lambda: broken)
    assert [str(day) for (day,) in read(url, "SELECT kpi_date FROM kpis_daily")] == ["2026-11-01"]


def test_the_warehouses_own_tables_are_not_overwritten(database: Database) -> None:
    with pytest.raises(ValueError, match="warehouse itself"):
        publish(database, "actions", read=lambda: days(1))


def test_a_table_of_another_release_is_made_anew(url: str, database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("CREATE TABLE kpis_daily (kpi_date DATE, gone INTEGER)"))
        connection.execute(text("INSERT INTO kpis_daily (gone) VALUES (1)"))
    assert publish(database, "kpis_daily", read=lambda: days(1)) == 1
    assert len(read(url, "SELECT kpi_date, gmv_minor FROM kpis_daily")) == 1


def test_a_view_on_what_is_published_goes_on(url: str, database: Database) -> None:
    publish(database, "kpis_daily", read=lambda: days(1))
    with database.write() as connection:
        connection.execute(text("CREATE VIEW dashboard AS SELECT kpi_date FROM kpis_daily"))
    publish(database, "kpis_daily", read=lambda: days(2, 3))
    assert len(read(url, "SELECT kpi_date FROM dashboard")) == 2


def test_nobody_publishes_between_the_reading_of_rows_and_their_publication(
    url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.database._BUSY_SECONDS", 0.2)
    other = Database(url)

    def overtaken() -> pl.DataFrame:
        with pytest.raises(BusyError):
            publish(other, "kpis_daily", read=lambda: days(1, 2))
        return days(3)

    assert publish(database, "kpis_daily", read=overtaken) == 1
    other.close()
