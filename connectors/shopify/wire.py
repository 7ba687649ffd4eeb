"""The shape of Shopify's answers, as far as the connector asks for them.

Lists and dates may be null, whatever the platform's schema promises: what is missing then is judged
by the checks, document by document.
"""

from typing import Annotated, Generic, TypeVar

import msgspec

from connectors.base.fields import requested

Node = TypeVar("Node")

LINES, LEVELS, CODES = "first: 10", "first: 5", "first: 1"
"""How many children come with their document."""
_UNREQUESTED = requested(is_requested=False)
_OF_CODE = requested(on="DiscountCodeBasic")
_STATES = requested(arguments='names: ["available", "on_hand", "committed"]')


class _Shape(msgspec.Struct, gc=False, rename="camel"):
    """Fields as the platform writes them; no cycles, so the collector need not look at them.

    Lists inside a document are tuples: an empty one is no object of its own, which halves the time
    of decoding a year's lines.
    """


class PageInfo(_Shape):
    """Where a connection goes on."""

    has_next_page: bool
    end_cursor: str | None = None


class Connection(_Shape, Generic[Node]):
    """A page of a connection of which no more is wanted."""

    nodes: list[Node] | None


class Paged(_Shape, Generic[Node]):
    """A page of children that are read to their end.

    Neither may be null: a document whose children are not all known is not whole.
    """

    nodes: list[Node]
    page_info: PageInfo


class Amount(_Shape):
    """Decimal text in major units."""

    amount: str


class Money(_Shape):
    """Decimal text in major units and its currency."""

    amount: str
    currency_code: str


class MoneyBag(_Shape):
    """An amount in the shop's currency."""

    shop_money: Amount


class Reference(_Shape):
    """Another object, by id."""

    id: str


class Allocation(_Shape):
    """A discount's share of a line."""

    allocated_amount_set: MoneyBag


class TaxLine(_Shape):
    """One tax on a line, after discounts and before returns."""

    price_set: MoneyBag


class Line(_Shape):
    """A line of an order. Older answers lack its last fields, which were not asked for then."""

    id: str
    sku: str | None
    quantity: int
    current_quantity: int
    variant: Reference | None
    original_unit_price_set: MoneyBag
    original_total_set: MoneyBag
    discount_allocations: tuple[Allocation, ...] | None
    is_gift_card: bool | None = None
    requires_shipping: bool | None = None
    tax_lines: tuple[TaxLine, ...] | None = None
    parent_id: Annotated[str | None, _UNREQUESTED] = msgspec.field(default=None, name="__parentId")

    @property
    def cuts(self) -> str | None:
        """Its discounts as one text, null without any: lists would cost 20 µs a line."""
        if not self.discount_allocations:
            return None
        cuts = [one.allocated_amount_set.shop_money.amount for one in self.discount_allocations]
        return " ".join(cuts)

    @property
    def taxes(self) -> str | None:
        """Its taxes, likewise."""
        if not self.tax_lines:
            return None
        return " ".join([tax.price_set.shop_money.amount for tax in self.tax_lines])


class Fee(_Shape):
    """What is charged beside goods and shipping, such as an import fee."""

    id: str
    price: MoneyBag


class ShippingLine(_Shape):
    """All shipping of an order, after discounts."""

    discounted_price_set: MoneyBag


class Refund(_Shape):
    """Money paid back."""

    id: str
    created_at: str | None
    total_refunded_set: MoneyBag


class Tracking(_Shape):
    """A parcel's carrier and number."""

    company: str | None
    number: str | None


class Fulfillment(_Shape):
    """Goods that left together, in one parcel or several."""

    created_at: str | None
    delivered_at: str | None
    estimated_delivery_at: str | None
    status: str
    tracking_info: tuple[Tracking, ...] | None


class OrderVersion(_Shape, kw_only=True):
    """Which order it is, and as of when."""

    id: str
    created_at: str | None
    updated_at: str | None
    currency_code: str


class OrderLines(OrderVersion, kw_only=True):
    """An order's further lines, and the version of the order that they belong to."""

    children: Annotated[Paged[Line], requested(arguments=LINES)] = msgspec.field(name="lineItems")


class OrderHead(OrderVersion, kw_only=True):
    """An order without its lines. Set amounts may be null by the platform's schema.

    Its last fields are absent in what was read before they were asked for; then shipping before
    discounts was.
    """

    processed_at: str | None
    cancelled_at: str | None
    test: bool
    display_financial_status: str | None
    display_fulfillment_status: str
    discount_codes: tuple[str, ...] | None
    customer: Reference | None
    subtotal_price_set: MoneyBag | None
    total_discounts_set: MoneyBag | None
    total_tax_set: MoneyBag | None
    total_price_set: MoneyBag
    total_refunded_set: MoneyBag
    refunds: tuple[Refund, ...] | None
    fulfillments: tuple[Fulfillment, ...] | None = None
    taxes_included: bool | None = None
    total_tip_received_set: MoneyBag | None = None
    shipping_line: ShippingLine | None = None
    total_shipping_price_set: Annotated[MoneyBag | None, _UNREQUESTED] = None
    additional_fees: tuple[Fee, ...] | None = None
    original_total_duties_set: MoneyBag | None = None


class Order(OrderHead, kw_only=True):
    """An order with its first lines."""

    children: Annotated[Paged[Line], requested(arguments=LINES)] = msgspec.field(name="lineItems")


class Product(_Shape):
    """A product, as its variants show it."""

    id: str
    title: str
    status: str
    vendor: str
    product_type: str
    updated_at: str | None


class Variant(_Shape):
    """A listing with its price: decimal text in the shop's currency."""

    id: str
    sku: str | None
    title: str
    price: str
    compare_at_price: str | None
    created_at: str | None
    updated_at: str | None
    product: Product


class Quantity(_Shape):
    """Pieces in one state."""

    name: str
    quantity: int


class Level(_Shape):
    """Stock of an item at a location."""

    id: str
    updated_at: str | None
    location: Reference
    quantities: Annotated[tuple[Quantity, ...] | None, _STATES]
    parent_id: Annotated[str | None, _UNREQUESTED] = msgspec.field(default=None, name="__parentId")

    @property
    def available(self) -> int | None:
        """Pieces that can be sold; null when the platform did not say, likewise the others."""
        return self._pieces("available")

    @property
    def on_hand(self) -> int | None:
        """Pieces that are there."""
        return self._pieces("on_hand")

    @property
    def committed(self) -> int | None:
        """Pieces that are sold and not sent."""
        return self._pieces("committed")

    def _pieces(self, state: str) -> int | None:
        held = self.quantities or ()
        return next((one.quantity for one in held if one.name == state), None)


class ItemHead(_Shape, kw_only=True):
    """What is stocked, without where."""

    id: str
    sku: str | None
    tracked: bool
    updated_at: str | None


class Item(ItemHead, kw_only=True):
    """What is stocked, with its first places."""

    children: Annotated[Paged[Level], requested(arguments=LEVELS)] = msgspec.field(
        name="inventoryLevels"
    )


class Customer(_Shape):
    """A customer without any personal field."""

    id: str
    created_at: str | None
    updated_at: str | None
    number_of_orders: str
    amount_spent: Money


class DiscountValue(_Shape):
    """What a discount takes off."""

    typename: str = msgspec.field(name="__typename")
    percentage: Annotated[float | None, requested(on="DiscountPercentage")] = None
    amount: Annotated[Money | None, requested(on="DiscountAmount")] = None


class DiscountGets(_Shape):
    """What a customer gets."""

    value: DiscountValue


class Code(_Shape):
    """A code of a discount."""

    id: str
    code: str
    parent_id: Annotated[str | None, _UNREQUESTED] = msgspec.field(default=None, name="__parentId")


class Discount(_Shape):
    """A discount of any kind; only `DiscountCodeBasic` has more than its kind."""

    typename: str = msgspec.field(name="__typename")
    title: Annotated[str | None, _OF_CODE] = None
    status: Annotated[str | None, _OF_CODE] = None
    starts_at: Annotated[str | None, _OF_CODE] = None
    ends_at: Annotated[str | None, _OF_CODE] = None
    updated_at: Annotated[str | None, _OF_CODE] = None
    usage_limit: Annotated[int | None, _OF_CODE] = None
    async_usage_count: Annotated[int | None, _OF_CODE] = None
    customer_gets: Annotated[DiscountGets | None, _OF_CODE] = None
    codes: Annotated[
        Connection[Code] | None, requested(arguments=CODES, on="DiscountCodeBasic")
    ] = None


class DiscountNode(_Shape):
    """A discount by its id."""

    id: str
    discount: Discount

    @property
    def children(self) -> Connection[Code] | None:
        """Its codes."""
        return self.discount.codes
