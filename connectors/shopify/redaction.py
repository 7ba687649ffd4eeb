"""Takes customers out of raw pages: their own records, and what an order says of its customer."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from contracts.personal import Redacted
from contracts.streams import Page

_CUSTOMER = "gid://shopify/Customer/"
_ID = re.compile(rb"gid:\\?/\\?/shopify\\?/Customer\\?/(\d+)")
# Beside a customer these say who it is. None is asked for; a page may hold them all the same.
_CONTACT = frozenset(
    {
        "billingAddress",
        "clientIp",
        "customAttributes",
        "displayAddress",
        "email",
        "note",
        "phone",
        "shippingAddress",
    }
)


def redact(page: Page, is_meant: Callable[[str], bool]) -> Redacted:
    """The page without the customers meant; one that names none of them stays as it is."""
    ids = {found.decode() for found in set(_ID.findall(page.body))}
    meant = frozenset(_CUSTOMER + one for one in ids if is_meant(one))
    if not meant:
        return Redacted(page)
    removed: list[object] = []
    if page.part != "bulk":
        kept = _without(msgspec.json.decode(page.body), meant, removed)
        return Redacted(Page(msgspec.json.encode(kept), page.part), tuple(removed))
    lines = []
    for line in page.body.splitlines():
        if not any(_CUSTOMER + found.decode() in meant for found in _ID.findall(line)):
            lines.append(line)
        elif (kept := _without(msgspec.json.decode(line), meant, removed)) is not None:
            lines.append(msgspec.json.encode(kept))
    return Redacted(Page(b"".join(line + b"\n" for line in lines), page.part), tuple(removed))


def _without(value: Any, meant: frozenset[str], removed: list[object]) -> Any:
    """A JSON value without the customers meant; null for one that is such a customer."""
    if isinstance(value, list):
        kept = [(item, _without(item, meant, removed)) for item in value]
        return [new for old, new in kept if new is not None or old is None]
    if not isinstance(value, dict):
        return None if isinstance(value, str) and value in meant else value
    if value.get("id") in meant or value.get("__parentId") in meant:
        removed.append(value)
        return None
    customer = value.get("customer")
    is_theirs = isinstance(customer, dict) and customer.get("id") in meant
    told = _CONTACT & value.keys() if is_theirs else frozenset()
    if told:
        removed.append({"order": value.get("id"), **{name: value[name] for name in sorted(told)}})
    return {
        name: None if name in told else _without(inner, meant, removed)
        for name, inner in value.items()
    }
