"""Documents kept out of the lake, whole, with the reasons, until a good version arrives."""

import datetime as dt
from typing import Any

import polars as pl
from sqlalchemy import Select, select, update

from contracts.streams import Reading
from warehouse.database import Database, chunks, frame, upsert
from warehouse.models import quarantine

_INSTANT = pl.Datetime("us", "UTC")
_ENTRY = pl.Schema(
    {
        "shop_id": pl.String(),
        "table": pl.String(),
        "document_id": pl.String(),
        "reading_id": pl.String(),
        "reasons": pl.String(),
        "payload": pl.String(),
        "first_seen_at": _INSTANT,
        "last_seen_at": _INSTANT,
    }
)
_REASONS = pl.List(pl.Struct({"reason": pl.String}))


class Quarantine:
    """The documents of all shops that must not be counted or acted on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, reading: Reading, bad: pl.DataFrame) -> None:
        """Keep the bad documents of a reading (schema `Quarantined`), one entry per document.

        What an older reading says of a document does not replace what a newer one said.
        """
        if bad.is_empty():
            return
        rows = bad.select(
            pl.lit(reading.shop_id).alias("shop_id"),
            pl.col("table").alias("table_name"),
            "document_id",
            pl.lit(reading.id).alias("reading_id"),
            "reasons",
            "payload",
            pl.lit(reading.read_at).alias("first_seen_at"),
            pl.lit(reading.read_at).alias("last_seen_at"),
        ).to_dicts()
        with self._database.write() as connection:
            newcomer = upsert(connection, quarantine)
            seen = newcomer.excluded.last_seen_at
            held = quarantine.c
            connection.execute(
                newcomer.on_conflict_do_update(
                    index_elements=[held.shop_id, held.table_name, held.document_id],
                    set_={
                        "reading_id": newcomer.excluded.reading_id,
                        "reasons": newcomer.excluded.reasons,
                        "payload": newcomer.excluded.payload,
                        "last_seen_at": seen,
                        "closed_at": None,
                    },
                    where=(held.last_seen_at <= seen)
                    & (held.closed_at.is_(None) | (held.closed_at < seen)),
                ),
                rows,
            )

    def close(
        self, shop_id: str, table_name: str, *, document_ids: pl.Series, read_at: dt.datetime
    ) -> int:
        """Close entries of documents that a reading not older brought in good; how many.

        `document_ids` may be all good documents of the reading: only what is held is looked at.
        """
        held = quarantine.c
        of_table = (held.shop_id == shop_id) & (held.table_name == table_name)
        not_newer = (held.last_seen_at <= read_at) & held.closed_at.is_(None)
        with self._database.write() as connection:
            query = select(held.document_id).where(of_table, not_newer)
            waiting = pl.Series(connection.execute(query).scalars().all(), dtype=pl.String)
            good = waiting.filter(waiting.is_in(document_ids.unique().implode())).to_list()
            for ids in chunks(good):
                connection.execute(
                    update(quarantine)
                    .where(of_table, held.document_id.in_(ids))
                    .values(closed_at=read_at)
                )
        return len(good)

    def open(self, *, shop_id: str | None = None, table_name: str | None = None) -> pl.DataFrame:
        """Documents not in the lake now. Grain: (shop_id, table, document_id)."""
        held = quarantine.c
        columns = [held[{"table": "table_name"}.get(name, name)] for name in _ENTRY.names()]
        query: Select[Any] = select(*columns).where(held.closed_at.is_(None))
        if shop_id is not None:
            query = query.where(held.shop_id == shop_id)
        if table_name is not None:
            query = query.where(held.table_name == table_name)
        with self._database.read() as connection:
            return frame(connection, query.order_by(*columns[:3]), _ENTRY)

    def counts(self, *, shop_id: str | None = None) -> pl.DataFrame:
        """Open documents by reason. Grain: (shop_id, table, reason); a document may have several.

        Columns: shop_id, table, reason, documents_units.
        """
        return (
            self.open(shop_id=shop_id)
            .select(
                "shop_id",
                "table",
                "document_id",
                pl.col("reasons").str.json_decode(_REASONS).alias("reason"),
            )
            .explode("reason", empty_as_null=True, keep_nulls=True)
            .with_columns(pl.col("reason").struct.field("reason"))
            .group_by("shop_id", "table", "reason")
            .agg(documents_units=pl.col("document_id").n_unique().cast(pl.Int64))
            .sort("shop_id", "table", "reason")
        )
