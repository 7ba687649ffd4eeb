"""The leaky bucket: it never asks for more than the platform holds, and keeps some for writes."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.limits import BucketState, CostBucket

PLUS = BucketState(maximum=20_000, available=20_000, restore_rate=1000)


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lock = threading.Lock()

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.now += seconds


def bucket_of(state: BucketState, time: Time) -> CostBucket:
    bucket = CostBucket(clock=time.clock, sleep=time.sleep)
    bucket.learn(state, taken=0, used=0)
    return bucket


def test_an_unknown_bucket_lets_requests_pass() -> None:
    time = Time()
    CostBucket(clock=time.clock, sleep=time.sleep).take(10**6)
    assert time.now == 0


def test_a_request_waits_until_the_bucket_holds_its_cost() -> None:
    time = Time()
    bucket = bucket_of(BucketState(maximum=2000, available=100, restore_rate=100), time)
    bucket.take(500, is_urgent=True)
    assert time.now == pytest.approx(4)


def test_a_tenth_is_kept_for_writes() -> None:
    time = Time()
    bucket = bucket_of(BucketState(maximum=2000, available=300, restore_rate=100), time)
    bucket.take(300, is_urgent=True)
    assert time.now == 0
    bucket = bucket_of(BucketState(maximum=2000, available=300, restore_rate=100), time)
    bucket.take(300)
    assert time.now == pytest.approx(2)


def test_the_unused_part_is_put_back() -> None:
    bucket = bucket_of(PLUS, Time())
    bucket.take(1000)
    bucket.learn(
        BucketState(maximum=20_000, available=19_900, restore_rate=1000), taken=1000, used=100
    )
    assert bucket.state is not None
    assert bucket.state.available == 19_900


def test_another_app_that_drains_the_bucket_is_seen() -> None:
    bucket = bucket_of(PLUS, Time())
    bucket.take(10)
    bucket.learn(BucketState(maximum=20_000, available=5, restore_rate=1000), taken=10, used=10)
    assert bucket.state is not None
    assert bucket.state.available == 5


def test_a_request_larger_than_the_bucket_waits_for_a_full_one() -> None:
    time = Time()
    bucket = bucket_of(BucketState(maximum=1000, available=0, restore_rate=100), time)
    bucket.take(5000)
    assert time.now == pytest.approx(10)


@given(costs=st.lists(st.floats(1, 900), min_size=1, max_size=30), rate=st.floats(10, 1000))
def test_no_span_of_time_spends_more_than_bucket_and_restore_allow(
    costs: list[float], rate: float
) -> None:
    time = Time()
    bucket = bucket_of(BucketState(maximum=1000, available=1000, restore_rate=rate), time)
    for cost in costs:
        bucket.take(cost)
    assert sum(costs) <= 1000 + time.now * rate + 1e-6


def test_threads_share_one_bucket() -> None:
    time = Time()
    bucket = bucket_of(BucketState(maximum=1000, available=1000, restore_rate=100), time)
    threads = [threading.Thread(target=bucket.take, args=(90,)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bucket.state is not None
    assert bucket.state.available == pytest.approx(100)
    assert time.now == 0
