"""Amazon's answers as recorded, with synthetic values: what the compliance suite judges."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from pydantic import SecretStr

from connectors.amazon import fetch
from connectors.amazon.client import AmazonClient, AmazonSettings
from contracts.errors import (
    ShopkeeperError,
    SourceContractError,
    SourceRejectedError,
    TransientSourceError,
)
from contracts.ports import Stores
from contracts.streams import Context, Page, Window
from contracts.tokens import Tokens
from tests.connectors.amazon.recorded_days import (
    STORE,
    day_visits,
    page,
    product_visits,
    total,
    totals_page,
    traffic_page,
    traffic_report,
)
from tests.connectors.amazon.recorded_settlements import booked_page, refund, shipment
from tests.connectors.scripted import asking, opened

READ_AT = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
CONTEXT = Context("shop", "USD", "America/Los_Angeles", READ_AT)
FIXED = ("channelName",)  # where an order was placed never changes
PEOPLE = ("Zora-Marked", "zora@marked.example", "Ring-Zora-Street", "for-Zora-the-Marked")
DATE = {"date": "Sun, 22 Nov 2026 00:00:00 GMT"}


def money(amount: str, currency: str = "USD") -> dict[str, str]:
    return {"amount": amount, "currencyCode": currency}


def proceeds(total: str, **parts: str) -> dict[str, Any]:
    broken = [{"type": kind, "subtotal": money(amount)} for kind, amount in parts.items()]
    return {"proceedsTotal": money(total), "breakdowns": broken}


def item(number: int, sku: str = "SKU-1", quantity: int = 2, **more: Any) -> dict[str, Any]:
    return {
        "orderItemId": f"{number:014d}",
        "quantityOrdered": quantity,
        "product": {
            "asin": "B000000001",
            "sellerSku": sku,
            "title": "Honey",
            "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
            "price": {"unitPrice": money("5.00")},
        },
        "proceeds": proceeds("9.30", ITEM="10.00", DISCOUNT="-1.50", TAX="0.80"),
        "fulfillment": {"quantityFulfilled": quantity, "quantityUnfulfilled": 0},
    } | more


def order(number: int, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "orderId": f"111-0000000-{number:07d}",
        "createdTime": "2026-11-10T23:30:00Z",
        "lastUpdatedTime": "2026-11-12T09:10:00Z",
        "programs": ["PRIME"],
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": STORE,
            "marketplaceName": "Amazon.com",
        },
        "proceeds": {"grandTotal": money("9.30")},
        "fulfillment": {
            "fulfillmentStatus": "SHIPPED",
            "fulfilledBy": "MERCHANT",
            "fulfillmentServiceLevel": "STANDARD",
            "deliverByWindow": {
                "earliestDateTime": "2026-11-14T08:00:00Z",
                "latestDateTime": "2026-11-17T07:59:59Z",
            },
        },
        "orderItems": list(items or (item(number),)),
    } | more


def package(number: str = "1Z999", **more: Any) -> dict[str, Any]:
    return {
        "packageReferenceId": "1",
        "createdTime": "2026-11-11T08:00:00Z",
        "packageStatus": {"status": "IN_TRANSIT", "detailedStatus": "OUT_FOR_DELIVERY"},
        "carrier": "UPS",
        "shipTime": "2026-11-11T09:00:00Z",
        "trackingNumber": number,
        "packageItems": [{"orderItemId": "00000000000001", "quantity": 2}],
    } | more


def orders_page(*orders: dict[str, Any]) -> Page:
    return page({"orders": list(orders), "lastUpdatedBefore": "2026-11-21T23:58:00Z"}, "orders")


HEADING = (
    "amazon-order-id", "purchase-date", "last-updated-date", "order-status", "sales-channel", "sku",
    "asin", "quantity", "currency", "item-price", "item-tax", "shipping-price", "shipping-tax",
    "gift-wrap-price", "gift-wrap-tax", "item-promotion-discount", "ship-promotion-discount",
)  # fmt: skip


def report_row(number: int, **more: str) -> dict[str, str]:
    row = {
        "amazon-order-id": f"111-0000000-{number:07d}",
        "purchase-date": "2026-11-10T23:30:00+00:00",
        "last-updated-date": "2026-11-12T09:10:00+00:00",
        "order-status": "Shipped",
        "sales-channel": "Amazon.com",
        "sku": "SKU-1",
        "asin": "B000000001",
        "quantity": "2",
        "currency": "USD",
        "item-price": "10.00",
        "item-tax": "0.80",
        "item-promotion-discount": "-1.50",
    }
    return dict.fromkeys(HEADING, "") | row | {key.replace("_", "-"): more[key] for key in more}


def report_page(*rows: dict[str, str]) -> Page:
    lines = ["\t".join(HEADING), *("\t".join(row[name] for name in HEADING) for row in rows)]
    return Page(("\n".join(lines) + "\n").encode(), "report")


def listing(sku: str, status: tuple[str, ...] = ("BUYABLE", "DISCOVERABLE")) -> dict[str, Any]:
    return {
        "sku": sku,
        "summaries": [
            {
                "marketplaceId": STORE,
                "asin": "B000000001",
                "productType": "GROCERY",
                "conditionType": "new_new",
                "status": list(status),
                "itemName": "Honey",
                "createdDate": "2026-01-05T10:00:00Z",
                "lastUpdatedDate": "2026-11-20T10:00:00Z",
            }
        ],
        "offers": [
            {
                "marketplaceId": STORE,
                "offerType": "B2C",
                "price": money("12.30"),
                "audience": {"value": "ALL", "displayName": "Sell on Amazon"},
            },
            {"marketplaceId": STORE, "offerType": "B2B", "price": money("11.00")},
        ],
    }


def listings_page(*listings: dict[str, Any]) -> Page:
    return page({"numberOfResults": len(listings), "items": list(listings)}, "listings")


def summary(sku: str, available: int = 7, reserved: int = 3) -> dict[str, Any]:
    return {
        "asin": "B000000001",
        "fnSku": "X000000001",
        "sellerSku": sku,
        "condition": "NewItem",
        "inventoryDetails": {
            "fulfillableQuantity": available,
            "inboundWorkingQuantity": 0,
            "inboundShippedQuantity": 40,
            "inboundReceivingQuantity": 0,
            "reservedQuantity": {
                "totalReservedQuantity": reserved,
                "pendingCustomerOrderQuantity": 2,
                "pendingTransshipmentQuantity": 1,
                "fcProcessingQuantity": 0,
            },
            "researchingQuantity": {"totalResearchingQuantity": 0},
            "unfulfillableQuantity": {"totalUnfulfillableQuantity": 5},
        },
        "lastUpdatedTime": "2026-11-20T10:00:00Z",
        "productName": "Honey",
        "totalQuantity": 55,
    }


def inventory_page(*summaries: dict[str, Any]) -> Page:
    granularity = {"granularityType": "Marketplace", "granularityId": STORE}
    payload = {"granularity": granularity, "inventorySummaries": list(summaries)}
    return page({"payload": payload}, "inventory")


def rival(seller: str, price: float, **more: Any) -> dict[str, Any]:
    return {
        "MyOffer": False,
        "SubCondition": "new",
        "SellerId": seller,
        "SellerFeedbackRating": {"SellerPositiveFeedbackRating": 95.0, "FeedbackCount": 120},
        "ShippingTime": {"minimumHours": 0, "maximumHours": 24, "availabilityType": "NOW"},
        "ListingPrice": {"CurrencyCode": "USD", "Amount": price},
        "Shipping": {"CurrencyCode": "USD", "Amount": 0.0},
        "IsFulfilledByAmazon": True,
        "IsBuyBoxWinner": False,
    } | more


def offers_answer(sku: str, *offers: dict[str, Any], status: int = 200) -> dict[str, Any]:
    asked = {"MarketplaceId": STORE, "ItemCondition": "New", "SellerSKU": sku}
    payload = {
        "marketplaceId": STORE,
        "SKU": sku,
        "ItemCondition": "New",
        "status": "Success",
        "Identifier": {"MarketplaceId": STORE, "SellerSKU": sku, "ItemCondition": "New"},
        "Summary": {"TotalOfferCount": len(offers)},
        "Offers": list(offers),
    }
    error = {"code": "QuotaExceeded", "message": "You exceeded your quota.", "details": ""}
    body = {"payload": payload} if status == 200 else {"errors": [error]}
    return {"status": {"statusCode": status}, "body": body, "request": asked}


def offers_page(*answers: dict[str, Any]) -> Page:
    return page({"responses": list(answers)}, "offers")


_ZORA = {
    "buyer": {"buyerName": "Zora-Marked", "buyerEmail": "zora@marked.example"},
    "recipient": {"deliveryAddress": {"name": "Zora-Marked", "addressLine1": "Ring-Zora-Street"}},
}
_GIFT = {
    "quantityFulfilled": 2,
    "quantityUnfulfilled": 0,
    "packing": {"giftOption": {"giftMessage": "for-Zora-the-Marked"}},
}
PAGES = {
    "orders": [
        orders_page(
            order(1, item(1, fulfillment=_GIFT), packages=[package()], **_ZORA),
            order(2, item(2), item(3, sku="SKU-2", quantity=1)),
        ),
        orders_page(order(3)),
        report_page(report_row(4), report_row(5, quantity="1"), report_row(5, quantity="1")),
        report_page(report_row(5, sku="SKU-2"), report_row(6)),
    ],
    "listings": [listings_page(listing("SKU-1")), listings_page(listing("SKU-2"))],
    "inventory": [inventory_page(summary("SKU-1"), summary("SKU-2"))],
    "rival_offers": [
        offers_page(
            offers_answer(
                "SKU-1", rival("A1RIVAL", 12.3), rival("A1OURSELVES", 12.0, MyOffer=True)
            ),
            offers_answer("SKU-2", rival("A1RIVAL", 5980.1)),
        )
    ],
    "settlements": [
        booked_page(shipment(1), shipment(2, sku="SKU-2")),
        booked_page(refund(3), shipment(4)),
    ],
    "store_totals": [totals_page(total(18), total(19, amount="0", orderCount=0))],
    "store_traffic": [
        traffic_page(17, product_visits("B000000001"), product_visits("B000000002", 3, 4)),
        traffic_page(18, product_visits("B000000001", 0, 0)),
        traffic_page(19),
        page(
            traffic_report(15, product_visits("B1"), days=[day_visits(15), day_visits(16)]),
            "shop_traffic",
        ),
    ],
}
EMPTY = {
    "orders": [orders_page()],
    "listings": [listings_page()],
    "inventory": [inventory_page()],
    "rival_offers": [offers_page(offers_answer("SKU-1"))],
    "settlements": [booked_page()],
    "store_totals": [totals_page()],
    "store_traffic": [traffic_page(17, days=[])],
}
UNKNOWN = {
    "orders": [orders_page(order(9, fulfillment={"fulfillmentStatus": "TELEPORTED"}))],
    "listings": [listings_page(listing("SKU-9", ("ENCHANTED",)))],
    "inventory": [],
    "rival_offers": [
        offers_page(
            offers_answer("SKU-9", rival("A1", 1.0, ShippingTime={"availabilityType": "SOMETIME"}))
        )
    ],
    "settlements": [],
    "store_totals": [],
    "store_traffic": [],
}


def refused(status: int, code: str, *, details: str = "") -> httpx.Response:
    """What the platform answers instead, in the one shape of its errors."""
    error = {"code": code, "message": "bo@example.com may not", "details": details}
    return httpx.Response(status, json={"errors": [error]}, headers=DATE)


_EXPIRED = "The access token you provided has expired."
ERRORS: dict[str, tuple[httpx.Response, type[ShopkeeperError]]] = {
    "QuotaExceeded": (refused(429, "QuotaExceeded"), TransientSourceError),
    "InvalidInput": (refused(400, "InvalidInput"), SourceRejectedError),
    "InvalidRequest": (refused(400, "InvalidRequest"), SourceRejectedError),
    "NotFound": (refused(404, "NotFound"), SourceRejectedError),
    "Unauthorized": (refused(403, "Unauthorized"), SourceRejectedError),
    "Unauthorized, expired": (refused(403, "Unauthorized", details=_EXPIRED), SourceRejectedError),
    "AccessDenied": (refused(403, "AccessDenied"), SourceRejectedError),
    "MissingAuthenticationToken": (
        refused(403, "MissingAuthenticationToken"), SourceRejectedError,
    ),
    "MethodNotAllowed": (refused(405, "MethodNotAllowed"), SourceContractError),
    "RequestTooLarge": (refused(413, "RequestTooLarge"), SourceContractError),
    "UnsupportedMediaType": (refused(415, "UnsupportedMediaType"), SourceContractError),
    "InternalFailure": (refused(500, "InternalFailure"), TransientSourceError),
    "ServiceUnavailable": (refused(503, "ServiceUnavailable"), TransientSourceError),
    "a new code": (refused(400, "NotKnownYet"), SourceContractError),
    "http 401": (httpx.Response(401, headers=DATE), SourceRejectedError),
    "http 404": (httpx.Response(404, headers=DATE), SourceRejectedError),
    "http 429": (httpx.Response(429, headers=DATE), TransientSourceError),
    "http 502": (httpx.Response(502, headers=DATE), TransientSourceError),
    "another shape": (httpx.Response(200, text="<html>", headers=DATE), SourceContractError),
}  # fmt: skip


class HeldToken:
    """A store that holds an access token, so that no login has to come first."""

    def load(self, _: str) -> Tokens:
        end = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
        return Tokens(access="an-access-token", refresh=None, expires_at=end)

    def save(self, _: str, tokens: Tokens) -> None:
        """Forget it."""

    @contextmanager
    def lease(self, _: str) -> Iterator[None]:
        yield


def settings(**more: Any) -> AmazonSettings:
    given = {
        "marketplace_id": STORE,
        "seller_id": "A1SELLEROFATEST",
        "client_id": "an-application",
        "client_secret": SecretStr("a-secret-of-a-test"),
        "refresh_token": SecretStr("a-refresh-token-of-a-test"),
    }
    return AmazonSettings.model_validate(given | more)


SETTINGS = settings()


def ask(transport: httpx.BaseTransport) -> None:
    """Ask for the orders of an account behind the transport."""
    stores = Stores(tokens=HeldToken())
    with asking(opened(AmazonClient, settings(), transport, stores=stores)) as client:
        list(fetch.orders(client, Window(READ_AT - dt.timedelta(days=1), READ_AT)))
