"""WooCommerce's answers as recorded, with synthetic values: what the compliance suite judges."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import httpx
from pydantic import SecretStr

from connectors.base.coupons import CodeExistsError
from connectors.base.retry import TokenRejectedError
from connectors.woocommerce.client import WooCommerceClient, WooCommerceSettings
from connectors.woocommerce.codes import ItemRefusedError, NoRouteError
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.streams import Context, Page
from tests.connectors import scripted

CONTEXT = Context("shop", "EUR", "Europe/Berlin", dt.datetime(2026, 11, 22, tzinfo=dt.UTC))
PEOPLE = (
    "7700123456",
    "zora@marked.example",
    "+49 30 5550100",
    "Zora-Marked",
    "Ring-Zora-Street",
    "engrave-for-Zora",
)
ZORA = 7700123456


def page(part: str, *documents: dict[str, Any]) -> Page:
    """A page of a list."""
    return Page(json.dumps(documents).encode(), part)


def line(number: int, **more: Any) -> dict[str, Any]:
    """A line of two pieces, one of them taken off by a coupon."""
    return {
        "id": number,
        "name": "Milk",
        "product_id": 21,
        "variation_id": 0,
        "quantity": 2,
        "tax_class": "",
        "subtotal": "10.00",
        "subtotal_tax": "0.70",
        "total": "8.50",
        "total_tax": "0.60",
        "taxes": [{"id": 1, "total": "0.60", "subtotal": "0.70"}],
        "meta_data": [],
        "sku": "SKU-1",
        "price": 4.25,
        "image": {"id": "", "src": ""},
        "parent_name": None,
    } | more


def order(number: int, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An order of a guest, paid and not sent."""
    return {
        "id": number,
        "status": "processing",
        "currency": "EUR",
        "date_created_gmt": "2026-11-10T23:30:00",
        "date_modified_gmt": "2026-11-12T09:10:00",
        "date_paid_gmt": "2026-11-10T23:31:00",
        "date_completed_gmt": None,
        "discount_total": "1.50",
        "shipping_total": "3.00",
        "total": "12.10",
        "total_tax": "0.60",
        "customer_id": 0,
        "line_items": list(lines) or [line(number * 10)],
        "coupon_lines": [],
        "refunds": [],
        "fee_lines": [],
    } | more


def refund(number: int, *lines: tuple[int, int], **more: Any) -> dict[str, Any]:
    """A refund; `lines` are lines of the order and the pieces that came back of each."""
    rows = [
        {
            "id": number * 10 + place,
            "product_id": 21,
            "quantity": -pieces,
            "total": "-4.25",
            "meta_data": [{"id": 1, "key": "_refunded_item_id", "value": str(of)}],
        }
        for place, (of, pieces) in enumerate(lines)
    ]
    return {"id": number, "date_created_gmt": "2026-11-12T09:00:00", "line_items": rows} | more


def product(number: int, **more: Any) -> dict[str, Any]:
    """A simple product on sale."""
    return {
        "id": number,
        "sku": f"SKU-{number}",
        "price": "4.99",
        "regular_price": "5.99",
        "on_sale": True,
        "status": "publish",
        "date_created_gmt": "2026-01-01T00:00:00",
        "date_modified_gmt": "2026-11-01T00:00:00",
        "manage_stock": True,
        "stock_quantity": 7,
        "type": "simple",
        "name": "Milk &amp; Honey",
        "categories": [{"id": 15, "name": "Dairy &amp; Eggs", "slug": "dairy"}],
        "brands": [{"id": 3, "name": "Meadow", "slug": "meadow"}],
    } | more


def variation(number: int, **more: Any) -> dict[str, Any]:
    """A variation as its product lists it."""
    found = product(number, regular_price="4.99", on_sale=False, **more)
    for name in ("type", "name", "categories", "brands"):
        del found[name]
    return found | {"attributes": [{"id": 1, "name": "Size", "option": "1 l"}]}


def coupon(number: int, **more: Any) -> dict[str, Any]:
    """A coupon of 15 %."""
    return {
        "id": number,
        "code": f"autumn{number}",
        "amount": "15.00",
        "discount_type": "percent",
        "description": "Autumn",
        "date_created_gmt": "2026-11-01T00:00:00",
        "date_modified_gmt": "2026-11-01T00:00:00",
        "date_expires_gmt": None,
        "usage_count": 3,
        "usage_limit": 100,
        "status": "publish",
    } | more


def customer(number: int, **more: Any) -> dict[str, Any]:
    """An account."""
    created = "2026-01-05T10:00:00"
    return {"id": number, "date_created_gmt": created, "date_modified_gmt": None} | more


def review(number: int, **more: Any) -> dict[str, Any]:
    """A review of five stars."""
    return {
        "id": number,
        "date_created_gmt": "2026-11-05T10:00:00",
        "product_id": 21,
        "review": "<p>Fresh &amp; good.</p>\n",
        "rating": 5,
    } | more


def told(order: dict[str, Any]) -> dict[str, Any]:
    """An order of Zora with what says who she is, which we do not ask for."""
    contact = {"first_name": "Zora-Marked", "address_1": "Ring-Zora-Street"}
    notes = [{"id": 1, "key": "engraving", "value": "engrave-for-Zora"}]
    return order | {
        "customer_id": ZORA,
        "billing": contact | {"email": "zora@marked.example", "phone": "+49 30 5550100"},
        "shipping": contact,
        "customer_note": "ring for Zora-Marked",
        "line_items": [one | {"meta_data": notes} for one in order["line_items"]],
    }


_REFUNDED = order(
    2,
    coupon_lines=[{"id": 1, "code": "autumn", "discount": "1.50", "meta_data": []}],
    refunds=[{"id": 25, "reason": "", "total": "-4.25"}],
)

PAGES = {
    "orders": [
        # The first document of a page tells which fields it has; these have more further down.
        page("orders", order(1), told(_REFUNDED)),
        page("refunds:2", refund(25, (20, 1))),
        page("orders", order(3, status="completed", date_completed_gmt="2026-11-12T09:10:00")),
    ],
    "lost_refunds": [
        page("again", order(1), told(_REFUNDED)),
        page("refunds:2", refund(25, (20, 1))),
    ],
    "products": [
        page("products", product(21), product(22, type="variable", price="4.99", sku="")),
        page("variations:22", variation(221), variation(222, status="private")),
    ],
    "customers": [page("customers", customer(8), customer(ZORA))],
    "coupons": [page("coupons", coupon(1), coupon(2, discount_type="fixed_cart", amount="5.00"))],
    "reviews": [page("reviews", review(1), review(2, rating=1))],
}
EMPTY = {stream: [page(stream)] for stream in PAGES}
UNKNOWN: dict[str, list[Page]] = {
    "orders": [page("orders", order(4, status="wc-shipped"))],
    "lost_refunds": [page("again", order(4, status="wc-shipped"))],
    "products": [page("products", product(23, status="hidden"))],
    "customers": [],
    "coupons": [page("coupons", coupon(3, discount_type="smart_coupon"))],
    "reviews": [],
}

DATE = {"date": "Mon, 16 Nov 2026 05:00:00 GMT"}


def refused(status: int, code: str) -> httpx.Response:
    """An error as WordPress writes it; its text may hold anything."""
    body = {"code": code, "message": "zora@marked.example", "data": {"status": status}}
    return httpx.Response(status, json=body, headers=DATE)


def _raw(body: bytes) -> httpx.Response:
    """An answer that calls itself JSON."""
    return httpx.Response(200, content=body, headers={**DATE, "content-type": "application/json"})


_WOO = "woocommerce_rest"
_TABLE: Sequence[tuple[int, str, type[ShopkeeperError]]] = (
    (401, f"{_WOO}_authentication_error", TokenRejectedError),
    (401, f"{_WOO}_authentication_missing_parameter", TokenRejectedError),
    (401, f"{_WOO}_cannot_view", TokenRejectedError),
    (403, f"{_WOO}_cannot_create", TokenRejectedError),
    (403, f"{_WOO}_cannot_edit", TokenRejectedError),
    (403, f"{_WOO}_cannot_delete", TokenRejectedError),
    (401, f"{_WOO}_cannot_batch", TokenRejectedError),
    (401, "invalid_username", TokenRejectedError),
    (401, "incorrect_password", TokenRejectedError),
    (403, "rest_forbidden", TokenRejectedError),
    (403, "a_plugins_own_code", TokenRejectedError),
    (404, "rest_no_route", NoRouteError),
    (400, f"{_WOO}_coupon_code_already_exists", CodeExistsError),
    (400, "coupon_invalid_amount", ItemRefusedError),
    (404, "wc_user_invalid_id", ItemRefusedError),
    (400, "rest_invalid_param", ItemRefusedError),
    (400, "rest_missing_callback_param", ItemRefusedError),
    (404, f"{_WOO}_invalid_id", ItemRefusedError),
    (404, f"{_WOO}_invalid_order_id", ItemRefusedError),
    (404, f"{_WOO}_product_invalid_id", ItemRefusedError),
    (404, f"{_WOO}_product_variation_invalid_id", ItemRefusedError),
    (404, f"{_WOO}_shop_coupon_invalid_id", ItemRefusedError),
    (404, f"{_WOO}_shop_order_invalid_id", ItemRefusedError),
    (400, "rest_invalid_json", SourceContractError),
    (413, f"{_WOO}_request_entity_too_large", SourceContractError),
    (400, "a_new_code", SourceContractError),
    (500, "internal_server_error", TransientSourceError),
)
ERRORS: dict[str, tuple[httpx.Response, type[ShopkeeperError]]] = {
    **{code: (refused(status, code), expected) for status, code, expected in _TABLE},
    "http 429": (httpx.Response(429, headers=DATE), TransientSourceError),
    "http 503": (
        httpx.Response(503, html="<p>One moment.</p>", headers=DATE),
        TransientSourceError,
    ),
    "a page in place of an answer": (
        httpx.Response(200, html="<p>One moment.</p>", headers=DATE),
        TransientSourceError,
    ),
    "a PHP warning before an answer": (
        _raw(b"<br />\n<b>Warning</b>: x\n{}"),
        TransientSourceError,
    ),
    "a page called JSON": (_raw(b"<html>One moment.</html>"), TransientSourceError),
    "a byte order mark": (_raw(b"\xef\xbb\xbf{}"), TransientSourceError),
    "nothing": (_raw(b""), TransientSourceError),
    "a redirect": (
        httpx.Response(301, headers={**DATE, "location": "https://x.example/"}),
        SourceRejectedError,
    ),
    "another shape": (httpx.Response(200, json=[1], headers=DATE), SourceContractError),
}


def opened(transport: httpx.BaseTransport, **more: Any) -> WooCommerceClient:
    """A client of a shop behind the transport; waiting costs no time."""
    settings = WooCommerceSettings(
        shop_url="https://shop.example.com",
        consumer_key=SecretStr("ck_test"),
        consumer_secret=SecretStr("cs_test"),
        **more,
    )
    return scripted.opened(WooCommerceClient, settings, transport)


def ask(transport: httpx.BaseTransport) -> None:
    """Ask one thing of a shop behind the transport."""
    with scripted.asking(opened(transport)) as client:
        client.now()
