"""The request limits that all processes of a home share."""

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Executable, Row, bindparam, select

from contracts.limits import Level
from warehouse.database import Database, upsert
from warehouse.models import limits

# Statements are built once: that took most of the time, and each request changes three levels.
_HELD = select(limits).where(limits.c.account == bindparam("of"))


class RequestLimits:
    """The levels of all limits of all accounts; answers `contracts.ports.LimitStore`.

    Its users give the level's `at` in seconds since 1970, by their machine's clock: monotonic
    clocks of two machines have nothing in common.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keep: Executable | None = None
        # SQLite lets whoever is kept waiting sleep: threads of one process rather take turns here.
        self._turn = threading.Lock()

    def change(self, account: str, step: Callable[[Level | None], Level | None]) -> None:
        """Replace an account's level by what `step` makes of it; others wait meanwhile."""
        # Written with every request; a level that a power cut takes back is learnt anew.
        with self._turn, self._database.write(is_loose=True) as connection:
            row = connection.execute(_HELD, {"of": account}).one_or_none()
            stored = None if row is None else _level(row)
            level = step(stored)
            if level is None or level == stored:
                return
            values = {
                "account": account,
                "maximum": level.maximum,
                "available": level.available,
                "restore_rate": level.restore_rate,
                "updated_at": dt.datetime.fromtimestamp(level.at, dt.UTC),
            }
            self._keep = self._keep if self._keep is not None else _keep(connection)
            connection.execute(self._keep, values)


def _keep(connection: Connection) -> Executable:
    insert = upsert(connection, limits)
    new = {one.name: insert.excluded[one.name] for one in limits.c if not one.primary_key}
    return insert.on_conflict_do_update(index_elements=[limits.c.account], set_=new)


def _level(row: Row[*tuple[Any, ...]]) -> Level:
    return Level(
        maximum=row.maximum,
        available=row.available,
        restore_rate=row.restore_rate,
        at=row.updated_at.timestamp(),
    )
