"""Which whole snapshots of a stream were merged: the instants at which we know what there was."""

import datetime as dt

from sqlalchemy import delete, select

from contracts.streams import Reading
from warehouse.database import Database, upsert
from warehouse.models import snapshots


class Snapshots:
    """The whole snapshots of all shops."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def instants(self, shop_id: str, stream: str) -> tuple[dt.datetime, ...]:
        """When the stream was read whole, oldest first."""
        query = select(snapshots.c.read_at).where(
            snapshots.c.shop_id == shop_id, snapshots.c.stream == stream
        )
        with self._database.read() as connection:
            return tuple(connection.execute(query.order_by(snapshots.c.read_at)).scalars())

    def record(self, reading: Reading, *, is_whole: bool) -> None:
        """Note that a reading was merged, as a whole snapshot or, mapped anew, as none."""
        row = {
            "shop_id": reading.shop_id,
            "stream": reading.stream,
            "read_at": reading.read_at,
        }
        columns = snapshots.c
        with self._database.write() as connection:
            if is_whole:
                connection.execute(
                    upsert(connection, snapshots).values(row).on_conflict_do_nothing()
                )
            else:
                connection.execute(
                    delete(snapshots).where(
                        columns.shop_id == reading.shop_id,
                        columns.stream == reading.stream,
                        columns.read_at == reading.read_at,
                    )
                )
