"""The state machine of actions. Every change of state writes its event in the same transaction."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import polars as pl
from sqlalchemy import Connection, Row, exists, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from contracts.actions import Action, KillSwitch, content_hashes
from contracts.codes import ActionState, Channel, Purpose, WriteKind
from warehouse import contents, proposals
from warehouse.database import Database, chunks, upsert
from warehouse.events import LedgerEvent, append, head
from warehouse.models import actions as table
from warehouse.models import switches
from warehouse.recall import Recall, bar
from warehouse.transitions import SYSTEM, current, move
from warehouse.words import Personal, seal_person

_UNDER_WAY = (ActionState.SENDING, ActionState.SENT)
_COLUMNS = [table.c[field.name] for field in fields(Action)]


class Ledger:
    """The actions of all shops; answers `contracts.ports.Ledger`."""

    def __init__(self, database: Database, *, recall: Recall | None = None) -> None:
        self._database = database
        self._recall = recall

    def record(self, judged: pl.DataFrame, *, run_id: str, at: dt.datetime) -> dict[str, int]:
        """Write judged proposals; see the port. Counts what was not recorded before, by state."""
        with self._database.write() as connection:
            return proposals.record(connection, judged, run_id=run_id, at=at)

    def enqueue_undo(
        self, actions: Sequence[Action], *, batch: str, by: str, at: dt.datetime
    ) -> list[str]:
        """Write the actions of an undo batch as approved; the ids that were not there before."""
        approved = [
            replace(
                action,
                state=ActionState.APPROVED,
                undoes=batch,
                approved_by=by,
                decided_at=at,
                updated_at=at,
                fence=0,
            )
            for action in actions
        ]
        with self._database.write() as connection:
            known = current(connection, [action.action_id for action in approved])
            fresh = [action for action in approved if action.action_id not in known]
            if fresh:
                connection.execute(insert(table), [seal_person(_row(action)) for action in fresh])
            append(connection, [_undo_event(action, by=by, at=at) for action in fresh])
        return [action.action_id for action in fresh]

    def find(
        self,
        *,
        action_ids: Sequence[str] | None = None,
        states: Sequence[ActionState] | None = None,
        shop_id: str | None = None,
        policy: str | None = None,
        run_id: str | None = None,
        targets: Sequence[str] | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        undo_batch: str | None = None,
        member_id: str | None = None,
        write_kinds: Sequence[WriteKind] | None = None,
    ) -> list[Action]:
        """Actions that match all that is given, oldest decision first; `until` is excluded."""
        equal = {
            "shop_id": shop_id,
            "policy": policy,
            "run_id": run_id,
            "undoes": undo_batch,
            "member_id": member_id,
        }
        conditions = [table.c[name] == value for name, value in equal.items() if value is not None]
        if states is not None:
            conditions.append(table.c.state.in_(states))
        if write_kinds is not None:
            conditions.append(table.c.write_kind.in_(write_kinds))
        if since is not None:
            conditions.append(table.c.decided_at >= since)
        if until is not None:
            conditions.append(table.c.decided_at < until)
        with self._database.read() as connection:
            rows = [
                row
                for listed in _each_list(action_ids, targets)
                for row in connection.execute(select(*_COLUMNS).where(*conditions, *listed))
            ]
        return sorted(map(_action, rows), key=lambda one: (one.decided_at, one.action_id))

    def approve(self, action_ids: Sequence[str], *, by: str, at: dt.datetime) -> list[str]:
        """Proposed to approved, unless expired or changed since; the ids that changed.

        The event keeps what was approved, and nothing else is sent.
        """
        with self._database.write() as connection:
            rows = current(connection, action_ids).values()
            found = _contents(connection, action_ids)
            altered = contents.find_altered(connection, list(found.values()))
            in_time = [
                row
                for row in rows
                if row.expires_at > at
                and row.state != ActionState.APPROVED
                and row.action_id not in altered
            ]
            more = {action_id: content_hashes(row) for action_id, row in found.items()}
            return move(
                connection, in_time, ActionState.APPROVED, by=by, at=at,
                set_={"approved_by": by}, more=more,
            )  # fmt: skip

    def altered(self, actions: Sequence[Action]) -> dict[str, str]:
        """Ids of those that disagree with their events, and why."""
        with self._database.read() as connection:
            return contents.find_altered(connection, list(map(_row, actions)))

    def reject(self, action_ids: Sequence[str], *, by: str, at: dt.datetime) -> list[str]:
        """Proposed to rejected; the ids that changed."""
        with self._database.write() as connection:
            rows = list(current(connection, action_ids).values())
            return move(connection, rows, ActionState.REJECTED, by=by, at=at)

    def expire(self, *, at: dt.datetime) -> int:
        """Proposed and approved actions whose window has passed become expired; claimed ones not.

        An undo does not expire.
        """
        query = select(table).where(
            table.c.state.in_((ActionState.PROPOSED, ActionState.APPROVED)),
            table.c.expires_at <= at,
            table.c.undoes.is_(None),
            _is_free(at),
        )
        with self._database.write() as connection:
            rows = connection.execute(query).all()
            return len(move(connection, rows, ActionState.EXPIRED, by=SYSTEM, at=at))

    def claim(
        self,
        *,
        shop_id: str,
        holder: str,
        limit: int,
        lease: dt.timedelta,
        at: dt.datetime,
        policy: str | None = None,
        undo_batch: str | None = None,
    ) -> list[Action]:
        """Take approved actions by one conditional update; each with a new fence. Undo comes first,
        then what was decided first, policy by policy: what is looked at before sending is theirs.

        They stay approved until `settle` says that they are being sent, so a holder that vanishes
        before that leaves nothing to be read back: the next one claims them when the lease ends.
        """
        conditions = [
            table.c.shop_id == shop_id,
            table.c.state == ActionState.APPROVED,
            or_(table.c.expires_at > at, table.c.undoes.is_not(None)),
            _is_free(at),
            _is_unneeding(),
        ]
        if policy is not None:
            conditions.append(table.c.policy == policy)
        if undo_batch is not None:
            conditions.append(table.c.undoes == undo_batch)
        due = (
            select(table.c.action_id)
            .where(*conditions)
            .order_by(
                table.c.undoes.is_(None), table.c.decided_at, table.c.policy, table.c.action_id
            )
            .limit(limit)
        )
        values = {"holder": holder, "lease_until": at + lease}
        barred = self._recall.barred if self._recall is not None else frozenset()
        return self._take(due, values, kind="claimed", by=holder, at=at, barred=barred)

    def abandoned(self, *, shop_id: str, at: dt.datetime) -> list[Action]:
        """Actions in sending or sent whose lease has run out: to be settled by reading back.

        Each gets a new fence: the vanished holder, should he wake up, can change nothing.
        """
        due = select(table.c.action_id).where(
            table.c.shop_id == shop_id, table.c.state.in_(_UNDER_WAY), _is_free(at)
        )
        return self._take(due, {}, kind="taken_over", by=SYSTEM, at=at)

    def settle(
        self,
        actions: Sequence[Action],
        state: ActionState,
        *,
        at: dt.datetime,
        guard: str | None = None,
        message: str | None = None,
        observed: dict[str, int] | None = None,
    ) -> list[str]:
        """Move claimed actions on, in one transaction; an older fence changes nothing.

        `observed` is the read-back value per action id. Returns the ids that changed.
        """
        texts = {"guard": guard, "message": message}
        set_: dict[str, Any] = {name: text for name, text in texts.items() if text is not None}
        if state is ActionState.SENDING:
            # Why it was held until now says nothing about how it ends.
            set_ |= {"guard": None, "message": None}
        if state not in _UNDER_WAY:
            set_ |= {"holder": None, "lease_until": None}
        fences = {action.action_id: action.fence for action in actions}
        with self._database.write() as connection:
            rows = list(current(connection, list(fences)).values())
            changed = move(
                connection, rows, state, by=SYSTEM, at=at, set_=set_, fences=fences,
                observed=observed,
            )  # fmt: skip
            last = head(connection)
        if state is ActionState.SENDING and changed and self._recall is not None:
            until = max(action.expires_at for action in actions)
            self._recall.note(last, changed, at=at, until=until)
        return changed

    def stop(self, scope: str, name: str, *, by: str, at: dt.datetime) -> None:
        """Put a stop in force; `scope` is all, platform, shop or policy, `name` empty for all."""
        with self._database.write() as connection:
            row = {"scope": scope, "name": name, "since": at, "by": by}
            entered = connection.execute(
                upsert(connection, switches)
                .values(row)
                .on_conflict_do_nothing()
                .returning(switches.c.name)
            ).all()
            if entered:
                append(
                    connection, [LedgerEvent(kind="stopped", subject=_switch(row), by=by, at=at)]
                )

    def resume(self, scope: str, name: str, *, by: str, at: dt.datetime) -> bool:
        """Take a stop back; whether there was one."""
        with self._database.write() as connection:
            done = connection.execute(
                switches.delete().where(switches.c.scope == scope, switches.c.name == name)
            )
            if done.rowcount:
                subject = _switch({"scope": scope, "name": name})
                append(connection, [LedgerEvent(kind="resumed", subject=subject, by=by, at=at)])
            return bool(done.rowcount)

    def switches(self) -> list[KillSwitch]:
        """Stops in force."""
        query = select(switches).order_by(switches.c.scope, switches.c.name)
        with self._database.read() as connection:
            return [KillSwitch(**row) for row in connection.execute(query).mappings()]

    def _take(
        self,
        due: Any,
        values: Mapping[str, Any],
        *,
        kind: str,
        by: str,
        at: dt.datetime,
        barred: Collection[str] = (),
    ) -> list[Action]:
        """One conditional update that raises the fence of what is due; without what is barred."""
        with self._database.write() as connection:
            rows = connection.execute(
                update(table)
                .where(table.c.action_id.in_(due))
                .values(fence=table.c.fence + 1, **values)
                .returning(*_COLUMNS)
            )
            taken = [_action(row) for row in rows]
            taken.sort(key=lambda one: (one.undoes is None, one.decided_at, one.action_id))
            append(
                connection,
                [
                    LedgerEvent(kind=kind, subject=one.action_id, by=by, at=at,
                          details={"fence": one.fence})
                    for one in taken
                ],
            )  # fmt: skip
            again = [one.action_id for one in taken if one.action_id in barred]
            if again:
                bar(connection, list(current(connection, again).values()), at=at)
        return [one for one in taken if one.action_id not in barred]


def _row(action: Action) -> dict[str, Any]:
    """The columns of an action; its values are flat, and need no copy as `asdict` makes."""
    return {column.name: getattr(action, column.name) for column in _COLUMNS}


def _contents(connection: Connection, action_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Columns of `Action` by id."""
    return {
        row["action_id"]: dict(row)
        for ids in chunks(action_ids)
        for row in connection.execute(
            select(*_COLUMNS).where(table.c.action_id.in_(ids))
        ).mappings()
    }


def _is_free(at: dt.datetime) -> ColumnElement[bool]:
    return or_(table.c.lease_until.is_(None), table.c.lease_until <= at)


def _is_unneeding() -> ColumnElement[bool]:
    """It needs no other action, or the other one is confirmed."""
    first = table.alias("first")
    is_done = exists().where(
        first.c.action_id == table.c.needs, first.c.state == ActionState.CONFIRMED
    )
    return or_(table.c.needs.is_(None), is_done)


def _each_list(
    action_ids: Sequence[str] | None, targets: Sequence[str] | None
) -> list[list[ColumnElement[bool]]]:
    """Conditions of the lists given, cut so that each statement holds a bounded number."""
    by_id = [[]] if action_ids is None else [
        [table.c.action_id.in_(ids)] for ids in chunks(action_ids)
    ]  # fmt: skip
    by_target = [[]] if targets is None else [
        [table.c.target_id.in_([*names, *map(Personal, names)])] for names in chunks(targets)
    ]  # fmt: skip
    return [[*one, *other] for one in by_id for other in by_target]


def _action(row: Row[*tuple[Any, ...]]) -> Action:
    values = dict(row._mapping)
    values["write_kind"] = WriteKind(values["write_kind"])
    values["state"] = ActionState(values["state"])
    values["channel"] = Channel(values["channel"]) if values["channel"] else None
    values["purpose"] = Purpose(values["purpose"]) if values["purpose"] else None
    return Action(**values)


def _undo_event(action: Action, *, by: str, at: dt.datetime) -> LedgerEvent:
    details = {
        "batch": action.undoes,
        "before": action.before_value,
        "after": action.after_value,
        **content_hashes(_row(action)),
    }
    return LedgerEvent(
        kind="undo_enqueued", subject=action.action_id, by=by, at=at, details=details
    )


def _switch(row: Mapping[str, Any]) -> str:
    return f"{row['scope']}:{row['name']}"
