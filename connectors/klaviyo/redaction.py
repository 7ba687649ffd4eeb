"""Takes people out of raw pages: their profiles, and what other documents say of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from connectors.klaviyo import wire
from contracts.personal import Redacted
from contracts.streams import Page

_STAYS: Final = frozenset({"created", "product", "rating", "review_type", "status", "updated"})
"""What a review says of its product; the rest is its author's."""


def redact(page: Page, is_meant: Callable[[str], bool]) -> Redacted:
    """The page without the people meant; one that names none of them stays as it is.

    A person is meant by the shop's id of the customer, or by the one he had before he had it.
    Documents that were included beside those asked for are looked at alike.
    """
    documents = [msgspec.json.decode(body) for body in wire.answers(page.body)]
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
        if is_profile and external_id and self.is_meant(external_id):
            return True
        return profile_id is not None and self.is_meant(f"klaviyo/{profile_id}")


def _resources(document: Any) -> list[Any]:
    """Documents asked for, and those beside them."""
    return [*(document.get("data") or []), *(document.get("included") or [])]


def _told(resource: Any) -> dict[str, Any]:
    told: dict[str, Any] = resource.get("attributes") or {}
    return told


def _address(resource: Any) -> str:
    return str(_told(resource).get("email") or "").lower()


def _profile_id(resource: Any) -> str | None:
    """The profile that a document is, or belongs to."""
    if resource.get("type") != "profile":
        related = (resource.get("relationships") or {}).get("profile") or {}
        resource = related.get("data") or {}
    found: str | None = resource.get("id")
    return found


def _without(document: Any, people: _People) -> Any:
    """An answer without them. Its links repeat what was asked, by their ids and addresses."""
    before = len(people.removed)
    kept = dict(document)
    for name in ("data", "included"):
        if name in document:
            told = [_stripped(resource, people) for resource in document[name] or []]
            kept[name] = [resource for resource in told if resource is not None]
    if len(people.removed) > before:
        kept.pop("links", None)
    return kept


def _stripped(resource: Any, people: _People) -> Any:
    """What stays of a document: null for one that is all theirs."""
    if not people.is_one(resource):
        return resource
    people.removed.append(resource)
    if resource.get("type") == "coupon-code":
        relationships = {k: v for k, v in resource["relationships"].items() if k != "profile"}
        return {**resource, "relationships": relationships}
    if resource.get("type") == "review":
        told = {k: v for k, v in resource["attributes"].items() if k in _STAYS}
        return {**resource, "attributes": told}
    return None
