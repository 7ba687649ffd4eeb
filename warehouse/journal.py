"""The journal: what is about to be sent, written beside the database so that an older copy of it
cannot send the same again.

A file of its own in the home, which no restore may replace. Whoever sends appends one line per
chunk and waits for the disk, once `sending` is committed and before the platform hears of it. The
line holds the head of the chain of that commit: a database whose chain lacks it is an older copy,
or was cut, and what the line names was sent though it does not know.
"""

import datetime as dt
import fcntl
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select

from warehouse.events import Head
from warehouse.models import events

JOURNAL = "journal.ndjson"
KEPT = dt.timedelta(days=90)
"""For how long after an action's window its id is kept: so old may a copy be that is restored."""
_MOST_LINES = 200
_PAGE = 5_000


class JournalLine(msgspec.Struct, frozen=True):
    """One chunk: ids of actions and the chain's head when they were about to be sent."""

    at: dt.datetime
    event_id: int
    hash: str
    until: dt.datetime
    """When nobody can send them again: their windows are over, long since."""
    ids: tuple[str, ...] = ()
    is_lost: bool = False
    """A person knows that the database lacks them; they stay barred."""


class Journal:
    """The journal of a home; processes of a machine take turns."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def note(
        self, head: Head, action_ids: Sequence[str], *, at: dt.datetime, until: dt.datetime
    ) -> None:
        """Write a line; it is on the disk when this returns."""
        line = JournalLine(at, head.event_id, head.hash, until + KEPT, tuple(action_ids))
        with self._turn():
            is_new = not self._file.exists()
            self._file.touch(mode=0o600)
            with self._file.open("ab") as file:
                # What a power cut left half written is no line, and takes none with it.
                torn = b"" if _ends_well(self._file) else b"\n"
                file.write(torn + msgspec.json.encode(line) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            if is_new:
                sync_folder(self._file.parent)

    def lines(self) -> list[JournalLine]:
        """What was written, oldest first; none where nothing was ever sent."""
        try:
            written = self._file.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        found = []
        for one in written:
            try:
                found.append(msgspec.json.decode(one, type=JournalLine))
            except msgspec.DecodeError:
                continue  # torn: it was not on the disk, so nothing was sent
        return found

    def compact(self, lost: Collection[JournalLine], *, at: dt.datetime) -> None:
        """Once it is long: one line a day of what the chain has, and nothing that is over.

        A folded line has the last head of its day: a copy without that is taken to lack the day, of
        which only what waits there is barred.
        """
        if len(self.lines()) > _MOST_LINES:
            with self._turn():
                self._rewrite(_fold(self.lines(), lost, at=at))

    def accept(self, lost: Collection[JournalLine], head: Head) -> None:
        """A person knows of lines that the chain lacks: they are named no more, and stay barred."""
        with self._turn():
            self._rewrite(
                [
                    msgspec.structs.replace(
                        one, event_id=head.event_id, hash=head.hash, is_lost=True
                    )
                    if one in lost
                    else one
                    for one in self.lines()
                ]
            )

    def _rewrite(self, lines: Sequence[JournalLine]) -> None:
        draft = self._file.with_name(f"{self._file.name}.tmp")
        draft.touch(mode=0o600)
        with draft.open("wb") as file:
            file.writelines(msgspec.json.encode(line) + b"\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._file)
        sync_folder(self._file.parent)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One process at a time: a line written while the file is replaced would be lost."""
        lock = self._file.with_name(f".{self._file.name}.lock")
        lock.touch(mode=0o600)
        with lock.open("ab") as lock_file:
            fcntl.flock(lock_file, fcntl.LOCK_EX)
            yield


def lacking(connection: Connection, lines: Sequence[JournalLine]) -> list[JournalLine]:
    """Lines whose head is not in the chain."""
    known: dict[int, str] = {}
    wanted = sorted({line.event_id for line in lines})
    for start in range(0, len(wanted), _PAGE):
        some = wanted[start : start + _PAGE]
        query = select(events.c.event_id, events.c.hash).where(events.c.event_id.in_(some))
        known |= {row.event_id: row.hash for row in connection.execute(query)}
    return [line for line in lines if known.get(line.event_id) != line.hash]


def _fold(
    lines: Sequence[JournalLine], lost: Collection[JournalLine], *, at: dt.datetime
) -> list[JournalLine]:
    kept = [line for line in lines if line.until >= at or line is lines[-1]]
    days: dict[dt.date | JournalLine, JournalLine] = {}
    for line in kept:
        if line.is_lost or line in lost:
            days[line] = line
            continue
        earlier = days.get(line.at.date(), line)
        ids = dict.fromkeys((*earlier.ids, *line.ids))
        until = max(earlier.until, line.until)
        last = max(earlier, line, key=lambda one: one.event_id)
        days[line.at.date()] = msgspec.structs.replace(last, ids=tuple(ids), until=until)
    return list(days.values())


def _ends_well(file: Path) -> bool:
    with file.open("rb") as read:
        if read.seek(0, os.SEEK_END) == 0:
            return True
        read.seek(-1, os.SEEK_END)
        return read.read() == b"\n"


def sync_folder(folder: Path) -> None:
    """What was made, renamed or removed in a folder is so after a power cut too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
