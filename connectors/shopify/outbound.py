"""What is written to Shopify, item by item, and how it is read back.

An item ends accepted, rejected (certainly not applied) or unknown (to be read back). Messages hold
the platform's codes, never its texts.
"""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from connectors.base.limits import Urgency
from connectors.base.retry import NotAppliedError
from connectors.base.sending import chunks
from connectors.base.wire import decoded
from connectors.shopify import queries, wire
from connectors.shopify.client import ShopifyClient
from contracts.actions import Change, Live, Outcome
from contracts.codes import OutcomeState
from contracts.errors import SourceContractError, SourceRejectedError, TransientSourceError
from contracts.money import format_minor, parse_minor
from contracts.payloads import CouponTerms, decode

_MOST_IDS = 250
_MOST_VARIANTS = 250
_RATE_UNIT = 10_000  # a coupon's rate is written in hundredths of a percent
# Errors about the product as a whole: no variant of it was touched.
_WHOLE_PRODUCT = ("PRODUCT_DOES_NOT_EXIST", "PRODUCT_SUSPENDED")


class _UserError(msgspec.Struct):
    code: str | None = None
    field: list[str] | None = None


class _Payload(msgspec.Struct, rename="camel"):
    user_errors: list[_UserError]


class _Shop(msgspec.Struct, rename="camel"):
    currency_code: str


class _Priced(msgspec.Struct):
    id: str | None = None
    price: str | None = None


class _Prices(msgspec.Struct):
    shop: _Shop
    nodes: list[_Priced | None]


class _CodeNode(msgspec.Struct, rename="camel"):
    id: str
    code_discount: wire.Discount


class _Coupon(msgspec.Struct, rename="camel"):
    shop: _Shop
    node: _CodeNode | None = msgspec.field(name="codeDiscountNodeByCode")


_PAYLOADS = msgspec.json.Decoder(dict[str, _Payload | None])
_PRICES = msgspec.json.Decoder(_Prices)
_COUPON = msgspec.json.Decoder(_Coupon)
_ITEMS = msgspec.json.Decoder(dict[str, wire.Connection[wire.StockedItem]])


def live_prices(client: ShopifyClient, changes: Sequence[Change]) -> dict[str, Live]:
    """Price in force per variant, in minor units of the shop's currency."""
    found: dict[str, Live] = {}
    ids = [_gid("ProductVariant", change.target_id) for change in changes]
    for some in chunks(ids, _MOST_IDS):
        answer = client.ask(queries.PRICES, {"ids": some}, cost=float(len(some)))
        prices = decoded(_PRICES.decode, answer.data)
        currency = prices.shop.currency_code
        for node in prices.nodes:
            if node is not None and node.id is not None and node.price is not None:
                value = parse_minor(node.price, currency)
                found[_number(node.id)] = Live(value=value, currency=currency)
    return found


def set_prices(client: ShopifyClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set prices, one request per product and at most 250 of its variants."""
    by_product = sorted(changes, key=lambda change: change.parent_id or "")
    groups = (
        some
        for _, of_product in groupby(by_product, key=lambda change: change.parent_id)
        for some in chunks(list(of_product), _MOST_VARIANTS)
    )
    return _each(map(list, groups), lambda group: _set_prices(client, group))


def live_coupons(client: ShopifyClient, changes: Sequence[Change]) -> dict[str, Live]:
    """What a code takes off; 0 once it is closed or has ended.

    In minor units of the currency; without a currency in hundredths of a percent (1500: 15 %).
    """
    found: dict[str, Live] = {}
    for change in changes:
        coupon = _coupon(client, change.target_id)
        if coupon.node is not None:
            found[change.target_id] = _taken_off(coupon.node.code_discount)
    return found


def send_coupons(client: ShopifyClient, changes: Sequence[Change]) -> list[Outcome]:
    """Create or close codes. A code that exists already was created by the same action."""
    return _each(([change] for change in changes), lambda one: [_send_coupon(client, one[0])])


def live_stock(client: ShopifyClient, changes: Sequence[Change]) -> dict[str, Live]:
    """Pieces available of a SKU at the location `parent_id`."""
    found: dict[str, Live] = {}
    for change in changes:
        item = _stocked(client, change.target_id)
        pieces = item.available(_gid("Location", change.parent_id or "")) if item else None
        if pieces is not None:
            found[change.target_id] = Live(value=pieces, currency=None)
    return found


def set_stock(client: ShopifyClient, changes: Sequence[Change]) -> list[Outcome]:
    """Set the pieces available of a SKU at the location `parent_id`, if still as before."""
    return _each(([change] for change in changes), lambda one: [_set_stock(client, one[0])])


def _each(
    groups: Iterable[list[Change]], send: Callable[[list[Change]], list[Outcome]]
) -> list[Outcome]:
    """Send group by group; each change gets an outcome, whatever became of the others.

    A refusal of the account, or a platform that stays busy, ends the sending.

    Raises:
        NotAppliedError: nothing was sent at all.
    """
    outcomes: list[Outcome] = []
    ended: str | None = None
    for group in groups:
        if ended is not None:
            outcomes += _all(group, OutcomeState.REJECTED, f"not sent: {ended}")
            continue
        try:
            outcomes += send(group)
        except NotAppliedError as error:
            if not outcomes:
                raise
            ended = str(error)
            outcomes += _all(group, OutcomeState.REJECTED, ended)
        except SourceRejectedError as error:
            ended = str(error)
            outcomes += _all(group, OutcomeState.REJECTED, ended)
        except (TransientSourceError, SourceContractError) as error:
            outcomes += _all(group, OutcomeState.UNKNOWN, str(error))
    return outcomes


def _set_prices(client: ShopifyClient, changes: list[Change]) -> list[Outcome]:
    product = changes[0].parent_id
    if product is None:
        return _all(changes, OutcomeState.REJECTED, "a price is written under its product")
    if any(change.currency is None for change in changes):
        return _all(changes, OutcomeState.REJECTED, "a price has a currency")
    variants = [
        {
            "id": _gid("ProductVariant", change.target_id),
            "price": format_minor(change.after, change.currency or ""),
        }
        for change in changes
    ]
    written = {"product": _gid("Product", product), "variants": variants}
    errors = _errors(client, changes, queries.SET_PRICES, written)
    return _per_variant(changes, errors)


def _per_variant(changes: list[Change], errors: list[_UserError]) -> list[Outcome]:
    """Errors name the variant by its place in the request: ["variants", "0", "price"]."""
    named: dict[int, str] = {}
    general: list[str] = []
    for error in errors:
        path = error.field or []
        if len(path) > 1 and path[0] == "variants" and path[1].isdigit():
            named[int(path[1])] = error.code or "without a code"
        else:
            general.append(error.code or "without a code")
    rest = OutcomeState.ACCEPTED
    if general:
        is_untouched = any(code in _WHOLE_PRODUCT for code in general)
        rest = OutcomeState.REJECTED if is_untouched else OutcomeState.UNKNOWN
    return [
        Outcome(action_id=change.action_id, state=OutcomeState.REJECTED, message=named[place])
        if place in named
        else Outcome(action_id=change.action_id, state=rest, message=next(iter(general), None))
        for place, change in enumerate(changes)
    ]


def _send_coupon(client: ShopifyClient, change: Change) -> Outcome:
    if change.after == 0:
        return _close_coupon(client, change)
    try:
        terms = decode(change.payload, CouponTerms)
    except ValueError as error:
        return _rejected(change, str(error))
    if terms.sku_ids:
        return _rejected(change, "a code for single SKUs is not written here")
    written = {"coupon": _terms(client, change, terms)}
    errors = _errors(client, [change], queries.CREATE_COUPON, written)
    codes = [error.code or "without a code" for error in errors]
    if codes and set(codes) != {"TAKEN"}:
        return _rejected(change, codes[0])
    message = codes[0] if codes else None
    return Outcome(action_id=change.action_id, state=OutcomeState.ACCEPTED, message=message)


def _close_coupon(client: ShopifyClient, change: Change) -> Outcome:
    node = _coupon(client, change.target_id).node
    if node is None:
        return _rejected(change, "the shop has no such code")
    errors = _errors(client, [change], queries.CLOSE_COUPON, {"id": node.id})
    return _judged(change, errors)


def _terms(client: ShopifyClient, change: Change, terms: CouponTerms) -> dict[str, Any]:
    value: dict[str, Any] = {"percentage": change.after / _RATE_UNIT}
    if change.currency is not None:
        amount = format_minor(change.after, change.currency)
        value = {"discountAmount": {"amount": amount, "appliesOnEachItem": False}}
    holder = change.recipient
    written = {
        "title": terms.title,
        "code": change.target_id,
        "startsAt": terms.starts_at.isoformat(),
        "endsAt": terms.ends_at.isoformat(),
        "usageLimit": terms.usage_limit,
        "appliesOncePerCustomer": terms.is_once_per_customer,
        "context": {"customers": {"add": [_gid("Customer", holder)]}} if holder else {"all": "ALL"},
        "customerGets": {"value": value, "items": {"all": True}},
    }
    if terms.min_spend_minor is not None:
        currency = change.currency or _coupon(client, change.target_id).shop.currency_code
        least = format_minor(terms.min_spend_minor, currency)
        written["minimumRequirement"] = {"subtotal": {"greaterThanOrEqualToSubtotal": least}}
    return written


def _coupon(client: ShopifyClient, code: str) -> _Coupon:
    return decoded(_COUPON.decode, client.ask(queries.COUPON, {"code": code}).data)


def _taken_off(discount: wire.Discount) -> Live:
    gets = discount.customer_gets
    if gets is None:
        raise SourceContractError(f"a code is of kind {discount.typename}, which we do not write")
    money = gets.value.amount
    is_over = discount.status == "EXPIRED"
    if money is not None:
        value = parse_minor(money.amount, money.currency_code)
        return Live(value=0 if is_over else value, currency=money.currency_code)
    if gets.value.percentage is None:
        raise SourceContractError(f"a code takes off {gets.value.typename}")
    rate = round(gets.value.percentage * _RATE_UNIT)
    return Live(value=0 if is_over else rate, currency=None)


def _set_stock(client: ShopifyClient, change: Change) -> Outcome:
    item = _stocked(client, change.target_id)
    if item is None or change.parent_id is None:
        return _rejected(change, "no single item has this SKU, or no location is named")
    quantity = {
        "inventoryItemId": item.id,
        "locationId": _gid("Location", change.parent_id),
        "quantity": change.after,
        "changeFromQuantity": change.before,
    }
    written = {"name": "available", "reason": "correction", "quantities": [quantity]}
    key = str(uuid.uuid5(uuid.NAMESPACE_OID, change.action_id))
    errors = _errors(client, [change], queries.SET_STOCK, {"input": written, "key": key})
    if any(error.code == "IDEMPOTENCY_CONCURRENT_REQUEST" for error in errors):
        raise TransientSourceError("the same write is under way")
    return _judged(change, errors)


def _stocked(client: ShopifyClient, sku: str) -> wire.StockedItem | None:
    """The one item of that SKU; null when there is none, or several."""
    answer = client.ask(queries.STOCK, {"query": f"sku:{json.dumps(sku)}"}, cost=100.0)
    found = decoded(_ITEMS.decode, answer.data)["inventoryItems"].nodes
    exact = [item for item in found if item.sku == sku]
    return exact[0] if len(exact) == 1 else None


def _errors(
    client: ShopifyClient, changes: Sequence[Change], document: str, variables: Mapping[str, Any]
) -> list[_UserError]:
    """What the platform finds wrong with a write; an HTTP 200 with errors is a failed write."""
    answer = client.write(document, variables, urgency=Urgency.of(changes))
    payloads = decoded(_PAYLOADS.decode, answer.data)
    payload = next(iter(payloads.values()), None)
    if payload is None:
        raise SourceContractError("a write was answered without a result")
    return payload.user_errors


def _judged(change: Change, errors: list[_UserError]) -> Outcome:
    if errors:
        return _rejected(change, errors[0].code or "without a code")
    return Outcome(action_id=change.action_id, state=OutcomeState.ACCEPTED)


def _rejected(change: Change, message: str) -> Outcome:
    return Outcome(action_id=change.action_id, state=OutcomeState.REJECTED, message=message)


def _all(changes: list[Change], state: OutcomeState, message: str) -> list[Outcome]:
    return [Outcome(action_id=change.action_id, state=state, message=message) for change in changes]


def _gid(kind: str, number: str) -> str:
    return f"gid://shopify/{kind}/{number}"


def _number(gid: str) -> str:
    return gid.rpartition("/")[2]
