"""Of which orders a review is asked, alike for all, and how bad reviews are answered."""

import inspect
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from actions import texts
from actions.lint import lint
from actions.messages import render
from actions.policies import review_follow_up
from actions.policies.review_follow_up import Params
from contracts.codes import ReviewTopic
from contracts.economics import Economics
from contracts.payloads import Message, Reply, decode
from contracts.tables import OrderFollowUp, ReviewFact

AS_OF = datetime(2026, 11, 20, 17, tzinfo=UTC)
Row = dict[str, Any]


def ago(days: float) -> datetime:
    return AS_OF - timedelta(days=days)


def order(**more: Any) -> Row:
    """Promised 14 to 10 days ago, delivered 8 days ago: it may be asked since a day."""
    row = {"shop_id": "s", "order_id": "o1", "member_id": "m"}
    promise = {"deliver_from_at": ago(14), "deliver_by_at": ago(7.5)}
    state = {"delivered_at": ago(8), "late_hours": -12.0, "is_delivered": True}
    flags = ("is_cancelled", "is_refunded", "has_open_case", "is_reviewed")
    return {**row, **promise, **state, **dict.fromkeys(flags, False), **more}


def review(**more: Any) -> Row:
    row = {"shop_id": "s", "review_id": "r1", "order_id": "o9", "sku_id": "A", "member_id": None}
    fields = {"stars_units": 1, "language": "en", "review_topic": "quality", "age_hours": 5.0}
    return {**row, **fields, **more}


def stated(orders: list[Row], reviews: list[Row], params: Params) -> dict[str, Any]:
    return {
        "orders": OrderFollowUp.sample(overrides=orders).lazy(),
        "reviews": ReviewFact.sample(overrides=reviews).lazy(),
        "params": params,
        "economics": Economics(fee_rate=0, min_margin_rate=0),
        "as_of": AS_OF,
        "time_zone": "America/Los_Angeles",
    }


def propose(
    *,
    orders: list[Row] | None = None,
    reviews: list[Row] | None = None,
    params: Params | None = None,
) -> pl.DataFrame:
    return review_follow_up.propose(**stated(orders or [], reviews or [], params or Params()))


def asked(params: Params | None = None, **more: Any) -> str:
    """That it is time to ask, or why not."""
    arguments = stated([order(**more)], [], params or Params())
    proposed = review_follow_up.propose(**arguments)
    (reason,) = [*proposed["reason_code"], *review_follow_up.holds(**arguments)["reason_code"]]
    return str(reason)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "time_to_ask"),
        ({"is_cancelled": True}, "order_cancelled"),
        ({"is_refunded": True}, "order_refunded"),
        ({"has_open_case": True}, "case_open"),
        ({"is_delivered": False, "delivered_at": None}, "not_delivered"),
        ({"is_reviewed": True}, "already_reviewed"),
        ({"delivered_at": None}, "delivery_unknown"),
        ({"deliver_from_at": None}, "window_unknown"),
        ({"deliver_by_at": None}, "window_unknown"),
        ({"member_id": None}, "time_to_ask"),
    ],
)
def test_only_neutral_facts_keep_a_customer_from_being_asked(change: Row, expected: str) -> None:
    assert asked(**change) == expected


def test_an_order_and_its_review_of_the_same_id_are_both_left_alone() -> None:
    """So on Taobao, where the only line of an order has the order's number."""
    reviewed = order(order_id="o1", is_reviewed=True)
    old = review(review_id="o1", order_id="o1", age_hours=40 * 24)
    held = review_follow_up.holds(**stated([reviewed], [old], Params()))
    assert set(held["reason_code"]) == {"already_reviewed", "review_too_old"}


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (6.99, "too_early"),
        (7.0, "time_to_ask"),
        (9.99, "time_to_ask"),
        (10.0, "too_late"),
    ],
)
def test_it_is_asked_a_week_after_the_delivery_and_tried_for_three_days(
    days: float, expected: str
) -> None:
    assert asked(delivered_at=ago(days)) == expected


def test_a_merchant_sets_how_long_to_wait() -> None:
    assert asked(Params(delay_days=10), delivered_at=ago(8)) == "too_early"
    assert asked(Params(delay_days=5), delivered_at=ago(5.5)) == "time_to_ask"
    assert asked(Params(ask_days=1), delivered_at=ago(8.5)) == "too_late"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        # From 5 days after the earliest promised delivery …
        ({"delivered_at": ago(9), "deliver_from_at": ago(4.9)}, "too_early"),
        ({"delivered_at": ago(9), "deliver_from_at": ago(5)}, "time_to_ask"),
        # … to 30 days after the latest.
        ({"deliver_from_at": ago(40), "deliver_by_at": ago(29.9)}, "time_to_ask"),
        ({"deliver_from_at": ago(40), "deliver_by_at": ago(30)}, "too_late"),
        ({"deliver_from_at": ago(90), "deliver_by_at": ago(38)}, "too_late"),
    ],
)
def test_it_is_asked_inside_the_platforms_window(change: Row, expected: str) -> None:
    assert asked(**change) == expected


def test_another_window_is_a_setting() -> None:
    wide = Params(window_from_days=0, window_until_days=60)
    assert asked(wide, deliver_from_at=ago(1), deliver_by_at=ago(1)) == "time_to_ask"
    assert asked(wide, deliver_from_at=ago(90), deliver_by_at=ago(50)) == "time_to_ask"


@pytest.mark.parametrize(("days", "expected"), [(13.9, "too_early"), (14.0, "time_to_ask")])
def test_who_got_it_late_is_asked_later_and_not_left_out(days: float, expected: str) -> None:
    assert asked(delivered_at=ago(days), deliver_from_at=ago(40), late_hours=1.0) == expected


def test_nothing_that_is_read_tells_how_the_customer_would_judge() -> None:
    judging = {"stars_units", "review_result", "review_topic", "body", "sentiment", "rating"}
    assert not judging & set(OrderFollowUp.column_names())
    source = inspect.getsource(review_follow_up._review_requests) + inspect.getsource(
        review_follow_up._why_not_requested
    )
    assert not any(word in source for word in judging)


def test_a_request_is_about_its_order_and_the_platforms_own() -> None:
    row = propose(orders=[order()]).row(0, named=True)
    assert (row["write_kind"], row["target_id"], row["member_id"]) == ("request_review", "o1", "m")
    assert (row["channel"], row["purpose"], row["payload"]) == ("platform", "service", None)
    assert (row["before_value"], row["after_value"]) == (0, 1)


@pytest.mark.parametrize(
    ("params", "topic", "kind", "reason"),
    [
        (Params(), "quality", "reply_review", "bad_review"),
        (Params(reply="alert"), "quality", "none", "bad_review"),
        (Params(), "safety", "none", "unsafe"),
        (Params(reply="alert"), "safety", "none", "unsafe"),
    ],
)
def test_a_bad_review_is_drafted_a_reply_and_words_of_safety_go_to_a_person(
    params: Params, topic: str, kind: str, reason: str
) -> None:
    row = propose(reviews=[review(review_topic=topic)], params=params).row(0, named=True)
    assert (row["write_kind"], row["reason_code"]) == (kind, reason)
    assert (row["target_id"], row["parent_id"], row["sku_id"]) == ("r1", "o9", "A")
    assert (row["payload"] is None) is (kind == "none")


@pytest.mark.parametrize(
    ("language", "expected"), [("en", "en"), ("zh-CN", "zh-CN"), (None, "zh-CN")]
)
@pytest.mark.parametrize("topic", [topic for topic in ReviewTopic if topic != "safety"])
def test_a_draft_is_of_the_topic_and_language_and_offers_nothing_but_help(
    language: str | None, expected: str, topic: ReviewTopic
) -> None:
    row = review(language=language, review_topic=str(topic))
    payload = propose(reviews=[row], params=Params(language="zh-CN"))["payload"].item()
    text = decode(payload, Reply).text
    assert text == texts.replies(expected)[topic]
    assert lint(text, name="draft") == []
    assert ("抱歉" if expected == "zh-CN" else "sorry") in text
    assert ("客服" if expected == "zh-CN" else "customer service") in text


def test_every_topic_but_safety_has_a_draft() -> None:
    topics = set(ReviewTopic) - {ReviewTopic.SAFETY}
    assert all(set(texts.replies(language)) == topics for language in texts.LANGUAGES)


def test_an_old_review_is_left_alone() -> None:
    assert propose(reviews=[review(age_hours=720.1)]).is_empty()
    assert propose(reviews=[review(age_hours=720.0)]).height == 1


def test_the_most_urgent_come_first_when_a_run_is_capped() -> None:
    reviews = [
        review(review_id="new", age_hours=1.0),
        review(review_id="old", age_hours=30.0),
        review(review_id="unsafe", review_topic="safety", age_hours=1.0),
    ]
    proposed = propose(orders=[order()], reviews=reviews, params=Params(max_proposals=3))
    assert proposed["target_id"].to_list() == ["unsafe", "old", "new"]


def test_safety_cannot_be_set_to_wait_longer() -> None:
    with pytest.raises(ValidationError, match="safety_hours is not above answer_hours"):
        Params(safety_hours=30)


DATES = st.fixed_dictionaries(
    {
        "earliest": st.floats(0, 90),
        "width": st.floats(0, 30),
        "delivered": st.floats(0, 90),
        "late": st.floats(-100, 100),
    }
)


@settings(max_examples=30)
@given(told=st.lists(DATES, min_size=1, max_size=40), delay=st.floats(0, 30))
def test_whatever_the_dates_a_request_lies_inside_the_window_and_after_the_delivery(
    told: list[dict[str, float]], delay: float
) -> None:
    """Many orders at once: one costs as much as forty."""
    orders = [
        order(
            order_id=f"o{number}",
            deliver_from_at=ago(one["earliest"]),
            deliver_by_at=ago(one["earliest"] - one["width"]),
            delivered_at=ago(one["delivered"]),
            late_hours=one["late"],
        )
        for number, one in enumerate(told)
    ]
    arguments = stated(orders, [], Params(delay_days=delay, max_proposals=None))
    proposed = review_follow_up.propose(**arguments)
    held = review_follow_up.holds(**arguments)["target_id"].to_list()
    assert set(proposed["reason_code"]) <= {"time_to_ask"}
    requested = proposed["target_id"].to_list()
    assert sorted(requested + held) == sorted(row["order_id"] for row in orders)
    second = 2 / 86_400
    for target in requested:
        one = told[int(target.removeprefix("o"))]
        assert one["earliest"] >= 5 - second
        assert one["earliest"] - one["width"] < 30 + second
        assert one["delivered"] >= delay + (7 if one["late"] > 0 else 0) - second
        assert one["delivered"] < 90


MAIL = Params(way="email", shop_name="Tea & Cups", review_url="https://tea.example/rate")
REACHED: Row = {"has_email": True, "consent_status": "granted", "language": "zh-CN"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "time_to_ask"),
        ({"deliver_from_at": None, "deliver_by_at": None, "late_hours": None}, "time_to_ask"),
        ({"consent_status": "withdrawn"}, "no_consent"),
        ({"consent_status": None}, "no_consent"),
        ({"has_email": False}, "no_address"),
        ({"member_id": None}, "no_address"),
        ({"is_reviewed": True}, "already_reviewed"),
        ({"delivered_at": ago(6.9)}, "too_early"),
    ],
)
def test_where_the_platform_asks_nothing_our_own_mail_does(change: Row, expected: str) -> None:
    assert asked(MAIL, **{**REACHED, **change}) == expected


def test_the_mail_is_neutral_and_says_where_to_rate() -> None:
    row = propose(orders=[order(**REACHED)], params=MAIL).row(0, named=True)
    assert (row["write_kind"], row["target_id"], row["parent_id"]) == ("send_message", "o1", "o1")
    assert (row["channel"], row["purpose"], row["member_id"]) == ("email", "marketing", "m")
    words = render(decode(row["payload"], Message), {"unsubscribe_url": "https://tea.example/u"})
    assert words.subject == "您的订单 o1 用得怎么样？"
    assert "无论满意与否" in words.text
    assert "https://tea.example/rate" in words.text


def test_a_reminder_is_off_unless_it_is_set_and_then_one() -> None:
    late = order(**REACHED, delivered_at=ago(12.5))
    assert propose(orders=[late], params=MAIL).is_empty()
    reminding = MAIL.model_copy(update={"reminder_days": 5.0})
    proposed = propose(orders=[late], params=reminding)
    assert proposed["reason_code"].to_list() == ["remind"]
    assert proposed["target_id"].to_list() == ["o1:reminder"]
    assert propose(orders=[{**late, "is_reviewed": True}], params=reminding).is_empty()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"way": "email"}, "shop_name, review_url"),
        ({"way": "email", "shop_name": "s", "review_url": "http://x"}, "review_url"),
        ({"reminder_days": 5}, "platforms ask once"),
        ({"shop_name": "Five stars, please!"}, "is no name"),
    ],
)
def test_settings_of_mail_that_do_not_fit_are_told(values: Row, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Params(**values)


def test_a_merchants_own_draft_stands_in_for_ours() -> None:
    own = Params(replies={ReviewTopic.QUALITY: "We are looking into it."})
    (row,) = propose(reviews=[review()], params=own).to_dicts()
    assert decode(row["payload"], Reply).text == "We are looking into it."
