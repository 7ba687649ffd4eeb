"""Whether a reading looks as those before it did: its size, its columns, its units, its clock.

Each reading is held against the accepted ones before it, so that a fault that lasts does not become
what is usual; readings from before `usual_from` in the shop's settings are not looked at.
"""

import datetime as dt
import math
import statistics
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

import polars as pl

from checks.profiles import CHANGED_AT, DAYS, FIXED
from contracts.checks import CheckResult

FEWEST_VALUES: Final = 5
"""Fewer values of a column in a reading say nothing."""
LEAST_JUMP: Final = 50
"""A median that grows or shrinks by this is another unit: the busiest day of the year brings thirty
times the usual, fen for yuan are a hundred."""
MOST_NULL_RATE: Final = 0.05
LEAST_GONE_RATE: Final = 0.5
"""A column that lacked at most the one share of its values, and lacks the other, is gone."""
FEWEST_ROWS: Final = 20
LEAST_KEPT_RATE: Final = 2 / 3
MOST_GROWN_RATE: Final = 2.0
MOST_REPEATED_RATE: Final = 0.01
LEAST_REPEATED_RATE: Final = 0.1
"""A snapshot of at least so many rows that falls below the one share of its usual size is cut, one
above the other holds things twice."""
CLOCK_TOLERANCE: Final = dt.timedelta(minutes=5)
_ZONE_STEP = 15 * 60
_WIDEST_ZONES = 26 * 3600
_SHOWN = 5


def unit_jumps(
    shop_id: str, table: str, profiles: pl.DataFrame, *, checked_at: dt.datetime
) -> CheckResult:
    """Fail where a column's median has jumped or changed its sign: another unit, scale or sign."""
    newest = {
        column: _newest(_told(rows, "values", "median"), _is_judged, _jump)
        for column, rows in _by_column(profiles, table)
    }
    jumps = {column: jump for column, jump in newest.items() if jump}
    shown = ", ".join(f"{column} × {jump:.3g}" for column, jump in _first(jumps))
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check="unit_jumps",
        passed=not jumps,
        measured=f"{len(jumps)} columns have jumped{': ' if jumps else ''}{shown}",
        limit=f"no median {LEAST_JUMP} times or a fiftieth of what it was, none of another sign",
        checked_at=checked_at,
        rows=len(newest),
    )


def currencies(
    shop_id: str, table: str, profiles: pl.DataFrame, *, checked_at: dt.datetime
) -> CheckResult:
    """Fail where amounts are in a currency that none of the readings before had."""
    told = profiles.filter((pl.col("table") == table) & (pl.col("currencies") != ""))
    sets = [set(text.split(",")) for text in told["currencies"]]
    new: set[str] = set()
    known: set[str] = set()
    for one in sets:
        new = one - known if known else set()
        known |= one - new
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check="currencies",
        passed=not new,
        measured=", ".join(sorted(new)) if new else "none",
        limit="no currency that was not there before",
        checked_at=checked_at,
        rows=len(sets),
    )


def gone_columns(
    shop_id: str, table: str, profiles: pl.DataFrame, *, checked_at: dt.datetime
) -> CheckResult:
    """Fail where a column that practically every row had is there no more: the schema drifted."""
    newest = {
        column: _newest(_told(rows, "rows", "nulls"), _has_rows, _gone)
        for column, rows in _by_column(profiles, table)
        if column not in (CHANGED_AT, *FIXED, *DAYS)
    }
    gone = [column for column, is_gone in newest.items() if is_gone]
    shown = ", ".join(gone[:_SHOWN])
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check="gone_columns",
        passed=not gone,
        measured=f"{len(gone)} columns are gone{': ' if gone else ''}{shown}",
        limit=f"none that at most {MOST_NULL_RATE:.0%} of the rows lacked",
        checked_at=checked_at,
        rows=len(newest),
    )


def snapshot_size(
    shop_id: str, table: str, profiles: pl.DataFrame, *, checked_at: dt.datetime
) -> CheckResult:
    """Fail where a snapshot holds far fewer, or twice the, rows than those before it did."""
    of_table = profiles.filter((pl.col("table") == table) & (pl.col("column") == CHANGED_AT))
    return _size(shop_id, table, "snapshot", of_table["rows"].to_list(), checked_at=checked_at)


def export_size(
    shop_id: str, table: str, profiles: pl.DataFrame, *, checked_at: dt.datetime
) -> CheckResult:
    """Warn where the last export of a list lacks far more, or holds twice as much, as those before:
    what it lacks stays as it was told last.
    """
    of_table = profiles.filter((pl.col("table") == table) & (pl.col("column") == CHANGED_AT))
    sizes = of_table["newest_rows"].drop_nulls().to_list()
    found = _size(shop_id, table, "export_size", sizes, checked_at=checked_at)
    return replace(found, is_blocking=False)


def repeated_facts(
    shop_id: str, table: str, profiles: pl.DataFrame, *, checked_at: dt.datetime
) -> CheckResult:
    """Fail where a source says two things of one instant, and it never did: it is doubled."""
    told = profiles.filter(
        (pl.col("table") == table)
        & (pl.col("column") == CHANGED_AT)
        & (pl.col("rows") >= FEWEST_ROWS)
        & pl.col("repeated_rows").is_not_null()
    )
    rates = (told["repeated_rows"] / told["rows"]).to_list()
    is_single = bool(rates) and rates[0] <= MOST_REPEATED_RATE
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check="repeated_facts",
        passed=not (is_single and rates[-1] >= LEAST_REPEATED_RATE),
        measured=f"{rates[-1]:.0%} of the rows" if rates else "none",
        limit=f"{LEAST_REPEATED_RATE:.0%}, where the first reading had none",
        checked_at=checked_at,
        rows=told.height,
    )


def _size(
    shop_id: str, table: str, check: str, sizes: list[int], *, checked_at: dt.datetime
) -> CheckResult:
    usual: list[int] = []
    change = None
    for rows in sizes:
        change = _size_change(rows, usual)
        if change is None:
            usual.append(rows)
    expected = round(statistics.median(usual)) if usual else 0
    last = sizes[-1] if sizes else 0
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check=check,
        passed=change is None,
        measured=f"{last:,} rows ({expected:,} usual)",
        limit=f"between {LEAST_KEPT_RATE:.0%} and {MOST_GROWN_RATE:.0%} of what is usual",
        checked_at=checked_at,
        rows=last,
    )


def asked_window(
    shop_id: str, table: str, profiles: pl.DataFrame, *, checked_at: dt.datetime
) -> CheckResult:
    """Fail where the newest reading brought what changed before the span that it was asked for.

    A platform lists what changed in a span. What it says changed before lies in another zone, or
    its clock went back.
    """
    told = profiles.filter(
        (pl.col("table") == table) & (pl.col("column") == CHANGED_AT) & (pl.col("rows") > 0)
    ).tail(1)
    early = told.filter(pl.col("oldest_at") < pl.col("window_start") - CLOCK_TOLERANCE)
    hours = (early["window_start"] - early["oldest_at"]).dt.total_seconds() / 3600
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check="instants",
        passed=early.is_empty(),
        measured=f"{math.ceil(hours[0])} hours before the span asked for"
        if early.height
        else "inside the span asked for",
        limit="nothing that changed before the span asked for",
        checked_at=checked_at,
        rows=int(told["rows"].sum()),
    )


def zone(
    shop_id: str, table: str, profiles: pl.DataFrame, *, checked_at: dt.datetime
) -> CheckResult:
    """Fail where the oldest instants of a whole list have moved by quarters of an hour, at most 26
    hours: what was created when does not change, and so do zones differ.
    """
    moved = {}
    for column, rows in _by_column(profiles, table):
        oldest = [one for one in _told(rows, "oldest_at") if one[0]] if column in FIXED else []
        if shift := _newest(oldest, bool, _shift):
            moved[column] = shift / 3600
    shown = ", ".join(f"{column} {hours:+g} h" for column, hours in _first(moved))
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check="zone",
        passed=not moved,
        measured=f"{len(moved)} instants have moved{': ' if moved else ''}{shown}",
        limit="what was created when does not change",
        checked_at=checked_at,
        rows=len(moved),
    )


def day_lag(
    shop_id: str, table: str, profiles: pl.DataFrame, *, time_zone: str, checked_at: dt.datetime
) -> CheckResult:
    """Warn where the newest day told is another one, counted from the reading, than it ever was:
    days begin in another zone, or the last ones are late.
    """
    told = (
        profiles.filter((pl.col("table") == table) & pl.col("newest_date").is_not_null())
        .group_by("read_at", maintain_order=True)  # one pull reads older windows too
        .agg(pl.col("newest_date").max())
    )
    today = pl.col("read_at").dt.convert_time_zone(time_zone).dt.date()
    lags = told.select((today - pl.col("newest_date")).dt.total_days().alias("days"))["days"]
    *known, last = lags.to_list() or [0]
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check="day_lag",
        passed=not known or min(known) <= last <= max(known),
        measured=f"the newest day is {last} days ago",
        limit="as long ago as it ever was",
        checked_at=checked_at,
        is_blocking=False,
        rows=lags.len(),
    )


def _by_column(profiles: pl.DataFrame, table: str) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    """What readings told of each column of a table, in their order; a frame per column costs more
    than all that is asked of it."""
    of_table = profiles.filter(pl.col("table") == table)
    return of_table.rows_by_key("column", named=True).items()


def _told(rows: list[dict[str, Any]], *names: str) -> Iterator[tuple[Any, ...]]:
    return (tuple(row[name] for name in names) for row in rows)


def _newest(
    readings: Iterable[tuple[Any, ...]],
    is_judged: Callable[[tuple[Any, ...]], bool],
    judge: Callable[[tuple[Any, ...], list[tuple[Any, ...]]], float | None],
) -> float | None:
    """What is wrong with the newest reading, held against the accepted ones before it."""
    accepted: list[tuple[Any, ...]] = []
    found = None
    for reading in filter(is_judged, readings):
        found = judge(reading, accepted) if accepted else None
        if found is None:
            accepted.append(reading)
    return found


def _is_judged(reading: tuple[Any, ...]) -> bool:
    values, median = reading
    return values >= FEWEST_VALUES and bool(median)


def _shift(reading: tuple[Any, ...], accepted: list[tuple[Any, ...]]) -> float | None:
    """Seconds between the oldest instants of now and before, where zones may differ by them."""
    seconds = float((reading[0] - accepted[-1][0]).total_seconds())
    is_of_zones = seconds != 0 and seconds % _ZONE_STEP == 0 and abs(seconds) <= _WIDEST_ZONES
    return seconds if is_of_zones else None


def _has_rows(reading: tuple[Any, ...]) -> bool:
    return bool(reading[0] >= FEWEST_VALUES)


def _jump(reading: tuple[Any, ...], accepted: list[tuple[Any, ...]]) -> float | None:
    """How many times the usual median; none where it is within bounds."""
    usual = statistics.median(median for _, median in accepted)
    times = reading[1] / usual if usual else 1.0
    return None if 1 / LEAST_JUMP < times < LEAST_JUMP else times


def _gone(reading: tuple[Any, ...], accepted: list[tuple[Any, ...]]) -> float | None:
    """The share of rows without a value that practically all rows had; none: it is there."""
    rows, nulls = (sum(one[place] for one in accepted) for place in (0, 1))
    rate = float(reading[1] / reading[0])
    return rate if nulls <= MOST_NULL_RATE * rows and rate >= LEAST_GONE_RATE else None


def _size_change(rows: int, usual: list[int]) -> float | None:
    expected = statistics.median(usual) if usual else 0
    if expected < FEWEST_ROWS:
        return None
    rate = rows / expected
    return None if LEAST_KEPT_RATE <= rate < MOST_GROWN_RATE else rate


def _first(found: dict[str, float]) -> list[tuple[str, float]]:
    return list(found.items())[:_SHOWN]
