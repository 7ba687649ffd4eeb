"""What readings came to, added up per stream: for checks and for people."""

import datetime as dt
import json

import polars as pl
from sqlalchemy import func, select

from warehouse.database import Database, frame
from warehouse.models import readings

_SUMMARY = pl.Schema(
    {
        "shop_id": pl.String(),
        "stream": pl.String(),
        "readings": pl.Int64(),
        "pages": pl.Int64(),
        "new_pages": pl.Int64(),
        "size_bytes": pl.Int64(),
        "new_bytes": pl.Int64(),
        "landed_rows": pl.Int64(),
        "loaded_rows": pl.Int64(),
        "quarantined_rows": pl.Int64(),
        "seconds": pl.Float64(),
        "loaded_at": pl.Datetime("us", "UTC"),
    }
)


class ReadingTotals:
    """Sums over the loaded readings of a home."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unknown_fields(self, shop_id: str) -> dict[str, list[str]]:
        """Names of fields that the newest loaded reading held and its mapping did not know, by
        stream of a shop.
        """
        query = (
            select(readings.c.stream, readings.c.unknown_fields)
            .where(readings.c.shop_id == shop_id, readings.c.loaded_at.is_not(None))
            .order_by(readings.c.read_at)
        )
        with self._database.read() as connection:
            return {name: json.loads(fields or "[]") for name, fields in connection.execute(query)}

    def shares(self, shop_id: str, *, since: dt.datetime) -> dict[str, tuple[int, int]]:
        """Rows landed and rows quarantined of the readings made since, by stream of a shop."""
        query = (
            select(
                readings.c.stream,
                func.sum(readings.c.landed_rows),
                func.sum(readings.c.quarantined_rows),
            )
            .where(
                readings.c.shop_id == shop_id,
                readings.c.loaded_at.is_not(None),
                readings.c.read_at >= since,
            )
            .group_by(readings.c.stream)
        )
        with self._database.read() as connection:
            return {name: (int(rows), int(bad)) for name, rows, bad in connection.execute(query)}

    def summary(self, *, since: dt.datetime | None = None) -> pl.DataFrame:
        """Sums of the loaded readings. Grain: (shop_id, stream). `since` bounds `loaded_at`."""
        sums = [func.sum(readings.c[name]) for name in _SUMMARY.names()[3:-1]]
        query = (
            select(
                readings.c.shop_id,
                readings.c.stream,
                func.count(),
                *sums,
                func.max(readings.c.loaded_at, type_=readings.c.loaded_at.type),
            )
            .where(readings.c.loaded_at.is_not(None))
            .group_by(readings.c.shop_id, readings.c.stream)
            .order_by(readings.c.shop_id, readings.c.stream)
        )
        if since is not None:
            query = query.where(readings.c.loaded_at >= since)
        with self._database.read() as connection:
            return frame(connection, query, _SUMMARY)
