"""The shape of Shopify's answers, as far as the connector asks for them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from connectors.base.wire import decoded, unknown_fields
from contracts.errors import SourceContractError
from contracts.streams import Page

Node = TypeVar("Node")


class _Shape(msgspec.Struct, gc=False, rename="camel"):
    """Fields as the platform writes them; no cycles, so the collector need not look at them."""


class PageInfo(_Shape):
    """Where a connection goes on."""

    has_next_page: bool
    end_cursor: str | None = None


class Connection(_Shape, Generic[Node]):
    """A page of a connection; without `pageInfo` where the rest is not wanted."""

    nodes: list[Node]
    page_info: PageInfo | None = None

    @property
    def next_cursor(self) -> str | None:
        """Cursor of the next page; null at the end."""
        info = self.page_info
        if info is None or not info.has_next_page:
            return None
        if info.end_cursor is None:
            raise SourceContractError("a page has a next one and no cursor to it")
        return info.end_cursor


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


class Line(_Shape):
    """A line of an order."""

    id: str
    sku: str | None
    quantity: int
    current_quantity: int
    variant: Reference | None
    original_unit_price_set: MoneyBag
    original_total_set: MoneyBag
    discount_allocations: list[Allocation]
    parent_id: str | None = msgspec.field(default=None, name="__parentId")


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

    created_at: str
    delivered_at: str | None
    estimated_delivery_at: str | None
    status: str
    tracking_info: list[Tracking]


class OrderLines(_Shape, kw_only=True):
    """An order's further lines, and the version of the order that they belong to."""

    id: str
    created_at: str
    updated_at: str
    currency_code: str
    children: Connection[Line] | None = msgspec.field(default=None, name="lineItems")


class Order(OrderLines, kw_only=True):
    """An order. Set amounts may be null by the platform's schema."""

    processed_at: str
    cancelled_at: str | None
    test: bool
    display_financial_status: str | None
    display_fulfillment_status: str
    discount_codes: list[str]
    customer: Reference | None
    subtotal_price_set: MoneyBag | None
    total_discounts_set: MoneyBag | None
    total_shipping_price_set: MoneyBag
    total_tax_set: MoneyBag | None
    total_price_set: MoneyBag
    total_refunded_set: MoneyBag
    refunds: list[Refund]
    fulfillments: list[Fulfillment] = []
    """Absent in what was read before parcels were asked for."""


class Product(_Shape):
    """A product, as its variants show it."""

    id: str
    title: str
    status: str
    vendor: str
    product_type: str
    updated_at: str


class Variant(_Shape):
    """A listing with its price: decimal text in the shop's currency."""

    id: str
    sku: str | None
    title: str
    price: str
    compare_at_price: str | None
    created_at: str
    updated_at: str
    product: Product


class Quantity(_Shape):
    """Pieces in one state."""

    name: str
    quantity: int


class Level(_Shape):
    """Stock of an item at a location."""

    id: str
    updated_at: str
    location: Reference
    quantities: list[Quantity]
    parent_id: str | None = msgspec.field(default=None, name="__parentId")

    def pieces(self, state: str) -> int | None:
        """Pieces in a state; null when the platform did not say."""
        return next((held.quantity for held in self.quantities if held.name == state), None)


class Item(_Shape):
    """What is stocked."""

    id: str
    sku: str | None
    tracked: bool
    updated_at: str
    children: Connection[Level] | None = msgspec.field(default=None, name="inventoryLevels")


class Held(_Shape):
    """Pieces of an item at a location."""

    location: Reference
    quantities: list[Quantity]


class StockedItem(_Shape):
    """An item with its pieces, as it is read back."""

    id: str
    sku: str | None
    inventory_levels: Connection[Held]

    def available(self, location_id: str) -> int | None:
        """Pieces that can be sold at a location; null when it holds none of it."""
        return next(
            (
                held.quantity
                for level in self.inventory_levels.nodes
                if level.location.id == location_id
                for held in level.quantities
                if held.name == "available"
            ),
            None,
        )


class Customer(_Shape):
    """A customer without any personal field."""

    id: str
    created_at: str
    updated_at: str
    number_of_orders: str
    amount_spent: Money


class DiscountValue(_Shape):
    """What a discount takes off."""

    typename: str = msgspec.field(name="__typename")
    percentage: float | None = None
    amount: Money | None = None


class DiscountGets(_Shape):
    """What a customer gets."""

    value: DiscountValue


class Code(_Shape):
    """A code of a discount."""

    id: str
    code: str
    parent_id: str | None = msgspec.field(default=None, name="__parentId")


class Discount(_Shape):
    """A discount of any kind; only `DiscountCodeBasic` has more than its kind."""

    typename: str = msgspec.field(name="__typename")
    title: str | None = None
    status: str | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    updated_at: str | None = None
    usage_limit: int | None = None
    async_usage_count: int | None = None
    customer_gets: DiscountGets | None = None
    codes: Connection[Code] | None = None


class DiscountNode(_Shape):
    """A discount by its id."""

    id: str
    discount: Discount

    @property
    def children(self) -> Connection[Code] | None:
        """Its codes."""
        return self.discount.codes


class _Raws(_Shape):
    nodes: list[msgspec.Raw]


@dataclass(frozen=True, slots=True)
class Documents:
    """A page's documents, their children, and for each child the index of its document.

    `is_rest`: the documents were in an earlier page, only the children are new.
    """

    parents: list[Any]
    children: list[Any]
    owners: list[int]
    is_rest: bool
    unknown: set[str]


class Shape:
    """Reads the pages of one source, whichever way they were fetched."""

    def __init__(
        self, parent: type, *, child: type | None = None, rest: type | None = None
    ) -> None:
        self._parent = parent
        self._child = child
        paged = dict[str, Connection[parent]]  # type: ignore[valid-type]  # a type made at run time
        self.page: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(paged)
        self.rest = msgspec.json.Decoder(dict[str, (rest or parent) | None])  # type: ignore[misc]
        self._row: Callable[[bytes], Any] = msgspec.json.Decoder(parent).decode
        self._child_row: Callable[[bytes], Any] = msgspec.json.Decoder(child or parent).decode

    def documents(self, page: Page) -> Documents:
        """Decode a page by its `part`: "page", "rest" or "bulk".

        Raises:
            SourceContractError: the answer has a shape that we do not know.
        """
        if page.part == "bulk":
            return self._from_lines(page.body.splitlines())
        if page.part == "rest":
            parents = [node for node in decoded(self.rest.decode, page.body).values() if node]
            return self._nested(parents, is_rest=True, unknown=set())
        parents = [
            n
            for connection in decoded(self.page.decode, page.body).values()
            for n in connection.nodes
        ]
        return self._nested(parents, is_rest=False, unknown=self._unknown(page.body))

    def _nested(self, parents: list[Any], *, is_rest: bool, unknown: set[str]) -> Documents:
        lists = [p.children.nodes if p.children else [] for p in parents] if self._child else []
        return Documents(
            parents,
            [child for children in lists for child in children],
            [owner for owner, children in enumerate(lists) for _ in children],
            is_rest,
            unknown,
        )

    def _from_lines(self, lines: list[bytes]) -> Documents:
        """Lines of a bulk file: a line that names its parent is a child."""
        parent_lines: list[bytes] = []
        child_lines: list[bytes] = []
        for line in lines:
            (child_lines if is_child(line) else parent_lines).append(line)
        parents = _all_decoded(self._row, parent_lines)
        children = _all_decoded(self._child_row, child_lines)
        index = {parent.id: number for number, parent in enumerate(parents)}
        try:
            owners = [index[child.parent_id] for child in children]
        except KeyError:
            raise SourceContractError("a bulk file has a child without its parent") from None
        firsts = ((parent_lines[:1], self._parent), (child_lines[:1], self._child))
        unknown = {
            name
            for found, shape in firsts
            for line in found
            for name in unknown_fields(msgspec.json.decode(line), shape)
        }
        return Documents(parents, children, owners, False, unknown)

    def _unknown(self, body: bytes) -> set[str]:
        """GraphQL gives every document the same fields, so the first one tells for all."""
        connections = msgspec.json.decode(body, type=dict[str, _Raws])
        return {
            name
            for connection in connections.values()
            for raw in connection.nodes[:1]
            for name in unknown_fields(msgspec.json.decode(raw), self._parent)
        }


def is_child(line: bytes) -> bool:
    """Whether a line of a bulk file belongs to a line before it.

    Inside a JSON text a quote is escaped, so the mark cannot be a part of somebody's title.
    """
    return b'"__parentId":' in line


def _all_decoded(decode: Callable[[bytes], Any], lines: list[bytes]) -> list[Any]:
    return decoded(lambda several: [decode(line) for line in several], lines)


ORDERS = Shape(Order, child=Line, rest=OrderLines)
PRODUCTS = Shape(Variant)
INVENTORY = Shape(Item, child=Level)
CUSTOMERS = Shape(Customer)
DISCOUNTS = Shape(DiscountNode, child=Code)
