"""The chain of events: read by subject, and walked to find what was altered."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import select

from warehouse.chain import Chain, chain_of
from warehouse.database import Database
from warehouse.events import (
    GENESIS,
    Head,
    LedgerEvent,
    RetiredKey,
    append,
    hash_of,
    head,
    retired_keys,
)
from warehouse.models import events

UNKEYED = "sealed with no key of this home"
GIVEN_UP = "sealed with a key that had been given up before"


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first row at which the chain is broken, and how: "altered", "missing", or that it is
    sealed with no key of the home.
    """

    event_id: int
    problem: str


class Events:
    """The chain."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, happened: Sequence[LedgerEvent]) -> None:
        """Write events in a transaction of their own."""
        with self._database.write() as connection:
            append(connection, happened)

    def of(self, subject: str) -> list[LedgerEvent]:
        """The history of one subject, oldest first."""
        query = select(events).where(events.c.subject == subject).order_by(events.c.event_id)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [
            LedgerEvent(
                kind=row.kind,
                subject=row.subject,
                by=row.by,
                at=row.at,
                details=msgspec.json.decode(row.details),
                os_user=row.os_user,
            )
            for row in rows
        ]

    def subjects(self, *, kind: str, by: str, os_user: str | None, since: dt.datetime) -> list[str]:
        """What somebody, by name or by account, did something to since a moment, oldest first."""
        is_theirs = events.c.by == by
        if os_user is not None:
            is_theirs |= events.c.os_user == os_user
        query = select(events.c.subject).where(
            events.c.kind == kind, is_theirs, events.c.at >= since
        )
        with self._database.read() as connection:
            return list(connection.execute(query.order_by(events.c.event_id)).scalars())

    def count(self) -> int:
        """Events in the chain."""
        return self.head().event_id

    def head(self) -> Head:
        """Where the chain stands."""
        with self._database.read() as connection:
            return head(connection)

    def not_retired(self, key_ids: Sequence[str]) -> list[str]:
        """Those of these keys, by public name, that no event says were given up."""
        with self._database.read() as connection:
            known = retired_keys(connection)
        return [one for one in key_ids if one not in known]

    def verify(self, *, expected: Head | None = None) -> Flaw | None:
        """Walk the chain; the first altered or missing row, or nothing when it is whole.

        `expected` is a head of before: that event has to be there, with that hash. Once an event
        is sealed with a key, all that follow are; a chain without any is nobody's. What a key
        sealed that was given up counts only before the event that says so. Another key sealed that
        one, and it vouches for all before it, whoever has the old key.
        """
        last_id, last_hash, is_keyed = 0, GENESIS, False
        query = select(events).order_by(events.c.event_id).execution_options(yield_per=10_000)
        with self._database.read() as connection, connection.execute(query) as rows:
            retired = retired_keys(connection)
            chain = _with(chain_of(connection), retired)
            for row in rows:
                if row.event_id != last_id + 1:
                    return Flaw(last_id + 1, "missing")
                if row.previous_hash != last_hash:
                    # A row that was altered together with its own hash shows at its successor.
                    return Flaw(max(last_id, 1), "altered")
                if chain and row.key_id is not None and row.key_id not in chain.keys:
                    return Flaw(row.event_id, UNKEYED)
                if row.key_id in retired and row.event_id >= retired[row.key_id].event_id:
                    return Flaw(row.event_id, GIVEN_UP)
                is_downgraded = is_keyed and row.key_id is None
                if is_downgraded or row.hash != hash_of(chain, row, last_hash):
                    return Flaw(row.event_id, "altered")
                if expected and row.event_id == expected.event_id and row.hash != expected.hash:
                    return Flaw(row.event_id, "altered: its hash is not the expected one")
                last_id, last_hash, is_keyed = row.event_id, row.hash, row.key_id is not None
            recorded_head = head(connection)
        if max(recorded_head.event_id, expected.event_id if expected else 0) > last_id:
            return Flaw(last_id + 1, "missing")
        if chain and last_id and not is_keyed:
            return Flaw(last_id, UNKEYED)
        return None if recorded_head.hash == last_hash else Flaw(max(last_id, 1), "altered")


def _with(chain: Chain | None, retired: Mapping[str, RetiredKey]) -> Chain | None:
    """The chain's keys and those that were given up."""
    if chain is None:
        return None
    old = {name: one.events_key for name, one in retired.items()}
    return replace(chain, keys={**old, **chain.keys})
