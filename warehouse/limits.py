"""The request limits that all processes of a home share."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlalchemy import Row, select

from contracts.limits import Level
from warehouse.database import Database, upsert
from warehouse.models import limits


class RequestLimits:
    """The levels of all limits of all accounts; answers `contracts.ports.LimitStore`.

    Its users give the level's `at` in seconds since 1970, by their machine's clock: monotonic
    clocks of two machines have nothing in common.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def change(self, account: str, step: Callable[[Level | None], Level | None]) -> None:
        """Replace an account's level by what `step` makes of it; others wait meanwhile."""
        query = select(limits).where(limits.c.account == account)
        # Written with every request; a level that a power cut takes back is learnt anew.
        with self._database.write(is_loose=True) as connection:
            row = connection.execute(query).one_or_none()
            held = None if row is None else _level(row)
            level = step(held)
            if level is None or level == held:
                return
            values = {
                "maximum": level.maximum,
                "available": level.available,
                "restore_rate": level.restore_rate,
                "updated_at": dt.datetime.fromtimestamp(level.at, dt.UTC),
            }
            connection.execute(
                upsert(connection, limits)
                .values(account=account, **values)
                .on_conflict_do_update(index_elements=[limits.c.account], set_=values)
            )


def _level(row: Row[*tuple[Any, ...]]) -> Level:
    return Level(
        maximum=row.maximum,
        available=row.available,
        restore_rate=row.restore_rate,
        at=row.updated_at.timestamp(),
    )
