"""Medusa's answers (2.21), recorded with synthetic values for the compliance suite."""

import datetime as dt
import json
from typing import Any

import httpx
from pydantic import SecretStr

from connectors.medusa.client import MedusaClient, MedusaSettings
from connectors.medusa.wire import VALUES
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.streams import Context, Page

CONTEXT = Context("shop", "EUR", "Europe/Berlin", dt.datetime(2026, 11, 22, tzinfo=dt.UTC))
PEOPLE = ("cus_7700123", "Zora-Marked")
_AT = {"created_at": "2026-11-10T23:30:00.000Z", "updated_at": "2026-11-12T09:10:00.123Z"}


def page(path: str, *rows: dict[str, Any], part: str = "", count: int | None = None) -> Page:
    """A whole list of rows."""
    length = len(rows) if count is None else count
    told = {path: rows, "count": length, "offset": 0, "limit": 200}
    return Page(json.dumps(told).encode(), part or path)


def line(number: str, **more: Any) -> dict[str, Any]:
    """Two pieces at 5.00 without tax, 10 % off and 19 % of tax on top."""
    detail = {
        "id": f"orditem_{number}",
        "quantity": 2,
        "return_received_quantity": 0,
        "return_dismissed_quantity": 0,
    }
    return {
        "id": f"ordli_{number}",
        "title": "Tee",
        "variant_id": "variant_1",
        "variant_sku": "TEE-S",
        "is_giftcard": False,
        "is_tax_inclusive": False,
        "metadata": {},
        "unit_price": 5,
        "quantity": 2,
        "total": 10.71,
        "return_received_total": 0,
        "return_dismissed_total": 0,
        "detail": detail,
        "tax_lines": [{"rate": 19}],
        "adjustments": [{"code": "VIP10"}],
    } | more


def order(number: str, **more: Any) -> dict[str, Any]:
    """An order of one line and 4.90 of shipping, neither paid nor sent."""
    return {
        "id": f"order_{number}",
        "status": "pending",
        "currency_code": "eur",
        "customer_id": None,
        **_AT,
        "canceled_at": None,
        "version": 1,
        "payment_status": "not_paid",
        "fulfillment_status": "not_fulfilled",
        "total": 16.541,
        "credit_line_total": 0,
        "item_total": 10.71,
        "item_tax_total": 1.71,
        "shipping_total": 5.831,
        "shipping_subtotal": 4.9,
        "shipping_tax_total": 0.931,
        "items": [line(number)],
        "shipping_methods": [{"id": f"ordsm_{number}", "adjustments": []}],
        "payment_collections": [],
        "fulfillments": [],
    } | more


def collection(number: str, *refunds: tuple[float, str], **more: Any) -> dict[str, Any]:
    """A collection that was captured whole; refunds by amount and instant."""
    paid_back = [
        {"id": f"ref_{number}{place}", "amount": amount, "created_at": at}
        for place, (amount, at) in enumerate(refunds)
    ]
    payment = {"id": f"pay_{number}", "captured_at": "2026-11-10T23:31:00Z", "refunds": paid_back}
    return {
        "id": f"pay_col_{number}",
        "status": "completed",
        "updated_at": "2026-11-14T10:00:00.000Z",
        "payments": [payment],
    } | more


def fulfillment(number: str, **more: Any) -> dict[str, Any]:
    """A parcel that was sent and has not arrived."""
    label = {
        "tracking_number": f"1Z-{number}",
        "tracking_url": f"https://www.ups.com/track?tracknum=1Z-{number}",
    }
    return {
        "id": f"ful_{number}",
        "shipped_at": "2026-11-11T08:00:00.000Z",
        "delivered_at": None,
        "canceled_at": None,
        "updated_at": "2026-11-11T08:00:00.100Z",
        "labels": [label],
    } | more


def price(amount: float, currency: str = "eur", **more: Any) -> dict[str, Any]:
    """A price of one piece for everybody."""
    return {
        "id": f"price_{currency}_{amount}",
        "amount": amount,
        "currency_code": currency,
        "min_quantity": None,
        "max_quantity": None,
        "rules": {},
    } | more


def variant(number: str, **more: Any) -> dict[str, Any]:
    """A variant at 19.99, of a published product."""
    product = {
        "id": "prod_1",
        "title": "Tee",
        "status": "published",
        "updated_at": "2026-11-12T09:10:00.000Z",
        "categories": [{"id": "pcat_1", "name": "Shirts"}],
    }
    return {
        "id": f"variant_{number}",
        "product_id": "prod_1",
        "sku": f"TEE-{number}",
        "title": "S",
        **_AT,
        "product": product,
        "prices": [price(19.99), price(2500, "jpy")],
    } | more


def price_list(number: str, **more: Any) -> dict[str, Any]:
    """A sale that began: the first variant at 15.00."""
    return {
        "id": f"plist_{number}",
        "type": "sale",
        "status": "active",
        "starts_at": "2026-11-01T00:00:00.000Z",
        "ends_at": None,
        "rules_count": 0,
        "prices": [price(15, variant_id="variant_1", price_set_id="pset_1")],
    } | more


def item(number: str, **more: Any) -> dict[str, Any]:
    """Goods of which 18 of 98 pieces are sold and not sent."""
    level = {"location_id": "sloc_1", "stocked_quantity": 98, "reserved_quantity": 18}
    sold_as = {
        "id": f"variant_{number}",
        "sku": f"TEE-{number}",
        "inventory_items": [{"required_quantity": 1, "variant_id": f"variant_{number}"}],
    }
    return {
        "id": f"iitem_{number}",
        "sku": f"TEE-{number}",
        "location_levels": [level],
        "variants": [sold_as],
    } | more


def promotion(number: str, **more: Any) -> dict[str, Any]:
    """10 % off for whoever knows the code, without a campaign."""
    method = {
        "id": f"proappmet_{number}",
        "type": "percentage",
        "value": 10,
        "currency_code": "eur",
    }
    return {
        "id": f"promo_{number}",
        "code": f"CODE-{number}",
        "status": "active",
        "is_automatic": False,
        "limit": None,
        "used": 3,
        **_AT,
        "application_method": method,
        "campaign": None,
        "rules": [],
    } | more


def campaign(**more: Any) -> dict[str, Any]:
    """A campaign of ten days, once per customer."""
    budget = {"id": "probudg_1", "type": "use_by_attribute", "attribute": "customer_id", "limit": 1}
    return {
        "id": "procamp_1",
        "name": "Autumn",
        "starts_at": "2026-11-15T00:00:00.000Z",
        "ends_at": "2026-11-25T00:00:00.000Z",
        "budget": budget,
    } | more


def returned(number: str, **more: Any) -> dict[str, Any]:
    """One of the two pieces of the line of the order of that number, which is to come back."""
    return {
        "id": f"return_{number}",
        "order_id": f"order_{number}",
        "status": "requested",
        **_AT,
        "items": [{"id": f"retitem_{number}", "item_id": f"ordli_{number}", "quantity": 1}],
    } | more


def worth(number: str) -> dict[str, Any]:
    """What is asked of an order beside its returns."""
    kept = ("id", "currency_code", "total", "items")
    return {name: value for name, value in order(number).items() if name in kept}


_OF_ZORA = order(
    "2",
    customer_id="cus_7700123",
    payment_status="partially_refunded",
    fulfillment_status="shipped",
    items=[line("2", metadata={"engraving": "Zora-Marked"})],
    payment_collections=[collection("2", (5, "2026-11-14T10:00:00.000Z"))],
    fulfillments=[fulfillment("2")],
    credit_line_total=5,
    total=11.541,
)
_AMOUNT = {"type": "fixed", "value": 7.5, "currency_code": "eur"}
PAGES = {
    "orders": [page("orders", order("1"), _OF_ZORA), page("orders", order("3", status="archived"))],
    "returns": [
        page("returns", returned("1"), returned("2", status="received")),
        page("orders", worth("1"), worth("2"), part=VALUES),
    ],
    "products": [
        page("price_lists", price_list("1")),
        page("variants", variant("1"), variant("2")),
    ],
    "stock": [page("inventory_items", item("1"), item("2"))],
    "customers": [
        page(
            "customers",
            {"id": "cus_1", "has_account": False, **_AT},
            {"id": "cus_7700123", "has_account": True, **_AT},
        )
    ],
    "promotions": [
        page(
            "promotions",
            promotion("1"),
            promotion("2", application_method=_AMOUNT, campaign=campaign()),
        )
    ],
}
EMPTY = {
    "orders": [page("orders")],
    "returns": [page("returns")],
    "products": [page("price_lists"), page("variants")],
    "stock": [page("inventory_items")],
    "customers": [page("customers")],
    "promotions": [page("promotions")],
}
_LENT = {"title": "Tee", "status": "lent", "updated_at": _AT["updated_at"], "categories": []}
UNKNOWN = {
    "orders": [page("orders", order("4", payment_status="lent"))],
    "returns": [
        page("returns", returned("4", status="lent")),
        page("orders", worth("4"), part=VALUES),
    ],
    "products": [page("variants", variant("4", product=_LENT, prices=[]))],
    "stock": [],
    "customers": [],
    "promotions": [page("promotions", promotion("4", status="lent"))],
}
FIXED = ("is_automatic",)
_DATE = {"date": "Mon, 16 Nov 2026 05:00:00 GMT"}


def refused(status: int, kind: str) -> httpx.Response:
    """An error as the server writes it; its message may hold anything."""
    return httpx.Response(status, json={"type": kind, "message": "Zora-Marked"}, headers=_DATE)


_HTML = {**_DATE, "content-type": "text/html"}
ERRORS: dict[str, tuple[httpx.Response, type[ShopkeeperError]]] = {
    "invalid_data": (refused(400, "invalid_data"), SourceRejectedError),
    "not_allowed": (refused(400, "not_allowed"), SourceRejectedError),
    "not_found": (refused(404, "not_found"), SourceRejectedError),
    "duplicate_error": (refused(422, "duplicate_error"), SourceRejectedError),
    "conflict": (refused(409, "conflict"), TransientSourceError),
    "payment_authorization_error": (
        refused(422, "payment_authorization_error"),
        SourceContractError,
    ),
    "a new type": (refused(400, "not_known_yet"), SourceContractError),
    "a type that is none": (refused(400, "Zora-Marked"), SourceContractError),
    "unauthorized": (
        httpx.Response(401, json={"message": "Unauthorized"}, headers=_DATE),
        SourceRejectedError,
    ),
    # What a field that the server does not know is answered with too.
    "unknown_error": (refused(500, "unknown_error"), TransientSourceError),
    "no such path": (
        httpx.Response(404, text="<pre>Cannot GET /admin/stores</pre>", headers=_HTML),
        SourceRejectedError,
    ),
    "a page of the storefront": (
        httpx.Response(200, text="<html>", headers=_HTML),
        TransientSourceError,
    ),
    "http 429": (httpx.Response(429, headers=_DATE), TransientSourceError),
    "http 503": (httpx.Response(503, headers=_DATE), TransientSourceError),
}


def opened(transport: httpx.BaseTransport, **more: Any) -> MedusaClient:
    """A client of a shop behind the transport; waiting costs no time."""
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    return MedusaClient(
        MedusaSettings(shop_url="https://api.example.com", secret_key=SecretStr("sk_1"), **more),
        transport=transport,
        resolve=lambda host: ["23.227.38.33"],
        clock=lambda: now,
        sleep=sleep,
    )


def ask(transport: httpx.BaseTransport) -> None:
    """Ask one thing of a shop behind the transport."""
    client = opened(transport)
    try:
        client.now()
    finally:
        client.close()
