"""Laws of the limits: never more than permitted, nearly all of it, and the urgent ones first.

Two clients share a store in simulated time. Requests travel for a while, each as long as it likes;
what arrives is judged here by the plainest reading of each rule, with none of the limits' code.
"""

import datetime as dt
import heapq
import itertools
import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.limits import (
    AllOf,
    BucketState,
    CostBucket,
    HeaderReset,
    Limit,
    Meter,
    OwnLimits,
    Urgency,
)

EPOCH = 1_795_363_200.0  # 2026-11-22 16:00 UTC, midnight in Shanghai
EXACT = 1e-6
ENOUGH = 0.9


@dataclass
class World:
    """A clock, and the clients that ask as fast as their limits let them."""

    delays: Sequence[float] = (0.0,)
    now: float = EPOCH
    store: OwnLimits = field(default_factory=OwnLimits)
    sent: list[tuple[float, Urgency]] = field(default_factory=list)
    arrived: list[float] = field(default_factory=list)

    def meter(self, budget_share: float = 1.0) -> Meter:
        return Meter(
            self.store, "shop", budget_share=budget_share, wall_clock=lambda: self.now, sleep=_never
        )

    def ask(
        self,
        askers: Sequence[tuple[Limit, Urgency]],
        *,
        requests: int,
        late: tuple[Limit, Urgency, float] | None = None,
        until: float = math.inf,
        answered: Callable[[Limit, float], None] = lambda _limit, _at: None,
    ) -> None:
        """Each asks again as soon as it has sent; `late` asks once, from its moment on."""
        delays = itertools.cycle(self.delays)
        turns = itertools.count()
        due = [(self.now, next(turns), limit, urgency, True) for limit, urgency in askers]
        if late is not None:
            due.append((late[2], next(turns), late[0], late[1], False))
        heapq.heapify(due)
        while len(self.sent) < requests and due and due[0][0] < until:
            self.now, _, limit, urgency, again = heapq.heappop(due)
            wait = limit.try_take(1.0, urgency=urgency)
            if wait <= 0:
                self.sent.append((self.now, urgency))
                self.arrived.append(self.now + next(delays))
                answered(limit, self.arrived[-1])
            if wait > 0 or again:
                heapq.heappush(
                    due, (self.now + max(wait, 1e-4), next(turns), limit, urgency, again)
                )

    def rate(self, *, after: int) -> float:
        """Requests per second once the first ones are out."""
        times = [at for at, _ in self.sent]
        return (len(times) - 1 - after) / (times[-1] - times[after])


def _never(_seconds: float) -> None:
    raise AssertionError("simulated clients do not sleep")


def delays(most: float) -> st.SearchStrategy[list[float]]:
    return st.lists(st.floats(0, most), min_size=1, max_size=7)


def most_in_any(arrived: Sequence[float], seconds: float) -> int:
    """The most requests that any half-open span of that length holds, wherever it begins."""
    times, most, first = sorted(arrived), 0, 0
    for last, at in enumerate(times):
        while at - times[first] >= seconds - EXACT:
            first += 1
        most = max(most, last - first + 1)
    return most


def bucket_refuses(arrived: Sequence[float], *, rate: float, burst: float) -> int:
    """How many requests a token bucket turns away that is full at first."""
    level, at, refused = burst, -math.inf, 0
    for now in sorted(arrived):
        level = min(burst, level + (now - at) * rate)
        at = now
        if level < 1 - EXACT:
            refused += 1
        else:
            level -= 1
    return refused


@given(data=st.data(), rate=st.floats(0.005, 50), burst=st.floats(1, 60))
def test_a_token_bucket_is_used_and_never_empty(
    data: st.DataObject, rate: float, burst: float
) -> None:
    travel = min(0.1, max(0.019, burst - 1) / rate)
    world = World(data.draw(delays(travel)))
    limits = [world.meter().token_bucket("orders", rate=rate, burst=burst) for _ in range(2)]
    world.ask([(limit, Urgency.LIVE) for limit in limits], requests=150)
    assert bucket_refuses(world.arrived, rate=rate, burst=burst) == 0
    assert world.rate(after=70) >= ENOUGH * rate


@given(
    data=st.data(),
    windows=st.sampled_from(
        [{1: 75, 60: 750}, {1: 10, 60: 150}, {1: 3, 60: 60}, {1: 1, 60: 2}, {1: 10}, {10: 7}]
    ),
)
def test_no_window_holds_more_than_it_permits_wherever_it_begins(
    data: st.DataObject, windows: Mapping[float, float]
) -> None:
    world = World(data.draw(delays(min(1.0, *(seconds / 20 for seconds in windows)))))
    limits = [world.meter().windows("profiles", windows) for _ in range(2)]
    world.ask([(limit, Urgency.LIVE) for limit in limits], requests=250)
    for seconds, permitted in windows.items():
        assert most_in_any(world.arrived, seconds) <= permitted
    steady = min(permitted / seconds for seconds, permitted in windows.items())
    assert world.rate(after=50) >= ENOUGH * steady


@given(share=st.floats(0.05, 1), urgency=st.sampled_from(Urgency))
def test_others_have_their_share_of_a_window(share: float, urgency: Urgency) -> None:
    world = World()
    limit = world.meter(share).windows("profiles", {60: 100})
    world.ask([(limit, urgency)], requests=200)
    assert most_in_any(world.arrived, 60) <= math.ceil(100 * share)
    if urgency <= Urgency.LIVE:
        assert world.rate(after=20) >= ENOUGH * share * 100 / 60


@settings(max_examples=25)
@given(
    data=st.data(),
    zone=st.sampled_from(["Asia/Shanghai", "America/Los_Angeles"]),
    limit=st.integers(20, 400),
    start=st.floats(0, 86_400),
)
def test_a_day_of_its_zone_never_sees_more_calls_than_its_quota(
    data: st.DataObject, zone: str, limit: int, start: float
) -> None:
    world = World(now=EPOCH - 21 * 86_400 + start)  # the clocks of Los Angeles go back that week
    quotas = [world.meter().daily("calls", limit=limit, zone=zone) for _ in range(2)]
    end = world.now + 3 * 86_400
    urgency = data.draw(st.sampled_from(Urgency))
    world.ask([(quota, urgency) for quota in quotas], requests=5 * limit, until=end)
    calls = Counter(dt.datetime.fromtimestamp(at, ZoneInfo(zone)).date() for at, _ in world.sent)
    assert max(calls.values()) <= limit
    whole_days = sorted(calls)[1:3]
    assert min(calls[day] for day in whole_days) >= ENOUGH * limit


@settings(max_examples=10)
@given(limit=st.integers(1_000, 50_000))
def test_a_daily_quota_is_paced(limit: int) -> None:
    world = World()
    quota = world.meter().daily("calls", limit=limit, zone="Asia/Shanghai")
    world.ask([(quota, Urgency.LIVE)], requests=limit // 20 + 300, until=EPOCH + 86_400)
    assert ENOUGH <= world.rate(after=limit // 20 + 1) / (limit / 86_400) <= 1


@dataclass
class Windowed:
    """A platform with windows on a clock of its own, which tells of them in whole seconds."""

    limit: int
    seconds: float
    phase: float
    counts: Counter[int] = field(default_factory=Counter)
    refused: int = 0

    def answer(self, limit: Limit, at: float) -> None:
        if not isinstance(limit, HeaderReset):
            return
        number = math.floor((at + self.phase) / self.seconds)
        left = math.ceil((number + 1) * self.seconds - self.phase - at)
        if self.counts[number] >= self.limit:
            self.refused += 1
            limit.refused(left)
        else:
            self.counts[number] += 1
            limit.learn(self.limit, self.limit - self.counts[number], left)


@given(permitted=st.integers(1, 100), seconds=st.sampled_from([20.0, 60.0]), phase=st.floats(0, 60))
def test_a_window_that_answers_tell_of_is_used_up_and_never_beyond(
    permitted: int, seconds: float, phase: float
) -> None:
    world = World()
    platform = Windowed(permitted, seconds, phase)
    limits = [world.meter().headers("list") for _ in range(2)]
    world.ask(
        [(limit, Urgency.LIVE) for limit in limits],
        requests=10**6,
        until=world.now + 8 * seconds,
        answered=platform.answer,
    )
    assert platform.refused == 0
    whole = sorted(platform.counts)[1:-1]
    assert sum(platform.counts[one] for one in whole) >= ENOUGH * permitted * len(whole)


def known_points(world: World) -> CostBucket:
    bucket = world.meter().cost("points")
    if bucket.state is None:
        bucket.learn(BucketState(maximum=20, available=20, restore_rate=2), taken=0, used=0)
    return bucket


def known_window(world: World) -> HeaderReset:
    limit = world.meter().headers("list")
    limit.learn(50, 50, 40)
    return limit


KINDS: dict[str, Callable[[World], Limit]] = {
    "token bucket": lambda world: world.meter().token_bucket("orders", rate=0.5, burst=30),
    "token bucket of one": lambda world: world.meter().token_bucket("price", rate=0.5, burst=1),
    "cost bucket": known_points,
    "windows": lambda world: world.meter().windows("profiles", {1: 75, 60: 750}),
    "windows of few": lambda world: world.meter().windows("reports", {1: 1, 60: 2}),
    "headers": known_window,
    "day": lambda world: world.meter().daily("calls", limit=900, zone="Asia/Shanghai"),
    "all of": lambda world: AllOf(
        world.meter().windows("profiles", {1: 75, 60: 750}),
        world.meter().daily("calls", limit=9000, zone="Asia/Shanghai"),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(
    pair=st.sampled_from(list(itertools.combinations(Urgency, 2))),
    later=st.floats(0.01, 0.99),
    count=st.integers(60, 90),
)
def test_who_waits_is_served_before_all_that_are_less_urgent(
    kind: str, pair: tuple[Urgency, Urgency], later: float, count: int
) -> None:
    urgent, patient = pair
    world, answered = World(), Windowed(50, 40.0, phase=0.0).answer
    limits = [KINDS[kind](world) for _ in range(2)]
    busy = [(limit, patient) for limit in limits]
    world.ask(busy, requests=count, answered=answered)
    moment = world.now + later
    late = (limits[0], urgent, moment)
    world.ask(busy, requests=count + 100, late=late, until=moment + 86_400, answered=answered)
    served = next(at for at, urgency in world.sent if urgency is urgent)
    assert not [at for at, urgency in world.sent if moment < at < served and urgency is patient]


@pytest.mark.parametrize(
    ("kind", "kept"), [("token bucket", 2), ("cost bucket", 2), ("headers", 4), ("day", 60)]
)
def test_a_tenth_is_there_at_once_for_what_cannot_wait(kind: str, kept: int) -> None:
    world = World()
    limit = KINDS[kind](world)
    world.ask([(limit, Urgency.LIVE)], requests=10**6, until=world.now + 0.5)
    waits = [limit.try_take(1.0, urgency=Urgency.UNDO) for _ in range(kept)]
    assert waits == [0.0] * kept
    assert limit.try_take(1.0, urgency=Urgency.LIVE) > 0


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(wait=st.floats(0.5, 4000), urgency=st.sampled_from(Urgency))
def test_after_a_refusal_nobody_asks_until_the_stated_moment_and_then_somebody_may(
    kind: str, wait: float, urgency: Urgency
) -> None:
    world = World()
    refused, other = (KINDS[kind](world) for _ in range(2))
    world.ask([(refused, Urgency.LIVE)], requests=3)
    began = world.now
    refused.refused(wait)
    asks = [(other, Urgency.UNDO), (refused, urgency)]
    world.ask(asks, requests=4, until=began + wait + 86_400)
    assert world.sent[3][0] >= began + wait - EXACT
    assert world.sent[3][0] <= began + wait + 120


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25)
@given(first=st.floats(10, 4000), later=st.floats(0.5, 9), after=st.floats(0, 1))
def test_a_later_shorter_refusal_shortens_no_longer_one(
    kind: str, first: float, later: float, after: float
) -> None:
    world = World()
    one, other = (KINDS[kind](world) for _ in range(2))
    world.ask([(one, Urgency.LIVE)], requests=3)
    began = world.now
    one.refused(first)
    world.now += after
    other.refused(later)
    world.ask([(other, Urgency.UNDO)], requests=4, until=began + first + 86_400)
    assert world.sent[3][0] >= began + first - EXACT


class Time:
    """A clock for threads: who sleeps wakes at his moment, whoever else sleeps meanwhile."""

    def __init__(self) -> None:
        self.now = EPOCH
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        with self._lock:
            self.now = max(self.now, until)


@pytest.mark.parametrize("urgency", [Urgency.UNDO, Urgency.LIVE])
def test_two_threads_share_what_is_permitted(urgency: Urgency) -> None:
    time, store = Time(), OwnLimits()
    taken: list[float] = []

    def take() -> None:
        meter = Meter(store, "shop", wall_clock=time, sleep=time.sleep)
        limit = meter.windows("profiles", {1: 20, 60: 600})
        for _ in range(300):
            limit.take(urgency=urgency)
            taken.append(time.now)

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most_in_any(taken, 60) <= 600
    assert 600 / (max(taken) - EPOCH) >= ENOUGH * 10
