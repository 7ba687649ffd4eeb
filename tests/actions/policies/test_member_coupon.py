"""Who is offered a coupon, which one, and what they are told."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from actions.policies import member_coupon
from actions.policies._coupons import coupon_code
from actions.policies._member_coupon import Params
from actions.policies.member_coupon import HoldReason
from contracts.payloads import CouponTerms, decode
from tests.actions.policies.coupon_shop import (
    AMOUNT,
    AS_OF,
    LOW,
    PURSE,
    RATE,
    Row,
    ago,
    coupon,
    first,
    member,
    propose,
    stated,
)
from warehouse.proposals import with_action_ids


def decide(params: Params = RATE, **change: Any) -> str:
    """The reason of the offer, or why there is none."""
    given = stated(member(**change), params=params, coupons=[coupon()])
    found = [*member_coupon.propose(**given)["reason_code"].unique()]
    (reason,) = [*found, *member_coupon.holds(**given)["reason_code"]]
    return str(reason)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "overdue"),
        ({"orders_count": 4}, "too_few_orders"),
        ({"orders_count": 5}, "overdue"),
        ({"usual_gap_days": None}, "gap_unknown"),
        ({"recency_days": 30.0}, "not_overdue"),
        ({"recency_days": 31.0}, "overdue"),
        ({"recency_days": 20.0, "usual_gap_days": 1.0}, "not_overdue"),
        ({"recency_days": 21.0, "usual_gap_days": 1.0}, "overdue"),
        ({"recency_days": 180.0}, "overdue"),
        ({"recency_days": 181.0}, "gone_too_long"),
        ({"member_segment": "cannot_lose"}, "overdue"),
        ({"member_segment": "about_to_leave"}, "overdue"),
        ({"member_segment": "hibernating"}, "other_segment"),
        ({"member_segment": "champions"}, "other_segment"),
        ({"return_rate": 0.5}, "overdue"),
        ({"return_rate": 0.51}, "likely_back"),
        ({"alive_rate": None}, "overdue"),
        ({"has_open_case": True}, "case_open"),
        ({"last_refunded_at": ago(days=29)}, "refunded_lately"),
        ({"last_refunded_at": ago(days=30)}, "overdue"),
        ({"last_coupon_at": ago(days=59)}, "coupon_lately"),
        ({"last_coupon_at": ago(days=60)}, "overdue"),
        ({"consent_status": "withdrawn"}, "no_consent"),
        ({"consent_status": "never_asked"}, "no_consent"),
        ({"consent_status": None}, "no_consent"),
        ({"has_email": False}, "no_address"),
        ({"has_account": False}, "no_address"),
    ],
)
def test_who_is_offered_a_code(change: Row, expected: str) -> None:
    assert decide(**change) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "overdue"),
        ({"has_email": False, "consent_status": None}, "overdue"),
        ({"consent_status": "never_asked"}, "overdue"),
        ({"consent_status": "withdrawn"}, "no_consent"),
        ({"has_account": False}, "no_address"),
    ],
)
def test_a_purse_needs_no_address_but_no_refusal_either(change: Row, expected: str) -> None:
    assert decide(PURSE, **change) == expected


@pytest.mark.parametrize(
    ("return_rate", "expected"), [(0.31, "likely_back"), (0.3, "overdue"), (None, "overdue")]
)
def test_who_is_likely_to_return_unaided_is_not_offered(
    return_rate: float | None, expected: str
) -> None:
    params = RATE.model_copy(update={"max_return_rate": 0.3})
    assert decide(params, return_rate=return_rate) == expected


ONCE: Row = {"orders_count": 1, "order_days_units": 1, "usual_gap_days": None}
VIP: Row = {"monetary_score": 5, "recency_days": 25.0}


@pytest.mark.parametrize(
    ("triggers", "change", "expected"),
    [
        (("overdue",), ONCE, "too_few_orders"),
        (("overdue", "second_order"), ONCE, "second_order"),
        (("second_order",), {**ONCE, "recency_days": 29.0}, "too_few_orders"),
        (("second_order",), {**ONCE, "recency_days": 181.0}, "too_few_orders"),
        (("second_order",), {**ONCE, "has_open_case": True}, "case_open"),
        (("second_order",), {}, "not_overdue"),
        (("overdue",), VIP, "not_overdue"),
        (("overdue", "lapsing_vip"), VIP, "lapsing_vip"),
        (("lapsing_vip",), {**VIP, "member_segment": "champions"}, "lapsing_vip"),
        (("lapsing_vip",), {**VIP, "recency_days": 20.0}, "not_overdue"),
        (("lapsing_vip",), {**VIP, "monetary_score": 4}, "not_overdue"),
        (("overdue", "lapsing_vip"), {"monetary_score": 5}, "lapsing_vip"),
        (("overdue", "lapsing_vip"), {}, "overdue"),
    ],
)
def test_the_first_trigger_that_holds_is_told(
    triggers: tuple[str, ...], change: Row, expected: str
) -> None:
    assert decide(RATE.model_copy(update={"triggers": triggers}), **change) == expected


# Orders of 100.00 at a margin of half; 15.00 off: 0.2 × 35.00 come of it, 15.00 × chance are given.
@pytest.mark.parametrize(
    ("return_rate", "value"), [(0.0, 700), (0.2, 400), (0.4, 100), (0.47, None), (None, "unknown")]
)
def test_an_offer_brings_more_margin_than_it_gives_away_or_is_not_made(
    return_rate: float | None, value: int | str | None
) -> None:
    params = RATE.model_copy(update={"uplift_rate": 0.2})
    given = stated(member(return_rate=return_rate), params=params, prices=[{}])
    held = member_coupon.holds(**given)["reason_code"].to_list()
    assert held == (["not_worth_it"] if value is None else [])
    if isinstance(value, int):
        made = member_coupon.propose(**given)["numbers"][0]
        assert json.loads(made)["value_minor"] == value


def test_those_of_whom_most_is_expected_go_first() -> None:
    rows = [
        member(member_id="m-1", return_rate=0.3, order_minor=20_000),
        member(member_id="m-2", return_rate=0.0, order_minor=10_000),
        member(member_id="m-3", return_rate=0.0, order_minor=20_000),
    ]
    params = RATE.model_copy(update={"uplift_rate": 0.2, "max_members": 2})
    made = propose(*rows, params=params, prices=[{}]).filter(write_kind="create_coupon")
    assert made["member_id"].to_list() == ["m-3", "m-2"]


def test_without_an_offer_in_the_settings_nobody_gets_one() -> None:
    assert decide(Params()) == "no_offer"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "overdue"),
        ({"ends_at": AS_OF + timedelta(hours=1)}, "overdue"),
        ({"ends_at": AS_OF}, "no_offer"),
        ({"coupon_status": "expired"}, "no_offer"),
        ({"coupon_status": "scheduled"}, "no_offer"),
        ({"coupon_id": "another"}, "no_offer"),
        ({"shop_id": "another"}, "no_offer"),
        ({"discount_minor": None, "discount_rate": 0.1}, "overdue"),
    ],
)
def test_a_platforms_coupon_is_given_while_it_can_be_redeemed(change: Row, expected: str) -> None:
    given = stated(member(), params=PURSE, coupons=[coupon(**change)])
    proposed, held = member_coupon.propose(**given), member_coupon.holds(**given)
    assert [*proposed["reason_code"], *held["reason_code"]] == [expected]


def test_a_code_is_for_one_person_and_use_from_today_on() -> None:
    row = first()
    terms = decode(row["payload"], CouponTerms)
    assert (row["write_kind"], row["member_id"]) == ("create_coupon", "m-1")
    assert (row["before_value"], row["after_value"], row["currency"]) == (None, 1_500, None)
    assert (terms.usage_limit, terms.is_once_per_customer) == (1, True)
    assert terms.starts_at == row["window_start"] == datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert terms.ends_at == datetime(2026, 12, 4, 16, tzinfo=UTC)
    assert (terms.off_rate, terms.off_minor, terms.min_spend_minor) == (None, None, None)


def test_a_fortnight_over_a_change_of_the_clock_still_ends_at_midnight() -> None:
    row = first(as_of=datetime(2026, 10, 25, 12, tzinfo=UTC), time_zone="America/New_York")
    terms = decode(row["payload"], CouponTerms)
    assert terms.starts_at == datetime(2026, 10, 25, 4, tzinfo=UTC)
    assert terms.ends_at == datetime(2026, 11, 8, 5, tzinfo=UTC)


def test_a_code_costs_at_most_its_part_of_the_largest_order_or_its_amount() -> None:
    assert first()["exposure_minor"] == 3_001  # of 3,000.15
    row = first(params=AMOUNT)
    assert (row["exposure_minor"], row["after_value"], row["currency"]) == (500, 500, "CNY")
    assert decode(row["payload"], CouponTerms).min_spend_minor == 5_000


def test_a_purse_gets_the_platforms_coupon_with_what_that_takes_off() -> None:
    proposed = propose(params=PURSE, coupons=[coupon(ends_at=AS_OF + timedelta(days=3))])
    row = proposed.row(0, named=True)
    terms = decode(row["payload"], CouponTerms)
    assert proposed.height == 1
    assert (row["write_kind"], row["parent_id"]) == ("grant_coupon", "c1")
    assert (row["before_value"], row["after_value"], row["currency"]) == (0, 1, None)
    assert (terms.off_minor, terms.off_rate, terms.usage_limit) == (500, None, 1)
    assert (terms.ends_at, row["exposure_minor"]) == (AS_OF + timedelta(days=3), 500)


def test_of_a_platforms_fraction_the_worst_case_is_left_open_unless_it_is_bounded() -> None:
    fraction = coupon(discount_minor=None, discount_rate=0.1)
    assert first(params=PURSE, coupons=[fraction])["exposure_minor"] is None
    bounded = PURSE.model_copy(update={"max_order_minor": 9_000})
    assert first(params=bounded, coupons=[fraction])["exposure_minor"] == 900


def test_one_absence_has_one_code_whatever_the_day_and_the_offer() -> None:
    code = first()["target_id"]
    later = {"as_of": AS_OF + timedelta(days=3)}
    assert first(member(recency_days=43.0), **later)["target_id"] == code
    assert first(params=AMOUNT)["target_id"] == code
    assert re.fullmatch("[2345789CDFGHJKMNPQRTVWX]{10}", code)


@pytest.mark.parametrize(
    "change",
    [
        {"member_id": "m-2"},
        {"shop_id": "t"},
        {"last_order_date": ago(days=39).date()},
    ],
)
def test_another_member_shop_or_absence_has_another_code(change: Row) -> None:
    assert first(member(**change))["target_id"] != first()["target_id"]


@pytest.mark.parametrize("table", ["coupons", "grants"])
def test_a_code_that_the_shop_has_is_not_offered_again_in_whatever_case(table: str) -> None:
    code = first()["target_id"]
    own = {"shop_id": "s", "coupon_code": code.lower()}
    given = stated(member(), params=RATE, **{table: [own]})
    assert member_coupon.propose(**given).is_empty()
    assert member_coupon.holds(**given)["reason_code"].to_list() == ["coupon_there"]
    other = {**own, "shop_id": "t"}
    assert propose(member(), **{table: [other]}).height == 2


def test_a_replay_later_in_the_day_has_the_same_ids() -> None:
    again = propose(as_of=AS_OF + timedelta(hours=20))
    assert AS_OF + timedelta(hours=20) < again["expires_at"][0]
    first_ids, again_ids = with_action_ids(propose()), with_action_ids(again)
    assert first_ids.select("action_id", "needs").equals(again_ids.select("action_id", "needs"))
    assert first_ids["needs"][1] == first_ids["action_id"][0]


def test_a_capped_run_takes_those_who_used_to_spend_most_in_a_month() -> None:
    rows = [
        member(member_id="m-1", spent_minor=100_000),
        member(member_id="m-2", spent_minor=90_000, usual_gap_days=5.0),
        member(member_id="m-3", spent_minor=200_000, orders_count=40),
    ]
    params = RATE.model_copy(update={"max_members": 2})
    given = stated(*rows, params=params)
    made = member_coupon.propose(**given).filter(write_kind="create_coupon")
    assert made["member_id"].to_list() == ["m-2", "m-1"]
    assert [json.loads(row)["month_minor"] for row in made["numbers"]] == [54_000, 30_000]
    assert member_coupon.holds(**given)["reason_code"].to_list() == ["beyond_max"]


def test_everybody_gets_the_same_offer() -> None:
    rows = [member(member_id=f"m-{n}", spent_minor=n * 50_000) for n in range(1, 9)]
    made = propose(*rows).filter(write_kind="create_coupon")
    assert made.select("after_value", "payload", "exposure_minor").unique().height == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"off_rate": 0.1, "off_minor": 5, "shop_name": "s"}, "off_rate or off_minor"),
        ({"off_rate": 0.1, "max_order_minor": 9}, "shop_name is missing"),
        ({"off_rate": 0.1, "shop_name": "s"}, "needs max_order_minor"),
        ({"off_minor": 5, "shop_name": "s"}, "needs min_spend_minor"),
        ({"coupon_id": "c"}, "has no coupon_id"),
        ({"way": "purse", "coupon_id": "c", "off_rate": 0.1}, "the platform says"),
        ({"shop_name": "好评返现小店"}, "may not be said"),
    ],
)
def test_settings_that_do_not_fit_together_are_told(settings: Row, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Params(**settings)


STATES = {
    "consent_status": st.sampled_from(["granted", "withdrawn", "never_asked", None]),
    "has_email": st.booleans(),
    "has_account": st.booleans(),
    "has_open_case": st.booleans(),
    "recency_days": st.sampled_from([5.0, 40.0, 80.0, 300.0]),
    "last_coupon_at": st.sampled_from([None, ago(days=5), ago(days=300)]),
}


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(st.fixed_dictionaries(STATES), max_size=12), most=st.integers(1, 5))
def test_each_member_is_offered_one_coupon_or_told_why_not(rows: list[Row], most: int) -> None:
    members = [member(member_id=f"m-{n}", **row) for n, row in enumerate(rows)]
    given = stated(*members, params=RATE.model_copy(update={"max_members": most}))
    made = member_coupon.propose(**given).filter(write_kind="create_coupon")
    held = member_coupon.holds(**given)
    assert made["member_id"].is_unique().all()
    assert made.height <= most
    assert made.height + held.height == len(rows)
    assert pl.concat([made["target_id"], held["target_id"]]).is_unique().all()
    assert set(held["reason_code"]) <= set(HoldReason)
    able = {f"m-{n}" for n, row in enumerate(rows) if row["consent_status"] == "granted"}
    assert set(made["member_id"]) <= able


@settings(max_examples=20)
@given(names=st.sets(st.text(min_size=1, max_size=30), min_size=2, max_size=200))
def test_different_offers_have_different_codes(names: set[str]) -> None:
    frame = pl.DataFrame({"name": sorted(names)})
    codes = frame.select(coupon_code("p", ["name"]))
    assert codes.to_series().is_unique().all()


def test_a_code_that_no_goods_stand_and_a_platforms_coupon_that_some_do_not_are_held() -> None:
    for params, prices in ((RATE, [LOW]), (PURSE, [{}, LOW])):
        given = stated(member(), params=params, coupons=[coupon()], prices=prices)
        assert member_coupon.propose(**given).is_empty()
        assert member_coupon.holds(**given)["reason_code"].to_list() == ["goods_too_low"]
