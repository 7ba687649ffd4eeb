"""The operations that are served: path, method, usage plan, and what answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.amazon import (
    competitive,
    inventory,
    listings,
    offers,
    orders,
    patches,
    reports,
    solicitations,
)
from sandbox.amazon.account import Account
from sandbox.amazon.call import Call

HAL: Final = "application/hal+json"
JSON: Final = "application/json"


@dataclass(frozen=True)
class Operation:
    """One operation of the models: its usage plan per second, and how it answers.

    `names_media` where the models document 415 for a body of another media type.
    """

    name: str
    answer: Callable[[Account, Call], dict[str, Any]]
    rate: float
    burst: int
    status: int = 200
    media: str = JSON
    names_media: bool = False


_ORDER: Final = "/solicitations/v1/orders/{amazonOrderId}"
_REPORTS: Final = "/reports/2021-06-30"
_PRICING: Final = "/products/pricing/v0"
OPERATIONS: Final[Mapping[str, Mapping[str, Operation]]] = {
    "/orders/2026-01-01/orders": {
        "GET": Operation("searchOrders", orders.search_orders, 0.0056, 20),
    },
    "/orders/2026-01-01/orders/{orderId}": {
        "GET": Operation("getOrder", orders.get_order, 0.5, 30),
    },
    f"{_REPORTS}/reports": {
        "GET": Operation("getReports", reports.get_reports, 0.0222, 10),
        "POST": Operation(
            "createReport", reports.create_report, 0.0167, 15, 202, names_media=True
        ),
    },
    f"{_REPORTS}/reports/{{reportId}}": {
        "GET": Operation("getReport", reports.get_report, 2, 15),
        "DELETE": Operation("cancelReport", reports.cancel_report, 0.0222, 10),
    },
    f"{_REPORTS}/documents/{{reportDocumentId}}": {
        "GET": Operation("getReportDocument", reports.get_report_document, 0.0167, 15),
    },
    "/listings/2021-08-01/items/{sellerId}": {
        "GET": Operation("searchListingsItems", listings.search_listings_items, 5, 5),
    },
    "/listings/2021-08-01/items/{sellerId}/{sku}": {
        "GET": Operation("getListingsItem", listings.get_listings_item, 5, 10),
        "PATCH": Operation(
            "patchListingsItem", patches.patch_listings_item, 5, 5, names_media=True
        ),
    },
    "/fba/inventory/v1/summaries": {
        "GET": Operation("getInventorySummaries", inventory.get_inventory_summaries, 2, 2),
    },
    f"{_PRICING}/listings/{{SellerSKU}}/offers": {
        "GET": Operation("getListingOffers", offers.get_listing_offers, 1, 2),
    },
    f"{_PRICING}/items/{{Asin}}/offers": {
        "GET": Operation("getItemOffers", offers.get_item_offers, 0.5, 1),
    },
    f"/batches{_PRICING}/itemOffers": {
        "POST": Operation("getItemOffersBatch", offers.get_item_offers_batch, 0.1, 1),
    },
    f"/batches{_PRICING}/listingOffers": {
        "POST": Operation("getListingOffersBatch", offers.get_listing_offers_batch, 0.5, 1),
    },
    f"/batches{competitive.URI}": {
        "POST": Operation(
            "getCompetitiveSummary", competitive.get_competitive_summary, 0.033, 1
        ),
    },
    _ORDER: {
        "GET": Operation(
            "getSolicitationActionsForOrder", solicitations.get_solicitation_actions, 1, 5,
            media=HAL,
        ),
    },
    f"{_ORDER}/solicitations/{solicitations.NAME}": {
        "POST": Operation(
            "createProductReviewAndSellerFeedbackSolicitation",
            solicitations.create_review_solicitation, 1, 5, 201, media=HAL,
        ),
    },
}  # fmt: skip
"""By path and method."""
ROOTS: Final[Mapping[str, str]] = {
    "/orders/2026-01-01": JSON,
    "/reports/2021-06-30": JSON,
    "/listings/2021-08-01": JSON,
    "/fba/inventory/v1": JSON,
    "/products/pricing": JSON,
    "/batches/products/pricing": JSON,
    "/solicitations/v1": HAL,
}
"""What lies below these and is no operation does not exist; each tells that in its media type."""
