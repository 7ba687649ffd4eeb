"""Coupons: floor, rate, budget, caps, stock and holdout."""

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.guard.facts import CONTACT_SCHEMA
from contracts.payloads import CouponTerms, encode

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ADA = "m-" + "1" * 32
PAST: dict[str, Any] = {
    "policy": "member_coupon",
    "target_id": "EARLIER",
    "write_kind": "create_coupon",
    "member_id": ADA,
    "window_start": NOW - 2 * DAY,
    "before_value": None,
    "after_value": 100,
    "exposure_minor": 100,
    "at": NOW - 2 * DAY,
}
KEPT = frozenset({"max_spend_minor", "listing_ids", "excluded_listing_ids"})
REACHED = pl.DataFrame(
    [("north", ADA, "platform_id", None)], schema=dict(CONTACT_SCHEMA), orient="row"
)


def terms(**changes: Any) -> str:
    values: dict[str, Any] = {"starts_at": NOW, "ends_at": NOW + 7 * DAY, "usage_limit": 1}
    return encode(CouponTerms(**{"title": "Back", "min_spend_minor": 1000, **values, **changes}))


RATE: dict[str, Any] = {
    "currency": None,
    "payload": terms(max_spend_minor=3000),
    "exposure_minor": 3000,
}


def coupon(case: Any, *changes: dict[str, Any], budget: int | None = 10_000) -> Any:
    """The case with 1.00 USD off an order of 10.00, per change, with a budget of 100.00."""
    row = {
        **case.proposals[0],
        "policy": "member_coupon",
        "sku_id": None,
        "write_kind": "create_coupon",
        "before_value": None,
        "after_value": 100,
        "exposure_minor": 100,
        "payload": terms(),
    }
    rows = [
        {**row, "target_id": f"C{number}", **change}
        for number, change in enumerate(changes or ({},))
    ]
    return case.having(proposals=rows).limited(max_budget_minor=budget)


def test_a_coupon_within_its_bounds_passes(case: Any) -> None:
    assert coupon(case).guards() == [None]
    rate = {**RATE, "after_value": 1000, "exposure_minor": 300}
    assert coupon(case, rate).guards() == [None]


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"payload": None}, "payload"),
        ({"payload": terms(usage_limit=None)}, "unbounded"),
        ({"payload": terms(starts_at=NOW - 2 * DAY, ends_at=NOW)}, "expired"),
        ({"exposure_minor": None}, "exposure_unknown"),
        ({"exposure_minor": 0}, "exposure_unknown"),
        ({"exposure_minor": 99}, "exposure_unknown"),
        ({"payload": terms(usage_limit=3), "exposure_minor": 299}, "exposure_unknown"),
        ({"payload": terms(usage_limit=3), "exposure_minor": 300}, None),
        ({"after_value": 0}, "coupon_value"),
        ({"after_value": -5}, "coupon_value"),
        ({**RATE, "after_value": 10_001}, "coupon_value"),
        ({"payload": terms(min_spend_minor=None)}, "coupon_rate"),
        ({"after_value": 300, "exposure_minor": 300}, None),
        ({"after_value": 301, "exposure_minor": 301}, "coupon_rate"),
        ({**RATE, "after_value": 3000, "exposure_minor": 900}, None),
        ({**RATE, "after_value": 3000, "exposure_minor": 899}, "exposure_unknown"),
        ({**RATE, "after_value": 3000, "payload": terms()}, "unbounded"),
        ({**RATE, "after_value": 3001, "exposure_minor": 901}, "coupon_rate"),
    ],
)
def test_a_coupon_states_how_much_how_often_and_how_long(
    case: Any, changes: dict[str, Any], guard: str | None
) -> None:
    assert coupon(case, changes).guards() == [guard]


@pytest.mark.parametrize(
    ("off", "said", "guard"),
    [
        ({"off_minor": 100}, {}, None),
        ({"off_rate": 0.1}, {}, "unbounded"),
        ({"off_rate": 0.1, "max_spend_minor": 1000}, {}, None),
        ({}, {}, "coupon_value"),
        ({"off_minor": 100, "off_rate": 0.1}, {}, "coupon_value"),
        ({"off_rate": 0.31, "max_spend_minor": 300}, {}, "coupon_rate"),
        ({"off_minor": 100}, {"exposure_minor": 99}, "exposure_unknown"),
        ({"off_minor": 100, "usage_limit": None}, {}, None),
        ({"off_minor": 100}, {"after_value": 100}, "value"),
    ],
)
def test_a_granted_coupon_says_in_its_terms_what_it_takes_off(
    case: Any, off: dict[str, Any], said: dict[str, Any], guard: str | None
) -> None:
    grant = {
        "write_kind": "grant_coupon",
        "currency": None,
        "before_value": 0,
        "after_value": 1,
        "member_id": ADA,
        "payload": terms(**off),
        **said,
    }
    assert coupon(case, grant).knowing(contacts=REACHED).guards() == [guard]


# A piece costs 5.00; fees of 5 % and a least margin of 10 % make a floor of 5.89.
@pytest.mark.parametrize(
    ("price", "after", "least", "guard"),
    [
        (700, 100, None, None),
        (689, 100, None, None),
        (688, 100, None, "floor"),
        (688, 100, 1000, None),
        (650, 100, 1000, "floor"),
        (10_000, 3000, None, None),
    ],
)
def test_the_cheapest_named_sku_stays_above_its_floor(
    case: Any, price: int, after: int, least: int | None, guard: str | None
) -> None:
    payload = terms(listing_ids=("v1",), min_spend_minor=least)
    one = coupon(case, {"payload": payload, "after_value": after, "exposure_minor": after})
    assert one.priced(price_minor=price).guards() == [guard]


def test_of_several_skus_and_listings_the_worst_decides(case: Any) -> None:
    payload = terms(listing_ids=("v1", "v2"), min_spend_minor=None)
    one = coupon(case, {"payload": payload})
    dear = {**case.prices[0]}
    other = {**dear, "listing_id": "v2", "sku_id": "SKU-2"}
    assert one.having(prices=[dear, other]).guards() == [None]
    worst = one.having(prices=[dear, {**other, "price_minor": 600}])
    assert worst.guards() == ["floor"]
    assert "SKU-2" in worst.reason()


@pytest.mark.parametrize(
    ("price", "guard"),
    [
        ({"listing_id": "v9"}, "price_unknown"),
        ({"unit_cost_minor": None}, "cost_missing"),
        ({"unit_cost_minor": None, "cost_currency": "EUR"}, "cost_missing"),
        ({"currency": "EUR", "cost_currency": "EUR"}, "currency_changed"),
        ({"cover_days": 2.0}, "sells_out"),
        ({"available_units": 0}, "sells_out"),
    ],
)
def test_what_is_not_known_of_a_named_sku_or_sells_out_gets_no_coupon(
    case: Any, price: dict[str, Any], guard: str
) -> None:
    named = coupon(case, {"payload": terms(listing_ids=("v1",))})
    assert named.guards() == [None]
    assert named.priced(**price).guards() == [guard]


@pytest.mark.parametrize("price", [{"unit_cost_minor": None}, {"available_units": 0}])
def test_a_code_for_everything_is_judged_by_what_has_a_cost(
    case: Any, price: dict[str, Any]
) -> None:
    assert coupon(case).priced(**price).guards() == [None]


WORST = {"listing_id": "v2", "sku_id": "SKU-2", "price_minor": 600}


@pytest.mark.parametrize(
    ("goods", "kept", "guard"),
    [
        ({}, KEPT, "floor"),
        ({"listing_ids": ("v1",)}, KEPT, None),
        ({"listing_ids": ("v1", "v2")}, KEPT, "floor"),
        ({"excluded_listing_ids": ("v2",)}, KEPT, None),
        ({"excluded_listing_ids": ("v1",)}, KEPT, "floor"),
        ({"listing_ids": ("v1",), "excluded_listing_ids": ("v2",)}, {"listing_ids"}, None),
        ({"listing_ids": ("v1",), "excluded_listing_ids": ()}, {"listing_ids"}, None),
        ({"listing_ids": ("v1",), "excluded_listing_ids": ("v9",)}, KEPT, "floor"),
        ({"listing_ids": ("v1",)}, {"excluded_listing_ids"}, "not_carried"),
        ({"excluded_listing_ids": ("v2",)}, set(), "not_carried"),
    ],
)
def test_a_code_leaves_out_what_it_would_bring_below_the_floor_or_is_refused(
    case: Any, goods: dict[str, Any], kept: Any, guard: str | None
) -> None:
    one = coupon(case, {"payload": terms(**goods)})
    both = one.having(prices=[case.prices[0], {**case.prices[0], **WORST}])
    assert both.knowing(coupon_terms={"north": frozenset(kept)}).guards() == [guard]


def test_a_fraction_needs_a_platform_that_keeps_a_largest_order(case: Any) -> None:
    one = coupon(case, {**RATE, "after_value": 1000})
    assert one.guards() == [None]
    assert one.knowing(coupon_terms={"north": frozenset({"listing_ids"})}).guards() == ["unbounded"]
    assert one.knowing(coupon_terms={}).guards() == ["unbounded"]


def test_what_is_usually_taken_off_comes_off_beside_the_code(case: Any) -> None:
    # 700 less 100 of 1000 leaves 630, less a usual 5 % 598.5, which 589 covers; less 7 % 585.9.
    assert coupon(case).priced(price_minor=700, discount_rate=0.05).guards() == [None]
    assert coupon(case).priced(price_minor=700, discount_rate=0.07).guards() == ["floor"]


def test_without_a_budget_there_is_no_coupon(case: Any) -> None:
    assert coupon(case, budget=None).guards() == ["no_budget"]


def test_the_budget_is_a_reservation_of_the_worst_case(case: Any) -> None:
    batch = coupon(case, {}, {}, {}, budget=250)
    assert batch.guards() == [None, None, "budget"]
    one = coupon(case, budget=250)
    assert one.after(PAST).guards() == [None]
    assert one.after({**PAST, "exposure_minor": 151}).guards() == ["budget"]
    assert one.after({**PAST, "exposure_minor": 151, "state": "approved"}).guards() == ["budget"]
    assert one.after({**PAST, "exposure_minor": 151, "state": "reverted"}).guards() == ["budget"]
    assert one.after({**PAST, "exposure_minor": 151, "at": NOW - 30 * DAY}).guards() == [None]
    assert one.after({**PAST, "exposure_minor": 151, "policy": "other"}).guards() == [None]


def test_at_the_door_what_waits_reserves_nothing_and_what_was_sent_does(
    case: Any, refused: Any
) -> None:
    one = coupon(case, budget=150)
    assert refused(one.after({**PAST, "state": "approved"})) == []
    assert refused(one.after({**PAST, "state": "sent"})) == ["budget"]
    assert refused(coupon(case, {}, {}, budget=150)) == ["budget"]


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(costs=st.lists(st.integers(1, 300), min_size=1, max_size=8), budget=st.integers(0, 900))
def test_whatever_is_proposed_the_budget_holds(case: Any, costs: list[int], budget: int) -> None:
    wanted = [{"after_value": cost, "exposure_minor": cost} for cost in costs]
    judged = coupon(case, *wanted, budget=budget).judged()
    assert judged.filter(pl.col("guard").is_null())["exposure_minor"].sum() <= budget


@pytest.mark.parametrize(
    ("past", "guard"),
    [
        ({}, "coupon_cap"),
        ({"policy": "other", "write_kind": "grant_coupon"}, "coupon_cap"),
        ({"at": NOW - 14 * DAY}, None),
        ({"member_id": "m-" + "2" * 32}, None),
        ({"write_kind": "send_message"}, None),
    ],
)
def test_a_member_gets_one_coupon_in_two_weeks(
    case: Any, past: dict[str, Any], guard: str | None
) -> None:
    mine = coupon(case, {"member_id": ADA}).knowing(contacts=REACHED)
    assert mine.after({**PAST, **past}).guards() == [guard]


def test_a_coupon_for_a_member_who_cannot_be_named_is_not_given_to_everybody(case: Any) -> None:
    assert coupon(case, {"member_id": ADA}).guards() == ["no_recipient"]


def test_members_are_left_alone_to_measure_the_others_by(case: Any) -> None:
    share = {"holdout_salt": "salt", "holdout_share": 1.0, "contacts": REACHED}
    assert coupon(case, {"member_id": ADA}).knowing(**share).guards() == ["holdout"]
    assert coupon(case, {"sku_id": "SKU-1"}).knowing(**share).guards() == [None]


def test_a_discount_is_no_price_change_to_the_breaker(case: Any) -> None:
    deep = replace(coupon(case), limits=case.limits).limited(
        max_budget_minor=1000, max_mean_change_rate=0.01, max_exposure_minor=0
    )
    assert deep.guards() == [None]
