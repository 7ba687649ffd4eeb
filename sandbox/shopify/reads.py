"""Resolvers of the query type."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import polars as pl
from graphql import GraphQLError, GraphQLSchema, SelectionSetNode

from sandbox.shopify.errors import Plain
from sandbox.shopify.fields import GID
from sandbox.shopify.paging import ROOTS, Page, Root
from sandbox.shopify.projection import check_first, rows
from sandbox.shopify.selection import document_of, inside, select
from sandbox.shopify.shop import Info, Shop
from sandbox.world.world import SHOP_NAME

SHOP_ID: Final = f"{GID}Shop/1"

# What the merchant granted the app whose token this is: all that the dialect can do.
SCOPES: Final = (
    "read_orders", "read_all_orders", "read_products", "write_products", "read_inventory",
    "write_inventory", "read_customers", "read_discounts", "write_discounts", "read_locations",
)  # fmt: skip

# What `node` finds by the kind in a global id: type, table, key.
NODES: Final = {
    "Order": ("Order", "orders", "order_id"),
    "Product": ("Product", "products", "product_id"),
    "ProductVariant": ("ProductVariant", "products", "product_id"),
    "InventoryItem": ("InventoryItem", "products", "product_id"),
    "Customer": ("Customer", "customers", "household_id"),
    "Location": ("Location", "locations", "location_id"),
    "DiscountNode": ("DiscountNode", "discounts", "discount_id"),
    "DiscountCodeNode": ("DiscountCodeNode", "discounts", "discount_id"),
}
SINGLES: Final = {
    "order": "Order",
    "product": "Product",
    "productVariant": "ProductVariant",
    "inventoryItem": "InventoryItem",
    "customer": "Customer",
    "location": "Location",
}


def attach(schema: GraphQLSchema) -> None:
    """Give the query type its resolvers."""
    assert schema.query_type is not None
    fields = schema.query_type.fields
    fields["shop"].resolve = _shop
    fields["currentAppInstallation"].resolve = _installation
    for name, root in ROOTS.items():
        fields[name].resolve = _connection(root, name)
        if f"{name}Count" in fields:
            fields[f"{name}Count"].resolve = _count(root)
    for name, kind in SINGLES.items():
        fields[name].resolve = _single(kind)
    fields["node"].resolve = _node
    fields["nodes"].resolve = _nodes
    fields["codeDiscountNodeByCode"].resolve = _by_code
    fields["bulkOperation"].resolve = _bulk_operation
    fields["bulkOperations"].resolve = _bulk_operations


def _shop(_: object, info: Info) -> Plain:
    world = info.context.world
    plan = Plain(shopifyPlus=True, publicDisplayName="Shopify Plus", partnerDevelopment=False)
    return Plain(
        id=SHOP_ID,
        name=SHOP_NAME,
        email="owner@example.com",
        ianaTimezone=world.zone,
        currencyCode=world.currency,
        myshopifyDomain="demo-grocer.myshopify.com",
        plan=plan,
    )


def _installation(_: object, info: Info) -> Plain:
    del info
    scopes = [Plain(handle=handle, description=handle.replace("_", " ")) for handle in SCOPES]
    return Plain(id=f"{GID}AppInstallation/1", accessScopes=scopes)


def _connection(root: Root, name: str) -> Callable[..., Plain]:
    def resolve(_: object, info: Info, **arguments: Any) -> Plain:
        shop: Shop = info.context
        if name == "orders" and arguments.get("after") and shop.faults.spend("duplicate_pages"):
            page = shop.pager.page(root, arguments)
            return _answered(shop, info, root, page, shown=shop.last_orders)
        page = shop.pager.page(root, arguments)
        if name == "orders":
            shop.last_orders = page.frame
            if arguments.get("after") and shop.faults.spend("repeated_cursors"):
                cursors = [*page.cursors[:-1], arguments["after"]]
                page = Page(page.frame, cursors, has_next=True, has_previous=True)
        return _answered(shop, info, root, page, shown=page.frame)

    return resolve


def _answered(shop: Shop, info: Info, root: Root, page: Page, *, shown: pl.DataFrame) -> Plain:
    document = document_of(info)
    answer = Plain(
        pageInfo=Plain(
            hasNextPage=page.has_next,
            hasPreviousPage=page.has_previous,
            startCursor=page.cursors[0] if page.cursors else None,
            endCursor=page.cursors[-1] if page.cursors else None,
        )
    )

    def nodes(sets: Sequence[SelectionSetNode]) -> list[dict[str, Any]]:
        return rows(document, shop.tables, shown, type_name=root.type_name, sets=sets)

    for part in select(document, f"{root.type_name}Connection", inside(info)):
        if part.name == "nodes":
            answer["nodes"] = nodes(part.inside)
        elif part.name == "edges":
            chosen = select(document, f"{root.type_name}Edge", part.inside)
            sets = [below for item in chosen if item.name == "node" for below in item.inside]
            found = nodes(sets) if sets else [None] * shown.height
            answer["edges"] = [
                Plain(cursor=cursor, node=node)
                for cursor, node in zip(page.cursors, found, strict=False)
            ]
    return answer


def _count(root: Root) -> Callable[..., Plain]:
    def resolve(_: object, info: Info, **arguments: Any) -> Plain:
        count, is_exact = info.context.pager.count(root, arguments)
        return Plain(count=count, precision="EXACT" if is_exact else "AT_LEAST")

    return resolve


def _single(kind: str) -> Callable[..., dict[str, Any] | None]:
    def resolve(
        _: object,
        info: Info,
        *,
        id: str | None = None,
    ) -> dict[str, Any] | None:
        # The platform's `location` without an id is the primary one.
        found = _by_gid(info, id or f"{GID}Location/1")
        return found if found and found["__typename"] == kind else None

    return resolve


def _node(_: object, info: Info, *, id: str) -> dict[str, Any] | None:
    return _by_gid(info, id)


def _nodes(_: object, info: Info, *, ids: list[str]) -> list[dict[str, Any] | None]:
    if len(ids) > 250:
        raise GraphQLError("The input array size is greater than the maximum allowed of 250.")
    by_kind: dict[str, list[int]] = {}
    for gid in ids:
        kind, number = parsed(gid)
        by_kind.setdefault(kind, []).append(number)
    found = {
        (kind, key): row
        for kind, numbers in by_kind.items()
        if kind in NODES
        for key, row in _rows(info, kind, numbers)
    }
    return [found.get(parsed(gid)) for gid in ids]


def _by_gid(info: Info, gid: str) -> dict[str, Any] | None:
    kind, number = parsed(gid)
    if kind == "BulkOperation":
        return _bulk_operation(None, info, id=gid)
    if kind not in NODES:
        return None
    return next((row for _, row in _rows(info, kind, [number])), None)


def _rows(info: Info, kind: str, numbers: list[int]) -> list[tuple[int, dict[str, Any]]]:
    type_name, table, key = NODES[kind]
    shop: Shop = info.context
    frame = shop.tables.get(table).filter(pl.col(key).is_in(numbers))
    document, sets = document_of(info), inside(info)
    found = rows(document, shop.tables, frame, type_name=type_name, sets=sets, tagged=True)
    return list(zip(frame[key].to_list(), found, strict=True))


def parsed(gid: str) -> tuple[str, int]:
    """The kind and number of a global id.

    Raises:
        GraphQLError: it is none.
    """
    kind, _, number = gid.removeprefix(GID).partition("/")
    if not gid.startswith(GID) or not number.isdecimal():
        raise GraphQLError(f"Invalid global id '{gid}'")
    return kind, int(number)


def _by_code(_: object, info: Info, *, code: str) -> dict[str, Any] | None:
    shop: Shop = info.context
    frame = shop.tables.get("discounts")
    frame = frame.filter(pl.col("code").str.to_lowercase() == code.lower()).head(1)
    document, sets = document_of(info), inside(info)
    found = rows(document, shop.tables, frame, type_name="DiscountCodeNode", sets=sets)
    return found[0] if found else None


def _bulk_operation(_: object, info: Info, *, id: str) -> Plain | None:
    shop: Shop = info.context
    found = shop.bulk.polled(id, shop.world.clock)
    return None if found is None else Plain(found.answer(shop.origin))


def _bulk_operations(_: object, info: Info, **arguments: Any) -> Plain:
    shop: Shop = info.context
    first = arguments.get("first")
    check_first(first)
    operations = shop.bulk.listed()
    if arguments.get("reverse"):
        operations = operations[::-1]
    nodes = [Plain(found.answer(shop.origin)) for found in operations[:first]]
    cursors = [str(node["id"]) for node in nodes]
    return Plain(
        nodes=nodes,
        edges=[Plain(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)],
        pageInfo=Plain(
            hasNextPage=len(operations) > len(nodes),
            hasPreviousPage=False,
            startCursor=cursors[0] if cursors else None,
            endCursor=cursors[-1] if cursors else None,
        ),
    )
