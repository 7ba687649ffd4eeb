"""Who edited the files that decide: each version is an event, with its owner and what changed."""

import datetime as dt
import hashlib
import pwd
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.toml_settings import parse_table
from flows.steps.files import settings_text
from flows.steps.home import Home
from warehouse.event_chain import Events
from warehouse.events import LedgerEvent

KIND = "settings_seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A version of a file as it was first seen."""

    by: str
    """The account that owns the file."""
    at: dt.datetime
    changed: tuple[str, ...]
    """Keys whose value is another than in the version before; of the first version none."""


def record_edit(home: Home, name: str, *, at: dt.datetime) -> None:
    """Write an event for a file of settings, such as policies/restock.toml, if it is another than
    was last seen; what is not there is not noted."""
    path = home.folder / name
    if not path.exists():
        return
    events = Events(home.database)
    text = settings_text(path, file=name)
    file_hash = hashlib.sha256(text.encode()).hexdigest()
    last = next(reversed(_recorded(events, name)), None)
    if last is not None and last.details["hash"] == file_hash:
        return
    keys = dict(_hashes(parse_table(text, file=name)))
    before: Mapping[str, str] = last.details["keys"] if last else keys
    changed = sorted(key for key in {*keys, *before} if keys.get(key) != before.get(key))
    details = {"hash": file_hash, "keys": keys, "changed": changed}
    events.append([LedgerEvent(kind=KIND, subject=name, by=_owner(path), at=at, details=details)])


def edits(home: Home, policy: str) -> list[Edit]:
    """The versions of a policy's file, the oldest first."""
    return [
        Edit(by=one.by, at=one.at, changed=tuple(one.details["changed"]))
        for one in _recorded(Events(home.database), file_of(policy))
    ]


def in_force(found: Sequence[Edit], decided_at: dt.datetime) -> list[Edit]:
    """Of all versions the one that something was decided with, and those that were seen since."""
    earlier = [one for one in found if one.at <= decided_at]
    return [*earlier[-1:], *found[len(earlier) :]]


def file_of(policy: str) -> str:
    """Where a policy's settings stand in a home."""
    return f"policies/{policy}.toml"


def _recorded(events: Events, name: str) -> list[LedgerEvent]:
    return [one for one in events.of(name) if one.kind == KIND]


def _hashes(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each key with a hash of its value: what a shop is called is nobody's business here."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _hashes(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", hashlib.sha256(repr(value).encode()).hexdigest()[:12]


def _owner(path: Path) -> str:
    number = path.stat().st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # as in a container that knows numbers alone
        return str(number)
