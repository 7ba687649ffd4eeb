"""Whom a coupon holds for is compared; what a platform cannot keep is refused unsent."""

import datetime as dt
from typing import Any

import pytest

from connectors.base.coupons import CodeExistsError, Coupon, Coupons
from contracts.actions import Change, Live
from contracts.codes import OutcomeState
from contracts.errors import SourceContractError
from contracts.payloads import CouponTerms, encode

AT = dt.datetime(2026, 11, 16, 5, tzinfo=dt.UTC)
TERMS = CouponTerms(title="Back", starts_at=AT, ends_at=AT + dt.timedelta(days=7))


class Shop:
    """Keeps codes for those whom it was told; `typo` is what our writing made of a member."""

    def __init__(self, typo: str = "") -> None:
        self.typo = typo
        self.codes: dict[str, Coupon] = {}

    def find(self, change: Change) -> Coupon | None:
        return self.codes.get(change.target_id)

    def make(self, change: Change, terms: CouponTerms) -> None:
        if change.target_id in self.codes:
            raise CodeExistsError("taken")
        holders = [] if change.recipient is None else [change.recipient + self.typo]
        self.keep(change.target_id, off=change.after, holders=holders)

    def close(self, change: Change, coupon: Coupon) -> None:
        self.keep(coupon.id, is_over=True)

    def keep(self, code: str, **more: Any) -> None:
        given: dict[str, Any] = {"off": 1500, "is_over": False, "holders": []}
        kept = {"id": code, "currency": None, "at": AT, "terms": {"limit_units": 1}}
        self.codes[code] = Coupon(**(given | kept | more))


COUPONS = Coupons(find=Shop.find, make=Shop.make, close=Shop.close)


def change(code: str = "A", after: int = 1500, **more: Any) -> Change:
    given: dict[str, Any] = {"currency": None, "payload": encode(TERMS)}
    return Change(
        action_id=code, target_id=code, parent_id=None, before=None, after=after, **(given | more)
    )


def audience(shop: Shop, sent: Change) -> object:
    live = COUPONS.live(shop, [sent])[sent.target_id]
    assert isinstance(live, Live)
    return (live.terms or {}).get("audience", "not told")


@pytest.mark.parametrize(("typo", "told"), [("", "member"), ("0", "other")])
def test_a_code_for_a_mistyped_customer_is_not_read_back_as_for_the_one_it_was_meant_for(
    typo: str, told: str
) -> None:
    shop, sent = Shop(typo), change(member_id="m", recipient="7")
    COUPONS.send(shop, [sent])
    assert audience(shop, sent) == told


@pytest.mark.parametrize(
    ("holders", "meant", "told"),
    [
        ([], {"member_id": "m", "recipient": "7"}, "everybody"),
        (["7", "8"], {"member_id": "m", "recipient": "7"}, "other"),
        (["7"], {}, "other"),
        # Who was forgotten cannot be named any more, and the platform may not tell at all.
        (["7"], {"member_id": "m"}, "not told"),
        (None, {"member_id": "m", "recipient": "7"}, "not told"),
    ],
)
def test_whom_a_code_holds_for_is_told_beside_its_value(
    holders: list[str] | None, meant: dict[str, Any], told: str
) -> None:
    shop = Shop()
    shop.keep("A", holders=holders)
    assert audience(shop, change(**meant)) == told


def test_a_code_that_is_there_counts_as_made_and_one_that_is_not_cannot_be_closed() -> None:
    shop = Shop()
    outcomes = [COUPONS.send(shop, [one])[0] for one in (change(), change(), change(after=0))]
    assert {one.state for one in outcomes} == {OutcomeState.ACCEPTED}
    assert outcomes[1].message == "it exists already"
    assert COUPONS.live(shop, [change()])["A"] == Live(
        value=0, currency=None, terms={"limit_units": 1, "audience": "everybody"}
    )
    (gone,) = COUPONS.send(shop, [change("B", 0)])
    assert (gone.state, gone.message) == (OutcomeState.REJECTED, "the shop has no such code")


GOODS = {"listing_ids": ("1",), "excluded_listing_ids": ("2",)}


@pytest.mark.parametrize(
    ("carries", "given", "why"),
    [
        ((), {"max_spend_minor": 1}, "largest order"),
        (("max_spend_minor",), {"max_spend_minor": 1}, None),
        ((), {"listing_ids": ("1",)}, "single goods"),
        (("listing_ids",), {"excluded_listing_ids": ("2",)}, "what it holds for, not"),
        (("excluded_listing_ids",), {"listing_ids": ("1",)}, "what it leaves out, not"),
        # One way to say it is enough.
        (("listing_ids",), GOODS, None),
        (("excluded_listing_ids",), GOODS, None),
    ],
)
def test_terms_that_the_platform_cannot_keep_are_refused_before_anything_is_sent(
    carries: tuple[str, ...], given: dict[str, Any], why: str | None
) -> None:
    shop = Shop()
    terms = CouponTerms(title="x", starts_at=AT, ends_at=AT + dt.timedelta(days=1), **given)
    coupons = Coupons(find=Shop.find, make=Shop.make, close=Shop.close, carries=frozenset(carries))
    (outcome,) = coupons.send(shop, [change(payload=encode(terms))])
    assert ("A" in shop.codes) is (why is None)
    assert why is None or why in (outcome.message or "")


def test_a_code_that_cannot_be_read_is_not_closed_and_ends_no_other() -> None:
    def find(shop: Shop, sent: Change) -> Coupon | None:
        if sent.target_id == "ODD":
            raise SourceContractError("a kind that we do not write")
        return shop.find(sent)

    shop, coupons = Shop(), Coupons(find=find, make=Shop.make, close=Shop.close)
    shop.keep("A")
    outcomes = coupons.send(shop, [change("ODD", 0), change("A", 0)])
    assert [one.state for one in outcomes] == [OutcomeState.REJECTED, OutcomeState.ACCEPTED]
