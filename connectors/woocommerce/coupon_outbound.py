"""Coupons that are written to WooCommerce, and how they are read back.

Codes are read in any case and kept in lower case. A code holds from when it is made.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from connectors.base.sending import each, nothing_sent, read_each, urgency_of
from connectors.base.wire import Text, decoded, lenient
from connectors.woocommerce.client import WooCommerceClient
from connectors.woocommerce.codes import (
    CODE_EXISTS,
    DISCOUNT_KIND,
    CodeExistsError,
    ItemRefusedError,
)
from connectors.woocommerce.rows import rows_of
from contracts.actions import Change, Live, Outcome, Unread
from contracts.codes import Audience, OutcomeState
from contracts.errors import SourceContractError
from contracts.money import format_minor, parse_minor
from contracts.payloads import CouponTerms, decode, told_instant

_COUPON_FIELDS = (
    "id,amount,discount_type,date_expires_gmt,usage_limit,usage_limit_per_user,"
    "minimum_amount,maximum_amount,individual_use,email_restrictions"
)
# A percentage is written as hundredths of a percent are: 1500 is "15.00".
_HUNDREDTHS = "USD"
_JUST_PAST = dt.timedelta(minutes=1)

_Written = dict[str, Any] | str
"""The fields to write, or why they are not."""


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


_COUPON = lenient(_Coupon)
_CUSTOMER = msgspec.json.Decoder(_Customer)


def live_coupons(client: WooCommerceClient, changes: Sequence[Change]) -> dict[str, Live | Unread]:
    """What a code takes off, and its terms; 0 once it is closed or has ended.

    In minor units of the currency; without a currency in hundredths of a percent (1500: 15 %).
    """
    return read_each(changes, lambda change: _live_coupon(client, change))


def _live_coupon(client: WooCommerceClient, change: Change) -> Live | None:
    coupon, at = _coupon(client, change.target_id)
    if coupon is None:
        return None
    currency = client.money().currency
    is_over = coupon.date_expires_gmt is not None and coupon.date_expires_gmt <= _gmt(at)
    if coupon.discount_type == "percent":
        value, currency_of = parse_minor(coupon.amount, _HUNDREDTHS), None
    elif coupon.discount_type in DISCOUNT_KIND:
        value, currency_of = parse_minor(coupon.amount, currency), currency
    else:
        raise SourceContractError("a code takes off in a way that we do not write")
    terms = {
        "ends_at": None if coupon.date_expires_gmt is None else f"{coupon.date_expires_gmt}Z",
        "limit_units": coupon.usage_limit or None,
        "per_customer_units": coupon.usage_limit_per_user or None,
        "minimum_minor": parse_minor(coupon.minimum_amount or "0", currency) or None,
        "maximum_minor": parse_minor(coupon.maximum_amount or "0", currency) or None,
        "is_alone": bool(coupon.individual_use),
        **_audience(client, change, coupon.email_restrictions or []),
    }
    return Live(value=0 if is_over else value, currency=currency_of, terms=terms)


def _audience(
    client: WooCommerceClient, change: Change, addresses: Sequence[str]
) -> dict[str, str]:
    """Whom it holds for; not told of a code that is for somebody whom we cannot name any more."""
    if not addresses:
        return {"audience": Audience.EVERYBODY}
    if change.member_id is not None and change.recipient is None:
        return {}
    own = _address(client, change.recipient) if change.recipient is not None else None
    is_own = own is not None and [one.lower() for one in addresses] == [own.lower()]
    return {"audience": Audience.MEMBER if is_own else Audience.OTHER}


def send_coupons(client: WooCommerceClient, changes: Sequence[Change]) -> list[Outcome]:
    """Create or close codes. A code that exists already was created by the same action."""
    groups = ([change] for change in changes)
    return each(groups, lambda one: [_send_coupon(client, one[0])], alone=ItemRefusedError)


def _send_coupon(client: WooCommerceClient, change: Change) -> Outcome:
    with nothing_sent():
        coupon, at = _coupon(client, change.target_id)
        if change.after == 0:
            written: _Written = "the shop has no such code"
            if coupon is not None:
                written = {"date_expires": told_instant(at - _JUST_PAST)}
        else:
            written = _terms(client, change, at)
    if isinstance(written, str):
        return Outcome(action_id=change.action_id, state=OutcomeState.REJECTED, message=written)
    message = None
    if change.after == 0 and coupon is not None:
        client.write("PUT", f"coupons/{coupon.id}", written, urgency=urgency_of([change]))
    elif coupon is not None:
        message = CODE_EXISTS
    else:
        message = _created(client, change, written)
    return Outcome(action_id=change.action_id, state=OutcomeState.ACCEPTED, message=message)


def _created(client: WooCommerceClient, change: Change, written: dict[str, Any]) -> str | None:
    """Create a code; its error's code if it was there already, which is as good."""
    try:
        client.write("POST", "coupons", written, urgency=urgency_of([change]))
    except CodeExistsError:
        return CODE_EXISTS
    return None


def _terms(client: WooCommerceClient, change: Change, at: dt.datetime) -> _Written:
    """The fields of a new coupon, or why it cannot be one."""
    money = client.money()
    try:
        terms = decode(change.payload, CouponTerms)
    except ValueError as error:
        return str(error)
    if change.currency not in (None, money.currency):
        return f"the shop's coupons are in {money.currency}"
    if terms.starts_at > at:
        return "a code holds here from when it is made, and this one starts later"
    written: dict[str, Any] = {
        "code": change.target_id,
        "description": terms.title,
        "discount_type": "percent" if change.currency is None else "fixed_cart",
        "amount": format_minor(change.after, change.currency or _HUNDREDTHS),
        # Its twin in GMT is only read; without the Z it would be the site's time.
        "date_expires": told_instant(terms.ends_at),
        "usage_limit": terms.usage_limit,
        "usage_limit_per_user": 1 if terms.is_once_per_customer else None,
        # Otherwise a second code comes off the same order.
        "individual_use": True,
    }
    if terms.min_spend_minor is not None:
        written["minimum_amount"] = format_minor(terms.min_spend_minor, money.currency)
    if terms.max_spend_minor is not None:
        written["maximum_amount"] = format_minor(terms.max_spend_minor, money.currency)
    if terms.excluded_listing_ids:
        # Of a fraction they stay at their price; with an amount no order that has one is reduced.
        written["excluded_product_ids"] = [int(one) for one in terms.excluded_listing_ids]
    elif terms.listing_ids:
        return "a code here says what it leaves out, not what it holds for"
    if change.recipient is not None:
        address = _address(client, change.recipient)
        if address is None:
            return "the shop has no address of the customer that the code is for"
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


def _coupon(client: WooCommerceClient, code: str) -> tuple[_Coupon | None, dt.datetime]:
    """The coupon of a code, which is read in any case, and the shop's time."""
    answer = client.ask("coupons", [("code", code), ("_fields", f"code,{_COUPON_FIELDS}")])
    same = [
        row for row in rows_of(answer.body) if str(row.told.get("code")).lower() == code.lower()
    ]
    return (decoded(_COUPON.decode, same[0].raw) if same else None), answer.at


def _gmt(instant: dt.datetime) -> str:
    return instant.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
