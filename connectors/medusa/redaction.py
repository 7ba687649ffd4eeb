"""Takes customers out of raw pages: their ids, and what a line may hold of their own words."""

from collections.abc import Callable
from typing import Any

import msgspec

from contracts.personal import Redacted
from contracts.streams import Page

# Lines come with all their fields: what a customer had engraved lies in there.
_TELLING = ("metadata", "line_item_metadata")
_NAMES = {"orders": ("orders", "customer_id"), "customers": ("customers", "id")}


def redact(page: Page, is_meant: Callable[[str], bool]) -> Redacted:
    """The page without the customers meant; one that names none of them stays as it is."""
    path, name = _NAMES[page.part]
    held: dict[str, Any] = msgspec.json.decode(page.body)
    meant = [one for one in held[path] if one.get(name) and is_meant(str(one[name]))]
    if not meant:
        return Redacted(page)
    if page.part == "customers":
        held[path] = [one for one in held[path] if one not in meant]
        return Redacted(Page(msgspec.json.encode(held), page.part), tuple(meant))
    removed = tuple(_stripped(order) for order in meant)
    return Redacted(Page(msgspec.json.encode(held), page.part), removed)


def _stripped(order: dict[str, Any]) -> dict[str, Any]:
    """Take what tells of the customer out of an order; it becomes nobody's."""
    words = [{name: line.pop(name) for name in _TELLING if name in line} for line in order["items"]]
    removed = {"order": order["id"], "customer_id": order["customer_id"], "lines": words}
    order["customer_id"] = None
    return removed
