"""The limits that all processes of a home share."""

from collections.abc import Callable

import pytest

from connectors.base.limits import BucketState, CostBucket, Limit, Meter, Place, Urgency
from contracts.limits import Level
from contracts.ports import LimitStore
from warehouse.database import Database
from warehouse.limits import RequestLimits

LEVEL = Level(maximum=1000.0, available=250.5, restore_rate=50.0, at=1_795_348_800.25)


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = LEVEL.at

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def bucket_of(database: Database, time: Time) -> CostBucket:
    return CostBucket(
        Place(store=RequestLimits(database), account="shop", clock=time, sleep=time.sleep)
    )


def known(store: LimitStore, account: str) -> Level | None:
    found: list[Level | None] = []

    def look(held: Level | None) -> Level | None:
        found.append(held)
        return held

    store.change(account, look)
    return found[0]


def test_a_level_comes_back_as_it_was_left_to_each_account_its_own(database: Database) -> None:
    store: LimitStore = RequestLimits(database)
    assert known(store, "a") is None
    store.change("a", lambda _held: LEVEL)
    assert (known(RequestLimits(database), "a"), known(store, "b")) == (LEVEL, None)


def test_what_one_client_takes_another_waits_for(url: str, database: Database) -> None:
    time = Time()
    elsewhere = Database(url)
    first, second = (bucket_of(opened, time) for opened in (database, elsewhere))
    first.learn(BucketState(maximum=1000, available=1000, restore_rate=100), taken=0, used=0)
    first.take(900)
    second.take(300)
    elsewhere.close()
    assert time.now == LEVEL.at + 3


def test_a_client_that_starts_later_knows_what_was_learnt(database: Database) -> None:
    time = Time()
    bucket_of(database, time).learn(
        BucketState(maximum=1000, available=0, restore_rate=100), taken=0, used=0
    )
    late = bucket_of(database, time)
    late.take(100, urgency=Urgency.UNDO)
    assert time.now == LEVEL.at + 1


def test_a_machine_whose_clock_lags_restores_nothing_until_it_has_caught_up(
    database: Database,
) -> None:
    ahead, behind = Time(), Time()
    behind.now -= 2
    for time, cost in ((ahead, 1000), (behind, 100)):
        bucket = bucket_of(database, time)
        if time is ahead:
            bucket.learn(
                BucketState(maximum=1000, available=1000, restore_rate=100), taken=0, used=0
            )
        bucket.take(cost, urgency=Urgency.UNDO)
    assert behind.now - ahead.now >= 1


def test_a_clock_that_was_set_back_by_an_hour_stops_nobody(database: Database) -> None:
    time = Time()
    bucket = bucket_of(database, time)
    bucket.learn(BucketState(maximum=1000, available=0, restore_rate=100), taken=0, used=0)
    time.now -= 3600
    began = time.now
    bucket.take(500, urgency=Urgency.UNDO)
    assert time.now - began <= 10


KINDS: dict[str, Callable[[Meter], Limit]] = {
    "token bucket": lambda meter: meter.token_bucket("getOrder", rate=0.5, burst=30),
    "windows": lambda meter: meter.windows("profiles", {1: 75, 60: 750}),
    "headers": lambda meter: meter.headers("list"),
    "day": lambda meter: meter.daily("calls", limit=500, zone="Asia/Shanghai"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_platform_refuses_one_process_all_wait_for(
    url: str, database: Database, kind: str
) -> None:
    time = Time()
    elsewhere = Database(url)
    here, there = (
        KINDS[kind](Meter(RequestLimits(opened), "shop", wall_clock=time, sleep=time.sleep))
        for opened in (database, elsewhere)
    )
    here.take(urgency=Urgency.UNDO)
    here.refused(40)
    there.take(urgency=Urgency.UNDO)
    elsewhere.close()
    assert LEVEL.at + 40 <= time.now <= LEVEL.at + 41
