"""A ledger as of an earlier moment, for a database in which the past is played again."""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, replace

from sqlalchemy import delete, insert, select

from contracts.actions import Action, KillSwitch
from contracts.codes import ActionState
from warehouse.database import Database, chunks
from warehouse.ledger import Ledger
from warehouse.models import actions as table
from warehouse.models import events, switches
from warehouse.words import seal_person

_STATES = {str(state): state for state in ActionState} | {
    "released": ActionState.APPROVED,
    "undo_enqueued": ActionState.APPROVED,
}
"""Kinds of events, and the state that an action is in after one."""


def bring(
    own: Database,
    real: Database,
    *,
    shop_id: str,
    at: dt.datetime,
    is_history: Callable[[Action], bool],
    own_runs: Collection[str],
) -> None:
    """Put a shop's actions and the stops of a moment, as they were then, in place of those that
    were brought before; what the `own_runs` wrote stays. The real database is only read.
    """
    found = [one for one in _as_they_were(real, shop_id=shop_id, at=at) if is_history(one)]
    stops = _stops(real, at=at)
    with own.write() as connection:
        connection.execute(delete(table).where(table.c.run_id.not_in(own_runs)))
        if found:
            connection.execute(insert(table), [seal_person(asdict(one)) for one in found])
        connection.execute(delete(switches))
        if stops:
            connection.execute(insert(switches), [asdict(one) for one in stops])


def _as_they_were(real: Database, *, shop_id: str, at: dt.datetime) -> list[Action]:
    """What was decided by then, but what was written down only."""
    after = at + dt.timedelta.resolution
    decided = [
        one
        for one in Ledger(real).find(shop_id=shop_id, until=after)
        if one.state is not ActionState.SHADOW
    ]
    states = _states(real, [one.action_id for one in decided], at=at)
    return [replace(one, state=states[one.action_id]) for one in decided if one.action_id in states]


def _states(
    real: Database, action_ids: Sequence[str], *, at: dt.datetime
) -> dict[str, ActionState]:
    """The state that its last event by then left each action in."""
    found: dict[str, ActionState] = {}
    query = select(events.c.subject, events.c.kind).order_by(events.c.event_id)
    by_then = query.where(events.c.at <= at, events.c.kind.in_(_STATES))
    with real.read() as connection:
        for ids in chunks(action_ids):
            for row in connection.execute(by_then.where(events.c.subject.in_(ids))):
                found[row.subject] = _STATES[row.kind]
    return found


def _stops(real: Database, *, at: dt.datetime) -> list[KillSwitch]:
    """The stops that were in force."""
    query = select(events.c.kind, events.c.subject, events.c.at, events.c.by)
    switched = query.where(events.c.kind.in_(("stopped", "resumed")), events.c.at <= at)
    found: dict[str, KillSwitch] = {}
    with real.read() as connection:
        for row in connection.execute(switched.order_by(events.c.event_id)):
            found.pop(row.subject, None)
            if row.kind == "stopped":
                scope, _, name = row.subject.partition(":")
                found[row.subject] = KillSwitch(scope=scope, name=name, since=row.at, by=row.by)
    return list(found.values())
