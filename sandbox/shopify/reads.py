"""Resolvers of the query type."""

from collections.abc import Callable
from typing import Any, Final

import polars as pl
from graphql import GraphQLError, GraphQLSchema, get_named_type

from sandbox.kit.graphql.documents import Plain
from sandbox.kit.graphql.pages import Page, plain_connection
from sandbox.kit.graphql.projection import Projection
from sandbox.kit.graphql.selection import Document, Sets, inside
from sandbox.shopify.fields import GID, sources
from sandbox.shopify.paging import COUNT_LIMIT, KEYS, check_first
from sandbox.shopify.shop import Info, Shop
from sandbox.world.world import SHOP_NAME

Row = dict[str, Any]
MAX_IDS: Final = 250
# What the merchant granted the app whose token this is: all that the dialect can do.
SCOPES: Final = (
    "read_orders", "read_all_orders", "read_products", "write_products", "read_inventory",
    "write_inventory", "read_customers", "read_discounts", "write_discounts", "read_locations",
)  # fmt: skip


def attach(schema: GraphQLSchema) -> None:
    """Give the query type its resolvers: by name, else by what a field answers."""
    assert schema.query_type is not None
    for name, field in schema.query_type.fields.items():
        answered = get_named_type(field.type).name
        if name in _BY_NAME:
            field.resolve = _BY_NAME[name]
        elif answered == "Count":
            field.resolve = _count(_node_type(schema, name.removesuffix("Count")))
        elif answered in KEYS:
            field.resolve = _single(answered)
        else:
            field.resolve = _connection(_node_type(schema, name))


def _node_type(schema: GraphQLSchema, name: str) -> str:
    """The type of the nodes of a root connection."""
    assert schema.query_type is not None
    connection: str = get_named_type(schema.query_type.fields[name].type).name
    return connection.removesuffix("Connection")


def projected(info: Info) -> Projection:
    """The answers of the document at hand from the shop's tables."""
    return Projection(Document.of(info), sources(info.schema), info.context.tables, check_first)


def _shop(_: object, info: Info) -> Plain:
    world = info.context.world
    return Plain(
        id=f"{GID}Shop/1",
        name=SHOP_NAME,
        email="owner@example.com",
        ianaTimezone=world.zone,
        currencyCode=world.currency,
        myshopifyDomain="demo-grocer.myshopify.com",
        plan=Plain(shopifyPlus=True, publicDisplayName="Shopify Plus", partnerDevelopment=False),
    )


def _installation(_: object, __: Info) -> Plain:
    scopes = [Plain(handle=handle, description=handle.replace("_", " ")) for handle in SCOPES]
    return Plain(id=f"{GID}AppInstallation/1", accessScopes=scopes)


def _connection(type_name: str) -> Callable[..., Row]:
    def resolve(_: object, info: Info, **arguments: Any) -> Row:
        shop: Shop = info.context
        page = shop.pager.page(type_name, arguments)
        if type_name == "Order":
            page = _spoiled(shop, page, arguments.get("after"))
        told = pl.DataFrame([page.info])
        found = projected(info).connection(type_name, inside(info.field_nodes), page.nodes, told)
        row: Row = found[0]
        return row

    return resolve


def _spoiled(shop: Shop, page: Page, after: str | None) -> Page:
    """The page, or what a planted fault makes of it."""
    if after and shop.faults.spend("duplicate_pages"):
        before = page.nodes.clear() if shop.last_orders is None else shop.last_orders
        return Page(before, page.info)
    shop.last_orders = page.nodes
    if after and shop.faults.spend("repeated_cursors"):
        return Page(page.nodes, page.info | {"hasNextPage": True, "endCursor": after})
    return page


def _count(type_name: str) -> Callable[..., Plain]:
    def resolve(_: object, info: Info, **arguments: Any) -> Plain:
        total = info.context.pager.found(type_name, arguments).height
        limit = arguments.get("limit", COUNT_LIMIT)
        if limit is None or total <= limit:
            return Plain(count=total, precision="EXACT")
        return Plain(count=limit, precision="AT_LEAST")

    return resolve


def _single(kind: str) -> Callable[..., Row | None]:
    def resolve(_: object, info: Info, *, id: str | None = None) -> Row | None:
        # The platform's `location` without an id is the primary one.
        found = _node(None, info, id=id or f"{GID}Location/1")
        return found if found and found["__typename"] == kind else None

    return resolve


def _node(_: object, info: Info, *, id: str) -> Row | None:
    kind, number = parsed(id)
    if kind == "BulkOperation":
        return _bulk_operation(None, info, id=id)
    return _rows(info, kind, [number]).get(number)


def _nodes(_: object, info: Info, *, ids: list[str]) -> list[Row | None]:
    if len(ids) > MAX_IDS:
        raise GraphQLError(
            f"The input array size is greater than the maximum allowed of {MAX_IDS}."
        )
    by_kind: dict[str, list[int]] = {}
    for kind, number in map(parsed, ids):
        by_kind.setdefault(kind, []).append(number)
    found = {kind: _rows(info, kind, numbers) for kind, numbers in by_kind.items()}
    return [found[kind].get(number) for kind, number in map(parsed, ids)]


def _rows(info: Info, kind: str, numbers: list[int]) -> dict[int, Row]:
    """The objects of a kind that have these numbers, as far as there are any."""
    if kind not in KEYS:
        return {}
    table, key = KEYS[kind]
    frame = info.context.tables.get(table).filter(pl.col(key).is_in(numbers))
    found = projected(info).objects(kind, inside(info.field_nodes), frame, tagged=True)
    return dict(zip(frame[key].to_list(), found.to_list(), strict=True))


def one_of(info: Info, type_name: str, sets: Sets, number: int | None) -> Row | None:
    """What `sets` request of one object; None when there is none, or nothing is requested."""
    table, key = KEYS[type_name]
    if number is None or not sets:
        return None
    frame = info.context.tables.get(table).filter(pl.col(key) == number)
    found = projected(info).objects(type_name, sets, frame).to_list()
    return found[0] if found else None


def parsed(gid: str) -> tuple[str, int]:
    """The kind and number of a global id.

    Raises:
        GraphQLError: it is none.
    """
    kind, _, number = gid.removeprefix(GID).partition("/")
    if not gid.startswith(GID) or not number.isdecimal():
        raise GraphQLError(f"Invalid global id '{gid}'")
    return kind, int(number)


def _by_code(_: object, info: Info, *, code: str) -> Row | None:
    frame = info.context.tables.get("discounts")
    same = frame.filter(pl.col("code").str.to_lowercase() == code.lower())["discount_id"]
    number = None if same.is_empty() else int(same[0])
    return one_of(info, "DiscountCodeNode", inside(info.field_nodes), number)


def _bulk_operation(_: object, info: Info, *, id: str) -> Plain | None:
    shop: Shop = info.context
    found = shop.bulk.polled(id, shop.world.clock)
    return None if found is None else Plain(found.answer(shop.origin))


def _bulk_operations(_: object, info: Info, **arguments: Any) -> Plain:
    shop: Shop = info.context
    first = check_first(arguments.get("first"))
    operations = shop.bulk.listed()[:: -1 if arguments.get("reverse") else 1]
    nodes = [Plain(found.answer(shop.origin)) for found in operations[:first]]
    return plain_connection(nodes, has_next=len(operations) > len(nodes))


_BY_NAME: Final[dict[str, Callable[..., Any]]] = {
    "shop": _shop,
    "currentAppInstallation": _installation,
    "node": _node,
    "nodes": _nodes,
    "codeDiscountNodeByCode": _by_code,
    "bulkOperation": _bulk_operation,
    "bulkOperations": _bulk_operations,
}
