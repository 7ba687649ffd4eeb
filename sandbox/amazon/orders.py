"""Orders 2026-01-01: search by creation or update, and one order."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from sandbox.amazon.account import Account
from sandbox.amazon.call import Call
from sandbox.amazon.errors import invalid, missing
from sandbox.amazon.names import instant_text, order_number
from sandbox.amazon.order_shapes import FULFILMENT, shaped
from sandbox.amazon.query import Query
from sandbox.world.world import instant

MAX_PAGE: Final = 100
MAX_MARKETPLACES: Final = 50
TOKEN_SECONDS: Final = 24 * 3600
NEWEST_AGE: Final = timedelta(minutes=2)
STATUSES: Final = (
    "PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED",
    "UNFULFILLABLE",
)  # fmt: skip
INCLUDED: Final = (
    "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT",
    "PACKAGES", "TAX", "PAYMENT", "FULFILLMENT_ORDERS",
)  # fmt: skip
# What a search goes by: its parameters, the world's column, the bound named in the answer.
_SEARCHES: Final = (
    ("createdAfter", "createdBefore", "created_at"),
    ("lastUpdatedAfter", "lastUpdatedBefore", "updated_at"),
)


@dataclass(frozen=True)
class OrderPage:
    """A search, and how far its pages have come: `after` is the last order answered."""

    column: str
    bound: str
    start: datetime
    end: datetime
    marketplaces: tuple[str, ...]
    statuses: tuple[str, ...]
    fulfilled_by: tuple[str, ...]
    included: frozenset[str]
    after: tuple[datetime, int] | None = None


def search_orders(account: Account, call: Call) -> dict[str, Any]:
    """A page of the orders created or updated in a span; both bounds belong to it."""
    query = call.query
    size = query.number("maxResultsPerPage", low=1, high=MAX_PAGE, default=MAX_PAGE)
    token = query.text("paginationToken")
    page = _search(account, query) if token is None else account.order_pages.get(token)
    if page is None:
        raise invalid("The paginationToken is invalid or has expired.")
    found = _found(account, page)
    orders = found.head(size)
    answer: dict[str, Any] = {
        "orders": shaped(account, orders, page.included),
        page.bound: instant_text(page.end),
    }
    if found.height > size:
        last = orders.row(-1, named=True)
        following = replace(page, after=(last[page.column], last["order_id"]))
        token = account.order_pages.put(following, seconds=TOKEN_SECONDS)
        answer["pagination"] = {"nextToken": token}
    return answer


def get_order(account: Account, call: Call) -> dict[str, Any]:
    """One order."""
    included = _included(call.query)
    number = order_number(call.path["orderId"]) or 0
    orders = account.world.orders.filter(pl.col("order_id") == number)
    if orders.is_empty():
        raise missing("The requested order does not exist.")
    return {"order": shaped(account, orders, included)[0]}


def _included(query: Query) -> frozenset[str]:
    return frozenset(query.texts("includedData", choices=INCLUDED))


def _search(account: Account, query: Query) -> OrderPage:
    created, updated = _SEARCHES
    has_created, has_updated = created[0] in query.names(), updated[0] in query.names()
    if has_created == has_updated:
        raise invalid("Exactly one of createdAfter and lastUpdatedAfter must be provided.")
    (after, before, column), other = (created, updated) if has_created else (updated, created)
    if other[1] in query.names():
        raise invalid(f"{other[1]} cannot be combined with {after}.")
    start, newest = query.instant(after), account.world.clock - NEWEST_AGE
    end = query.instant(before)
    if start is None:
        raise invalid(f"{after} must be a date and time in ISO 8601 format.")
    if end is not None and (end > newest or end < start):
        raise invalid(f"{before} must be after {after} and at least two minutes ago.")
    return OrderPage(
        column=column,
        bound=before,
        start=start,
        end=newest if end is None else end,
        marketplaces=tuple(query.texts("marketplaceIds", most=MAX_MARKETPLACES)),
        statuses=tuple(query.texts("fulfillmentStatuses", choices=STATUSES)),
        fulfilled_by=tuple(query.texts("fulfilledBy", choices=("MERCHANT", "AMAZON"))),
        included=_included(query),
    )


def _found(account: Account, page: OrderPage) -> pl.DataFrame:
    """The orders from the page on, oldest first by what the search goes by."""
    column = pl.col(page.column)
    wanted = (column >= instant(page.start)) & (column <= instant(page.end))
    if page.after is not None:
        moment, order_id = page.after
        same = (column == instant(moment)) & (pl.col("order_id") > order_id)
        wanted &= (column > instant(moment)) | same
    orders = account.world.orders.filter(wanted)
    if page.marketplaces and not any(map(account.is_ours, page.marketplaces)):
        orders = orders.clear()
    status, by = FULFILMENT
    if page.statuses:
        orders = orders.filter(status.is_in(page.statuses))
    if page.fulfilled_by:
        orders = orders.filter(by.is_in(page.fulfilled_by))
    return orders.sort(page.column, "order_id")
