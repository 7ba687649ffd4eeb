"""Takes people out of raw pages: their profiles, and what other documents say of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from connectors.base.wire import decoded
from connectors.klaviyo import wire
from contracts.personal import Redacted
from contracts.streams import Page

_STAYS: Final = frozenset({"created", "product", "rating", "review_type", "status", "updated"})
"""What a review says of its product; the rest is its author's."""
_LISTS: Final = ("data", "included")
_NOTHING: Final = object()


def redact(page: Page, is_meant: Callable[[str], bool]) -> Redacted:
    """The page without the people meant; one that names none of them stays as it is.

    A person is meant by the shop's id of the customer, or by the one he had before he had it.
    Documents that were included beside those asked for are looked at alike.
    """
    documents = [decoded(msgspec.json.decode, body) for body in wire.answers(page.body)]
    people = _People(is_meant)
    for document in documents:
        for resource in _resources(document):
            people.meet(resource)
    kept = [_without(document, people) for document in documents]
    if not people.removed:
        return Redacted(page)
    body = wire.texts(msgspec.json.encode(document) for document in kept)
    return Redacted(Page(body, page.part), tuple(people.removed))


@dataclass
class _People:
    """Who of a page is meant, and what it said of them."""

    is_meant: Callable[[str], bool]
    ids: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    removed: list[object] = field(default_factory=list)

    def meet(self, resource: Any) -> None:
        """Note the id and the address of somebody who is meant."""
        profile_id = _profile_id(resource)
        if self._is_named(resource) and profile_id is not None:
            self.ids.add(profile_id)
        if self._is_named(resource) and resource.get("type") == "profile":
            self.addresses.add(_address(resource))

    def is_one(self, resource: Any) -> bool:
        """Whether a document is about one of them."""
        by_address = _address(resource) in self.addresses - {""}
        return self._is_named(resource) or by_address or _profile_id(resource) in self.ids

    def _is_named(self, resource: Any) -> bool:
        profile_id, external_id = _profile_id(resource), _told(resource).get("external_id")
        is_profile = resource.get("type") == "profile"
        if is_profile and external_id and self.is_meant(str(external_id)):
            return True
        return profile_id is not None and self.is_meant(f"klaviyo/{profile_id}")


def _resources(document: Any) -> list[dict[str, Any]]:
    """Documents asked for, and those beside them."""
    return [one for name in _LISTS for one in _listed(document, name) if isinstance(one, dict)]


def _listed(document: Any, name: str) -> list[Any]:
    listed = _object(document).get(name)
    return listed if isinstance(listed, list) else []


def _object(value: Any) -> dict[str, Any]:
    """An object; an odd value has no members."""
    return value if isinstance(value, dict) else {}


def _told(resource: Any) -> dict[str, Any]:
    return _object(resource.get("attributes"))


def _address(resource: Any) -> str:
    return str(_told(resource).get("email") or "").lower()


def _profile_id(resource: Any) -> str | None:
    """The profile that a document is, or belongs to."""
    if resource.get("type") != "profile":
        related = _object(_object(resource.get("relationships")).get("profile"))
        resource = _object(related.get("data"))
    found = resource.get("id")
    return None if found is None else str(found)


def _without(document: Any, people: _People) -> Any:
    """An answer without them. Its links repeat what was asked, by their ids and addresses."""
    before = len(people.removed)
    kept = dict(_object(document))
    for name in _LISTS:
        if listed := _listed(document, name):
            told = [_stripped(one, people) if isinstance(one, dict) else one for one in listed]
            kept[name] = [one for one in told if one is not _NOTHING]
    if len(people.removed) > before:
        kept.pop("links", None)
    return kept


def _stripped(resource: Any, people: _People) -> Any:
    """What stays of a document: nothing of one that is all theirs."""
    if not people.is_one(resource):
        return resource
    people.removed.append(resource)
    if resource.get("type") == "coupon-code":
        related = _object(resource.get("relationships"))
        relationships = {k: v for k, v in related.items() if k != "profile"}
        return {**resource, "relationships": relationships}
    if resource.get("type") == "review":
        told = {k: v for k, v in _told(resource).items() if k in _STAYS}
        return {**resource, "attributes": told}
    return _NOTHING
