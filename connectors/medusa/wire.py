"""Medusa's answers, as far as they are asked for: each field declared here is asked for by name.

Amounts are JSON numbers in major units, of any number of decimals: the server rounds nothing.
Instants are UTC with a Z. Lines of an order always come with all their fields, asked for or not.
"""

from typing import Any

import msgspec

from connectors.base.documents import JsonDocuments
from connectors.base.rows import Rows
from connectors.base.wire import Text, lenient

REGION = "region"
"""The fact of an account that its prices are chosen by."""
LISTS, VALUES = "price_lists", "values"
"""Parts of pages that products and returns are read with."""


class _Shape(msgspec.Struct, gc=False):
    pass


class Row(_Shape):
    """A row by its id alone, however odd it is."""

    id: Any = None


class TaxLine(_Shape):
    """A tax on a line, in percent."""

    rate: Text


class Adjustment(_Shape):
    """What a promotion takes off a line. Of a promotion that was deleted the code stays here."""

    code: Text | None


class Detail(_Shape):
    """What became of a line's pieces."""

    return_received_quantity: Text
    return_dismissed_quantity: Text


class Line(_Shape):
    """A line; its total is with tax, after discounts and without what was returned."""

    id: str
    variant_id: str | None
    variant_sku: Text | None
    is_giftcard: bool
    is_tax_inclusive: bool
    unit_price: Text
    quantity: Text
    total: Text
    return_received_total: Text
    return_dismissed_total: Text
    detail: Detail
    tax_lines: list[TaxLine]
    adjustments: list[Adjustment]


class ShippingMethod(_Shape):
    """How an order is sent; what comes back in exchange adds one of its own."""

    id: str
    adjustments: list[Adjustment] | None = None


class Refund(_Shape):
    """Money that was paid back."""

    id: str
    amount: Text
    created_at: str


class Payment(_Shape):
    """A payment, which may be captured in parts."""

    id: str
    captured_at: str | None
    refunds: list[Refund] | None = None


class Collection(_Shape):
    """What is to be paid: the first one for the order as placed, others for what it grew by."""

    id: str
    status: str
    updated_at: str
    payments: list[Payment] | None = None


class Label(_Shape):
    """A parcel's waybill."""

    tracking_number: Text | None
    tracking_url: Text | None


class Fulfillment(_Shape):
    """Goods that are packed, and leave together."""

    id: str
    shipped_at: str | None
    delivered_at: str | None
    canceled_at: str | None
    updated_at: str
    labels: list[Label] | None = None


class Order(_Shape):
    """An order. Its totals are without what was returned, and what was paid back is a credit."""

    id: str
    status: str
    currency_code: str
    customer_id: str | None
    created_at: str
    updated_at: str
    canceled_at: str | None
    payment_status: str
    fulfillment_status: str
    total: Text
    credit_line_total: Text
    item_total: Text
    item_tax_total: Text
    shipping_total: Text
    shipping_subtotal: Text
    shipping_tax_total: Text
    items: list[Line]
    payment_collections: list[Collection] | None = None
    fulfillments: list[Fulfillment] | None = None
    shipping_methods: list[ShippingMethod] | None = None


class Worth(_Shape):
    """What an order's lines are worth; asked for without a word of the customer."""

    id: str
    currency_code: str
    total: Text
    items: list[Line]


class _Id(_Shape):
    id: str | None = None


class _Changed(_Shape):
    updated_at: str | None = None
    order: _Id | None = None


class Paid(_Shape):
    """Which order's money moved, and when; no document."""

    id: str
    payment_collection: _Changed | None = None


class ReturnItem(_Shape):
    """Pieces of a line that come back."""

    item_id: str
    quantity: Text


class Return(_Shape):
    """A return; what it is worth is told by its order's lines."""

    id: str
    order_id: str
    status: str
    created_at: str
    updated_at: str
    items: list[ReturnItem]


class Rule(_Shape):
    """A condition of a price; without it being asked for, `Price.rules` are told as none."""

    attribute: str
    value: Text | None


class Price(_Shape):
    """A price, in one currency and under conditions."""

    id: str
    amount: Text
    currency_code: str
    min_quantity: Text | None
    max_quantity: Text | None
    rules: dict[str, Any]
    price_rules: list[Rule] | None = None


class _PriceSet(_Shape):
    variant: _Id | None = None


class ListPrice(Price):
    """A price of a list; the variant is told where its set of prices is asked for."""

    variant_id: str | None = None
    price_set: _PriceSet | None = None


class Named(_Shape):
    """A category."""

    name: Text | None


class Product(_Shape):
    """What variants have in common."""

    title: Text | None
    status: str
    updated_at: str
    categories: list[Named] | None = None

    @property
    def category(self) -> str | None:
        """The first of its categories."""
        return self.categories[0].name if self.categories else None


class Variant(_Shape):
    """What a customer can put in the cart."""

    id: str
    product_id: str
    sku: Text | None
    title: Text | None
    created_at: str
    updated_at: str
    product: Product
    prices: list[Price]


class PriceList(_Shape):
    """Prices that hold for a time instead of the variants' own."""

    id: str
    type: str
    status: str
    starts_at: str | None
    ends_at: str | None
    rules_count: int | None
    prices: list[ListPrice]


class Level(_Shape):
    """Pieces at one place."""

    location_id: str
    stocked_quantity: Text
    reserved_quantity: Text


class Needs(_Shape):
    """How many pieces of an item a variant takes."""

    required_quantity: int | None


class SoldAs(_Shape):
    """A variant that an item is sold as."""

    sku: Text | None
    inventory_items: list[Needs] | None = None


class Item(_Shape):
    """Goods on the shelf. The code is as it was when they were made; a variant's may change."""

    id: str
    sku: Text | None
    location_levels: list[Level]
    variants: list[SoldAs | None] | None = None

    @property
    def code(self) -> str | None:
        """The code of the one variant that this item is, else its own."""
        sold = [one for one in self.variants or [] if one is not None]
        if len(sold) == 1 and [one.required_quantity for one in sold[0].inventory_items or []] == [
            1
        ]:
            return sold[0].sku or self.sku
        return self.sku


class Customer(_Shape):
    """A customer; who orders as a guest is one too, without an account."""

    id: str
    has_account: bool
    created_at: str
    updated_at: str


class Method(_Shape):
    """How a promotion takes off."""

    type: str
    value: Text | None
    currency_code: str | None


class Budget(_Shape):
    """How often a campaign's promotions may be used, by everybody or by each customer."""

    type: str | None
    attribute: str | None
    limit: Text | None


class Campaign(_Shape):
    """When promotions hold."""

    name: Text | None
    starts_at: str | None
    ends_at: str | None
    budget: Budget | None = None


class Value(_Shape):
    """One value of a condition."""

    value: Text | None


class Condition(_Shape):
    """A condition of a promotion."""

    attribute: str
    operator: str
    values: list[Value]


class Promotion(_Shape):
    """A promotion, with a code or by itself."""

    id: str
    code: Text | None
    status: str
    is_automatic: bool
    limit: int | None
    used: int | None
    created_at: str
    updated_at: str
    application_method: Method
    campaign: Campaign | None = None
    rules: list[Condition] | None = None


ORDERS = Rows("orders", Order, decoder=lenient)
WORTH = Rows("orders", Worth, decoder=lenient)
PAID = Rows("payments", Paid)
RETURNS = Rows("returns", Return, decoder=lenient)
VARIANTS = Rows("variants", Variant, decoder=lenient)
PRICE_LISTS = Rows("price_lists", PriceList, decoder=lenient)
ITEMS = Rows("inventory_items", Item, decoder=lenient)
CUSTOMERS = Rows("customers", Customer)
PROMOTIONS = Rows("promotions", Promotion, decoder=lenient)
PAGES = JsonDocuments(
    {
        "orders": ORDERS.at("orders", "id"),
        VALUES: WORTH.at("refund_cases", lambda _, page: None),
        "returns": RETURNS.at("refund_cases", "id"),
        "variants": VARIANTS.at("listings", "id"),
        LISTS: PRICE_LISTS.at("listings", lambda _, page: None),
        "inventory_items": ITEMS.at("stock_levels", "id"),
        "customers": CUSTOMERS.at("members", "id"),
        "promotions": PROMOTIONS.at("coupons", "id"),
    }
)
"""Where documents lie."""
