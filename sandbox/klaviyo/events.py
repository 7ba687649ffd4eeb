"""Events: taken in at once, kept once, and they make profiles known."""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sandbox.kit.fields import alike
from sandbox.kit.resources import Reply
from sandbox.klaviyo import bodies
from sandbox.klaviyo.account import Account, Call, Row
from sandbox.klaviyo.bodies import Body
from sandbox.klaviyo.documents import target
from sandbox.klaviyo.errors import invalid
from sandbox.klaviyo.filters import utc_text
from sandbox.klaviyo.profiles import IDENTIFIERS, Profiles, find, new_profile, write_profile
from sandbox.klaviyo.resources import Resource

_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD: Final = timedelta(days=365)
_PROFILE: Final = "/data/attributes/profile/data"


class Events(Resource):
    """Events; the same metric, profile and `unique_id` again changes nothing."""

    kind, new = "event", bodies.EVENT
    alias, pointers = ("timestamp", "datetime"), "metric_id profile_id metric profile"

    def rows(self, account: Account) -> dict[str, Row]:
        """What was taken in."""
        return account.events

    def _included(self, call: Call, rows: Sequence[Row]) -> Iterator[Row]:
        """Metrics and profiles."""
        profiles, account = Profiles(), call.account
        known = profiles.rows(account)
        for row in rows:
            if "metric" in call.query.include:
                yield account.metrics[target(row, "metric") or ""]
            if "profile" in call.query.include:
                yield profiles.visible(call, known[target(row, "profile") or ""])

    def create(self, call: Call) -> Reply:
        """Take an event in."""
        self._created(call, call.body)
        return Reply(status=202)

    def _made(self, account: Account, given: Body) -> str:
        """Keep an event and what it says of its profile."""
        own = given["attributes"]
        name, profile = own["metric"]["data"]["attributes"]["name"], own["profile"]["data"]
        if not name.strip():
            where = "/data/attributes/metric/data/attributes/name"
            raise invalid("A metric needs a name.", pointer=where)
        at = own.get("time") or account.now
        if not _EARLIEST <= at <= account.now + _AHEAD:
            detail = "Events are between the year 2000 and one year from now."
            raise invalid(detail, pointer="/data/attributes/time")
        row, person = _owner(account, profile), profile["attributes"]
        write_profile(account, row, person, person.get("meta"), f"{_PROFILE}/attributes")
        account.profile_changes[row["id"]]["last_event_date"] = utc_text(at)
        once = own.get("unique_id") or str(int(at.timestamp()))
        key = hashlib.sha256(f"{row['id']} {name} {once}".encode()).hexdigest()[:11]
        is_new = key not in account.events
        if is_new:
            account.events[key] = _event(account, key, own, profile=row["id"], at=at)
        after = {"metric": name, "unique_id": own.get("unique_id")}
        after["properties"] = own["properties"]
        account.record("create_event", row["id"], after, applied=is_new)
        return key


def _owner(account: Account, given: Body) -> Row:
    """The profile of an event, a new one if its identifiers are not known."""
    if given.get("id"):
        return Profiles().found(account, given["id"])
    own = given["attributes"]
    if not any(own.get(name) for name in (*IDENTIFIERS, "anonymous_id", "_kx")):
        raise invalid("An event needs an identifier of its profile.", pointer=_PROFILE)
    known = (find(account, name, own.get(name)) for name in IDENTIFIERS)
    return next((row for row in known if row is not None), None) or new_profile(account)


def _event(account: Account, key: str, given: Body, *, profile: str, at: datetime) -> Row:
    name = given["metric"]["data"]["attributes"]["name"]
    metric = hashlib.sha256(name.encode()).hexdigest()[:6]
    integration = {"object": "integration", "name": "API"}
    attributes = {
        "name": name,
        **alike(account.stamp, "created updated"),
        "integration": integration,
    }
    account.metrics.setdefault(metric, {"type": "metric", "id": metric, "attributes": attributes})
    told = {"$event_id": "unique_id", "$value": "value", "$value_currency": "value_currency"}
    extra = {to: given[name] for to, name in told.items() if given.get(name) is not None}
    return {
        "type": "event",
        "id": key,
        "attributes": {
            "timestamp": int(at.timestamp()),
            "event_properties": given["properties"] | extra,
            "datetime": utc_text(at),
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, key)),
        },
        "relationships": {
            "profile": ("profile", profile),
            "metric": ("metric", metric),
            "attributions": ("attribution", []),
        },
    }
