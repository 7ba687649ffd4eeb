"""What members allow after what became of our messages: what is said last holds."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from actions.guard.facts import CONSENT_SCHEMA
from actions.guard.opt_outs import ANSWER_SCHEMA, in_force

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
SAID = {**CONSENT_SCHEMA, "consented_at": pl.Datetime("us", "UTC")}
YES = ("north", "m-1", "email", "marketing", "granted", NOON)


def answer(status: str, **values: Any) -> dict[str, Any]:
    given = {"shop_id": "north", "member_id": "m-1", "channel": "email", "purpose": "marketing"}
    return {**given, "delivery_status": status, "diagnostic": None, "at": NOON + HOUR, **values}


def after(said: list[tuple[Any, ...]], *answers: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Status by member and purpose."""
    consents = pl.DataFrame(said, schema=SAID, orient="row")
    frame = pl.DataFrame(list(answers), schema=dict(ANSWER_SCHEMA))
    found = in_force(consents, frame)
    assert found.columns == list(CONSENT_SCHEMA)
    return {(row[1], row[3]): row[4] for row in found.iter_rows()}


def test_without_answers_consents_stay() -> None:
    assert after([YES]) == {("m-1", "marketing"): "granted"}
    assert after([]) == {}


@pytest.mark.parametrize("diagnostic", ["5.1.1", "5.1.10", "5.2.1", "5.4.4", "550 5.1.1"])
def test_an_address_that_is_not_there_is_written_to_for_nothing(diagnostic: str) -> None:
    found = after([YES], answer("bounced", diagnostic=diagnostic))
    assert found == {("m-1", "marketing"): "withdrawn", ("m-1", "service"): "withdrawn"}


@pytest.mark.parametrize("diagnostic", ["4.2.2", "5.2.2", "5.3.4", "5.7.1", "15.1.1", "550", None])
def test_a_bounce_that_says_nothing_of_the_address_takes_nothing_back(
    diagnostic: str | None,
) -> None:
    assert after([YES], answer("bounced", diagnostic=diagnostic)) == {
        ("m-1", "marketing"): "granted"
    }


def test_unsubscribing_is_from_marketing_and_from_what_the_message_was_for() -> None:
    assert after([YES], answer("unsubscribed")) == {("m-1", "marketing"): "withdrawn"}
    assert after([YES], answer("unsubscribed", purpose="service")) == {
        ("m-1", "marketing"): "withdrawn",
        ("m-1", "service"): "withdrawn",
    }


def test_a_consent_given_after_the_answer_holds_again_and_one_before_it_does_not() -> None:
    later = (*YES[:5], NOON + 2 * HOUR)
    undated = (*YES[:5], None)
    assert after([later], answer("unsubscribed")) == {("m-1", "marketing"): "granted"}
    assert after([undated], answer("unsubscribed")) == {("m-1", "marketing"): "withdrawn"}
    assert after([later], answer("unsubscribed"), answer("complained", at=NOON + 3 * HOUR)) == {
        ("m-1", "marketing"): "withdrawn",
        ("m-1", "service"): "withdrawn",
    }


def test_another_member_channel_or_shop_keeps_what_it_allowed() -> None:
    others = [("north", "m-2", *YES[2:]), ("north", "m-1", "sms", *YES[3:])]
    found = pl.DataFrame(others, schema=SAID, orient="row")
    frame = pl.DataFrame([answer("unsubscribed", shop_id="south")], schema=dict(ANSWER_SCHEMA))
    kept = in_force(found, frame).filter(pl.col("shop_id") == "north")
    assert kept["consent_status"].to_list() == ["granted", "granted"]


def test_a_message_to_somebody_who_was_forgotten_takes_nothing_back() -> None:
    assert after([YES], answer("complained", member_id=None)) == {("m-1", "marketing"): "granted"}
