"""Who has been forgotten: in the database, and in a file beside it that outlives a restore."""

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import and_, func, literal, select, update

from contracts.codes import WriteKind
from contracts.errors import ConfigurationError
from warehouse.database import Database, upsert
from warehouse.events import Event, append
from warehouse.models import actions, check_results, erasures, key_ids

_ACTION_TEXTS = ("numbers", "evidence", "message", "guard_reason", "member_id")
# What is written in these may be about the person, and says so without naming them.
_PERSONAL_WRITES = (
    WriteKind.SEND_MESSAGE,
    WriteKind.REPLY_REVIEW,
    WriteKind.RECORD_EVENT,
    WriteKind.SET_PROFILE,
)
_NOBODY = "forgotten"


class Erasure(msgspec.Struct, frozen=True):
    """One member, by pseudonym, of whom nothing may be kept."""

    shop_id: str
    member_id: str
    asked_at: dt.datetime
    by: str


@dataclass(frozen=True, slots=True)
class Erasures:
    """Every mapping obeys these from the moment they are added."""

    database: Database
    file: Path

    def add(self, erasure: Erasure) -> None:
        """Write it down, in both places, and as an event; again, it is to be carried out again."""
        if all(
            (one.shop_id, one.member_id) != (erasure.shop_id, erasure.member_id)
            for one in self._written()
        ):
            with self.file.open("ab") as file:
                file.write(msgspec.json.encode(erasure) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        self._ask(erasure, "erasure asked")

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
        done = Event(
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

    def clear(self, erasure: Erasure) -> int:
        """Take the member out of actions and check results; rows that named them.

        An action stays as one for somebody who is gone, so that what waits is refused for want of
        a recipient rather than sent to everybody.
        """
        touched = 0
        is_theirs = and_(
            actions.c.shop_id == erasure.shop_id, actions.c.member_id == erasure.member_id
        )
        nobody = func.replace(
            actions.c.target_id, erasure.member_id, literal(f"{_NOBODY}-") + actions.c.action_id
        )
        with self.database.write() as connection:
            connection.execute(
                update(actions)
                .where(is_theirs, actions.c.write_kind.in_(_PERSONAL_WRITES))
                .values(payload=None)
            )
            connection.execute(
                update(actions)
                .where(actions.c.target_id.contains(erasure.member_id))
                .values(target_id=nobody)
            )
            for table, names in ((actions, _ACTION_TEXTS), (check_results, ("measured", "limit"))):
                for name in names:
                    column = table.c[name]
                    named = func.replace(column, erasure.member_id, _NOBODY)
                    changed = update(table).where(column.contains(erasure.member_id))
                    touched += connection.execute(changed.values({name: named})).rowcount
        return touched

    def recall(self) -> bool:
        """Bring back into a restored database what only the file knows; whether any is unfinished.

        Costs nothing where nobody was ever forgotten here.
        """
        written = self._written()
        if not written:
            return False
        known = self._known()
        for erasure in written:
            if (erasure.shop_id, erasure.member_id) not in known:
                self._ask(erasure, "erasure recalled")
        return bool(self.unfinished())

    def _ask(self, erasure: Erasure, kind: str) -> None:
        asked = Event(
            kind=kind,
            subject=erasure.member_id,
            by=erasure.by,
            at=erasure.asked_at,
            details={"shop": erasure.shop_id},
        )
        row = {**msgspec.structs.asdict(erasure), "done_at": None}
        with self.database.write() as connection:
            connection.execute(
                upsert(connection, erasures)
                .values(row)
                .on_conflict_do_update(
                    index_elements=[erasures.c.shop_id, erasures.c.member_id],
                    set_={"done_at": None},
                )
            )
            append(connection, [asked])

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
