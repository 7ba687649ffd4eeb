"""Writes item by item: what does not fit is refused with its reason, the others are sent."""

from collections.abc import Sequence
from typing import Any

import pytest

from connectors.base.sending import UnfitError, outcome
from connectors.base.writes import batched, grouped, known, lives, one_by_one, price_text
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import OutcomeState
from contracts.errors import SourceContractError, SourceRejectedError

ACCEPTED, REJECTED = OutcomeState.ACCEPTED, OutcomeState.REJECTED


def change(target: str, after: int = 450, **more: Any) -> Change:
    given: dict[str, Any] = {"parent_id": None, "before": 500, "currency": "EUR"}
    return Change(action_id=target, target_id=target, after=after, **(given | more))


def test_changes_under_one_place_go_together_and_at_most_so_many() -> None:
    changes = [change(target, parent_id=target[0]) for target in ("a1", "b1", "a2", "a3")]
    groups = [
        [one.target_id for one in some]
        for some in grouped(changes, lambda one: one.parent_id or "", 2)
    ]
    assert groups == [["a1", "a2"], ["a3"], ["b1"]]


def test_a_row_that_cannot_be_made_is_refused_and_the_others_are_sent() -> None:
    def row(one: Change) -> int:
        if one.target_id == "odd":
            raise SourceContractError("no number")
        if one.target_id == "gone":
            raise UnfitError("not there")
        return one.after

    def send(rows: Sequence[tuple[Change, int]]) -> list[Outcome]:
        return [outcome(one, str(value)) for one, value in rows]

    told = batched([change("odd"), change("a"), change("gone")], row, send)
    assert {one.action_id: (one.state, one.message) for one in told} == {
        "odd": (REJECTED, "no number"), "a": (ACCEPTED, "450"), "gone": (REJECTED, "not there"),
    }  # fmt: skip
    assert batched([change("odd")], row, lambda rows: pytest.fail("nothing is to be sent")) == [
        outcome(change("odd"), "no number", REJECTED)
    ]


def test_what_does_not_fit_ends_itself_and_a_refusal_of_the_account_ends_the_rest() -> None:
    def send(one: Change) -> str | None:
        if one.target_id == "unfit":
            raise UnfitError("too fine")
        if one.target_id == "refused":
            raise SourceRejectedError("no permission")
        return None

    told = one_by_one([change(one) for one in ("unfit", "a", "refused", "b")], send)
    assert [one.state for one in told] == [REJECTED, ACCEPTED, REJECTED, REJECTED]
    assert told[3].message == "not sent: no permission"


def test_what_is_not_known_and_what_cannot_be_read_says_so_of_itself() -> None:
    found: dict[str, int | Unread] = {"a": 1, "odd": Unread(why="no number")}
    assert known(found, "a", "not there") == 1
    for target, why in (("odd", "no number"), ("gone", "not there")):
        with pytest.raises(UnfitError, match=why):
            known(found, target, "not there")

    def live(value: int) -> Live | None:
        if value == 2:
            raise SourceContractError("two is none")
        return Live(value=value, currency=None) if value else None

    assert lives({**found, "none": 0, "two": 2}, live) == {
        "a": Live(value=1, currency=None),
        "odd": Unread(why="no number"),
        "two": Unread(why="two is none"),
    }


@pytest.mark.parametrize(
    ("after", "currency", "why"),
    [
        (450, None, "has a currency"),
        (450, "USD", "are in EUR"),
        (450, "EUR", "have 0 decimals"),
        (400, "EUR", None),
    ],
)
def test_a_price_is_in_the_shops_currency_and_no_finer_than_it_charges(
    after: int, currency: str | None, why: str | None
) -> None:
    wanted = change("a", after, currency=currency)
    if why is None:
        assert price_text(wanted, "EUR", decimals=0) == "4.00"
        return
    with pytest.raises(UnfitError, match=why):
        price_text(wanted, "EUR", decimals=0)
