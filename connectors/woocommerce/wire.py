"""WooCommerce's answers (wc/v3), as far as they are asked for.

Amounts are decimal text; instants are GMT without an offset. What a list asks for is named once
here, as `*_FIELDS`; inside a list of lines all fields come, whatever was asked.
"""

import html
import re
from collections.abc import Collection
from functools import partial
from typing import Any

import msgspec

from connectors.base.documents import At, JsonDocuments, owner_of
from connectors.base.fields import fields_of
from connectors.base.rows import Rows
from connectors.base.wire import Text, lenient

REFUNDS_OF, VARIATIONS_OF = "refunds", "variations"
"""How a page's part begins; the id of the order or of the product follows after a colon."""
CODES = "codes"
"""The part of pages that hold the own codes of products with variations that were ordered."""
AGAIN = "again"
"""The part of pages of orders that are read again, because they lost a refund without a change."""
PRICE_DECIMALS = "price_decimals"
"""The fact of an account that prices are rounded by."""
_TAG = re.compile(r"<[^>]*>")

# Fields of lines that say nothing to us, and links that come with every document.
_IGNORED = """
    _links discount discount_tax discount_type display_key display_value free_shipping
    global_unique_id image meta_data name nominal_amount parent_name price reason slug subtotal_tax
    tax_class taxes total_tax
""".split()  # noqa: SIM905  a list to be read


class _Shape(msgspec.Struct, gc=False):
    pass


class Line(_Shape):
    """A line of an order; amounts are those of all its pieces, without tax."""

    id: int
    product_id: int | None
    variation_id: int | None
    quantity: float | None
    subtotal: Text | None
    total: Text | None
    sku: Text | None = None
    """Of a variation without a code of its own it is its product's."""


class FeeLine(_Shape):
    """What was charged beside goods and shipping, without tax; plug-ins take tips so too."""

    id: int
    total: Text | None


class CouponLine(_Shape):
    """A code used on an order."""

    id: int
    code: Text | None


class OrderRefund(_Shape):
    """A refund as its order tells of it; the amount is below zero."""

    id: int
    total: Text | None


class Order(_Shape):
    """An order."""

    id: int
    status: str | None
    currency: str | None
    date_created_gmt: str | None
    date_modified_gmt: str | None
    date_paid_gmt: str | None
    date_completed_gmt: str | None
    discount_total: Text | None
    shipping_total: Text | None
    total: Text | None
    total_tax: Text | None
    customer_id: int | None
    line_items: list[Line] | None
    coupon_lines: list[CouponLine] | None
    refunds: list[OrderRefund] | None
    fee_lines: list[FeeLine] | None = None

    @property
    def untold(self) -> str | None:
        """The list that it does not tell of, which is not the same as an empty one."""
        if self.line_items is None:
            return "line_items"
        return "refunds" if self.refunds is None else None


class Meta(_Shape):
    """A note that the shop or a plug-in keeps beside something."""

    key: str | None
    value: Any = None
    id: int | None = None


class RefundLine(_Shape):
    """Pieces of a line that were paid back, below zero."""

    id: int
    quantity: float | None
    meta_data: list[Meta] | None

    @property
    def line(self) -> int | None:
        """The order's line that it pays back."""
        for meta in self.meta_data or []:
            if meta.key == "_refunded_item_id" and str(meta.value).isdecimal():
                return int(str(meta.value))
        return None


class Refund(_Shape):
    """A refund with its instant and its lines."""

    id: int
    date_created_gmt: str | None
    line_items: list[RefundLine] | None


class Code(_Shape):
    """A product's own code; it is no document, so no shape of it is odd."""

    id: Any = None
    sku: Any = None


class Term(_Shape):
    """A category or a brand."""

    name: Text | None
    id: int | None = None


class Attribute(_Shape):
    """What makes a variation differ from its sisters."""

    option: Text | None = None
    id: int | None = None


class Product(_Shape):
    """A product, or a variation of one. `price` is the one in force, empty for none."""

    id: int
    sku: Text | None
    """Of a variation without a code of its own it is its product's."""
    price: Text | None
    regular_price: Text | None
    on_sale: bool | None
    status: str | None
    date_created_gmt: str | None
    """Null while it is a draft that was never public."""
    date_modified_gmt: str | None
    manage_stock: bool | str | None
    """"parent" for a variation that is sold out of its product's stock."""
    stock_quantity: float | None
    type: str | None = "variation"
    name: Text | None = None
    categories: list[Term] | None = None
    brands: list[Term] | None = None
    attributes: list[Attribute] | None = None

    @property
    def title(self) -> str:
        """Its name as people read it."""
        return html.unescape(self.name or "")

    @property
    def options(self) -> str:
        """What makes a variation differ, in words."""
        return " ".join(html.unescape(one.option) for one in self.attributes or [] if one.option)

    @property
    def category(self) -> str | None:
        """The first of its categories."""
        return _first(self.categories)

    @property
    def brand(self) -> str | None:
        """The first of its brands; shops before WooCommerce 9.6 have none."""
        return _first(self.brands)

    @property
    def stock(self) -> float | None:
        """Pieces of its own stock; null where none is kept."""
        return self.stock_quantity if self.manage_stock is True else None


def _first(terms: list[Term] | None) -> str | None:
    return html.unescape(terms[0].name) if terms and terms[0].name else None


class Customer(_Shape):
    """A customer with an account."""

    id: int
    date_created_gmt: str | None
    date_modified_gmt: str | None


class Coupon(_Shape):
    """A coupon; `amount` is a percentage or an amount of the shop's currency."""

    id: int
    code: Text | None
    amount: Text | None
    discount_type: str | None
    description: Text | None
    date_created_gmt: str | None
    date_modified_gmt: str | None
    date_expires_gmt: str | None
    usage_count: int | None
    usage_limit: int | None
    status: str | None = "publish"


class Review(_Shape):
    """A review; `rating` is 0 for one without stars. It does not name an account."""

    id: int
    date_created_gmt: str | None
    product_id: int | None
    review: Text | None
    rating: int | None

    @property
    def body(self) -> str:
        """What was written, without its markup."""
        return html.unescape(_TAG.sub(" ", self.review or "")).strip()


def _fields(shape: type[msgspec.Struct], *, without: Collection[str] = ()) -> str:
    """The names at the top: one inside a list would come out empty."""
    return ",".join(one.name for one in fields_of(shape) if one.name not in without)


ORDER_FIELDS = _fields(Order)
REFUND_FIELDS = _fields(Refund)
PRODUCT_FIELDS = _fields(Product, without=["attributes"])
VARIATION_FIELDS = _fields(Product, without=["type", "name", "categories"])
CODE_FIELDS = _fields(Code)
CUSTOMER_FIELDS = _fields(Customer)
COUPON_FIELDS = _fields(Coupon)
REVIEW_FIELDS = _fields(Review)

_rows = partial(Rows, "", ignored=_IGNORED, decoder=lenient)
_OF_REFUNDS = ("product_id", "sku", "subtotal", "total", "variation_id")
ORDERS = _rows(Order)
REFUNDS = _rows(Refund, ignored=(*_IGNORED, *_OF_REFUNDS))
CODES_OF_PRODUCTS = Rows("", Code)
PRODUCTS, CUSTOMERS, COUPONS, REVIEWS = map(_rows, (Product, Customer, Coupon, Review))

PAGES = JsonDocuments(
    {
        "orders": ORDERS.at("orders", "id"),
        AGAIN: ORDERS.at("orders", "id"),
        REFUNDS_OF: REFUNDS.at("orders", lambda _, page: owner_of(page)),
        "products": PRODUCTS.at("listings", "id"),
        CODES: At("", "orders", lambda _, page: None),
        VARIATIONS_OF: PRODUCTS.at("listings", "id"),
        "customers": CUSTOMERS.at("members", "id"),
        "coupons": COUPONS.at("coupons", "id"),
        "reviews": REVIEWS.at("reviews", "id"),
    }
)
"""Where documents lie; a refund is a part of its order."""
