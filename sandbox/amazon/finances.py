"""Finances 2024-06-19: what is booked on the seller's account, of all its stores."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from sandbox.amazon.account import Account
from sandbox.amazon.bookings import bookings, transaction
from sandbox.amazon.errors import over, wrong
from sandbox.amazon.names import order_number
from sandbox.amazon.operations import OPERATIONS
from sandbox.kit.fields import Document
from sandbox.kit.frames import grouped, of_values
from sandbox.kit.parameters import moment, text
from sandbox.kit.rest import JSON, Call
from sandbox.world.world import instant

ROOTS: Final = {"/finances/2024-06-19": JSON}
PAGE: Final = 100
TOKEN_SECONDS: Final = 3600
NEWEST_AGE: Final = timedelta(minutes=2)
_LONGEST: Final = timedelta(days=180)
_IDENTIFIERS: Final = ("ORDER_ID", "FINANCIAL_EVENT_GROUP_ID")


@OPERATIONS(
    "GET", "/finances/2024-06-19/transactions", 0.5, 10,
    query={
        "postedAfter": moment(),
        "postedBefore": moment(),
        "marketplaceId": text(),
        "transactionStatus": text("DEFERRED", "RELEASED", "DEFERRED_RELEASED"),
        "relatedIdentifierName": text(*_IDENTIFIERS),
        "relatedIdentifierValue": text(),
        "nextToken": text(),
    },
)  # fmt: skip
def list_transactions(account: Account, call: Call) -> Document:
    """A page of what was posted in a span, without its end; the arguments come with every page."""
    query = call.query
    first = account.pages.place("finances", query["nextToken"], over("nextToken")) or 0
    found = _found(account, query)
    page = found.slice(first, PAGE)
    payload: Document = {"transactions": list(_documents(account, page))}
    if found.height > first + PAGE:
        token = account.pages.put("finances", first + PAGE, seconds=TOKEN_SECONDS)
        payload["nextToken"] = token
    return {"payload": payload}


def _found(account: Account, query: dict[str, Any]) -> pl.DataFrame:
    named, value = query["relatedIdentifierName"], query["relatedIdentifierValue"]
    start, end = query["postedAfter"], query["postedBefore"]
    newest = account.now - NEWEST_AGE
    if (named is None) != (value is None) or (start is None and named is None):
        raise wrong("postedAfter or a related identifier with its value must be provided.")
    if end is not None and (end > newest or (start is not None and end < start)):
        raise wrong("postedBefore must be after postedAfter and two minutes ago.")
    if start is not None and start > newest:
        raise wrong("postedAfter must be two minutes ago.")
    end = newest if end is None else end
    if start is not None and end - start > _LONGEST:
        return bookings(account).clear()
    wanted = [_posted(start, end)]
    if query["marketplaceId"] not in (None, account.store):
        wanted.append(pl.lit(value=False))
    if query["transactionStatus"] is not None:
        wanted.append(pl.col("status") == query["transactionStatus"])
    if named is not None:
        key = order_number(value) if named == "ORDER_ID" else None
        wanted.append(pl.col("order_id").eq(-1 if key is None else key))
    return bookings(account).filter(*wanted).sort("posted_at", "key")


def _posted(start: datetime | None, end: datetime) -> pl.Expr:
    before = pl.col("posted_at") < instant(end)
    return before if start is None else before & (pl.col("posted_at") >= instant(start))


def _documents(account: Account, page: pl.DataFrame) -> Iterable[Document]:
    orders = page["order_id"].drop_nulls().unique()
    own = of_values(account.world.lines, "order_id", orders).filter(~pl.col("is_removed"))
    lines = grouped(account.titled(own), "order_id")
    for row in page.iter_rows(named=True):
        booked = lines.get(row["order_id"], [])
        if row["line_id"] is not None:
            booked = [one for one in booked if one["line_id"] == row["line_id"]]
        yield transaction(account, row, booked)
