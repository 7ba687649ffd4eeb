"""Planned, loaded, resumed; and what a crash between landing, lake and database leaves."""

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from contracts.streams import Page, Reading, Window
from tests.warehouse.conftest import VAULT
from tests.warehouse.rows import document, hour
from warehouse.database import Database
from warehouse.lake import Lake
from warehouse.landing import Landed, Landing
from warehouse.reading_totals import ReadingTotals
from warehouse.readings import Counts, Readings
from warehouse.readings import _reading_row as planned

FIRST = Reading("demo", "orders", Window(hour(0), hour(1)), hour(5))
SECOND = Reading("demo", "orders", Window(hour(1), hour(2)), hour(5))
COUNTS = Counts(landed_rows=3, loaded_rows=2, quarantined_rows=1, seconds=0.5)
LANDED = Landed(2, 2, 100, 100)


def load(readings: Readings, reading: Reading, **versions: int) -> None:
    readings.record_load(reading, LANDED, counts=COUNTS, versions=versions, at=hour(9))


def test_a_planned_reading_is_unfinished_with_its_own_read_at_until_it_is_loaded(
    database: Database,
) -> None:
    readings = Readings(database)
    for reading in (SECOND, FIRST, FIRST):
        readings.plan(reading)
    assert readings.unfinished() == [FIRST, SECOND]
    load(readings, FIRST)
    assert readings.unfinished(shop_id="demo", stream="orders") == [SECOND]
    assert readings.unfinished(shop_id="other") == []
    assert (readings.is_loaded(FIRST.id), readings.is_loaded(SECOND.id)) == (True, False)


def test_readings_of_a_stream_are_planned_all_or_none(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = Readings(database)

    def dies_at_the_second(reading: Reading) -> dict[str, object]:
        if reading == SECOND:
            raise KeyboardInterrupt
        return planned(reading)

    monkeypatch.setattr("warehouse.readings._reading_row", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        readings.plan(FIRST, SECOND)
    assert readings.unfinished() == []


def test_the_watermark_never_goes_back(database: Database) -> None:
    readings = Readings(database)
    assert readings.watermark("demo", "orders") is None
    load(readings, SECOND)
    load(readings, FIRST)
    assert readings.watermark("demo", "orders") == hour(2)
    assert readings.watermark("demo", "products") is None


def test_a_streams_clock_is_that_of_its_newest_loaded_reading(database: Database) -> None:
    readings = Readings(database)
    later = Reading("demo", "orders", SECOND.window, hour(7))
    readings.plan(Reading("demo", "orders", SECOND.window, hour(8)))
    for reading in (later, FIRST):
        load(readings, reading)
    assert readings.newest("demo") == {"orders": hour(7)}
    assert readings.newest("other") == {}


def test_recorded_versions_never_go_back(database: Database) -> None:
    readings = Readings(database)
    load(readings, FIRST, orders=4, refunds=0)
    load(readings, SECOND, orders=3)
    readings.record({"kpis_daily": 1})
    assert readings.versions() == {"orders": 4, "refunds": 0, "kpis_daily": 1}


def test_a_reading_loaded_twice_counts_once(database: Database) -> None:
    readings = Readings(database)
    for reading in (FIRST, FIRST, SECOND):
        load(readings, reading)
    row = ReadingTotals(database).summary().row(0, named=True)
    assert (row["readings"], row["landed_rows"], row["new_bytes"]) == (2, 6, 200)
    assert (row["loaded_rows"], row["quarantined_rows"], row["seconds"]) == (4, 2, 1.0)
    assert row["loaded_at"] == hour(9)
    assert ReadingTotals(database).summary(since=hour(10)).is_empty()


class Pull:
    """A pull as the steps do it; `crash_after` names where the power goes out."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.landing = Landing(folder / "landing", VAULT)
        self.lake = Lake(folder / "lake")
        self.readings = Readings(database)
        self.fetched = 0

    def __call__(self, reading: Reading, *, crash_after: str = "") -> None:
        def at(point: str) -> None:
            if point == crash_after:
                raise KeyboardInterrupt

        self.readings.plan(reading)
        at("plan")
        landed = self.landing.keep(reading, self._fetch(at))
        at("landing")
        frames = self._map(self.landing.pages(reading.id), reading)
        versions = {name: merged.version for name, merged in self.lake.merge(frames).items()}
        at("lake")
        counts = Counts(landed_rows=2, loaded_rows=2, quarantined_rows=0, seconds=0.0)
        self.readings.record_load(reading, landed, counts=counts, versions=versions, at=hour(9))

    def _fetch(self, at: Callable[[str], None]) -> Iterator[Page]:
        self.fetched += 1
        yield Page(b"1", "page")
        at("first page")
        yield Page(b"2", "page")

    def _map(self, pages: Iterator[Page], reading: Reading) -> dict[str, pl.DataFrame]:
        order_ids = [page.body.decode() for page in pages]
        found = [document(order_id, read_at=reading.read_at) for order_id in order_ids]
        return {name: pl.concat([one[name] for one in found]) for name in found[0]}


@pytest.mark.parametrize("point", ["plan", "first page", "landing", "lake"])
def test_a_pull_that_crashed_anywhere_resumes_to_the_same_end(
    point: str, tmp_path: Path, database: Database
) -> None:
    pull = Pull(tmp_path, database)
    with pytest.raises(KeyboardInterrupt):
        pull(FIRST, crash_after=point)
    assert pull.readings.versions() == {}
    assert pull.readings.watermark("demo", "orders") is None
    (resumed,) = pull.readings.unfinished()
    pull(resumed)
    assert pull.readings.versions() == {"orders": 0, "order_lines": 0}
    assert pull.readings.watermark("demo", "orders") == hour(1)
    recorded = pull.lake.scan("orders", version=pull.readings.versions()["orders"]).collect()
    assert sorted(recorded["order_id"]) == ["1", "2"]
    assert recorded["read_at"].unique().to_list() == [FIRST.read_at]
    assert pull.fetched == (2 if point == "first page" else 1)


def test_a_second_run_lands_nothing_new(tmp_path: Path, database: Database) -> None:
    pull = Pull(tmp_path, database)
    pull(FIRST)
    files = {path: path.stat().st_size for path in (tmp_path / "landing/pages").rglob("*.zst")}
    again = Reading("demo", "orders", FIRST.window, hour(6))
    pull(again)
    assert pull.lake.versions() == {"orders": 0, "order_lines": 0}
    assert files == {
        path: path.stat().st_size for path in (tmp_path / "landing/pages").rglob("*.zst")
    }
