"""Which state may follow which, and the one place where an action's state changes."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from contracts.codes import ActionState
from warehouse.database import chunks
from warehouse.events import LedgerEvent, append
from warehouse.models import actions as table

# What may follow what; anything else is refused and logged. Approved to approved gives a claim up;
# what waits becomes unknown where the journal shows that it was sent before a restore.
TRANSITIONS: Mapping[ActionState, frozenset[ActionState]] = {
    ActionState.SHADOW: frozenset(),
    ActionState.PROPOSED: frozenset(
        {
            ActionState.APPROVED,
            ActionState.REJECTED,
            ActionState.EXPIRED,
            ActionState.SUPERSEDED,
            ActionState.UNKNOWN,
        }
    ),
    ActionState.APPROVED: frozenset(
        {
            ActionState.APPROVED,
            ActionState.SENDING,
            ActionState.CONFIRMED,
            ActionState.REFUSED,
            ActionState.EXPIRED,
            ActionState.SUPERSEDED,
            ActionState.FAILED,
            ActionState.UNKNOWN,
        }
    ),
    ActionState.SENDING: frozenset(
        {
            ActionState.SENT,
            ActionState.APPROVED,
            ActionState.CONFIRMED,
            ActionState.FAILED,
            ActionState.UNKNOWN,
        }
    ),
    ActionState.SENT: frozenset(
        {
            ActionState.APPROVED,
            ActionState.CONFIRMED,
            ActionState.FAILED,
            ActionState.UNKNOWN,
        }
    ),
    ActionState.CONFIRMED: frozenset({ActionState.REVERTED}),
    ActionState.UNKNOWN: frozenset(
        {ActionState.CONFIRMED, ActionState.FAILED, ActionState.REVERTED}
    ),
    ActionState.REFUSED: frozenset(),
    ActionState.REJECTED: frozenset(),
    ActionState.EXPIRED: frozenset(),
    ActionState.SUPERSEDED: frozenset(),
    ActionState.FAILED: frozenset(),
    ActionState.REVERTED: frozenset(),
}

# What needs an action that is in one of these is not sent any more.
_OTHER_ENDS = (
    ActionState.REFUSED,
    ActionState.REJECTED,
    ActionState.EXPIRED,
    ActionState.SUPERSEDED,
    ActionState.FAILED,
    ActionState.UNKNOWN,
    ActionState.REVERTED,
)
_WAITING = (ActionState.PROPOSED, ActionState.APPROVED)

SYSTEM = "shopkeeper"
"""Who acts where no person does."""


def current(connection: Connection, action_ids: Sequence[str]) -> dict[str, Row[*tuple[Any, ...]]]:
    """Id, state, fence and expiry of the actions that exist, held until the transaction ends."""
    columns = (table.c.action_id, table.c.state, table.c.fence, table.c.expires_at)
    query = select(*columns).with_for_update()
    return {
        row.action_id: row
        for ids in chunks(action_ids)
        for row in connection.execute(query.where(table.c.action_id.in_(ids)))
    }


def move(
    connection: Connection,
    rows: Iterable[Row[*tuple[Any, ...]]],
    state: ActionState,
    *,
    by: str,
    at: dt.datetime,
    set_: Mapping[str, Any] | None = None,
    fences: Mapping[str, int] | None = None,
    observed: Mapping[str, int] | None = None,
    more: Mapping[str, Mapping[str, str]] | None = None,
) -> list[str]:
    """Move actions (rows of `current`) to a state; the ids that changed.

    What the table of transitions does not allow, or an older fence attempts, is refused and logged.
    `set_` are further columns; `observed` is the read-back value per id, `more` what else the event
    of an id reports.
    """
    allowed: list[Row[*tuple[Any, ...]]] = []
    happened: list[LedgerEvent] = []
    # Sentences stay with the action, which can be erased: what an event says stays for good.
    texts = {name: value for name, value in (set_ or {}).items() if name == "guard" and value}
    for row in rows:
        is_mine = fences is None or fences[row.action_id] == row.fence
        details: dict[str, Any] = {"from": row.state, "fence": row.fence, **texts}
        if is_mine and state in TRANSITIONS[ActionState(row.state)]:
            allowed.append(row)
            kind = "released" if row.state == state else str(state)
            if observed and row.action_id in observed:
                details["observed"] = observed[row.action_id]
            details |= (more or {}).get(row.action_id, {})
        else:
            kind = "transition_refused"
            details |= {"to": state, "by_fence": (fences or {}).get(row.action_id)}
        happened.append(
            LedgerEvent(kind=kind, subject=row.action_id, by=by, at=at, details=details)
        )
    ids = [row.action_id for row in allowed]
    _update(connection, ids, {"state": state, "updated_at": at, **(set_ or {})})
    _observe(connection, {one: observed[one] for one in ids if one in observed} if observed else {})
    append(connection, happened)
    if state in _OTHER_ENDS:
        supersede_orphans(connection, ids, at=at)
    return ids


def supersede_orphans(connection: Connection, needed: Sequence[str], *, at: dt.datetime) -> None:
    """Supersede what waits for one of these actions, where that will not be confirmed any more."""
    first = table.alias("first")
    query = (
        select(table.c.action_id, table.c.state, table.c.fence, first.c.state.label("ended"))
        .join(first, first.c.action_id == table.c.needs)
        .where(table.c.state.in_(_WAITING), first.c.state.in_(_OTHER_ENDS))
    )
    orphans = [
        row
        for ids in chunks(needed)
        for row in connection.execute(query.where(table.c.needs.in_(ids)))
    ]
    for ended in dict.fromkeys(row.ended for row in orphans):
        same = [row for row in orphans if row.ended == ended]
        values = {"message": f"what it needs first ended {ended}"}
        move(connection, same, ActionState.SUPERSEDED, by=SYSTEM, at=at, set_=values)


def _update(connection: Connection, ids: Sequence[str], values: Mapping[str, Any]) -> None:
    for some in chunks(ids):
        connection.execute(update(table).where(table.c.action_id.in_(some)).values(values))


def _observe(connection: Connection, observed: Mapping[str, int]) -> None:
    if observed:
        connection.execute(
            update(table)
            .where(table.c.action_id == bindparam("of_id"))
            .values(observed_value=bindparam("value")),
            [{"of_id": one, "value": value} for one, value in observed.items()],
        )
