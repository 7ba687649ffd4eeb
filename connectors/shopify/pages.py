"""Where documents lie in Shopify's pages, whichever way they were fetched."""

from typing import Any

from connectors.base.documents import At, ByPart, JsonDocuments, JsonLines
from connectors.shopify import wire
from contracts.streams import Page


def _documents(
    table: str, shape: type, *, child: type | None = None, rest: type | None = None
) -> ByPart:
    return ByPart(
        {
            "page": JsonDocuments({"page": At("*.nodes", table, _number, shape)}),
            "rest": JsonDocuments({"rest": At("*", table, _number, rest or shape)}),
            "bulk": JsonLines(table, _number, lambda line: child if wire.is_child(line) else shape),
        }
    )


def _number(node: Any, _: Page) -> str:
    """The number at the end of a global id: of a line of a bulk file its parent's."""
    found: str = node.get("__parentId") or node["id"]
    return found.rpartition("/")[2]


ORDER_PAGES = _documents("orders", wire.Order, child=wire.Line, rest=wire.OrderLines)
PRODUCT_PAGES = _documents("listings", wire.Variant)
INVENTORY_PAGES = _documents("stock_levels", wire.Item, child=wire.Level)
CUSTOMER_PAGES = _documents("members", wire.Customer)
DISCOUNT_PAGES = _documents("coupons", wire.DiscountNode, child=wire.Code)
