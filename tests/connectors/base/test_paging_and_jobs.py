"""Paging ends, and a job that ended badly is not taken for an empty one."""

from dataclasses import dataclass

import pytest

from connectors.base.jobs import JobStatus, finish
from connectors.base.paging import by_cursor
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)


def test_pages_follow_their_cursors_to_the_end() -> None:
    pages = {None: ("first", "a"), "a": ("second", "b"), "b": ("third", None)}
    assert list(by_cursor(lambda cursor: pages[cursor])) == ["first", "second", "third"]


@pytest.mark.parametrize("again", ["a", "b"])
def test_a_repeated_cursor_is_an_error_and_no_loop(again: str) -> None:
    pages = {None: ("first", "a"), "a": ("second", "b"), "b": ("third", again)}
    with pytest.raises(SourceContractError, match="repeated"):
        list(by_cursor(lambda cursor: pages[cursor]))


@dataclass(frozen=True)
class Job:
    status: JobStatus


class Platform:
    """Answers polls with the given states, the last one for ever."""

    def __init__(self, *states: JobStatus) -> None:
        self.states = list(states)
        self.now = 0.0
        self.waits: list[float] = []

    def ask(self) -> Job:
        return Job(self.states.pop(0) if len(self.states) > 1 else self.states[0])

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def run(self, deadline: float = 60) -> Job:
        return finish(
            self.ask, deadline=deadline, clock=lambda: self.now, sleep=self.sleep, longest_wait=1
        )


def test_a_job_is_polled_until_it_is_done() -> None:
    platform = Platform(
        JobStatus.QUEUED,
        JobStatus.RUNNING,
        JobStatus.RUNNING,
        JobStatus.RUNNING,
        JobStatus.DONE,
    )
    assert platform.run().status is JobStatus.DONE
    assert platform.waits == [0.25, 0.5, 1.0, 1.0]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (JobStatus.CANCELLED, TransientSourceError),
        (JobStatus.FATAL, SourceRejectedError),
        (JobStatus.EXPIRED, SourceContractError),
    ],
)
def test_a_job_that_ended_badly_is_no_empty_result(
    status: JobStatus, error: type[ShopkeeperError]
) -> None:
    with pytest.raises(error, match="job"):
        Platform(JobStatus.RUNNING, status).run()


def test_a_job_without_data_is_an_empty_result_and_no_failure() -> None:
    assert Platform(JobStatus.RUNNING, JobStatus.NO_DATA).run().status is JobStatus.NO_DATA


def test_a_job_that_outlasts_its_deadline_is_given_up() -> None:
    platform = Platform(JobStatus.RUNNING)
    with pytest.raises(TransientSourceError, match="still running"):
        platform.run(deadline=5)
    assert platform.now <= 5
