import datetime as dt
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.dispatch import dispatch
from contracts.codes import ActionState
from warehouse.database import Database
from warehouse.ledger import Ledger

S = ActionState

FAULTS = ["ok", "rejects", "lies", "lost", "late", "odd", "silent", "crash", "crash_late"]
LAW = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass
class Door:
    """Between dispatch and a shop: notes what the shop showed whenever something is sent."""

    shop: Any
    shown: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settles, self.is_absolute = self.shop.settles, self.shop.is_absolute
        self.reads_back = self.shop.reads_back

    def live(self, changes: Any) -> Any:
        return self.shop.live(changes)

    def send(self, changes: Any) -> Any:
        for change in changes:
            self.shown.setdefault(change.action_id, []).append(self.shop.prices[change.target_id])
        return self.shop.send(changes)


@LAW
@given(
    faults=st.lists(st.lists(st.sampled_from(FAULTS), max_size=3), min_size=1, max_size=6),
    is_absolute=st.booleans(),
    chunk=st.integers(1, 3),
)
def test_whatever_happens_nothing_is_sent_twice_unless_it_is_absolute_and_did_not_arrive(
    make_shop: Any, judged: Any, crash: Any, faults: list[list[str]], is_absolute: bool, chunk: int
) -> None:
    clock, shop = make_shop()
    targets = [f"v{number}" for number in range(len(faults))]
    shop.is_absolute = is_absolute
    shop.prices = dict.fromkeys(targets, 1000)
    shop.faults = dict(zip(targets, (list(one) for one in faults), strict=True))
    door = Door(shop)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'shopkeeper.db'}")
        ledger = Ledger(database)
        ledger.record(judged(clock(), *targets), run_id="run", at=clock())
        # A call may die, or leave a write to be read back by the next, once per fault.
        for call in range(2 * sum(map(len, faults)) + 2):
            _call(ledger, door, clock, holder=f"h{call}", chunk=chunk, crash=crash)
            clock.sleep(600)
        states = {action.action_id: action.state for action in ledger.find()}
        targets_of = {action.action_id: action.target_id for action in ledger.find()}
        database.close()

    assert set(states.values()) <= {S.CONFIRMED, S.FAILED, S.UNKNOWN}
    for action_id, times in Counter(shop.sent).items():
        assert times == 1 or is_absolute
        assert set(door.shown[action_id]) == {1000}
    for action_id, state in states.items():
        if state is S.CONFIRMED:
            assert shop.prices[targets_of[action_id]] == 970


def _call(ledger: Ledger, door: Door, clock: Any, *, holder: str, chunk: int, crash: Any) -> None:
    try:
        dispatch(
            ledger,
            lambda action: door,
            shop_id="north",
            platform_of=lambda action: "shopify",
            holder=holder,
            clock=clock,
            recheck=lambda actions, live: {},
            sleep=clock.sleep,
            chunk=chunk,
            lease=dt.timedelta(minutes=5),
        )
    except crash:
        return
