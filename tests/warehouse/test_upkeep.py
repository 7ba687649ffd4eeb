"""What changed between two looks at a table, notes on it, and fewer files."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from contracts.table_diffs import RowDiff, TableSnapshot
from contracts.tables import KpisDaily, Order, SalesDaily, StockLevel
from tests.warehouse.rows import batch, document, hour, rows, version_rows
from warehouse import upkeep
from warehouse.lake import Lake
from warehouse.row_diffs import changes
from warehouse.upkeep import note, read_note, tidy

NEXT_DAY = dt.date(2026, 11, 12)


def changed(lake: Lake, name: str, since: int | None, until: int, *, then: int = 9) -> RowDiff:
    """Between two versions, read until `then` o'clock and until the end."""
    found = changes(
        lake,
        name,
        shop_id="demo",
        since=TableSnapshot(since, hour(then)),
        until=TableSnapshot(until, hour(99)),
    )
    assert found is not None
    return found


def orders_of(rows: pl.DataFrame) -> list[tuple[str, dt.datetime]]:
    return sorted(rows.select("order_id", "source_updated_at").rows())


def test_a_change_holds_what_was_and_what_is_and_no_order_that_stayed(lake: Lake) -> None:
    lake.merge(batch([version_rows("1"), version_rows("2"), version_rows("3")]))
    newer = [version_rows("2", source_updated_at=hour(1), content_hash=2), version_rows("4")]
    lake.merge(batch(newer))
    found = changed(lake, "orders", 0, 1)
    assert orders_of(found.before) == [("2", hour(0))]
    assert orders_of(found.after) == [("2", hour(1)), ("4", hour(0))]


def test_a_line_that_was_deleted_was_and_is_not(lake: Lake) -> None:
    lake.merge(document(lines=("a", "b"), content_hash=1))
    lake.merge(document(lines=("a",), source_updated_at=hour(1), content_hash=2))
    found = changed(lake, "order_lines", 0, 1)
    assert sorted(found.before["line_id"]) == ["a", "b"]
    assert found.after["line_id"].to_list() == ["a"]


def test_of_a_table_that_was_not_there_all_is_new(lake: Lake) -> None:
    lake.merge(document())
    found = changed(lake, "orders", None, 0)
    assert found.before.is_empty()
    assert found.after.height == 1


def test_what_was_merged_then_and_read_later_counts_as_new(lake: Lake) -> None:
    lake.merge(document("1"))
    lake.merge(document("2", read_at=hour(5), created_date=NEXT_DAY))
    found = changed(lake, "orders", 1, 1, then=1)
    assert found.before.is_empty()
    assert found.after["order_id"].to_list() == ["2"]


def test_what_another_shop_changed_is_no_change_of_ours(lake: Lake) -> None:
    lake.merge(document("1"))
    lake.merge(document("1", shop_id="other"))
    found = changed(lake, "orders", 0, 1)
    assert found.before.is_empty()
    assert found.after.is_empty()


def test_days_without_a_new_file_are_not_read(lake: Lake, tmp_path: Path) -> None:
    lake.merge(document("1"))
    lake.merge(document("2", created_date=NEXT_DAY))
    for file in (tmp_path / "lake/orders/created_date=2026-11-11").iterdir():
        file.unlink()
    assert changed(lake, "orders", 0, 1).after["order_id"].to_list() == ["2"]


def test_a_version_whose_files_are_gone_cannot_be_compared(lake: Lake) -> None:
    lake.merge(document())
    lake.merge(document(source_updated_at=hour(1), content_hash=2))
    lake.vacuum(["orders"])
    newest = lake.versions()["orders"]
    since, until = TableSnapshot(0, hour(9)), TableSnapshot(newest, hour(9))
    assert changes(lake, "orders", shop_id="demo", since=since, until=until) is None
    assert (
        changes(lake, "orders", shop_id="demo", since=TableSnapshot(99, hour(9)), until=until)
        is None
    )


def test_a_note_stays_on_its_table_through_what_is_written_to_it(lake: Lake) -> None:
    assert note(lake, "kpis_daily", {"a": "1"}) is None
    lake.replace("kpis_daily", rows(KpisDaily, [{}]))
    assert note(lake, "kpis_daily", {"a": "1"}) == 1
    assert note(lake, "kpis_daily", {"b": "2"}) == 2
    assert note(lake, "kpis_daily", {"b": "2"}) == 2
    lake.replace("kpis_daily", rows(KpisDaily, [{"gmv_minor": 9}]))
    assert [read_note(lake, "kpis_daily", key=key) for key in "abc"] == ["1", "2", None]


def levels(lake: Lake, count: int) -> None:
    for number in range(count):
        seen = {"observed_at": hour(number), "read_at": hour(number)}
        lake.merge({"stock_levels": rows(StockLevel, [seen])})


def test_many_small_files_become_one_and_no_row_is_lost(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "MOST_FILES", 3)
    levels(lake, 5)
    recorded = lake.versions()["stock_levels"]
    tidied = tidy(lake, {"stock_levels": recorded})
    assert tidied == lake.versions()
    assert lake.scan("stock_levels").collect().height == 5
    assert lake.scan("stock_levels", version=recorded).collect().height == 5
    assert tidy(lake, tidied) == {}
    found = changed(lake, "stock_levels", recorded, tidied["stock_levels"])
    assert found.before.is_empty()
    assert found.after.is_empty()


def test_only_days_of_many_files_are_put_together(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "MOST_FILES", 3)
    lake.merge(document("0", created_date=NEXT_DAY))
    other = tmp_path / "lake/orders/created_date=2026-11-12"
    files = sorted(other.iterdir())
    for number in range(1, 5):
        lake.merge(document(str(number)))
    recorded = lake.versions()
    assert set(tidy(lake, recorded)) == {"orders", "order_lines"}
    assert sorted(other.iterdir()) == files
    assert lake.scan("orders").collect().height == 5


def test_a_table_that_holds_more_than_was_recorded_is_left_alone(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "MOST_FILES", 1)
    levels(lake, 3)
    assert tidy(lake, {"stock_levels": 1}) == {}
    assert lake.versions() == {"stock_levels": 2}


def test_a_build_of_some_days_of_one_shop_writes_these_days_only(
    lake: Lake, tmp_path: Path
) -> None:
    sold = [
        {"shop_id": shop, "sales_date": dt.date(2026, 11, day), "sku_id": "a"}
        for shop in ("demo", "other")
        for day in (1, 2, 3)
    ]
    lake.replace("sales_daily", rows(SalesDaily, sold))
    files = set((tmp_path / "lake/sales_daily").rglob("*.parquet"))
    days = pl.Series([dt.date(2026, 11, 2), dt.date(2026, 11, 3)])
    again = [{"sales_date": days[0], "sku_id": "b"}, {"sales_date": days[1], "sku_id": "a"}]
    merged = lake.replace("sales_daily", rows(SalesDaily, again), shop_id="demo", days=days)
    assert (merged.version, merged.added, merged.removed, merged.unchanged) == (1, 1, 1, 3)
    written = set((tmp_path / "lake/sales_daily").rglob("*.parquet")) - files
    assert [file.parent.name for file in written] == ["sales_date=2026-11-02"]
    held = lake.scan("sales_daily").select("shop_id", "sales_date", "sku_id").collect().rows()
    expected = [(row["shop_id"], row["sales_date"], row["sku_id"]) for row in sold]
    expected[1] = ("demo", days[0], "b")
    assert sorted(held) == sorted(expected)


@pytest.mark.parametrize("shop_id", ["demo", None])
def test_days_and_shops_that_differ_in_other_columns_are_all_replaced(
    lake: Lake, shop_id: str | None
) -> None:
    keys = [
        {"shop_id": shop, "sales_date": dt.date(2026, 11, day), "sku_id": "a"}
        for shop in ("demo", "other")
        for day in (1, 2, 3)
    ]
    lake.replace("sales_daily", rows(SalesDaily, [row | {"gmv_minor": 1} for row in keys]))
    apart: list[dict[str, Any]] = [{"gmv_minor": 2}, {"gmv_minor": 1, "orders_count": 3}, {}]
    again = [row | {"gmv_minor": 1} | more for row, more in zip(keys, apart * 2, strict=True)]
    given = again if shop_id is None else again[:3]
    lake.replace("sales_daily", rows(SalesDaily, given), shop_id=shop_id)
    expected = rows(SalesDaily, [*given, *(row | {"gmv_minor": 1} for row in keys[len(given) :])])
    order = ["shop_id", "sales_date"]
    assert_frame_equal(lake.scan("sales_daily").collect().sort(order), expected.sort(order))


def test_the_log_quotes_what_rows_are_looked_for_by_and_no_amount(lake: Lake) -> None:
    lake.merge(document())
    head = lake.open("orders")
    assert head is not None
    quoted = {
        name.removeprefix("min.")
        for name in pl.DataFrame(head.get_add_actions(flatten=True)).columns
        if name.startswith("min.")
    }
    assert {"shop_id", "placed_at", "read_at"} <= quoted
    kinds = {(Order.columns()[name].metadata or {})["kind"] for name in quoted - {"shop_id"}}
    assert kinds == {"instant"}
