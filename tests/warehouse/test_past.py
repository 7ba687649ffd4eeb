"""What a ledger told at an earlier moment, beside what is played again."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.codes import ActionState
from tests.warehouse.rows import hour, judged, proposal
from warehouse.database import Database
from warehouse.ledger import Ledger
from warehouse.past import bring


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Database]:
    """A database in which the past is played."""
    database = Database(f"sqlite:///{tmp_path / 'own.db'}")
    yield database
    database.close()


def brought(own: Database, real: Database, at: dt.datetime) -> dict[str, str]:
    """State by target, of the real ledger's all but those of another policy."""
    bring(
        own, real, shop_id="demo", at=at, is_history=lambda one: one.policy != "other",
        own_runs=["ours"],
    )  # fmt: skip
    return {one.target_id: str(one.state) for one in Ledger(own).find()}


def test_actions_are_in_the_state_of_then_and_ours_stay(own: Database, database: Database) -> None:
    real = Ledger(database)
    written = [
        proposal("waits"),
        proposal("seen", state="shadow"),
        proposal("refused", state="refused", guard="floor"),
        proposal("theirs", policy="other"),
        proposal("abroad", shop_id="far"),
    ]
    real.record(judged(*written), run_id="run", at=hour(0))
    real.record(judged(proposal("later")), run_id="late", at=hour(3))
    (waits,) = real.find(targets=["waits"])
    real.approve([waits.action_id], by="chen", at=hour(1))
    (waits,) = real.find(targets=["waits"])
    real.settle([waits], ActionState.CONFIRMED, at=hour(2))
    Ledger(own).record(judged(proposal("played")), run_id="ours", at=hour(0))
    ours = {"played": "proposed", "refused": "refused"}
    assert brought(own, database, hour(0)) == {**ours, "waits": "proposed"}
    assert brought(own, database, hour(1)) == {**ours, "waits": "approved"}
    assert brought(own, database, hour(3)) == {**ours, "waits": "confirmed", "later": "proposed"}


def test_a_stop_is_in_force_from_when_it_was_set_until_it_was_lifted(
    own: Database, database: Database
) -> None:
    real = Ledger(database)
    real.stop("policy", "repricing", by="chen", at=hour(1))
    real.stop("all", "", by="li", at=hour(2))
    real.resume("policy", "repricing", by="chen", at=hour(3))
    fields = {}
    for at in range(4):
        brought(own, database, hour(at))
        fields[at] = [(one.scope, one.name, one.by, one.since) for one in Ledger(own).switches()]
    policy, everything = ("policy", "repricing", "chen", hour(1)), ("all", "", "li", hour(2))
    assert fields == {0: [], 1: [policy], 2: [everything, policy], 3: [everything]}
