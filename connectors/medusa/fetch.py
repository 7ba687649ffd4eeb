"""How Medusa's lists are read: by id, in pages that overlap, since no page stays as it was."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from connectors.base.rest import Params
from connectors.base.rows import Rows
from connectors.base.sending import chunks
from connectors.medusa import wire
from connectors.medusa.client import MedusaClient
from contracts.streams import Page, Window

_ORDERS, _ROWS, _PAYMENTS = 50, 200, 1_000
"""Rows per page: the server computes an order's totals anew for each."""
MONEY_MOVES = dt.timedelta(days=180)
"""How long after it was authorised a payment is looked at for captures and refunds."""


def whole(*lists: tuple[str, Rows[Any]]) -> Callable[[MedusaClient, Window], Iterator[Page]]:
    """Reads all there is: lists that know no filter by change, or whose rows change undated."""

    def pages(client: MedusaClient, _window: Window) -> Iterator[Page]:
        for path, rows in lists:
            for answer in client.listed(path, rows, size=_ROWS):
                yield Page(answer.body, rows.path)

    return pages


def orders(client: MedusaClient, window: Window) -> Iterator[Page]:
    """Yield orders changed inside the window, and those whose money moved in it.

    To capture a payment, or to pay back for a return, dates the collection of payments and neither
    the order nor the payment: payments are read by when they were made, and looked through.
    """
    seen = set[str]()
    asked = [*_between("updated_at", window.start, window.end), *client.region()]
    for answer in client.listed("orders", wire.ORDERS, asked, size=_ORDERS):
        seen.update(row.id for row in wire.ORDERS.readable(answer.body))
        yield Page(answer.body, "orders")
    for body in _orders(client, wire.ORDERS, _moved(client, window) - seen):
        yield Page(body, "orders")


def returns(client: MedusaClient, window: Window) -> Iterator[Page]:
    """Yield returns changed inside the window, each page followed by their orders."""
    asked = _between("updated_at", window.start, window.end)
    for answer in client.listed("returns", wire.RETURNS, asked, size=_ROWS):
        yield Page(answer.body, "returns")
        orders = {row.order_id for row in wire.RETURNS.readable(answer.body)}
        for body in _orders(client, wire.WORTH, orders):
            yield Page(body, wire.VALUES)


def _moved(client: MedusaClient, window: Window) -> set[str]:
    """Orders whose collections of payments changed inside the window."""
    asked = _between("created_at", window.start - MONEY_MOVES, window.end)
    found = set[str]()
    for answer in client.listed("payments", wire.PAID, asked, size=_PAYMENTS):
        for row in wire.PAID.readable(answer.body):
            changed = row.payment_collection
            if window.start <= changed.updated_at < window.end:
                found.add(changed.order.id)
    return found


def _orders(client: MedusaClient, rows: Rows[Any], ids: Iterable[str]) -> Iterator[bytes]:
    """Pages of orders by their ids; those of another region are left out there."""
    for some in chunks(sorted(ids), _ORDERS):
        asked = [*(("id[]", one) for one in some), *client.region()]
        for answer in client.listed("orders", rows, asked, size=_ORDERS):
            yield answer.body


def _between(field: str, start: dt.datetime, end: dt.datetime) -> Params:
    """From `start` on, until before `end`, to the microsecond."""
    return [(f"{field}[$gte]", start.isoformat()), (f"{field}[$lt]", end.isoformat())]
