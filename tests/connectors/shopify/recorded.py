"""Shopify's answers as recorded, with synthetic values: what the compliance suite judges."""

import datetime as dt
import json
from typing import Any

import httpx
from pydantic import SecretStr

from connectors.shopify.client import ShopifyClient, ShopifySettings
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.streams import Context, Page
from tests.connectors.scripted import asking, opened

CONTEXT = Context("shop", "USD", "America/New_York", dt.datetime(2026, 11, 22, tzinfo=dt.UTC))
PEOPLE = ("7700123456", "zora@marked.example", "+1 555 0100", "Zora-Marked", "Ring-Zora-Street")
_DATE = {"date": "Mon, 16 Nov 2026 05:00:00 GMT"}
_END = {"hasNextPage": False, "endCursor": None}
_ZORA = "gid://shopify/Customer/7700123456"


def _bag(amount: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount}}


def _page(root: str, *nodes: dict[str, Any]) -> Page:
    return Page(json.dumps({root: {"nodes": nodes, "pageInfo": _END}}).encode(), "page")


def _order(number: int, **more: Any) -> dict[str, Any]:
    line = {
        "id": f"gid://shopify/LineItem/{number}1",
        "sku": "SKU-1",
        "quantity": 2,
        "currentQuantity": 1,
        "variant": {"id": "gid://shopify/ProductVariant/21"},
        "originalUnitPriceSet": _bag("5.00"),
        "originalTotalSet": _bag("10.0"),
        "discountAllocations": [{"allocatedAmountSet": _bag("1.50")}],
        "isGiftCard": False,
        "requiresShipping": True,
        "taxLines": [{"priceSet": _bag("0.70")}],
    }
    refund = {
        "id": f"gid://shopify/Refund/{number}5",
        "createdAt": "2026-11-12T09:00:00Z",
        "totalRefundedSet": _bag("4.25"),
    }
    parcel = {
        "createdAt": "2026-11-11T08:00:00Z",
        "deliveredAt": None,
        "estimatedDeliveryAt": "2026-11-14T22:00:00Z",
        "status": "SUCCESS",
        "trackingInfo": [{"company": "DHL Express", "number": f"JJD{number}"}],
    }
    return {
        "id": f"gid://shopify/Order/{number}",
        "createdAt": "2026-11-10T23:30:00Z",
        "updatedAt": "2026-11-12T09:10:00Z",
        "currencyCode": "USD",
        "processedAt": "2026-11-10T23:31:00Z",
        "cancelledAt": None,
        "test": False,
        "displayFinancialStatus": "PARTIALLY_REFUNDED",
        "displayFulfillmentStatus": "FULFILLED",
        "discountCodes": ["AUTUMN"],
        "customer": {"id": _ZORA},
        "subtotalPriceSet": _bag("8.50"),
        "totalDiscountsSet": _bag("1.50"),
        "taxesIncluded": False,
        "shippingLine": {"discountedPriceSet": _bag("3.00")},
        "totalTipReceivedSet": _bag("0.00"),
        "originalTotalDutiesSet": None,
        "additionalFees": [{"id": "gid://shopify/AdditionalFee/9", "price": _bag("0.28")}],
        "totalTaxSet": _bag("0.70"),
        "totalPriceSet": _bag("12.20"),
        "totalRefundedSet": _bag("4.25"),
        "refunds": [refund],
        "fulfillments": [parcel],
        "lineItems": {"nodes": [line], "pageInfo": _END},
        **more,
    }


def _told(order: dict[str, Any]) -> dict[str, Any]:
    """An order with what says who its customer is, which we do not ask for."""
    return {
        **order,
        "email": "zora@marked.example",
        "phone": "+1 555 0100",
        "shippingAddress": {"name": "Zora-Marked", "address1": "Ring-Zora-Street"},
    }


def _variant(number: int, **product: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/ProductVariant/{number}",
        "sku": f"SKU-{number}",
        "title": "1 l",
        "price": "4.99",
        "compareAtPrice": "5.99",
        "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-11-01T00:00:00Z",
        "product": {
            "id": f"gid://shopify/Product/{number}0",
            "title": "Milk",
            "status": "ACTIVE",
            "vendor": "Meadow",
            "productType": "Dairy",
            "updatedAt": "2026-11-02T00:00:00Z",
            **product,
        },
    }


def _item(number: int) -> dict[str, Any]:
    states = {"available": 3, "on_hand": 7, "committed": 4}
    level = {
        "id": f"gid://shopify/InventoryLevel/{number}?inventory_item_id={number}",
        "updatedAt": "2026-11-01T00:00:00Z",
        "location": {"id": "gid://shopify/Location/1"},
        "quantities": [{"name": name, "quantity": units} for name, units in states.items()],
    }
    return {
        "id": f"gid://shopify/InventoryItem/{number}",
        "sku": f"SKU-{number}",
        "tracked": True,
        "updatedAt": "2026-11-01T00:00:00Z",
        "inventoryLevels": {"nodes": [level], "pageInfo": _END},
    }


def _customer(gid: str) -> dict[str, Any]:
    return {
        "id": gid,
        "createdAt": "2026-01-05T10:00:00Z",
        "updatedAt": "2026-11-10T23:30:00Z",
        "numberOfOrders": "2",
        "amountSpent": {"amount": "24.40", "currencyCode": "USD"},
    }


def _discount(number: int, **more: Any) -> dict[str, Any]:
    code = {"id": f"gid://shopify/DiscountRedeemCode/{number}", "code": f"AUTUMN{number}"}
    value = {"__typename": "DiscountPercentage", "percentage": 0.15}
    basic = {
        "__typename": "DiscountCodeBasic",
        "title": "Autumn",
        "status": "ACTIVE",
        "startsAt": "2026-11-01T00:00:00Z",
        "endsAt": None,
        "updatedAt": "2026-11-01T00:00:00Z",
        "usageLimit": 100,
        "asyncUsageCount": 3,
        "customerGets": {"value": value},
        "codes": {"nodes": [code]},
    }
    return {"id": f"gid://shopify/DiscountNode/{number}", "discount": basic | more}


PAGES = {
    "orders": [
        # The first document of a page tells which fields it has; these have more further down.
        _page("orders", _order(1, customer=None), _told(_order(2))),
        _page("orders", _order(3, displayFinancialStatus="PENDING")),
    ],
    "products": [_page("productVariants", _variant(21), _variant(22, status="DRAFT"))],
    "inventory": [_page("inventoryItems", _item(21), _item(22))],
    "customers": [_page("customers", _customer(_ZORA), _customer("gid://shopify/Customer/8"))],
    "discounts": [_page("discountNodes", _discount(1), _discount(2, status="EXPIRED"))],
}
EMPTY = {
    "orders": [_page("orders")],
    "products": [_page("productVariants")],
    "inventory": [_page("inventoryItems")],
    "customers": [_page("customers")],
    "discounts": [_page("discountNodes")],
}
UNKNOWN: dict[str, list[Page]] = {
    "orders": [_page("orders", _order(4, displayFinancialStatus="LENT"))],
    "products": [_page("productVariants", _variant(23, status="HIDDEN"))],
    "inventory": [],
    "customers": [],
    "discounts": [_page("discountNodes", _discount(3, status="PAUSED"))],
}


def _refused(code: str) -> httpx.Response:
    error = {"message": "Zora-Marked", "extensions": {"code": code}}
    return httpx.Response(200, json={"errors": [error]}, headers=_DATE)


ERRORS: dict[str, tuple[httpx.Response, type[ShopkeeperError]]] = {
    "THROTTLED": (_refused("THROTTLED"), TransientSourceError),
    "INTERNAL_SERVER_ERROR": (_refused("INTERNAL_SERVER_ERROR"), TransientSourceError),
    "TIMEOUT": (_refused("TIMEOUT"), TransientSourceError),
    "ACCESS_DENIED": (_refused("ACCESS_DENIED"), SourceRejectedError),
    "UNAUTHORIZED": (_refused("UNAUTHORIZED"), SourceRejectedError),
    "SHOP_INACTIVE": (_refused("SHOP_INACTIVE"), SourceRejectedError),
    "MAX_COST_EXCEEDED": (_refused("MAX_COST_EXCEEDED"), SourceContractError),
    "a new code": (_refused("NOT_KNOWN_YET"), SourceContractError),
    "http 401": (httpx.Response(401, headers=_DATE), SourceRejectedError),
    "http 429": (httpx.Response(429, headers=_DATE), TransientSourceError),
    "http 502": (httpx.Response(502, headers=_DATE), TransientSourceError),
    "another shape": (httpx.Response(200, text="<html>", headers=_DATE), SourceContractError),
}


def ask(transport: httpx.BaseTransport) -> None:
    """Ask one thing of a shop behind the transport."""
    settings = ShopifySettings(
        shop_domain="demo.myshopify.com", access_token=SecretStr("shpat_secret")
    )
    with asking(opened(ShopifyClient, settings, transport)) as client:
        client.now()
