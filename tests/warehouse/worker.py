"""One of several processes that write into one database at once: `worker URL NUMBER COUNT`."""

import datetime as dt
import sys

from contracts.checks import CheckResult
from contracts.codes import ActionState
from contracts.streams import Reading, Window
from tests.warehouse.rows import hour, judged, proposal
from warehouse.checks import CheckResults
from warehouse.database import Database
from warehouse.landing import Landed
from warehouse.ledger import Ledger
from warehouse.readings import Counts, Readings

TICK = dt.timedelta(seconds=1)
COUNTS = Counts(landed_rows=3, loaded_rows=2, quarantined_rows=1, seconds=0.5)


def work(url: str, number: int, count: int) -> None:
    """Each turn: load a reading of the same stream, record, claim and confirm, keep a check."""
    database = Database(url)
    ledger, readings, checks = Ledger(database), Readings(database), CheckResults(database)
    for turn in range(count):
        at = hour(0) + TICK * (turn * 10 + number)
        reading = Reading("demo", "orders", Window(hour(0), at + TICK), at)
        readings.plan(reading)
        versions = {"orders": turn * 10 + number}
        readings.record_load(reading, Landed(1, 1, 1, 1), counts=COUNTS, versions=versions, at=at)
        mine = proposal(f"v{number}-{turn}", state="approved")
        shared = proposal(f"shared-{turn}", state="approved", after_value=number)
        ledger.record(judged(mine, shared), run_id=f"r{number}", at=at)
        claimed = ledger.claim(
            shop_id="demo", holder=f"h{number}", limit=3, lease=dt.timedelta(hours=9), at=at
        )
        for state in (ActionState.SENDING, ActionState.SENT, ActionState.CONFIRMED):
            changed = ledger.settle(claimed, state, at=at)
            assert sorted(changed) == sorted(one.action_id for one in claimed)
        checks.record(
            [CheckResult(shop_id="demo", table="orders", check=f"check {number}", passed=True,
                         measured=str(turn), limit="", checked_at=at, rows=turn)]
        )  # fmt: skip
    database.close()


if __name__ == "__main__":
    work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
