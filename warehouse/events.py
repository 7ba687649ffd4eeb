"""What an auditor asks for: an append-only chain of events, in which every row vouches for the one
before it."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from warehouse.bulk import insert_columns
from warehouse.chain import Chain, chain_of, confirm_key
from warehouse.database import Database
from warehouse.models import event_head, events

UNKEYED = "sealed with no key of this home"
GIVEN_UP = "sealed with a key that had been given up before"
ROTATED = "data key rotated"
_GENESIS = "0" * 64
_HEAD = 1
_HEX = "0123456789abcdef"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEvent:
    """Something that happened. `subject` is an action's id or the name of what was changed.

    `details` holds codes, numbers and ids of the shop's own things, never what names a person,
    their order, parcel or code, and no sentence: an event cannot be erased, its action can.
    """

    kind: str
    subject: str
    by: str
    at: dt.datetime
    details: Mapping[str, Any] = field(default_factory=dict)
    os_user: str | None = None
    """Whose process wrote it; filled in while it is written."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain stood: its last event, and the hash that vouches for all before it."""

    event_id: int
    hash: str

    def __str__(self) -> str:
        return f"{self.event_id}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """As it is written.

        Raises:
            ValueError: it is none.
        """
        count, _, told = text.partition(":")
        if not count.isdecimal() or len(told) != len(_GENESIS) or set(told) - set(_HEX):
            raise ValueError(f"{text!r} is no head of a chain")
        return cls(int(count), told)


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first row at which the chain is broken, and how: "altered", "missing", or that it is
    sealed with no key of the home.
    """

    event_id: int
    problem: str


class _Retired(msgspec.Struct, frozen=True):
    """A key that was given up, and what it sealed events with: by it old ones are still proven."""

    retired: str
    events_key: bytes
    event_id: int = 0


class _Row(NamedTuple):
    """An event as it is stored, but for its hash."""

    event_id: int
    kind: str
    subject: str
    by: str
    at: dt.datetime
    details: str
    previous_hash: str
    key_id: str | None
    os_user: str | None


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

    def unretired(self, key_ids: Sequence[str]) -> list[str]:
        """Those of these keys, by public name, that no event says were given up."""
        with self._database.read() as connection:
            known = _retired(connection)
        return [one for one in key_ids if one not in known]

    def verify(self, *, expected: Head | None = None) -> Flaw | None:
        """Walk the chain; the first altered or missing row, or nothing when it is whole.

        `expected` is a head of before: that event has to be there, with that hash. Once an event
        is sealed with a key, all that follow are; a chain without any is nobody's. What a key
        sealed that was given up counts only before the event that says so. Another key sealed that
        one, and it vouches for all before it, whoever has the old key.
        """
        last_id, last_hash, is_keyed = 0, _GENESIS, False
        query = select(events).order_by(events.c.event_id).execution_options(yield_per=10_000)
        with self._database.read() as connection, connection.execute(query) as rows:
            retired = _retired(connection)
            chain = _with(chain_of(connection), retired)
            for row in rows:
                if row.event_id != last_id + 1:
                    return Flaw(last_id + 1, "missing")
                if row.previous_hash != last_hash:
                    # A row that was altered together with its own hash is told by its successor.
                    return Flaw(max(last_id, 1), "altered")
                if chain and row.key_id is not None and row.key_id not in chain.keys:
                    return Flaw(row.event_id, UNKEYED)
                if row.key_id in retired and row.event_id >= retired[row.key_id].event_id:
                    return Flaw(row.event_id, GIVEN_UP)
                is_downgraded = is_keyed and row.key_id is None
                if is_downgraded or row.hash != _hash(chain, row, last_hash):
                    return Flaw(row.event_id, "altered")
                if expected and row.event_id == expected.event_id and row.hash != expected.hash:
                    return Flaw(row.event_id, "altered: its hash is not the expected one")
                last_id, last_hash, is_keyed = row.event_id, row.hash, row.key_id is not None
            told = head(connection)
        if max(told.event_id, expected.event_id if expected else 0) > last_id:
            return Flaw(last_id + 1, "missing")
        if chain and last_id and not is_keyed:
            return Flaw(last_id, UNKEYED)
        return None if told.hash == last_hash else Flaw(max(last_id, 1), "altered")


def append(connection: Connection, happened: Sequence[LedgerEvent]) -> None:
    """Write events inside the transaction of what they tell.

    Raises:
        BusyError: the key that this process seals with is not the home's any more.
    """
    if not happened:
        return
    confirm_key(connection)
    chain = chain_of(connection)
    last = head(connection, lock=True)
    last_id, last_hash = last.event_id, last.hash
    key_id, os_user = (chain.key_id, chain.os_user) if chain else (None, None)
    rows: list[_Row] = []
    hashes: list[str] = []
    for event_id, event in enumerate(happened, start=last_id + 1):
        details = msgspec.json.encode(event.details, order="sorted").decode()
        row = _Row(
            event_id, event.kind, event.subject, event.by, event.at, details, last_hash, key_id,
            os_user,
        )  # fmt: skip
        last_hash = _hash(chain, row, last_hash)
        rows.append(row)
        hashes.append(last_hash)
    columns = dict(zip(_Row._fields, zip(*rows, strict=True), strict=True))
    insert_columns(connection, events, {**columns, "hash": hashes})
    now = {"event_id": last_id + len(rows), "hash": last_hash}
    if last_id == 0:
        connection.execute(insert(event_head).values(id=_HEAD, **now))
    else:
        connection.execute(update(event_head).values(now))


def seal_earlier(connection: Connection) -> None:
    """Seal the events of before there was a key, by one that follows them and tells of it."""
    last = head(connection)
    chain = chain_of(connection)
    if chain is None or last.event_id == 0:
        return
    # Of the same instant as the last: the clock is not ours to read.
    at = connection.execute(
        select(events.c.at).where(events.c.event_id == last.event_id)
    ).scalar_one()
    details = {"since": last.event_id + 1, "key": chain.key_id}
    append(connection, [LedgerEvent(kind="sealed", subject="events", by="shopkeeper", at=at,
                              details=details)])  # fmt: skip


def retire(connection: Connection, key_ids: Sequence[str], *, by: str, at: dt.datetime) -> None:
    """Give keys up, by public name, with one event each under the key in use, if none was before.

    The event tells what they sealed events with, which nobody has to keep then: what it
    could forge from here on is named.
    """
    chain = chain_of(connection)
    assert chain is not None, "events are sealed by who opened the database with keys"
    known = _retired(connection)
    append(
        connection,
        [
            LedgerEvent(kind=ROTATED, subject="keys", by=by, at=at,
                  details={"retired": one, "events_key": chain.keys[one], "key": chain.key_id})
            for one in key_ids
            if one not in known
        ],
    )  # fmt: skip


def _retired(connection: Connection) -> dict[str, _Retired]:
    """Keys that events say were given up, by public name; the earliest event holds."""
    found: dict[str, _Retired] = {}
    query = select(events.c.event_id, events.c.details).where(events.c.kind == ROTATED)
    for row in connection.execute(query.order_by(events.c.event_id)):
        try:
            one = msgspec.json.decode(row.details, type=_Retired)
        except msgspec.MsgspecError:
            continue  # none of ours: the chain breaks there
        found.setdefault(one.retired, msgspec.structs.replace(one, event_id=row.event_id))
    return found


def _with(chain: Chain | None, retired: Mapping[str, _Retired]) -> Chain | None:
    """The chain's keys and those that were given up."""
    if chain is None:
        return None
    old = {name: one.events_key for name, one in retired.items()}
    return replace(chain, keys={**old, **chain.keys})


def head(connection: Connection, *, lock: bool = False) -> Head:
    """Where the chain stands in a transaction."""
    query = select(event_head.c.event_id, event_head.c.hash)
    if lock:
        query = query.with_for_update()
    row = connection.execute(query).one_or_none()
    return Head(0, _GENESIS) if row is None else Head(row.event_id, row.hash)


def _hash(chain: Chain | None, row: Row[*tuple[Any, ...]] | _Row, previous_hash: str) -> str:
    """Under the key that the row names; of before there was one, what anybody can compute."""
    instant = row.at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    told = [row.event_id, row.kind, row.subject, row.by, instant, row.details]
    if row.key_id is None:
        content = msgspec.json.encode(told)
        return hashlib.sha256(previous_hash.encode() + content).hexdigest()
    content = msgspec.json.encode([*told, row.os_user, row.key_id])
    return chain.seal(row.key_id, previous_hash, content) if chain else ""
