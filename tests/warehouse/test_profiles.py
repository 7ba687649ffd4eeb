import datetime as dt

import polars as pl

from contracts.streams import Reading, Window
from tests.warehouse.rows import hour
from warehouse.database import Database
from warehouse.profiles import KEPT, Profiles

SCHEMA = pl.Schema({"column": pl.String(), "rows": pl.Int64(), "at": pl.Datetime("us", "UTC")})


def reading(at: int, *, stream: str = "orders", is_backfill: bool = False) -> Reading:
    window = Window(hour(at) - dt.timedelta(hours=2), hour(at))
    return Reading("demo", stream, window, hour(at), is_backfill)


def told(rows: int) -> pl.DataFrame:
    return pl.DataFrame([("price_minor", rows, hour(0)), ("x", rows, None)], SCHEMA, orient="row")


def test_profiles_come_back_as_kept_oldest_first_and_a_replay_replaces_its_own(
    database: Database,
) -> None:
    profiles = Profiles(database)
    for at, rows in ((2, 5), (1, 7), (2, 9)):
        profiles.keep(reading(at), told(rows))
    profiles.keep(reading(1, stream="stock"), told(1))
    profiles.keep(reading(3, is_backfill=True), told(99))
    profiles.keep(reading(4), pl.DataFrame(schema=SCHEMA))
    found = profiles.of_stream("demo", "orders", schema=SCHEMA)
    assert found.drop("read_at", "window_start").equals(pl.concat([told(7), told(9)]))
    assert found["read_at"].to_list() == [hour(1), hour(1), hour(2), hour(2)]
    assert found["window_start"][0] == hour(-1)
    later = profiles.of_stream("demo", "orders", schema=SCHEMA, since=hour(2))
    assert set(later["rows"]) == {9}
    assert profiles.of_stream("elsewhere", "orders", schema=SCHEMA).is_empty()


def test_the_last_readings_of_a_stream_are_kept(database: Database) -> None:
    profiles = Profiles(database)
    for at in range(KEPT + 2):
        profiles.keep(reading(at), told(at))
    profiles.keep(reading(0, stream="stock"), told(1))
    kept = profiles.of_stream("demo", "orders", schema=SCHEMA)
    assert sorted(set(kept["rows"])) == list(range(2, KEPT + 2))
    assert profiles.of_stream("demo", "stock", schema=SCHEMA).height == 2


def test_what_was_noted_first_stands_and_goes_with_its_reading(database: Database) -> None:
    profiles = Profiles(database)
    for rows in (5, 7):
        profiles.note(reading(0), "prices", told(rows))
    profiles.note(reading(0), "listings", told(9))
    for at in range(KEPT):
        profiles.keep(reading(at), told(at))
    kept = profiles.of_stream("demo", "orders", schema=SCHEMA)
    assert set(kept.filter(pl.col("read_at") == hour(0))["rows"]) == {0, 5, 9}
    profiles.keep(reading(KEPT), told(KEPT))
    kept = profiles.of_stream("demo", "orders", schema=SCHEMA)
    assert kept["read_at"].min() == hour(1)
