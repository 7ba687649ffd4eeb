"""Discount codes that are written to Shopify, and how they are read back with all their terms."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from connectors.base.sending import each, nothing_sent, read_each
from connectors.base.wire import decoded
from connectors.shopify import queries
from connectors.shopify.client import ShopifyClient
from connectors.shopify.ids import gid
from connectors.shopify.user_errors import errors_of, judged, rejected
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import Audience, OutcomeState
from contracts.errors import SourceContractError
from contracts.money import format_minor, parse_minor
from contracts.payloads import CouponTerms, decode, told_instant

_COMBINED = ("orderDiscounts", "productDiscounts", "shippingDiscounts")
_RATE_UNIT = 10_000  # a coupon's rate is written in hundredths of a percent


class _Shape(msgspec.Struct, rename="camel"):
    pass


class _Shop(_Shape):
    currency_code: str


class _Money(_Shape):
    amount: str
    currency_code: str


class _Value(_Shape):
    typename: str = msgspec.field(name="__typename")
    percentage: float | None = None
    amount: _Money | None = None


class _Gets(_Shape):
    value: _Value


class _Minimum(_Shape):
    """The least order; of pieces instead of money it has no amount."""

    greater_than_or_equal_to_subtotal: _Money | None = None


class _Customer(_Shape):
    id: str


class _Context(_Shape):
    """Who can redeem it; `customers` where these are named."""

    typename: str = msgspec.field(name="__typename")
    customers: list[_Customer] | None = None


class _Basic(_Shape, tag_field="__typename", tag="DiscountCodeBasic"):
    """A discount on the amount that a code gives, the only kind that we write."""

    status: str
    ends_at: str | None
    usage_limit: int | None
    applies_once_per_customer: bool
    customer_gets: _Gets
    minimum_requirement: _Minimum | None
    context: _Context


class _Node(_Shape):
    id: str
    code_discount: _Basic


class _Coupon(_Shape):
    shop: _Shop
    node: _Node | None = msgspec.field(name="codeDiscountNodeByCode")


_COUPON = msgspec.json.Decoder(_Coupon)


def live_coupons(client: ShopifyClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """What a code takes off, 0 once it is closed or has ended, and all its terms.

    In minor units of the currency; without a currency in hundredths of a percent (1500: 15 %).
    """
    return read_each(changes, lambda change: _live(_coupon(client, change.target_id).node, change))


def send_coupons(client: ShopifyClient, changes: Sequence[Change]) -> list[Outcome]:
    """Create or close codes. A code that exists already was created by the same action."""
    return each(([change] for change in changes), lambda one: [_send_coupon(client, one[0])])


def _send_coupon(client: ShopifyClient, change: Change) -> Outcome:
    if change.after == 0:
        return _close_coupon(client, change)
    try:
        terms = decode(change.payload, CouponTerms)
    except ValueError as error:
        return rejected(change, str(error))
    if terms.max_spend_minor is not None:
        return rejected(change, "no code here has a largest order: take an amount off (off_minor)")
    if terms.excluded_listing_ids and not terms.listing_ids:
        return rejected(change, "a code here says what it holds for, not what it leaves out")
    with nothing_sent():
        written = {"coupon": _terms(client, change, terms)}
    errors = errors_of(client, [change], queries.CREATE_COUPON, written)
    codes = [error.code or "without a code" for error in errors]
    if codes and set(codes) != {"TAKEN"}:
        return rejected(change, codes[0])
    message = codes[0] if codes else None
    return Outcome(action_id=change.action_id, state=OutcomeState.ACCEPTED, message=message)


def _close_coupon(client: ShopifyClient, change: Change) -> Outcome:
    with nothing_sent():
        node = _coupon(client, change.target_id).node
    if node is None:
        return rejected(change, "the shop has no such code")
    return judged(change, errors_of(client, [change], queries.CLOSE_COUPON, {"id": node.id}))


def _terms(client: ShopifyClient, change: Change, terms: CouponTerms) -> dict[str, Any]:
    value: dict[str, Any] = {"percentage": change.after / _RATE_UNIT}
    if change.currency is not None:
        amount = format_minor(change.after, change.currency)
        value = {"discountAmount": {"amount": amount, "appliesOnEachItem": False}}
    holder = change.recipient
    variants = [gid("ProductVariant", one) for one in terms.listing_ids]
    items: dict[str, Any] = (
        {"products": {"productVariantsToAdd": variants}} if variants else {"all": True}
    )
    written: dict[str, Any] = {
        "title": terms.title,
        "code": change.target_id,
        "startsAt": terms.starts_at.isoformat(),
        "endsAt": terms.ends_at.isoformat(),
        "usageLimit": terms.usage_limit,
        "appliesOncePerCustomer": terms.is_once_per_customer,
        "context": {"customers": {"add": [gid("Customer", holder)]}} if holder else {"all": "ALL"},
        "customerGets": {"value": value, "items": items},
        # With another code or an automatic discount it would take off more than was reckoned.
        "combinesWith": dict.fromkeys(_COMBINED, False),
    }
    if terms.min_spend_minor is not None:
        currency = change.currency or _coupon(client, change.target_id).shop.currency_code
        least = format_minor(terms.min_spend_minor, currency)
        written["minimumRequirement"] = {"subtotal": {"greaterThanOrEqualToSubtotal": least}}
    return written


def _coupon(client: ShopifyClient, code: str) -> _Coupon:
    return decoded(_COUPON.decode, client.ask(queries.COUPON, {"code": code}).data)


def _live(node: _Node | None, change: Change) -> Live | None:
    """What is in force of a code; null where the shop has none.

    Raises:
        SourceContractError: it has a kind or a term that we do not write.
    """
    if node is None:
        return None
    discount = node.code_discount
    value = discount.customer_gets.value
    terms = _told(discount, change)
    is_over = discount.status == "EXPIRED"
    if value.amount is not None:
        off = parse_minor(value.amount.amount, value.amount.currency_code)
        return Live(value=0 if is_over else off, currency=value.amount.currency_code, terms=terms)
    if value.percentage is None:
        raise SourceContractError(f"a code takes off {value.typename}")
    rate = round(value.percentage * _RATE_UNIT)
    return Live(value=0 if is_over else rate, currency=None, terms=terms)


def _told(discount: _Basic, change: Change) -> dict[str, str | int | None]:
    """The terms of `contracts.actions.Live`."""
    ends_at = discount.ends_at
    return {
        "ends_at": ends_at and told_instant(_instant(ends_at)),
        "limit_units": discount.usage_limit,
        "per_customer_units": 1 if discount.applies_once_per_customer else None,
        "minimum_minor": _least(discount.minimum_requirement),
        "audience": _audience(discount.context, change),
    }


def _instant(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        raise SourceContractError("a code's end is no instant") from None


def _least(minimum: _Minimum | None) -> int | None:
    if minimum is None:
        return None
    least = minimum.greater_than_or_equal_to_subtotal
    if least is None:
        raise SourceContractError("a code asks for a number of pieces, which we do not write")
    return parse_minor(least.amount, least.currency_code)


def _audience(context: _Context, change: Change) -> Audience:
    if context.typename == "DiscountBuyerSelectionAll":
        return Audience.EVERYBODY
    named = [customer.id for customer in context.customers or ()]
    is_theirs = change.recipient is not None and named == [gid("Customer", change.recipient)]
    return Audience.MEMBER if is_theirs else Audience.OTHER
