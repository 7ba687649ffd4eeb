"""The GraphQL documents: what is read and written, and nothing beside it.

A source is written once and read in two ways: page by page, or in bulk. Both select the same
fields, so both give the same rows. No name, address or other personal field is selected.
"""

import datetime as dt
import json
from dataclasses import dataclass

from contracts.streams import Window

_CHILD = "<child>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A connection inside a document, such as an order's lines.

    `first` children come with the document; the rest is asked for by the parent's id, together with
    the `parent_fields` that tell which version of the parent they belong to. Without a
    `parent_type` the rest is not wanted.
    """

    field: str
    fields: str
    first: int
    parent_type: str | None = None
    parent_fields: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A connection of the platform. `count` is the selection that counts it before it is read.

    A source that is not windowed is read whole.
    """

    root: str
    fields: str
    count: str
    sort_key: str
    is_windowed: bool = True
    child: Child | None = None


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
    child = source.child
    nested = ""
    if child is not None:
        pages = " pageInfo { hasNextPage endCursor }" if child.parent_type else ""
        nested = f"{child.field}(first: {child.first}) {{ nodes {{ {child.fields} }}{pages} }}"
    declared = ", $query: String" if source.is_windowed else ""
    passed = ", query: $query" if source.is_windowed else ""
    sort = f", sortKey: {source.sort_key}" if source.sort_key else ""
    return (
        f"query {source.root}Page($first: Int!, $after: String{declared}) {{"
        f" {source.root}(first: $first, after: $after{passed}{sort}) {{"
        f" nodes {{ {source.fields.replace(_CHILD, nested)} }}"
        " pageInfo { hasNextPage endCursor } } }"
    )


def rest_document(child: Child) -> str:
    """The children that follow a page's first; variables `id`, `first`, `after`."""
    return (
        f"query {child.field}Rest($id: ID!, $first: Int!, $after: String) {{ node(id: $id) {{"
        f" ... on {child.parent_type} {{ {child.parent_fields}"
        f" {child.field}(first: $first, after: $after) {{ nodes {{ {child.fields} }}"
        " pageInfo { hasNextPage endCursor } } } } }"
    )


def bulk_document(source: Source, query: str | None) -> str:
    """All of it in one job. A bulk document takes no variables."""
    child = source.child
    nested = f"{child.field} {{ edges {{ node {{ {child.fields} }} }} }}" if child else ""
    arguments = f"(query: {json.dumps(query)})" if query else ""
    fields = source.fields.replace(_CHILD, nested)
    return f"{{ {source.root}{arguments} {{ edges {{ node {{ {fields} }} }} }} }}"


def _second(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _amount(field: str) -> str:
    return f"{field} {{ shopMoney {{ amount }} }}"


# One more than can be paged: whether there are more decides for bulk, how many more does not.
_LIMIT = "limit: 25001"
_FOUND = "{ count precision }"

ORDERS = Source(
    root="orders",
    sort_key="UPDATED_AT",
    count=f"count: ordersCount(query: $query, {_LIMIT}) {_FOUND}",
    fields=(
        "id createdAt updatedAt currencyCode processedAt cancelledAt test displayFinancialStatus"
        " displayFulfillmentStatus discountCodes customer { id }"
        f" taxesIncluded {_amount('subtotalPriceSet')} {_amount('totalDiscountsSet')}"
        f" shippingLine {{ {_amount('discountedPriceSet')} }} {_amount('totalTaxSet')}"
        f" {_amount('totalTipReceivedSet')} {_amount('originalTotalDutiesSet')}"
        f" {_amount('totalPriceSet')} {_amount('totalRefundedSet')}"
        f" additionalFees {{ id {_amount('price')} }}"
        f" refunds {{ id createdAt {_amount('totalRefundedSet')} }}"
        " fulfillments { createdAt deliveredAt estimatedDeliveryAt status"
        f" trackingInfo {{ company number }} }} {_CHILD}"
    ),
    child=Child(
        field="lineItems",
        first=10,
        fields=(
            "id sku quantity currentQuantity isGiftCard requiresShipping variant { id }"
            f" {_amount('originalUnitPriceSet')} {_amount('originalTotalSet')}"
            f" discountAllocations {{ {_amount('allocatedAmountSet')} }}"
            f" taxLines {{ {_amount('priceSet')} }}"
        ),
        parent_type="Order",
        parent_fields="id createdAt updatedAt currencyCode",
    ),
)

# A deletion shows in no list of changes, so all there is is read, drafts and archived ones too.
PRODUCTS = Source(
    root="productVariants",
    sort_key="ID",
    is_windowed=False,
    count=f"count: productVariantsCount({_LIMIT}) {_FOUND}",
    fields=(
        "id sku title price compareAtPrice createdAt updatedAt"
        " product { id title status vendor productType updatedAt }"
    ),
)

INVENTORY = Source(
    root="inventoryItems",
    sort_key="",
    is_windowed=False,
    count=f"count: productVariantsCount({_LIMIT}) {_FOUND}",
    fields=f"id sku tracked updatedAt {_CHILD}",
    child=Child(
        field="inventoryLevels",
        first=5,
        fields=(
            'id updatedAt location { id } quantities(names: ["available", "on_hand", "committed"])'
            " { name quantity }"
        ),
        parent_type="InventoryItem",
        parent_fields="id sku tracked updatedAt",
    ),
)

CUSTOMERS = Source(
    root="customers",
    sort_key="ID",
    is_windowed=False,
    count=f"count: customersCount({_LIMIT}) {_FOUND}",
    fields="id createdAt updatedAt numberOfOrders amountSpent { amount currencyCode }",
)

DISCOUNTS = Source(
    root="discountNodes",
    sort_key="ID",
    is_windowed=False,
    count=f"count: discountNodesCount({_LIMIT}) {_FOUND}",
    fields=(
        "id discount { __typename ... on DiscountCodeBasic {"
        " title status startsAt endsAt updatedAt usageLimit asyncUsageCount"
        " customerGets { value { __typename ... on DiscountPercentage { percentage }"
        " ... on DiscountAmount { amount { amount currencyCode } } } }"
        f" {_CHILD} }} }}"
    ),
    child=Child(field="codes", first=1, fields="id code"),
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
