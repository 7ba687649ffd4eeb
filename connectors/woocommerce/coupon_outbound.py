"""Coupons that are written to WooCommerce, and how they are read back.

Codes are read in any case and kept in lower case. A code holds from when it is made.
"""

import datetime as dt
from typing import Any

import msgspec

from connectors.base.coupons import CodeExistsError, Coupon, Coupons, off_text, percentage
from connectors.base.http import HttpAnswer
from connectors.base.limits import Urgency
from connectors.base.plain_rows import plain_rows
from connectors.base.sending import UnfitError, nothing_sent
from connectors.base.wire import Text, decoded, lenient
from connectors.woocommerce.client import WooCommerceClient
from connectors.woocommerce.codes import (
    CODE_EXISTS,
    DISCOUNT_KIND,
    ItemRefusedError,
)
from contracts.actions import Change
from contracts.errors import SourceContractError
from contracts.money import format_minor, parse_minor
from contracts.payloads import CouponTerms, term_instant

_JUST_PAST = dt.timedelta(minutes=1)


class _Coupon(msgspec.Struct):
    id: int
    amount: Text
    discount_type: str
    date_expires_gmt: str | None
    usage_limit: int | None
    usage_limit_per_user: int | None
    minimum_amount: Text | None
    maximum_amount: Text | None
    individual_use: bool | None
    email_restrictions: list[str] | None


class _Customer(msgspec.Struct):
    email: str | None


_FIELDS = ",".join(("code", *_Coupon.__struct_fields__))
_COUPON = lenient(_Coupon)
_CUSTOMER = msgspec.json.Decoder(_Customer)


def _find(client: WooCommerceClient, change: Change) -> Coupon | None:
    coupon, answer = _of_code(client, change.target_id)
    if coupon is None:
        return None
    currency = client.money().currency
    is_rate, ends = coupon.discount_type == "percent", coupon.date_expires_gmt
    if coupon.discount_type not in DISCOUNT_KIND:
        raise SourceContractError("a code takes off in a way that we do not write")
    return Coupon(
        id=str(coupon.id),
        off=percentage(coupon.amount) if is_rate else parse_minor(coupon.amount, currency),
        currency=None if is_rate else currency,
        is_over=ends is not None and f"{ends}Z" <= term_instant(answer.at),
        at=answer.at,
        terms={
            "ends_at": None if ends is None else f"{ends}Z",
            "limit_units": coupon.usage_limit or None,
            "per_customer_units": coupon.usage_limit_per_user or None,
            "minimum_minor": parse_minor(coupon.minimum_amount or "0", currency) or None,
            "maximum_minor": parse_minor(coupon.maximum_amount or "0", currency) or None,
            "is_alone": bool(coupon.individual_use),
        },
        holders=[one.lower() for one in coupon.email_restrictions or []],
    )


def _make(client: WooCommerceClient, change: Change, terms: CouponTerms) -> None:
    with nothing_sent():
        coupon, answer = _of_code(client, change.target_id)
        if terms.starts_at > answer.at:
            raise UnfitError("a code holds here from when it is made, and this one starts later")
        written = _written(client, change, terms)
    if coupon is not None:
        raise CodeExistsError(CODE_EXISTS)
    client.write("POST", "coupons", written, urgency=Urgency.of([change]))


def _close(client: WooCommerceClient, change: Change, coupon: Coupon) -> None:
    ended = {"date_expires": term_instant(coupon.at - _JUST_PAST)}
    client.write("PUT", f"coupons/{coupon.id}", ended, urgency=Urgency.of([change]))


def _written(client: WooCommerceClient, change: Change, terms: CouponTerms) -> dict[str, Any]:
    """The fields of a new coupon."""
    currency = client.money().currency
    written: dict[str, Any] = {
        "code": change.target_id,
        "description": terms.title,
        "discount_type": "percent" if change.currency is None else "fixed_cart",
        "amount": off_text(change, currency),
        # Its twin in GMT is only read; without the Z it would be the site's time.
        "date_expires": term_instant(terms.ends_at),
        "usage_limit": terms.usage_limit,
        "usage_limit_per_user": 1 if terms.is_once_per_customer else None,
        # Otherwise a second code comes off the same order.
        "individual_use": True,
    }
    if terms.min_spend_minor is not None:
        written["minimum_amount"] = format_minor(terms.min_spend_minor, currency)
    if terms.max_spend_minor is not None:
        written["maximum_amount"] = format_minor(terms.max_spend_minor, currency)
    if terms.excluded_listing_ids:
        # Of a fraction they stay at their price; with an amount no order that has one is reduced.
        written["excluded_product_ids"] = [int(one) for one in terms.excluded_listing_ids]
    if change.recipient is not None:
        address = _address(client, change.recipient)
        if address is None:
            raise UnfitError("the shop has no address of the customer that the code is for")
        written["email_restrictions"] = [address]
    return written


def _address(client: WooCommerceClient, customer: str) -> str | None:
    """Whom a code is for is told by the address of the account; it goes nowhere else."""
    if not customer.isdigit():
        return None
    try:
        answer = client.ask(f"customers/{customer}", [("_fields", "email")])
    except ItemRefusedError:
        return None
    return decoded(_CUSTOMER.decode, answer.body).email or None


def _holder(client: WooCommerceClient, customer: str) -> str | None:
    address = _address(client, customer)
    return None if address is None else address.lower()


def _of_code(client: WooCommerceClient, code: str) -> tuple[_Coupon | None, HttpAnswer]:
    """The coupon of a code, which is read in any case, and the answer that tells of it."""
    answer = client.ask("coupons", [("code", code), ("_fields", _FIELDS)])
    same = [
        row for row in plain_rows(answer.body) if str(row.value.get("code")).lower() == code.lower()
    ]
    return (decoded(_COUPON.decode, same[0].raw) if same else None), answer


COUPONS = Coupons(
    find=_find,
    make=_make,
    close=_close,
    holder=_holder,
    carries=frozenset({"max_spend_minor", "excluded_listing_ids"}),
    exists=CODE_EXISTS,
    alone=ItemRefusedError,
)
