"""Whether a day brought as many rows as its weekday usually does."""

import datetime as dt
import math
from collections.abc import Collection
from dataclasses import replace
from zoneinfo import ZoneInfo

import polars as pl

from contracts.checks import CheckResult

CHECK = "volume"
WEEKS = 8
LEAST_WEEKS = 4
LONGEST_DAYS = 2 * WEEKS * 7
"""How far back days are looked at."""
AFTER_EVENT_DAYS = 3
"""Days after an event that sell less: what would be bought then was bought in it."""
# On weekly data with 6 % noise this limit gives 3 false alarms in 1,000 days and finds a loss of
# 30 % on 19 days of 20; a change against last week alone finds it on 1 of 20.
LIMIT = 3.5
_SD_PER_MAD = 1.4826


def rows_per_day(
    frame: pl.DataFrame | pl.LazyFrame,
    column: str,
    *,
    time_zone: str,
    until: dt.datetime | None = None,
) -> pl.DataFrame:
    """Rows per day of a column, of instants in the shop's zone or of days: `day`, `rows`; days
    without rows are absent.

    With `until`, days of instants end at its time of day, and are called by the day of their end.
    """
    frame = frame.lazy()
    day = pl.col(column)
    if frame.collect_schema()[column] != pl.Date:
        day = (day + _to_midnight(until, time_zone)).dt.convert_time_zone(time_zone).dt.date()
    day = day.alias("day")
    return frame.group_by(day).agg(rows=pl.len()).drop_nulls().sort("day").collect()


def _to_midnight(until: dt.datetime | None, time_zone: str) -> dt.timedelta:
    if until is None:
        return dt.timedelta(0)
    local = until.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None)
    return dt.datetime.combine(local + dt.timedelta(days=1), dt.time()) - local


def volume(
    shop_id: str,
    table: str,
    per_day: pl.DataFrame,
    *,
    day: dt.date,
    checked_at: dt.datetime,
    events: Collection[dt.date] = (),
) -> CheckResult:
    """Whether `day`, a complete one, lies within `LIMIT` deviations of what was to be expected.

    Too few rows hold actions; too many warn: so is a day seen that sells thirty times the usual
    without a campaign in the settings, and none of its rows is wrong for that.

    Expected is the median of the same weekdays of the past 8 weeks; a deviation is the median
    absolute error that this rule made on the days before, never below counting noise, both on a
    logarithmic scale. `per_day` is as from `rows_per_day`; a day without rows counts zero. Days in
    `events` are neither judged nor learnt from. Less than 4 weeks of data: passed, with a note.
    """
    history = _history(per_day, day, events)
    rows = int(per_day.filter(pl.col("day") == day)["rows"].sum())
    if day in events or history.height < LEAST_WEEKS * 7:
        why = "an event day" if day in events else f"{history.height} days of history"
        return _result(shop_id, table, rows, why, passed=True, checked_at=checked_at)
    errors = _with_expected(history)
    expected = _with_expected(_with_day(history, day, rows))["expected"][-1]
    scale = _deviation(errors, expected)
    score = (math.log1p(rows) - expected) / scale
    usual = f"{round(math.expm1(expected)):,} expected, {score:+.1f} deviations"
    result = _result(shop_id, table, rows, usual, passed=abs(score) <= LIMIT, checked_at=checked_at)
    return replace(result, is_blocking=score < 0)


def _history(per_day: pl.DataFrame, day: dt.date, events: Collection[dt.date]) -> pl.DataFrame:
    """Every day before `day` since the first with rows, at most twice the weeks looked back."""
    past = per_day.filter(pl.col("day") < day).select("day", pl.col("rows").cast(pl.Int64))
    if past.is_empty():
        return past
    earliest = day - dt.timedelta(days=LONGEST_DAYS)
    first = max(past.select(pl.col("day").min()).item(), earliest)
    days = pl.DataFrame({"day": pl.date_range(first, day, closed="left", eager=True)})
    filled = days.join(past, on="day", how="left", maintain_order="left").fill_null(0)
    return filled.filter(~pl.col("day").is_in(list(events)))


def _with_day(history: pl.DataFrame, day: dt.date, rows: int) -> pl.DataFrame:
    return pl.concat([history, pl.DataFrame({"day": [day], "rows": [rows]})])


def _with_expected(per_day: pl.DataFrame) -> pl.DataFrame:
    """Logarithm of the rows and what the weekdays before led to expect; null for the first week."""
    usual = pl.col("log").shift(1).rolling_median(WEEKS, min_samples=1)
    return per_day.with_columns(log=pl.col("rows").log1p()).with_columns(
        expected=usual.over(pl.col("day").dt.weekday())
    )


def _deviation(past: pl.DataFrame, expected: float) -> float:
    error: float = past.select((pl.col("log") - pl.col("expected")).abs().median()).item()
    return max(_SD_PER_MAD * error, 1 / math.sqrt(math.exp(expected)))


def _result(
    shop_id: str, table: str, rows: int, usual: str, *, passed: bool, checked_at: dt.datetime
) -> CheckResult:
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check=CHECK,
        passed=passed,
        measured=f"{rows:,} rows ({usual})",
        limit=f"{LIMIT} deviations",
        checked_at=checked_at,
        rows=rows,
    )
