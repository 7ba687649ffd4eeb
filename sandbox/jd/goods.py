"""Wares and their SKUs, one of each; prices and stock, read and written."""

from typing import Any, Final

from sandbox.jd.errors import ERRORS
from sandbox.jd.shop import SKU, WARE, Shop
from sandbox.kit.arguments import Arguments, between, instant_of, less, price, whole
from sandbox.kit.fields import Document, Fields, as_is, document, fixed, written
from sandbox.kit.lists import Page, among, spanned
from sandbox.kit.values import milliseconds

MAX_PAGE: Final = 50


_BOTH: Final[Fields] = {
    **written(lambda key: WARE + key, wareId="product_id"),
    **as_is(categoryId="manufacturer_id"),
    **written(str, outerId="product_id"),
    # A new price or title changes this, a new stock level does not.
    **written(milliseconds, created="created_at", modified="updated_at"),
}
_PRICED: Final[Fields] = {
    **written(lambda minor: minor / 100, jdPrice="price_minor"),
    **as_is(stockNum="on_hand_units"),
}
"""What an answer has only when `field` asks for it."""
WARE_ROW: Final[Fields] = {
    **_BOTH,
    **as_is("title"),
    **written(str, itemNum="product_id"),
    **fixed(wareStatus=8, colType=0),
}
SKU_ROW: Final[Fields] = {
    **_BOTH,
    **written(lambda key: SKU + key, skuId="product_id"),
    **as_is(wareTitle="title", skuName="title"),
    **fixed(status=1),
}
STOCK_ROW: Final[Fields] = {
    **written(lambda key: SKU + key, skuId="product_id"),
    **as_is(stockNum="on_hand_units"),
    **fixed(storeId=0, detailStock=""),
}


def wares(shop: Shop, args: Arguments) -> Document:
    """Wares by number and change."""
    return _listed(shop, args, WARE_ROW)


def skus(shop: Shop, args: Arguments) -> Document:
    """SKUs by number, by ware and by change."""
    return _listed(shop, args, SKU_ROW)


def stock(shop: Shop, args: Arguments) -> Document:
    """How many pieces there are of one SKU, by store."""
    return {"skuStocks": [document(STOCK_ROW, _sku(shop, args))]}


def set_price(shop: Shop, args: Arguments) -> Document:
    """Set the price of a SKU, in yuan."""
    shop.set_price(_sku(shop, args), args.needed("jdPrice", price))
    return {}


def set_stock(shop: Shop, args: Arguments) -> Document:
    """Set the pieces of a SKU, in the store that every SKU has."""
    own, units = _sku(shop, args), args.needed("stockNum", between(0, 10**9))
    if args.get("storeId", whole, 0) != 0:
        raise ERRORS("invalid", name="storeId", reason="no store of this shop")
    shop.set_stock(own, units)
    return {}


def _listed(shop: Shop, args: Arguments, fields: Fields) -> Document:
    # The list of SKUs spells it in its own way.
    size = "page_size" if args.text("page_size") else "pageSize"
    page = Page.of(args, "pageNo", size, most=MAX_PAGE, default=20)
    found = shop.world.products.filter(
        spanned(args, "updated_at", "startModifiedTime", "endModifiedTime", instant_of),
        among("product_id", args.each("wareId", less(WARE))),
        among("product_id", args.each("skuId", less(SKU))),
    )
    asked = frozenset(args.names("field"))
    rows = [
        document(fields, row) | document(_PRICED, row, only=asked)
        for row in page.rows(found.sort("product_id")).iter_rows(named=True)
    ]
    counts = {"pageNo": page.number, "pageSize": page.size, "totalItem": found.height}
    return {"page": {**counts, "data": rows}}


def _sku(shop: Shop, args: Arguments) -> dict[str, Any]:
    own = shop.world.product(args.needed("skuId", less(SKU)))
    if own is None:
        raise ERRORS("no-sku")
    return own
