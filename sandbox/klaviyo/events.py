"""Events: taken in at once, kept once, and they make profiles known."""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from sandbox.klaviyo.account import Account, Call
from sandbox.klaviyo.bodies import EventAttributes, EventCreate, EventProfileData, parsed
from sandbox.klaviyo.documents import Reply, Row, collection, listed, look, single, target
from sandbox.klaviyo.errors import invalid, not_found
from sandbox.klaviyo.filters import utc_text
from sandbox.klaviyo.profiles import (
    IDENTIFIERS,
    find,
    new_profile,
    patches_of,
    profiles,
    repeats,
    shown,
    write_profile,
)

_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD: Final = timedelta(days=365)
_PROFILE: Final = "/data/attributes/profile/data"


def create_event(call: Call) -> Reply:
    """Take an event in. The same metric, profile and `unique_id` again changes nothing."""
    account = call.account
    given = parsed(call.body, EventCreate).data.attributes
    name = given.metric.data.attributes.name
    if not name.strip():
        where = "/data/attributes/metric/data/attributes/name"
        raise invalid("A metric needs a name.", pointer=where)
    at = given.time or account.world.clock
    if not _EARLIEST <= at <= account.world.clock + _AHEAD:
        detail = "Events are between the year 2000 and one year from now."
        raise invalid(detail, pointer="/data/attributes/time")
    row = _owner(account, given.profile.data)
    patches = patches_of(given.profile.data.attributes.meta, f"{_PROFILE}/attributes")
    write_profile(account, row, given.profile.data.attributes, patches)
    account.profile_changes[row["id"]]["last_event_date"] = utc_text(at)
    stamp = int(at.timestamp())
    once = given.unique_id or str(stamp)
    key = hashlib.sha256(f"{row['id']} {name} {once}".encode()).hexdigest()[:11]
    is_new = key not in account.events
    if is_new:
        account.events[key] = _event(account, key, given, profile=row["id"], at=at)
    after = {"metric": name, "unique_id": given.unique_id, "properties": given.properties}
    account.record("create_event", row["id"], after, applied=is_new)
    return Reply(202)


def get_events(call: Call) -> Reply:
    """A page of events."""
    page, links = collection(
        call.account.events.values(), call.query, call.address, look=_look,
        repeats=repeats(call.account),
    )  # fmt: skip
    return listed(page, links, call.query, call.address, _included(page, call))


def get_event(call: Call) -> Reply:
    """One event."""
    row = call.account.events.get(call.key)
    if row is None:
        raise not_found("event", call.key)
    return single(row, call.query, call.address, _included([row], call))


def _owner(account: Account, given: EventProfileData) -> Row:
    """The profile of an event, a new one if its identifiers are not known."""
    if given.id:
        row = profiles(account).get(given.id)
        if row is None:
            raise not_found("profile", given.id)
        return row
    own = {name: getattr(given.attributes, name) for name in IDENTIFIERS}
    if not any(
        value and value is not msgspec.UNSET
        for value in (*own.values(), given.attributes.anonymous_id, given.attributes.kx)
    ):
        raise invalid("An event needs an identifier of its profile.", pointer=_PROFILE)
    known = (find(account, name, value) for name, value in own.items())
    return next((row for row in known if row is not None), None) or new_profile(account)


def _event(
    account: Account, key: str, given: EventAttributes, *, profile: str, at: datetime
) -> Row:
    name = given.metric.data.attributes.name
    metric = hashlib.sha256(name.encode()).hexdigest()[:6]
    stamp = {"created": account.now, "updated": account.now}
    attributes = {"name": name, **stamp, "integration": {"object": "integration", "name": "API"}}
    account.metrics.setdefault(metric, {"type": "metric", "id": metric, "attributes": attributes})
    extra = {"$event_id": given.unique_id, "$value": given.value,
             "$value_currency": given.value_currency}  # fmt: skip
    told = {name: value for name, value in extra.items() if value is not None}
    return {
        "type": "event",
        "id": key,
        "attributes": {
            "timestamp": int(at.timestamp()),
            "event_properties": given.properties | told,
            "datetime": utc_text(at),
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, key)),
        },
        "relationships": {
            "profile": ("profile", profile),
            "metric": ("metric", metric),
            "attributions": ("attribution", []),
        },
    }


def _included(page: list[Row], call: Call) -> list[Row]:
    asked, known = call.query.include, profiles(call.account)
    found = []
    for row in page:
        if "metric" in asked:
            found.append(call.account.metrics[target(row, "metric") or ""])
        if "profile" in asked:
            found.append(shown(known[target(row, "profile") or ""]))
    return found


def _look(row: Row, name: str) -> list[Any]:
    if name in ("metric_id", "profile_id", "metric", "profile"):
        return [target(row, name.removesuffix("_id"))]
    return look(row, "datetime" if name == "timestamp" else name)
