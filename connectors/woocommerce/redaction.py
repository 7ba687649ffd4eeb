"""Takes customers out of raw pages: their accounts, and what an order says of its customer."""

from collections.abc import Callable
from typing import Any

import msgspec

from contracts.personal import Redacted
from contracts.streams import Page

# What an order may tell of its customer; hardly any of it is asked for.
_TELLING = frozenset(
    {
        "billing",
        "customer_ip_address",
        "customer_note",
        "customer_user_agent",
        "meta_data",
        "shipping",
        "transaction_id",
    }
)


def redact(page: Page, is_meant: Callable[[str], bool]) -> Redacted:
    """The page without the customers meant; one that names none of them stays as it is.

    Pages of refunds and of reviews name no account.
    """
    if page.part not in ("orders", "again", "customers"):
        return Redacted(page)
    name = "id" if page.part == "customers" else "customer_id"
    documents: list[dict[str, Any]] = msgspec.json.decode(page.body)
    meant = [one for one in documents if one.get(name) and is_meant(str(one[name]))]
    if not meant:
        return Redacted(page)
    if page.part == "customers":
        kept = [one for one in documents if one not in meant]
        return Redacted(Page(msgspec.json.encode(kept), page.part), tuple(meant))
    removed = tuple(_stripped(order) for order in meant)
    return Redacted(Page(msgspec.json.encode(documents), page.part), removed)


def _stripped(order: dict[str, Any]) -> dict[str, Any]:
    """Take what tells of the customer out of an order; it becomes a guest's."""
    told = {name: order.pop(name) for name in sorted(_TELLING & order.keys())}
    notes = [line.pop("meta_data") for line in order.get("line_items", []) if "meta_data" in line]
    reasons = [one.pop("reason") for one in order.get("refunds", []) if "reason" in one]
    told |= {"customer_id": order["customer_id"], "lines": notes, "reasons": reasons}
    order["customer_id"] = 0
    return {"order": order.get("id"), **told}
