"""Who has been forgotten: in the database, and in a file beside it that outlives a restore."""

import datetime as dt
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import literal, select, update

from contracts.actions import FORGOTTEN, Action
from contracts.codes import ActionState
from contracts.errors import ConfigurationError
from warehouse.database import Database, chunks, upsert
from warehouse.events import LedgerEvent, append
from warehouse.models import actions, check_results, due, erased_ids, erasures, key_ids
from warehouse.transitions import SYSTEM, current, move

# What becomes of what waits, and of what is being sent: nobody knows any more what came of it.
_ENDS = {
    (ActionState.PROPOSED, ActionState.APPROVED): ActionState.SUPERSEDED,
    (ActionState.SENDING, ActionState.SENT): ActionState.UNKNOWN,
}
NOBODY = FORGOTTEN
"""Whose actions are those of who was forgotten."""
_CLEARED = {
    "parent_id": None,
    "sku_id": None,
    "reason_code": FORGOTTEN,
    "numbers": "{}",
    "evidence": "{}",
    "guard_reason": None,
    "message": None,
    "payload": None,
    "member_id": FORGOTTEN,
    "channel": None,
}


class Erasure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One member, by pseudonym, of whom nothing may be kept; and what was theirs, by alias."""

    shop_id: str
    member_id: str
    asked_at: dt.datetime
    by: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Erasures:
    """Every mapping obeys these from the moment they are added."""

    database: Database
    file: Path

    def add(self, erasure: Erasure) -> None:
        """Write it down, in both places, and as an event; again, it is to be carried out again."""
        if (erasure.shop_id, erasure.member_id) not in {_who(one) for one in self._written()}:
            self._write(erasure)
        self._ask(erasure, "erasure asked")

    def keep_ids(self, erasure: Erasure, aliases: Sequence[str]) -> None:
        """Note what is theirs, in both places, before any of it is erased."""
        known = self.ids(erasure.shop_id)
        fresh = [one for one in aliases if one not in known]
        if fresh:
            self._write(msgspec.structs.replace(erasure, ids=tuple(fresh)))
            self._keep_ids(erasure.shop_id, fresh)

    def ids(self, shop_id: str) -> frozenset[str]:
        """Aliases of what was a forgotten member's."""
        query = select(erased_ids.c.alias).where(erased_ids.c.shop_id == shop_id)
        with self.database.read() as connection:
            return frozenset(connection.execute(query).scalars())

    def of(self, shop_id: str) -> frozenset[str]:
        """The forgotten members of a shop."""
        query = select(erasures.c.member_id).where(erasures.c.shop_id == shop_id)
        with self.database.read() as connection:
            return frozenset(connection.execute(query).scalars())

    def unfinished(self) -> list[Erasure]:
        """Those that a crash or a restore left to be carried out."""
        query = select(erasures).where(erasures.c.done_at.is_(None))
        with self.database.read() as connection:
            rows = connection.execute(query).all()
        return [Erasure(row.shop_id, row.member_id, row.asked_at, row.by) for row in rows]

    def finish(self, erasure: Erasure, *, at: dt.datetime, counts: dict[str, int]) -> None:
        """Write down that it was carried out, and what that came to."""
        done = LedgerEvent(
            kind="erasure done", subject=erasure.member_id, by=erasure.by, at=at, details=counts
        )
        with self.database.write() as connection:
            connection.execute(
                update(erasures)
                .where(
                    erasures.c.shop_id == erasure.shop_id,
                    erasures.c.member_id == erasure.member_id,
                )
                .values(done_at=at)
            )
            append(connection, [done])

    def clear(
        self, erasure: Erasure, written: Sequence[Action], *, names: Callable[[str], bool]
    ) -> int:
        """Take the member out of actions and check results; rows that named them.

        Of an action stays that there was one, and its amounts. What waits, or is under way, is not
        sent any more. `names` says whether a text names the member.
        """
        at = dt.datetime.now(dt.UTC)
        with self.database.write() as connection:
            for ids in chunks([one.action_id for one in written]):
                for states, end in _ENDS.items():
                    rows = current(connection, ids).values()
                    open_ = [row for row in rows if row.state in states]
                    move(connection, open_, end, by=SYSTEM, at=at)
                connection.execute(
                    update(actions)
                    .where(actions.c.action_id.in_(ids))
                    .values(target_id=literal(f"{NOBODY}-") + actions.c.action_id, **_CLEARED)
                )
            found = connection.execute(select(check_results)).all()
            naming = [row for row in found if names(row.measured) or names(row.limit)]
            for row in naming:
                connection.execute(
                    update(check_results)
                    .where(
                        check_results.c.shop_id == row.shop_id,
                        check_results.c.table_name == row.table_name,
                        check_results.c.check_name == row.check_name,
                    )
                    .values(measured=NOBODY, limit=NOBODY)
                )
        return len(written) + len(naming)

    def is_unsealed(self) -> bool:
        """Whether a release of before left codes and parcels open."""
        with self.database.read() as connection:
            return connection.execute(select(due.c.name)).first() is not None

    def confirm_sealed(self) -> None:
        """Note that they are sealed now."""
        with self.database.write() as connection:
            connection.execute(due.delete())

    def recall(self) -> bool:
        """Bring back into a restored database what only the file knows; whether any is unfinished.

        Costs nothing where nobody was ever forgotten here.
        """
        written = self._written()
        if not written:
            return False
        known = self._known()
        for erasure in written:
            if erasure.ids:
                self._keep_ids(erasure.shop_id, erasure.ids)
        for erasure in {_who(one): one for one in written}.values():
            if _who(erasure) not in known:
                self._ask(erasure, "erasure recalled")
        return bool(self.unfinished())

    def _ask(self, erasure: Erasure, kind: str) -> None:
        request = LedgerEvent(
            kind=kind,
            subject=erasure.member_id,
            by=erasure.by,
            at=erasure.asked_at,
            details={"shop": erasure.shop_id},
        )
        row = {**msgspec.structs.asdict(erasure), "done_at": None}
        del row["ids"]
        with self.database.write() as connection:
            connection.execute(
                upsert(connection, erasures)
                .values(row)
                .on_conflict_do_update(
                    index_elements=[erasures.c.shop_id, erasures.c.member_id],
                    set_={"done_at": None},
                )
            )
            append(connection, [request])

    def _keep_ids(self, shop_id: str, aliases: Sequence[str]) -> None:
        rows = [{"shop_id": shop_id, "alias": one} for one in aliases]
        with self.database.write() as connection:
            connection.execute(upsert(connection, erased_ids).on_conflict_do_nothing(), rows)

    def _write(self, erasure: Erasure) -> None:
        with self.file.open("ab") as file:
            file.write(msgspec.json.encode(erasure) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _known(self) -> set[tuple[str, str]]:
        with self.database.read() as connection:
            rows = connection.execute(select(erasures.c.shop_id, erasures.c.member_id)).all()
        return {(row.shop_id, row.member_id) for row in rows}

    def _written(self) -> list[Erasure]:
        try:
            lines = self.file.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        try:
            return [msgspec.json.decode(line, type=Erasure) for line in lines if line]
        except msgspec.MsgspecError as error:
            raise ConfigurationError(
                f"{self.file.name} cannot be read: put back a whole copy, it lists who is forgotten"
            ) from error


def _who(erasure: Erasure) -> tuple[str, str]:
    return erasure.shop_id, erasure.member_id


def confirm_keys(database: Database, ids: Mapping[str, Sequence[str]]) -> None:
    """Note the public names of the keys with the first use, and hold later uses to them.

    Of each kind the first is in use and the others are earlier ones, which a rotation leaves.

    Raises:
        ConfigurationError: the key that this data is kept under is not among them.
    """
    with database.read() as connection:
        known = {row.name: row.key_id for row in connection.execute(select(key_ids))}
    for name, found in ids.items():
        if known.get(name, found[0]) not in found:
            raise ConfigurationError(
                f"shopkeeper.toml, [keys]: {name} is not the key that this home's data is kept "
                "under: put that one back"
            )
    changed = [{"name": name, "key_id": found[0]} for name, found in ids.items()]
    if changed != [{"name": name, "key_id": known.get(name)} for name in ids]:
        with database.write() as connection:
            newcomer = upsert(connection, key_ids)
            connection.execute(
                newcomer.on_conflict_do_update(
                    index_elements=[key_ids.c.name], set_={"key_id": newcomer.excluded.key_id}
                ),
                changed,
            )
