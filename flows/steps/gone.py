"""Gone: a whole snapshot shows what a shop no longer has."""

from collections.abc import Iterator

import polars as pl

from checks.rows import Split
from connectors.base.declaration import Stream
from contracts.streams import Reading
from contracts.tables import TABLES, TableKind, table_of
from flows.steps.home import Home
from flows.steps.shop import Shop
from warehouse.gone import Snapshot
from warehouse.lake import Beside, Merged
from warehouse.merge import family, root

_UNNAMED = r"(?:^|\|)\?"  # an id, or a part of one, that could not be read


def merge(
    home: Home,
    shop: Shop,
    stream: Stream,
    reading: Reading,
    parted: Split,
    *,
    beside: Beside | None = None,
) -> dict[str, Merged]:
    """Merge what is good of a reading; what a whole snapshot lacks is marked as gone.

    A snapshot with a document in quarantine that nobody can name shows what is there and no more.
    So does one whose documents another stream of the shop reads as well.
    """
    roots = list(_roots(stream)) if stream.is_snapshot else []
    if not roots:
        return home.lake.merge(parted.good, beside=beside)
    quarantined = {
        name: parted.bad.filter(pl.col("table") == name)["document_id"] for name in roots
    }
    is_whole = _is_complete(shop, stream) and not any(
        ids.str.contains(_UNNAMED).any() for ids in quarantined.values()
    )
    snapshots = {
        name: Snapshot(
            shop_id=shop.id,
            read_at=reading.read_at,
            others=home.snapshots.instants(shop.id, stream.name),
            held=frozenset(quarantined[name]),
            is_whole=is_whole,
        )
        for name in roots
    }
    merged = home.lake.merge(parted.good, snapshots=snapshots, beside=beside)
    home.snapshots.record(reading, is_whole=is_whole)
    return merged


def _roots(stream: Stream) -> Iterator[str]:
    """Root tables of the versioned documents that a stream reads."""
    for table in map(table_of, stream.tables):
        if table.kind is TableKind.VERSIONED and root(family(table)) == table.name:
            yield table.name


def _is_complete(shop: Shop, stream: Stream) -> bool:
    """Whether what the stream lacks is not there: it reads all, and nobody else adds to it."""
    if stream.is_partial or stream.lookup is not None:
        return False
    mine = {name for table in _roots(stream) for name in family(TABLES[table])}
    return not any(
        table_of(schema).name in mine
        for _, other in shop.streams()
        if other.name != stream.name
        for schema in other.tables
    )
