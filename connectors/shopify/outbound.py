"""Prices and stock that are written to Shopify, item by item, and how they are read back.

An item ends accepted, rejected (certainly not applied) or unknown (to be read back). Messages hold
the platform's codes, never its texts.
"""

import json
import uuid
from collections.abc import Sequence
from functools import partial

import msgspec

from connectors.base.graphql import UserError, judged
from connectors.base.sending import (
    UnfitError,
    chunks,
    each,
    nothing_sent,
    outcome,
    read,
    read_each,
)
from connectors.base.wire import decoded
from connectors.base.writes import batched, grouped, price_text, under_parent
from connectors.shopify import queries
from connectors.shopify.client import ShopifyClient
from connectors.shopify.ids import gid
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import OutcomeState
from contracts.errors import SourceContractError, TransientSourceError
from contracts.money import parse_minor

_MOST_IDS = 250
_MOST_VARIANTS = 250
# Requests of prices under way at a time: what waits for a far platform one by one takes an hour for
# what its points permit in minutes.
_AT_ONCE = 4
# Errors about the product as a whole: no variant of it was touched.
_WHOLE_PRODUCT = ("PRODUCT_DOES_NOT_EXIST", "PRODUCT_SUSPENDED")


class _Shape(msgspec.Struct, rename="camel"):
    pass


class _Shop(_Shape):
    currency_code: str


class _Prices(_Shape):
    shop: _Shop
    nodes: list[msgspec.Raw]


class _Priced(_Shape):
    id: str
    price: str


class _Location(_Shape):
    id: str


class _Quantity(_Shape):
    name: str
    quantity: int


class _Held(_Shape):
    location: _Location
    quantities: list[_Quantity]


class _Levels(_Shape):
    nodes: list[_Held]


class _Item(_Shape):
    """An item with its pieces."""

    id: str
    sku: str | None
    inventory_levels: _Levels

    def available(self, location_id: str) -> int | None:
        """Pieces that can be sold at a location; null when it holds none of it."""
        return next(
            (
                held.quantity
                for level in self.inventory_levels.nodes
                if level.location.id == location_id
                for held in level.quantities
                if held.name == "available"
            ),
            None,
        )


class _Items(_Shape):
    nodes: list[_Item]


_PRICES = msgspec.json.Decoder(_Prices)
_PRICED = msgspec.json.Decoder(_Priced)
_ITEMS = msgspec.json.Decoder(dict[str, _Items])


def live_prices(client: ShopifyClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """Price in force per variant, in minor units of the shop's currency."""
    found: dict[str, Live | Unread] = {}
    for some in chunks([change.target_id for change in changes], _MOST_IDS):
        ids = [gid("ProductVariant", one) for one in some]
        answer = client.ask(queries.PRICES, {"ids": ids}, cost=float(len(ids)))
        prices = decoded(_PRICES.decode, answer.data)
        if len(prices.nodes) != len(ids):
            raise SourceContractError("an answer has more or fewer nodes than were asked for")
        for target, raw in zip(some, prices.nodes, strict=True):
            live = read(partial(_live_price, raw, prices.shop.currency_code))
            if live is not None:
                found[target] = live
    return found


def _live_price(raw: msgspec.Raw, currency: str) -> Live | None:
    """A node's price; null where the shop does not know the variant."""
    if bytes(raw) in (b"null", b"{}"):
        return None
    node = decoded(_PRICED.decode, raw)
    return Live(value=parse_minor(node.price, currency), currency=currency)


def set_prices(client: ShopifyClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set prices, one request per product and at most 250 of its variants."""
    groups = grouped(changes, under_parent, _MOST_VARIANTS)
    return each(
        groups,
        lambda group: batched(group, _row_of_price, partial(_set_prices, client)),
        at_once=_AT_ONCE,
    )


def live_stock(client: ShopifyClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """Pieces available of a SKU at the location `parent_id`."""
    return read_each(changes, lambda change: _live_stock(client, change))


def _live_stock(client: ShopifyClient, change: Change) -> Live | None:
    item = _stocked(client, change.target_id)
    pieces = item.available(gid("Location", change.parent_id or "")) if item else None
    return None if pieces is None else Live(value=pieces, currency=None)


def set_stock(client: ShopifyClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set the pieces available of a SKU at the location `parent_id`, if still as before."""
    return each(([change] for change in changes), lambda one: [_set_stock(client, one[0])])


def _row_of_price(change: Change) -> dict[str, str]:
    if change.parent_id is None:
        raise UnfitError("a price is written under its product")
    return {"id": gid("ProductVariant", change.target_id), "price": price_text(change)}


def _set_prices(
    client: ShopifyClient, rows: Sequence[tuple[Change, dict[str, str]]]
) -> list[Outcome]:
    changes = [change for change, _ in rows]
    product = gid("Product", under_parent(changes[0]))
    written = {"product": product, "variants": [row for _, row in rows]}
    return _per_variant(changes, client.errors_of(changes, queries.SET_PRICES, written))


def _per_variant(changes: Sequence[Change], errors: list[UserError]) -> list[Outcome]:
    """Errors name the variant by its place in the request: ["variants", "0", "price"]."""
    named: dict[int, str] = {}
    general: list[str] = []
    for error in errors:
        path = error.field or []
        if len(path) > 1 and path[0] == "variants" and path[1].isdigit():
            named[int(path[1])] = error.told
        else:
            general.append(error.told)
    rest = OutcomeState.ACCEPTED
    if general:
        is_untouched = any(code in _WHOLE_PRODUCT for code in general)
        rest = OutcomeState.REJECTED if is_untouched else OutcomeState.UNKNOWN
    return [
        outcome(change, named[place], OutcomeState.REJECTED)
        if place in named
        else outcome(change, next(iter(general), None), rest)
        for place, change in enumerate(changes)
    ]


def _set_stock(client: ShopifyClient, change: Change) -> Outcome:
    with nothing_sent():
        item = _stocked(client, change.target_id)
    if item is None or change.parent_id is None:
        raise UnfitError("no single item has this SKU, or no location is named")
    quantity = {
        "inventoryItemId": item.id,
        "locationId": gid("Location", change.parent_id),
        "quantity": change.after,
        "changeFromQuantity": change.before,
    }
    written = {"name": "available", "reason": "correction", "quantities": [quantity]}
    key = str(uuid.uuid5(uuid.NAMESPACE_OID, change.action_id))
    errors = client.errors_of([change], queries.SET_STOCK, {"input": written, "key": key})
    if any(error.code == "IDEMPOTENCY_CONCURRENT_REQUEST" for error in errors):
        raise TransientSourceError("the same write is under way")
    return judged(change, errors)


def _stocked(client: ShopifyClient, sku: str) -> _Item | None:
    """The one item of that SKU; null when there is none, or several."""
    answer = client.ask(queries.STOCK, {"query": f"sku:{json.dumps(sku)}"}, cost=100.0)
    found = decoded(_ITEMS.decode, answer.data)["inventoryItems"].nodes
    exact = [item for item in found if item.sku == sku]
    return exact[0] if len(exact) == 1 else None
