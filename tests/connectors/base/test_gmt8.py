"""Times of Chinese platforms, which are written without their zone."""

import datetime as dt

import polars as pl

from connectors.base.mapping import gmt8


def test_a_chinese_platforms_time_is_eight_hours_ahead_all_year() -> None:
    texts = ["2026-01-01 07:59:59", "2026-07-01 08:00:00", None, "2026-07-01", "yesterday"]
    read = pl.DataFrame({"at": texts}).select(gmt8("at").value).to_series()
    assert read.to_list() == [
        dt.datetime(2025, 12, 31, 23, 59, 59, tzinfo=dt.UTC),
        dt.datetime(2026, 7, 1, tzinfo=dt.UTC),
        None,
        None,
        None,
    ]
