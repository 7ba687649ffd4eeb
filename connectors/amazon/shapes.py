"""Where documents lie in Amazon's answers, and how the pages of a stream are read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from connectors.amazon import settlement_wire, wire
from connectors.base.documents import At, JsonDocuments, owner_of
from connectors.base.wire import decoded, lenient, unknown_fields
from contracts.streams import Page
from contracts.tables.traffic import NO_LISTING

IGNORED = frozenset(
    """
    asin associatedOrderItems associatedOrders breakdowns buyer cancellation condition
    conditionType createdTime customization detailedStatus displayName expense
    fcProcessingQuantity fnSku fulfilledBy fulfillment fulfillmentOrders fulfillmentServiceLevel
    inboundReceivingQuantity inboundShippedQuantity inboundWorkingQuantity labelPrintingWindow
    mainImage marketplaceId marketplaceName measurement orderAliases packageItems
    packageReferenceId payment pendingTransshipmentQuantity points price proceedsTotal
    productName programs promotion recipient researchingQuantity serialNumbers shipByWindow
    shipFromAddress shippingService stores tax title totalQuantity unfulfillableQuantity

    ASIN ConditionNotes CustomerType Identifier IsFeaturedMerchant ItemCondition
    MarketplaceID MarketplaceId Points PrimeInformation SellerPositiveFeedbackRating ShipsFrom
    SubCondition Summary availableDate errors headers maximumHours minimumHours offerType
    quantityDiscountPrices status

    averageUnitPrice orderItemCount unitCount

    contexts contextType description endTime fulfillmentNetwork maturityDate paymentDate
    paymentMethod paymentReference paymentType quantityShipped relatedIdentifiers
    sellingPartnerMetadata startTime storeName totalAmount

    averageOfferCount averageParentItems browserPageViews browserPageViewsB2B
    browserPageViewsPercentage browserPageViewsPercentageB2B browserSessionPercentage
    browserSessionPercentageB2B browserSessions browserSessionsB2B buyBoxPercentage
    buyBoxPercentageB2B feedbackReceived mobileAppPageViews mobileAppPageViewsB2B
    mobileAppPageViewsPercentage mobileAppPageViewsPercentageB2B mobileAppSessionPercentage
    mobileAppSessionPercentageB2B mobileAppSessions mobileAppSessionsB2B negativeFeedbackReceived
    orderItemSessionPercentage orderItemSessionPercentageB2B pageViewsB2B pageViewsPercentage
    pageViewsPercentageB2B receivedNegativeFeedbackRate salesByAsin salesByDate sessionPercentage
    sessionPercentageB2B sessionsB2B sku unitSessionPercentage unitSessionPercentageB2B
    """.split()  # noqa: SIM905 a list to be read
)
"""Fields of the models that are known and left alone; some of them only where they stand."""
ALL_SOURCES = "all"
"""Where visitors come from is not told."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Reads the pages of one stream; `path` leads to the documents of a page."""

    page: msgspec.json.Decoder[Any]
    items: Callable[[Any], list[Any]]
    path: tuple[str, ...]
    item: type

    def documents(self, pages: Iterable[Page]) -> tuple[list[Any], set[str]]:
        """Documents of all pages, and names of fields that no model has.

        The first document of a page stands for the others.

        Raises:
            SourceContractError: an answer has a shape that we do not know.
        """
        found: list[Any] = []
        unknown: set[str] = set()
        for page in pages:
            found += self.items(decoded(self.page.decode, page.body))
            for raw in self._raws(page.body)[:1]:
                unknown |= unknown_fields(msgspec.json.decode(raw), self.item)
        return found, unknown - IGNORED

    def _raws(self, body: bytes | msgspec.Raw) -> list[msgspec.Raw]:
        for name in self.path:
            held = msgspec.json.decode(body, type=dict[str, msgspec.Raw] | None) or {}
            body = held.get(name, msgspec.Raw(b"null"))
        return msgspec.json.decode(body, type=list[msgspec.Raw] | None) or []


def _of_day(visits: Any, _: Page) -> str:
    return f"{visits['date']}|{ALL_SOURCES}"


def _of_product(visits: Any, page: Page) -> str:
    asin = visits.get("childAsin") or visits["parentAsin"]
    return f"{owner_of(page)}|{asin}|{NO_LISTING}"


ORDERS = Shape(
    msgspec.json.Decoder(wire.OrderPage), lambda page: page.orders or [], ("orders",), wire.Order
)
LISTINGS = Shape(
    msgspec.json.Decoder(wire.ListingPage), lambda page: page.items or [], ("items",), wire.Listing
)
INVENTORY = Shape(
    msgspec.json.Decoder(wire.InventoryPage),
    lambda page: (page.payload.inventory_summaries if page.payload else None) or [],
    ("payload", "inventorySummaries"),
    wire.InventorySummary,
)
OFFERS = Shape(
    msgspec.json.Decoder(wire.OffersPage),
    lambda page: page.responses or [],
    ("responses",),
    wire.OffersAnswer,
)
TOTALS = Shape(
    lenient(wire.MetricsPage), lambda page: page.payload or [], ("payload",), wire.Metrics
)
TRANSACTIONS = Shape(
    msgspec.json.Decoder(settlement_wire.TransactionPage),
    lambda page: page.payload.transactions or [],
    ("payload", "transactions"),
    settlement_wire.Transaction,
)
DAYS = Shape(
    msgspec.json.Decoder(wire.DaysReport),
    lambda report: report.sales_and_traffic_by_date,
    ("salesAndTrafficByDate",),
    wire.DayVisits,
)
PRODUCTS = Shape(
    msgspec.json.Decoder(wire.ProductsReport),
    lambda report: report.sales_and_traffic_by_asin,
    ("salesAndTrafficByAsin",),
    wire.ProductVisits,
)
_DAYS_AT = At("salesAndTrafficByDate", "traffic_daily", _of_day, wire.DayVisits)

PAGES = JsonDocuments(
    {
        "orders": At("orders", "orders", "orderId", wire.Order),
        "listings": At("items", "listings", "sku", wire.Listing),
        "inventory": At(
            "payload.inventorySummaries", "stock_levels", "sellerSku", wire.InventorySummary
        ),
        "offers": At(
            "responses",
            "competitor_offers",
            lambda answer, _: str(answer["request"]["SellerSKU"]),
            wire.OffersAnswer,
        ),
        "totals": At(
            "payload",
            "daily_totals",
            lambda total, _: str(total["interval"])[:10],
            lenient(wire.Metrics),
        ),
        "transactions": At(
            "payload.transactions",
            "settlements",
            "transactionId",
            settlement_wire.Transaction,
        ),
        "shop_traffic": _DAYS_AT,
        "traffic": (
            _DAYS_AT,
            At("salesAndTrafficByAsin", "listing_traffic_daily", _of_product, wire.ProductVisits),
        ),
    }
)
"""Where documents lie in answers of the API."""
