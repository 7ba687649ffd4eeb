"""The leaky bucket: it never asks for more than the platform holds, and keeps some for writes."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.limits import BucketState, CostBucket, Place, Urgency

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


def unknown(time: Time, budget_share: float = 1.0) -> CostBucket:
    return CostBucket(Place(clock=time.clock, sleep=time.sleep, budget_share=budget_share))


def bucket_of(state: BucketState, time: Time) -> CostBucket:
    bucket = unknown(time)
    bucket.learn(state, taken=0, used=0)
    return bucket


def test_an_unknown_bucket_lets_requests_pass() -> None:
    time = Time()
    unknown(time).take(10**6)
    assert time.now == 0


def test_a_request_waits_until_the_bucket_holds_its_cost() -> None:
    time = Time()
    bucket = bucket_of(BucketState(maximum=2000, available=100, restore_rate=100), time)
    bucket.take(500, urgency=Urgency.UNDO)
    assert time.now == pytest.approx(4)


@pytest.mark.parametrize(
    ("urgency", "left"),
    [(Urgency.UNDO, 0), (Urgency.ACT, 100), (Urgency.LIVE, 200), (Urgency.BACKFILL, 1000)],
)
def test_each_leaves_to_the_more_urgent_what_is_theirs(urgency: Urgency, left: float) -> None:
    time = Time()
    bucket = bucket_of(BucketState(maximum=2000, available=2000, restore_rate=100), time)
    bucket.take(2000 - left, urgency=urgency)
    assert time.now == 0
    bucket.take(100, urgency=urgency)
    assert time.now == pytest.approx(1)


def test_of_a_shared_bucket_only_our_part_is_used() -> None:
    time = Time()
    bucket = unknown(time, budget_share=0.25)
    bucket.learn(BucketState(maximum=2000, available=1800, restore_rate=100), taken=0, used=0)
    assert bucket.state == BucketState(maximum=500, available=500, restore_rate=25)


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
    bucket.take(5000, urgency=Urgency.UNDO)
    assert time.now == pytest.approx(10)


def test_of_two_who_need_the_whole_bucket_the_more_urgent_waits_for_less() -> None:
    waits = []
    for urgency in Urgency:
        time = Time()
        bucket = bucket_of(BucketState(maximum=1000, available=0, restore_rate=100), time)
        bucket.take(1000, urgency=urgency)
        waits.append(time.now)
    assert waits == sorted(set(waits))
    assert waits[Urgency.LIVE] < 10.5


def test_an_answer_that_was_under_way_does_not_end_a_refusal() -> None:
    time = Time()
    bucket = bucket_of(BucketState(maximum=1000, available=500, restore_rate=100), time)
    bucket.refused(30)
    bucket.learn(BucketState(maximum=1000, available=400, restore_rate=100), taken=50, used=50)
    bucket.take(10, urgency=Urgency.UNDO)
    assert time.now == pytest.approx(30.1)


def test_a_bucket_that_refuses_before_it_is_known_is_asked_slowly_and_then_believed() -> None:
    time = Time()
    bucket = unknown(time)
    bucket.refused(5)
    bucket.take(1, urgency=Urgency.UNDO)
    assert time.now == pytest.approx(6)
    bucket.learn(PLUS, taken=1, used=1)
    bucket.take(1000, urgency=Urgency.UNDO)
    assert time.now == pytest.approx(7)


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


def test_a_later_shorter_refusal_shortens_no_longer_one() -> None:
    time = Time()
    bucket = bucket_of(PLUS, time)
    bucket.refused(30)
    bucket.refused(1)
    bucket.take(1, urgency=Urgency.UNDO)
    assert time.now == pytest.approx(30, abs=0.1)
