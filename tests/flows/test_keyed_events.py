"""Who lacks the home's key cannot rewrite what happened, and who decided is known beside a name."""

import base64
import hashlib
import json
import pwd
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, text

from flows.steps.opening import open_home
from tests.flows.mall import Place, made

TRIGGERS = (
    "events_not_updated", "events_not_deleted", "event_head_stays", "event_head_forward",
)  # fmt: skip


@pytest.fixture
def place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Place:
    return made(tmp_path / "home", monkeypatch, capsys)


def audited(place: Place, *words: str) -> tuple[int, dict[str, Any]]:
    code, out, wrong = place.typed("--json", "audit", *words)
    assert out, wrong
    return code, json.loads(out)


def rewrite(connection: Connection, changed: dict[str, Any], *, key_id: str | None) -> None:
    """Write the whole chain anew, as whoever owns the database but lacks the key can."""
    for trigger in TRIGGERS:
        connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger}"))
    found = connection.execute(text("SELECT * FROM events ORDER BY event_id")).mappings().all()
    connection.execute(text("DELETE FROM events"))
    previous = "0" * 64
    for row in found:
        values = {**row, **changed, "key_id": key_id, "previous_hash": previous}
        previous = values["hash"] = _unkeyed(values, previous)
        names = ", ".join(values)
        connection.execute(
            text(f"INSERT INTO events ({names}) VALUES (:{', :'.join(values)})"), values
        )
    connection.execute(text("UPDATE event_head SET hash = :hash"), {"hash": previous})


def _unkeyed(row: dict[str, Any], previous: str) -> str:
    instant = str(row["at"]).replace(" ", "T") + "+00:00"
    listed = [row[name] for name in ("event_id", "kind", "subject", "by")]
    content = msgspec.json.encode([*listed, instant, row["details"]])
    return hashlib.sha256(previous.encode() + content).hexdigest()


@pytest.mark.parametrize("names_a_key", [True, False])
def test_a_chain_that_was_written_anew_without_the_key_is_named(
    place: Place, names_a_key: bool
) -> None:
    place.typed("actions", "approve", place.action_id, "--by", "chen")
    assert audited(place)[0] == 0
    with open_home(place.folder) as home, home.database.write() as connection:
        own = next(iter(home.keys.vault.event_keys))
        rewrite(connection, {"by": "mallory"}, key_id=own if names_a_key else None)
    code, found = audited(place)
    assert code == 3
    assert found["broken_at"] is not None


def test_a_head_of_before_has_to_be_there_later(place: Place) -> None:
    _, before = audited(place)
    place.typed("actions", "approve", place.action_id, "--by", "chen")
    code, after = audited(place, "--expected-head", before["head"])
    assert (code, after["events"]) == (0, before["events"] + 1)
    with open_home(place.folder) as home, home.database.write() as connection:
        for trigger in TRIGGERS:
            connection.execute(text(f"DROP TRIGGER {trigger}"))
        number = before["events"]
        connection.execute(text("DELETE FROM events WHERE event_id > :n"), {"n": number})
        fields = {"n": number, "hash": before["head"].partition(":")[2]}
        connection.execute(text("UPDATE event_head SET event_id = :n, hash = :hash"), fields)
    assert audited(place)[1]["broken_at"] is None  # nothing was sent: no journal knows of it
    code, cut = audited(place, "--expected-head", after["head"])
    assert (code, cut["broken_at"]) == (3, f"event {number + 1}: missing")


def test_a_head_of_another_chain_is_named(place: Place) -> None:
    _, found = audited(place)
    other = f"{found['events']}:{'0' * 64}"
    code, reported = audited(place, "--expected-head", other)
    assert (code, "not the expected one" in reported["broken_at"]) == (3, True)


@pytest.mark.parametrize("wrong", ["7", "x:0", "7:" + "g" * 64, ""])
def test_what_is_no_head_is_refused(place: Place, wrong: str) -> None:
    code, _, printed = place.typed("audit", "--expected-head", wrong)
    assert (code, "is no head such as `audit` prints" in printed) == (2, True)


def test_old_events_are_proven_after_the_key_was_changed(place: Place) -> None:
    keys = place.folder / "keys"
    (keys / "data.key").rename(keys / "old.key")
    (keys / "data.key").write_text(base64.b64encode(b"n" * 32).decode(), encoding="utf-8")
    settings = place.folder / "shopkeeper.toml"
    settings.write_text('[keys]\nearlier = ["file:keys/old.key"]\n', encoding="utf-8")
    place.typed("stop", "--all", "--by", "chen")
    assert audited(place)[0] == 0
    with open_home(place.folder) as home, home.database.read() as connection:
        used = connection.execute(text("SELECT count(DISTINCT key_id) FROM events")).scalar_one()
    assert used == 2


DECISIONS: Sequence[tuple[str, ...]] = [
    ("actions", "approve", "ID", "--by", "chen"),
    ("actions", "reject", "ID", "--by", "chen"),
    ("stop", "--all", "--by", "chen"),
]


@pytest.mark.parametrize("words", DECISIONS, ids=lambda words: " ".join(words[:2]))
def test_who_decides_is_recorded_with_the_user_whose_process_it_was_whatever_they_typed(
    place: Place, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody-else")
    real = pwd.struct_passwd(("merchant", "x", 0, 0, "", "/", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _number: real)
    place.typed(*(place.action_id if word == "ID" else word for word in words))
    with open_home(place.folder) as home, home.database.read() as connection:
        last = connection.execute(
            text('SELECT "by", os_user FROM events ORDER BY event_id DESC LIMIT 1')
        ).one()
    assert tuple(last) == ("chen", "merchant")
    if words[0] == "actions":
        assert "by chen (as merchant)" in place.shown()["history"][-1]


def test_events_of_before_there_was_a_key_are_sealed_when_the_database_is_upgraded(
    place: Place,
) -> None:
    place.typed("actions", "approve", place.action_id, "--by", "chen")
    with open_home(place.folder) as home, home.database.write() as connection:
        rewrite(connection, {"os_user": None}, key_id=None)
        for column in ("key_id", "os_user"):
            connection.execute(text(f"ALTER TABLE events DROP COLUMN {column}"))
        for later in ("left_alone", "erased_ids", "due", "profiles"):
            connection.execute(text(f"DROP TABLE {later}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0007'"))
    code, found = audited(place)
    assert (code, found["events"]) == (0, 3)
    with open_home(place.folder) as home:
        with home.database.read() as connection:
            marker = connection.execute(
                text("SELECT kind, details FROM events ORDER BY event_id DESC LIMIT 1")
            ).one()
        assert (marker.kind, json.loads(marker.details)["since"]) == ("sealed", 3)
        with home.database.write() as connection:
            connection.execute(text("UPDATE events SET \"by\" = 'mallory' WHERE event_id = 1"))
    assert audited(place)[1]["broken_at"] == "event 1: altered"
