from dataclasses import replace

from contracts.actions import LeftAlone
from tests.warehouse.rows import hour
from warehouse.database import Database
from warehouse.left_alone import LeftAlones

ALONE = LeftAlone(
    shop_id="demo", policy="repricing", reason="alone", targets=7, samples=("A", "苹果"),
    decided_at=hour(1),
)  # fmt: skip
SMALL = replace(ALONE, reason="small_change", targets=9, samples=())


def test_the_counts_of_a_decision_take_the_place_of_those_before(database: Database) -> None:
    counts = LeftAlones(database)
    restock = replace(ALONE, policy="restock")
    counts.record("demo", "restock", [restock], at=hour(1))
    counts.record("demo", "repricing", [ALONE, SMALL], at=hour(1))
    assert counts.latest() == [SMALL, ALONE, restock]
    later = replace(ALONE, targets=3, decided_at=hour(2))
    counts.record("demo", "repricing", [later], at=hour(2))
    counts.record("demo", "repricing", [SMALL], at=hour(1))
    assert counts.latest(shop_id="demo") == [later, restock]
    counts.record("demo", "repricing", [], at=hour(3))
    assert counts.latest() == [restock]
    assert counts.latest(shop_id="elsewhere") == []
