"""What is written, item by item: what is sent, what became of it, and how it is read back."""

import datetime as dt
from dataclasses import replace
from typing import Any

import httpx
import pytest

from connectors.base.limits import Urgency
from connectors.klaviyo import CONNECTOR, outbound
from connectors.klaviyo.client import KlaviyoClient
from contracts.actions import Live, Unread
from contracts.codes import OutcomeState, WriteKind
from contracts.errors import ConfigurationError, NotAppliedError
from contracts.payloads import CouponTerms, encode
from tests.connectors.klaviyo.changes import (
    ACCEPTED,
    CLOSED,
    CODE,
    COUPON,
    CREATE,
    CREATED,
    EVENT,
    HAPPENED,
    SEGMENTED,
    TERMS,
    code,
    states,
)
from tests.connectors.klaviyo.conftest import Open, Script, answer
from tests.connectors.klaviyo.recorded import (
    READ_AT,
    document,
    refused,
)


def test_a_code_is_made_under_the_coupon_and_ends_with_its_terms(opened: Open) -> None:
    client, platform = opened({CREATE: [answer(status=201)]}, **COUPON)
    assert states(outbound.CODES.send(client, [CREATED])) == [ACCEPTED]
    assert platform.asked[-1].headers["content-type"] == "application/vnd.api+json"
    assert platform.bodies() == [
        {
            "data": {
                "type": "coupon-code",
                "attributes": {"unique_code": "A1", "expires_at": "2026-12-06T05:00:00Z"},
                "relationships": {"coupon": {"data": {"type": "coupon", "id": "WINBACK"}}},
            }
        }
    ]


def test_a_code_that_is_there_already_is_done(opened: Open) -> None:
    client, _ = opened({CREATE: [refused(409, "duplicate")]}, **COUPON)
    outcomes = outbound.CODES.send(client, [CREATED])
    assert states(outcomes) == [(OutcomeState.ACCEPTED, "it exists already")]


def termed(**more: Any) -> str:
    return encode(
        CouponTerms(
            **{
                "title": "Win back",
                "starts_at": TERMS.starts_at,
                "ends_at": TERMS.ends_at,
                "usage_limit": 1,
                **more,
            }
        )
    )


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"payload": None}, "payload"),
        ({"after": 2000}, "coupon_off"),
        ({"after": 1500, "currency": "EUR"}, "coupon_off"),
        ({"payload": termed(usage_limit=2)}, "once"),
        ({"payload": termed(usage_limit=None)}, "once"),
        ({"payload": termed(listing_ids=("1",))}, "single goods"),
        ({"payload": termed(excluded_listing_ids=("1",))}, "single goods"),
        ({"payload": termed(max_spend_minor=9)}, "largest order"),
        ({"payload": termed(min_spend_minor=5000)}, "coupon_least_order"),
        ({"payload": termed(starts_at=READ_AT + dt.timedelta(days=1))}, "from the moment"),
    ],
)
def test_a_code_that_would_be_another_one_is_not_made(
    opened: Open, wrong: dict[str, Any], why: str
) -> None:
    client, platform = opened({CREATE: [answer(status=201)]}, **COUPON)
    [outcome] = outbound.CODES.send(client, [replace(CREATED, **wrong)])
    assert outcome.state is OutcomeState.REJECTED
    assert why in str(outcome.message)
    assert platform.bodies() == []


def test_the_least_order_of_the_coupon_is_that_of_the_terms(opened: Open) -> None:
    stated = {"coupon_off": "5.00 EUR", "coupon_least_order": "50.00 EUR", "coupon_id": "WINBACK"}
    client, platform = opened({CREATE: [answer(status=201)]}, **stated)
    amount = replace(CREATED, after=500, currency="EUR", payload=termed(min_spend_minor=5000))
    lower = replace(amount, action_id="d", payload=termed(min_spend_minor=4999))
    assert states(outbound.CODES.send(client, [amount]))[0] == ACCEPTED
    assert states(outbound.CODES.send(client, [lower]))[0][0] is OutcomeState.REJECTED
    assert len(platform.bodies()) == 1


@pytest.mark.parametrize(
    ("more", "value"),
    [
        ({}, 1500),
        ({"status": "ASSIGNED_TO_PROFILE"}, 1500),
        ({"status": "USED"}, 1500),
        ({"expires_at": None}, 1500),
        ({"expires_at": "2026-11-22T05:00:01+00:00"}, 1500),
        ({"expires_at": "2026-11-22T05:00:00+00:00"}, 0),
        ({"expires_at": "2026-11-22T05:00:00"}, 0),
        ({"status": "DELETING"}, 0),
        ({"status": "VERSION_NOT_ACTIVE"}, 0),
    ],
)
def test_a_code_in_force_takes_off_what_the_settings_say(
    opened: Open, more: dict[str, Any], value: int
) -> None:
    client, _ = opened({f"GET {CODE}": [code(**more)]}, **COUPON)
    live = outbound.CODES.live(client, [CREATED])["A1"]
    assert isinstance(live, Live)
    assert (live.value, live.currency) == (value, None)


@pytest.mark.parametrize(
    ("told", "ends_at"),
    [
        ("2026-12-24T00:00:00+00:00", "2026-12-24T00:00:00Z"),
        ("2026-12-24T01:00:00+01:00", "2026-12-24T00:00:00Z"),
        ("2026-12-24T00:00:00.999", "2026-12-24T00:00:00Z"),
        (None, None),
    ],
)
def test_the_end_of_a_code_is_read_back(
    opened: Open, told: str | None, ends_at: str | None
) -> None:
    client, _ = opened({f"GET {CODE}": [code(expires_at=told)]}, **COUPON)
    live = outbound.CODES.live(client, [CREATED])["A1"]
    assert isinstance(live, Live)
    assert live.terms == {"ends_at": ends_at}


def test_a_code_that_cannot_be_read_is_held_alone(opened: Open) -> None:
    answers = [code(expires_at="at Christmas"), code()]
    client, _ = opened({f"GET {CODE}": answers}, **COUPON)
    changes = [CREATED, replace(CREATED, action_id="b", target_id="A1")]
    first, second = (outbound.CODES.live(client, [change])["A1"] for change in changes)
    assert isinstance(first, Unread)
    assert "Christmas" not in first.why
    assert isinstance(second, Live)


def test_a_code_that_is_not_there_is_not_told(opened: Open) -> None:
    client, _ = opened({f"GET {CODE}": [refused(404, "not_found")]}, **COUPON)
    assert outbound.CODES.live(client, [CREATED]) == {}


def test_without_a_coupon_no_code_is_asked_for(opened: Open) -> None:
    client, platform = opened({})
    with pytest.raises(ConfigurationError, match="coupon"):
        outbound.CODES.live(client, [CREATED])
    assert platform.asked == []


def test_a_code_is_closed_by_an_end_in_the_past(opened: Open) -> None:
    client, platform = opened({f"GET {CODE}": [code()], f"PATCH {CODE}": [code()]}, **COUPON)
    assert states(outbound.CODES.send(client, [CLOSED])) == [ACCEPTED]
    assert platform.bodies() == [
        {
            "data": {
                "type": "coupon-code",
                "id": "WINBACK-A1",
                "attributes": {"expires_at": "2026-11-22T04:59:00Z"},
            }
        }
    ]


def test_a_code_that_is_gone_cannot_be_closed(opened: Open) -> None:
    client, platform = opened({f"GET {CODE}": [refused(404, "not_found")]}, **COUPON)
    outcomes = outbound.CODES.send(client, [CLOSED])
    assert states(outcomes) == [(OutcomeState.REJECTED, "the coupon has no such code")]
    assert platform.bodies() == []


def test_a_code_may_hold_what_an_address_may_not(opened: Open) -> None:
    client, platform = opened(
        {"GET /api/coupon-codes/WINBACK-A/1?": [refused(404, "not_found")]}, **COUPON
    )
    outbound.CODES.live(client, [replace(CREATED, target_id="A/1?")])
    assert platform.asked[0].url.raw_path.startswith(b"/api/coupon-codes/WINBACK-A%2F1%3F?")


def test_each_item_has_its_own_end(opened: Open) -> None:
    changes = [replace(SEGMENTED, action_id=name, recipient=name) for name in "abcdef"]
    answers: Script = {
        "PATCH /api/profiles/a": [document()],
        "PATCH /api/profiles/b": [refused(400, "invalid")],
        "PATCH /api/profiles/c": [refused(404, "not_found")],
        "PATCH /api/profiles/d": [httpx.ReadTimeout("x")],
        "PATCH /api/profiles/e": [refused(403, "permission_denied")],
        "PATCH /api/profiles/f": [document()],
    }
    client, platform = opened(answers)
    outcomes = outbound.set_profiles(client, changes)
    assert [one.action_id for one in outcomes] == list("abcdef")
    assert [one.state for one in outcomes] == [
        OutcomeState.ACCEPTED,
        OutcomeState.REJECTED,
        OutcomeState.REJECTED,
        OutcomeState.UNKNOWN,
        OutcomeState.REJECTED,
        OutcomeState.REJECTED,
    ]
    # Without the scope nothing else is tried.
    assert len(platform.asked) == 5


def test_a_platform_that_stays_busy_was_told_nothing(opened: Open) -> None:
    busy = refused(429, "throttled", **{"retry-after": "1"})
    client, _ = opened({EVENT: [busy]})
    with pytest.raises(NotAppliedError):
        outbound.send_events(client, [HAPPENED])
    client, platform = opened({f"GET {CODE}": [answer(status=503)]}, **COUPON)
    with pytest.raises(NotAppliedError):
        outbound.CODES.send(client, [CLOSED])
    assert platform.bodies() == []


def test_what_is_taken_back_goes_first(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Urgency] = []
    send = KlaviyoClient.send

    def noted(client: KlaviyoClient, request: Any, urgency: Urgency) -> Any:
        taken.append(urgency)
        return send(client, request, urgency)

    monkeypatch.setattr(KlaviyoClient, "send", noted)
    client, _ = opened({f"GET {CODE}": [code()], f"PATCH {CODE}": [code()]}, **COUPON)
    outbound.CODES.live(client, [CLOSED])
    outbound.CODES.send(client, [CLOSED])
    assert set(taken) == {Urgency.UNDO}


def test_what_is_written_can_be_sent_twice() -> None:
    assert all(write.is_absolute and write.live for write in CONNECTOR.writes)
    assert {write.kind for write in CONNECTOR.writes} == {
        WriteKind.CREATE_COUPON,
        WriteKind.RECORD_EVENT,
        WriteKind.SET_PROFILE,
    }
