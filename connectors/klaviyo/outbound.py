"""What is written to Klaviyo, item by item, and how it is read back.

An item ends accepted, rejected (certainly not applied) or unknown (to be read back). Messages hold
the platform's codes, never its texts.
"""

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from connectors.base.coupons import CodeExistsError, Coupon, Coupons
from connectors.base.limits import Urgency
from connectors.base.paging import by_cursor
from connectors.base.sending import UnfitError, nothing_sent, read_each
from connectors.base.wire import decoded
from connectors.base.writes import one_by_one, opened
from connectors.klaviyo import wire
from connectors.klaviyo.client import KlaviyoClient
from connectors.klaviyo.codes import DuplicateError, InvalidInputError, NotFoundError
from connectors.klaviyo.operations import (
    CREATE_CODE,
    CREATE_EVENT,
    GET_CODE,
    GET_EVENTS,
    GET_PROFILE,
    UPDATE_CODE,
    UPDATE_PROFILE,
)
from contracts.actions import Change, Live, Outcome, Unread
from contracts.errors import SourceContractError
from contracts.payloads import CouponTerms, Event, Properties, decode, term_instant

_ALONE = (InvalidInputError, NotFoundError)
ACTION = "action_id"
"""The property of an event by which it is found again."""
# Of a person's events, those of this long ago are looked through.
_LOOK_BACK = dt.timedelta(days=30)
# Terms are decided before they are sent.
_AT_ONCE = dt.timedelta(minutes=5)
_GONE = ("DELETING", "VERSION_NOT_ACTIVE")


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
    return one_by_one(changes, partial(_send_event, client, Urgency.of(changes)), alone=_ALONE)


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
    return one_by_one(changes, partial(_set_profile, client, Urgency.of(changes)), alone=_ALONE)


def _find_code(client: KlaviyoClient, change: Change) -> Coupon | None:
    """A code: what it takes off the settings say, since Klaviyo keeps no value.

    Of all terms the end alone is kept, and whom a code is for is not told. A code that was used is
    told like one that was not.
    """
    worth = client.settings.off
    path = {"id": _code_key(client, change)}
    params = (("fields[coupon-code]", "expires_at,status"),)
    try:
        answer = client.ask(GET_CODE, path=path, params=params, urgency=Urgency.of([change]))
    except NotFoundError:
        return None
    found = decoded(wire.CODE.decode, answer.body).data
    if found is None:
        return None
    ends_at = _end(found.attributes)
    is_over = found.attributes.status in _GONE or (ends_at is not None and ends_at <= answer.at)
    return Coupon(
        id=path["id"],
        off=worth.value,
        currency=worth.currency,
        is_over=is_over,
        at=answer.at,
        terms={"ends_at": term_instant(ends_at) if ends_at else None},
        holders=None,
    )


def _make_code(client: KlaviyoClient, change: Change, terms: CouponTerms) -> None:
    with nothing_sent():
        _check_terms(client, change, terms)
    attributes = {"unique_code": change.target_id, "expires_at": term_instant(terms.ends_at)}
    coupon = {"type": "coupon", "id": client.settings.coupon}
    data = {
        "type": "coupon-code",
        "attributes": attributes,
        "relationships": {"coupon": {"data": coupon}},
    }
    try:
        client.write(CREATE_CODE, _body(data), urgency=Urgency.of([change]))
    except DuplicateError as error:
        raise CodeExistsError(str(error)) from None


def _check_terms(client: KlaviyoClient, change: Change, terms: CouponTerms) -> None:
    """Refuse a code of the coupon that would not be what was decided."""
    worth, least = client.settings.off, client.settings.least_order
    if (change.after, change.currency) != (worth.value, worth.currency):
        raise UnfitError("a code of the coupon takes off something else: see coupon_off")
    if terms.min_spend_minor != (None if least is None else least.value):
        raise UnfitError(
            "a code of the coupon holds for another least order: see coupon_least_order"
        )
    if terms.usage_limit != 1:
        raise UnfitError("a code is redeemed once here")
    if terms.starts_at > client.recent_now(Urgency.of([change])) + _AT_ONCE:
        raise UnfitError("a code holds from the moment it is made here")


def _close_code(client: KlaviyoClient, change: Change, coupon: Coupon) -> None:
    attributes = {"expires_at": term_instant(coupon.at - dt.timedelta(minutes=1))}
    data = {"type": "coupon-code", "id": coupon.id, "attributes": attributes}
    path, urgency = {"id": coupon.id}, Urgency.of([change])
    client.write(UPDATE_CODE, _body(data), path=path, urgency=urgency)


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


def _send_event(client: KlaviyoClient, urgency: Urgency, change: Change) -> str | None:
    if change.recipient is None:
        raise UnfitError("an event is about a profile")
    event = opened(change, Event)
    profile = {"type": "profile", "id": change.recipient, "attributes": {}}
    attributes = {
        "properties": {**event.properties, ACTION: change.action_id},
        "metric": {"data": {"type": "metric", "attributes": {"name": event.name}}},
        "profile": {"data": profile},
        "unique_id": change.action_id,
    }
    try:
        client.write(
            CREATE_EVENT, _body({"type": "event", "attributes": attributes}), urgency=urgency
        )
    except DuplicateError:
        return "it exists already"
    return None


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


def _set_profile(client: KlaviyoClient, urgency: Urgency, change: Change) -> None:
    if change.recipient is None:
        raise UnfitError("properties are of a profile")
    attributes = {"properties": opened(change, Properties).values}
    data = {"type": "profile", "id": change.recipient, "attributes": attributes}
    path = {"id": change.recipient}
    client.write(UPDATE_PROFILE, _body(data), path=path, urgency=urgency)


def _properties(client: KlaviyoClient, change: Change, urgency: Urgency) -> dict[str, Any] | None:
    """Properties of a profile; null where there is none."""
    if change.recipient is None:
        return None
    params = (("fields[profile]", "properties"),)
    try:
        answer = client.ask(
            GET_PROFILE, path={"id": change.recipient}, params=params, urgency=urgency
        )
    except NotFoundError:
        return None
    found = decoded(wire.PROFILE.decode, answer.body).data
    return (found.attributes.properties or {}) if found else None


def _body(data: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"data": data})


CODES = Coupons(
    find=_find_code,
    make=_make_code,
    close=_close_code,
    missing="the coupon has no such code",
    alone=_ALONE,
)
"""Klaviyo's codes of the coupon that the settings name."""
