"""What was planned, read, loaded or set aside, how far each stream came, which versions count."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, func, select, update

from contracts.streams import BACKFILL, Reading, Window
from warehouse.database import Database, upsert
from warehouse.landing import Landed
from warehouse.models import readings, table_versions, watermarks


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of the rows of a reading; what was landed is loaded or quarantined."""

    landed_rows: int
    loaded_rows: int
    quarantined_rows: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What rows of a reading were made with, and names of fields that the mapping did not know."""

    mapping_version: int = 1
    fingerprint: str = ""
    unknown_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A landed reading that cannot be mapped, since when, and why in one sentence."""

    reading: Reading
    at: dt.datetime
    failure: str


class Readings:
    """The readings of all shops."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, *due: Reading, mapping_version: int = 1) -> None:
        """Fix readings before they are fetched, all or none; planning one again changes nothing.

        Whoever comes after a crash plans on from the last one, and would cut the rest otherwise.
        """
        with self._database.write() as connection:
            for reading in due:
                row = {**_reading_row(reading), "mapping_version": mapping_version}
                found = upsert(connection, readings).values(row)
                connection.execute(found.on_conflict_do_nothing())

    def unfinished(
        self,
        *,
        shop_id: str | None = None,
        stream: str | None = None,
        fingerprint: str | None = None,
    ) -> list[Reading]:
        """Live readings planned and not loaded, oldest window first: to be resumed as they are.

        With a fingerprint, those that were set aside with the same one are left out: it would end
        the same way.
        """
        query = select(readings).where(
            readings.c.loaded_at.is_(None), ~readings.c.reading_id.contains(BACKFILL)
        )
        if fingerprint is not None:
            is_same = func.coalesce(readings.c.fingerprint, fingerprint) == fingerprint
            query = query.where(readings.c.set_aside_at.is_(None) | ~is_same)
        if shop_id is not None:
            query = query.where(readings.c.shop_id == shop_id)
        if stream is not None:
            query = query.where(readings.c.stream == stream)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(readings.c.window_start)).mappings().all()
        return [_reading(row) for row in rows]

    def set_aside(self, *, shop_id: str | None = None) -> list[SetAside]:
        """What cannot be mapped, oldest window first."""
        query = select(readings).where(
            readings.c.loaded_at.is_(None), readings.c.set_aside_at.is_not(None)
        )
        if shop_id is not None:
            query = query.where(readings.c.shop_id == shop_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(readings.c.window_start)).mappings().all()
        return [
            SetAside(reading=_reading(row), at=row["set_aside_at"], failure=row["failure"])
            for row in rows
        ]

    def put_aside(
        self, reading: Reading, *, failure: str, fingerprint: str, at: dt.datetime
    ) -> None:
        """Note that a landed reading cannot be mapped, why, and with what it was tried."""
        values = {"set_aside_at": at, "failure": failure, "fingerprint": fingerprint}
        with self._database.write() as connection:
            connection.execute(
                update(readings)
                .where(readings.c.reading_id == reading.id, readings.c.loaded_at.is_(None))
                .values(values)
            )

    def drop(self, reading: Reading) -> None:
        """Take back the plan of a reading that was not loaded."""
        with self._database.write() as connection:
            connection.execute(
                delete(readings).where(
                    readings.c.reading_id == reading.id, readings.c.loaded_at.is_(None)
                )
            )

    def planned_until(self, shop_id: str, stream: str) -> dt.datetime | None:
        """End of the latest live window that is planned, set aside or loaded."""
        end = func.max(readings.c.window_end, type_=readings.c.window_end.type)
        query = select(end).where(
            readings.c.shop_id == shop_id,
            readings.c.stream == stream,
            readings.c.loaded_at.is_(None),
            ~readings.c.reading_id.contains(BACKFILL),
        )
        with self._database.read() as connection:
            planned: dt.datetime | None = connection.execute(query).scalar()
        ends = [end for end in (planned, self.watermark(shop_id, stream)) if end is not None]
        return max(ends, default=None)

    def of_span(self, shop_id: str, stream: str, *, span: Window) -> dict[Reading, bool]:
        """Readings whose window touches the span, oldest first, and whether they are loaded."""
        query = (
            select(readings)
            .where(readings.c.shop_id == shop_id, readings.c.stream == stream)
            .where(readings.c.window_start < span.end, readings.c.window_end > span.start)
            .order_by(readings.c.window_start, readings.c.read_at)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return {_reading(row): row["loaded_at"] is not None for row in rows}

    def waiting(self, reading_ids: Sequence[str]) -> list[Reading]:
        """Those of the readings that are planned and not loaded, in the order given."""
        query = select(readings).where(
            readings.c.reading_id.in_(reading_ids), readings.c.loaded_at.is_(None)
        )
        with self._database.read() as connection:
            found = {row["reading_id"]: row for row in connection.execute(query).mappings()}
        return [_reading(found[name]) for name in reading_ids if name in found]

    def loaded_by(
        self, shop_id: str, stream: str, *, older_than: int | None, fingerprint: str = ""
    ) -> list[Reading]:
        """Loaded readings, oldest first; with a version, only those by an older mapping or one of
        another fingerprint.
        """
        query = select(readings).where(
            readings.c.shop_id == shop_id,
            readings.c.stream == stream,
            readings.c.loaded_at.is_not(None),
        )
        if older_than is not None:
            is_same = func.coalesce(readings.c.fingerprint, fingerprint) == fingerprint
            query = query.where((readings.c.mapping_version < older_than) | ~is_same)
        with self._database.read() as connection:
            ordered = query.order_by(readings.c.read_at, readings.c.window_start)
            return [_reading(row) for row in connection.execute(ordered).mappings()]

    def record_replay(
        self,
        reading: Reading,
        *,
        counts: Counts,
        versions: Mapping[str, int],
        made: Made,
    ) -> None:
        """Record that a loaded reading was replayed: by which mapping, and what became of it."""
        with self._database.write() as connection:
            connection.execute(
                update(readings)
                .where(readings.c.reading_id == reading.id)
                .values(**asdict(counts), **_made_row(made))
            )
            _advance_versions(connection, versions)

    def is_loaded(self, reading_id: str) -> bool:
        """Whether its rows are in the lake and its versions recorded."""
        query = select(readings.c.loaded_at).where(readings.c.reading_id == reading_id)
        with self._database.read() as connection:
            return connection.execute(query).scalar() is not None

    def record_load(
        self,
        reading: Reading,
        landed: Landed,
        *,
        counts: Counts,
        versions: Mapping[str, int],
        at: dt.datetime,
        made: Made = Made(),
        supersedes: Window | None = None,
    ) -> None:
        """Close a reading: its figures, the watermark and the versions that readers open, at once.

        Older readings of the stream that were not loaded and lie inside `supersedes` are dropped:
        what they were to read is known.

        Loaded again, it keeps its first figures. Neither watermark nor version ever goes back, and
        a backfill moves no watermark: what lies before its span may never have been read.
        """
        outcome = {
            **asdict(landed), **asdict(counts), **_made_row(made),
            "loaded_at": at, "set_aside_at": None, "failure": None,
        }  # fmt: skip
        row = {**_reading_row(reading), **outcome}
        with self._database.write() as connection:
            connection.execute(
                upsert(connection, readings)
                .values(row)
                .on_conflict_do_update(
                    index_elements=[readings.c.reading_id],
                    set_=outcome,
                    where=readings.c.loaded_at.is_(None),
                )
            )
            if supersedes is not None:
                is_told = older_within(reading, supersedes)
                is_open = readings.c.loaded_at.is_(None)
                connection.execute(delete(readings).where(is_told, is_open))
            if not reading.is_backfill:
                _advance_watermark(connection, reading)
            _advance_versions(connection, versions)

    def watermark(self, shop_id: str, stream: str) -> dt.datetime | None:
        """End of the latest window that was loaded; earlier ones may still be unfinished."""
        query = select(watermarks.c.loaded_until).where(
            watermarks.c.shop_id == shop_id, watermarks.c.stream == stream
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def newest(self, shop_id: str, *, with_backfills: bool = False) -> dict[str, dt.datetime]:
        """The platform's clock at the newest loaded reading, by stream of a shop.

        A backfill says nothing of how fresh a stream is, so it counts only when requested.
        """
        read_at = func.max(readings.c.read_at, type_=readings.c.read_at.type)
        query = (
            select(readings.c.stream, read_at)
            .where(readings.c.shop_id == shop_id, readings.c.loaded_at.is_not(None))
            .group_by(readings.c.stream)
        )
        if not with_backfills:
            query = query.where(~readings.c.reading_id.contains(BACKFILL))
        with self._database.read() as connection:
            return {stream: newest for stream, newest in connection.execute(query)}

    def record(self, versions: Mapping[str, int]) -> None:
        """Let readers see these versions of tables: what a build replaced."""
        with self._database.write() as connection:
            _advance_versions(connection, versions)

    def versions(self) -> dict[str, int]:
        """The recorded version of each table; readers open these."""
        with self._database.read() as connection:
            rows = connection.execute(select(table_versions)).all()
        return {row.table_name: row.version for row in rows}


def _reading(row: RowMapping) -> Reading:
    window = Window(row["window_start"], row["window_end"])
    is_backfill = BACKFILL in row["reading_id"]
    return Reading(row["shop_id"], row["stream"], window, row["read_at"], is_backfill)


def older_within(reading: Reading, window: Window) -> ColumnElement[bool]:
    """Readings of the same stream that a newer one covers."""
    return and_(
        readings.c.shop_id == reading.shop_id,
        readings.c.stream == reading.stream,
        readings.c.read_at < reading.read_at,
        readings.c.window_start >= window.start,
        readings.c.window_end <= window.end,
    )


def _made_row(made: Made) -> dict[str, object]:
    return {
        "mapping_version": made.mapping_version,
        "fingerprint": made.fingerprint,
        "unknown_fields": json.dumps(made.unknown_fields),
    }


def _reading_row(reading: Reading) -> dict[str, object]:
    return {
        "reading_id": reading.id,
        "shop_id": reading.shop_id,
        "stream": reading.stream,
        "window_start": reading.window.start,
        "window_end": reading.window.end,
        "read_at": reading.read_at,
    }


def _advance_watermark(connection: Connection, reading: Reading) -> None:
    newcomer = upsert(connection, watermarks).values(
        shop_id=reading.shop_id, stream=reading.stream, loaded_until=reading.window.end
    )
    connection.execute(
        newcomer.on_conflict_do_update(
            index_elements=[watermarks.c.shop_id, watermarks.c.stream],
            set_={"loaded_until": newcomer.excluded.loaded_until},
            where=watermarks.c.loaded_until < newcomer.excluded.loaded_until,
        )
    )


def _advance_versions(connection: Connection, versions: Mapping[str, int]) -> None:
    for table_name, version in versions.items():
        newcomer = upsert(connection, table_versions).values(table_name=table_name, version=version)
        connection.execute(
            newcomer.on_conflict_do_update(
                index_elements=[table_versions.c.table_name],
                set_={"version": newcomer.excluded.version},
                where=table_versions.c.version < newcomer.excluded.version,
            )
        )
