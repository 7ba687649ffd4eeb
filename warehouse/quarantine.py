"""Documents kept out of the lake, whole, with the reasons, until a good version arrives."""

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update

from contracts.streams import PART, Reading, Window
from warehouse.database import Database, chunks, frame, upsert
from warehouse.encryption import Vault, is_sealed, text_head
from warehouse.models import quarantine, readings
from warehouse.readings import older_within

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
_COLUMNS = [quarantine.c[{"table": "table_name"}.get(name, name)] for name in _ENTRY.names()]
_SEALED = ("reasons", "payload")
_RAW = '"raw":"'
_PAGE = 1_000
_REASONS = pl.List(pl.Struct({"reason": pl.String}))


class Quarantine:
    """The documents of all shops that must not be counted or acted on; sealed in the database."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def keep(
        self,
        reading: Reading,
        bad: pl.DataFrame,
        *,
        covers: Window | None = None,
        standing: frozenset[str] | None = None,
    ) -> None:
        """Keep the bad documents of a reading (schema `Quarantined`), one entry per document.

        An older reading of a document does not replace a newer one. What the
        reading held before and holds no more is closed: a repaired mapping has released it. A
        reading closes what older ones held whose window lies in what it `covers`, too: what it does
        not bring comes with a later one, or is gone. One that knows all raw parts there are closes
        those but the ones `standing` (see `Mapped`).
        """
        bad = bad.with_columns(document_id=self._document_ids(bad, self._vault.seal_document))
        self._release(reading, bad, covers, standing)
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
        ).with_columns(
            pl.Series(name, [self._vault.seal_text(text, name=name) for text in bad[name]])
            for name in _SEALED
        )
        with self._database.write() as connection:
            newcomer = upsert(connection, quarantine)
            seen = newcomer.excluded.last_seen_at
            columns = quarantine.c
            connection.execute(
                newcomer.on_conflict_do_update(
                    index_elements=[columns.shop_id, columns.table_name, columns.document_id],
                    set_={
                        "reading_id": newcomer.excluded.reading_id,
                        "reasons": newcomer.excluded.reasons,
                        "payload": newcomer.excluded.payload,
                        "last_seen_at": seen,
                        "closed_at": None,
                    },
                    where=(columns.last_seen_at <= seen)
                    & (columns.closed_at.is_(None) | (columns.closed_at < seen)),
                ),
                rows.to_dicts(),
            )

    def _release(
        self,
        reading: Reading,
        bad: pl.DataFrame,
        covers: Window | None,
        standing: frozenset[str] | None,
    ) -> None:
        columns = quarantine.c
        is_theirs: ColumnElement[bool] = columns.reading_id == reading.id
        if covers is not None:
            older = select(readings.c.reading_id).where(older_within(reading, covers))
            is_theirs |= columns.reading_id.in_(older)
        if standing is not None:
            of_stream = f"{reading.shop_id}/{reading.stream}/"
            is_of_stream = columns.reading_id.startswith(of_stream, autoescape=True)
            is_part = columns.document_id.startswith(PART, autoescape=True)
            is_theirs |= is_of_stream & is_part & columns.document_id.not_in(standing)
        is_open = columns.closed_at.is_(None) & (columns.last_seen_at <= reading.read_at)
        with self._database.write() as connection:
            query = select(columns.table_name, columns.document_id).where(is_theirs, is_open)
            still = set(bad.select("table", "document_id").rows())
            for table_name, document_id in connection.execute(query).all():
                if (table_name, document_id) not in still:
                    connection.execute(
                        update(quarantine)
                        .where(
                            columns.shop_id == reading.shop_id,
                            columns.table_name == table_name,
                            columns.document_id == document_id,
                        )
                        .values(closed_at=reading.read_at)
                    )

    def readings(self, shop_id: str) -> set[str]:
        """Ids of the readings that documents in quarantine now came with."""
        columns = quarantine.c
        query = select(columns.reading_id).where(
            columns.shop_id == shop_id, columns.closed_at.is_(None)
        )
        with self._database.read() as connection:
            return set(connection.execute(query.distinct()).scalars())

    def close(
        self, shop_id: str, table_name: str, *, document_ids: pl.Series, read_at: dt.datetime
    ) -> int:
        """Close entries of documents that a reading not older brought in good; how many.

        `document_ids` may be all good documents of the reading: only what is held is looked at.
        """
        columns = quarantine.c
        of_table = (columns.shop_id == shop_id) & (columns.table_name == table_name)
        not_newer = (columns.last_seen_at <= read_at) & columns.closed_at.is_(None)
        with self._database.write() as connection:
            query = select(columns.document_id).where(of_table, not_newer)
            waiting = pl.Series(connection.execute(query).scalars().all(), dtype=pl.String)
            good = waiting.filter(waiting.is_in(document_ids.unique().implode())).to_list()
            for ids in chunks(good):
                connection.execute(
                    update(quarantine)
                    .where(of_table, columns.document_id.in_(ids))
                    .values(closed_at=read_at)
                )
        return len(good)

    def all(self, shop_id: str) -> pl.DataFrame:
        """Every document of a shop that was ever held, closed ones too."""
        query = select(*_COLUMNS).where(quarantine.c.shop_id == shop_id)
        with self._database.read() as connection:
            return self._open_sealed(frame(connection, query.order_by(*_COLUMNS[:3]), _ENTRY))

    def erase(self, shop_id: str, theirs: pl.DataFrame) -> None:
        """Drop documents of `all`, and what of others was not decoded.

        Whom an undecoded document names is not known, so none is kept: landing has its page.
        """
        columns = quarantine.c
        with self._database.write() as connection:
            for table_name, document_id in theirs.select("table", "document_id").iter_rows():
                sealed = self._vault.seal_document(table_name, document_id)
                connection.execute(
                    delete(quarantine).where(
                        columns.shop_id == shop_id,
                        columns.table_name == table_name,
                        columns.document_id.in_((document_id, sealed)),
                    )
                )
        self._drop_raw(shop_id)

    def seal_names(self) -> None:
        """Seal ids of documents that a release of before left open."""
        columns = quarantine.c
        with self._database.write() as connection:
            query = select(columns.shop_id, columns.table_name, columns.document_id)
            for shop_id, table_name, document_id in connection.execute(query).all():
                sealed = self._vault.seal_document(table_name, document_id)
                if sealed != document_id and not is_sealed(document_id):
                    connection.execute(
                        update(quarantine)
                        .where(
                            columns.shop_id == shop_id,
                            columns.table_name == table_name,
                            columns.document_id == document_id,
                        )
                        .values(document_id=sealed)
                    )

    def sealed_with(self, key_ids: Collection[str]) -> int:
        """Documents, closed ones too, that are sealed with one of these keys, by public name."""
        query = select(func.count()).where(_is_sealed_with(key_ids))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def reseal(self) -> int:
        """Seal with the key in use what an outdated one sealed; documents that were changed."""
        changed = 0
        while some := self._reseal_some():
            changed += some
        return changed

    def _reseal_some(self) -> int:
        """A page of them, in a transaction of its own."""
        query = select(quarantine).where(_is_sealed_with(self._vault.outdated)).limit(_PAGE)
        with self._database.write() as connection:
            found = connection.execute(query).mappings().all()
            for row in found:
                values = {name: self._vault.reseal_text(row[name], name=name) for name in _SEALED}
                is_it = [quarantine.c[one.name] == row[one.name] for one in quarantine.primary_key]
                connection.execute(update(quarantine).where(*is_it).values(values))
        return len(found)

    def _drop_raw(self, shop_id: str) -> None:
        found = self.all(shop_id)
        nothing = self._vault.seal_text("{}", name="payload")
        columns = quarantine.c
        with self._database.write() as connection:
            for row in found.filter(pl.col("payload").str.contains(_RAW, literal=True)).to_dicts():
                connection.execute(
                    update(quarantine)
                    .where(
                        columns.shop_id == shop_id,
                        columns.table_name == row["table"],
                        columns.document_id
                        == self._vault.seal_document(row["table"], row["document_id"]),
                    )
                    .values(payload=nothing)
                )

    def open(self, *, shop_id: str | None = None, table_name: str | None = None) -> pl.DataFrame:
        """Documents not in the lake now. Grain: (shop_id, table, document_id)."""
        columns = quarantine.c
        query: Select[Any] = select(*_COLUMNS).where(columns.closed_at.is_(None))
        if shop_id is not None:
            query = query.where(columns.shop_id == shop_id)
        if table_name is not None:
            query = query.where(columns.table_name == table_name)
        with self._database.read() as connection:
            return self._open_sealed(frame(connection, query.order_by(*_COLUMNS[:3]), _ENTRY))

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

    def _document_ids(self, entries: pl.DataFrame, change: Callable[[str, str], str]) -> pl.Series:
        rows = entries.select("table", "document_id").iter_rows()
        return pl.Series([change(*row) for row in rows], dtype=pl.String)

    def _open_sealed(self, sealed: pl.DataFrame) -> pl.DataFrame:
        return sealed.with_columns(
            self._document_ids(sealed, self._vault.open_document).alias("document_id"),
            *(
                pl.Series(
                    name,
                    [self._vault.open_text(text, name=name) for text in sealed[name]],
                    dtype=pl.String,
                )
                for name in _SEALED
            ),
        )


def _is_sealed_with(key_ids: Collection[str]) -> ColumnElement[bool]:
    return or_(
        False,
        *(
            quarantine.c[name].startswith(text_head(one), autoescape=True)
            for one in key_ids
            for name in _SEALED
        ),
    )
