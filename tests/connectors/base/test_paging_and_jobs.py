"""Paging ends, and a job that ended badly is not taken for an empty one."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.jobs import JobStatus, finish
from connectors.base.paging import by_cursor, by_number, by_overlap
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


class Moving:
    """A list of numbers by pages of five; before each request something may happen to it."""

    def __init__(self, length: int, *happens: Callable[[list[int]], object]) -> None:
        self.rows = list(range(length))
        self.happens = list(happens)
        self.asked: list[int] = []

    def page(self, offset: int) -> tuple[list[int], list[int], int]:
        if self.happens:
            self.happens.pop(0)(self.rows)
        self.asked.append(offset)
        found = self.rows[offset : offset + 5]
        return found, found, len(self.rows)


def test_pages_by_offset_overlap_by_a_row_and_end() -> None:
    moving = Moving(12)
    pages = list(by_overlap(moving.page, size=5))
    assert pages == [[0, 1, 2, 3, 4], [4, 5, 6, 7, 8], [8, 9, 10, 11]]
    assert moving.asked == [0, 4, 8]


@pytest.mark.parametrize("length", [0, 1, 5])
def test_a_list_of_one_page_is_asked_for_once(length: int) -> None:
    moving = Moving(length)
    assert [row for page in by_overlap(moving.page, size=5) for row in page] == moving.rows
    assert moving.asked == [0]


@given(
    length=st.integers(0, 40),
    taken=st.lists(st.one_of(st.none(), st.integers(0, 39)), max_size=8),
)
def test_no_row_that_stays_is_missed_when_others_are_taken_away(
    length: int, taken: list[int | None]
) -> None:
    def takes(number: int | None) -> Callable[[list[int]], object]:
        return lambda rows: rows.remove(number) if number in rows else None

    moving = Moving(length, *(takes(number) for number in taken))
    read = {row for page in by_overlap(moving.page, size=5) for row in page}
    assert read >= set(moving.rows)


def test_a_page_that_comes_again_once_is_asked_for_again() -> None:
    moving = Moving(12)
    answers = iter([0, 0, 4, 4, 4, 8])
    found = by_overlap(lambda _: moving.page(next(answers)), size=5)
    assert {row for page in found for row in page} == set(range(12))


def test_a_row_that_comes_in_before_the_end_is_no_repeated_page() -> None:
    moving = Moving(5, lambda _: None, lambda rows: rows.insert(0, 99))
    moving.rows.append(5)
    assert list(by_overlap(moving.page, size=5)) == [[0, 1, 2, 3, 4], [3, 4, 5]]
    moving = Moving(6, lambda _: None, lambda rows: rows.__setitem__(slice(None), [99, *range(5)]))
    assert list(by_overlap(moving.page, size=5)) == [[0, 1, 2, 3, 4], [3, 4]]


def test_a_platform_that_knows_no_offset_is_an_error_and_no_loop() -> None:
    with pytest.raises(SourceContractError, match="repeated a page"):
        list(by_overlap(lambda _: Moving(12).page(0), size=5))


def test_a_list_that_never_holds_still_is_read_again_later() -> None:
    rows = itertools.count()

    def page(_offset: int) -> tuple[list[int], list[int], int]:
        found = [next(rows) for _ in range(5)]
        return found, found, 10_000

    with pytest.raises(TransientSourceError, match="faster"):
        list(by_overlap(page, size=5))


def test_rows_that_we_may_not_see_do_not_end_the_list() -> None:
    def page(offset: int) -> tuple[list[int], list[int], int]:
        found = [row for row in range(12)[offset : offset + 5] if row not in (3, 4, 5)]
        return found, found, 12

    read = {row for found in by_overlap(page, size=5) for row in found}
    assert read == {0, 1, 2, 6, 7, 8, 9, 10, 11}


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


def test_numbered_pages_end_where_there_are_no_more() -> None:
    assert list(by_number(lambda number: (f"page {number}", number < 3))) == [
        "page 1",
        "page 2",
        "page 3",
    ]


def test_numbered_pages_that_do_not_end_are_an_error() -> None:
    with pytest.raises(SourceContractError, match="5 pages"):
        list(by_number(lambda number: (number, True), start=0, most=5))
