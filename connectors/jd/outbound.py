"""Prices and stock that are written to a shop, SKU by SKU, and how they are read back.

Both set what is to be, so what was sent twice was sent once. Messages hold the platform's codes.
"""

from collections.abc import Callable, Sequence
from functools import partial

from connectors.base.gateway import RefusedCallError
from connectors.base.sending import UnfitError, chunks, urgency_of
from connectors.base.writes import lives, one_by_one, price_text, under_parent
from connectors.jd import fetch, wire
from connectors.jd.client import JdClient
from connectors.jd.codes import CURRENCY, SET_PRICE
from contracts.actions import Change, Live, Outcome, Unread
from contracts.errors import SourceContractError
from contracts.money import parse_minor

_MOST_READ = 50


def live_prices(client: JdClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """Price in force per listing, in fen."""

    def live(sku: wire.Sku) -> Live:
        if sku.jd_price is None:
            raise SourceContractError("a SKU has no price")
        return Live(value=parse_minor(sku.jd_price, CURRENCY), currency=CURRENCY)

    return _lives(client, {change.target_id: change.target_id for change in changes}, live)


def live_stock(client: JdClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """Pieces that can be sold of a SKU code under its listing `parent_id`."""

    def live(sku: wire.Sku) -> Live:
        if sku.stock_num is None:
            raise SourceContractError("a SKU has no stock")
        return Live(value=sku.stock_num, currency=None)

    return _lives(client, {change.target_id: under_parent(change) for change in changes}, live)


def set_prices(client: JdClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set the price of each SKU."""

    def send(change: Change) -> None:
        asked = {"skuId": _number(change.target_id), "jdPrice": price_text(change, CURRENCY)}
        client.write(SET_PRICE, asked, urgency=urgency_of([change]))

    return one_by_one(changes, send, alone=RefusedCallError)


def set_stock(client: JdClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set the pieces of each SKU to what they are to be."""

    def send(change: Change) -> None:
        asked = {"skuId": _number(under_parent(change)), "stockNum": change.after}
        client.write(client.settings.stock_call, asked, urgency=urgency_of([change]))

    return one_by_one(changes, send, alone=RefusedCallError)


def _number(sku: str) -> int:
    if not sku.isdecimal():
        raise UnfitError("a SKU of the platform is named by a number")
    return int(sku)


def _lives(
    client: JdClient, skus: dict[str, str], live: Callable[[wire.Sku], Live]
) -> dict[str, Live | Unread]:
    """What is in force per target, by the number of its SKU."""
    numbers = sorted({int(one) for one in skus.values() if one.isdecimal()})
    found: dict[str, wire.Sku | Unread] = {}
    for some in chunks(numbers, _MOST_READ):
        found |= wire.SKUS.named(fetch.skus(client, [*some]).body, "skuId")
    told = {target: found[sku] for target, sku in skus.items() if sku in found}
    return lives(told, partial(live))
