"""Real processes that write into one database at once lose nothing and do nothing twice."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from contracts.codes import ActionState
from tests.warehouse.rows import hour
from tests.warehouse.worker import TICK
from warehouse.checks import CheckResults
from warehouse.database import Database
from warehouse.event_chain import Events
from warehouse.ledger import Ledger
from warehouse.reading_totals import ReadingTotals
from warehouse.readings import Readings

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
PROCESSES, TURNS = 3, 8


def test_processes_that_write_at_once_lose_nothing_and_send_nothing_twice(
    url: str, database: Database
) -> None:
    command = [sys.executable, "-m", "tests.warehouse.worker", url]
    working = [
        subprocess.Popen([*command, str(number), str(TURNS)], cwd=ROOT)
        for number in range(PROCESSES)
    ]
    assert [process.wait(timeout=300) for process in working] == [0] * PROCESSES

    readings, ledger, events = Readings(database), Ledger(database), Events(database)
    last = (TURNS - 1) * 10 + PROCESSES - 1
    assert readings.unfinished() == []
    assert ReadingTotals(database).summary()["readings"].to_list() == [PROCESSES * TURNS]
    assert readings.watermark("demo", "orders") == hour(0) + TICK * (last + 1)
    assert readings.versions() == {"orders": last}
    assert [one.rows for one in CheckResults(database).latest()] == [TURNS - 1] * PROCESSES

    actions = ledger.find()
    of_target = Counter(action.target_id for action in actions)
    assert all(of_target[f"v{n}-{turn}"] == 1 for n in range(PROCESSES) for turn in range(TURNS))
    # All proposed for the same target and window, one was first; the others are on the record.
    live = Counter(
        action.target_id for action in actions if action.state is not ActionState.SUPERSEDED
    )
    assert all(live[f"shared-{turn}"] == 1 for turn in range(TURNS))
    assert all(of_target[f"shared-{turn}"] == PROCESSES for turn in range(TURNS))

    assert events.verify() is None
    for action in actions:
        kinds = Counter(event.kind for event in events.of(action.action_id))
        assert kinds["transition_refused"] == 0
        assert kinds["claimed"] == kinds["sent"] == kinds["confirmed"] <= 1
        assert (kinds["confirmed"] == 1) == (action.state is ActionState.CONFIRMED)
