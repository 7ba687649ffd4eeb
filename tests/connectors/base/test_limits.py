"""What each limit does at a given moment: resets, refusals, late answers, clocks that are wrong."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from connectors.base.limits import (
    AllOf,
    DailyQuota,
    HasUrgency,
    HeaderReset,
    Limit,
    Meter,
    OwnLimits,
    Urgency,
)
from contracts.actions import Change
from contracts.errors import NotAppliedError

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Time:
    """A clock that only sleeping moves."""

    def __init__(self, now: dt.datetime = dt.datetime(2026, 11, 22, tzinfo=SHANGHAI)) -> None:
        self.now = now.timestamp()
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def waited(self) -> float:
        return sum(self.slept)


def meter(time: Time, store: OwnLimits | None = None, budget_share: float = 1.0) -> Meter:
    return Meter(
        OwnLimits() if store is None else store,
        "amazon:A1",
        budget_share=budget_share,
        sleep=time.sleep,
        wall_clock=time,
    )


def spend(limit: Limit, *, urgency: Urgency = Urgency.UNDO) -> int:
    """Take one by one what is there at once."""
    taken = 0
    while limit.try_take(1.0, urgency=urgency) <= 0:
        taken += 1
    return taken


def test_search_orders_is_asked_twenty_times_at_once_and_then_every_three_minutes() -> None:
    time = Time()
    orders = meter(time).token_bucket("searchOrders", rate=0.0056, burst=20)
    assert spend(orders, urgency=Urgency.LIVE) == 17  # two are kept, and one may be on its way
    orders.take()
    assert time.waited < 185


def test_a_name_is_one_limit_wherever_it_is_opened_and_another_name_another() -> None:
    time, store = Time(), OwnLimits()
    first = meter(time, store).token_bucket("getOrder", rate=0.5, burst=5)
    again = meter(time, store).token_bucket("getOrder", rate=0.5, burst=5)
    other = meter(time, store).token_bucket("getReport", rate=0.5, burst=5)
    assert spend(first) == 4
    assert spend(again) == 0
    assert spend(other) == 4


def test_half_the_budget_is_half_the_burst_and_half_the_rate() -> None:
    time = Time()
    bucket = meter(time, budget_share=0.5).token_bucket("getOrder", rate=1, burst=20)
    assert spend(bucket) == 9
    time.now += 10
    assert spend(bucket) == 5


def test_a_rate_that_an_answer_states_replaces_the_one_that_was_known() -> None:
    time = Time()
    bucket = meter(time).token_bucket("getOrder", rate=0.5, burst=10)
    spend(bucket)
    bucket.learn(5.0)
    time.now += 1.5
    assert spend(bucket) == 8


def test_a_write_is_not_kept_waiting_beyond_its_lease_and_spends_nothing() -> None:
    time = Time()
    bucket = meter(time).token_bucket("createFeed", rate=0.0083, burst=1)
    bucket.take(urgency=Urgency.ACT)
    with pytest.raises(NotAppliedError, match="used up for") as told:
        bucket.take(urgency=Urgency.ACT)
    assert told.value.retry_after is not None
    assert 100 < told.value.retry_after < 130
    assert time.waited == 0
    bucket.take(urgency=Urgency.LIVE)
    assert 100 < time.waited < 130


def test_a_long_wait_is_slept_in_pieces_since_others_may_give_back() -> None:
    time = Time()
    bucket = meter(time).token_bucket("createFeed", rate=0.0083, burst=1)
    bucket.take()
    bucket.take()
    assert max(time.slept) == 60


def test_a_burst_and_what_is_steady_hold_together() -> None:
    windows = meter(Time()).windows("profiles", {1: 75, 60: 750})
    assert spend(windows) == 4  # 75 in any second: three are carried over
    assert windows.try_take(1.0, urgency=Urgency.UNDO) < 1 / 55


def test_what_one_limit_refuses_is_given_back_to_the_others() -> None:
    time = Time()
    plenty = meter(time).token_bucket("app", rate=0.01, burst=5)
    scarce = meter(time).token_bucket("one", rate=0.01, burst=1)
    both = AllOf(plenty, scarce)
    assert spend(both) == 1
    assert spend(plenty) == 3
    both.give_back(1)
    assert spend(both) == 1


def test_an_unexplained_refusal_counts_as_an_empty_bucket() -> None:
    time = Time()
    bucket = meter(time).token_bucket("getOrder", rate=0.5, burst=30)
    bucket.refused()
    bucket.take(urgency=Urgency.UNDO)
    assert time.waited == pytest.approx(2 / 0.98)


def daily(time: Time, limit: float = 1000, **reset: dt.time) -> DailyQuota:
    return meter(time).daily("calls", limit=limit, zone="Asia/Shanghai", **reset)


def test_a_day_starts_with_a_part_of_its_calls_and_ends_with_all_of_them() -> None:
    time = Time()
    quota = daily(time)
    assert spend(quota) == 150
    time.now += 12 * 3600
    assert spend(quota) == 425
    time.now += 12 * 3600 - 1
    assert spend(quota) == 424  # the very last one is due at midnight
    time.now += 1
    assert spend(quota) == 150


def test_what_the_morning_leaves_the_evening_uses() -> None:
    time = Time()
    quota = daily(time)
    spend(quota)
    time.now += 20 * 3600
    assert spend(quota, urgency=Urgency.LIVE) == pytest.approx(850 * 20 / 24 - 100 * 4 / 24, abs=1)


def test_a_backfill_begins_when_half_of_the_rest_of_the_day_is_covered() -> None:
    time = Time()
    quota = daily(time)
    assert spend(quota, urgency=Urgency.BACKFILL) == 0
    time.now += 12 * 3600
    assert spend(quota, urgency=Urgency.BACKFILL) == pytest.approx(575 - 250, abs=1)


def test_a_day_may_begin_at_another_hour() -> None:
    time = Time(dt.datetime(2026, 11, 22, 7, 59, tzinfo=SHANGHAI))
    quota = daily(time, resets_at=dt.time(8))
    spend(quota)
    time.now += 59
    assert spend(quota) == 0
    time.now += 1
    assert spend(quota) == 150


def test_a_refused_day_waits_for_its_reset_and_then_starts_afresh() -> None:
    time = Time(dt.datetime(2026, 11, 22, 18, tzinfo=SHANGHAI))
    quota = daily(time)
    quota.refused()
    wait = quota.try_take(1.0, urgency=Urgency.UNDO)
    assert wait == pytest.approx(6 * 3600)
    with pytest.raises(NotAppliedError):
        quota.take()
    time.now += wait
    assert spend(quota) == 150


@pytest.mark.parametrize(("stated", "ready"), [(2.0, 787), (6 * 3600 + 1.0, 150)])
def test_a_stated_wait_holds_all_calls_and_costs_none(stated: float, ready: int) -> None:
    time = Time(dt.datetime(2026, 11, 22, 18, tzinfo=SHANGHAI))
    quota = daily(time)
    for _ in range(2):  # two requests that were under way are told the same
        quota.refused(stated)
    assert quota.try_take(1.0, urgency=Urgency.UNDO) == pytest.approx(stated)
    time.now += stated
    assert spend(quota) == ready


def test_a_day_of_twenty_five_hours_has_no_more_calls() -> None:
    new_york = ZoneInfo("America/New_York")
    time = Time(dt.datetime(2026, 11, 1, tzinfo=new_york))
    quota = meter(time).daily("calls", limit=1000, zone="America/New_York")
    time.now += 25 * 3600 - 0.01
    assert spend(quota) == 999


def told(time: Time, limit: float, remaining: float, reset: float) -> HeaderReset:
    window = meter(time).headers("list")
    window.learn(limit, remaining, reset)
    return window


def test_until_the_first_answer_every_request_passes() -> None:
    window = meter(Time()).headers("list")
    assert all(window.try_take(1.0, urgency=Urgency.BACKFILL) <= 0 for _ in range(100))


def test_what_remains_is_used_and_then_the_reset_is_waited_for() -> None:
    time = Time()
    window = told(time, 100, 7, 30)
    assert spend(window) == 7
    window.take(urgency=Urgency.UNDO)
    assert time.waited == pytest.approx(30)
    assert spend(window) == 99


def test_the_reserve_shrinks_with_what_is_left_of_the_window() -> None:
    time = Time()
    window = told(time, 100, 100, 60)
    assert spend(window, urgency=Urgency.LIVE) == 90
    time.now += 30
    assert spend(window, urgency=Urgency.LIVE) == 5
    time.now += 29.9
    assert spend(window, urgency=Urgency.LIVE) == 2
    assert spend(window, urgency=Urgency.UNDO) == 3


def test_answers_may_overtake_each_other() -> None:
    window = told(Time(), 100, 40, 30)
    window.learn(100, 60, 30)
    assert spend(window) == 40


def test_a_reset_that_is_told_in_whole_seconds_is_no_new_window() -> None:
    time = Time()
    window = told(time, 100, 50, 30)
    assert [window.try_take(1.0, urgency=Urgency.UNDO) for _ in range(20)] == [0.0] * 20
    time.now += 0.9
    window.learn(100, 49, 30)
    assert spend(window) == 30


def test_an_answer_of_the_window_before_is_past() -> None:
    window = told(Time(), 100, 100, 60)
    window.learn(100, 0, 1)
    assert spend(window) == 100


def test_an_answer_of_the_next_window_counts_before_our_clock_has_got_there() -> None:
    window = told(Time(), 100, 0, 2)
    window.learn(100, 99, 60)
    assert spend(window) == 99


def test_requests_under_way_when_a_window_began_are_not_forgotten() -> None:
    time = Time()
    window = told(time, 100, 0, 10)
    time.now += 10
    assert [window.try_take(1.0, urgency=Urgency.UNDO) for _ in range(8)] == [0.0] * 8
    window.learn(100, 99, 60)
    assert spend(window) == 92


def test_an_answer_that_was_under_way_does_not_end_a_refusal() -> None:
    time = Time()
    window = told(time, 100, 50, 60)
    window.refused(5)
    window.learn(100, 49, 59)
    assert window.try_take(1.0, urgency=Urgency.UNDO) == pytest.approx(5)
    time.now += 5
    assert spend(window) == 100


def test_of_two_refusals_the_longer_counts_and_before_any_answer_it_is_just_waited() -> None:
    time = Time()
    window = meter(time).headers("list")
    window.refused(30)
    window.refused()
    window.take(urgency=Urgency.UNDO)
    assert time.waited == pytest.approx(30)
    assert all(window.try_take(1.0, urgency=Urgency.LIVE) <= 0 for _ in range(100))


def test_of_a_shared_window_only_our_part_is_used() -> None:
    time = Time()
    window = meter(time, budget_share=0.5).headers("list")
    window.learn(100, 90, 60)
    assert spend(window) == 50


def test_an_absurd_reset_holds_for_a_day_at_most() -> None:
    window = told(Time(), 100, 0, 1_795_348_800)
    assert window.try_take(1.0, urgency=Urgency.UNDO) == pytest.approx(86_400)


KINDS: dict[str, Callable[[Time], Limit]] = {
    "token bucket": lambda time: meter(time).token_bucket("orders", rate=0.5, burst=5),
    "windows": lambda time: meter(time).windows("profiles", {1: 75, 60: 750}),
    "headers": lambda time: told(time, 20, 20, 60),
    "day": lambda time: daily(time, limit=100_000),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_clock_that_is_set_back_by_an_hour_stops_nobody(kind: str) -> None:
    time = Time(dt.datetime(2026, 11, 22, 12, tzinfo=SHANGHAI))
    limit = KINDS[kind](time)
    spend(limit, urgency=Urgency.LIVE)
    time.now -= 3600
    limit.take()
    assert time.waited <= 600


@pytest.mark.parametrize("kind", ["headers", "day"])
def test_who_waits_for_the_same_reset_wakes_in_order_of_urgency(kind: str) -> None:
    limit = KINDS[kind](Time())
    limit.refused(60)
    waits = [limit.try_take(1.0, urgency=urgency) for urgency in Urgency]
    assert waits == sorted(set(waits))


def test_at_the_end_of_a_day_all_wait_for_the_next_in_order_of_urgency() -> None:
    time = Time()
    quota = daily(time)
    time.now += 24 * 3600 - 20
    spend(quota)
    waits = [quota.try_take(1.0, urgency=urgency) for urgency in Urgency]
    assert waits == sorted(set(waits))
    assert waits[0] == pytest.approx(20)


def test_a_write_that_undoes_is_the_most_urgent() -> None:
    change = Change(action_id="a", target_id="1", parent_id=None, before=1, after=2, currency=None)
    assert Urgency.of([change]) is Urgency.ACT
    assert Urgency.of([change, replace(change, is_undo=True)]) is Urgency.UNDO


def test_the_urgency_of_a_client_can_be_told() -> None:
    class Client:
        def __init__(self) -> None:
            self.urgency = Urgency.LIVE

    assert isinstance(Client(), HasUrgency)
    assert not isinstance(object(), HasUrgency)
