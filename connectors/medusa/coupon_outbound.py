"""Coupons that are written to Medusa: promotions with a code, each with a campaign of its own.

The campaign says when it holds and counts its uses per customer; all else are its conditions.
"""

import datetime as dt
from typing import Any

import msgspec

from connectors.base.coupons import CodeExistsError, Coupon, Coupons, off_text, percentage
from connectors.base.fields import field_list
from connectors.base.limits import Urgency
from connectors.base.rows import Rows
from connectors.base.sending import UnfitError, nothing_sent
from connectors.medusa import wire
from connectors.medusa.client import MedusaClient
from connectors.medusa.codes import ACTIVE, FIXED, PERCENTAGE, ItemRefusedError
from connectors.medusa.pricing import charged_minor
from contracts.actions import Change
from contracts.errors import SourceContractError
from contracts.money import format_minor
from contracts.payloads import CouponTerms, term_instant

_CUSTOMER, _REGION, _CURRENCY = "customer.id", "region.id", "currency_code"
_GOODS = "original_item_total"
"""Goods of a cart with tax, before discounts."""
_PER_CUSTOMER = "use_by_attribute"
_ONCE = {"type": _PER_CUSTOMER, "attribute": "customer_id", "limit": 1}
_CUSTOMERS = Rows("customers", wire.Row)
_EXISTS = "the shop has a promotion of this code already"


def _find(client: MedusaClient, change: Change) -> Coupon | None:
    now = client.now()
    found = _of_code(client, change.target_id)
    if found is None:
        return None
    currency, method = client.currency(), found.application_method
    is_rate = method.type == PERCENTAGE
    if method.value is None or not (is_rate or method.currency_code == currency.lower()):
        raise SourceContractError("a code takes off in a way that we do not write")
    campaign = found.campaign or wire.Campaign()
    ends = _instant(campaign.ends_at)
    conditions = _conditions(found)
    least, most = (conditions.get((_GOODS, how)) for how in ("gte", "lte"))
    return Coupon(
        id=found.id,
        off=percentage(str(method.value)) if is_rate else charged_minor(method.value, currency),
        currency=None if is_rate else currency,
        is_over=found.status != ACTIVE or (ends is not None and ends <= now),
        at=now,
        terms={
            "ends_at": None if ends is None else term_instant(ends),
            "limit_units": found.limit,
            "per_customer_units": _uses(campaign.budget),
            "minimum_minor": charged_minor(least[0], currency) if least else None,
            "maximum_minor": charged_minor(most[0], currency) if most else None,
        },
        holders=conditions.get((_CUSTOMER, "eq"), []),
    )


def _make(client: MedusaClient, change: Change, terms: CouponTerms) -> None:
    with nothing_sent():
        if _of_code(client, change.target_id) is not None:
            raise CodeExistsError(_EXISTS)
        written = _written(client, change, terms)
    client.write("POST", "promotions", written, urgency=Urgency.of([change]))


def _close(client: MedusaClient, change: Change, coupon: Coupon) -> None:
    closed = {"status": "inactive"}
    client.write("POST", f"promotions/{coupon.id}", closed, urgency=Urgency.of([change]))


def _holder(client: MedusaClient, customer: str) -> str | None:
    """A customer that the shop knows, by the same id."""
    answer = client.ask("customers", [("id", customer), ("fields", "id")])
    known = [str(row.id) for row in _CUSTOMERS.rows(answer.body)]
    return customer if known == [customer] else None


def _of_code(client: MedusaClient, code: str) -> wire.Promotion | None:
    """The promotion of a code, whose letters count as they are."""
    asked = [("code", code), ("fields", field_list(wire.Promotion))]
    found = wire.PROMOTIONS.rows(client.ask("promotions", asked).body)
    return next((one for one in found if one.code == code), None)


def _conditions(found: wire.Promotion) -> dict[tuple[str, str], list[str]]:
    """The values of each condition.

    Raises:
        SourceContractError: there is one that we do not write, so that nobody can say what holds.
    """
    told = {
        (one.attribute, one.operator): [str(value.value) for value in one.values]
        for one in found.rules or []
    }
    if not {attribute for attribute, _ in told} <= {_CUSTOMER, _GOODS, _CURRENCY, _REGION}:
        raise SourceContractError("a code has a condition that we do not write")
    return told


def _instant(text: str | None) -> dt.datetime | None:
    try:
        return None if text is None else dt.datetime.fromisoformat(text)
    except ValueError:
        raise SourceContractError("when a code ends is no instant") from None


def _uses(budget: wire.Budget | None) -> int | None:
    """How often one customer may use it."""
    if budget is None or budget.type != _PER_CUSTOMER or budget.limit is None:
        return None
    return int(budget.limit)


def _written(client: MedusaClient, change: Change, terms: CouponTerms) -> dict[str, Any]:
    """The fields of a new promotion.

    Raises:
        UnfitError: it is in another currency, or for a customer whom the shop does not know.
    """
    currency, region = client.currency(), client.settings.region_id
    conditions = [(_CURRENCY, "eq", currency.lower()), (_REGION, "eq", region)]
    for how, minor in (("gte", terms.min_spend_minor), ("lte", terms.max_spend_minor)):
        conditions.append((_GOODS, how, None if minor is None else format_minor(minor, currency)))
    conditions.append((_CUSTOMER, "eq", change.recipient))
    if change.recipient is not None and _holder(client, change.recipient) is None:
        raise UnfitError("the shop does not know the customer that the code is for")
    return {
        "code": change.target_id,
        "type": "standard",
        "status": ACTIVE,
        # Of an amount: with tax, as it is promised; else the tax on it would come off as well.
        "is_tax_inclusive": change.currency is not None,
        "limit": terms.usage_limit,
        "application_method": _method(change, terms, currency),
        "rules": [_rule(*one) for one in conditions if one[2] is not None],
        "campaign": {
            "name": terms.title,
            "campaign_identifier": change.target_id,
            "starts_at": term_instant(terms.starts_at),
            "ends_at": term_instant(terms.ends_at),
            **({"budget": _ONCE} if terms.is_once_per_customer else {}),
        },
    }


def _method(change: Change, terms: CouponTerms, currency: str) -> dict[str, Any]:
    """What comes off: of the order, or of the variants that it holds for."""
    goods: dict[str, Any] = {"target_type": "order"}
    if terms.listing_ids:
        rule = _rule("items.variant_id", "in", *terms.listing_ids)
        goods = {"target_type": "items", "target_rules": [rule]}
    return {
        "type": PERCENTAGE if change.currency is None else FIXED,
        "allocation": "across",
        "value": msgspec.Raw(off_text(change, currency).encode()),
        "currency_code": currency.lower(),
        **goods,
    }


def _rule(attribute: str, operator: str, *values: str | None) -> dict[str, Any]:
    return {"attribute": attribute, "operator": operator, "values": values}


COUPONS = Coupons(
    find=_find,
    make=_make,
    close=_close,
    holder=_holder,
    carries=frozenset({"max_spend_minor", "listing_ids"}),
    exists=_EXISTS,
    alone=ItemRefusedError,
)
