"""Every term of a coupon is read back, and what cannot be read holds itself only."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from actions.undo import plan
from actions.writes import changes
from contracts.actions import Live, Unread
from contracts.codes import ActionState, Audience
from contracts.payloads import CouponTerms, encode, term_instant

S = ActionState
ENDS = dt.datetime(2026, 11, 30, 16, tzinfo=dt.UTC)
TERMS = CouponTerms(
    title="back",
    starts_at=ENDS - dt.timedelta(days=7),
    ends_at=ENDS,
    usage_limit=1,
    min_spend_minor=3000,
)
SENT: Mapping[str, str | int | None] = {
    "ends_at": "2026-11-30T16:00:00Z",
    "limit_units": 1,
    "per_customer_units": 1,
    "minimum_minor": 3000,
    "audience": Audience.EVERYBODY,
}


@pytest.fixture
def coupon(ledger: Any, shop: Any, approve: Any) -> Callable[[Mapping[str, Any] | None], None]:
    """An approved code, and a shop that makes it with the terms given."""

    def put(terms: Mapping[str, Any] | None, **more: Any) -> None:
        values = {"write_kind": "create_coupon", "before_value": None, "after_value": 500, **more}
        approve("BACK", payload=encode(TERMS), **values)
        del shop.prices["BACK"]
        plain = shop.live
        shop.live = lambda asked: {
            target: Live(value=live.value, currency=live.currency, terms=terms)
            for target, live in plain(asked).items()
        }

    return put


def test_an_instant_is_told_in_utc_to_the_second() -> None:
    shanghai = dt.timezone(dt.timedelta(hours=8))
    at = dt.datetime(2026, 12, 1, 0, 0, 0, 7, tzinfo=shanghai)
    assert term_instant(at) == "2026-11-30T16:00:00Z"


@pytest.mark.parametrize("told", [None, {}, SENT, {"ends_at": SENT["ends_at"]}])
def test_a_coupon_as_it_was_sent_is_confirmed(coupon: Any, send: Any, told: Any) -> None:
    coupon(told)
    assert send() == {S.CONFIRMED: 1}


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"ends_at": None}, "another end: none instead of 2026-11-30T16:00:00Z"),
        ({"limit_units": None}, "another limit of uses: none instead of 1"),
        ({"per_customer_units": None}, "another limit of uses per customer: none instead of 1"),
        ({"minimum_minor": 300}, "another least order: 300 instead of 3000"),
        ({"audience": Audience.OTHER}, "another audience: other instead of everybody"),
    ],
)
def test_a_term_in_force_otherwise_is_for_a_person_and_named(
    ledger: Any, clock: Any, coupon: Any, send: Any, told: dict[str, Any], sentence: str
) -> None:
    coupon({**SENT, **told})
    assert send() == {S.SENT: 1}
    clock.sleep(600)
    assert send() == {S.UNKNOWN: 1}
    (action,) = ledger.find()
    assert sentence in action.message


def test_a_code_for_one_member_that_everybody_can_redeem_is_not_confirmed(
    ledger: Any, clock: Any, coupon: Any, send: Any
) -> None:
    coupon(SENT, member_id="m-1")
    send()
    clock.sleep(600)
    assert send() == {S.UNKNOWN: 1}
    assert "audience: everybody instead of member" in ledger.find()[0].message


def test_a_coupon_whose_end_a_person_moved_since_is_not_closed_by_an_undo(
    ledger: Any, shop: Any, coupon: Any, send: Any
) -> None:
    coupon(SENT)
    send()
    actions = ledger.find()
    assert plan(actions, shop.live(changes(actions))).to_restore
    moved = Live(value=500, currency="USD", terms={**SENT, "ends_at": "2026-12-31T16:00:00Z"})
    (item,) = plan(actions, {"BACK": moved}).items
    assert item.conflict is not None
    assert item.conflict.startswith("changed since: in force is another end: 2026-12-31T16:00:00Z")


def test_one_that_cannot_be_read_holds_itself_and_none_of_the_others(
    ledger: Any, shop: Any, approve: Any, send: Any
) -> None:
    approve("v1", "v2")
    plain = shop.live
    shop.live = lambda asked: {**plain(asked), "v1": Unread(why="a price is no amount")}
    assert send() == {S.CONFIRMED: 1, S.APPROVED: 1}
    held = next(action for action in ledger.find() if action.target_id == "v1")
    assert held.state is S.APPROVED
    assert held.message == "held: what is in force cannot be read: a price is no amount"
    assert shop.prices == {"v1": 1000, "v2": 970}
    shop.live = plain
    assert send() == {S.CONFIRMED: 1}


def test_what_was_sent_and_can_never_be_read_again_is_for_a_person(
    ledger: Any, clock: Any, shop: Any, approve: Any, send: Any
) -> None:
    approve("v1")
    plain = shop.live
    shop.live = lambda asked: plain(asked) if not shop.sent else {"v1": Unread(why="odd")}
    assert send() == {S.SENT: 1}
    clock.sleep(600)
    assert send() == {S.UNKNOWN: 1}
    (action,) = ledger.find()
    assert "cannot be read: odd" in action.message
    (item,) = plan([action], {"v1": Unread(why="odd")}).items
    assert item.conflict is not None
