"""Changes are sent group by group, and each has an outcome of its own."""

import threading
from collections.abc import Sequence

import pytest

from connectors.base.limits import Urgency
from connectors.base.retry import NotAppliedError, ThrottledError, TokenRejectedError
from connectors.base.sending import (
    OddItemError,
    all_as,
    chunks,
    each,
    nothing_sent,
    read_each,
    urgency_of,
)
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import OutcomeState
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)

ACCEPTED, REJECTED, UNKNOWN = OutcomeState.ACCEPTED, OutcomeState.REJECTED, OutcomeState.UNKNOWN


class OneRefusedError(SourceRejectedError):
    """About one group."""


def change(name: str, *, is_undo: bool = False) -> Change:
    return Change(
        action_id=name,
        target_id=name,
        parent_id=None,
        before=None,
        after=1,
        currency=None,
        is_undo=is_undo,
    )


GROUPS = [[change("a"), change("b")], [change("c")], [change("d")]]


def outcomes(errors: dict[str, Exception]) -> dict[str, OutcomeState]:
    def send(group: Sequence[Change]) -> list[Outcome]:
        if group[0].action_id in errors:
            raise errors[group[0].action_id]
        return all_as(group, ACCEPTED, None)

    found = each(GROUPS, send, alone=OneRefusedError)
    assert [one.action_id for one in found] == ["a", "b", "c", "d"]
    return {one.action_id: one.state for one in found}


@pytest.mark.parametrize(
    ("error", "others"),
    [
        (OneRefusedError("x"), (REJECTED, ACCEPTED)),
        (OddItemError("x"), (REJECTED, ACCEPTED)),
        (SourceRejectedError("x"), (REJECTED, REJECTED)),
        (NotAppliedError("x"), (REJECTED, REJECTED)),
        (TransientSourceError("x"), (UNKNOWN, ACCEPTED)),
        (SourceContractError("x"), (UNKNOWN, ACCEPTED)),
    ],
)
def test_an_error_of_one_group_decides_over_it_and_perhaps_over_the_rest(
    error: Exception, others: tuple[OutcomeState, OutcomeState]
) -> None:
    found = outcomes({"c": error})
    assert (found["a"], found["b"]) == (ACCEPTED, ACCEPTED)
    assert (found["c"], found["d"]) == others


def test_when_nothing_was_sent_at_all_it_is_tried_again_later() -> None:
    with pytest.raises(NotAppliedError):
        outcomes({"a": NotAppliedError("busy")})


MANY = [[change(str(number))] for number in range(13)]


def test_after_the_first_few_some_are_under_way_at_once_and_outcomes_keep_their_order() -> None:
    alone, together = [group[0].action_id for group in MANY[:5]], threading.Barrier(4, timeout=30)

    def send(group: Sequence[Change]) -> list[Outcome]:
        if group[0].action_id not in alone:
            together.wait()  # broken, unless four of them wait for each other
        return all_as(group, ACCEPTED, None)

    found = each(MANY, send, at_once=4)
    assert [one.action_id for one in found] == [group[0].action_id for group in MANY]
    assert {one.state for one in found} == {ACCEPTED}


@pytest.mark.parametrize("error", [SourceRejectedError("no"), NotAppliedError("no")])
def test_what_is_under_way_when_the_sending_ends_is_told_by_its_own_answer(
    error: ShopkeeperError,
) -> None:
    sent = []

    def send(group: Sequence[Change]) -> list[Outcome]:
        sent.append(group[0].action_id)
        if group[0].action_id == "6":
            raise error
        return all_as(group, ACCEPTED, None)

    found = {one.action_id: one for one in each(MANY, send, at_once=4)}
    assert sorted(sent, key=int) == [str(number) for number in range(9)]
    assert [found[str(number)].state for number in range(5, 10)] == [
        ACCEPTED, REJECTED, ACCEPTED, ACCEPTED, REJECTED,
    ]  # fmt: skip
    assert (found["6"].message, found["9"].message) == ("no", "not sent: no")


def test_an_item_that_cannot_be_read_ends_itself_and_nothing_else() -> None:
    def send(group: Sequence[Change]) -> list[Outcome]:
        with nothing_sent():
            if group[0].action_id == "c":
                raise SourceContractError("its price is a list")
        return all_as(group, ACCEPTED, None)

    found = {one.action_id: one for one in each(GROUPS, send)}
    assert [one.state for one in found.values()] == [ACCEPTED, ACCEPTED, REJECTED, ACCEPTED]
    assert found["c"].message == "nothing was sent: its price is a list"


def test_live_answers_for_what_it_can_read() -> None:
    ten = Live(value=10, currency=None)

    def live(one: Change) -> Live | None:
        if one.target_id == "b":
            raise SourceContractError("odd")
        return None if one.target_id == "c" else ten

    found = read_each([change(name) for name in "abcd"], live)
    assert found == {"a": ten, "b": Unread(why="odd"), "d": ten}


def test_an_account_that_is_refused_is_no_odd_item() -> None:
    def live(_: Change) -> Live | None:
        raise TokenRejectedError("no")

    with pytest.raises(TokenRejectedError):
        read_each([change("a")], live)


def test_pieces_hold_everything_once() -> None:
    assert [list(some) for some in chunks([1, 2, 3, 4, 5], 2)] == [[1, 2], [3, 4], [5]]
    assert list(chunks([], 2)) == []


def test_what_is_taken_back_goes_first() -> None:
    assert urgency_of([change("a"), change("b", is_undo=True)]) is Urgency.UNDO
    assert urgency_of([change("a")]) is Urgency.ACT


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (TransientSourceError("cut", retry_after=3.0), NotAppliedError),
        (ThrottledError("busy"), ThrottledError),
        (SourceContractError("odd"), OddItemError),
        (TokenRejectedError("no"), TokenRejectedError),
    ],
)
def test_what_fails_before_a_write_was_certainly_not_written(
    error: ShopkeeperError, raised: type[ShopkeeperError]
) -> None:
    with pytest.raises(raised) as found, nothing_sent():
        raise error
    assert getattr(found.value, "retry_after", None) == getattr(error, "retry_after", None)
