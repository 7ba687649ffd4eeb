"""What members allow after what became of our messages: what is said last holds."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from actions.guard.facts import CONSENT_SCHEMA
from actions.guard.opt_outs import (
    ANSWER_SCHEMA,
    DAY_SCHEMA,
    LEAST_GONE,
    flood_days,
    in_force,
    sender_refusals,
    unreachable,
)
from contracts.bounces import REFUSES_SENDER

GONE = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"}
NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
SAID = {**CONSENT_SCHEMA, "consented_at": pl.Datetime("us", "UTC")}
YES = ("north", "m-1", "email", "marketing", "granted", NOON)


def answer(status: str, **values: Any) -> dict[str, Any]:
    given = {"shop_id": "north", "member_id": "m-1", "channel": "email", "purpose": "marketing"}
    fields = {"delivery_status": status, "diagnostic": None, "day": NOON.date(), "at": NOON + HOUR}
    return {**given, **fields, **values}


def framed(*answers: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(answers), schema=dict(ANSWER_SCHEMA))


def days(*rows: tuple[Any, ...]) -> pl.DataFrame:
    """How many messages a shop sent per day."""
    return pl.DataFrame(list(rows), schema=dict(DAY_SCHEMA), orient="row")


def after(
    said: list[tuple[Any, ...]], *answers: dict[str, Any], flooded: pl.DataFrame | None = None
) -> dict[tuple[str, str], str]:
    """Status by member and purpose."""
    consents = pl.DataFrame(said, schema=SAID, orient="row")
    found = in_force(consents, framed(*answers), days() if flooded is None else flooded)
    assert found.columns == list(CONSENT_SCHEMA)
    return {(row[1], row[3]): row[4] for row in found.iter_rows()}


def test_without_answers_consents_stay() -> None:
    assert after([YES]) == {("m-1", "marketing"): "granted"}
    assert after([]) == {}


@pytest.mark.parametrize("diagnostic", sorted(GONE | {"550 5.1.1"}))
def test_an_address_that_is_not_there_is_written_to_for_nothing(diagnostic: str) -> None:
    found = after([YES], answer("bounced", diagnostic=diagnostic))
    assert found == {("m-1", "marketing"): "withdrawn", ("m-1", "service"): "withdrawn"}


def test_of_all_codes_there_are_seven_say_that_nobody_reads_there() -> None:
    every = [f"{c}.{s}.{d}" for c in (2, 4, 5) for s in range(10) for d in range(1000)]
    answers = framed(*[answer("bounced", diagnostic=code) for code in every])
    assert set(unreachable(answers)["diagnostic"]) == GONE
    at_once = answers.with_columns(diagnostic="550 " + pl.col("diagnostic"))
    assert set(unreachable(at_once)["diagnostic"]) == {f"550 {code}" for code in GONE}
    assert set(sender_refusals(answers)["diagnostic"]) == {"5.1.0", "5.1.7", "5.1.8"}
    for said in ("delivered", "sent", "complained", "unsubscribed"):
        assert unreachable(answers.with_columns(delivery_status=pl.lit(said))).is_empty()


def test_a_sender_that_is_refused_by_words_counts_once_it_is_for_good() -> None:
    told = [f"{REFUSES_SENDER}{code}" for code in ("553 5.7.1", "550", "450 4.7.1")]
    answers = framed(*[answer("bounced", diagnostic=one) for one in told])
    assert sender_refusals(answers)["diagnostic"].to_list() == told[:2]
    assert unreachable(answers).is_empty()


@pytest.mark.parametrize(
    "diagnostic",
    ["4.2.2", "5.2.2", "5.3.4", "5.7.1", "5.1.0", "5.1.7", "5.1.8", "15.1.1", "5.1.1.1", "550", ""],
)
def test_a_bounce_that_says_nothing_of_the_address_takes_nothing_back(diagnostic: str) -> None:
    for told in (diagnostic, None):
        assert after([YES], answer("bounced", diagnostic=told)) == {("m-1", "marketing"): "granted"}


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
    answers = framed(answer("unsubscribed", shop_id="south"))
    kept = in_force(found, answers, days()).filter(pl.col("shop_id") == "north")
    assert kept["consent_status"].to_list() == ["granted", "granted"]


def test_a_message_to_somebody_who_was_forgotten_takes_nothing_back() -> None:
    assert after([YES], answer("complained", member_id=None)) == {("m-1", "marketing"): "granted"}


TODAY, EVE = NOON.date(), NOON.date() - dt.timedelta(days=1)


def wave(count: int, day: dt.date = TODAY, code: str = "5.4.4") -> list[dict[str, Any]]:
    """So many members whose address is said to be gone."""
    fields = {"diagnostic": code, "day": day}
    return [answer("bounced", member_id=f"m-{number}", **fields) for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("count", "messages", "is_ours"),
    [
        (LEAST_GONE, 10, True),
        (LEAST_GONE, 99, True),
        (LEAST_GONE, 100, False),
        (LEAST_GONE - 1, 9, False),
        (200, 10_000, False),
        (1_001, 10_000, True),
    ],
)
def test_so_many_are_gone_at_once_only_when_we_are_at_fault(
    count: int, messages: int, is_ours: bool
) -> None:
    found = flood_days(framed(*wave(count)), days(("north", TODAY, messages)))
    assert found.rows() == ([("north", TODAY, messages, count)] if is_ours else [])


def test_a_flood_touches_nobodys_consent_and_the_days_beside_it_count() -> None:
    listed = [*wave(20), *wave(2, EVE)]
    flooded = flood_days(framed(*listed), days(("north", TODAY, 50), ("north", EVE, 50)))
    granted = [("north", f"m-{number}", *YES[2:]) for number in range(1, 21)]
    found = after(granted, *listed, flooded=flooded)
    assert {member for (member, _), status in found.items() if status == "withdrawn"} == {
        "m-1",
        "m-2",
    }


def test_a_flood_keeps_nobody_from_opting_out() -> None:
    flooded = days(("north", TODAY, 20))
    listed = [*wave(20), answer("unsubscribed"), answer("complained", member_id="m-2")]
    found = after([YES], *listed, flooded=flooded)
    assert {member for (member, _), status in found.items() if status == "withdrawn"} == {
        "m-1",
        "m-2",
    }
