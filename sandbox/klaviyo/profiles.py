"""Profiles: the world's contacts, their consent, and what was written onto them."""

from typing import Any, Final

import polars as pl

from sandbox.kit.fields import alike
from sandbox.klaviyo import bodies
from sandbox.klaviyo.account import Account, Call, Row
from sandbox.klaviyo.bodies import OWN_TEXTS, Body
from sandbox.klaviyo.errors import invalid, refused
from sandbox.klaviyo.filters import utc_text
from sandbox.klaviyo.resources import Resource

LOCALES: Final = {"en": "en-US", "zh-CN": "zh-CN"}
IDENTIFIERS: Final = ("email", "phone_number", "external_id")
_METHODS: Final = ("FORM", "CHECKOUT", "PREFERENCE_PAGE")
_CONSENTS: Final = {
    "granted": "SUBSCRIBED",
    "withdrawn": "UNSUBSCRIBED",
    "never": "NEVER_SUBSCRIBED",
}
_ADDITIONAL: Final = {"subscriptions", "predictive_analytics"}
# There are never enough orders for predictions; the platform says so with nulls.
_ANALYTICS: Final = alike(
    None,
    "historic_clv predicted_clv total_clv historic_number_of_orders predicted_number_of_orders "
    "average_days_between_orders average_order_value churn_probability expected_date_of_next_order",
)


def profile_id(household_id: int) -> str:
    """The id of the profile of one of the shop's customers."""
    return f"01SK{household_id:022d}"


class Profiles(Resource):
    """Profiles; some attributes come only when they are asked for."""

    kind, new, change = "profile", bodies.PROFILE, bodies.PROFILE_CHANGE

    def rows(self, account: Account) -> dict[str, Row]:
        """All profiles."""
        world = account.world
        base = account.derived(_of_contacts, world.contacts, world.customers)
        found = base | {
            key: _changed(base.get(key) or _blank(key), changes)
            for key, changes in account.profile_changes.items()
        }
        marked = account.faults.suppressed.items()
        return found | {key: _suppressed(found[key], reason, at) for key, (reason, at) in marked}

    def visible(self, call: Call, row: Row) -> Row:
        """A profile without the attributes that were not asked for."""
        hidden = _ADDITIONAL - call.query.additional
        own = row["attributes"]
        return row | {"attributes": {name: own[name] for name in own if name not in hidden}}

    def _target(self, row: Row) -> str:
        return str(row["attributes"]["external_id"] or row["id"])

    def _made(self, account: Account, given: Body) -> str:
        """Create a profile.

        Raises:
            RefusedError: 400, nothing identifies it; 409, it exists.
        """
        if not any(given["attributes"].get(name) for name in IDENTIFIERS):
            raise invalid("A profile needs an identifier.", pointer="/data/attributes")
        _check_identifiers(account, given["attributes"], own=None)
        row = new_profile(account)
        changes = write_profile(account, row, given["attributes"], None, "/data")
        account.record("create_profile", row["id"], changes)
        return str(row["id"])

    def _changed(self, account: Account, row: Row, given: Body) -> Row:
        """Change attributes of a profile; properties that are not named stay."""
        return write_profile(account, row, given["attributes"], given.get("meta"), "/data")


def write_profile(
    account: Account, row: Row, given: Body, meta: Body | None, pointer: str
) -> dict[str, Any]:
    """Keep what is written onto a profile, existing or new; returns it.

    Raises:
        RefusedError: 400, identifiers are to be changed by patches, which is not emulated; 409, an
            identifier belongs to another profile.
    """
    patches = _patches_of(meta or {}, pointer)
    _check_identifiers(account, given, own=row["id"])
    values = {name: given[name] for name in OWN_TEXTS.split() if name in given}
    changes = account.profile_changes.setdefault(row["id"], {})
    if "location" in given:
        told = given["location"]
        before = _location(None) if told is None else changes.get("location", {})
        values["location"] = before | (told or {})
    if "properties" in given or patches is not None:
        own = row["attributes"]["properties"] | (given.get("properties") or {})
        after = {} if given.get("properties", own) is None else own
        values["properties"] = _patched(after, patches or {})
    changes.update(values, updated=account.stamp)
    return values


def _patches_of(meta: Body, pointer: str) -> Body | None:
    if meta.get("patch_identifiers") is not None:
        detail = "The emulated account changes no identifiers by patches."
        raise invalid(detail, pointer=f"{pointer}/meta/patch_identifiers")
    return meta.get("patch_properties")


def _check_identifiers(account: Account, given: Body, *, own: str | None) -> None:
    for name in IDENTIFIERS:
        other = find(account, name, given.get(name))
        if other is not None and other["id"] != own:
            raise refused(
                409, f"A profile already exists with this {name}.", code="duplicate_profile",
                pointer=f"/data/attributes/{name}",
            )  # fmt: skip


def find(account: Account, name: str, value: object) -> Row | None:
    """The profile with this identifier."""
    rows = Profiles().rows(account).values() if value else ()
    return next((row for row in rows if row["attributes"][name] == value), None)


def new_profile(account: Account) -> Row:
    """A profile that nobody has named yet."""
    row = _blank(f"01NEW{len(account.profile_changes):021d}")
    account.profile_changes[row["id"]] = alike(account.stamp, "created updated")
    return row


def _patched(properties: Row, patches: Body) -> Row:
    found = dict(properties)
    for name, value in (patches.get("append") or {}).items():
        found[name] = [*_list(found.get(name)), *_list(value)]
    for name, value in (patches.get("unappend") or {}).items():
        found[name] = [one for one in _list(found.get(name)) if one not in _list(value)]
    for name in _list(patches.get("unset")):
        found.pop(name, None)
    return found


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _of_contacts(contacts: pl.DataFrame, customers: pl.DataFrame) -> dict[str, Row]:
    frame = contacts.join(
        customers.select("household_id", "last_name", "created_at", bought_at="updated_at"),
        on="household_id",
        maintain_order="left",
    ).with_columns(seen_at=pl.max_horizontal("updated_at", "bought_at"))
    return {row["id"]: row for row in map(_profile, frame.iter_rows(named=True))}


def _profile(contact: dict[str, Any]) -> Row:
    row = _blank(profile_id(contact["household_id"]))
    row["attributes"] |= {
        **{name: contact[name] for name in ("email", "first_name", "last_name")},
        "external_id": str(contact["household_id"]),
        "locale": LOCALES[contact["language"]],
        "created": utc_text(contact["created_at"]),
        "updated": utc_text(contact["seen_at"]),
        "location": _location(contact["time_zone"]),
        "subscriptions": _subscriptions(contact),
    }
    return row


def _blank(key: str) -> Row:
    nobody = {"consent": "never", "consented_at": None, "updated_at": None, "household_id": 0}
    attributes = alike(None, f"{OWN_TEXTS} created updated last_event_date") | {
        "location": _location(None),
        "properties": {},
        "subscriptions": _subscriptions(nobody),
        "predictive_analytics": _ANALYTICS,
    }
    related = alike(None, "lists segments push-tokens conversations")
    return {"type": "profile", "id": key, "attributes": attributes, "relationships": related}


def _location(zone: str | None) -> Row:
    names = "address1 address2 city country region zip ip latitude longitude"
    return alike(None, names) | {"timezone": zone}


def _changed(row: Row, changes: Row) -> Row:
    attributes = row["attributes"] | changes
    attributes["location"] = row["attributes"]["location"] | changes.get("location", {})
    return row | {"attributes": attributes}


def _suppressed(row: Row, reason: str, at: str) -> Row:
    """A profile that a bounce, a complaint or a person has shut; what it consented to stays."""
    told = row["attributes"]["subscriptions"]
    own = told["email"]["marketing"]
    suppression = [*own["suppression"], {"reason": reason, "timestamp": at}]
    shut = own | {"can_receive_email_marketing": False, "suppression": suppression}
    changes = {"subscriptions": told | {"email": {"marketing": shut}}, "updated": at}
    return row | {"attributes": row["attributes"] | changes}


def _subscriptions(contact: dict[str, Any]) -> Row:
    """Consent as it is told: who never agreed may be written to as far as the platform cares."""
    consent, at = contact["consent"], contact["updated_at"]
    is_out = consent == "withdrawn"
    told_at = at if is_out else contact["consented_at"]
    stamp = None if told_at is None else utc_text(told_at)
    marketing = {
        "can_receive_email_marketing": not is_out,
        "consent": _CONSENTS[consent],
        "consent_timestamp": stamp,
        "last_updated": None if consent == "never" else utc_text(at),
        "method": None if stamp is None else _METHODS[contact["household_id"] % len(_METHODS)],
        "method_detail": "",
        "custom_method_detail": None,
        "double_optin": None if stamp is None else False,
        "suppression": [{"reason": "UNSUBSCRIBE", "timestamp": stamp}] if is_out else [],
        "list_suppressions": [],
    }
    sms = {"can_receive_sms_marketing": False, "consent": "NEVER_SUBSCRIBED"}
    return {"email": {"marketing": marketing}, "sms": {"marketing": sms}}
