"""Takes buyers out of raw pages. None is asked for; a page may hold them all the same."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from connectors.amazon import flat_file
from contracts.personal import Redacted
from contracts.streams import Page

_TELLING: Final = frozenset({"buyer", "recipient", "tax", "giftOption", "customization"})
"""What an order and its items say of who bought them."""


def redact(page: Page, is_meant: Callable[[str], bool]) -> Redacted:
    """The page without the buyers meant, each known by the address that the platform gives him.

    A report tells of nobody: what it says of places is cut off before it is kept.
    """
    if page.part == flat_file.PART or b'"buyerEmail"' not in page.body:
        return Redacted(page)
    told = msgspec.json.decode(page.body)
    removed: list[object] = []
    for order in told.get("orders", []):
        address = (order.get("buyer") or {}).get("buyerEmail")
        if isinstance(address, str) and is_meant(address):
            _strip(order, order.get("orderId"), removed)
    if not removed:
        return Redacted(page)
    return Redacted(Page(msgspec.json.encode(told), page.part), tuple(removed))


def _strip(value: Any, order_id: object, removed: list[object]) -> None:
    """Take what tells of the buyer out of a decoded JSON value, however deep it stands."""
    if isinstance(value, list):
        for item in value:
            _strip(item, order_id, removed)
    elif isinstance(value, dict):
        for name in _TELLING & value.keys():
            removed.append({"order": order_id, name: value.pop(name)})
        for inner in value.values():
            _strip(inner, order_id, removed)
