"""How Medusa's lists are read: by id, in pages that overlap, since no page stays as it was."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from connectors.base.rest import Params
from connectors.base.rows import Rows
from connectors.base.sending import chunks
from connectors.medusa import wire
from connectors.medusa.client import MedusaClient
from contracts.streams import Page, Window

_ORDERS, _ROWS, _SMALL_ROWS = 50, 200, 1_000
"""Rows per page: the server computes an order's totals anew for each."""
MONEY_MOVES = dt.timedelta(days=180)
"""How long after it was authorised a payment is looked at for captures and refunds."""


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


def products(client: MedusaClient, _window: Window) -> Iterator[Page]:
    """Yield all lists of prices and all variants: a price dates neither product nor variant."""
    for answer in client.listed("price-lists", wire.PRICE_LISTS, size=_ROWS):
        yield Page(answer.body, wire.LISTS)
    for answer in client.listed("product-variants", wire.VARIANTS, size=_ROWS):
        yield Page(answer.body, "variants")


def stock(client: MedusaClient, _window: Window) -> Iterator[Page]:
    """Yield all goods on the shelf; the list knows no filter by change."""
    for answer in client.listed("inventory-items", wire.ITEMS, size=_ROWS):
        yield Page(answer.body, "inventory_items")


def customers(client: MedusaClient, _window: Window) -> Iterator[Page]:
    """Yield all customers, so that one who is deleted is gone."""
    for answer in client.listed("customers", wire.CUSTOMERS, size=_SMALL_ROWS):
        yield Page(answer.body, "customers")


def promotions(client: MedusaClient, _window: Window) -> Iterator[Page]:
    """Yield all promotions: to be used is no change that the list could be asked for."""
    for answer in client.listed("promotions", wire.PROMOTIONS, size=_ROWS):
        yield Page(answer.body, "promotions")


def _moved(client: MedusaClient, window: Window) -> set[str]:
    """Orders whose collections of payments changed inside the window."""
    asked = _between("created_at", window.start - MONEY_MOVES, window.end)
    found = set[str]()
    for answer in client.listed("payments", wire.PAID, asked, size=_SMALL_ROWS):
        for row in wire.PAID.readable(answer.body):
            changed = row.payment_collection
            if changed is None or changed.order is None or changed.updated_at is None:
                continue
            at = dt.datetime.fromisoformat(changed.updated_at)
            if changed.order.id is not None and window.start <= at < window.end:
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
