"""What the last readings of each stream looked like, for checks to hold the newest against."""

import datetime as dt
import io
from typing import Any, Final

import polars as pl
from sqlalchemy import delete, select

from contracts.streams import Reading
from warehouse.database import Database, upsert
from warehouse.models import profiles

KEPT = 60
"""Readings of a stream whose profiles are kept: two days of hours, or two months of days."""
_ABOUT: Final = "#"


class Profiles:
    """Profiles of loaded readings; a backfill has none: it reads other days than those before."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, reading: Reading, profile: pl.DataFrame) -> None:
        """Note what a reading looked like; again when it is mapped again."""
        if reading.is_backfill:
            return
        columns = profiles.c
        of_stream = (columns.shop_id == reading.shop_id) & (columns.stream == reading.stream)
        newest = (
            select(columns.read_at)
            .where(of_stream, columns.reading_id.not_like(f"%{_ABOUT}%"))
            .order_by(columns.read_at.desc())
            .limit(KEPT)
        )
        with self._database.write() as connection:
            found = upsert(connection, profiles).values(_row(reading, reading.id, profile))
            connection.execute(
                found.on_conflict_do_update(
                    index_elements=[columns.reading_id], set_={"profile": found.excluded.profile}
                )
            )
            oldest = min(connection.execute(newest).scalars())
            connection.execute(delete(profiles).where(of_stream, columns.read_at < oldest))

    def note(self, reading: Reading, table: str, told: pl.DataFrame) -> None:
        """Keep what a reading said of what was known of a table, before it is merged.

        What was noted first stands: once it is merged, what was before it is gone.
        """
        row = _row(reading, f"{reading.id}{_ABOUT}{table}", told)
        with self._database.write() as connection:
            connection.execute(upsert(connection, profiles).values(row).on_conflict_do_nothing())

    def of_stream(
        self, shop_id: str, stream: str, *, schema: pl.Schema, since: dt.datetime | None = None
    ) -> pl.DataFrame:
        """Profiles of the readings kept, oldest first, with `read_at` and `window_start`.

        `since` leaves out readings from before.
        """
        columns = profiles.c
        query = (
            select(columns.read_at, columns.window_start, columns.profile)
            .where(columns.shop_id == shop_id, columns.stream == stream)
            .order_by(columns.read_at, columns.window_start)
        )
        if since is not None:
            query = query.where(columns.read_at >= since)
        instants = {name: pl.Datetime("us", "UTC") for name in ("read_at", "window_start")}
        frames = [pl.DataFrame(schema={**instants, **schema})]
        with self._database.read() as connection:
            for read_at, window_start, text in connection.execute(query):
                frame = pl.read_ndjson(io.StringIO(text), schema=dict(schema))
                frames.append(
                    frame.select(
                        pl.lit(read_at, instants["read_at"]).alias("read_at"),
                        pl.lit(window_start, instants["window_start"]).alias("window_start"),
                        pl.all(),
                    )
                )
        return pl.concat(frames)


def _row(reading: Reading, name: str, profile: pl.DataFrame) -> dict[str, Any]:
    return {
        "reading_id": name,
        "shop_id": reading.shop_id,
        "stream": reading.stream,
        "window_start": reading.window.start,
        "read_at": reading.read_at,
        "profile": profile.write_ndjson(),
    }
