"""What an auditor asks for: an append-only chain of events, in which every row vouches for the one
before it."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from warehouse.database import Database
from warehouse.models import event_head, events

_GENESIS = "0" * 64
_HEAD = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. `subject` is an action's id or the name of what was changed.

    `details` holds ids and numbers, never personal data: an event cannot be erased.
    """

    kind: str
    subject: str
    by: str
    at: dt.datetime
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first row at which the chain is broken, and how: "altered" or "missing"."""

    event_id: int
    problem: str


class Events:
    """The chain."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, happened: Sequence[Event]) -> None:
        """Write events in a transaction of their own."""
        with self._database.write() as connection:
            append(connection, happened)

    def of(self, subject: str) -> list[Event]:
        """The history of one subject, oldest first."""
        query = select(events).where(events.c.subject == subject).order_by(events.c.event_id)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [
            Event(
                kind=row.kind,
                subject=row.subject,
                by=row.by,
                at=row.at,
                details=msgspec.json.decode(row.details),
            )
            for row in rows
        ]

    def count(self) -> int:
        """Events in the chain."""
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(events)).scalar_one()

    def verify(self) -> Flaw | None:
        """Walk the chain; the first altered or missing row, or nothing when it is whole."""
        last_id, last_hash = 0, _GENESIS
        query = select(events).order_by(events.c.event_id).execution_options(yield_per=10_000)
        with self._database.read() as connection, connection.execute(query) as rows:
            for row in rows:
                if row.event_id != last_id + 1:
                    return Flaw(last_id + 1, "missing")
                if row.previous_hash != last_hash:
                    # A row that was altered together with its own hash is told by its successor.
                    return Flaw(max(last_id, 1), "altered")
                content = _content(row.event_id, row.kind, row.subject, row.by, row.at, row.details)
                if row.hash != _chained(last_hash, content):
                    return Flaw(row.event_id, "altered")
                last_id, last_hash = row.event_id, row.hash
            head_id, head_hash = _head(connection)
        if head_id > last_id:
            return Flaw(last_id + 1, "missing")
        return None if head_hash == last_hash else Flaw(max(last_id, 1), "altered")


def append(connection: Connection, happened: Sequence[Event]) -> None:
    """Write events inside the transaction of what they tell."""
    if not happened:
        return
    last_id, last_hash = _head(connection, lock=True)
    rows: list[dict[str, object]] = []
    for event_id, event in enumerate(happened, start=last_id + 1):
        details = msgspec.json.encode(event.details, order="sorted").decode()
        content = _content(event_id, event.kind, event.subject, event.by, event.at, details)
        row_hash = _chained(last_hash, content)
        rows.append(
            {
                "event_id": event_id,
                "kind": event.kind,
                "subject": event.subject,
                "by": event.by,
                "at": event.at,
                "details": details,
                "previous_hash": last_hash,
                "hash": row_hash,
            }
        )
        last_hash = row_hash
    connection.execute(insert(events), rows)
    head = {"event_id": last_id + len(rows), "hash": last_hash}
    if last_id == 0:
        connection.execute(insert(event_head).values(id=_HEAD, **head))
    else:
        connection.execute(update(event_head).values(head))


def _head(connection: Connection, *, lock: bool = False) -> tuple[int, str]:
    query = select(event_head.c.event_id, event_head.c.hash)
    if lock:
        query = query.with_for_update()
    row = connection.execute(query).one_or_none()
    return (0, _GENESIS) if row is None else (row.event_id, row.hash)


def _content(
    event_id: int, kind: str, subject: str, by: str, at: dt.datetime, details: str
) -> bytes:
    instant = at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return msgspec.json.encode([event_id, kind, subject, by, instant, details])


def _chained(previous_hash: str, content: bytes) -> str:
    return hashlib.sha256(previous_hash.encode() + content).hexdigest()
