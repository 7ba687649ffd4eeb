import datetime as dt
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from checks import gates
from checks.gates import run_suites

Rows = Callable[..., pl.DataFrame]
AT = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


@pytest.mark.slow
def test_what_holds_passes_and_what_does_not_is_named_with_its_count(
    tmp_path: Path, orders: Rows, lines: Rows
) -> None:
    frames: dict[str, pl.DataFrame | pl.LazyFrame] = {
        "orders": orders({"cancelled_at": None, "paid_at": None}),
        "order_lines": lines({"sku_id": None}, {"line_kind": "present", "total_minor": -1}).lazy(),
        "order_coupons": orders().select(
            "shop_id", "source_updated_at", "read_at", "mapping_version", "content_hash",
            "deleted_at", "created_date", "order_id", coupon_code=pl.lit("C"),
        ).clear(),
    }  # fmt: skip
    passed, failed, empty = run_suites("demo", frames, docs_folder=tmp_path, checked_at=AT)
    assert (passed.table, passed.passed, passed.rows) == ("orders", True, 1)
    assert not failed.passed
    assert "line_kind column_values_to_be_in_set (1)" in failed.measured
    assert "primary_key column_values_to_be_unique (2)" in failed.measured
    assert "total_minor column_min_to_be_between (1)" in failed.measured
    assert (empty.passed, empty.rows) == (True, 0)


@pytest.mark.slow
@pytest.mark.parametrize("column", ["line_id", "line_kind", "currency", "quantity_units"])
def test_what_is_missing_is_named_whatever_the_column_holds(lines: Rows, column: str) -> None:
    frame = lines({}, {column: None})
    (result,) = run_suites("demo", {"order_lines": frame}, docs_folder=None, checked_at=AT)
    assert f"{column} column_values_to_not_be_null (1)" in result.measured


@pytest.mark.slow
def test_data_docs_tell_counts_but_no_value_of_a_row(tmp_path: Path, lines: Rows) -> None:
    frames = {"order_lines": lines({"line_kind": "a secret word", "line_id": "9-9-9"})}
    for _ in range(2):
        run_suites("demo", frames, docs_folder=tmp_path, checked_at=AT)
    pages = list((tmp_path / "validations").rglob("*.html"))
    assert len(pages) == 1, "a run's pages replace those of the last"
    text = "".join(page.read_text() for page in [*pages, tmp_path / "index.html"])
    assert "line_kind" in text
    assert "a secret word" not in text
    assert "9-9-9" not in text


def test_a_repeated_key_meets_itself_in_one_slice(
    monkeypatch: pytest.MonkeyPatch, lines: Rows
) -> None:
    monkeypatch.setattr(gates, "_DEALT_ROWS", 10)
    keys = [str(number) for number in range(50)] * 2
    frame = pl.DataFrame({"line_id": keys}).select(primary_key=pl.col("line_id").hash())
    slices = list(gates._slices(frame.lazy()))
    assert len(slices) > 1
    assert sum(piece.height for piece in slices) == 100
    assert sum(piece["primary_key"].n_unique() for piece in slices) == 50
