"""What is written to a shop, item by item, and how it is read back.

An item ends accepted, rejected (certainly not applied) or unknown (to be read back). Messages hold
the platform's codes, never its texts, which may name buyers.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import msgspec

from connectors.base.counted import SECOND
from connectors.base.gateway import RefusedCallError
from connectors.base.replies import Replies
from connectors.base.rows import Rows
from connectors.base.sending import UnfitError, chunks, each, nothing_sent, outcome, urgency_of
from connectors.base.wire import decoded
from connectors.base.writes import (
    batched,
    grouped,
    known,
    lives,
    one_by_one,
    price_text,
    under_parent,
)
from connectors.taobao import fetch, wire
from connectors.taobao.client import TaobaoClient
from connectors.taobao.codes import CURRENCY
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import OutcomeState
from contracts.errors import SourceContractError
from contracts.money import format_minor, parse_minor
from contracts.streams import Window

Told = TypeVar("Told", str, int)
Written = Sequence[tuple[Change, str]]

_MOST_PRICES = 1_000
_MOST_SKUS = 20
_MOST_BUYERS = 100
# A review can be answered for thirty days.
_ANSWERABLE = dt.timedelta(days=31)
_ABSOLUTE = "1"
_NO_SKU = "the product has no such SKU"


class _Success(msgspec.Struct):
    is_success: bool = False


class _Buyer(msgspec.Struct):
    ouid: str | None = None
    open_uid: str | None = None


_SUCCESS = msgspec.json.Decoder(_Success, strict=False)
_GIVEN = Rows("coupon_results.coupon_result", _Buyer)
_FAILED = Rows("failure_buyers.error_message", _Buyer)


def live_prices(client: TaobaoClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """Price in force per listing, in fen."""
    places = {change.target_id: (under_parent(change), change.target_id) for change in changes}
    return _lives(client, places, _prices, lambda price: parse_minor(price, CURRENCY), CURRENCY)


def live_stock(client: TaobaoClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """Pieces that can be sold of a SKU code under its listing `parent_id`."""
    places = {change.target_id: _place(change) for change in changes}
    return _lives(client, places, _quantities, int, None)


def set_prices(client: TaobaoClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set prices, product by product: a refused call changed none of its SKUs."""
    if client.settings.kind == "taobao":
        return one_by_one(changes, partial(_set_sku_price, client), alone=RefusedCallError)
    groups = grouped(changes, under_parent, _MOST_PRICES)
    return each(groups, partial(_set_product_prices, client), alone=RefusedCallError)


def set_stock(client: TaobaoClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set pieces, product by product and at most 20 SKUs at once, to what they are to be."""
    groups = grouped(changes, lambda change: _place(change)[0], _MOST_SKUS)
    return each(groups, partial(_set_stock, client), alone=RefusedCallError)


def grant_coupons(client: TaobaoClient, changes: Sequence[Change]) -> list[Outcome]:
    """Put the coupon `parent_id` into members' purses; each answer is looked up by its buyer.

    The call succeeds even when nobody got anything, and nothing tells later who did: a buyer whom
    the answer does not name is unknown. As answers are told apart by buyer, a call names one once.
    """
    turns: Counter[tuple[str, str | None]] = Counter()
    calls: dict[tuple[str, int], list[Change]] = {}
    for change in changes:
        coupon = under_parent(change)
        calls.setdefault((coupon, turns[coupon, change.recipient]), []).append(change)
        turns[coupon, change.recipient] += 1
    groups = (some for call in calls.values() for some in chunks(call, _MOST_BUYERS))
    return each(groups, partial(_grant, client), alone=RefusedCallError)


def _shown(client: TaobaoClient) -> dict[str, str | Unread]:
    """Reply per review that can still be answered; the platform finds none by its line."""
    now = client.now()
    found: dict[str, wire.Review | Unread] = {}
    for page in fetch.REVIEWS.pages(client, Window(now - _ANSWERABLE, now + SECOND)):
        found |= wire.REVIEWS.named(page.body, "oid")
    return {oid: one if isinstance(one, Unread) else one.reply or "" for oid, one in found.items()}


def _reply(client: TaobaoClient, change: Change, text: str) -> None:
    asked = {"oid": change.target_id, "reply": text}
    answer = client.write("taobao.traderate.explain.add", asked, urgency=urgency_of([change]))
    if not decoded(_SUCCESS.decode, answer.data).is_success:
        raise UnfitError("the platform did not take the reply")


REPLIES = Replies(shown=_shown, write=_reply, most=500, alone=RefusedCallError)


def send_replies(client: TaobaoClient, changes: Sequence[Change]) -> list[Outcome]:
    """Reply to reviews, which only a Tmall shop can."""
    if client.settings.kind != "tmall":
        message = "only a Tmall shop can reply to a review"
        return [outcome(change, message, OutcomeState.REJECTED) for change in changes]
    return REPLIES.send(client, changes)


def _set_product_prices(client: TaobaoClient, group: Sequence[Change]) -> list[Outcome]:
    item = _product(client, group[0])

    def row(change: Change) -> str:
        price = price_text(change, CURRENCY)
        known(_prices(item), change.target_id, _NO_SKU)
        return price

    def send(rows: Written) -> list[Outcome]:
        new = {change.target_id: price for change, price in rows}
        skus = {str(sku.sku_id) for sku in item.variants}
        prices = [{"sku_id": int(one), "price": new[one]} for one in new if one in skus]
        asked = {
            "item_id": str(item.num_iid),
            "item_price": _item_price(item, new),
            "sku_prices": json.dumps(prices) if prices else "",
        }
        client.write("tmall.item.price.update", asked, urgency=urgency_of(group))
        return [outcome(change) for change, _ in rows]

    return batched(group, row, send, alone=RefusedCallError)


def _set_sku_price(client: TaobaoClient, change: Change) -> None:
    """One SKU per call, named by its properties."""
    price = price_text(change, CURRENCY)
    item = _product(client, change)
    properties = {str(sku.sku_id): sku.properties for sku in item.variants}.get(change.target_id)
    if properties is None:
        raise UnfitError(_NO_SKU)
    asked = {
        "num_iid": str(item.num_iid),
        "properties": properties,
        "price": price,
        "item_price": _item_price(item, {change.target_id: price}),
    }
    client.write("taobao.item.sku.price.update", asked, urgency=urgency_of([change]))


def _item_price(item: wire.Item, new: Mapping[str, str]) -> str:
    """The product's own price, where it would leave the range of its SKUs' prices; else empty."""
    with nothing_sent():
        shown = {**_prices(item), **new}
        after = [parse_minor(price, CURRENCY) for price in shown.values() if price is not None]
        if len(after) < len(shown) or item.price is None:
            raise SourceContractError("a listing has no price")
        own = parse_minor(item.price, CURRENCY)
    nearest = min(max(own, min(after)), max(after))
    return "" if nearest == own else format_minor(nearest, CURRENCY)


def _set_stock(client: TaobaoClient, group: Sequence[Change]) -> list[Outcome]:
    num_iid, urgency = _place(group[0])[0], urgency_of(group)

    def row(change: Change) -> str:
        sku = _place(change)[1]
        if not num_iid or (not sku and len(group) > 1):
            raise UnfitError("stock is written under its listing")
        return f"{sku}:{change.after}"

    def send(rows: Written) -> list[Outcome]:
        asked = {"num_iid": num_iid, "type": _ABSOLUTE}
        first = rows[0][0]
        if _place(first)[1]:
            asked["skuid_quantities"] = ";".join(pair for _, pair in rows)
            client.write("taobao.skus.quantity.update", asked, urgency=urgency)
        else:
            asked["quantity"] = str(first.after)
            client.write("taobao.item.quantity.update", asked, urgency=urgency)
        return [outcome(change) for change, _ in rows]

    return batched(group, row, send, alone=RefusedCallError)


def _grant(client: TaobaoClient, group: Sequence[Change]) -> list[Outcome]:
    def row(change: Change) -> str:
        if not change.parent_id or not change.recipient:
            raise UnfitError("a grant names its coupon as parent and a member")
        return change.recipient

    def send(rows: Written) -> list[Outcome]:
        asked = {
            "coupon_id": under_parent(group[0]),
            "ouid_data": json.dumps([{"ouid": buyer} for _, buyer in rows]),
        }
        answer = client.write("taobao.promotion.coupon.send", asked, urgency=urgency_of(group))
        given, failed = _named(_GIVEN.rows(answer.data)), _named(_FAILED.rows(answer.data))
        return [_granted(change, given, failed) for change, _ in rows]

    return batched(group, row, send)


def _granted(change: Change, given: set[str | None], failed: set[str | None]) -> Outcome:
    if change.recipient in failed:
        return outcome(change, "refused", OutcomeState.REJECTED)
    if change.recipient in given:
        return outcome(change)
    message = "the platform's answer does not name this buyer"
    return outcome(change, message, OutcomeState.UNKNOWN)


def _named(buyers: Sequence[_Buyer]) -> set[str | None]:
    return {name for buyer in buyers for name in (buyer.ouid, buyer.open_uid) if name}


def _products(client: TaobaoClient, wanted: set[str]) -> dict[str, wire.Item | Unread]:
    """Products by their number."""
    numbers = sorted(int(one) for one in wanted if one.isdecimal())
    found: dict[str, wire.Item | Unread] = {}
    for page in fetch.details(client, numbers):
        found |= wire.ITEMS.named(page.body, "num_iid")
    return found


def _product(client: TaobaoClient, change: Change) -> wire.Item:
    """The product that a change is written under."""
    number = under_parent(change)
    with nothing_sent():
        return known(_products(client, {number}), number, "the shop has no such product")


def _lives(
    client: TaobaoClient,
    places: Mapping[str, tuple[str, str]],
    values: Callable[[wire.Item], Mapping[str, Told | None]],
    minor: Callable[[Told], int],
    currency: str | None,
) -> dict[str, Live | Unread]:
    """What is in force per target at its place: a product, and the name of one of its values."""
    products = _products(client, {number for number, _ in places.values()})
    told: dict[str, Told | Unread] = {}
    for target, (number, name) in places.items():
        product = products.get(number)
        if isinstance(product, Unread):
            told[target] = product
        elif product is not None and name in values(product):
            value = values(product)[name]
            told[target] = Unread(why="a listing lacks its value") if value is None else value
    return lives(told, lambda value: Live(value=minor(value), currency=currency))


def _prices(item: wire.Item) -> dict[str, str | None]:
    """Price per listing; a product without SKUs is its own listing."""
    skus: dict[str, str | None] = {str(sku.sku_id): sku.price for sku in item.variants}
    return skus or {str(item.num_iid): item.price}


def _quantities(item: wire.Item) -> dict[str, int | None]:
    """Pieces per SKU; of a product without SKUs under an empty name."""
    return {str(sku.sku_id): sku.quantity for sku in item.variants} or {"": item.num}


def _place(change: Change) -> tuple[str, str]:
    """Product and SKU of a stock level's place, as the mapping names it."""
    num_iid, _, sku = under_parent(change).partition(":")
    return num_iid, sku
