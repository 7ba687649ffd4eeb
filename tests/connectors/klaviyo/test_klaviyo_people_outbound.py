"""Events and properties of people, as they are written and shown by their histories."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from connectors.klaviyo import outbound
from contracts.actions import Change, Live
from contracts.codes import OutcomeState
from tests.connectors.klaviyo.changes import (
    ACCEPTED,
    EVENT,
    HAPPENED,
    PROFILE,
    SEGMENTED,
    events,
    single,
    states,
)
from tests.connectors.klaviyo.conftest import Open, answer
from tests.connectors.klaviyo.recorded import (
    document,
    profile,
    refused,
)


def test_an_event_bears_the_actions_id_twice(opened: Open) -> None:
    client, platform = opened({EVENT: [answer(status=202)]})
    assert states(outbound.send_events(client, [HAPPENED])) == [ACCEPTED]
    metric = {"data": {"type": "metric", "attributes": {"name": "Parcel is late"}}}
    person = {"data": {"type": "profile", "id": "01P1", "attributes": {}}}
    assert platform.bodies() == [
        {
            "data": {
                "type": "event",
                "attributes": {
                    "properties": {"days": 3, "action_id": "b" * 32},
                    "metric": metric,
                    "profile": person,
                    "unique_id": "b" * 32,
                },
            }
        }
    ]


def test_an_event_is_done_once_the_persons_history_shows_it(opened: Open) -> None:
    history = "GET /api/events"
    client, platform = opened({history: [events("x"), events("x", "b" * 32)]})
    assert outbound.live_events(client, [HAPPENED]) == {"late-parcel": Live(value=0, currency=None)}
    assert outbound.live_events(client, [HAPPENED]) == {"late-parcel": Live(value=1, currency=None)}
    assert platform.params()[1] == {
        "fields[event]": "event_properties",
        "filter": 'and(equals(profile_id,"01P1"),greater-or-equal(datetime,2026-10-23T05:00:00Z))',
        "page[size]": "1000",
        "sort": "-datetime",
    }


def test_a_persons_history_is_followed_to_its_end(opened: Open) -> None:
    more = document(links={"next": "https://a.klaviyo.com/api/events?page%5Bcursor%5D=2"})
    client, _ = opened({"GET /api/events": [more, events("b" * 32)]})
    assert outbound.live_events(client, [HAPPENED]) == {"late-parcel": Live(value=1, currency=None)}


def test_an_event_takes_as_long_to_show_as_the_settings_say(opened: Open) -> None:
    client, _ = opened({}, event_settles_seconds=4)
    assert outbound.event_settles(client) == dt.timedelta(seconds=4)


def test_properties_are_set_beside_those_that_are_there(opened: Open) -> None:
    client, platform = opened({f"PATCH {PROFILE}": [document()]})
    assert states(outbound.set_profiles(client, [SEGMENTED])) == [ACCEPTED]
    [body] = platform.bodies()
    assert body["data"] == {
        "type": "profile",
        "id": "01P1",
        "attributes": {"properties": {"segment": "at_risk", "orders": 4}},
    }


@pytest.mark.parametrize(
    ("held", "value"),
    [
        ({"segment": "at_risk", "orders": 4, "pet": "cat"}, 1),
        ({"segment": "at_risk"}, 0),
        ({"segment": "at_risk", "orders": 5}, 0),
        (None, 0),
    ],
)
def test_a_profile_is_as_wanted_when_it_has_all_of_it(
    opened: Open, held: dict[str, Any] | None, value: int
) -> None:
    shown = single(profile("01P1", "1", properties=held))
    client, platform = opened({f"GET {PROFILE}": [shown]})
    live = outbound.live_profiles(client, [SEGMENTED])
    assert live == {"segment-1": Live(value=value, currency=None)}
    assert platform.params() == [{"fields[profile]": "properties"}]


def test_of_a_profile_that_is_gone_nothing_is_told(opened: Open) -> None:
    client, _ = opened({f"GET {PROFILE}": [refused(404, "not_found")]})
    assert outbound.live_profiles(client, [SEGMENTED]) == {}


@pytest.mark.parametrize(
    ("send", "change"),
    [(outbound.send_events, HAPPENED), (outbound.set_profiles, SEGMENTED)],
)
def test_without_a_profile_or_a_payload_nothing_is_sent(
    opened: Open, send: Any, change: Change
) -> None:
    client, platform = opened({})
    for wrong in (replace(change, recipient=None), replace(change, payload=None)):
        [outcome] = send(client, [wrong])
        assert outcome.state is OutcomeState.REJECTED
    assert platform.asked == []
    if send is outbound.send_events:
        assert outbound.live_events(client, [replace(change, recipient=None)]) == {}
    else:
        assert outbound.live_profiles(client, [replace(change, recipient=None)]) == {}
        assert outbound.live_profiles(client, [replace(change, payload=None)]) == {}
