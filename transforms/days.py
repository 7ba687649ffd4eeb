"""Shop-local days: on which one something lies, and which ones a change dirties."""

import datetime as dt
from collections.abc import Mapping
from functools import cache

import polars as pl

from contracts.table_diffs import RowDiffs

# No zone is further from UTC; with this margin a range of instants holds the whole local day.
_MARGIN = dt.timedelta(days=1)
_EARLIEST = dt.datetime(1999, 12, 30, tzinfo=dt.UTC)
_LATEST = dt.datetime(2100, 1, 2, tzinfo=dt.UTC)


def local_day(column: str, time_zone: str) -> pl.Expr:
    """The shop-local day of a UTC instant, from 2000 to 2100.

    By the few offsets that the zone has, which costs a quarter of asking for each instant.
    """
    offsets = _offsets(time_zone)
    instant = pl.col(column)
    place = pl.lit(offsets["since"][1:]).search_sorted(instant, side="right")
    return (instant + pl.lit(offsets["offset"]).gather(place)).dt.date()


@cache
def _offsets(time_zone: str) -> pl.DataFrame:
    """Distances of a zone's clocks from UTC (`offset`), each with the minute since which it is.

    Found among days, there among hours, there among minutes, which no change of clocks divides.
    """
    local = pl.col("since").dt.convert_time_zone(time_zone)
    offset = local.dt.base_utc_offset() + local.dt.dst_offset()
    is_new = (pl.col("offset") != pl.col("offset").shift()).fill_null(value=True)
    found = pl.DataFrame({"since": [_LATEST], "before": [_LATEST - _EARLIEST]})
    for step in (dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)):
        looked = pl.datetime_ranges(pl.col("since") - pl.col("before"), "since", step)
        found = (
            found.select(looked.alias("since"))
            .explode("since")
            .with_columns(offset=offset)
            .filter(is_new)
            .with_columns(before=pl.lit(step))
        )
    return found


def on_days(column: str, days: pl.Series, time_zone: str) -> pl.Expr:
    """Whether an instant lies on one of some shop-local days.

    Says the same twice: first as ranges of instants, by which a reader skips files.
    """
    instant = pl.col(column)
    near = [
        instant.is_between(_midnight(first) - _MARGIN, _midnight(last) + 2 * _MARGIN)
        for first, last in _runs(days)
    ]
    exact = instant.dt.convert_time_zone(time_zone).dt.date().is_in(days.implode())
    return pl.any_horizontal(pl.lit(value=False), *near) & exact


def touched_days(changes: RowDiffs, columns: Mapping[str, str], time_zone: str) -> pl.Series:
    """Days on which changed rows lay and lie; `columns` has their instant or day by table.

    A row whose instant is null lies on no day.
    """
    found = [pl.Series("day", [], pl.Date)]
    for table, column in columns.items():
        for rows in changes[table].both:
            is_day = rows.schema[column] == pl.Date
            day = pl.col(column) if is_day else local_day(column, time_zone)
            found.append(rows.select(day.alias("day"))["day"].drop_nulls())
    return pl.concat(found).unique().sort()


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)


def _runs(days: pl.Series) -> list[tuple[dt.date, dt.date]]:
    """First and last day of each row of successive days."""
    day = pl.col("day")
    return (
        pl.DataFrame({"day": days.cast(pl.Date).unique().sort()})
        .group_by(run=day - pl.duration(days=pl.int_range(pl.len())), maintain_order=True)
        .agg(first=day.min(), last=day.max())
        .select("first", "last")
        .rows()
    )
