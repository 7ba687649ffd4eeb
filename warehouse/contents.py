"""What an action says is held against its events: nothing else is approved, sent or kept."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from contracts.actions import Action, content_hashes
from contracts.codes import ActionState
from warehouse.database import Database, chunks
from warehouse.erasures import NOBODY
from warehouse.models import actions as table
from warehouse.models import events
from warehouse.transitions import SYSTEM

CHANGED = "its content is not the one that was proposed: it was changed since"
UNTOLD = "no event tells that it was proposed"
UNAPPROVED = "no event tells that it was approved"

_ENQUEUED = "undo_enqueued"
_KINDS = (
    ActionState.SHADOW, ActionState.PROPOSED, ActionState.APPROVED, ActionState.REFUSED,
    ActionState.SUPERSEDED, _ENQUEUED,
)  # fmt: skip
_NEED_APPROVAL = (
    ActionState.APPROVED, ActionState.SENDING, ActionState.SENT, ActionState.CONFIRMED,
)  # fmt: skip
_PAGE = 5_000


@dataclass(slots=True)
class _RecordedHashes:
    """What the events of one action say of it."""

    hashes: dict[str, str]
    is_approved: bool = False


def find_altered(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Ids of actions (columns of `Action`) that disagree with their events, and why."""
    recorded = _recorded_hashes(connection, [row["action_id"] for row in rows])
    found = {row["action_id"]: _why(row, recorded.get(row["action_id"])) for row in rows}
    return {action_id: why for action_id, why in found.items() if why is not None}


def find_all_altered(database: Database) -> dict[str, str]:
    """The same of every action there is, but for those of persons who were forgotten: their
    texts are gone on purpose."""
    found: dict[str, str] = {}
    with database.read() as connection:
        for rows in _pages(connection):
            found |= find_altered(connection, [row for row in rows if not _is_forgotten(row)])
    return found


def _why(row: Mapping[str, Any], recorded: _RecordedHashes | None) -> str | None:
    if recorded is None:
        return UNTOLD
    now = content_hashes(row)
    if any(now.get(name) != was for name, was in recorded.hashes.items()):
        return CHANGED
    return UNAPPROVED if row["state"] in _NEED_APPROVAL and not recorded.is_approved else None


def _recorded_hashes(
    connection: Connection, action_ids: Sequence[str]
) -> dict[str, _RecordedHashes]:
    """By action; an event of before there were such hashes leaves them to be unknown."""
    found: dict[str, _RecordedHashes] = {}
    query = (
        select(events.c.subject, events.c.kind, events.c.by, events.c.details)
        .where(events.c.kind.in_(_KINDS))
        .order_by(events.c.event_id)
    )
    for ids in chunks(action_ids):
        for row in connection.execute(query.where(events.c.subject.in_(ids))):
            details = msgspec.json.decode(row.details)
            hashes = found.setdefault(row.subject, _RecordedHashes({}))
            hashes.hashes |= {
                name: details[name] for name in ("content_hash", "payload_hash") if name in details
            }
            # To be sent again is no approval.
            is_new = row.by != SYSTEM or "from" not in details
            hashes.is_approved |= row.kind in (ActionState.APPROVED, _ENQUEUED) and is_new
    return found


def _pages(connection: Connection) -> Iterator[list[Mapping[str, Any]]]:
    columns = [table.c[one.name] for one in fields(Action)]
    last = ""
    while True:
        query = select(*columns).where(table.c.action_id > last)
        rows = connection.execute(query.order_by(table.c.action_id).limit(_PAGE)).mappings().all()
        if not rows:
            return
        yield [dict(row) for row in rows]
        last = rows[-1]["action_id"]


def _is_forgotten(row: Mapping[str, Any]) -> bool:
    is_nobodys: bool = row["member_id"] == NOBODY
    return is_nobodys or str(row["target_id"]).startswith(f"{NOBODY}-")
