"""What a table holds after a batch: pure functions of what was stored and what came in.

Every result is the same for any order, repetition or concurrency of batches. One thing is required
of the platform: that it does not go back to earlier content without moving `source_updated_at`. So
a document read again unchanged keeps the `read_at` of its first reading, and nothing is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from contracts.tables import TABLES, Table
from warehouse.gone import MARK, Snapshot, marks

_INSTANT = "_instant"
_ORIGIN = "_origin"
_STORED, _INCOMING = 0, 1
_DATED = "_dated"
# A dated version keeps its first reading, so it may not lose to an undated one by when it was read.
_VERSION = (_INSTANT, "mapping_version", _DATED, "read_at", "content_hash")
_NOT_FACTS = (
    "source_updated_at", "read_at", "mapping_version", "content_hash", "deleted_at",
    _ORIGIN, _INSTANT, _DATED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MergeResult:
    """A table after a batch: all `rows` of the scopes that were read, `dirty` ones to be written.

    `removed` are rows of the store that are gone. Where none is changed or removed, the dirty rows
    may be appended.
    """

    rows: pl.DataFrame
    dirty: pl.Series
    removed: pl.DataFrame
    added: int
    changed: int


def merge_documents(
    stored: Mapping[str, pl.DataFrame],
    incoming: Mapping[str, pl.DataFrame],
    snapshot: Snapshot | None = None,
) -> dict[str, MergeResult]:
    """Merge whole documents; both mappings hold every table of one family (see `family`).

    The newest version decides which rows live. A row it lacks is kept as the newest version that
    has it says, and carries the newest version's instant as `deleted_at`. Of a document that is
    gone, as a `snapshot` says, the newest version's rows carry since when it is.
    """
    name = root(list(incoming))
    document = ["shop_id", *TABLES[name].document]
    gone = _gone_documents(stored[name], document)
    if snapshot is not None:
        gone = marks(stored[name], incoming[name], TABLES[name], snapshot)
    rows = [frame.select(document) for frame in incoming.values()]
    touched = pl.concat(rows if snapshot is None else [*rows, gone.select(document)]).unique()
    stored_documents = {
        name: frame.join(touched, on=document, how="semi", maintain_order="left")
        for name, frame in stored.items()
    }
    newest = _newest([*stored_documents.values(), *incoming.values()], document)
    newest = newest.join(gone, on=document, how="left")
    return {
        name: _merge_table(
            TABLES[name], stored[name], stored_documents[name], incoming[name], newest
        )
        for name in incoming
    }


def _gone_documents(stored: pl.DataFrame, document: list[str]) -> pl.DataFrame:
    """Documents that are gone, and since when: a root's row is of the newest version, and lives."""
    is_gone = pl.col("deleted_at").is_not_null()
    return stored.filter(is_gone).select(*document, pl.col("deleted_at").alias(MARK))


def _newest(frames: Sequence[pl.DataFrame], document: list[str]) -> pl.DataFrame:
    """Instant and hash of the newest version of each document."""
    versions = pl.concat(
        [_with_instants(frame).select(*document, *_VERSION) for frame in frames]
    ).unique()
    if versions.select(document).is_duplicated().any():
        versions = versions.sort(_VERSION).unique(document, keep="last", maintain_order=True)
    return versions.select(
        *document,
        newest_instant=pl.col(_INSTANT),
        newest_hash=pl.col("content_hash"),
    )


def _merge_table(
    table: Table,
    stored: pl.DataFrame,
    stored_rows: pl.DataFrame,
    incoming: pl.DataFrame,
    newest: pl.DataFrame,
) -> MergeResult:
    document = ["shop_id", *table.document]
    lives = (pl.col(_INSTANT) == pl.col("newest_instant")) & (
        pl.col("content_hash") == pl.col("newest_hash")
    )
    was = pl.col("deleted_at").alias("was_deleted_at")
    rows = (
        _newest_rows(stored_rows, incoming, table.key)
        .join(newest, on=document, how="left", maintain_order="left")
        .with_columns(was, deleted_at=pl.when(lives).then(MARK).otherwise("newest_instant"))
    )
    is_dirty = (pl.col(_ORIGIN) == _INCOMING) | pl.col("deleted_at").ne_missing(
        pl.col("was_deleted_at")
    )
    dirty = rows.select(is_dirty).to_series()
    rest = stored.join(newest, on=document, how="anti", maintain_order="left")
    added = rows.height - stored_rows.height
    return MergeResult(
        pl.concat([rows.select(stored.columns), rest]),
        pl.concat([dirty, pl.repeat(False, rest.height, eager=True)]),
        stored.clear(),
        added,
        int(dirty.sum()) - added,
    )


def _newest_rows(stored: pl.DataFrame, incoming: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """One row per key: of its newest version, and there the first reading of that version."""
    rows = _both(stored, incoming)
    if stored.is_empty() and not incoming.select(key).is_duplicated().any():
        return rows
    facts = [name for name in rows.columns if name not in _NOT_FACTS]
    version = [*key, _INSTANT, "source_updated_at", "mapping_version", "content_hash"]
    # A key twice in one version is the platform's mistake; the same one of them wins every time.
    return (
        rows.with_columns(_facts=rows.select(facts).hash_rows(seed=0))
        .sort("_facts", "read_at", _ORIGIN)
        .unique(version, keep="first", maintain_order=True)
        .sort(*_VERSION, "source_updated_at", descending=True, nulls_last=True)
        .unique(key, keep="first", maintain_order=True)
        .drop("_facts")
    )


def merge_slices(stored: pl.DataFrame, incoming: pl.DataFrame, table: Table) -> MergeResult:
    """The newest reading of each slice replaces it whole; other slices stay."""
    by = ["shop_id", *table.slice_by]
    reading = [*by, "source_updated_at", "mapping_version", "read_at"]
    incoming = incoming.sort("content_hash").unique([*reading, *table.key], keep="last")
    rows = _both(stored, incoming)
    readings = (
        rows.group_by(*reading, _INSTANT, _DATED, _ORIGIN)
        # Folded, so that the sum of any number of rows stays in an Int64.
        .agg((pl.col("content_hash") % 2**31).sum())
        .sort("read_at", _ORIGIN)
        .unique(
            [*by, _INSTANT, "source_updated_at", "mapping_version", "content_hash"],
            maintain_order=True,
        )
        .sort(*_VERSION, "source_updated_at", descending=True, nulls_last=True)
        .unique(by, keep="first", maintain_order=True)
    )
    won = rows.join(readings, on=[*reading, _ORIGIN], how="semi", nulls_equal=True)
    dirty = won[_ORIGIN] == _INCOMING
    removed = stored.join(won, on=table.key, how="anti")
    added = won.join(stored, on=table.key, how="anti").height
    changed = int(dirty.sum()) - added
    return MergeResult(won.select(stored.columns), dirty, removed, added, changed)


def merge_observations(stored: pl.DataFrame, incoming: pl.DataFrame, table: Table) -> MergeResult:
    """Distinct facts, each as it was read first; of one instant those of its newest mapping."""
    both = _both(stored, incoming)
    if both["mapping_version"].n_unique() > 1:
        of_instant = [name for name in table.key if name != "content_hash"]
        newest = pl.col("mapping_version").max().over(of_instant)
        both = both.filter(pl.col("mapping_version") == newest)
    rows = both.sort("read_at", "source_updated_at", _ORIGIN, nulls_last=True).unique(
        table.key, keep="first", maintain_order=True
    )
    dirty = rows[_ORIGIN] == _INCOMING
    removed = stored.join(rows, on=table.key, how="anti")
    added = rows.height - (stored.height - removed.height)
    return MergeResult(rows.select(stored.columns), dirty, removed, added, int(dirty.sum()) - added)


def family(table: Table) -> list[str]:
    """The versioned tables whose rows belong to the same documents as those of `table`."""
    return [
        name
        for name, other in TABLES.items()
        if other.kind is table.kind and other.document == table.document
    ]


def root(names: Sequence[str]) -> str:
    """The table of a family that holds one row per document and version."""
    return next(name for name in names if len(TABLES[name].key) == len(TABLES[name].document) + 1)


def _with_instants(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        pl.coalesce("source_updated_at", "read_at").alias(_INSTANT),
        pl.col("source_updated_at").is_not_null().alias(_DATED),
    )


def _both(stored: pl.DataFrame, incoming: pl.DataFrame) -> pl.DataFrame:
    return _with_instants(
        pl.concat(
            [
                stored.with_columns(pl.lit(_STORED).alias(_ORIGIN)),
                incoming.with_columns(pl.lit(_INCOMING).alias(_ORIGIN)),
            ]
        )
    )
