import datetime as dt
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl
import pytest
from deltalake import write_deltalake
from deltalake.exceptions import CommitFailedError
from polars.testing import assert_frame_equal

from contracts.tables import TABLES, Inbound, KpisDaily, Listing, OrderLine, Price
from tests.warehouse.rows import NOON, batch, document, hour, rows, version_rows
from tests.warehouse.writer import ORDERS, batches
from warehouse import delta
from warehouse import lake as lake_module
from warehouse.lake import Lake, Merged

TWO_DAYS = batch(
    [
        version_rows("1", lines=("a", "b"), refunds=("r",)),
        version_rows("2", lines=("a",), created_date=dt.date(2026, 11, 12)),
    ]
)


def lines_of(lake: Lake, **how: Any) -> list[tuple[str, str, dt.datetime | None]]:
    columns = ("order_id", "line_id", "deleted_at")
    return sorted(lake.scan("order_lines", **how).select(columns).collect().rows())


def test_a_second_load_of_the_same_reading_makes_no_version_and_no_file(
    lake: Lake, tmp_path: Path
) -> None:
    lake.merge(TWO_DAYS)
    files = sorted(tmp_path.rglob("*"))
    again = lake.merge(TWO_DAYS)
    assert again["order_lines"] == Merged(0, unchanged=3)
    assert sorted(tmp_path.rglob("*")) == files


def test_an_unchanged_order_read_again_later_makes_no_version(lake: Lake) -> None:
    lake.merge(document(lines=("a",)))
    later = lake.merge(document(lines=("a",), read_at=hour(5)))
    assert later["orders"] == Merged(0, unchanged=1)


def test_what_an_order_lost_is_marked_deleted_since_its_newest_version(lake: Lake) -> None:
    lake.merge(document(lines=("a", "b"), refunds=("r",), content_hash=1))
    newer = document(lines=("a",), source_updated_at=hour(2), read_at=hour(3), content_hash=2)
    merged = lake.merge({name: frame for name, frame in newer.items() if name != "refunds"})
    assert merged["order_lines"] == Merged(1, changed=2)
    assert lines_of(lake) == [("1", "a", None)]
    assert lines_of(lake, with_deleted=True) == [("1", "a", None), ("1", "b", hour(2))]
    assert lake.scan("refunds").collect().is_empty()


def test_a_stale_version_only_adds_what_is_missing_as_deleted(lake: Lake) -> None:
    lake.merge(document(lines={"a": 2}, source_updated_at=hour(2), content_hash=2))
    lake.merge(document(lines={"a": 1, "b": 1}, source_updated_at=hour(1), content_hash=1))
    assert lines_of(lake, with_deleted=True) == [("1", "a", None), ("1", "b", hour(2))]
    assert lake.scan("order_lines").collect()["quantity_units"].to_list() == [2]


def test_a_line_that_comes_back_lives_again(lake: Lake) -> None:
    for number, lines in enumerate([("a", "b"), ("a",), ("a", "b")]):
        lake.merge(document(lines=lines, source_updated_at=hour(number), content_hash=number))
    assert lines_of(lake) == [("1", "a", None), ("1", "b", None)]


def test_a_change_rewrites_its_day_and_no_other(lake: Lake, tmp_path: Path) -> None:
    lake.merge(TWO_DAYS)
    other_day = tmp_path / "lake/orders/created_date=2026-11-12"
    files = sorted(other_day.iterdir())
    lake.merge(document("1", source_updated_at=hour(1)))
    assert sorted(other_day.iterdir()) == files
    assert sorted(lake.scan("orders").collect()["order_id"]) == ["1", "2"]


def test_rows_of_a_document_without_its_root_are_refused(lake: Lake) -> None:
    with pytest.raises(ValueError, match="orders is missing"):
        lake.merge({"order_lines": TWO_DAYS["order_lines"]})


def test_a_reader_of_a_recorded_version_does_not_see_what_came_after(lake: Lake) -> None:
    lake.merge(document("1"))
    recorded = lake.versions()["orders"]
    lake.merge(document("2"))
    assert lake.scan("orders", version=recorded).collect()["order_id"].to_list() == ["1"]


def test_what_was_read_later_is_not_known_before(lake: Lake) -> None:
    seen = [{"observed_at": hour(0), "read_at": hour(at), "content_hash": at} for at in (1, 3)]
    lake.merge({"prices": rows(Price, seen)})
    assert lake.scan("prices", as_of=hour(2)).collect()["read_at"].to_list() == [hour(1)]


def test_a_table_nobody_wrote_is_empty_with_its_declared_columns(lake: Lake) -> None:
    assert lake.scan("order_lines").collect_schema() == OrderLine.create_empty().schema
    assert lake.versions() == {}


def test_columns_come_back_as_declared_with_instants_in_utc(lake: Lake) -> None:
    lake.merge(document())
    assert lake.scan("order_lines").collect_schema() == OrderLine.create_empty().schema


def test_one_shops_listings_leave_those_of_an_oddly_named_shop_alone(lake: Lake) -> None:
    odd = "o'neil') OR (1=1"
    for shop_id, title in (("demo", "old"), (odd, "old"), (odd, "new")):
        row = {"shop_id": shop_id, "title": title, "source_updated_at": hour(len(title) == 3)}
        lake.merge({"listings": rows(Listing, [row])})
    lake.merge({"listings": rows(Listing, [{"shop_id": odd, "source_updated_at": hour(9)}])})
    held = lake.scan("listings").select("shop_id", "title").collect().rows()
    assert sorted(held) == [("demo", "old"), (odd, "x")]


def test_a_smaller_export_replaces_the_whole_slice(lake: Lake) -> None:
    for number, skus in enumerate([("a", "b"), ("b",)]):
        export = [{"sku_id": sku, "source_updated_at": hour(number)} for sku in skus]
        merged = lake.merge({"inbound": rows(Inbound, export)})
    assert merged["inbound"] == Merged(1, changed=1, removed=1)
    assert lake.scan("inbound").collect()["sku_id"].to_list() == ["b"]


def test_a_column_that_a_table_got_later_is_null_in_the_rows_of_before(
    lake: Lake, tmp_path: Path
) -> None:
    before = rows(Inbound, [{"sku_id": "a"}]).drop("deleted_at")
    write_deltalake(str(tmp_path / "lake/inbound"), before)
    assert lake.scan("inbound").collect()["sku_id"].to_list() == ["a"]
    lake.merge({"inbound": rows(Inbound, [{"sku_id": "b", "source_updated_at": hour(1)}])})
    assert lake.scan("inbound").collect()["sku_id"].to_list() == ["b"]


def test_a_build_with_equal_rows_in_another_order_makes_no_version(lake: Lake) -> None:
    days = [{"kpi_date": dt.date(2026, 11, day)} for day in (1, 2)]
    assert lake.replace("kpis_daily", rows(KpisDaily, days)).version == 0
    assert lake.replace("kpis_daily", rows(KpisDaily, days[::-1])).version == 0
    assert lake.replace("kpis_daily", rows(KpisDaily, days[:1])).version == 1
    assert lake.scan("kpis_daily").collect().height == 1


def test_a_derived_table_is_not_merged(lake: Lake) -> None:
    with pytest.raises(ValueError, match="derived"):
        lake.merge({"kpis_daily": rows(KpisDaily, [{}])})


def test_writers_at_the_same_time_end_where_one_after_the_other_would(lake: Lake) -> None:
    versions = [
        document(lines=("a", *("bcd"[number])), source_updated_at=hour(number), content_hash=number)
        for number in range(3)
    ]
    writers = [Thread(target=lake.merge, args=(version,)) for version in versions]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert lines_of(lake, with_deleted=True) == [
        ("1", "a", None),
        ("1", "b", hour(2)),
        ("1", "c", hour(2)),
        ("1", "d", None),
    ]


def test_processes_that_write_at_once_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """Each merges every batch, in an order of its own; the same as one after the other."""
    command = [sys.executable, "-m", "tests.warehouse.writer", str(tmp_path / "together")]
    writers = [subprocess.Popen([*command, str(seed)]) for seed in (1, 2)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    alone = Lake(tmp_path / "alone")
    for frames in batches(3):
        alone.merge(frames)
    together = Lake(tmp_path / "together")
    for name in alone.versions():
        held, expected = (
            one.scan(name, with_deleted=True).sort(TABLES[name].key).collect()
            for one in (together, alone)
        )
        assert_frame_equal(held, expected)
    assert alone.scan("orders").collect().height == ORDERS


def test_another_writer_between_two_tables_of_an_order_is_noticed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newer version, without lines, commits after we wrote `orders` and before our lines."""
    older = document(lines=("a",), content_hash=1)
    newer = document(lines=(), source_updated_at=hour(1), content_hash=2)
    written = 0

    def interrupted(*args: Any, **how: Any) -> None:
        nonlocal written
        written += 1
        if written == 2:
            lake.merge(newer)
        write_deltalake(*args, **how)

    monkeypatch.setattr(delta, "write_deltalake", interrupted)
    lake.merge(older)
    assert lines_of(lake, with_deleted=True) == [("1", "a", hour(1))]


def test_a_crash_between_two_tables_of_an_order_is_mended_by_merging_again(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.merge(document(lines=("a", "b"), content_hash=1))
    newer = document(lines=("a",), source_updated_at=hour(1), content_hash=2)

    def crash(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        calls: Iterator[Callable[..., None]] = iter([write_deltalake, crash])
        patch.setattr(delta, "write_deltalake", lambda *a, **k: next(calls)(*a, **k))
        with pytest.raises(KeyboardInterrupt):
            lake.merge(newer)
    assert ("1", "b", None) in lines_of(lake)
    lake.merge(newer)
    assert lines_of(lake) == [("1", "a", None)]
    assert lake.scan("orders").collect()["source_updated_at"].to_list() == [hour(1)]


def test_when_others_never_pause_the_writer_gives_up_with_a_sentence(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(*_: Any, **__: Any) -> None:
        raise CommitFailedError

    lake.merge(document())
    monkeypatch.setattr(delta, "write_deltalake", overtaken)
    monkeypatch.setattr(lake_module, "_PAUSE_SECONDS", 0)
    with pytest.raises(lake_module.LakeBusyError, match="written by others"):
        lake.merge(document("2", created_date=NOON.date()))


def test_rows_are_counted_as_added_changed_or_unchanged(lake: Lake) -> None:
    lake.merge(batch([version_rows("1"), version_rows("2")]))
    merged = lake.merge(
        batch([version_rows("1"), version_rows("2", source_updated_at=hour(1)), version_rows("3")])
    )
    assert merged["orders"] == Merged(1, added=1, changed=1, unchanged=1)
    assert pl.Series(lake.scan("orders").collect()["order_id"]).n_unique() == 3
