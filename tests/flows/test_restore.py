"""An older copy of the database sends nothing again, and is named; so is a chain that was cut."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from flows.steps.home import Home
from flows.steps.opening import open_home
from tests.flows.mall import TEXT, Place, made, propose
from tests.flows.scripted import NOW
from warehouse.journal import KEPT, Journal, JournalLine

OLDER = "older copy"


@pytest.fixture
def place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Place:
    return made(tmp_path / "home", monkeypatch, capsys)


def copied(place: Place) -> Path:
    """A copy of the home's data, as a backup makes it."""
    return Path(shutil.copytree(place.folder / "data", place.folder.parent / "backup"))


def restored(place: Place, copy: Path) -> None:
    shutil.rmtree(place.folder / "data")
    shutil.copytree(copy, place.folder / "data")


def told(place: Place, *words: str) -> tuple[int, str]:
    code, out, _ = place.typed(*words)
    return code, " ".join(out.split())


@pytest.mark.parametrize("is_approved", [True, False])
def test_what_was_sent_after_the_copy_was_made_is_not_sent_again_and_waits_for_a_person(
    place: Place, is_approved: bool
) -> None:
    if is_approved:
        place.typed("actions", "approve", place.action_id)
    copy = copied(place)
    place.typed("actions", "approve", place.action_id)
    assert place.typed("act")[0] == 0
    restored(place, copy)
    for command in ("doctor", "audit"):
        code, reported = told(place, command)
        assert (code, OLDER in reported) == (3, True)
    assert told(place, "act")[0] == 3
    found = place.shown()
    assert (place.mall.received, found["state"]) == ([TEXT], "unknown")
    assert "the journal says that it was sent" in found["message"]["en"]
    assert told(place, "actions", "approve", place.action_id)[0] == 3
    place.typed("act")
    assert place.mall.received == [TEXT]


def test_what_the_copy_never_heard_of_is_not_sent_again_when_it_is_decided_anew(
    place: Place,
) -> None:
    copy = copied(place)
    with open_home(place.folder) as home:
        propose(home, state="approved", target="review-2")
    place.typed("act")
    restored(place, copy)
    with open_home(place.folder) as home:
        action_id = propose(home, state="approved", target="review-2")
    place.typed("act")
    assert place.mall.received == [TEXT]
    shown = json.loads(place.typed("--json", "actions", "show", action_id)[1])
    assert shown["state"] == "unknown"


def test_what_the_copy_has_and_the_journal_not_goes_out(place: Place) -> None:
    with open_home(place.folder) as home:
        propose(home, state="approved", target="review-2")
    copy = copied(place)
    place.typed("act")
    restored(place, copy)
    place.typed("act")
    assert place.mall.received == [TEXT]
    place.typed("actions", "approve", place.action_id)
    place.typed("act")
    assert place.mall.received == [TEXT, TEXT]


def test_once_a_person_accepts_it_the_copy_is_named_no_more_and_still_sends_nothing_again(
    place: Place,
) -> None:
    copy = copied(place)
    with open_home(place.folder) as home:
        propose(home, state="approved", target="review-2")
    place.typed("act")
    restored(place, copy)
    assert place.typed("audit")[0] == 3
    assert place.typed("audit", "--accept", "--by", "chen")[0] == 0
    assert place.typed("audit")[0] == 0
    assert OLDER not in told(place, "doctor")[1]
    with open_home(place.folder) as home:
        propose(home, state="approved", target="review-2")
        (event,) = [one for one in _events(home) if one["kind"] == "restore accepted"]
    assert (event["by"], json.loads(event["details"])["actions"]) == ("chen", 1)
    place.typed("act")
    assert place.mall.received == [TEXT]


def _events(home: Home) -> list[dict[str, Any]]:
    with home.database.read() as connection:
        return [dict(row) for row in connection.execute(text("SELECT * FROM events")).mappings()]


def test_a_tail_that_was_cut_together_with_the_head_is_named(place: Place) -> None:
    place.typed("actions", "approve", place.action_id)
    place.typed("act")
    with open_home(place.folder) as home, home.database.write() as connection:
        for trigger in ("events_not_deleted", "event_head_forward"):
            connection.execute(text(f"DROP TRIGGER {trigger}"))
        last = connection.execute(text("SELECT max(event_id) FROM events")).scalar_one()
        connection.execute(text("DELETE FROM events WHERE event_id = :last"), {"last": last})
        connection.execute(
            text(
                "UPDATE event_head SET event_id = :now,"
                " hash = (SELECT hash FROM events WHERE event_id = :now)"
            ),
            {"now": last - 1},
        )
    code, reported = told(place, "audit")
    assert (code, f"the journal knows event {last}" in reported) == (3, True)
    assert told(place, "doctor")[0] == 3


def test_the_journal_is_on_the_disk_before_the_platform_hears_of_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.typed("actions", "approve", place.action_id)
    synced: list[bytes] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        fsync(descriptor)
        synced.append((place.folder / "journal.ndjson").read_bytes())
        assert place.mall.received == [] or len(synced) > 1

    monkeypatch.setattr("warehouse.journal.os.fsync", watched)
    place.typed("act")
    assert place.action_id.encode() in synced[0]
    assert place.mall.received == [TEXT]


def test_a_line_that_a_power_cut_left_half_written_takes_no_other_with_it(place: Place) -> None:
    journal = place.folder / "journal.ndjson"
    journal.write_bytes(b'{"at":"2026-11')
    copy = copied(place)
    place.typed("actions", "approve", place.action_id)
    place.typed("act")
    restored(place, copy)
    assert place.typed("audit")[0] == 3
    assert place.action_id in {one for line in Journal(journal).lines() for one in line.ids}


def test_a_long_journal_is_folded_and_still_bars_what_may_be_sent_again(place: Place) -> None:
    copy = copied(place)
    place.typed("actions", "approve", place.action_id)
    place.typed("act")
    file = place.folder / "journal.ndjson"
    first = file.read_bytes().splitlines(keepends=True)
    over = JournalLine(NOW - KEPT * 2, 1, "0" * 64, NOW - KEPT, ("gone",))
    with open_home(place.folder) as home, home.database.read() as connection:
        over_hash = connection.execute(text("SELECT hash FROM events WHERE event_id = 1"))
        hashed = over_hash.scalar_one()
    many = [{**_plain(over), "hash": hashed}] * 300
    file.write_bytes(b"".join(json.dumps(one).encode() + b"\n" for one in many) + b"".join(first))
    place.typed("act")
    lines = Journal(file).lines()
    assert len(lines) < 5
    assert {one for line in lines for one in line.ids} == {place.action_id}
    restored(place, copy)
    place.typed("act")
    assert place.mall.received == [TEXT]


def _plain(line: JournalLine) -> dict[str, Any]:
    return {
        "at": line.at.isoformat(), "event_id": line.event_id, "until": line.until.isoformat(),
        "ids": list(line.ids), "is_lost": False,
    }  # fmt: skip


def test_processes_that_write_at_once_lose_no_line(tmp_path: Path) -> None:
    file = tmp_path / "journal.ndjson"
    code = (
        "import sys, datetime as dt; from pathlib import Path\n"
        "from warehouse.events import Head; from warehouse.journal import Journal\n"
        "at = dt.datetime(2026, 11, 20, tzinfo=dt.UTC); journal = Journal(Path(sys.argv[1]))\n"
        "for number in range(120):\n"
        "    journal.note(Head(1, '0' * 64), [f'{sys.argv[2]}-{number}'], at=at, until=at)\n"
        "    journal.compact([], at=at)\n"
    )
    command = [sys.executable, "-c", code, str(file)]
    running = [subprocess.Popen([*command, name]) for name in ("a", "b")]
    assert [one.wait(timeout=300) for one in running] == [0, 0]
    found = {one for line in Journal(file).lines() for one in line.ids}
    assert found == {f"{name}-{number}" for name in ("a", "b") for number in range(120)}
