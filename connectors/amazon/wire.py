"""The shape of Amazon's answers, as far as the connector reads them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from connectors.base.wire import decoded, unknown_fields
from contracts.streams import Page


class _Shape(msgspec.Struct, gc=False, rename="camel"):
    """Fields as the newer models write them; no cycles, so the collector need not look at them."""


class _Capital(msgspec.Struct, gc=False, rename="pascal"):
    """Fields as the older pricing model writes them."""


class Money(_Shape):
    """Decimal text in major units and its currency."""

    amount: str
    currency_code: str


class Detail(_Shape):
    """A part of a breakdown."""

    subtype: str | None = None
    value: Money | None = None


class Breakdown(_Shape):
    """One kind of proceeds of an item."""

    type: str
    subtotal: Money
    detailed_breakdowns: list[Detail] = []


class ItemProceeds(_Shape):
    """What an item brings."""

    breakdowns: list[Breakdown] = []


class Product(_Shape):
    """What was ordered."""

    asin: str | None = None
    seller_sku: str | None = None


class OrderItem(_Shape):
    """An item of an order."""

    order_item_id: str
    quantity_ordered: int
    product: Product
    proceeds: ItemProceeds | None = None


class SalesChannel(_Shape):
    """Where an order was placed."""

    channel_name: str


class OrderProceeds(_Shape):
    """What an order brings."""

    grand_total: Money | None = None


class Span(_Shape):
    """From and until when."""

    earliest_date_time: str | None = None
    latest_date_time: str | None = None


class OrderFulfillment(_Shape):
    """Where an order's goods stand, and what was promised."""

    fulfillment_status: str
    deliver_by_window: Span | None = None


class PackageStatus(_Shape):
    """Where a package is."""

    status: str


class Package(_Shape):
    """A parcel that the seller sent."""

    package_status: PackageStatus | None = None
    carrier: str | None = None
    ship_time: str | None = None
    tracking_number: str | None = None


class Order(_Shape):
    """An order with its items."""

    order_id: str
    created_time: str
    last_updated_time: str
    sales_channel: SalesChannel
    order_items: list[OrderItem]
    proceeds: OrderProceeds | None = None
    fulfillment: OrderFulfillment | None = None
    packages: list[Package] = []


class Pagination(_Shape):
    """Where a list goes on."""

    next_token: str | None = None


class OrderPage(_Shape):
    """A page of orders."""

    orders: list[Order]
    pagination: Pagination | None = None


class FoundOrder(_Shape):
    """One order that was asked for."""

    order: Order


class Summary(_Shape):
    """A listing in one store."""

    marketplace_id: str
    product_type: str
    status: list[str]
    created_date: str
    last_updated_date: str
    asin: str | None = None
    item_name: str | None = None


class Audience(_Shape):
    """For which buyers an offer is."""

    value: str | None = None


class Offer(_Shape):
    """Our price of a listing in one store."""

    marketplace_id: str
    offer_type: str
    price: Money
    audience: Audience | None = None

    @property
    def is_for_all(self) -> bool:
        """Whether any buyer pays it."""
        value = self.audience.value if self.audience else None
        return self.offer_type == "B2C" and value in (None, "ALL")


class Listing(_Shape):
    """A listing; which parts it has is asked for."""

    sku: str
    summaries: list[Summary] = []
    offers: list[Offer] = []


class ListingPage(_Shape):
    """A page of listings; `number_of_results` are all that were found."""

    number_of_results: int
    items: list[Listing]
    pagination: Pagination | None = None


class Issue(_Shape):
    """What is wrong with a submission."""

    code: str
    severity: str


class Submission(_Shape):
    """What became of a patch."""

    status: str
    issues: list[Issue] = []


class Reserved(_Shape):
    """Pieces that are spoken for."""

    total_reserved_quantity: int = 0
    pending_customer_order_quantity: int = 0


class InventoryDetails(_Shape):
    """Pieces by what can be done with them."""

    fulfillable_quantity: int | None = None
    reserved_quantity: Reserved | None = None


class InventorySummary(_Shape):
    """Stock of one SKU in the platform's warehouses."""

    seller_sku: str | None = None
    last_updated_time: str | None = None
    inventory_details: InventoryDetails | None = None


class InventoryResult(_Shape):
    """The summaries of a page."""

    inventory_summaries: list[InventorySummary]


class InventoryPage(_Shape):
    """A page of stock."""

    payload: InventoryResult
    pagination: Pagination | None = None


class Amount(_Capital):
    """A JSON number in major units: read as the decimals that it is written in."""

    amount: Decimal | None = None
    currency_code: str | None = None

    @property
    def text(self) -> str | None:
        """The amount without an exponent."""
        return None if self.amount is None else f"{self.amount:f}"


class Feedback(_Capital):
    """How a seller is judged."""

    feedback_count: int


class ShippingTime(_Shape):
    """When goods leave."""

    availability_type: str | None = None


class RivalOffer(_Capital):
    """Somebody's offer for an article that we list."""

    listing_price: Amount
    shipping: Amount
    shipping_time: ShippingTime
    is_fulfilled_by_amazon: bool
    my_offer: bool = False
    seller_id: str | None = None
    seller_feedback_rating: Feedback | None = None


class OffersResult(_Capital):
    """The offers for one listing."""

    offers: list[RivalOffer]
    sku: str | None = msgspec.field(default=None, name="SKU")


class OffersBody(msgspec.Struct, gc=False):
    """The answer for one listing: its offers, or why there are none."""

    payload: OffersResult | None = None


class StatusLine(_Shape):
    """The HTTP status of one answer among several."""

    status_code: int


class OffersAsked(msgspec.Struct, gc=False):
    """What an answer among several is about."""

    sku: str | None = msgspec.field(default=None, name="SellerSKU")


class OffersAnswer(msgspec.Struct, gc=False):
    """One answer among several."""

    body: OffersBody
    status: StatusLine | None = None
    request: OffersAsked | None = None


class OffersPage(msgspec.Struct, gc=False):
    """The answers of one batch."""

    responses: list[OffersAnswer]


class Link(_Shape):
    """Something that may be done."""

    name: str | None = None


class Links(_Shape):
    """All that may be done."""

    actions: list[Link]


class Actions(msgspec.Struct, gc=False):
    """What may be asked of an order's buyer."""

    links: Links = msgspec.field(name="_links")


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
    """.split()  # noqa: SIM905 a list to be read
)
"""Fields of the models that are known and left alone; some of them only where they stand."""


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
            body = msgspec.json.decode(body, type=dict[str, msgspec.Raw])[name]
        return msgspec.json.decode(body, type=list[msgspec.Raw])


ORDERS = Shape(msgspec.json.Decoder(OrderPage), lambda page: page.orders, ("orders",), Order)
LISTINGS = Shape(msgspec.json.Decoder(ListingPage), lambda page: page.items, ("items",), Listing)
INVENTORY = Shape(
    msgspec.json.Decoder(InventoryPage),
    lambda page: page.payload.inventory_summaries,
    ("payload", "inventorySummaries"),
    InventorySummary,
)
OFFERS = msgspec.json.Decoder(OffersPage)
