"""WooCommerce's answers (wc/v3), as far as they are asked for.

Amounts are decimal text; instants are GMT without an offset. What a list asks for is named once
here, as `*_FIELDS`; inside a list of lines all fields come, whatever was asked.
"""

import html
import re
from collections.abc import Iterable
from functools import partial
from typing import Any

import msgspec

from connectors.base.documents import At, JsonDocuments, owner_of
from connectors.base.wire import Text, decoded, lenient, unknown_fields
from contracts.streams import Page

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
IGNORED = frozenset(
    {
        "_links",
        "discount",
        "discount_tax",
        "discount_type",
        "display_key",
        "display_value",
        "free_shipping",
        "global_unique_id",
        "image",
        "meta_data",
        "name",
        "nominal_amount",
        "parent_name",
        "price",
        "reason",
        "slug",
        "subtotal_tax",
        "tax_class",
        "taxes",
        "total_tax",
    }
)


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


def _fields(shape: type[msgspec.Struct]) -> str:
    return ",".join(field.encode_name for field in msgspec.structs.fields(shape))


ORDER_FIELDS = _fields(Order)
REFUND_FIELDS = _fields(Refund)
PRODUCT_FIELDS = ",".join(name for name in _fields(Product).split(",") if name != "attributes")
VARIATION_FIELDS = ",".join(
    name for name in _fields(Product).split(",") if name not in ("type", "name", "categories")
)
CODE_FIELDS = _fields(Code)
CUSTOMER_FIELDS = _fields(Customer)
COUPON_FIELDS = _fields(Coupon)
REVIEW_FIELDS = _fields(Review)


class Shape:
    """Reads lists of one kind of document."""

    def __init__(
        self, document: type[msgspec.Struct], *, ignored: frozenset[str] = IGNORED
    ) -> None:
        self._document = document
        self._ignored = ignored
        self._decode = lenient(list[document]).decode  # type: ignore[valid-type]

    def documents(self, *pages: Page) -> list[Any]:
        """The documents of all pages.

        Raises:
            SourceContractError: the answer has a shape that we do not know.
        """
        return [one for page in pages for one in decoded(self._decode, page.body)]

    def unknown(self, pages: Iterable[Page]) -> set[str]:
        """Names of fields that we do not know, in the first document of each page."""
        names = (
            unknown_fields(msgspec.json.decode(raw), self._document)
            for page in pages
            for raw in _RAW(page.body)[:1]
        )
        return set[str]().union(*names) - self._ignored


_RAW = partial(msgspec.json.decode, type=list[msgspec.Raw])

PAGES = JsonDocuments(
    {
        "orders": At("", "orders", "id", lenient(Order)),
        AGAIN: At("", "orders", "id", lenient(Order)),
        REFUNDS_OF: At("", "orders", lambda _, page: owner_of(page), lenient(Refund)),
        "products": At("", "listings", "id", lenient(Product)),
        CODES: At("", "orders", lambda _, page: None),
        VARIATIONS_OF: At("", "listings", "id", lenient(Product)),
        "customers": At("", "members", "id", lenient(Customer)),
        "coupons": At("", "coupons", "id", lenient(Coupon)),
        "reviews": At("", "reviews", "id", lenient(Review)),
    }
)
"""Where documents lie; a refund is a part of its order."""

ORDERS = Shape(Order)
REFUNDS = Shape(
    Refund, ignored=IGNORED | {"product_id", "sku", "subtotal", "total", "variation_id"}
)
CODES_OF_PRODUCTS = Shape(Code)
PRODUCTS = Shape(Product)
CUSTOMERS = Shape(Customer)
COUPONS = Shape(Coupon)
REVIEWS = Shape(Review)


def parted(pages: Iterable[Page]) -> dict[str, list[tuple[str, Page]]]:
    """Pages by the beginning of their part, each with the id of the document it belongs to."""
    found: dict[str, list[tuple[str, Page]]] = {}
    for page in pages:
        part, _, owner = page.part.partition(":")
        found.setdefault(part, []).append((owner, page))
    return found
