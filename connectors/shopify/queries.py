"""The GraphQL documents: what is read and written, and nothing beside it.

A source is read in two ways, page by page or in bulk. Both select what the structs of `wire`
declare, so both give the same rows. No name, address or other personal field is among it.
"""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from connectors.base.fields import selection
from connectors.shopify import wire
from contracts.streams import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A connection inside a document, such as an order's lines.

    `first` children come with the document; the rest is asked for by the parent's id, together with
    the fields of `version` that tell which version of the parent they belong to. Without a
    `parent_type` the rest is not wanted.
    """

    field: str
    node: Any
    connection: Any
    first: str
    parent_type: str | None = None
    version: Any = None

    @property
    def paged(self) -> str:
        """How a page asks for it."""
        return f"{self.field}({self.first}) {{ {selection(self.connection)} }}"

    @property
    def whole(self) -> str:
        """How a bulk document asks for it."""
        return f"{self.field} {{ edges {{ node {{ {selection(self.node)} }} }} }}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A connection of the platform. `count` is the selection that counts it before it is read.

    A source that is not windowed is read whole.
    """

    root: str
    node: Any
    count: str
    sort_key: str
    is_windowed: bool = True
    child: Child | None = None

    @property
    def fields(self) -> str:
        """What a page selects of a document, its first children among it."""
        return selection(self.node)


def search(window: Window) -> str:
    """The search for what changed inside a window.

    Instants of the platform are whole seconds, so both ends are widened to a second: a document
    read twice is one document, a document between two windows would be lost.
    """
    end = window.end + dt.timedelta(microseconds=999_999)
    return f"updated_at:>='{_second(window.start)}' updated_at:<'{_second(end)}'"


def count_document(source: Source) -> str:
    """Counts a source; variable `query`."""
    declared = "($query: String)" if "$query" in source.count else ""
    return f"query {source.root}Count{declared} {{ {source.count} }}"


def page_document(source: Source) -> str:
    """One page; variables `first`, `after` and, for a windowed source, `query`."""
    declared = ", $query: String" if source.is_windowed else ""
    passed = ", query: $query" if source.is_windowed else ""
    sort = f", sortKey: {source.sort_key}" if source.sort_key else ""
    return (
        f"query {source.root}Page($first: Int!, $after: String{declared}) {{"
        f" {source.root}(first: $first, after: $after{passed}{sort}) {{"
        f" nodes {{ {source.fields} }}"
        " pageInfo { hasNextPage endCursor } } }"
    )


def rest_document(child: Child) -> str:
    """The children that follow a page's first; variables `id`, `first`, `after`."""
    return (
        f"query {child.field}Rest($id: ID!, $first: Int!, $after: String) {{ node(id: $id) {{"
        f" ... on {child.parent_type} {{ {selection(child.version)}"
        f" {child.field}(first: $first, after: $after) {{ {selection(child.connection)} }} }} }} }}"
    )


def bulk_document(source: Source, query: str | None) -> str:
    """All of it in one job. A bulk document takes no variables."""
    arguments = f"(query: {json.dumps(query)})" if query else ""
    child, fields = source.child, source.fields
    if child is not None:
        fields = fields.replace(child.paged, child.whole)
    return f"{{ {source.root}{arguments} {{ edges {{ node {{ {fields} }} }} }} }}"


def _second(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


# One more than can be paged: whether there are more decides for bulk, how many more does not.
_LIMIT = "limit: 25001"
_FOUND = "{ count precision }"

ORDERS = Source(
    root="orders",
    node=wire.Order,
    sort_key="UPDATED_AT",
    count=f"count: ordersCount(query: $query, {_LIMIT}) {_FOUND}",
    child=Child(
        field="lineItems",
        node=wire.Line,
        connection=wire.Paged[wire.Line],
        first=wire.LINES,
        parent_type="Order",
        version=wire.OrderVersion,
    ),
)

# A deletion shows in no list of changes, so all there is is read, drafts and archived ones too.
PRODUCTS = Source(
    root="productVariants",
    node=wire.Variant,
    sort_key="ID",
    is_windowed=False,
    count=f"count: productVariantsCount({_LIMIT}) {_FOUND}",
)

INVENTORY = Source(
    root="inventoryItems",
    node=wire.Item,
    sort_key="",
    is_windowed=False,
    count=f"count: productVariantsCount({_LIMIT}) {_FOUND}",
    child=Child(
        field="inventoryLevels",
        node=wire.Level,
        connection=wire.Paged[wire.Level],
        first=wire.LEVELS,
        parent_type="InventoryItem",
        version=wire.ItemHead,
    ),
)

CUSTOMERS = Source(
    root="customers",
    node=wire.Customer,
    sort_key="ID",
    is_windowed=False,
    count=f"count: customersCount({_LIMIT}) {_FOUND}",
)

DISCOUNTS = Source(
    root="discountNodes",
    node=wire.DiscountNode,
    sort_key="ID",
    is_windowed=False,
    count=f"count: discountNodesCount({_LIMIT}) {_FOUND}",
    child=Child(
        field="codes", node=wire.Code, connection=wire.Connection[wire.Code], first=wire.CODES
    ),
)

SOURCES = (ORDERS, PRODUCTS, INVENTORY, CUSTOMERS, DISCOUNTS)

CLOCK = "query clock { shop { id } }"
SHOP = "query shop { shop { name ianaTimezone currencyCode plan { publicDisplayName } } }"
SCOPES = "query scopes { currentAppInstallation { accessScopes { handle } } }"

RUN_BULK = (
    "mutation runBulk($query: String!) { bulkOperationRunQuery(query: $query, groupObjects: true) {"
    " bulkOperation { id status } userErrors { field code } } }"
)
POLL_BULK = (
    "query pollBulk($id: ID!) { bulkOperation(id: $id) { id status errorCode fileSize url } }"
)

PRICES = (
    "query prices($ids: [ID!]!) { shop { currencyCode }"
    " nodes(ids: $ids) { ... on ProductVariant { id price } } }"
)
SET_PRICES = (
    "mutation setPrices($product: ID!, $variants: [ProductVariantsBulkInput!]!) {"
    " productVariantsBulkUpdate(productId: $product, variants: $variants,"
    " allowPartialUpdates: true) { userErrors { field code } } }"
)

COUPON = (
    "query coupon($code: String!) { shop { currencyCode } codeDiscountNodeByCode(code: $code) {"
    " id codeDiscount { __typename ... on DiscountCodeBasic { status endsAt usageLimit"
    " appliesOncePerCustomer customerGets { value {"
    " __typename ... on DiscountPercentage { percentage }"
    " ... on DiscountAmount { amount { amount currencyCode } } } }"
    " minimumRequirement { __typename ... on DiscountMinimumSubtotal {"
    " greaterThanOrEqualToSubtotal { amount currencyCode } } }"
    " context { __typename ... on DiscountCustomers { customers { id } } } } } } }"
)
CREATE_COUPON = (
    "mutation createCoupon($coupon: DiscountCodeBasicInput!) {"
    " discountCodeBasicCreate(basicCodeDiscount: $coupon) { userErrors { field code } } }"
)
CLOSE_COUPON = (
    "mutation closeCoupon($id: ID!) {"
    " discountCodeDeactivate(id: $id) { userErrors { field code } } }"
)

STOCK = (
    "query stock($query: String!) { inventoryItems(first: 5, query: $query) { nodes { id sku"
    " inventoryLevels(first: 25) { nodes { location { id }"
    ' quantities(names: ["available"]) { name quantity } } } } } }'
)
SET_STOCK = (
    "mutation setStock($input: InventorySetQuantitiesInput!, $key: String!) {"
    " inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { field code } } }"
)

OPERATIONS = (
    CLOCK, SHOP, SCOPES, RUN_BULK, POLL_BULK, PRICES, SET_PRICES, COUPON, CREATE_COUPON,
    CLOSE_COUPON, STOCK, SET_STOCK,
)  # fmt: skip


def documents() -> list[str]:
    """Every document that the connector can send, for validation against the platform's schema."""
    sources = [
        document
        for source in SOURCES
        for document in (
            count_document(source),
            page_document(source),
            bulk_document(source, "updated_at:>='2026-11-01T00:00:00Z'"),
        )
    ]
    rests = [rest_document(s.child) for s in SOURCES if s.child and s.child.parent_type]
    return [*OPERATIONS, *sources, *rests]
