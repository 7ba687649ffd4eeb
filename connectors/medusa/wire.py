"""Medusa's answers, as far as they are asked for: each field declared here is asked for by name.

Amounts are JSON numbers in major units, of any number of decimals: the server rounds nothing.
Instants are UTC with a Z. Lines of an order always come with all their fields, asked for or not.
"""

import datetime as dt
from typing import Any

import msgspec

from connectors.base.documents import JsonDocuments
from connectors.base.rows import Rows
from connectors.base.wire import Text, lenient

REGION = "region"
"""The fact of an account that its prices are chosen by."""
VALUES = "values"
"""The part of pages that say what returns are worth."""


class _Shape(msgspec.Struct, gc=False):
    pass


class Row(_Shape):
    """A row by its id alone, however odd it is."""

    id: Any = None


class _TaxLine(_Shape):
    rate: Text


class _Adjustment(_Shape):
    code: Text | None


class _Detail(_Shape):
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
    detail: _Detail
    tax_lines: list[_TaxLine]
    adjustments: list[_Adjustment]


class _ShippingMethod(_Shape):
    id: str
    adjustments: list[_Adjustment] | None = None


class _Refund(_Shape):
    id: str
    amount: Text
    created_at: str


class _Payment(_Shape):
    id: str
    captured_at: str | None
    refunds: list[_Refund] | None = None


class Collection(_Shape):
    """What is to be paid: the first one for the order as placed, others for what it grew by."""

    id: str
    status: str
    updated_at: str
    payments: list[_Payment] | None = None


class _Label(_Shape):
    tracking_number: Text | None
    tracking_url: Text | None


class _Fulfillment(_Shape):
    id: str
    shipped_at: str | None
    delivered_at: str | None
    canceled_at: str | None
    updated_at: str
    labels: list[_Label] | None = None


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
    shipping_methods: list[_ShippingMethod] | None = None
    payment_collections: list[Collection] | None = None
    fulfillments: list[_Fulfillment] | None = None


class Worth(_Shape):
    """What an order's lines are worth, which are told with a total; without the customer."""

    id: str
    currency_code: str
    total: Text
    items: list[Line]


class _Id(_Shape):
    id: str


class _Changed(_Shape):
    updated_at: dt.datetime
    order: _Id


class Paid(_Shape):
    """Which order's money moved, and when; no document."""

    payment_collection: _Changed


class _ReturnItem(_Shape):
    item_id: str
    quantity: Text


class Return(_Shape):
    """A return; what it is worth is told by its order's lines."""

    id: str
    order_id: str
    status: str
    created_at: str
    updated_at: str
    items: list[_ReturnItem]


class _Rule(_Shape):
    attribute: str
    value: Text | None


class Price(_Shape):
    """A price, in one currency and under conditions, by the region among them.

    Without its `price_rules` being asked for, `rules` are told as none.
    """

    id: str
    amount: float
    currency_code: str
    min_quantity: float | None
    max_quantity: float | None
    rules: dict[str, Any]
    price_rules: list[_Rule] | None = None


class _PriceSet(_Shape):
    variant: _Id | None = None


class ListPrice(Price):
    """A price of a list; the variant is told where its set of prices is asked for."""

    variant_id: str | None = None
    price_set: _PriceSet | None = None


class _Category(_Shape):
    name: Text | None


class Product(_Shape):
    """What variants have in common."""

    title: Text | None
    status: str
    updated_at: str
    categories: list[_Category] | None = None


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

    @property
    def category(self) -> str | None:
        """The first of its product's categories."""
        return next((one.name for one in self.product.categories or []), None)


class PriceList(_Shape):
    """Prices that hold for a time instead of the variants' own."""

    id: str
    type: str
    status: str
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    rules_count: int | None
    prices: list[ListPrice]


class Level(_Shape):
    """Pieces at one place."""

    location_id: str
    stocked_quantity: float
    reserved_quantity: float

    @property
    def sellable(self) -> float:
        """What is not reserved; below zero: more was sold than lies there."""
        return self.stocked_quantity - self.reserved_quantity


class _Needs(_Shape):
    required_quantity: int | None


class _SoldAs(_Shape):
    sku: Text | None
    inventory_items: list[_Needs] | None = None


class Item(_Shape):
    """Goods on the shelf, and the variants that they are sold as."""

    id: str
    sku: Text | None
    location_levels: list[Level]
    variants: list[_SoldAs | None] | None = None

    @property
    def code(self) -> str | None:
        """The code of the one variant that they are; their own is as it was when it was made."""
        sold = [one for one in self.variants or [] if one is not None]
        needed = [one.required_quantity for this in sold for one in this.inventory_items or []]
        return (sold[0].sku if len(sold) == 1 and needed == [1] else None) or self.sku


class Customer(_Shape):
    """A customer; who orders as a guest is one too, without an account."""

    id: str
    has_account: bool
    created_at: str
    updated_at: str


class _Method(_Shape):
    type: str
    value: float | None
    currency_code: str | None


class Budget(_Shape):
    """How often a campaign's promotions may be used, by everybody or by each customer."""

    type: str | None
    limit: float | None


class Campaign(_Shape):
    """When promotions hold."""

    name: Text | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    budget: Budget | None = None


class _Value(_Shape):
    value: Text | None


class _Condition(_Shape):
    attribute: str
    operator: str
    values: list[_Value]


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
    application_method: _Method
    campaign: Campaign | None = None
    rules: list[_Condition] | None = None


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
        "price_lists": PRICE_LISTS.at("listings", lambda _, page: None),
        "inventory_items": ITEMS.at("stock_levels", "id"),
        "customers": CUSTOMERS.at("members", "id"),
        "promotions": PROMOTIONS.at("coupons", "id"),
    }
)
"""Where documents lie; a page is named by its list."""
