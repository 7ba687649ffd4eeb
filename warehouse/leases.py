"""Leases: what only one process may do at a time has a holder, for a while."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, update

from contracts.errors import BusyError
from warehouse.database import Database, upsert
from warehouse.models import leases


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A name taken by a holder; the fence distinguishes it from earlier and later holders."""

    name: str
    holder: str
    fence: int


class Leases:
    """The leases of a home."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(
        self,
        name: str,
        *,
        holder: str,
        length: dt.timedelta,
        at: dt.datetime,
        is_gone: Callable[[str], bool] = lambda _holder: False,
    ) -> Lease:
        """Take a name by one conditional update: if it is free, has run out, or its holder is gone.

        Raises:
            BusyError: somebody holds it; says who, and until when.
        """
        with self._database.write() as connection:
            current = connection.execute(select(leases).where(leases.c.name == name)).one_or_none()
            fence = current.fence if current is not None and is_gone(current.holder) else None
            newcomer = upsert(connection, leases).values(
                name=name, holder=holder, fence=1, lease_until=at + length
            )
            taken = connection.execute(
                newcomer.on_conflict_do_update(
                    index_elements=[leases.c.name],
                    set_={
                        "holder": newcomer.excluded.holder,
                        "fence": leases.c.fence + 1,
                        "lease_until": newcomer.excluded.lease_until,
                    },
                    where=(leases.c.lease_until <= at) | (leases.c.fence == fence),
                ).returning(leases.c.fence)
            ).scalar()
            if taken is not None:
                return Lease(name=name, holder=holder, fence=taken)
        assert current is not None
        raise BusyError(
            f"{name} is being done by {current.holder}, until"
            f" {current.lease_until:%Y-%m-%d %H:%M:%S} UTC at the latest"
            " unless it goes on: nothing was done here"
        )

    def renew(self, lease: Lease, *, length: dt.timedelta, at: dt.datetime) -> bool:
        """Hold a lease for longer; whether it still is the holder's."""
        return self._end(lease, at + length)

    def release(self, lease: Lease, *, at: dt.datetime) -> bool:
        """Give a lease back; whether it still was the holder's."""
        return self._end(lease, at)

    def _end(self, lease: Lease, lease_until: dt.datetime) -> bool:
        mine = (leases.c.name == lease.name) & (leases.c.fence == lease.fence)
        with self._database.write() as connection:
            changed = connection.execute(update(leases).where(mine).values(lease_until=lease_until))
            return bool(changed.rowcount)
