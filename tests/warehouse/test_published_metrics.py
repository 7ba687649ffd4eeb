"""What BI tools read of metrics, by plain SQL, on SQLite and on PostgreSQL."""

import datetime as dt
from typing import Any

import polars as pl

from contracts.tables.published import MetricDay, MetricDefinition
from tests.warehouse.rows import rows
from tests.warehouse.test_publish import read
from warehouse.database import Database
from warehouse.published_metrics import publish_days, publish_dictionary, published_values

DAYS = [dt.date(2026, 11, day) for day in (1, 2, 3)]
EVERYTHING = "SELECT metric_date, metric, value FROM metrics_daily ORDER BY 1, 2"


def metrics(*given: tuple[dt.date, str, float | None], **more: Any) -> pl.DataFrame:
    return rows(
        MetricDay,
        [
            {
                "metric_date": day, "metric": name, "value": value, "unit": "money",
                "gap": "no_data" if value is None else None, **more,
            }
            for day, name, value in given
        ],
    )  # fmt: skip


def put(database: Database, frame: pl.DataFrame, days: list[dt.date], **more: Any) -> None:
    publish_days(
        database, frame, **{"shop_id": "demo", "lasting": ["stock_value"], **more}, days=days
    )


def told(url: str) -> list[tuple[str, object, object]]:
    return [(str(day), name, value) for day, name, value in read(url, EVERYTHING)]


def definitions(*names: str) -> pl.DataFrame:
    return rows(MetricDefinition, [{"metric": name, "unit": "money"} for name in names])


def test_days_are_replaced_and_others_stay(url: str, database: Database) -> None:
    put(database, metrics(*[(day, "gmv", 1.0) for day in DAYS]), DAYS)
    other = metrics((DAYS[1], "gmv", 7.0), shop_id="other")
    put(database, other, DAYS, shop_id="other")
    put(database, metrics((DAYS[1], "gmv", 2.0), (DAYS[1], "aov", None)), [DAYS[1]])
    assert sorted(told(url), key=str) == [
        ("2026-11-01", "gmv", 1), ("2026-11-02", "aov", None), ("2026-11-02", "gmv", 2),
        ("2026-11-02", "gmv", 7), ("2026-11-03", "gmv", 1),
    ]  # fmt: skip
    put(database, metrics(), [DAYS[1]], shop_id="other")
    found = published_values(database, "demo", ["gmv"])
    assert sorted(found.rows()) == [(DAYS[0], "gmv", 1), (DAYS[1], "gmv", 2), (DAYS[2], "gmv", 1)]
    assert published_values(database, "other", ["gmv"]).is_empty()


def test_what_was_known_of_a_day_alone_stays_when_the_day_is_published_again(
    url: str, database: Database
) -> None:
    put(database, metrics((DAYS[0], "stock_value", 500.0), (DAYS[0], "gmv", 1.0)), DAYS[:1])
    put(database, metrics((DAYS[0], "gmv", 2.0), (DAYS[1], "stock_value", 400.0)), DAYS[:2])
    assert told(url) == [
        ("2026-11-01", "gmv", 2), ("2026-11-01", "stock_value", 500),
        ("2026-11-02", "stock_value", 400),
    ]  # fmt: skip
    put(database, metrics((DAYS[1], "stock_value", 450.0)), DAYS[:2])
    assert told(url)[-1] == ("2026-11-02", "stock_value", 450)


def test_the_view_has_a_column_per_metric_and_follows_the_catalogue(
    url: str, database: Database
) -> None:
    assert published_values(database, "demo", ["gmv"]).is_empty()
    put(database, metrics((DAYS[0], "gmv", 5.0), (DAYS[0], "aov", None)), DAYS[:1])
    publish_dictionary(database, definitions("gmv", "aov"))
    assert read(url, "SELECT shop_id, gmv, aov FROM metrics_wide") == [("demo", 5, None)]
    publish_dictionary(database, definitions("gmv", "aov"))
    publish_dictionary(database, definitions("orders", "gmv"))
    assert read(url, "SELECT orders, gmv FROM metrics_wide") == [(None, 5)]
    assert read(url, "SELECT count(*) FROM metrics_dictionary") == [(2,)]


def test_a_table_of_another_release_is_made_anew_with_its_view(
    url: str, database: Database
) -> None:
    put(database, metrics((DAYS[0], "gmv", 5.0)), DAYS[:1])
    publish_dictionary(database, definitions("gmv"))
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE metrics_daily ADD COLUMN odd INTEGER")
    assert published_values(database, "demo", ["gmv"]).is_empty()
    put(database, metrics((DAYS[1], "gmv", 6.0)), [DAYS[1]])
    publish_dictionary(database, definitions("gmv"))
    assert read(url, "SELECT gmv FROM metrics_wide") == [(6,)]
