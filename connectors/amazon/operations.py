"""The operations that are called: method, path and usage plan, as the models state them."""

from dataclasses import dataclass
from typing import Final

from connectors.base import rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(rest.Operation):
    """One operation. A usage plan is `rate` requests per second and `burst` at once.

    Each seller, application and operation has a bucket of its own.
    """

    rate: float
    burst: float


_REPORTS: Final = "/reports/2021-06-30"
_LISTINGS: Final = "/listings/2021-08-01/items/{sellerId}"
_SOLICITATIONS: Final = "/solicitations/v1/orders/{amazonOrderId}"

SEARCH_ORDERS: Final = Operation(
    name="searchOrders", method="GET", path="/orders/2026-01-01/orders", rate=0.0056, burst=20
)
GET_ORDER: Final = Operation(
    name="getOrder", method="GET", path="/orders/2026-01-01/orders/{orderId}", rate=0.5, burst=30
)
CREATE_REPORT: Final = Operation(
    name="createReport", method="POST", path=f"{_REPORTS}/reports", rate=0.0167, burst=15
)
GET_REPORT: Final = Operation(
    name="getReport", method="GET", path=f"{_REPORTS}/reports/{{reportId}}", rate=2, burst=15
)
GET_REPORT_DOCUMENT: Final = Operation(
    name="getReportDocument",
    method="GET",
    path=f"{_REPORTS}/documents/{{reportDocumentId}}",
    rate=0.0167,
    burst=15,
)
GET_METRICS: Final = Operation(
    name="getOrderMetrics", method="GET", path="/sales/v1/orderMetrics", rate=0.5, burst=15
)
LIST_TRANSACTIONS: Final = Operation(
    name="listTransactions",
    method="GET",
    path="/finances/2024-06-19/transactions",
    rate=0.5,
    burst=10,
)
SEARCH_LISTINGS: Final = Operation(
    name="searchListingsItems", method="GET", path=_LISTINGS, rate=5, burst=5
)
GET_LISTING: Final = Operation(
    name="getListingsItem", method="GET", path=f"{_LISTINGS}/{{sku}}", rate=5, burst=10
)
PATCH_LISTING: Final = Operation(
    name="patchListingsItem", method="PATCH", path=f"{_LISTINGS}/{{sku}}", rate=5, burst=5
)
GET_INVENTORY: Final = Operation(
    name="getInventorySummaries", method="GET", path="/fba/inventory/v1/summaries", rate=2, burst=2
)
GET_OFFERS: Final = Operation(
    name="getListingOffersBatch",
    method="POST",
    path="/batches/products/pricing/v0/listingOffers",
    rate=0.5,
    burst=1,
)
GET_ACTIONS: Final = Operation(
    name="getSolicitationActionsForOrder", method="GET", path=_SOLICITATIONS, rate=1, burst=5
)
ASK_FOR_REVIEW: Final = Operation(
    name="createProductReviewAndSellerFeedbackSolicitation",
    method="POST",
    path=f"{_SOLICITATIONS}/solicitations/productReviewAndSellerFeedback",
    rate=1,
    burst=5,
)
OPERATIONS: Final = (
    SEARCH_ORDERS,
    GET_ORDER,
    CREATE_REPORT,
    GET_REPORT,
    GET_REPORT_DOCUMENT,
    GET_METRICS,
    LIST_TRANSACTIONS,
    SEARCH_LISTINGS,
    GET_LISTING,
    PATCH_LISTING,
    GET_INVENTORY,
    GET_OFFERS,
    GET_ACTIONS,
    ASK_FOR_REVIEW,
)
