"""What is written to Klaviyo, item by item, and how it is read back.

An item ends accepted, rejected (certainly not applied) or unknown (to be read back). Messages hold
the platform's codes, never its texts.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from connectors.base.limits import Urgency
from connectors.base.paging import by_cursor
from connectors.base.sending import each, nothing_sent, read_each
from connectors.base.wire import decoded
from connectors.klaviyo import wire
from connectors.klaviyo.client import KlaviyoClient, clock_of
from connectors.klaviyo.codes import DuplicateError, InvalidInputError, NotFoundError
from connectors.klaviyo.operations import (
    CREATE_CODE,
    CREATE_EVENT,
    GET_CODE,
    GET_EVENTS,
    GET_PROFILE,
    UPDATE_CODE,
    UPDATE_PROFILE,
    Operation,
)
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import OutcomeState
from contracts.errors import SourceContractError
from contracts.payloads import CouponTerms, Event, Properties, decode, term_instant

ACTION = "action_id"
"""The property of an event by which it is found again."""
# Of a person's events, those of this long ago are looked through.
_LOOK_BACK = dt.timedelta(days=30)
# Terms are decided before they are sent.
_AT_ONCE = dt.timedelta(minutes=5)
_GONE = ("DELETING", "VERSION_NOT_ACTIVE")


def live_codes(client: KlaviyoClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """What a code takes off, as the settings say of its coupon; 0 once it is closed or has ended.

    Klaviyo keeps no value, and of all terms the end alone. A code that was used is told like one
    that was not.
    """
    urgency, worth = Urgency.of(changes), client.settings.off

    def live(change: Change) -> Live | None:
        told = _code(client, change, urgency)
        if told is None:
            return None
        code, now = told
        ends_at = _end(code)
        is_over = code.status in _GONE or (ends_at is not None and ends_at <= now)
        terms = {"ends_at": term_instant(ends_at) if ends_at else None}
        return Live(value=0 if is_over else worth.value, currency=worth.currency, terms=terms)

    return read_each(changes, live)


def send_codes(client: KlaviyoClient, changes: Sequence[Change]) -> list[Outcome]:
    """Create or close codes. A code that exists already was created by the same action."""
    now = _clock(client) if any(change.after for change in changes) else None
    return _one_by_one(client, changes, partial(_send_code, now=now))


def live_events(client: KlaviyoClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """1 for an event that the person's history shows; it shows some time after it was accepted."""
    urgency = Urgency.of(changes)
    addressed = [change for change in changes if change.recipient is not None]
    if not addressed:
        return {}
    since = client.now() - _LOOK_BACK

    def live(change: Change) -> Live:
        recorded = _recorded(client, change.recipient or "", since, urgency)
        return Live(value=int(change.action_id in recorded), currency=None)

    return read_each(addressed, live)


def send_events(client: KlaviyoClient, changes: Sequence[Change]) -> list[Outcome]:
    """Record events; the same one twice is recorded once, by the action's id."""
    return _one_by_one(client, changes, _send_event)


def event_settles(client: KlaviyoClient) -> dt.timedelta:
    """How long an event that was accepted takes to show."""
    return dt.timedelta(seconds=client.settings.event_settles_seconds)


def live_profiles(client: KlaviyoClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """1 for a profile that has all properties as the action has them, else 0."""
    urgency = Urgency.of(changes)

    def live(change: Change) -> Live | None:
        try:
            wanted = decode(change.payload, Properties).values
        except ValueError:  # sending it says what is wrong
            return None
        held = _properties(client, change, urgency)
        if held is None:
            return None
        is_set = all(name in held and held[name] == value for name, value in wanted.items())
        return Live(value=int(is_set), currency=None)

    return read_each(changes, live)


def set_profiles(client: KlaviyoClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set properties of profiles; those that are not named stay."""
    return _one_by_one(client, changes, _set_profile)


def _one_by_one(
    client: KlaviyoClient,
    changes: Sequence[Change],
    send: Callable[[KlaviyoClient, Change, Urgency], Outcome],
) -> list[Outcome]:
    urgency = Urgency.of(changes)
    return each(
        ([change] for change in changes),
        lambda group: [send(client, change, urgency) for change in group],
        alone=(InvalidInputError, NotFoundError),
    )


def _clock(client: KlaviyoClient) -> dt.datetime:
    with nothing_sent():
        return client.now()


def _send_code(
    client: KlaviyoClient, change: Change, urgency: Urgency, *, now: dt.datetime | None
) -> Outcome:
    if now is None or change.after == 0:
        return _close_code(client, change, urgency)
    try:
        terms = decode(change.payload, CouponTerms)
    except ValueError as error:
        return _rejected(change, str(error))
    refused = _unfit(client, change, terms, now)
    if refused is not None:
        return _rejected(change, refused)
    coupon = {"type": "coupon", "id": client.settings.coupon}
    attributes = {"unique_code": change.target_id, "expires_at": term_instant(terms.ends_at)}
    data = {
        "type": "coupon-code",
        "attributes": attributes,
        "relationships": {"coupon": {"data": coupon}},
    }
    return _created(client, CREATE_CODE, change, data, urgency)


def _created(
    client: KlaviyoClient,
    operation: Operation,
    change: Change,
    data: dict[str, Any],
    urgency: Urgency,
) -> Outcome:
    """What is there already was created by the same action: its name derives from the action."""
    try:
        client.write(operation, _body(data), urgency=urgency)
    except DuplicateError:
        return _accepted(change, "it exists already")
    return _accepted(change)


def _unfit(
    client: KlaviyoClient, change: Change, terms: CouponTerms, now: dt.datetime
) -> str | None:
    """Why a code of the coupon would not be what was decided; null: it is."""
    worth, least = client.settings.off, client.settings.least_order
    if (change.after, change.currency) != (worth.value, worth.currency):
        return "a code of the coupon takes off something else: see coupon_off"
    if terms.min_spend_minor != (None if least is None else least.value):
        return "a code of the coupon holds for another least order: see coupon_least_order"
    if terms.listing_ids or terms.excluded_listing_ids:
        return "a code for single goods is not written here"
    if terms.max_spend_minor is not None:
        return "a code here has no largest order: take an amount off (off_minor)"
    if terms.usage_limit != 1:
        return "a code is redeemed once here"
    if terms.starts_at > now + _AT_ONCE:
        return "a code holds from the moment it is made here"
    return None


def _close_code(client: KlaviyoClient, change: Change, urgency: Urgency) -> Outcome:
    with nothing_sent():
        told = _code(client, change, urgency)
    if told is None:
        return _rejected(change, "the coupon has no such code")
    key = _code_key(client, change)
    attributes = {"expires_at": term_instant(told[1] - dt.timedelta(minutes=1))}
    data = {"type": "coupon-code", "id": key, "attributes": attributes}
    client.write(UPDATE_CODE, _body(data), key=key, urgency=urgency)
    return _accepted(change)


def _code(
    client: KlaviyoClient, change: Change, urgency: Urgency
) -> tuple[wire.Code, dt.datetime] | None:
    """A code and the platform's clock; null where there is no such code."""
    key, params = _code_key(client, change), (("fields[coupon-code]", "expires_at,status"),)
    try:
        answer = client.ask(GET_CODE, key=key, params=params, urgency=urgency)
    except NotFoundError:
        return None
    found = decoded(wire.CODE.decode, answer.body).data
    return (found.attributes, clock_of(answer)) if found else None


def _code_key(client: KlaviyoClient, change: Change) -> str:
    return f"{client.settings.coupon}-{change.target_id}"


def _end(code: wire.Code) -> dt.datetime | None:
    """When a code ends; null: never.

    Raises:
        SourceContractError: it cannot be read.
    """
    if code.expires_at is None:
        return None
    try:
        ends = dt.datetime.fromisoformat(code.expires_at)
    except ValueError:
        raise SourceContractError("a code's expires_at is unreadable") from None
    return ends if ends.tzinfo else ends.replace(tzinfo=dt.UTC)


def _send_event(client: KlaviyoClient, change: Change, urgency: Urgency) -> Outcome:
    if change.recipient is None:
        return _rejected(change, "an event is about a profile")
    try:
        event = decode(change.payload, Event)
    except ValueError as error:
        return _rejected(change, str(error))
    profile = {"type": "profile", "id": change.recipient, "attributes": {}}
    attributes = {
        "properties": {**event.properties, ACTION: change.action_id},
        "metric": {"data": {"type": "metric", "attributes": {"name": event.name}}},
        "profile": {"data": profile},
        "unique_id": change.action_id,
    }
    return _created(
        client, CREATE_EVENT, change, {"type": "event", "attributes": attributes}, urgency
    )


def _recorded(
    client: KlaviyoClient, profile_id: str, since: dt.datetime, urgency: Urgency
) -> set[object]:
    """Ids of the actions whose events a person's history shows."""
    named = msgspec.json.encode(profile_id).decode()
    params = (
        ("fields[event]", "event_properties"),
        (
            "filter",
            f"and(equals(profile_id,{named}),greater-or-equal(datetime,{term_instant(since)}))",
        ),
        ("page[size]", "1000"),
        ("sort", "-datetime"),
    )

    def ask(link: str | None) -> tuple[list[wire.Resource[wire.Event]], str | None]:
        if link is None:
            answer = client.ask(GET_EVENTS, params=params, urgency=urgency)
        else:
            answer = client.follow(GET_EVENTS, link, urgency=urgency)
        page = wire.framed(answer.body)
        found = list(wire.EVENTS.readable(page.data))
        return found, page.links.next if page.links else None

    told = (event.attributes.event_properties for page in by_cursor(ask) for event in page)
    return {properties.get(ACTION) for properties in told if properties}


def _set_profile(client: KlaviyoClient, change: Change, urgency: Urgency) -> Outcome:
    if change.recipient is None:
        return _rejected(change, "properties are of a profile")
    try:
        wanted = decode(change.payload, Properties).values
    except ValueError as error:
        return _rejected(change, str(error))
    data = {"type": "profile", "id": change.recipient, "attributes": {"properties": wanted}}
    client.write(UPDATE_PROFILE, _body(data), key=change.recipient, urgency=urgency)
    return _accepted(change)


def _properties(client: KlaviyoClient, change: Change, urgency: Urgency) -> dict[str, Any] | None:
    """Properties of a profile; null where there is none."""
    if change.recipient is None:
        return None
    params = (("fields[profile]", "properties"),)
    try:
        answer = client.ask(GET_PROFILE, key=change.recipient, params=params, urgency=urgency)
    except NotFoundError:
        return None
    found = decoded(wire.PROFILE.decode, answer.body).data
    return (found.attributes.properties or {}) if found else None


def _body(data: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"data": data})


def _accepted(change: Change, message: str | None = None) -> Outcome:
    return Outcome(action_id=change.action_id, state=OutcomeState.ACCEPTED, message=message)


def _rejected(change: Change, message: str) -> Outcome:
    return Outcome(action_id=change.action_id, state=OutcomeState.REJECTED, message=message)
