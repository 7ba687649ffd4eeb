"""Bookings as sellers show them of their accounts, with synthetic values."""

from typing import Any

from contracts.streams import Page
from tests.connectors.amazon.recorded_days import STORE, page

Tree = dict[str, Any]


def charge(name: str, amount: float | None, *inner: Tree) -> Tree:
    """A charge and what it is made of, if anything."""
    found: Tree = {"breakdownType": name, "breakdowns": list(inner) or None}
    return found if amount is None else found | {"breakdownAmount": cash(amount)}


def cash(amount: float, currency: str = "USD") -> Tree:
    return {"currencyAmount": amount, "currencyCode": currency}


def fee(name: str, amount: float) -> Tree:
    return charge(name, amount, charge("Base", amount))


def item(sku: str, total: float, *charges: Tree) -> Tree:
    context = {"contextType": "ProductContext", "asin": "B000000001", "sku": sku,
               "quantityShipped": 1, "fulfillmentNetwork": "AFN"}  # fmt: skip
    return {
        "description": "Honey",
        "totalAmount": cash(total),
        "relatedIdentifiers": [
            {
                "itemRelatedIdentifierName": "ORDER_ADJUSTMENT_ITEM_ID",
                "itemRelatedIdentifierValue": "7",
            }
        ],
        "breakdowns": list(charges),
        "contexts": [context],
    }


def transaction(number: int, kind: str, total: float, *items: Tree, **more: Any) -> Tree:
    """A booking of order `number`; `related` are further identifiers."""
    related = {"ORDER_ID": f"111-0000000-{number:07d}"} | more.pop("related", {})
    return {
        "sellingPartnerMetadata": {
            "sellingPartnerId": "A1SELLER00001",
            "marketplaceId": STORE,
            "accountType": "Standard Orders",
        },
        "relatedIdentifiers": [
            {"relatedIdentifierName": name, "relatedIdentifierValue": value}
            for name, value in related.items()
            if value is not None
        ],
        "transactionType": kind,
        "transactionId": f"booking-{number}",
        "transactionStatus": "RELEASED",
        "description": "Order Payment",
        "postedDate": "2026-11-18T12:45:47Z",
        "totalAmount": cash(total),
        "marketplaceDetails": {"marketplaceId": STORE, "marketplaceName": "Amazon.com"},
        "items": list(items) or None,
        "breakdowns": [],
        "contexts": None,
    } | more


def shipment(number: int, sku: str = "SKU-1", **more: Any) -> Tree:
    """40.00 of goods less 1.50, and 3.99 for the parcel, which the platform keeps; 3.20 of tax,
    which it hands over."""
    charges = (
        charge("Tax", 3.2, charge("OurPriceTax", 3.2)),
        charge("MarketplaceFacilitatorTax", -3.2,
               charge("MarketplaceFacilitatorTax-Principal", -3.2)),
        charge("ProductCharges", 40.0, charge("OurPricePrincipal", 40.0)),
        charge("Shipping", 3.99, charge("ShippingPrincipal", 3.99)),
        charge("PromoRebates", -1.5, charge("OurPriceDiscount", -1.5)),
        charge("AmazonFees", -15.22, fee("Commission", -5.78), fee("ShippingChargeback", -3.99),
               charge("FBAPerUnitFulfillmentFee", -5.45, charge("Base", -5.0),
                      charge("Tax", -0.45))),
    )  # fmt: skip
    return transaction(number, "Shipment", 27.27, item(sku, 27.27, *charges), **more)


def refund(number: int, sku: str = "SKU-1", **more: Any) -> Tree:
    """The goods and their tax given back, the commission but for a fifth as well."""
    charges = (
        charge("ProductCharges", -40.0, charge("OurPricePrincipal", -40.0)),
        charge("PromoRebates", 1.5, charge("OurPriceDiscount", 1.5)),
        charge("Tax", -3.2, charge("OurPriceTax", -3.2)),
        charge("MarketplaceFacilitatorTax", 3.2,
               charge("MarketplaceFacilitatorTax-Principal", 3.2)),
        charge("AmazonFees", 4.62, fee("Commission", 5.78), fee("RefundCommission", -1.16)),
    )  # fmt: skip
    return transaction(number, "Refund", -33.88, item(sku, -33.88, *charges), **more)


def booked(*transactions: Tree, following: str | None = None) -> Tree:
    """An answer; `following` is the token of the next page."""
    payload = {"transactions": list(transactions)}
    return {"payload": payload if following is None else payload | {"nextToken": following}}


def booked_page(*transactions: Tree) -> Page:
    return page(booked(*transactions), f"transactions:{STORE}")
