"""What the policies left as it is when they last decided, counted by reason."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, insert, select

from contracts.actions import LeftAlone
from warehouse.database import Database
from warehouse.models import left_alone as table


class LeftAlones:
    """The counts of the last decision of each policy in each shop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self, shop_id: str, policy: str, counts: Sequence[LeftAlone], *, at: dt.datetime
    ) -> None:
        """Put the counts of a decision in the place of the one before; a later one stays."""
        mine = (table.c.shop_id == shop_id) & (table.c.policy == policy)
        with self._database.write() as connection:
            newest = connection.execute(select(table.c.decided_at).where(mine)).scalars()
            if any(one > at for one in newest):
                return
            connection.execute(delete(table).where(mine))
            if counts:
                rows = [{**asdict(one), "samples": json.dumps(one.samples)} for one in counts]
                connection.execute(insert(table), rows)

    def latest(self, *, shop_id: str | None = None) -> list[LeftAlone]:
        """Counts by shop and policy, the most first."""
        query = select(table).order_by(
            table.c.shop_id, table.c.policy, table.c.targets.desc(), table.c.reason
        )
        if shop_id is not None:
            query = query.where(table.c.shop_id == shop_id)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [LeftAlone(**{**row, "samples": tuple(json.loads(row["samples"]))}) for row in rows]
