"""Gone: what a reading of all documents of a shop says of those that it lacks.

A document is gone from the first snapshot on that lacks it after the last one that held it. That is
a function of the set of snapshots: merged in any order, or twice, they mark the same. The lake need
not keep when a document was last seen, since that is the snapshot before the one that marks it.
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from contracts.tables import Table

MARK = "_gone_at"
_FIXED = ("shop_id", "content_hash")


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A reading of all documents of a family, as one shop has them."""

    shop_id: str
    read_at: dt.datetime
    others: tuple[dt.datetime, ...] = ()
    """Instants of the other whole snapshots that were merged so far."""
    held: frozenset[str] = frozenset()
    """Documents in quarantine: they are there. What is filed under one of them is, too."""
    is_whole: bool = True
    """If not, it shows what is there, and nothing is gone for want of it."""

    @property
    def following(self) -> dt.datetime | None:
        """The next whole snapshot; none: this is the newest."""
        return min((other for other in self.others if other > self.read_at), default=None)


def marks(
    stored: pl.DataFrame, incoming: pl.DataFrame, table: Table, one: Snapshot
) -> pl.DataFrame:
    """Since when each document of the shop is gone; null: it is not.

    Both frames are of a family's root `table`. Grain: document. Column: `MARK`.
    """
    document = ["shop_id", *table.document]
    names = [
        name
        for name, column in table.schema.columns().items()
        if (column.metadata or {}).get("kind") in ("identifier", "member") and name not in _FIXED
    ]
    is_held = [pl.col(name).is_in(list(one.held)).fill_null(value=False) for name in names]
    known = stored.filter(pl.col("shop_id") == one.shop_id).select(
        *document,
        pl.col("deleted_at").alias("mark"),
        is_known=pl.lit(value=True),
        is_held=pl.any_horizontal(table.document_id.is_in(list(one.held)), *is_held),
    )
    read = incoming.select(document).unique().with_columns(is_read=pl.lit(value=True))
    seen = pl.col("is_read").fill_null(value=False) | pl.col("is_held").fill_null(value=False)
    return known.join(read, on=document, how="full", coalesce=True).select(
        *document, pl.when(seen).then(_is_seen(one)).otherwise(_is_missed(one)).alias(MARK)
    )


def _instant(at: dt.datetime | None) -> pl.Expr:
    return pl.lit(at, pl.Datetime("us", "UTC"))


def _is_seen(one: Snapshot) -> pl.Expr:
    """Of a document that the snapshot holds."""
    mark = pl.col("mark")
    if one.following is None:
        return _instant(None)
    if not one.is_whole:
        return mark
    is_new = pl.col("is_known").is_null()
    return pl.when(is_new | (mark <= one.read_at)).then(_instant(one.following)).otherwise(mark)


def _is_missed(one: Snapshot) -> pl.Expr:
    """Of a document that it lacks."""
    mark = pl.col("mark")
    if not one.is_whole:
        return mark
    if one.following is None:
        return mark.fill_null(_instant(one.read_at))
    was_later = (mark > one.read_at) & (mark <= one.following)
    return pl.when(was_later).then(_instant(one.read_at)).otherwise(mark)
