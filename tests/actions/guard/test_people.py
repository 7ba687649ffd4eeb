"""Whom we write to: consent, reach, caps, quiet hours, what is done once, and who is left alone."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from actions.guard import HOLDS, Limits
from actions.guard.facts import CONSENT_SCHEMA, CONTACT_SCHEMA, HISTORY_SCHEMA
from actions.guard.people import Way, is_addressed, way_of
from contracts.actions import KillSwitch
from contracts.codes import WriteKind
from contracts.payloads import Event, Message, Reply, encode

NOW = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ADA, BOB = ("m-" + digit * 32 for digit in "12")
TEXT = encode(Message(template="win_back", language="en", values={}, template_hash="f0"))
MESSAGE: dict[str, Any] = {
    "policy": "member_coupon",
    "target_id": "CODE-1:message",
    "sku_id": None,
    "write_kind": "send_message",
    "currency": None,
    "before_value": 0,
    "after_value": 1,
    "member_id": ADA,
    "channel": "email",
    "purpose": "marketing",
    "payload": TEXT,
}
PAST: dict[str, Any] = {
    **{key: MESSAGE[key] for key in ("policy", "write_kind", "member_id", "purpose")},
    "target_id": "earlier",
    "window_start": NOW - 3 * DAY,
    "before_value": 0,
    "after_value": 1,
    "at": NOW - 3 * DAY,
}


def contacts(*ways: str, member: str = ADA, zone: str | None = None) -> pl.DataFrame:
    rows = [("north", member, way, zone) for way in ways]
    return pl.DataFrame(rows, schema=dict(CONTACT_SCHEMA), orient="row")


def consents(*said: tuple[str, str], member: str = ADA) -> pl.DataFrame:
    rows = [("north", member, "email", purpose, status) for purpose, status in said]
    return pl.DataFrame(rows, schema=dict(CONSENT_SCHEMA), orient="row")


KNOWN: dict[str, Any] = {
    "contacts": contacts("email", "platform_id", "profile_id"),
    "consents": consents(("marketing", "granted")),
    "time_zones": {"north": "UTC"},
}


def messages(case: Any, *changes: dict[str, Any]) -> Any:
    """The case with one message per change, to a member who may be written to."""
    base = case.proposals[0]
    many = [
        {**base, **MESSAGE, "target_id": f"t{number}", **change}
        for number, change in enumerate(changes or ({},))
    ]
    return case.having(proposals=many).knowing(**KNOWN)


def test_a_message_to_who_agreed_passes(case: Any) -> None:
    assert messages(case).guards() == [None]


@pytest.mark.parametrize(
    ("purpose", "said", "guard"),
    [
        ("marketing", [], "consent"),
        ("marketing", [("marketing", "never_asked")], "consent"),
        ("marketing", [("marketing", "withdrawn")], "consent"),
        ("marketing", [("service", "granted")], "consent"),
        ("marketing", [("marketing", "granted")], None),
        ("service", [], None),
        ("service", [("service", "never_asked")], None),
        ("service", [("marketing", "withdrawn")], None),
        ("service", [("service", "withdrawn")], "consent"),
    ],
)
def test_marketing_needs_a_yes_and_service_only_no_no(
    case: Any, purpose: str, said: list[tuple[str, str]], guard: str | None
) -> None:
    one = messages(case, {"purpose": purpose}).knowing(**{**KNOWN, "consents": consents(*said)})
    assert one.guards() == [guard]


def test_a_yes_of_somebody_else_or_for_another_channel_is_none(case: Any) -> None:
    theirs = {**KNOWN, "consents": consents(("marketing", "granted"), member=BOB)}
    assert messages(case).knowing(**theirs).guards() == ["consent"]
    by_sms = {**KNOWN, "contacts": contacts("sms")}
    assert messages(case, {"channel": "sms"}).knowing(**by_sms).guards() == ["consent"]


@pytest.mark.parametrize("missing", ["member_id", "channel", "purpose"])
def test_a_message_that_does_not_say_to_whom_and_why_is_not_sent(case: Any, missing: str) -> None:
    assert messages(case, {missing: None}).guards() == ["incomplete"]


@pytest.mark.parametrize(
    ("kind", "channel", "has_member", "way"),
    [
        ("send_message", "email", True, Way.EMAIL),
        ("send_message", "sms", True, Way.SMS),
        ("send_message", "push", True, Way.PUSH),
        ("send_message", "platform", True, Way.PLATFORM_ID),
        ("record_event", "email", True, Way.PROFILE_ID),
        ("set_profile", None, True, Way.PROFILE_ID),
        ("grant_coupon", None, True, Way.PLATFORM_ID),
        ("create_coupon", None, True, Way.PLATFORM_ID),
        ("create_coupon", None, False, None),
        ("request_review", None, True, None),
        ("reply_review", None, False, None),
        ("set_price", None, False, None),
    ],
)
def test_each_write_is_addressed_in_its_own_way(
    kind: str, channel: str | None, has_member: bool, way: Way | None
) -> None:
    assert (way_of(kind, channel) if is_addressed(kind, has_member=has_member) else None) == way


@pytest.mark.parametrize(
    ("known", "guards"),
    [(["email"], [None]), (["platform_id"], ["no_recipient"]), ([], ["no_recipient"])],
)
def test_who_cannot_be_reached_that_way_is_not_written_to(
    case: Any, known: list[str], guards: list[str | None]
) -> None:
    assert messages(case).knowing(**{**KNOWN, "contacts": contacts(*known)}).guards() == guards


def test_who_was_forgotten_since_is_refused_at_the_door(case: Any, refused: Any) -> None:
    gone = messages(case).knowing(**{**KNOWN, "contacts": contacts("email", member=BOB)})
    assert refused(messages(case)) == []
    assert refused(gone) == ["no_recipient"]


@pytest.mark.parametrize(
    ("past", "guard"),
    [
        ([{}], None),
        ([{}, {"policy": "review_follow_up", "write_kind": "request_review"}], "message_cap"),
        ([{}, {"policy": "delay_notice", "purpose": "service"}], "message_cap"),
        ([{}, {"write_kind": "record_event"}], "message_cap"),
        ([{}, {"write_kind": "record_event", "purpose": None}], None),
        ([{}, {"at": NOW - 7 * DAY}], None),
        ([{}, {"member_id": BOB}], None),
        ([{}, {"write_kind": "create_coupon"}], None),
        ([{}, {"is_undo": True}], None),
        ([{}, {"state": "approved"}], "message_cap"),
    ],
)
def test_two_messages_a_week_over_all_policies_and_channels(
    case: Any, past: list[dict[str, Any]], guard: str | None
) -> None:
    assert messages(case).after(*({**PAST, **one} for one in past)).guards() == [guard]


def test_messages_of_one_batch_count_together_and_per_member(case: Any) -> None:
    both = {
        **KNOWN,
        "contacts": pl.concat([contacts("email"), contacts("email", member=BOB)]),
        "consents": pl.concat(
            [consents(("marketing", "granted"), member=member) for member in (ADA, BOB)]
        ),
    }
    batch = messages(case, {}, {}, {}, {"member_id": BOB}).knowing(**both)
    assert batch.guards() == [None, None, "message_cap", None]


def test_what_is_refused_already_takes_no_ones_place(case: Any) -> None:
    batch = messages(case, {"payload": None}, {"payload": None}, {}, {})
    assert batch.guards() == ["payload", "payload", None, None]


def test_service_has_a_cap_of_its_own(case: Any) -> None:
    notice = {"purpose": "service", "policy": "delay_notice"}
    marketing = [{**PAST, "target_id": str(n)} for n in range(2)]
    services = [{**PAST, "target_id": str(n), "purpose": "service"} for n in range(3)]
    assert messages(case, notice).after(*marketing).guards() == [None]
    assert messages(case, notice).after(*services[:2]).guards() == [None]
    assert messages(case, notice).after(*services).guards() == ["message_cap"]


def test_deciding_again_does_not_count_the_same_message_twice(case: Any) -> None:
    one = messages(case).limited(max_messages=1)
    same = {**PAST, "target_id": "t0", "window_start": NOW, "at": NOW}
    assert one.after(same).guards() == [None]
    assert one.after({**same, "target_id": "t1"}).guards() == ["message_cap"]


def test_two_that_wait_do_not_stand_in_each_others_way_at_the_door(case: Any, refused: Any) -> None:
    waiting = {**PAST, "state": "approved"}
    one = messages(case).limited(max_messages=1)
    assert refused(one.after(waiting)) == []
    assert refused(one.after({**waiting, "state": "sending"})) == ["message_cap"]
    assert refused(messages(case, {}, {}).limited(max_messages=1)) == ["message_cap"]


@pytest.mark.parametrize(
    ("at", "zone", "is_held"),
    [
        ("2026-11-20T20:59:00+00:00", None, False),
        ("2026-11-20T21:00:00+00:00", None, True),
        ("2026-11-20T08:59:00+00:00", None, True),
        ("2026-11-20T09:00:00+00:00", None, False),
        ("2026-11-20T12:00:00+00:00", "Asia/Shanghai", False),
        ("2026-11-20T14:00:00+00:00", "Asia/Shanghai", True),
        ("2026-11-20T14:00:00+00:00", "America/New_York", False),
        ("2026-11-20T22:00:00+00:00", "America/New_York", False),
        ("2026-11-20T22:00:00+00:00", "Not/A_Zone", True),
        ("2026-11-20T22:00:00+00:00", "../../etc/passwd", True),
    ],
)
def test_a_message_is_held_in_the_members_night(
    case: Any, refused: Any, at: str, zone: str | None, is_held: bool
) -> None:
    night = messages(case, {"expires_at": NOW + 3 * DAY})
    known = night.knowing(**{**KNOWN, "contacts": contacts("email", zone=zone)})
    moment = dt.datetime.fromisoformat(at)
    assert known.having(at=moment).guards() == [None]
    assert refused(known, at=moment) == (["quiet_hours"] if is_held else [])
    assert "quiet_hours" in HOLDS


def test_hours_of_quiet_may_lie_in_the_day_or_nowhere(case: Any, refused: Any) -> None:
    noon = NOW.replace(hour=12)
    siesta = messages(case).limited(quiet_from=dt.time(12), quiet_until=dt.time(14))
    assert refused(siesta, at=noon) == ["quiet_hours"]
    assert refused(siesta, at=noon.replace(hour=14)) == []
    never = messages(case).limited(quiet_from=dt.time(0), quiet_until=dt.time(0))
    assert refused(never, at=NOW.replace(hour=23)) == []


def test_prices_and_profiles_change_at_night(case: Any, refused: Any) -> None:
    assert refused(case.knowing(time_zones={"north": "UTC"}), at=NOW.replace(hour=23)) == []


def test_a_service_message_is_sent_once_per_cause_and_policy(case: Any) -> None:
    notice = {"purpose": "service", "policy": "delay_notice", "target_id": "order-7"}
    year = {**PAST, **notice, "at": NOW - 300 * DAY, "window_start": NOW - 300 * DAY}
    one = messages(case, notice)

    def with_earlier(**changes: Any) -> Any:
        row = {"shop_id": "north", "state": "confirmed", "is_undo": False, **year, **changes}
        earlier = pl.DataFrame([row], schema=dict(HISTORY_SCHEMA))
        return one.knowing(**KNOWN, earlier=earlier).guards()

    assert one.guards() == [None]
    assert with_earlier() == ["once"]
    assert with_earlier(policy="other_notice") == [None]
    assert with_earlier(target_id="order-8") == [None]


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({}, "holdout"),
        ({"write_kind": "record_event", "payload": encode(Event(name="x"))}, "holdout"),
        ({"purpose": "service"}, None),
        (
            {
                "write_kind": "reply_review",
                "payload": encode(Reply(text="Thanks")),
                "member_id": None,
                "channel": None,
                "purpose": None,
            },
            None,
        ),
    ],
)
def test_members_are_left_alone_by_marketing_and_never_by_service(
    case: Any, changes: dict[str, Any], guard: str | None
) -> None:
    share = {"holdout_salt": "salt", "holdout_share": 1.0}
    assert messages(case, changes).knowing(**KNOWN, **share).guards() == [guard]


def test_a_payload_with_contact_data_is_not_sent(case: Any) -> None:
    for text in ("write to ada@example.com", "call +44 20 7946 0000"):
        message = Message(template="t", language="en", values={"x": text}, template_hash="f")
        assert messages(case, {"payload": encode(message)}).guards() == ["contact_data"]


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"payload": None}, "payload"),
        ({"payload": '{"text": "x"}'}, "payload"),
        ({"after_value": 2}, "value"),
        ({"expires_at": NOW}, "expired"),
    ],
)
def test_a_message_that_is_not_whole_is_not_sent(
    case: Any, changes: dict[str, Any], guard: str
) -> None:
    assert messages(case, changes).guards() == [guard]


def test_a_price_has_no_payload(case: Any) -> None:
    assert case.proposing(payload=TEXT).guards() == ["payload"]


def test_messages_count_among_the_writes_of_a_day(case: Any) -> None:
    two = messages(case, {}, {})
    assert set(two.limited(max_actions=2).guards()) == {None}
    assert set(two.limited(max_actions=1).guards()) == {"breaker"}
    earlier = {**PAST, "member_id": BOB, "at": NOW - DAY / 2}
    assert set(two.limited(max_actions=2).after(earlier).guards()) == {"breaker"}


def test_a_message_needs_the_coupon_it_announces(case: Any) -> None:
    first = {"target_id": "CODE-1"}
    then = {"target_id": "CODE-1:message", "needs_target_id": "CODE-1"}
    assert messages(case, first, then).guards() == [None, None]
    assert messages(case, {**first, "payload": None}, then).guards() == ["payload", "needs"]
    assert messages(case, then).guards() == ["needs"]
    another_day = {**first, "window_start": NOW - DAY}
    assert messages(case, another_day, then).guards() == [None, "needs"]


def test_a_platform_that_is_stopped_stops_what_is_written_there(case: Any) -> None:
    writers = {("north", "set_price"): "shopify", ("north", "send_message"): "email"}
    for name, guards in (("email", ["kill_switch"]), ("shopify", [None])):
        stop = KillSwitch(scope="platform", name=name, since=NOW, by="ada")
        known = {**KNOWN, "switches": [stop], "platforms": writers}
        assert messages(case).knowing(**known).guards() == guards


def test_every_write_has_rules_or_is_refused(case: Any) -> None:
    unruled = {WriteKind.SET_STOCK}
    for kind in WriteKind:
        (guard,) = case.proposing(write_kind=str(kind)).guards()
        assert (guard == "no_limits") is (kind in unruled)


def test_limits_read_hours_as_they_are_written() -> None:
    limits = Limits.model_validate(
        {"max_actions": 1, "max_exposure_minor": 0, "quiet_from": "22:30", "quiet_until": "08:00"}
    )
    assert (limits.quiet_from, limits.quiet_until) == (dt.time(22, 30), dt.time(8))
