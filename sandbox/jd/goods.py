"""Wares and their SKUs, one of each; prices and stock, read and written."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from sandbox.jd.errors import ERRORS
from sandbox.jd.shop import SKU, WARE, Shop
from sandbox.kit.arguments import Arguments, between, whole
from sandbox.kit.fields import Document, Fields, as_is, document, fixed, written
from sandbox.kit.lists import Page, within
from sandbox.kit.values import minor_of

MAX_PAGE: Final = 50
MAX_MINOR: Final = 100_000_000 * 100
_NUMBERS: Final = str.maketrans("", "", '[]" ')


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


_BOTH: Final[Fields] = {
    **written(lambda key: WARE + key, wareId="product_id"),
    **as_is(categoryId="manufacturer_id"),
    **written(str, outerId="product_id"),
    # A new price or title changes this, a new stock level does not.
    **written(_milliseconds, created="created_at", modified="updated_at"),
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
    return _listed(shop, args, WARE_ROW, {"wareId": WARE})


def skus(shop: Shop, args: Arguments) -> Document:
    """SKUs by number, by ware and by change."""
    return _listed(shop, args, SKU_ROW, {"wareId": WARE, "skuId": SKU})


def stock(shop: Shop, args: Arguments) -> Document:
    """How many pieces there are of one SKU, by store."""
    return {"skuStocks": [document(STOCK_ROW, _sku(shop, args))]}


def set_price(shop: Shop, args: Arguments) -> Document:
    """Set the price of a SKU, in yuan."""
    own, minor = _sku(shop, args), args.needed("jdPrice", _price)
    shop.world.set_product(own["product_id"], price_minor=minor, updated_at=shop.now)
    shop.record("set_price", own["product_id"], minor, before=own["price_minor"])
    return {}


def set_stock(shop: Shop, args: Arguments) -> Document:
    """Set the pieces of a SKU, in the store that every SKU has."""
    own, units = _sku(shop, args), args.needed("stockNum", between(0, 10**9))
    if args.get("storeId", whole, 0) != 0:
        raise ERRORS("invalid", name="storeId", reason="no store of this shop")
    shop.world.set_product(own["product_id"], on_hand_units=units, stock_updated_at=shop.now)
    shop.record("set_stock", own["product_id"], units, before=own["on_hand_units"])
    return {}


def _listed(shop: Shop, args: Arguments, fields: Fields, keys: dict[str, int]) -> Document:
    # The list of SKUs spells it in its own way.
    size = "page_size" if args.text("page_size") else "pageSize"
    page = Page.of(args, "pageNo", size, most=MAX_PAGE, default=20)
    start, end = args.get("startModifiedTime", _instant), args.get("endModifiedTime", _instant)
    found = shop.world.products.filter(within("updated_at", start, end))
    for name, base in keys.items():
        if wanted := args.get(name, _numbers(base)):
            found = found.filter(pl.col("product_id").is_in(wanted))
    asked = frozenset(args.names("field"))
    rows = [
        document(fields, row) | document(_PRICED, row, only=asked)
        for row in page.rows(found.sort("product_id")).iter_rows(named=True)
    ]
    counts = {"pageNo": page.number, "pageSize": page.size, "totalItem": found.height}
    return {"page": {**counts, "data": rows}}


def _sku(shop: Shop, args: Arguments) -> dict[str, Any]:
    own = shop.world.product(args.needed("skuId", whole) - SKU)
    if own is None:
        raise ERRORS("no-sku")
    return own


def _price(text: str) -> int:
    minor = minor_of(text)
    if not 0 < minor < MAX_MINOR:
        raise ValueError("out of range")
    return minor


def _instant(text: str) -> datetime:
    return datetime.fromtimestamp(whole(text) / 1000, UTC)


def _numbers(base: int) -> Callable[[str], list[int]]:
    """Numbers as a list or with commas between them, without what all of them begin at."""

    def read(text: str) -> list[int]:
        return [whole(part) - base for part in text.translate(_NUMBERS).split(",")]

    return read
