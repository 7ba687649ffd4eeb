"""Payloads: typed, closed, and the same text for the same content."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import WriteKind
from contracts.payloads import (
    PAYLOADS,
    CouponTerms,
    Event,
    Message,
    Payload,
    Properties,
    Reply,
    decode,
    encode,
)

START = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
END = START + dt.timedelta(days=7)
EXAMPLES: list[Payload] = [
    CouponTerms(title="Autumn", starts_at=START, ends_at=END, usage_limit=1, listing_ids=("1",)),
    CouponTerms(title="Autumn", starts_at=START, ends_at=END, off_minor=500, min_spend_minor=3000),
    Message(template="win_back", language="zh", values={"code": "A1"}, template_hash="f0"),
    Reply(text="Thank you."),
    Event(name="coupon given", properties={"code": "A1", "uses": 1}),
    Properties(values={"segment": "champions"}),
]


@pytest.mark.parametrize("payload", EXAMPLES)
def test_a_payload_comes_back_as_it_was(payload: Payload) -> None:
    assert decode(encode(payload), type(payload)) == payload


@given(values=st.dictionaries(st.text(), st.text()))
def test_the_order_in_which_a_message_was_filled_makes_no_other_message(
    values: dict[str, str],
) -> None:
    backwards = dict(reversed(values.items()))
    texts = [
        encode(Message(template="t", language="en", values=some, template_hash="f"))
        for some in (values, backwards)
    ]
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (None, Reply, "there is no payload"),
        ("{", Reply, "no Reply"),
        ('{"text": 7}', Reply, r"\$\.text"),
        ('{"text": ""}', Reply, "no Reply"),
        ('{"text": "x", "address": "y"}', Reply, "address"),
        ('{"title": "A", "starts_at": "2026-11-20T00:00:00"}', CouponTerms, "starts_at"),
    ],
)
def test_a_payload_of_another_shape_is_told_in_one_sentence(
    text: str | None, kind: type[Payload], said: str
) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        decode(text, kind)
    assert "\n" not in str(caught.value)


def test_a_coupon_that_ends_before_it_starts_is_none() -> None:
    values: dict[str, Any] = {"title": "A", "starts_at": END, "ends_at": START}
    with pytest.raises(ValueError, match="ends after it starts"):
        CouponTerms(**values)
    swapped = encode(EXAMPLES[0]).replace("2026-11-27", "2026-11-01")
    with pytest.raises(ValueError, match="ends after it starts"):
        decode(swapped, CouponTerms)


def test_a_value_that_is_refused_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="no Message") as caught:
        decode('{"template": "t", "values": {"name": ["Ada Lovelace"]}}', Message)
    assert "Ada" not in str(caught.value)


def test_what_has_a_payload_is_known() -> None:
    without = {WriteKind.SET_PRICE, WriteKind.SET_STOCK, WriteKind.REQUEST_REVIEW, WriteKind.NONE}
    assert set(WriteKind) - set(PAYLOADS) == without
