"""Where documents lie in Shopify's pages, whichever way they were fetched."""

from typing import Any

from connectors.base.documents import At, ByPart, JsonDocuments, JsonLines, owner_of
from connectors.shopify import shapes
from connectors.shopify.ids import number_of
from connectors.shopify.shapes import Shape
from contracts.streams import Page


def _documents(table: str, shape: Shape) -> ByPart:
    def line(text: bytes) -> type | None:
        return shape.child if shapes.is_child(text) else shape.head

    return ByPart(
        {
            "page": JsonDocuments({"page": At("*.nodes", table, _number, shape.paged)}),
            "rest": JsonDocuments({"rest": At("*", table, _owner, shape.rest)}),
            "bulk": JsonLines(table, _number, line),
        }
    )


def _number(node: Any, _: Page) -> str:
    """The number at the end of a global id: of a line of a bulk file its parent's."""
    return number_of(node.get("__parentId") or node["id"])


def _owner(node: Any, page: Page) -> str:
    """The document whose further children a page holds; older pages name it inside alone."""
    return owner_of(page) or _number(node, page)


ORDER_PAGES = _documents("orders", shapes.ORDERS)
PRODUCT_PAGES = _documents("listings", shapes.PRODUCTS)
INVENTORY_PAGES = _documents("stock_levels", shapes.INVENTORY)
CUSTOMER_PAGES = _documents("members", shapes.CUSTOMERS)
DISCOUNT_PAGES = _documents("coupons", shapes.DISCOUNTS)
