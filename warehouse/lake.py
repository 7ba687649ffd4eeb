"""The canonical and derived tables, as Delta Lake: a local folder, or an object store by URL."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from contracts.errors import BusyError, ConfigurationError
from contracts.tables import TABLES, Table, TableKind
from warehouse.delta import (
    OvertakenError,
    among,
    append,
    as_seen,
    create,
    mark,
    overwrite,
    read,
    scan_declared,
    scan_files,
    scope_of,
)
from warehouse.difference import difference
from warehouse.gone import Snapshot
from warehouse.merge import (
    MergeResult,
    family,
    merge_documents,
    merge_observations,
    merge_slices,
    root,
)

_ATTEMPTS = 20
_PAUSE_SECONDS = 0.02
_LONGEST = 4
_NO_VERSION = -1

Beside = Callable[[Mapping[str, pl.DataFrame], Mapping[str, pl.DataFrame]], None]
"""Is shown what was stored and what came in, by table name, before they are merged; of the days or
shops that are touched."""


class LakeBusyError(BusyError):
    """Others kept writing the same table; the batch can be merged again later."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A table after a batch: its version and what became of rows.

    `changed` includes rows that were marked deleted or live again; `unchanged` counts rows that
    came in and are in the table as they are, or lost to a newer version.
    """

    version: int
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0


class Lake:
    """One folder of Delta tables. Safe to be written by several processes at once."""

    def __init__(self, folder: str | Path) -> None:
        self._url = str(folder).rstrip("/")
        self._opened: dict[tuple[str, int], DeltaTable] = {}

    def merge(
        self,
        frames: Mapping[str, pl.DataFrame],
        *,
        snapshots: Mapping[str, Snapshot] | None = None,
        beside: Beside | None = None,
    ) -> dict[str, Merged]:
        """Merge the tables of one reading, each by its kind; the same batch again changes nothing.

        `snapshots` names root tables of which the reading holds all documents that the shop has.

        Versioned tables come as whole documents: where the frame of a document's root (`orders`)
        is given, a table of its family that is absent (`refunds`) means that there are none.

        Raises:
            ValueError: when rows of a document come without the table of its root.
            LakeBusyError: when other writers leave no gap.
        """
        merged: dict[str, Merged] = {}
        whole = snapshots or {}
        for name, table in ((name, TABLES[name]) for name in {**frames, **whole}):
            frame = frames.get(name, table.schema.create_empty())
            if name in merged or (frame.is_empty() and name not in whole):
                continue
            if table.kind is TableKind.VERSIONED:
                names = family(table)
                merged |= self._merge_family(names, frames, whole.get(root(names)), beside)
            elif table.kind is TableKind.SLICE:
                merged[name] = self._merge_one(table, frame, merge_slices, beside)
            elif table.kind is TableKind.OBSERVATION:
                merged[name] = self._merge_one(table, frame, merge_observations, beside)
            else:
                raise ValueError(f"{name} is derived: it is replaced, not merged")
        return merged

    def replace(
        self,
        table_name: str,
        frame: pl.DataFrame,
        *,
        shop_id: str | None = None,
        days: pl.Series | None = None,
        marks: Mapping[str, str] | None = None,
    ) -> Merged:
        """Replace a derived table by a frame; of one shop, or of some days of the partition.

        Days whose rows are equal, in any order, are not written; nothing to write, no new version.
        `marks` are properties of the table that it has from before it is written.
        """
        table = TABLES[table_name]
        rows, scope = _shape(frame, table), scope_of(table)
        # As one value: several texts side by side take twice as long to sort by.
        in_order = pl.struct(*dict.fromkeys([scope, *table.key]))
        for _ in range(_ATTEMPTS):
            head = self.open(table_name)
            stored = read(head, table, days)
            is_other = pl.lit(value=False) if shop_id is None else pl.col("shop_id") != shop_id
            wanted = pl.concat([stored.filter(is_other), rows]).sort(in_order)
            came, gone = difference(wanted, stored, list(table.key), scope)
            touched = pl.concat([came, gone]).unique()
            try:
                if head is None:
                    version = self._create(table, wanted)
                elif touched.is_empty():
                    version = head.version()
                else:
                    is_touched = pl.col(scope).is_in(touched.implode())
                    # To replace all of it, Delta need not look for what is to stay.
                    is_all = days is None and stored.select(is_touched.all()).item()
                    mark(head, marks or {})
                    where = None if is_all else among(scope, touched)
                    version = overwrite(head, wanted.filter(is_touched), table, where)
                    self.keep(table_name, head)
            except OvertakenError:
                continue
            return Merged(version, came.len(), 0, gone.len(), wanted.height - came.len())
        raise LakeBusyError(f"table {table_name} is being written by others: build again")

    def rewrite(
        self, table_name: str, change: Callable[[pl.DataFrame], pl.DataFrame]
    ) -> Merged | None:
        """Change or drop rows of a table, deleted ones included, wherever they came from.

        Nothing where there is no such table; no new version where no row changes. Earlier versions
        stay until `vacuum`.

        Raises:
            LakeBusyError: when other writers leave no gap.
        """
        table = TABLES[table_name]
        for _ in range(_ATTEMPTS):
            head = self.open(table_name)
            if head is None:
                return None
            stored = read(head, table)
            rows = change(stored)
            if rows.equals(stored):
                return Merged(head.version(), unchanged=stored.height)
            try:
                version = overwrite(head, _shape(rows, table), table, None)
            except OvertakenError:
                continue
            return Merged(version, changed=rows.height, removed=stored.height - rows.height)
        raise LakeBusyError(f"table {table_name} is being written by others: try again")

    def vacuum(self, table_names: Sequence[str]) -> dict[str, int]:
        """Remove every file that the newest version does not name; versions by table.

        Whoever reads an earlier version meanwhile has to open the newest.
        """
        for name in table_names:
            head = self.open(name)
            if head is not None:
                head.vacuum(
                    retention_hours=0, enforce_retention_duration=False, dry_run=False, full=True
                )
        return self._versions(table_names)

    def scan(
        self,
        table_name: str,
        *,
        version: int | None = None,
        as_of: datetime | None = None,
        with_deleted: bool = False,
    ) -> pl.LazyFrame:
        """A table with its declared columns; empty where it does not exist yet.

        `version` is a Delta version, the newest if not given. `as_of` leaves out rows that were
        read later: what was known then. Rows with `deleted_at` are left out unless requested.
        """
        table = TABLES[table_name]
        rows = scan_declared(self.open(table_name, version=version), table)
        return as_seen(rows, table, as_of=as_of, with_deleted=with_deleted)

    def scan_files(
        self, table_name: str, paths: Sequence[str], *, version: int, as_of: datetime
    ) -> pl.LazyFrame:
        """As `scan`, of some files of a version or of earlier ones; by their paths in its log."""
        table = TABLES[table_name]
        rows = scan_files(self.open(table_name, version=version), table, paths)
        return as_seen(rows, table, as_of=as_of, with_deleted=False)

    def versions(self, names: Sequence[str] = tuple(TABLES)) -> dict[str, int]:
        """The newest version of those tables that exist."""
        return self._versions(names)

    def _merge_family(
        self,
        names: list[str],
        frames: Mapping[str, pl.DataFrame],
        snapshot: Snapshot | None,
        beside: Beside | None,
    ) -> dict[str, Merged]:
        if root(names) not in frames and snapshot is None:
            raise ValueError(f"documents are merged whole: {root(names)} is missing")
        incoming = {
            name: _shape(frames[name], TABLES[name])
            if name in frames
            else TABLES[name].schema.create_empty()
            for name in names
        }
        scopes = (
            _scopes(incoming) if snapshot is None else _snapshot_span(TABLES[root(names)], snapshot)
        )
        merge = partial(merge_documents, snapshot=snapshot)
        return self._merge_until_stable(names, incoming, merge, scopes, beside)

    def _merge_one(
        self,
        table: Table,
        frame: pl.DataFrame,
        merge: Callable[[pl.DataFrame, pl.DataFrame, Table], MergeResult],
        beside: Beside | None,
    ) -> Merged:
        def merge_by_name(
            stored: Mapping[str, pl.DataFrame], incoming: Mapping[str, pl.DataFrame]
        ) -> dict[str, MergeResult]:
            return {name: merge(stored[name], incoming[name], TABLES[name]) for name in incoming}

        incoming = {table.name: _shape(frame, table)}
        scopes = _scopes(incoming)
        names = [table.name]
        return self._merge_until_stable(names, incoming, merge_by_name, scopes, beside)[table.name]

    def _merge_until_stable(
        self,
        names: list[str],
        incoming: Mapping[str, pl.DataFrame],
        merge: Callable[
            [Mapping[str, pl.DataFrame], Mapping[str, pl.DataFrame]], dict[str, MergeResult]
        ],
        scopes: pl.Series | None,
        beside: Beside | None,
    ) -> dict[str, Merged]:
        """Merge, and again from the newest versions whenever another writer came between.

        A family's tables are separate commits, so the result stands only if none of them moved
        under us after it was read: the other writer decided without our rows, and we without his.
        It also stands if there was nothing left to write: whoever commits next, on top of what he
        read before we wrote, is overtaken or finds that a table has moved, and decides again.
        """
        done = {name: Merged(_NO_VERSION, unchanged=incoming[name].height) for name in names}
        for attempt in range(_ATTEMPTS):
            time.sleep(min(attempt, _LONGEST) * _PAUSE_SECONDS)
            heads = {name: self.open(name) for name in names}
            stored = {name: read(heads[name], TABLES[name], scopes) for name in names}
            if beside is not None:
                beside(stored, incoming)
            outcomes = merge(stored, incoming)
            try:
                for name in names:
                    outcome = outcomes.pop(name)  # written one by one, so memory can be given back
                    version = self._commit(heads[name], TABLES[name], outcome)
                    done[name] = _add_outcome(done[name], outcome, version)
            except OvertakenError:
                continue
            seen = {name: head.version() for name, head in heads.items() if head is not None}
            versions = {
                name: row.version for name, row in done.items() if row.version != _NO_VERSION
            }
            if versions in (seen, self._versions(names)):
                return {name: done[name] for name in versions}
        raise LakeBusyError(f"{', '.join(names)} are being written by others: pull again")

    def _commit(self, head: DeltaTable | None, table: Table, outcome: MergeResult) -> int:
        """Append where rows only came, else replace the touched days (or shops)."""
        dirty = outcome.rows.filter(outcome.dirty)
        if dirty.is_empty() and outcome.removed.is_empty():
            return _NO_VERSION if head is None else head.version()
        if head is None or (outcome.changed == 0 and outcome.removed.is_empty()):
            return self._create(table, dirty) if head is None else append(head, dirty, table)
        scope = scope_of(table)
        touched = pl.concat([dirty[scope], outcome.removed[scope]]).unique()
        rows = outcome.rows.filter(pl.col(scope).is_in(touched.implode()))
        return overwrite(head, rows, table, among(scope, touched))

    def _create(self, table: Table, rows: pl.DataFrame) -> int:
        try:
            return create(self.url(table.name), rows, table)
        except DeltaError as error:
            if self.open(table.name) is None:
                raise
            raise OvertakenError from error

    def open(self, table_name: str, *, version: int | None = None) -> DeltaTable | None:
        """The Delta table itself, at its newest version if none is given; None: there is none.

        A version never changes, so its log is read once.

        Raises:
            ConfigurationError: the object store that it should lie on does not let us in.
        """
        if version is not None and (table_name, version) in self._opened:
            return self._opened[table_name, version]
        try:
            found = DeltaTable(self.url(table_name), version=version)
        except TableNotFoundError:
            return None
        except OSError as error:
            if version is not None or "://" not in self._url:
                raise
            raise ConfigurationError(
                f"the lake at {self._url} cannot be read: look at its address, and at the access"
                " to it that the environment gives, such as AWS_ACCESS_KEY_ID"
            ) from error
        if version is not None:
            self._opened[table_name, version] = found
        return found

    def keep(self, table_name: str, head: DeltaTable) -> None:
        """Spare readers of its version to open it again: nobody writes with this head any more."""
        self._opened[table_name, head.version()] = head

    def url(self, table_name: str) -> str:
        """Where a table lies."""
        return f"{self._url}/{table_name}"

    def _versions(self, names: Sequence[str]) -> dict[str, int]:
        heads = {name: self.open(name) for name in names}
        return {name: head.version() for name, head in heads.items() if head is not None}


def _add_outcome(merged: Merged, outcome: MergeResult, version: int) -> Merged:
    written = int(outcome.dirty.sum())
    return replace(
        merged,
        version=version,
        added=merged.added + outcome.added,
        changed=merged.changed + outcome.changed,
        removed=merged.removed + outcome.removed.height,
        unchanged=max(merged.unchanged - written, 0),
    )


def _scopes(incoming: Mapping[str, pl.DataFrame]) -> pl.Series:
    return pl.concat([frame[scope_of(TABLES[name])] for name, frame in incoming.items()]).unique()


def _snapshot_span(table: Table, snapshot: Snapshot) -> pl.Series | None:
    """What a snapshot speaks of: its shop; of a table by days, whatever the day."""
    return None if table.partition else pl.Series([snapshot.shop_id])


def _shape(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Declared columns, order and types; values were checked before."""
    return table.schema.cast(frame)
