"""Landing the next reading while one is loaded."""

import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from contextvars import ContextVar

import pytest

from connectors.base.waiting import GivenUpError, pause
from flows.steps.ahead import prefetch

RUN: ContextVar[str] = ContextVar("RUN", default="nobody's")


def test_the_next_one_is_made_while_the_caller_uses_the_last_and_no_more_than_that_one() -> None:
    begun: list[int] = []
    second = threading.Event()

    def land(reading: int) -> int:
        begun.append(reading)
        if reading == 2:
            second.set()
        return reading * 10

    with closing(prefetch(land, [1, 2, 3, 4])) as landings:
        assert next(landings) == 10
        assert second.wait(timeout=10)
        assert begun == [1, 2]
        assert list(landings) == [20, 30, 40]
    assert begun == [1, 2, 3, 4]


def test_a_failure_is_raised_after_all_before_it_were_handed_over() -> None:
    def land(reading: int) -> int:
        if reading == 3:
            raise ValueError("the platform refuses")
        return reading

    landings = prefetch(land, [1, 2, 3, 4])
    assert [next(landings), next(landings)] == [1, 2]
    with pytest.raises(ValueError, match="refuses"):
        next(landings)


def test_nothing_is_begun_for_nothing() -> None:
    assert list(prefetch(lambda one: one, [])) == []


def test_what_is_done_ahead_belongs_to_the_run_that_asked_for_it() -> None:
    token = RUN.set("pull demo orders")
    try:
        assert list(prefetch(lambda _: RUN.get(), [1, 2])) == ["pull demo orders"] * 2
    finally:
        RUN.reset(token)


def test_who_stops_early_does_not_wait_for_what_was_begun() -> None:
    goes_on, ended = threading.Event(), threading.Event()

    def land(reading: int) -> int:
        if reading == 2:
            goes_on.wait(timeout=30)
            ended.set()
        return reading

    with closing(prefetch(land, [1, 2, 3])) as landings:
        assert next(landings) == 1
    assert not ended.is_set()
    goes_on.set()


def test_what_was_begun_stops_waiting_for_the_platform_when_nobody_wants_it_any_more() -> None:
    waiting, ended = threading.Event(), threading.Event()

    def land(reading: int) -> int:
        if reading == 2:
            waiting.set()
            with pytest.raises(GivenUpError):
                pause(600)
            ended.set()
        return reading

    with closing(prefetch(land, [1, 2, 3])) as landings:
        assert next(landings) == 1
        assert waiting.wait(timeout=10)
    assert ended.wait(timeout=10)


_PULL = """
import signal
from contextlib import closing
from connectors.base.limits import Meter
from flows.steps.ahead import prefetch

for told in (signal.SIGINT, signal.SIGTERM):
    signal.signal(told, signal.default_int_handler)
bucket = Meter(None, "account").token_bucket("orders", rate=0.001, burst=1)

def land(reading):
    print("reading", reading, flush=True)
    bucket.take()
    return reading

with closing(prefetch(land, [1, 2, 3])) as landings:
    for one in landings:
        print("landed", one, flush=True)
"""


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_process_that_waits_for_a_limit_ends_at_once_when_it_is_told_to(told: int) -> None:
    with subprocess.Popen([sys.executable, "-c", _PULL], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert {run.stdout.readline() for _ in range(3)} == {
            "reading 1\n", "reading 2\n", "landed 1\n"
        }  # fmt: skip
        time.sleep(0.5)
        run.send_signal(told)
        try:
            # The bucket is full again in a thousand seconds.
            assert run.wait(timeout=60) != 0
        finally:
            run.kill()
