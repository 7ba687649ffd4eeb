"""Notes on a table, and fewer files."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from contracts.tables import TABLES, Table
from warehouse.delta import properties, writer
from warehouse.lake import Lake, LakeBusyError

MOST_FILES = 16
"""In one partition; beyond them they are put together."""
KEPT = dt.timedelta(days=7)
"""Files that no version needs any more stay for as long: readers may still be at them."""
_NO_LOG = {
    "delta.logRetentionDuration": "interval 0 seconds",
    "delta.enableExpiredLogCleanup": "true",
}
_LOG = {"delta.logRetentionDuration": "interval 30 days"}
_NOTE = "shopkeeper."
_NOTE_ATTEMPTS = 5
_UPKEEP = {"OPTIMIZE", "VACUUM START", "VACUUM END"}


def note(lake: Lake, table_name: str, notes: Mapping[str, str]) -> int | None:
    """Write notes on a table by key, in its own log: they live and die with it. Its version then.

    None where there is no such table; the same notes again make no version.

    Raises:
        LakeBusyError: when other writers leave no gap.
    """
    named = as_properties(notes)
    for _ in range(_NOTE_ATTEMPTS):
        head = lake.open(table_name)
        if head is None:
            return None
        if named.items() <= head.metadata().configuration.items():
            return head.version()
        # Another shop's note, written meanwhile, is not to be overwritten.
        with suppress(CommitFailedError):
            head.alter.set_table_properties(named, raise_if_not_exists=False)
            lake.keep(table_name, head)
            return head.version()
    raise LakeBusyError(f"table {table_name} is being written by others: build again")


def as_properties(notes: Mapping[str, str]) -> dict[str, str]:
    """Notes as a table's log holds them."""
    return {_NOTE + key: value for key, value in notes.items()}


def read_note(lake: Lake, table_name: str, *, key: str) -> str | None:
    """The note on a table, if there is one."""
    head = lake.open(table_name)
    return None if head is None else head.metadata().configuration.get(_NOTE + key)


def purge(lake: Lake, table_names: Sequence[str]) -> dict[str, int]:
    """Leave of tables their newest version alone, in files and in their logs, which quote values.

    Versions by table; whoever reads an earlier one meanwhile has to open the newest.
    """
    for name in table_names:
        head = lake.open(name)
        if head is not None:
            head.alter.set_table_properties(
                _NO_LOG | properties(TABLES[name]), raise_if_not_exists=False
            )
    lake.vacuum(table_names)
    for name in table_names:
        head = lake.open(name)
        if head is not None:
            head.create_checkpoint()
            head.cleanup_metadata()
            head.alter.set_table_properties(_LOG, raise_if_not_exists=False)
    found = {name: lake.open(name) for name in table_names}
    return {name: head.version() for name, head in found.items() if head is not None}


def tidy(lake: Lake, recorded: Mapping[str, int]) -> dict[str, int]:
    """Put the many small files of a day together; the new version of each table that changed.

    Left alone is a table that holds more than what was recorded: somebody is at it, and what he
    merged is not for readers yet. Recorded versions stay readable, older ones for a week.
    """
    versions = {}
    for name, version in recorded.items():
        # As it was recorded it has mostly been opened already.
        seen = lake.open(name, version=version)
        if seen is None or not _has_many_files(seen):
            continue
        head = lake.open(name)
        if head is None or head.version() != version or not _compact(head, TABLES[name]):
            continue
        head.vacuum(
            retention_hours=int(KEPT.total_seconds() // 3600),
            enforce_retention_duration=False,
            dry_run=False,
        )
        since = {entry["operation"] for entry in head.history(head.version() - version)}
        if since <= _UPKEEP:
            versions[name] = head.version()
    return versions


def _has_many_files(head: DeltaTable) -> bool:
    """Whether some day has, told by the names of the files alone."""
    by_folder = Counter(uri.rpartition("/")[0] for uri in head.file_uris())
    return max(by_folder.values(), default=0) > MOST_FILES


def _compact(head: DeltaTable, table: Table) -> bool:
    """Whether days had too many files, which are one now."""
    files = pl.DataFrame(head.get_add_actions(flatten=True))
    is_parted = table.partition in head.metadata().partition_columns
    by = f"partition.{table.partition}" if is_parted else pl.lit(0)
    many = files.group_by(day=by).len().filter(pl.col("len") > MOST_FILES)
    if many.is_empty():
        return False
    try:
        if table.partition is None or not is_parted:
            head.optimize.compact(writer_properties=writer(table))
        else:
            days = [str(day) for day in many["day"].sort()]
            head.optimize.compact(
                partition_filters=[(table.partition, "in", days)], writer_properties=writer(table)
            )
    except CommitFailedError:
        return False
    return True
