"""Whether what a source tells again is what it told before: keys, amounts, instants, values.

Held against the rows in the lake as a reading is merged. Whoever tells it all again an hour off, or
a hundred times as large, shows so even where a reading has too few rows for a median.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import dataframely as dy
import polars as pl

from checks.profiles import CHANGED_AT, LATER, MEASURED, SCHEMA, kind_of
from contracts.checks import CheckResult
from contracts.streams import Window
from contracts.tables import TABLES, Table, TableKind

FEWEST: Final = 5
"""Of fewer than so many documents told again all have to be wrong, of more a half."""
FEWEST_OF_FEW: Final = 2
LEAST_RATE: Final = 0.5
LEAST_JUMP: Final = 50
LEAST_KNOWN_RATE: Final = 0.05
"""Of facts of a time that was told before; a source that tells them again tells practically all."""
FOR_GOOD: Final = (
    *("created_at", "joined_at", "placed_at", "requested_at", "reviewed_at", "refunded_at"),
    *("carted_at", "opened_at", "settled_at"),
)
"""Instants that a document keeps, whatever becomes of it."""
_ZONE_STEP, _WIDEST_ZONES = 15 * 60, 26 * 3600
_IS_OLD: Final = pl.col("source_updated_at") <= pl.col("until")
_KIT: Final = (
    "shop_id",
    "source_updated_at",
    "read_at",
    "mapping_version",
    "content_hash",
    "deleted_at",
)


@dataclass(frozen=True, slots=True)
class Again:
    """Notes what a reading of a window says of what was known before it, as it is merged."""

    read_at: dt.datetime
    window: Window
    keep: Callable[[str, pl.DataFrame], None]
    """Is given what is to be noted of a table, with the schema of profiles."""

    def note(
        self, stored: Mapping[str, pl.DataFrame], incoming: Mapping[str, pl.DataFrame]
    ) -> None:
        """Hold what came in against what was stored before the reading, by table name.

        What an earlier mapping made is no measure: it may have read other units or zones.
        """
        for name, now in incoming.items():
            is_alike = pl.col("mapping_version").is_in(now["mapping_version"].unique().implode())
            before = stored[name].filter(pl.col("read_at") < self.read_at, is_alike)
            if now.is_empty() or before.is_empty():
                continue
            told = _told(TABLES[name], before, now, self.window)
            rows = [{"table": name, "column": column, **one} for column, one in told]
            if rows:
                self.keep(name, pl.DataFrame(rows, schema=SCHEMA))


def _told(
    table: Table, before: pl.DataFrame, now: pl.DataFrame, window: Window
) -> Iterator[tuple[str, dict[str, Any]]]:
    key = [name for name in table.key if name != "content_hash"]
    columns = table.schema.columns()
    if any(kind_of(columns[name]) in ("instant", "day") for name in key):
        yield CHANGED_AT, _facts(before, now, key, is_sheet=_is_sheet(table))
    if table.kind is not TableKind.VERSIONED:
        return
    names = [name for name in now.columns if name not in (*_KIT, *key)]
    living = before.filter(pl.col("deleted_at").is_null())
    created = next((name for name in FOR_GOOD if name in names), None)
    if created is not None and not now["source_updated_at"].count():  # so it is asked by creation
        is_asked = pl.col(created).is_between(window.start, window.end, closed="left")
        asked = living.filter(is_asked)
        absent = asked.join(now, on=key, how="anti")
        yield CHANGED_AT, {"pairs": asked.height, "absent": absent.height}
    living = living.select(*key, *names)
    pairs = now.select(*key, *names).join(living, on=key, suffix="_before")
    for name in names:
        if told := _column(pairs[name], pairs[f"{name}_before"], columns[name], name):
            yield name, {"pairs": pairs.height, **told}


def _is_sheet(table: Table) -> bool:
    """Whether the newest list holds whole, whatever was listed before."""
    return table.kind is TableKind.SLICE and not table.slice_by


def _facts(
    before: pl.DataFrame, now: pl.DataFrame, key: list[str], *, is_sheet: bool
) -> dict[str, Any]:
    """Facts of a time that was told before, and which of them were; of a sheet all of them."""
    known = before.join(now.select("shop_id").unique(), on="shop_id", how="semi")
    told = known.select(until=pl.col("source_updated_at").max())
    due = now if is_sheet else now.join(told, how="cross").filter(_IS_OLD).drop("until")
    facts = key if is_sheet else [*key, "source_updated_at"]
    again = due.select(facts).unique().join(known.select(*facts, "read_at").unique(facts), on=facts)
    return {
        "due": due.select(facts).n_unique(),
        "known": again.height,
        "known_at": again["read_at"].median(),
    }


def _column(now: pl.Series, before: pl.Series, column: dy.Column, name: str) -> dict[str, Any]:
    """How a column differs for most documents told again; nothing where it does not."""
    differs = int(now.ne_missing(before).sum())
    if not _is_most(differs, now.len()):
        return {}
    lost = now.null_count() - before.null_count()
    told: dict[str, Any] = {}
    if kind_of(column) not in LATER and _is_most(abs(lost), now.len()):
        told["lost"] = lost
    if kind_of(column) in MEASURED:
        times = now.cast(pl.Float64) / before.cast(pl.Float64)
        told["times"] = _usual(times.filter(times.is_finite() & (times != 0)), of_ratios=True)
    if name in FOR_GOOD:
        moved = (now - before).dt.total_seconds().drop_nulls()
        told["moved_seconds"] = _usual(moved, of_ratios=False)
    return told


def _is_most(count: int, of: int) -> bool:
    return count >= max(FEWEST_OF_FEW, of if of < FEWEST else LEAST_RATE * of)


def _usual(changes: pl.Series, *, of_ratios: bool) -> float | None:
    """The middle change by size; of a few the smallest, so that all of them are as large."""
    if changes.len() < FEWEST_OF_FEW:
        return None
    sizes = changes.abs().log().abs() if of_ratios else changes.abs()
    place = 0 if changes.len() < FEWEST else changes.len() // 2
    return float(changes.gather(sizes.arg_sort())[place])


def told_again(
    shop_id: str,
    table: str,
    again: pl.DataFrame,
    *,
    is_whole: bool,
    read_at: dt.datetime | None,
    checked_at: dt.datetime,
) -> CheckResult:
    """Fail where a source tells what it told before with other keys, amounts, instants or gaps.

    It fails until the source tells them as before; a list that shares nothing with the one before,
    such as of purchase orders, is a warning: a supplier may have moved them all. So is a count that
    runs, such as of redemptions: a campaign may multiply it, and of the newest reading (`read_at`)
    alone. `is_whole`: it lists all there is each time; otherwise what changed is told, and a value
    may be gone for that.
    """
    by_column = again.filter(pl.col("table") == table).rows_by_key("column", named=True)
    of_table = by_column.get(CHANGED_AT, [])
    facts = [row for row in of_table if (row["due"] or 0) >= FEWEST]
    is_new_sheet = _is_sheet(TABLES[table]) and _is_new(facts)
    wrong: list[str] = []
    grown: list[str] = []
    if not _is_sheet(TABLES[table]) and _has_other_keys(facts):
        wrong.append("facts of other instants or days than before")
    if not is_whole and (absent := _absent(of_table)):
        wrong.append(f"{absent} documents of its time are told no more")
    for column, rows in by_column.items():
        runs = column in _running(table)
        told = [row for row in rows if row["read_at"] == read_at] if runs else rows
        if times := _open(told, "times", _jump):
            (grown if runs else wrong).append(f"{column} × {times:.3g}")
        if seconds := _open(rows, "moved_seconds", _shift):
            wrong.append(f"{column} {seconds / 3600:+g} h")
        if is_whole and _open(rows, "lost", float):
            wrong.append(f"{column} is empty")
    return CheckResult(
        shop_id=shop_id,
        table=table,
        check="told_again",
        passed=not (wrong or grown or is_new_sheet),
        measured=", ".join([*wrong, *grown])
        or ("no row of the list before" if is_new_sheet else "as before"),
        limit="what was told before is told again as it was",
        checked_at=checked_at,
        is_blocking=bool(wrong) or not (grown or is_new_sheet),
        rows=len(by_column),
    )


def _running(table: str) -> set[str]:
    columns = TABLES[table].schema.columns()
    return {name for name, column in columns.items() if (column.metadata or {}).get("running")}


def _is_new(rows: list[dict[str, Any]]) -> bool:
    """Whether the newest list shares nothing with the one before, as the ones before it did."""
    *usual, last = [row["known"] / row["due"] for row in rows] or [1.0]
    return bool(usual) and min(usual) >= LEAST_RATE and last < LEAST_KNOWN_RATE


def _absent(rows: list[dict[str, Any]]) -> int:
    """Documents that the newest reading should have told again, where it lacks most of them."""
    of_window = [row for row in rows if row["absent"] is not None]
    last = [row for row in of_window if row["read_at"] == of_window[-1]["read_at"]]
    absent, known = (sum(row[name] for row in last) for name in ("absent", "pairs"))
    return absent if absent >= max(FEWEST, LEAST_RATE * known) else 0


def _has_other_keys(rows: list[dict[str, Any]]) -> bool:
    """Whether since some reading nothing is told again that was known before that reading."""
    since = None
    for row in rows:
        if since is None and row["known"] < LEAST_KNOWN_RATE * row["due"]:
            since = row["read_at"]
        elif since is not None and row["known_at"] is not None and row["known_at"] < since:
            since = None
    return since is not None


def _open(rows: list[dict[str, Any]], name: str, wrong: Any) -> float | None:
    """The first change that is wrong and was not taken back since."""
    found: float | None = None
    for row in rows:
        change = None if row[name] is None else wrong(row[name])
        if not change:
            continue
        is_back = found is not None and _is_opposite(found, change, name)
        found = None if is_back else found if found is not None else change
    return found


def _is_opposite(first: float, second: float, name: str) -> bool:
    if name == "times":
        return _jump(first * second) is None
    return first * second < 0


def _jump(times: float) -> float | None:
    return None if 1 / LEAST_JUMP < times < LEAST_JUMP else times


def _shift(seconds: float) -> float | None:
    is_of_zones = seconds % _ZONE_STEP == 0 and abs(seconds) <= _WIDEST_ZONES
    return seconds if seconds and is_of_zones else None
