"""What a member who is offered a coupon reads, and what the merchant reads of the offer."""

import dataclasses
from datetime import timedelta

import pytest

from actions.explain import explain
from actions.messages import render
from actions.policies._member_coupon import Params
from contracts.actions import Action
from contracts.codes import ActionState
from contracts.payloads import CouponTerms, Message, decode
from tests.actions.policies.coupon_shop import (
    AMOUNT,
    LOW,
    PURSE,
    RATE,
    UNSUBSCRIBE,
    Row,
    coupon,
    first,
    member,
    propose,
)


def test_the_message_waits_for_its_coupon_and_names_nobody() -> None:
    made, reported = propose().to_dicts()
    assert reported["needs_target_id"] == made["target_id"]
    assert reported["target_id"] == f"{made['target_id']}:message"
    assert (reported["write_kind"], reported["channel"]) == ("send_message", "email")
    assert (reported["purpose"], reported["member_id"]) == ("marketing", "m-1")
    assert (reported["before_value"], reported["after_value"], reported["exposure_minor"]) == (
        0,
        1,
        None,
    )
    assert reported["expires_at"] - made["expires_at"] == timedelta(days=1)


def test_the_message_says_the_code_what_it_takes_off_and_until_when() -> None:
    made, reported = propose(params=AMOUNT).to_dicts()
    message = decode(reported["payload"], Message)
    assert message.values == {
        "code": made["target_id"],
        "off": "满50元减5元",
        "min_spend": "50元",
        "until": "2026-12-04",
        "shop_name": "Tea & Cups",
    }
    words = render(message, UNSUBSCRIBE)
    assert words.subject == "Tea & Cups：送您一张满50元减5元优惠码"
    assert f"下一单满50元减5元：\n\n{made['target_id']}\n" in words.text
    assert 'href="https://shop.example/u/1"' in words.html


def test_in_english_and_without_a_least_spend() -> None:
    message = decode(propose(member(language="en-GB"))["payload"][1], Message)
    words = render(message, UNSUBSCRIBE)
    assert words.subject == "15 % off your next order at Tea & Cups"
    assert "takes 15 % off your next order, up to an order of 200.01 CNY:" in words.text
    assert "until the end of 2026-12-04" in words.text
    assert words.text.endswith("To get no more of them: https://shop.example/u/1")


def test_without_a_way_to_unsubscribe_there_is_no_message() -> None:
    message = decode(propose()["payload"][1], Message)
    with pytest.raises(Exception, match="unsubscribe_url"):
        render(message)


def entered(row: Row) -> Action:
    """The proposal as a row of the ledger."""
    known = {field.name for field in dataclasses.fields(Action)}
    ledger: Row = dict.fromkeys(known) | {"state": ActionState.PROPOSED, "fence": 0}
    return Action(**ledger | {name: value for name, value in row.items() if name in known})


def test_an_offer_is_explained_with_its_numbers() -> None:
    made, reported = (entered(row) for row in propose(params=AMOUNT).to_dicts())
    assert explain(made, "en") == (
        "Make a code of their own, to be used once, that takes 5.00 CNY off an order of 50.00 CNY"
        " or more as the policy's settings say, for a member (at risk)"
        " who has not ordered for 40 days, against a usual 10 (an offer is made from 3 times as"
        " long on; the chance that they are still a customer is 40 %); they have 10"
        " orders and used to spend 300.00 CNY in 30 days, and it costs 5.00 CNY at most."
    )
    assert "会员（重要挽留客户）已 40 天未下单" in explain(made, "zh")
    assert explain(reported, "en").startswith("Send their code, which takes 5.00 CNY off an")
    given = entered(first(params=PURSE, coupons=[coupon()]))
    assert explain(given, "en").startswith("Put the coupon that takes 5.00 CNY off an")


def test_a_code_leaves_out_goods_that_it_would_bring_below_their_floor_and_says_so() -> None:
    made, reported = propose(prices=[{}, LOW]).to_dicts()
    terms = decode(made["payload"], CouponTerms)
    assert (terms.listing_ids, terms.excluded_listing_ids) == (("v1",), ("v2",))
    words = render(decode(reported["payload"], Message), UNSUBSCRIBE)
    assert "限部分商品使用" in words.text
    assert "限毛利足够的 1 件商品" in explain(entered(made), "zh")


@pytest.mark.parametrize(
    ("params", "off"),
    [
        (AMOUNT, "满50元减5元"),
        (RATE, "8.5 折"),
        (RATE.model_copy(update={"off_rate": 0.1}), "9 折"),
        (RATE.model_copy(update={"min_spend_minor": 10_000}), "满100元享 8.5 折"),
        (AMOUNT.model_copy(update={"off_minor": 550, "min_spend_minor": 9_990}), "满99.9元减5.5元"),
    ],
)
def test_chinese_offers_read_as_merchants_there_write_them(params: Params, off: str) -> None:
    message = decode(propose(params=params)["payload"][1], Message)
    assert message.values["off"] == off
    assert off in render(message, UNSUBSCRIBE).subject


def test_a_fraction_says_up_to_which_order_it_holds() -> None:
    made, reported = propose().to_dicts()
    assert decode(made["payload"], CouponTerms).max_spend_minor == 20_001
    assert "200.01元以内" in render(decode(reported["payload"], Message), UNSUBSCRIBE).text
