"""Profiles: the world's contacts, their consent, and what was written onto them."""

from datetime import datetime
from typing import Any, Final

import msgspec
import polars as pl

from sandbox.klaviyo.account import Account, Call
from sandbox.klaviyo.bodies import (
    Patches,
    PatchProperties,
    Person,
    ProfileCreate,
    ProfileUpdate,
    parsed,
)
from sandbox.klaviyo.documents import Reply, Row, collection, listed, look, single
from sandbox.klaviyo.errors import RefusedError, invalid, not_found
from sandbox.klaviyo.filters import utc_text

LOCALES: Final = {"en": "en-US", "zh-CN": "zh-CN"}
IDENTIFIERS: Final = ("email", "phone_number", "external_id")
_METHODS: Final = ("FORM", "CHECKOUT", "PREFERENCE_PAGE")
_CONSENTS: Final = {
    "granted": "SUBSCRIBED",
    "withdrawn": "UNSUBSCRIBED",
    "never": "NEVER_SUBSCRIBED",
}
_ADDITIONAL: Final = ("subscriptions", "predictive_analytics")
# There are never enough orders for predictions; the platform says so with nulls.
_ANALYTICS: Final = dict.fromkeys(
    (
        "historic_clv", "predicted_clv", "total_clv", "historic_number_of_orders",
        "predicted_number_of_orders", "average_days_between_orders", "average_order_value",
        "churn_probability", "expected_date_of_next_order",
    )
)  # fmt: skip


def profile_id(household_id: int) -> str:
    """The id of the profile of one of the shop's customers."""
    return f"01SK{household_id:022d}"


def profiles(account: Account) -> dict[str, Row]:
    """All profiles by id."""
    world = account.world
    base = account.derived(_of_contacts, world.contacts, world.customers)
    changed = {
        key: _changed(base.get(key) or _blank(key), changes)
        for key, changes in account.profile_changes.items()
    }
    found = base | changed
    marked = account.faults.suppressed.items()
    return found | {key: _suppressed(found[key], reason, at) for key, (reason, at) in marked}


def _of_contacts(contacts: pl.DataFrame, customers: pl.DataFrame) -> dict[str, Row]:
    frame = contacts.join(
        customers.select("household_id", "last_name", "created_at", bought_at="updated_at"),
        on="household_id",
        maintain_order="left",
    ).with_columns(seen_at=pl.max_horizontal("updated_at", "bought_at"))
    return {row["id"]: row for row in map(_profile, frame.iter_rows(named=True))}


def get_profiles(call: Call) -> Reply:
    """A page of profiles."""
    page, links = collection(
        profiles(call.account).values(), call.query, call.address, look=look,
        repeats=repeats(call.account),
    )  # fmt: skip
    return listed([shown(row, call.query.additional) for row in page], links, call.query,
                  call.address)  # fmt: skip


def get_profile(call: Call) -> Reply:
    """One profile."""
    row = shown(_found(call.account, call.key), call.query.additional)
    return single(row, call.query, call.address)


def create_profile(call: Call) -> Reply:
    """Create a profile.

    Raises:
        RefusedError: 400, nothing identifies it; 409, it exists.
    """
    given = parsed(call.body, ProfileCreate).data.attributes
    if not any(isinstance(value := getattr(given, name), str) and value for name in IDENTIFIERS):
        raise invalid("A profile needs an identifier.", pointer="/data/attributes")
    check_identifiers(call.account, given, own=None)
    row = new_profile(call.account)
    changes = write_profile(call.account, row, given)
    call.account.record("create_profile", row["id"], changes)
    row = shown(_found(call.account, row["id"]), call.query.additional)
    return single(row, call.query, call.address, status=201)


def update_profile(call: Call) -> Reply:
    """Change attributes of a profile; properties that are not named stay."""
    row = _found(call.account, call.key)
    data = parsed(call.body, ProfileUpdate).data
    if data.id != call.key:
        raise invalid("The id is not that of the path.", pointer="/data/id")
    changes = write_profile(call.account, row, data.attributes, patches_of(data.meta, "/data"))
    target = row["attributes"]["external_id"] or call.key
    call.account.record("set_profile", target, changes)
    row = shown(_found(call.account, call.key), call.query.additional)
    return single(row, call.query, call.address)


def patches_of(meta: Patches | msgspec.UnsetType | None, pointer: str) -> PatchProperties | None:
    """Changes of single properties, if there are any.

    Raises:
        RefusedError: 400, identifiers are to be changed so, which is not emulated.
    """
    if not meta:
        return None
    if meta.patch_identifiers:
        detail = "The emulated account changes no identifiers by patches."
        raise invalid(detail, pointer=f"{pointer}/meta/patch_identifiers")
    return meta.patch_properties or None


def write_profile(
    account: Account, row: Row, given: Person, patches: PatchProperties | None = None
) -> dict[str, Any]:
    """Keep what is written onto a profile, existing or new; returns it.

    Raises:
        RefusedError: 409, an identifier belongs to another profile.
    """
    own = (name for name in Person.__struct_fields__ if name not in ("location", "properties"))
    values = {name: value for name in own if (value := getattr(given, name)) is not msgspec.UNSET}
    check_identifiers(account, given, own=row["id"])
    changes = account.profile_changes.setdefault(row["id"], {})
    if given.location is None:
        values["location"] = _location(None)
    elif given.location is not msgspec.UNSET:
        told = msgspec.to_builtins(given.location)
        values["location"] = changes.get("location", {}) | told
    changes.update(values)
    if given.properties is not msgspec.UNSET or patches is not None:
        before = row["attributes"]["properties"]
        after = {} if given.properties is None else before | (given.properties or {})
        changes["properties"] = values["properties"] = _patched(after, patches)
    changes["updated"] = account.now
    return values


def check_identifiers(account: Account, given: Person, *, own: str | None) -> None:
    """Refuse an identifier that belongs to another profile than `own`.

    Raises:
        RefusedError: 409.
    """
    for name in IDENTIFIERS:
        other = find(account, name, getattr(given, name))
        if other is not None and other["id"] != own:
            raise RefusedError(
                409, f"A profile already exists with this {name}.", code="duplicate_profile",
                pointer=f"/data/attributes/{name}",
            )  # fmt: skip


def find(account: Account, name: str, value: object) -> Row | None:
    """The profile with this identifier."""
    if not value:
        return None
    return next(
        (row for row in profiles(account).values() if row["attributes"][name] == value), None
    )


def new_profile(account: Account) -> Row:
    """A profile that nobody has named yet."""
    row = _blank(f"01NEW{len(account.profile_changes):021d}")
    account.profile_changes[row["id"]] = {"created": account.now, "updated": account.now}
    return row


def repeats(account: Account) -> bool:
    """Whether the planted fault of a cursor that leads nowhere strikes now."""
    if account.faults.repeated_cursors < 1:
        return False
    account.faults.repeated_cursors -= 1
    return True


def shown(row: Row, additional: frozenset[str] = frozenset()) -> Row:
    """A profile without the attributes that only come when they are asked for."""
    hidden = set(_ADDITIONAL) - additional
    kept = {name: value for name, value in row["attributes"].items() if name not in hidden}
    return row | {"attributes": kept}


def _found(account: Account, key: str) -> Row:
    row = profiles(account).get(key)
    if row is None:
        raise not_found("profile", key)
    return row


def _patched(properties: dict[str, Any], patches: PatchProperties | None) -> dict[str, Any]:
    if patches is None:
        return properties
    found = dict(properties)
    for name, value in (patches.append or {}).items():
        found[name] = [*_list(found.get(name)), *_list(value)]
    for name, value in (patches.unappend or {}).items():
        found[name] = [one for one in _list(found.get(name)) if one not in _list(value)]
    unset = patches.unset or []
    for name in [unset] if isinstance(unset, str) else unset:
        found.pop(name, None)
    return found


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _profile(contact: dict[str, Any]) -> Row:
    row = _blank(profile_id(contact["household_id"]))
    row["attributes"] |= {
        "email": contact["email"],
        "external_id": str(contact["household_id"]),
        "first_name": contact["first_name"],
        "last_name": contact["last_name"],
        "locale": LOCALES[contact["language"]],
        "created": utc_text(contact["created_at"]),
        "updated": utc_text(contact["seen_at"]),
        "location": _location(contact["time_zone"]),
        "subscriptions": _subscriptions(contact),
    }
    return row


def _blank(key: str) -> Row:
    names = (*IDENTIFIERS, "first_name", "last_name", "organization", "locale", "title", "image")
    nobody = {"consent": "never", "consented_at": None, "updated_at": None, "household_id": 0}
    attributes = dict.fromkeys((*names, "created", "updated", "last_event_date")) | {
        "location": _location(None),
        "properties": {},
        "subscriptions": _subscriptions(nobody),
        "predictive_analytics": _ANALYTICS,
    }
    related = {name: None for name in ("lists", "segments", "push-tokens", "conversations")}
    return {"type": "profile", "id": key, "attributes": attributes, "relationships": related}


def _location(zone: str | None) -> Row:
    names = ("address1", "address2", "city", "country", "region", "zip", "ip")
    return dict.fromkeys(names) | {"latitude": None, "longitude": None, "timezone": zone}


def _changed(row: Row, changes: Row) -> Row:
    attributes = row["attributes"] | changes
    attributes["location"] = row["attributes"]["location"] | changes.get("location", {})
    return row | {"attributes": attributes}


def _suppressed(row: Row, reason: str, at: str) -> Row:
    """A profile that a bounce, a complaint or a person has shut; what it consented to stays."""
    told = row["attributes"]["subscriptions"]
    suppression = [*told["email"]["marketing"]["suppression"], {"reason": reason, "timestamp": at}]
    shut = {"can_receive_email_marketing": False, "suppression": suppression}
    email = {"marketing": told["email"]["marketing"] | shut}
    attributes = row["attributes"] | {"subscriptions": told | {"email": email}, "updated": at}
    return row | {"attributes": attributes}


def _subscriptions(contact: dict[str, Any]) -> Row:
    """Consent as it is told: who never agreed may be written to as far as the platform cares."""
    consent, at = contact["consent"], contact["updated_at"]
    is_out = consent == "withdrawn"
    told_at: datetime | None = at if is_out else contact["consented_at"]
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
