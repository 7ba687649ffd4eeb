"""The retry policy: what is repeated, how long it waits, and when it gives up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.retry import NotAppliedError, Retry
from contracts.errors import ShopkeeperError, SourceRejectedError, TransientSourceError


class Failing:
    """Fails with the given errors, then answers."""

    def __init__(self, *errors: ShopkeeperError) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def test_two_failures_then_success_are_three_calls() -> None:
    waits: list[float] = []
    ask = Failing(TransientSourceError("busy"), TransientSourceError("busy"))
    assert Retry(sleep=waits.append, jitter=lambda: 1.0).call(ask) == "answer"
    assert ask.calls == 3
    assert waits == [0.5, 1.0]


def test_the_stated_wait_is_honoured() -> None:
    waits: list[float] = []
    Retry(sleep=waits.append).call(Failing(TransientSourceError("busy", retry_after=7.5)))
    assert waits == [7.5]


def test_a_stated_wait_of_an_hour_is_left_to_the_task() -> None:
    waits: list[float] = []
    ask = Failing(TransientSourceError("busy", retry_after=3600))
    with pytest.raises(TransientSourceError):
        Retry(sleep=waits.append).call(ask)
    assert (ask.calls, waits) == (1, [])


def test_a_refusal_is_not_repeated() -> None:
    ask = Failing(SourceRejectedError("token"))
    with pytest.raises(SourceRejectedError):
        Retry(sleep=lambda _: None).call(ask)
    assert ask.calls == 1


def test_a_write_is_repeated_only_when_nothing_was_applied() -> None:
    retry = Retry(sleep=lambda _: None)
    refused, broken = Failing(NotAppliedError("busy")), Failing(TransientSourceError("time-out"))
    assert retry.call(refused, repeats=NotAppliedError) == "answer"
    with pytest.raises(TransientSourceError):
        retry.call(broken, repeats=NotAppliedError)
    assert (refused.calls, broken.calls) == (2, 1)


@given(
    attempts=st.integers(1, 12),
    jitter=st.floats(0, 1),
    longest=st.floats(0.1, 100),
)
def test_waits_are_bounded_and_the_last_failure_is_raised(
    attempts: int, jitter: float, longest: float
) -> None:
    waits: list[float] = []
    retry = Retry(
        attempts=attempts, longest_wait=longest, sleep=waits.append, jitter=lambda: jitter
    )
    ask = Failing(*(TransientSourceError(str(number)) for number in range(50)))
    with pytest.raises(TransientSourceError, match=f"^{attempts - 1}$"):
        retry.call(ask)
    assert ask.calls == attempts
    assert len(waits) == attempts - 1
    assert all(0 <= wait <= longest for wait in waits)
