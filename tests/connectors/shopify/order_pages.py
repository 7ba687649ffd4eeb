"""Builders of Shopify's orders as pages, with synthetic values."""

import datetime as dt
import json
from typing import Any

from connectors.shopify import order_mapping
from contracts.streams import Context, Mapped, Page

CONTEXT = Context("shop", "USD", "America/New_York", dt.datetime(2026, 11, 22, tzinfo=dt.UTC))
END = {"hasNextPage": False, "endCursor": None}


def bag(amount: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount}}


def line(**more: Any) -> dict[str, Any]:
    return {
        "id": "gid://shopify/LineItem/11",
        "sku": "SKU-1",
        "quantity": 2,
        "currentQuantity": 2,
        "variant": {"id": "gid://shopify/ProductVariant/21"},
        "originalUnitPriceSet": bag("5.00"),
        "originalTotalSet": bag("10.0"),
        "discountAllocations": [],
        **more,
    }


def cuts(*amounts: str) -> list[dict[str, Any]]:
    return [{"allocatedAmountSet": bag(amount)} for amount in amounts]


def order(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "gid://shopify/Order/1",
        "createdAt": "2026-11-10T23:30:00Z",
        "updatedAt": "2026-11-11T00:10:00Z",
        "currencyCode": "USD",
        "processedAt": "2026-11-10T23:31:00Z",
        "cancelledAt": None,
        "test": False,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "discountCodes": [],
        "customer": {"id": "gid://shopify/Customer/7"},
        "subtotalPriceSet": bag("10.00"),
        "totalDiscountsSet": bag("0.00"),
        "totalShippingPriceSet": bag("0.00"),
        "totalTaxSet": bag("0.00"),
        "totalPriceSet": bag("10.00"),
        "totalRefundedSet": bag("0.00"),
        "refunds": [],
        "lineItems": {"nodes": list(lines), "pageInfo": END},
        **more,
    }


def sent(*numbers: str, **more: Any) -> dict[str, Any]:
    tracked = [{"company": "YTO Express", "number": one} for one in numbers or ("YT1",)]
    return {
        "createdAt": "2026-11-11T08:00:00Z",
        "deliveredAt": None,
        "estimatedDeliveryAt": "2026-11-14T22:00:00Z",
        "status": "SUCCESS",
        "trackingInfo": tracked,
        **more,
    }


def page(root: str, *nodes: dict[str, Any]) -> Page:
    return Page(json.dumps({root: {"nodes": nodes, "pageInfo": END}}).encode(), "page")


def bulk(*documents: dict[str, Any]) -> Page:
    return Page("\n".join(json.dumps(document) for document in documents).encode(), "bulk")


def orders(*documents: dict[str, Any]) -> Mapped:
    return order_mapping.orders([page("orders", *documents)], CONTEXT)


def only(mapped: Mapped, table: str) -> dict[str, Any]:
    (row,) = mapped.frames[table].to_dicts()
    return row
