"""Items on sale and in the warehouse; every item has one SKU."""

from typing import Any, Final

import polars as pl

from sandbox.taobao import ids
from sandbox.taobao.arguments import Arguments, Fields
from sandbox.taobao.errors import invalid, refused
from sandbox.taobao.paging import Page
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import Answer, wrapped, written, yuan
from sandbox.world.world import instant

MAX_PAGE: Final = 200
MAX_ROWS: Final = 20_000
MAX_INVENTORY_PAGE: Final = 101
MAX_ITEMS: Final = 40
MAX_LIST: Final = 20
BANNERS: Final = (
    "regular_shelved",
    "never_on_shelf",
    "off_shelf",
    "for_shelved",
    "sold_out",
    "violation_off_shelf",
)
_ORDERS: Final = {"list_time": "created_at", "modified": "changed_at", "num": "on_hand_units"}


def onsale(shop: Shop, args: Arguments) -> Answer:
    """Items that can be bought."""
    fields = args.fields()
    page = Page.of(args, most=MAX_PAGE).within(MAX_ROWS)
    found = _filtered(_items(shop).filter(pl.col("on_hand_units") > 0), args)
    return _answered(shop, found, page, fields)


def inventory(shop: Shop, args: Arguments) -> Answer:
    """Items in the warehouse, those of one banner; what is sold out is a banner of its own."""
    fields = args.fields()
    banner = args.text("banner") or "for_shelved"
    if banner not in BANNERS:
        raise invalid("banner", "unknown")
    page = Page.of(args, most=MAX_PAGE, last=MAX_INVENTORY_PAGE)
    out = (pl.col("on_hand_units") <= 0) & pl.lit(banner == "sold_out")
    return _answered(shop, _filtered(_items(shop).filter(out), args), page, fields)


def one(shop: Shop, args: Arguments) -> Answer:
    """One item with its SKU."""
    fields = args.fields()
    found = item_of(shop, args.needed_number("num_iid"))
    return {"item": _row(shop, found, fields, has_skus=True)}


def listed(shop: Shop, args: Arguments) -> Answer:
    """Some items with their SKUs; those that are not known are left out."""
    fields = args.fields()
    found = _known(shop, args, most=MAX_LIST)
    return wrapped("items", "item", (_row(shop, item, fields, has_skus=True) for item in found))


def skus(shop: Shop, args: Arguments) -> Answer:
    """The SKUs of some items."""
    fields = args.fields()
    found = _known(shop, args, most=MAX_ITEMS)
    return wrapped("skus", "sku", (fields.of(_sku(item)) for item in found))


def sku(shop: Shop, args: Arguments) -> Answer:
    """One SKU."""
    fields, number = args.fields(), args.needed_number("sku_id")
    found = _items(shop).filter(pl.col("product_id") == number - ids.SKU)
    if found.is_empty():
        raise refused("sku-not-exist", "SKU不存在")
    return {"sku": fields.of(_sku(found.row(0, named=True)))}


def item_of(shop: Shop, number: int) -> dict[str, Any]:
    """The item of a number.

    Raises:
        TopError: there is none.
    """
    found = _items(shop).filter(pl.col("product_id") == number - ids.ITEM)
    if found.is_empty():
        raise refused("item-not-exist:invalid-numIid-or-iid", "商品id对应的商品不存在")
    return found.row(0, named=True)


def _items(shop: Shop) -> pl.DataFrame:
    changed = pl.max_horizontal("updated_at", "stock_updated_at").dt.truncate("1s")
    return shop.world.products.with_columns(changed_at=changed)


def _known(shop: Shop, args: Arguments, *, most: int) -> list[dict[str, Any]]:
    args.needed("num_iids")
    names = args.names("num_iids")
    if len(names) > most or not all(name.isascii() and name.isdigit() for name in names):
        raise invalid("num_iids", f"at most {most} numbers")
    wanted = [int(name) - ids.ITEM for name in names]
    return _items(shop).filter(pl.col("product_id").is_in(wanted)).to_dicts()


def _filtered(items: pl.DataFrame, args: Arguments) -> pl.DataFrame:
    start, end = args.instant("start_modified"), args.instant("end_modified")
    if start:
        items = items.filter(pl.col("changed_at") >= instant(start))
    if end:
        items = items.filter(pl.col("changed_at") <= instant(end))
    if text := args.text("q"):
        items = items.filter(pl.col("title").str.contains(text, literal=True))
    name, _, way = (args.text("order_by") or "list_time:desc").partition(":")
    if name not in _ORDERS or way not in ("", "asc", "desc"):
        raise invalid("order_by", "unknown")
    return items.sort(_ORDERS[name], "product_id", descending=way != "asc")


def _answered(shop: Shop, found: pl.DataFrame, page: Page, fields: Fields) -> Answer:
    rows = [
        _row(shop, item, fields, has_skus=False) for item in page.rows(found).iter_rows(named=True)
    ]
    return {"total_results": found.height, **wrapped("items", "item", rows)}


def _row(shop: Shop, item: dict[str, Any], fields: Fields, *, has_skus: bool) -> Answer:
    product_id, is_out = item["product_id"], item["on_hand_units"] <= 0
    row = fields.of(
        {
            "num_iid": ids.num_iid(product_id),
            "title": item["title"],
            "nick": shop.credentials.nick,
            "type": "fixed",
            "cid": 50_000_000 + item["manufacturer_id"],
            "pic_url": f"https://img.example.com/{product_id}.jpg",
            "num": max(0, item["on_hand_units"]),
            "price": yuan(item["price_minor"]),
            "outer_id": str(product_id),
            "approve_status": "instock" if is_out else "onsale",
            "list_time": written(item["created_at"]),
            "modified": written(item["changed_at"]),
            "created": written(item["created_at"]) if has_skus else None,
        }
    )
    below = fields.below("skus", "sku") if has_skus else None
    sub_row = _sku(item)
    del sub_row["num_iid"], sub_row["status"]
    return {**row, **(wrapped("skus", "sku", [below.of(sub_row)]) if below else {})}


def _sku(item: dict[str, Any]) -> Answer:
    product_id = item["product_id"]
    return {
        "sku_id": ids.sku_id(product_id),
        "num_iid": ids.num_iid(product_id),
        "properties": ids.properties(product_id),
        "properties_name": f"{ids.properties(product_id)}:规格:{item['title']}",
        "quantity": max(0, item["on_hand_units"]),
        "price": yuan(item["price_minor"]),
        "outer_id": str(product_id),
        "created": written(item["created_at"]),
        "modified": written(item["changed_at"]),
        "status": "normal",
    }
