"""The shape of Amazon's answers, as far as the connector reads them."""

from decimal import Decimal

import msgspec

from connectors.base.wire import Text


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
    detailed_breakdowns: list[Detail] | None = None


class ItemProceeds(_Shape):
    """What an item brings; whether its total holds the tax twice tells if prices include it."""

    proceeds_total: Money | None = None
    breakdowns: list[Breakdown] | None = None


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


class OrderBreakdown(_Shape):
    """One kind of proceeds of a whole order."""

    type: str
    status: str | None = None
    subtotal: Money | None = None


class OrderProceeds(_Shape):
    """What an order brings; its kinds are those of its items, but for a tip."""

    grand_total: Money | None = None
    breakdowns: list[OrderBreakdown] | None = None


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
    sales_channel: SalesChannel
    created_time: str | None = None
    last_updated_time: str | None = None
    order_items: list[OrderItem] | None = None
    proceeds: OrderProceeds | None = None
    fulfillment: OrderFulfillment | None = None
    packages: list[Package] | None = None


class OrderPage(_Shape):
    """A page of orders."""

    orders: list[Order] | None = None


class FoundOrder(_Shape):
    """One order that was asked for."""

    order: Order


class Summary(_Shape):
    """A listing in one store."""

    product_type: str | None = None
    status: list[str] | None = None
    created_date: str | None = None
    last_updated_date: str | None = None
    asin: str | None = None
    item_name: str | None = None


class Audience(_Shape):
    """For which buyers an offer is."""

    value: str | None = None


class Offer(_Shape):
    """Our price of a listing in one store."""

    offer_type: str
    price: Money | None = None
    audience: Audience | None = None

    @property
    def is_for_all(self) -> bool:
        """Whether any buyer pays it."""
        value = self.audience.value if self.audience else None
        return self.offer_type == "B2C" and value in (None, "ALL")


class Listing(_Shape):
    """A listing; which parts it has is asked for."""

    sku: str
    summaries: list[Summary] | None = None
    offers: list[Offer] | None = None

    @property
    def price(self) -> Money | None:
        """What any buyer pays; null where it is not offered to everybody."""
        prices = [one.price for one in self.offers or [] if one.is_for_all]
        return next((price for price in prices if price is not None), None)


class ListingPage(_Shape):
    """A page of listings."""

    items: list[Listing] | None = None


class Issue(_Shape):
    """What is wrong with a submission."""

    code: str
    severity: str


class Submission(_Shape):
    """What became of a patch."""

    status: str
    issues: list[Issue] | None = None


class Reserved(_Shape):
    """Pieces that are spoken for."""

    total_reserved_quantity: int | None = None
    pending_customer_order_quantity: int | None = None


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

    inventory_summaries: list[InventorySummary] | None = None


class InventoryPage(_Shape):
    """A page of stock."""

    payload: InventoryResult | None = None


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

    feedback_count: int | None = None


class ShippingTime(_Shape):
    """When goods leave."""

    availability_type: str | None = None


class RivalOffer(_Capital):
    """Somebody's offer for an article that we list."""

    listing_price: Amount
    shipping: Amount | None = None
    shipping_time: ShippingTime | None = None
    is_fulfilled_by_amazon: bool | None = None
    is_buy_box_winner: bool | None = None
    my_offer: bool | None = None
    seller_id: str | None = None
    seller_feedback_rating: Feedback | None = None


class OffersResult(_Capital):
    """The offers for one listing."""

    offers: list[RivalOffer] | None = None
    sku: str | None = msgspec.field(default=None, name="SKU")


class OffersBody(msgspec.Struct, gc=False):
    """The answer for one listing: its offers, or why there are none."""

    payload: OffersResult | None = None


class OffersAsked(msgspec.Struct, gc=False):
    """What an answer among several is about."""

    sku: str | None = msgspec.field(default=None, name="SellerSKU")


class OffersAnswer(msgspec.Struct, gc=False):
    """One answer among several."""

    body: OffersBody | None = None
    request: OffersAsked | None = None


class OffersPage(msgspec.Struct, gc=False):
    """The answers of one batch."""

    responses: list[OffersAnswer] | None = None


class Link(_Shape):
    """Something that may be done."""

    name: str | None = None


class Links(_Shape):
    """All that may be done."""

    actions: list[Link] | None = None


class Actions(msgspec.Struct, gc=False):
    """What may be asked of an order's buyer."""

    links: Links = msgspec.field(name="_links")


class Sales(_Shape):
    """What a span came to: text by the model, a number in answers that sellers have shown."""

    amount: Text
    currency_code: str


class Metrics(_Shape):
    """What a store sold in one span of time."""

    interval: str
    order_count: float
    total_sales: Sales


class MetricsPage(_Shape):
    """Spans of time, oldest first."""

    payload: list[Metrics] | None = None


class Visits(_Shape):
    """Who came and what was seen. JSON writes a whole number with a fraction here and there."""

    sessions: float
    page_views: float


class DayVisits(_Shape):
    """Visits of the whole shop on one day."""

    date: str
    traffic_by_date: Visits


class ProductVisits(_Shape):
    """Visits of a product's page; a product that stands alone may have no child."""

    parent_asin: str
    traffic_by_asin: Visits
    child_asin: str | None = None


class DaysReport(_Shape):
    """A report, as far as it tells of days."""

    sales_and_traffic_by_date: list[DayVisits]


class ProductsReport(_Shape):
    """A report, as far as it tells of products."""

    sales_and_traffic_by_asin: list[ProductVisits]
