"""Items on sale and in the warehouse; every item has one SKU."""

from typing import Any, Final

import polars as pl

from sandbox.kit.arguments import Arguments, less, one_of
from sandbox.kit.fields import Document, Fields, Row, as_is, fixed, without, written
from sandbox.kit.frames import the_row
from sandbox.kit.lists import Page, spanned
from sandbox.taobao import ids
from sandbox.taobao.errors import ERRORS, invalid
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import TIME, Selection, listed, page_of, wrapped, yuan

MAX_PAGE, MAX_ROWS = 200, 20_000
MAX_INVENTORY_PAGE: Final = 101
MAX_ITEMS, MAX_LIST = 40, 20
BANNERS: Final = (
    "regular_shelved", "never_on_shelf", "off_shelf", "for_shelved", "sold_out",
    "violation_off_shelf",
)  # fmt: skip
_ORDERS: Final = {"list_time": "created_at", "modified": "changed_at", "num": "on_hand_units"}
LISTED: Final[Fields] = {
    **as_is("title", "nick", num="units"),
    **written(ids.num_iid, num_iid="product_id"),
    **written(str, outer_id="product_id"),
    **written(lambda key: f"https://img.example.com/{key}.jpg", pic_url="product_id"),
    **written(lambda key: 50_000_000 + key, cid="manufacturer_id"),
    **written(yuan, price="price_minor"),
    **written(TIME.written, list_time="created_at", modified="changed_at"),
    **written(lambda units: "onsale" if units else "instock", approve_status="units"),
    **fixed(type="fixed"),
}
ITEM: Final[Fields] = {**LISTED, **written(TIME.written, created="created_at")}
SKU: Final[Fields] = {
    **as_is(quantity="units"),
    **written(ids.sku_id, sku_id="product_id"),
    **written(ids.num_iid, num_iid="product_id"),
    **written(ids.properties, properties="product_id"),
    "properties_name": lambda row: f"{ids.properties(row['product_id'])}:规格:{row['title']}",
    **written(yuan, price="price_minor"),
    **written(str, outer_id="product_id"),
    **written(TIME.written, created="created_at", modified="changed_at"),
    **fixed(status="normal"),
}
_SKU_OF_ITEM: Final = without(SKU, "num_iid", "status")


def onsale(shop: Shop, args: Arguments) -> Document:
    """Items that can be bought."""
    page = page_of(args, MAX_PAGE)
    if page.end > MAX_ROWS:
        raise invalid("page_no", f"page_no*page_size must not exceed {MAX_ROWS}")
    return _answered(_items(shop).filter(pl.col("units") > 0), args, page)


def inventory(shop: Shop, args: Arguments) -> Document:
    """Items in the warehouse, those of one banner; what is sold out is a banner of its own."""
    banner = args.get("banner", one_of(*BANNERS), "for_shelved")
    page = page_of(args, MAX_PAGE, last=MAX_INVENTORY_PAGE)
    is_out = (pl.col("units") == 0) & pl.lit(banner == "sold_out")
    return _answered(_items(shop).filter(is_out), args, page)


def one(shop: Shop, args: Arguments) -> Document:
    """One item with its SKU."""
    selection = Selection.of(args)
    return {"item": _with_skus(item_of(shop, args, "num_iid"), selection)}


def some(shop: Shop, args: Arguments) -> Document:
    """Some items with their SKUs; those that are not known are left out."""
    selection, found = Selection.of(args), _named(shop, args, most=MAX_LIST)
    return wrapped("items", "item", (_with_skus(item, selection) for item in found))


def skus(shop: Shop, args: Arguments) -> Document:
    """The SKUs of some items."""
    selection, found = Selection.of(args), _named(shop, args, most=MAX_ITEMS)
    return wrapped("skus", "sku", (selection.row(SKU, item) for item in found))


def sku(shop: Shop, args: Arguments) -> Document:
    """One SKU."""
    selection, own = (
        Selection.of(args),
        pl.col("product_id") == args.needed("sku_id", less(ids.SKU)),
    )
    return {"sku": selection.row(SKU, the_row(_items(shop), own, ERRORS("sku-not-exist")))}


def item_of(shop: Shop, args: Arguments, name: str) -> dict[str, Any]:
    """The item whose number an argument gives.

    Raises:
        RefusedError: there is none.
    """
    own = pl.col("product_id") == args.needed(name, less(ids.ITEM))
    return the_row(_items(shop), own, ERRORS("item-not-exist:invalid-numIid-or-iid"))


def _items(shop: Shop) -> pl.DataFrame:
    return shop.named(shop.world.products).with_columns(
        changed_at=pl.max_horizontal("updated_at", "stock_updated_at").dt.truncate("1s"),
        units=pl.col("on_hand_units").clip(0),
    )


def _named(shop: Shop, args: Arguments, *, most: int) -> list[dict[str, Any]]:
    args.needed("num_iids", str)
    names = args.names("num_iids")
    if len(names) > most or not all(name.isascii() and name.isdigit() for name in names):
        raise invalid("num_iids", f"at most {most} numbers")
    wanted = [int(name) - ids.ITEM for name in names]
    return _items(shop).filter(pl.col("product_id").is_in(wanted)).to_dicts()


def _answered(items: pl.DataFrame, args: Arguments, page: Page) -> Document:
    items = items.filter(spanned(args, "changed_at", "start_modified", "end_modified", TIME.parsed))
    if text := args.text("q"):
        items = items.filter(pl.col("title").str.contains(text, literal=True))
    name, _, way = (args.text("order_by") or "list_time:desc").partition(":")
    if name not in _ORDERS or way not in ("", "asc", "desc"):
        raise invalid("order_by", "unknown")
    found = items.sort(_ORDERS[name], "product_id", descending=way != "asc")
    return listed(args, found, page, LISTED, "items", "item")


def _with_skus(item: Row, selection: Selection) -> Document:
    below = selection.below("skus", "sku")
    own = [below.row(_SKU_OF_ITEM, item)] if below else []
    return {**selection.row(ITEM, item), **wrapped("skus", "sku", own)}
