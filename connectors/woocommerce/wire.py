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

from connectors.base.wire import decoded, unknown_fields
from contracts.streams import Page

REFUNDS_OF, VARIATIONS_OF = "refunds", "variations"
"""How a page's part begins; the id of the order or of the product follows after a colon."""
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
    product_id: int
    variation_id: int
    quantity: float
    subtotal: str
    total: str
    sku: str | None = None


class CouponLine(_Shape):
    """A code used on an order."""

    id: int
    code: str


class OrderRefund(_Shape):
    """A refund as its order tells of it; the amount is below zero."""

    id: int
    total: str


class Order(_Shape):
    """An order."""

    id: int
    status: str
    currency: str
    date_created_gmt: str
    date_modified_gmt: str
    date_paid_gmt: str | None
    date_completed_gmt: str | None
    discount_total: str
    shipping_total: str
    total: str
    total_tax: str
    customer_id: int
    line_items: list[Line]
    coupon_lines: list[CouponLine]
    refunds: list[OrderRefund]


class Meta(_Shape):
    """A note that the shop or a plug-in keeps beside something."""

    key: str
    value: Any = None
    id: int | None = None


class RefundLine(_Shape):
    """Pieces of a line that were paid back, below zero."""

    id: int
    quantity: float
    meta_data: list[Meta]

    @property
    def line(self) -> int | None:
        """The order's line that it pays back."""
        for meta in self.meta_data:
            if meta.key == "_refunded_item_id" and str(meta.value).isdigit():
                return int(str(meta.value))
        return None


class Refund(_Shape):
    """A refund with its instant and its lines."""

    id: int
    date_created_gmt: str
    line_items: list[RefundLine]


class Term(_Shape):
    """A category or a brand."""

    name: str
    id: int | None = None


class Attribute(_Shape):
    """What makes a variation differ from its sisters."""

    option: str | None = None
    id: int | None = None


class Product(_Shape):
    """A product, or a variation of one. `price` is the one in force, empty for none."""

    id: int
    sku: str
    price: str
    regular_price: str
    on_sale: bool
    status: str
    date_created_gmt: str
    date_modified_gmt: str
    manage_stock: bool | str
    """"parent" for a variation that is sold out of its product's stock."""
    stock_quantity: float | None
    type: str = "variation"
    name: str = ""
    categories: list[Term] = []
    brands: list[Term] = []
    attributes: list[Attribute] = []

    @property
    def title(self) -> str:
        """Its name as people read it."""
        return html.unescape(self.name)

    @property
    def options(self) -> str:
        """What makes a variation differ, in words."""
        return " ".join(html.unescape(one.option) for one in self.attributes if one.option)

    @property
    def category(self) -> str | None:
        """The first of its categories."""
        return html.unescape(self.categories[0].name) if self.categories else None

    @property
    def brand(self) -> str | None:
        """The first of its brands; shops before WooCommerce 9.6 have none."""
        return html.unescape(self.brands[0].name) if self.brands else None

    @property
    def stock(self) -> float | None:
        """Pieces of its own stock; null where none is kept."""
        return self.stock_quantity if self.manage_stock is True else None


class Customer(_Shape):
    """A customer with an account."""

    id: int
    date_created_gmt: str
    date_modified_gmt: str | None


class Coupon(_Shape):
    """A coupon; `amount` is a percentage or an amount of the shop's currency."""

    id: int
    code: str
    amount: str
    discount_type: str
    description: str
    date_created_gmt: str
    date_modified_gmt: str
    date_expires_gmt: str | None
    usage_count: int
    usage_limit: int | None
    status: str = "publish"


class Review(_Shape):
    """A review; `rating` is 0 for one without stars. It does not name an account."""

    id: int
    date_created_gmt: str
    product_id: int
    review: str
    rating: int

    @property
    def body(self) -> str:
        """What was written, without its markup."""
        return html.unescape(_TAG.sub(" ", self.review)).strip()


def _fields(shape: type[msgspec.Struct]) -> str:
    return ",".join(field.encode_name for field in msgspec.structs.fields(shape))


ORDER_FIELDS = _fields(Order)
REFUND_FIELDS = _fields(Refund)
PRODUCT_FIELDS = ",".join(name for name in _fields(Product).split(",") if name != "attributes")
VARIATION_FIELDS = ",".join(
    name for name in _fields(Product).split(",") if name not in ("type", "name", "categories")
)
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
        self._decode = msgspec.json.Decoder(list[document]).decode  # type: ignore[valid-type]

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

ORDERS = Shape(Order)
REFUNDS = Shape(
    Refund, ignored=IGNORED | {"product_id", "sku", "subtotal", "total", "variation_id"}
)
PRODUCTS = Shape(Product)
CUSTOMERS = Shape(Customer)
COUPONS = Shape(Coupon)
REVIEWS = Shape(Review)


def sorted_out(pages: Iterable[Page], kind: str) -> tuple[list[Page], list[tuple[int, Page]]]:
    """Pages of documents, and those of a kind with the id of the document they belong to."""
    heads, children = [], []
    for page in pages:
        part, _, owner = page.part.partition(":")
        if part == kind:
            children.append((int(owner), page))
        else:
            heads.append(page)
    return heads, children
