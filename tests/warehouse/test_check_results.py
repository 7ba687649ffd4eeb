from dataclasses import replace

from contracts.checks import CheckResult
from tests.warehouse.rows import hour
from warehouse.checks import CheckResults
from warehouse.database import Database

FRESH = CheckResult(
    shop_id="demo", table="orders", check="fresh", passed=True, measured="1 h", limit="2 h",
    checked_at=hour(1), rows=5,
)  # fmt: skip


def test_the_latest_result_of_each_check_is_kept(database: Database) -> None:
    results = CheckResults(database)
    results.record([])
    stale = replace(FRESH, passed=False, measured="3 h", checked_at=hour(3))
    volume = replace(FRESH, check="volume", is_blocking=False)
    for recorded in ([FRESH, volume], [stale], [FRESH]):
        results.record(recorded)
    assert results.latest() == [stale, volume]
    assert results.latest(shop_id="elsewhere") == []
