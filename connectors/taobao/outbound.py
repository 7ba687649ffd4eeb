"""What is written to a shop, item by item, and how it is read back.

An item ends accepted, rejected (certainly not applied) or unknown (to be read back). Messages hold
the platform's codes, never its texts, which may name buyers.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import groupby

import msgspec

from connectors.base.frames import listed
from connectors.base.gateway import RefusedCallError
from connectors.base.sending import all_as, chunks, each, nothing_sent, read, urgency_of
from connectors.base.wire import decoded
from connectors.taobao import fetch, wire
from connectors.taobao.client import TaobaoClient
from connectors.taobao.order_mapping import CURRENCY
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import OutcomeState
from contracts.errors import SourceContractError
from contracts.money import format_minor, parse_minor
from contracts.payloads import Reply, decode
from contracts.streams import Window

_MOST_SKUS = 20
_MOST_BUYERS = 100
_MOST_REPLY = 500
# A review can be answered for thirty days.
_ANSWERABLE = dt.timedelta(days=31)
_ABSOLUTE = "1"
_SECOND = dt.timedelta(seconds=1)


class _Success(msgspec.Struct):
    is_success: bool = False


class _Buyer(msgspec.Struct):
    ouid: str | None = None
    open_uid: str | None = None


class _Failures(msgspec.Struct):
    error_message: list[_Buyer] | _Buyer | None = None


class _Given(msgspec.Struct):
    coupon_result: list[_Buyer] | _Buyer | None = None


class _Grants(msgspec.Struct):
    failure_buyers: _Failures | None = None
    coupon_results: _Given | None = None


_SUCCESS = msgspec.json.Decoder(_Success, strict=False)
_GRANTS = msgspec.json.Decoder(_Grants, strict=False)


def live_prices(client: TaobaoClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """Price in force per listing, in fen."""
    items, odd = _products(client, [change.parent_id for change in changes])
    prices = {listing: price for item in items for listing, price in _prices(item).items()}
    unread = {
        change.target_id: odd[change.parent_id] for change in changes if change.parent_id in odd
    }
    return {
        **{listing: read(partial(_live_price, price)) for listing, price in prices.items()},
        **unread,
    }


def _live_price(price: str | None) -> Live:
    if price is None:
        raise SourceContractError("a listing has no price")
    return Live(value=parse_minor(price, CURRENCY), currency=CURRENCY)


def set_prices(client: TaobaoClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set prices, product by product: a refused call changed none of its SKUs."""
    wrong = [change for change in changes if change.currency != CURRENCY or not change.parent_id]
    rest = sorted(
        (change for change in changes if change not in wrong),
        key=lambda change: change.parent_id or "",
    )
    groups = [list(some) for _, some in groupby(rest, key=lambda change: change.parent_id)]
    send = _set_tmall_prices if client.settings.kind == "tmall" else _set_sku_prices
    return [
        *all_as(wrong, OutcomeState.REJECTED, "a price is yuan and written under its product"),
        *each(groups, lambda group: send(client, group), alone=RefusedCallError),
    ]


def live_stock(client: TaobaoClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """Pieces that can be sold of a SKU code under its listing `parent_id`."""
    items, odd = _products(client, [_place(change)[0] for change in changes])
    pieces = {
        (str(item.num_iid), sku): quantity
        for item in items
        for sku, quantity in _quantities(item).items()
    }
    found: dict[str, Live | Unread] = {}
    for change in changes:
        place = _place(change)
        quantity = pieces.get(place)
        if place[0] in odd:
            found[change.target_id] = odd[place[0]]
        elif quantity is not None:
            found[change.target_id] = Live(value=quantity, currency=None)
        elif place in pieces:
            found[change.target_id] = Unread(why="a listing has no quantity")
    return found


def set_stock(client: TaobaoClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set pieces, product by product and at most 20 SKUs at once, to what they are to be."""
    by_product = sorted(changes, key=_place)
    groups = [
        some
        for _, of_product in groupby(by_product, key=lambda change: _place(change)[0])
        for some in chunks(list(of_product), _MOST_SKUS)
    ]
    return each(groups, lambda group: _set_stock(client, group), alone=RefusedCallError)


def grant_coupons(client: TaobaoClient, changes: Sequence[Change]) -> list[Outcome]:
    """Put the coupon `parent_id` into members' purses; each answer is looked up by its buyer.

    The call succeeds even when nobody got anything, and nothing tells later who did: a buyer whom
    the answer does not name is unknown.
    """
    wrong = [change for change in changes if not change.parent_id or not change.recipient]
    rest = sorted(
        (change for change in changes if change not in wrong),
        key=lambda change: change.parent_id or "",
    )
    groups = [
        some
        for _, of_coupon in groupby(rest, key=lambda change: change.parent_id)
        for some in _by_buyer(list(of_coupon))
    ]
    return [
        *all_as(wrong, OutcomeState.REJECTED, "a grant names its coupon as parent and a member"),
        *each(groups, lambda group: _grant(client, group), alone=RefusedCallError),
    ]


def live_replies(client: TaobaoClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """1 where a review shows the reply of the change, 0 where it shows none or another one."""
    shown = _replies(client)
    return {
        change.target_id: found
        if isinstance(found, Unread)
        else Live(value=int(found == _text(change)), currency=None)
        for change in changes
        for found in (shown.get(change.target_id),)
        if found is not None
    }


def send_replies(client: TaobaoClient, changes: Sequence[Change]) -> list[Outcome]:
    """Reply to reviews of a Tmall shop; a review that somebody else answered is left alone."""
    if client.settings.kind != "tmall":
        return all_as(changes, OutcomeState.REJECTED, "only a Tmall shop can reply to a review")
    shown = _replies(client)
    return each(
        ([change] for change in changes),
        lambda one: [_reply(client, one[0], shown)],
        alone=RefusedCallError,
    )


def _set_tmall_prices(client: TaobaoClient, changes: Sequence[Change]) -> list[Outcome]:
    new = {change.target_id: format_minor(change.after, CURRENCY) for change in changes}
    with nothing_sent():
        item = _product(client, changes[0].parent_id)
        item_price = _item_price(item, new)
    skus = [{"sku_id": int(sku), "price": price} for sku, price in new.items() if _has(item, sku)]
    asked = {
        "item_id": str(item.num_iid),
        "item_price": item_price,
        "sku_prices": json.dumps(skus) if skus else "",
    }
    unknown = [change for change in changes if change.target_id not in _prices(item)]
    if unknown:
        rest = [change for change in changes if change not in unknown]
        told = all_as(unknown, OutcomeState.REJECTED, "the product has no such SKU")
        return told + (_set_tmall_prices(client, rest) if rest else [])
    try:
        client.write("tmall.item.price.update", asked, urgency=urgency_of(changes))
    except RefusedCallError:
        if len(changes) == 1:
            raise
        # One of them is wrong, and the answer does not say which.
        alone = ([change] for change in changes)
        return each(alone, lambda one: _set_tmall_prices(client, one), alone=RefusedCallError)
    return all_as(changes, OutcomeState.ACCEPTED, None)


def _set_sku_prices(client: TaobaoClient, changes: Sequence[Change]) -> list[Outcome]:
    """One SKU per call, named by its properties."""
    return each(
        ([change] for change in changes),
        lambda one: [_set_sku_price(client, one[0])],
        alone=RefusedCallError,
    )


def _set_sku_price(client: TaobaoClient, change: Change) -> Outcome:
    price = format_minor(change.after, CURRENCY)
    with nothing_sent():
        item = _product(client, change.parent_id)
        item_price = _item_price(item, {change.target_id: price})
    properties = next(
        (sku.properties for sku in item.variants if str(sku.sku_id) == change.target_id), None
    )
    if properties is None:
        return _rejected(change, "the product has no such SKU")
    asked = {
        "num_iid": str(item.num_iid),
        "properties": properties,
        "price": price,
        "item_price": item_price,
    }
    client.write("taobao.item.sku.price.update", asked, urgency=urgency_of([change]))
    return Outcome(action_id=change.action_id, state=OutcomeState.ACCEPTED)


def _item_price(item: wire.Item, new: dict[str, str]) -> str:
    """The product's own price, where it would leave the range of its SKUs' prices; else empty."""
    shown = {**_prices(item), **new}
    after = [parse_minor(price, CURRENCY) for price in shown.values() if price is not None]
    if len(after) < len(shown) or item.price is None:
        raise SourceContractError("a listing has no price")
    own = parse_minor(item.price, CURRENCY)
    nearest = min(max(own, min(after)), max(after))
    return "" if nearest == own else format_minor(nearest, CURRENCY)


def _set_stock(client: TaobaoClient, changes: Sequence[Change]) -> list[Outcome]:
    num_iid = _place(changes[0])[0]
    bare = [change for change in changes if not _place(change)[1]]
    if not num_iid or (bare and len(changes) > 1):
        return all_as(changes, OutcomeState.REJECTED, "stock is written under its listing")
    if bare:
        asked = {"num_iid": num_iid, "quantity": str(bare[0].after), "type": _ABSOLUTE}
        client.write("taobao.item.quantity.update", asked, urgency=urgency_of(changes))
        return all_as(changes, OutcomeState.ACCEPTED, None)
    pairs = ";".join(f"{_place(change)[1]}:{change.after}" for change in changes)
    asked = {"num_iid": num_iid, "skuid_quantities": pairs, "type": _ABSOLUTE}
    try:
        client.write("taobao.skus.quantity.update", asked, urgency=urgency_of(changes))
    except RefusedCallError:
        if len(changes) == 1:
            raise
        alone = ([change] for change in changes)
        return each(alone, lambda one: _set_stock(client, one), alone=RefusedCallError)
    return all_as(changes, OutcomeState.ACCEPTED, None)


def _grant(client: TaobaoClient, changes: Sequence[Change]) -> list[Outcome]:
    asked = {
        "coupon_id": changes[0].parent_id or "",
        "ouid_data": json.dumps([{"ouid": change.recipient} for change in changes]),
    }
    answer = client.write("taobao.promotion.coupon.send", asked, urgency=urgency_of(changes))
    grants = decoded(_GRANTS.decode, answer.data)
    results, failures = grants.coupon_results, grants.failure_buyers
    given = _named(listed(results.coupon_result if results else None))
    failed = _named(listed(failures.error_message if failures else None))
    return [
        Outcome(action_id=change.action_id, state=OutcomeState.REJECTED, message="refused")
        if change.recipient in failed
        else Outcome(action_id=change.action_id, state=OutcomeState.ACCEPTED)
        if change.recipient in given
        else Outcome(
            action_id=change.action_id,
            state=OutcomeState.UNKNOWN,
            message="the platform's answer does not name this buyer",
        )
        for change in changes
    ]


def _reply(client: TaobaoClient, change: Change, shown: dict[str, str | Unread]) -> Outcome:
    text = _text(change)
    if text is None or len(text) > _MOST_REPLY:
        return _rejected(change, f"a reply is text of at most {_MOST_REPLY} characters")
    if shown.get(change.target_id, "") not in ("", text):
        return _rejected(change, "somebody has replied already")
    asked = {"oid": change.target_id, "reply": text}
    answer = client.write("taobao.traderate.explain.add", asked, urgency=urgency_of([change]))
    if not decoded(_SUCCESS.decode, answer.data).is_success:
        return _rejected(change, "the platform did not take the reply")
    return Outcome(action_id=change.action_id, state=OutcomeState.ACCEPTED)


def _text(change: Change) -> str | None:
    try:
        return decode(change.payload, Reply).text.strip()
    except ValueError:
        return None


def _replies(client: TaobaoClient) -> dict[str, str | Unread]:
    """Reply per review that can still be answered; the platform finds none by its line."""
    now = client.now()
    pages = fetch.listed(client, Window(now - _ANSWERABLE, now + _SECOND), fetch.REVIEWS)
    found: dict[str, str | Unread] = {}
    for raw in (raw for page in pages for raw in wire.REVIEWS.raw(page.body)):
        review = read(partial(decoded, wire.REVIEWS.one.decode, raw))
        if not isinstance(review, Unread):
            found[str(review.oid)] = (review.reply or "").strip()
        elif (oid := wire.number(raw, "oid")) is not None:
            found[str(oid)] = review
    return found


def _products(
    client: TaobaoClient, num_iids: Sequence[str | None]
) -> tuple[list[wire.Item], dict[str | None, Unread]]:
    """Products, and by number those that cannot be read."""
    wanted = sorted({int(one) for one in num_iids if one and one.isdecimal()})
    items: list[wire.Item] = []
    odd: dict[str | None, Unread] = {}
    for raw in (raw for page in fetch.details(client, wanted) for raw in wire.ITEMS.raw(page.body)):
        item = read(partial(decoded, wire.ITEMS.one.decode, raw))
        if isinstance(item, Unread):
            odd[str(wire.number(raw, "num_iid"))] = item
        else:
            items.append(item)
    return items, odd


def _product(client: TaobaoClient, num_iid: str | None) -> wire.Item:
    found, odd = _products(client, [num_iid])
    if odd:
        raise SourceContractError(next(iter(odd.values())).why)
    if len(found) != 1:
        raise RefusedCallError("the shop has no such product")
    return found[0]


def _prices(item: wire.Item) -> dict[str, str | None]:
    """Price per listing; a product without SKUs is its own listing."""
    skus: dict[str, str | None] = {str(sku.sku_id): sku.price for sku in item.variants}
    return skus or {str(item.num_iid): item.price}


def _quantities(item: wire.Item) -> dict[str, int | None]:
    """Pieces per SKU; of a product without SKUs under an empty name."""
    return {str(sku.sku_id): sku.quantity for sku in item.variants} or {"": item.num}


def _has(item: wire.Item, sku: str) -> bool:
    return any(str(one.sku_id) == sku for one in item.variants)


def _place(change: Change) -> tuple[str, str]:
    """Product and SKU of a stock level's place, as the mapping names it."""
    num_iid, _, sku = (change.parent_id or "").partition(":")
    return num_iid, sku


def _named(buyers: Sequence[_Buyer]) -> set[str | None]:
    return {name for buyer in buyers for name in (buyer.ouid, buyer.open_uid) if name}


def _by_buyer(changes: Sequence[Change]) -> list[list[Change]]:
    """Groups that name a buyer once each, since answers are told apart by buyer."""
    turns: Counter[str | None] = Counter()
    groups: dict[int, list[Change]] = {}
    for change in changes:
        groups.setdefault(turns[change.recipient], []).append(change)
        turns[change.recipient] += 1
    return [list(some) for group in groups.values() for some in chunks(group, _MOST_BUYERS)]


def _rejected(change: Change, message: str) -> Outcome:
    return Outcome(action_id=change.action_id, state=OutcomeState.REJECTED, message=message)
