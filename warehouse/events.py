"""Append-only events for an auditor; every row vouches for the one before it."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from warehouse.bulk import insert_columns
from warehouse.chain import Chain, chain_of, confirm_key
from warehouse.models import event_head, events

ROTATED = "data key rotated"
GENESIS = "0" * 64
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
        count, _, hash_text = text.partition(":")
        if not count.isdecimal() or len(hash_text) != len(GENESIS) or set(hash_text) - set(_HEX):
            raise ValueError(f"{text!r} is no head of a chain")
        return cls(int(count), hash_text)


class RetiredKey(msgspec.Struct, frozen=True):
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


def append(connection: Connection, happened: Sequence[LedgerEvent]) -> None:
    """Write events inside the transaction of what they record.

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
        last_hash = hash_of(chain, row, last_hash)
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
    """Seal the events of before there was a key, by one that follows them and records it."""
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

    The event names the key that they were sealed with, which nobody has to keep then: what it
    could forge from here on is named.
    """
    chain = chain_of(connection)
    assert chain is not None, "events are sealed by who opened the database with keys"
    known = retired_keys(connection)
    append(
        connection,
        [
            LedgerEvent(kind=ROTATED, subject="keys", by=by, at=at,
                  details={"retired": one, "events_key": chain.keys[one], "key": chain.key_id})
            for one in key_ids
            if one not in known
        ],
    )  # fmt: skip


def retired_keys(connection: Connection) -> dict[str, RetiredKey]:
    """Keys that events say were given up, by public name; the earliest event holds."""
    found: dict[str, RetiredKey] = {}
    query = select(events.c.event_id, events.c.details).where(events.c.kind == ROTATED)
    for row in connection.execute(query.order_by(events.c.event_id)):
        try:
            one = msgspec.json.decode(row.details, type=RetiredKey)
        except msgspec.MsgspecError:
            continue  # none of ours: the chain breaks there
        found.setdefault(one.retired, msgspec.structs.replace(one, event_id=row.event_id))
    return found


def head(connection: Connection, *, lock: bool = False) -> Head:
    """Where the chain stands in a transaction."""
    query = select(event_head.c.event_id, event_head.c.hash)
    if lock:
        query = query.with_for_update()
    row = connection.execute(query).one_or_none()
    return Head(0, GENESIS) if row is None else Head(row.event_id, row.hash)


def hash_of(chain: Chain | None, row: Row[*tuple[Any, ...]] | _Row, previous_hash: str) -> str:
    """Under the key that the row names; of before there was one, what anybody can compute."""
    instant = row.at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    fields = [row.event_id, row.kind, row.subject, row.by, instant, row.details]
    if row.key_id is None:
        content = msgspec.json.encode(fields)
        return hashlib.sha256(previous_hash.encode() + content).hexdigest()
    content = msgspec.json.encode([*fields, row.os_user, row.key_id])
    return chain.seal(row.key_id, previous_hash, content) if chain else ""
