"""A shop in memory with the faults of real ones, and a clock that tests move."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from actions.dispatch import dispatch
from contracts.actions import Change, Judged, Live, Outcome
from contracts.codes import ActionState, OutcomeState
from contracts.errors import TransientSourceError
from warehouse.database import Database
from warehouse.ledger import Ledger

START = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


class Crash(BaseException):
    """The machine goes down; nobody catches it."""


@dataclass
class ManualClock:
    """Moves when told to; `sleep` moves it as well, so that no test waits."""

    now: dt.datetime = START

    def __call__(self) -> dt.datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)


@dataclass
class ShopInMemory:
    """Prices by target. `faults` says what happens to the next write of a target.

    ok: written. rejects: refused with a code. lies: accepted, not written. lost: time-out, not
    written. late: time-out, written all the same. odd: accepted, another value written. crash and
    crash_late: the process dies before, or after, it is written. silent: no outcome, not written.
    """

    clock: ManualClock
    prices: dict[str, int] = field(default_factory=dict)
    currency: str = "USD"
    faults: dict[str, list[str]] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    """Action ids in the order in which they arrived at the platform's door."""
    is_absolute: bool = True
    reads_back: bool = True
    settles: dt.timedelta = dt.timedelta(seconds=10)
    outage: bool = False
    on_send: Any = None

    def live(self, changes: Sequence[Change]) -> dict[str, Live]:
        if self.outage:
            raise TransientSourceError("the shop does not answer")
        wanted = {change.target_id for change in changes}
        return {
            target: Live(value=price, currency=self.currency)
            for target, price in self.prices.items()
            if target in wanted
        }

    def send(self, changes: Sequence[Change]) -> list[Outcome]:
        if self.on_send is not None:
            self.on_send()
        outcomes = [self._write(change) for change in changes]
        return [outcome for outcome in outcomes if outcome is not None]

    def _write(self, change: Change) -> Outcome | None:
        waiting = self.faults.get(change.target_id)
        fault = waiting.pop(0) if waiting else "ok"
        self.sent.append(change.action_id)
        if fault == "crash":
            raise Crash
        if fault in ("ok", "late", "crash_late"):
            self.prices[change.target_id] = change.after
        if fault == "odd":
            self.prices[change.target_id] = change.after + 7
        if fault == "crash_late":
            raise Crash
        states = {
            "rejects": OutcomeState.REJECTED,
            "lost": OutcomeState.UNKNOWN,
            "late": OutcomeState.UNKNOWN,
        }
        if fault == "silent":
            return None
        return Outcome(
            action_id=change.action_id,
            state=states.get(fault, OutcomeState.ACCEPTED),
            message="PRICE_LOCKED" if fault == "rejects" else None,
        )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def shop(clock: ManualClock) -> ShopInMemory:
    return ShopInMemory(clock)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    database = Database(f"sqlite:///{tmp_path / 'shopkeeper.db'}")
    yield Ledger(database)
    database.close()


@pytest.fixture
def send(ledger: Any, shop: Any, clock: Any) -> Callable[..., dict[ActionState, int]]:
    """Dispatch to the shop in memory, with nothing refused unless said otherwise."""

    def run(**values: Any) -> dict[ActionState, int]:
        arguments: dict[str, Any] = {
            "shop_id": "north",
            "platform_of": lambda action: "shopify",
            "holder": "one",
            "clock": clock,
            "recheck": lambda actions, live: {},
            "sleep": clock.sleep,
        }
        return dispatch(ledger, lambda action: shop, **{**arguments, **values})

    return run


@pytest.fixture
def stop(ledger: Ledger, clock: ManualClock) -> Callable[[str, str], None]:
    return lambda scope, name: ledger.stop(scope, name, by="ada", at=clock())


@pytest.fixture
def resume(ledger: Ledger, clock: ManualClock) -> Callable[[str, str], bool]:
    return lambda scope, name: ledger.resume(scope, name, by="ada", at=clock())


@pytest.fixture
def approve(ledger: Ledger, shop: ShopInMemory, clock: ManualClock) -> Callable[..., None]:
    """Put price changes of listings from 10.00 to 9.70 into the ledger, approved."""

    def put(*targets: str, **values: Any) -> None:
        ledger.record(_judged(clock(), *targets, **values), run_id="run", at=clock())
        for target in targets:
            shop.prices.setdefault(target, 1000)

    return put


@pytest.fixture
def judged() -> Callable[..., pl.DataFrame]:
    return _judged


@pytest.fixture
def crash() -> type[BaseException]:
    return Crash


@pytest.fixture
def make_shop() -> Callable[[], tuple[ManualClock, ShopInMemory]]:
    """A clock and a shop of their own for each generated example."""

    def make() -> tuple[ManualClock, ShopInMemory]:
        clock = ManualClock()
        return clock, ShopInMemory(clock)

    return make


def _judged(at: dt.datetime, *targets: str, **values: Any) -> pl.DataFrame:
    moment = {"window_start": at, "expires_at": at + dt.timedelta(days=1)}
    rows = [{**_JUDGED, **moment, "target_id": target, **values} for target in targets]
    schema = {name: column.dtype for name, column in Judged.columns().items()}
    return pl.DataFrame(rows, schema=schema)


_JUDGED: dict[str, Any] = {
    "policy": "repricing",
    "policy_version": 1,
    "shop_id": "north",
    "parent_id": "p1",
    "sku_id": "SKU-1",
    "write_kind": "set_price",
    "currency": "USD",
    "before_value": 1000,
    "after_value": 970,
    "reason_code": "beat_rival",
    "numbers": "{}",
    "units_at_risk": 2.0,
    "effect_minor": 10,
    "evidence": "{}",
    "state": "approved",
}
