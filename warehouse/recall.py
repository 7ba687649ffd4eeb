"""What was sent and an older copy of the database does not know is looked at, not sent again."""

import datetime as dt
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row

from contracts.codes import ActionState
from warehouse.database import Database
from warehouse.events import Head, LedgerEvent, append, head
from warehouse.journal import Journal, JournalLine, lacking
from warehouse.transitions import SYSTEM, current, move

RECALLED = (
    "the journal says that it was sent, and this database, an older copy, does not: "
    "a person has to look"
)
_WAITING = (ActionState.PROPOSED, ActionState.APPROVED)


class Recall:
    """A database and the journal beside it."""

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    @property
    def lost(self) -> list[JournalLine]:
        """Lines of the journal that the chain lacks, and no person has accepted."""
        return self._lacking(self._journal.lines())

    @cached_property
    def barred(self) -> frozenset[str]:
        """Ids that were sent and that this database lacks.

        Looked up once: nobody restores a database that is open.
        """
        lines = self._journal.lines()
        gone = [*self._lacking(lines), *(line for line in lines if line.is_lost)]
        return frozenset(action_id for line in gone for action_id in line.ids)

    def note(
        self, last: Head, action_ids: Sequence[str], *, at: dt.datetime, until: dt.datetime
    ) -> None:
        """Write down what is about to be sent; it is on the disk when this returns."""
        self._journal.note(last, action_ids, at=at, until=until)

    def settle(self, *, at: dt.datetime) -> list[str]:
        """Set unknown what waits here and was sent already; the ids that changed.

        Asked before anything is sent.
        """
        self._journal.compact(self.lost, at=at)
        if not self.barred:
            return []
        with self._database.write() as connection:
            found = current(connection, list(self.barred)).values()
            return bar(connection, [one for one in found if one.state in _WAITING], at=at)

    def mark(self, *, at: dt.datetime) -> None:
        """Let the journal know where the chain stands, so that a cut end is missed."""
        with self._database.read() as connection:
            last = head(connection)
        lines = self._journal.lines()
        if last.event_id and (not lines or lines[-1].event_id != last.event_id):
            self._journal.note(last, (), at=at, until=at)

    def accept(self, *, by: str, at: dt.datetime) -> int:
        """A person knows that the chain lacks what the journal has; how many actions that are.

        Their ids stay barred; from here on they are not named.
        """
        lost = self.lost
        if not lost:
            return 0
        ids = {action_id for line in lost for action_id in line.ids}
        details = {"journal": max(line.event_id for line in lost), "actions": len(ids)}
        accepted = LedgerEvent(
            kind="restore accepted", subject="events", by=by, at=at, details=details
        )
        with self._database.write() as connection:
            append(connection, [accepted])
            last = head(connection)
        self._journal.accept(lost, last)
        return len(ids)

    def _lacking(self, lines: Sequence[JournalLine]) -> list[JournalLine]:
        if not lines:
            return []
        with self._database.read() as connection:
            return lacking(connection, lines)


def bar(
    connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]], *, at: dt.datetime
) -> list[str]:
    """Set unknown what was sent already; the ids that changed."""
    values = {"message": RECALLED, "holder": None, "lease_until": None}
    return move(connection, rows, ActionState.UNKNOWN, by=SYSTEM, at=at, set_=values)
