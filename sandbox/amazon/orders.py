"""Orders 2026-01-01: search by creation or update, and one order."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from sandbox.amazon.account import Account
from sandbox.amazon.errors import ERRORS, over, wrong
from sandbox.amazon.names import order_number
from sandbox.amazon.operations import OPERATIONS
from sandbox.amazon.order_shapes import FULFILLED_BY, FULFILMENT, INCLUDED, shaped
from sandbox.kit.fields import Document
from sandbox.kit.lists import within
from sandbox.kit.parameters import moment, number, text, texts
from sandbox.kit.rest import JSON, Call
from sandbox.kit.values import utc_text
from sandbox.world.world import instant

ROOTS: Final = {"/orders/2026-01-01": JSON}
MAX_PAGE: Final = 100
MAX_MARKETPLACES: Final = 50
TOKEN_SECONDS: Final = 24 * 3600
NEWEST_AGE: Final = timedelta(minutes=2)
# What a search goes by: its parameters and the world's column.
_CREATED: Final = ("createdAfter", "createdBefore", "created_at")
_UPDATED: Final = ("lastUpdatedAfter", "lastUpdatedBefore", "updated_at")


@dataclass(frozen=True)
class OrderPage:
    """A search, and how far its pages have come: `after` is the last order answered."""

    column: str
    bound: str
    start: datetime
    end: datetime
    query: dict[str, Any]
    after: tuple[datetime, int] | None = None


@OPERATIONS(
    "GET", "/orders/2026-01-01/orders", 0.0056, 20,
    query={
        "createdAfter": moment(),
        "createdBefore": moment(),
        "lastUpdatedAfter": moment(),
        "lastUpdatedBefore": moment(),
        "marketplaceIds": texts(most=MAX_MARKETPLACES),
        "fulfillmentStatuses": texts(
            "PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED",
            "CANCELLED", "UNFULFILLABLE",
        ),
        "fulfilledBy": texts("MERCHANT", "AMAZON"),
        "maxResultsPerPage": number(1, MAX_PAGE, MAX_PAGE),
        "paginationToken": text(),
        "includedData": INCLUDED,
    },
)  # fmt: skip
def search_orders(account: Account, call: Call) -> Document:
    """A page of the orders created or updated in a span; both bounds belong to it."""
    size, token = call.query["maxResultsPerPage"], call.query["paginationToken"]
    place = account.pages.place("orders", token, over("paginationToken"))
    page = place or _search(account, call)
    found = _found(account, page)
    orders = found.head(size)
    answer: Document = {
        "orders": shaped(account, orders, page.query["includedData"]),
        page.bound: utc_text(page.end),
    }
    if found.height > size:
        last = orders.row(-1, named=True)
        following = replace(page, after=(last[page.column], last["order_id"]))
        token = account.pages.put("orders", following, seconds=TOKEN_SECONDS)
        answer["pagination"] = {"nextToken": token}
    return answer


@OPERATIONS("GET", "/orders/2026-01-01/orders/{orderId}", 0.5, 30, query={"includedData": INCLUDED})
def get_order(account: Account, call: Call) -> Document:
    """One order."""
    key = order_number(call.path["orderId"]) or 0
    orders = account.world.orders.filter(pl.col("order_id") == key)
    if orders.is_empty():
        raise ERRORS("unknown", text="The requested order does not exist.")
    return {"order": shaped(account, orders, call.query["includedData"])[0]}


def _search(account: Account, call: Call) -> OrderPage:
    given, query = call.given, call.query
    if (_CREATED[0] in given) == (_UPDATED[0] in given):
        raise wrong("Exactly one of createdAfter and lastUpdatedAfter must be provided.")
    by, other = (_CREATED, _UPDATED) if _CREATED[0] in given else (_UPDATED, _CREATED)
    after, before, column = by
    if other[1] in given:
        raise wrong(f"{other[1]} cannot be combined with {after}.")
    start, end, newest = query[after], query[before], account.now - NEWEST_AGE
    if end is not None and (end > newest or end < start):
        raise wrong(f"{before} must be after {after} and at least two minutes ago.")
    return OrderPage(column, before, start, newest if end is None else end, query)


def _found(account: Account, page: OrderPage) -> pl.DataFrame:
    """The orders from the page on, oldest first by what the search goes by."""
    query, wanted = page.query, within(page.column, page.start, page.end)
    if page.after is not None:
        seen, key = page.after
        place, same = pl.col(page.column), pl.col(page.column) == instant(seen)
        wanted &= (place > instant(seen)) | (same & (pl.col("order_id") > key))
    if query["marketplaceIds"] and account.store not in query["marketplaceIds"]:
        wanted = pl.lit(value=False)
    for name, value in (("fulfillmentStatuses", FULFILMENT), ("fulfilledBy", FULFILLED_BY)):
        if query[name]:
            wanted &= value.is_in(query[name])
    return account.world.orders.filter(wanted).sort(page.column, "order_id")
