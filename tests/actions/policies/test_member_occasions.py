"""Offers for a birthday or a rise of tier: on which days, once for each, and what is told of it."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from actions.messages import render
from actions.policies import member_coupon
from actions.policies._member_coupon import Params
from contracts.payloads import Message, decode
from tests.actions.policies.coupon_shop import AS_OF, RATE, UNSUBSCRIBE, Row, ago, member, stated

BIRTHDAY = RATE.model_copy(update={"triggers": ("birthday",)})
TIER = RATE.model_copy(update={"triggers": ("tier_change",)})
EARLY = {"recency_days": 3.0}
"""Who bought three days ago, and is missed by nobody."""


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def decide(
    params: Params, *, on: date | None = None, born: str | None = None, **change: Any
) -> str:
    """The reason of the offer, or why there is none, at noon of a day in Shanghai."""
    given = stated(
        member(**{**EARLY, **change}),
        params=params,
        birthdays=[] if born is None else [born],
        as_of=AS_OF if on is None else noon(on),
    )
    found = [*member_coupon.propose(**given)["reason_code"].unique()]
    (reason,) = [*found, *member_coupon.holds(**given)["reason_code"]]
    return str(reason)


def code(params: Params, *, on: date, born: str = "05-20", **change: Any) -> str:
    given = stated(member(**{**EARLY, **change}), params=params, birthdays=[born], as_of=noon(on))
    return str(member_coupon.propose(**given)["target_id"][0])


@pytest.mark.parametrize(
    ("on", "born", "expected"),
    [
        (date(2026, 5, 12), "05-20", "no_occasion"),
        (date(2026, 5, 13), "05-20", "birthday"),
        (date(2026, 5, 20), "05-20", "birthday"),
        (date(2026, 5, 21), "05-20", "no_occasion"),
        (date(2026, 12, 27), "01-03", "birthday"),
        (date(2026, 12, 26), "01-03", "no_occasion"),
        (date(2026, 2, 28), "02-29", "birthday"),
        (date(2026, 3, 1), "02-29", "no_occasion"),
        (date(2028, 2, 29), "02-29", "birthday"),
        (date(2028, 3, 1), "02-29", "no_occasion"),
        (date(2026, 5, 13), None, "no_occasion"),
    ],
)
def test_a_birthday_is_a_reason_for_seven_days_before_it_and_on_it(
    on: date, born: str | None, expected: str
) -> None:
    assert decide(BIRTHDAY, on=on, born=born) == expected


def test_a_birthday_is_the_shops_day() -> None:
    params = BIRTHDAY.model_copy(update={"birthday_days": 0})
    assert decide(params, born="11-21") == "birthday"  # the 20th in UTC, the 21st in Shanghai
    assert decide(params, born="11-20") == "no_occasion"


def test_a_birthday_whose_time_is_over_is_nobodys() -> None:
    given = stated(member(**EARLY), params=BIRTHDAY, birthdays=[None])
    assert member_coupon.propose(**given).is_empty()


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, "tier_change"), (7, "tier_change"), (8, "no_occasion"), (None, "no_occasion")],
)
def test_a_rise_of_tier_is_a_reason_for_seven_days(days: int | None, expected: str) -> None:
    today = date(2026, 11, 21)
    rose = None if days is None else today - timedelta(days=days)
    assert decide(TIER, tier_rose_date=rose) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"consent_status": "never_asked"}, "no_consent"),
        ({"last_coupon_at": ago(days=59)}, "coupon_lately"),
        ({"has_open_case": True}, "case_open"),
        ({"return_rate": 0.51}, "likely_back"),
        ({"recency_days": 181.0}, "no_occasion"),
    ],
)
def test_what_speaks_against_an_offer_speaks_against_one_for_a_birthday(
    change: Row, expected: str
) -> None:
    assert decide(BIRTHDAY, born="11-21", **change) == expected


def test_who_sets_nothing_offers_nothing_for_a_birthday_or_a_tier() -> None:
    assert decide(RATE, born="11-21", tier_rose_date=date(2026, 11, 21)) == "not_overdue"


def test_a_birthday_is_told_before_all_else_and_an_absence_beside_it_is_still_one() -> None:
    every = RATE.model_copy(update={"triggers": ("overdue", "tier_change", "birthday")})
    away: Row = {"recency_days": 40.0, "tier_rose_date": date(2026, 11, 21)}
    assert decide(every, born="11-21", **away) == "birthday"
    assert decide(every, born="06-01", **away) == "tier_change"
    assert decide(every, born="06-01", **{**away, "tier_rose_date": None}) == "overdue"
    assert decide(every, born="06-01", tier_rose_date=None) == "not_overdue"


def test_one_birthday_has_one_code_whatever_the_day_the_order_and_the_date_that_is_told() -> None:
    first = code(BIRTHDAY, on=date(2026, 5, 14))
    assert code(BIRTHDAY, on=date(2026, 5, 20)) == first
    assert code(BIRTHDAY, on=date(2026, 5, 14), last_order_date=date(2026, 5, 13)) == first
    assert code(BIRTHDAY, on=date(2026, 7, 1), born="07-02") == first
    assert code(BIRTHDAY, on=date(2027, 5, 14)) != first
    assert code(BIRTHDAY, on=date(2026, 5, 14), member_id="m-1", shop_id="s") == first


def test_one_rise_of_tier_has_one_code_and_the_next_another() -> None:
    rose: Row = {"tier_rose_date": date(2026, 5, 12)}
    first = code(TIER, on=date(2026, 5, 13), **rose)
    assert code(TIER, on=date(2026, 5, 18), **rose) == first
    assert code(TIER, on=date(2026, 5, 18), tier_rose_date=date(2026, 5, 17)) != first


def test_no_birthday_is_in_what_the_ledger_keeps() -> None:
    given = stated(member(**EARLY), params=BIRTHDAY, birthdays=["11-27"])
    made = member_coupon.propose(**given)
    document = json.dumps(made.to_dicts(), default=str)
    assert set(made["reason_code"]) == {"birthday"}
    assert "11-27" not in document
    assert json.loads(made["numbers"][0])["birthday_days"] == 7


@pytest.mark.parametrize(
    ("params", "language", "subject", "said"),
    [
        (BIRTHDAY, "en", "15 % off for your birthday, from Tea & Cups", "wish you a happy one"),
        (BIRTHDAY, "zh-CN", "Tea & Cups：祝您生日快乐，送您一张8.5 折优惠码", "您的生日就要到了"),
        (TIER, "en", "You have reached a higher level at Tea & Cups: 15 % off", "a higher level"),
        (TIER, "zh-CN", "Tea & Cups：会员等级提升，送您一张8.5 折优惠码", "您的会员等级已提升"),
    ],
)
def test_the_message_names_the_occasion_in_the_members_language(
    params: Params, language: str, subject: str, said: str
) -> None:
    rose = date(2026, 11, 20)
    given = stated(
        member(**EARLY, language=language, tier_rose_date=rose), params=params, birthdays=["11-22"]
    )
    words = render(decode(member_coupon.propose(**given)["payload"][1], Message), UNSUBSCRIBE)
    assert words.subject == subject
    assert said in words.text
    assert said in words.html
    assert "a while" not in words.text
    assert "好久不见" not in words.text
