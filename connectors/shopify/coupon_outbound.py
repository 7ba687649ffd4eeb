"""Discount codes that are written to Shopify, and how they are read back with all their terms."""

import datetime as dt
from typing import Any

import msgspec

from connectors.base.coupons import RATE_UNIT, CodeExistsError, Coupon, Coupons
from connectors.base.sending import UnfitError, nothing_sent
from connectors.base.wire import decoded
from connectors.shopify import queries
from connectors.shopify.client import ShopifyClient
from connectors.shopify.ids import gid, number_of
from contracts.actions import Change
from contracts.errors import SourceContractError
from contracts.money import format_minor, parse_minor
from contracts.payloads import CouponTerms, term_instant

_TAKEN, _EVERYBODY = "TAKEN", "DiscountBuyerSelectionAll"
_COMBINED = ("orderDiscounts", "productDiscounts", "shippingDiscounts")


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


def _find(client: ShopifyClient, change: Change) -> Coupon | None:
    answer = client.ask(queries.COUPON, {"code": change.target_id})
    node = decoded(_COUPON.decode, answer.data).node
    if node is None:
        return None
    discount = node.code_discount
    value, ends_at = discount.customer_gets.value, discount.ends_at
    if value.amount is None and value.percentage is None:
        raise SourceContractError(f"a code takes off {value.typename}")
    return Coupon(
        id=node.id,
        off=round((value.percentage or 0.0) * RATE_UNIT)
        if value.amount is None
        else parse_minor(value.amount.amount, value.amount.currency_code),
        currency=value.amount.currency_code if value.amount is not None else None,
        is_over=discount.status == "EXPIRED",
        at=answer.at,
        terms={
            "ends_at": ends_at and term_instant(_instant(ends_at)),
            "limit_units": discount.usage_limit,
            "per_customer_units": 1 if discount.applies_once_per_customer else None,
            "minimum_minor": _least(discount.minimum_requirement),
        },
        holders=_holders(discount.context),
    )


def _make(client: ShopifyClient, change: Change, terms: CouponTerms) -> None:
    with nothing_sent():
        written = {"coupon": _terms(client, change, terms)}
    codes = [error.told for error in client.errors_of([change], queries.CREATE_COUPON, written)]
    if codes and set(codes) != {_TAKEN}:
        raise UnfitError(codes[0])
    if codes:
        raise CodeExistsError(_TAKEN)


def _close(client: ShopifyClient, change: Change, coupon: Coupon) -> None:
    for error in client.errors_of([change], queries.CLOSE_COUPON, {"id": coupon.id}):
        raise UnfitError(error.told)


def _terms(client: ShopifyClient, change: Change, terms: CouponTerms) -> dict[str, Any]:
    value: dict[str, Any] = {"percentage": change.after / RATE_UNIT}
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
        currency = change.currency or _shop_currency(client, change.target_id)
        least = format_minor(terms.min_spend_minor, currency)
        written["minimumRequirement"] = {"subtotal": {"greaterThanOrEqualToSubtotal": least}}
    return written


def _shop_currency(client: ShopifyClient, code: str) -> str:
    answer = client.ask(queries.COUPON, {"code": code})
    return decoded(_COUPON.decode, answer.data).shop.currency_code


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


def _holders(context: _Context) -> list[str]:
    """Numbers of the customers who can redeem it; the name of the kind of any other choice."""
    if context.typename == _EVERYBODY:
        return []
    return [number_of(customer.id) for customer in context.customers or ()] or [context.typename]


COUPONS = Coupons(
    find=_find, make=_make, close=_close, carries=frozenset({"listing_ids"}), exists=_TAKEN
)
