"""Prices and stock that are written to Medusa, and how they are read back.

Prices of a variant are written all together: whatever is not sent again is deleted there, other
currencies, regions and quantities alike. A batch is refused whole, so each change goes by itself.
"""

from collections.abc import Sequence
from functools import partial

import msgspec

from connectors.base.fields import field_list
from connectors.base.limits import Urgency
from connectors.base.rows import Rows
from connectors.base.sending import UnfitError, chunks, nothing_sent, read, read_each
from connectors.base.wire import decoded
from connectors.base.writes import known, lives, one_by_one, price_text
from connectors.medusa import wire
from connectors.medusa.client import MedusaClient
from connectors.medusa.codes import ItemRefusedError
from connectors.medusa.pricing import InForce, Market, by_variant, in_force
from contracts.actions import Change, Live, Outcome, Unread
from contracts.errors import SourceContractError

_MOST = 50
_KEPT = ("id", "amount", "currency_code", "rules", "min_quantity", "max_quantity")
"""What a price is sent again with, lest it is deleted or loses a condition."""

Offer = tuple[wire.Variant, InForce | None]
"""A variant, and which of its prices is in force."""


class _Kept(msgspec.Struct):
    inventory_item_id: str


class _Kit(msgspec.Struct):
    id: str
    inventory_items: list[_Kept] | None = None


_KITS, _NAMED = Rows("variants", _Kit), Rows("variants", wire.Row)


def live_prices(client: MedusaClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """Price in force per variant, a list's where one holds, in minor units as it is charged."""
    market = _market(client)

    def live(offer: Offer) -> Live | None:
        found = offer[1]
        if found is None:
            return None
        return Live(value=market.minor(found.price), currency=market.currency)

    return lives(_offers(client, market, changes), live)


def set_prices(client: MedusaClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set the variant's own price of the shop's currency and region."""
    return one_by_one(changes, lambda one: _set_price(client, one), alone=ItemRefusedError)


def live_stock(client: MedusaClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """Pieces of each SKU that can be sold, where they lie at one place."""

    def live(change: Change) -> Live | None:
        place = _shelf(client, change)
        return None if place is None else Live(value=int(place[1].sellable), currency=None)

    return read_each(changes, live)


def set_stock(client: MedusaClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set the pieces of a SKU that can be sold, if they are still as before."""
    return one_by_one(changes, lambda one: _set_stock(client, one), alone=ItemRefusedError)


def _market(client: MedusaClient) -> Market:
    return Market(client.currency(), client.settings.region_id)


def _offers(
    client: MedusaClient, market: Market, changes: Sequence[Change]
) -> dict[str, Offer | Unread]:
    """What the shop says of the variants, and which of their prices is in force."""
    pages = client.listed("price-lists", wire.PRICE_LISTS, size=_MOST)
    lists = [one for page in pages for one in wire.PRICE_LISTS.rows(page.body)]
    listed = by_variant(lists, client.now())

    def offer(raw: msgspec.Raw) -> Offer:
        one = decoded(wire.VARIANTS.one.decode, raw)
        return one, in_force(market, one.prices, listed.get(one.id, ()))

    found: dict[str, Offer | Unread] = {}
    for some in chunks(sorted({change.target_id for change in changes}), _MOST):
        asked = [("id[]", one) for one in some]
        for page in client.listed("product-variants", wire.VARIANTS, asked, size=_MOST):
            ids = (str(row.id) for row in _NAMED.rows(page.body))
            raws = wire.VARIANTS.raw(page.body)
            found |= {one: read(partial(offer, raw)) for one, raw in zip(ids, raws, strict=True)}
    return found


def _set_price(client: MedusaClient, change: Change) -> None:
    market = _market(client)
    with nothing_sent():
        offers = _offers(client, market, [change])
        variant, found = known(offers, change.target_id, "the shop has no such variant")
        text = price_text(change, market.currency)
        if found is None:
            raise UnfitError(f"the variant has no price in {market.currency}")
        if found.listed is not None:
            raise UnfitError("a price list decides its price: a person has to change it there")
    found.own.amount = float(text)
    prices = [{name: getattr(one, name) for name in _KEPT} for one in variant.prices]
    path = f"products/{variant.product_id}/variants/{variant.id}"
    client.write("POST", path, {"prices": prices}, urgency=Urgency.of([change]))


def _shelf(client: MedusaClient, change: Change) -> tuple[wire.Item, wire.Level] | None:
    """The one place of a SKU, or the one that the change names.

    Raises:
        SourceContractError: the pieces are not whole.
    """
    kits = client.ask("product-variants", [("sku", change.target_id), ("fields", field_list(_Kit))])
    sold = [one for kit in _KITS.rows(kits.body) for one in kit.inventory_items or []]
    asked = [("id[]", one.inventory_item_id) for one in sold] or [("sku", change.target_id)]
    places = [
        (one, level)
        for page in client.listed("inventory-items", wire.ITEMS, asked, size=_MOST)
        for one in wire.ITEMS.rows(page.body)
        if one.code == change.target_id
        for level in one.location_levels
        if change.parent_id in (None, level.location_id)
    ]
    if len(places) != 1:
        return None
    if places[0][1].sellable % 1:
        raise SourceContractError("pieces on the shelf are not whole")
    return places[0]


def _set_stock(client: MedusaClient, change: Change) -> None:
    with nothing_sent():
        place = _shelf(client, change)
        if place is None:
            raise UnfitError("no single item has this SKU and one place there")
        item, level = place
        if change.before is not None and level.sellable != change.before:
            raise UnfitError("its stock is no longer as before")
    path = f"inventory-items/{item.id}/location-levels/{level.location_id}"
    written = {"stocked_quantity": change.after + level.reserved_quantity}
    client.write("POST", path, written, urgency=Urgency.of([change]))
