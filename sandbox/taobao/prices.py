"""Writes of prices: one call for shops of Taobao, another for shops of Tmall."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.kit.arguments import Arguments, listed, whole
from sandbox.kit.fields import Document
from sandbox.kit.values import minor_of
from sandbox.taobao import ids
from sandbox.taobao.errors import ERRORS
from sandbox.taobao.items import item_of
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import TIME

MAX_MINOR: Final = 100_000_000 * 100


def set_sku_price(shop: Shop, args: Arguments) -> Document:
    """Set the price of one SKU of a Taobao shop; the item's must stay within its SKUs' prices."""
    if shop.credentials.is_tmall:
        raise ERRORS("invalid-permission:tmall-seller")
    item = item_of(shop, args.needed("num_iid", whole))
    check_sku(item, {"properties": args.needed("properties", str)})
    minor = args.needed("price", _price)
    if args.get("item_price", _price, item["price_minor"]) != minor:
        raise ERRORS("invalid-parameter:item_price")
    _set(shop, item, minor)
    product_id = item["product_id"]
    sku = {"num_iid": ids.num_iid(product_id), "sku_id": ids.sku_id(product_id)}
    return {"sku": {**sku, "modified": TIME.written(shop.now)}}


def set_tmall_price(shop: Shop, args: Arguments) -> Document:
    """Set the prices of an item of a Tmall shop and of its SKUs, all or none."""
    if not shop.credentials.is_tmall:
        raise ERRORS("invalid-permission:not-tmall-seller-tmall")
    item = item_of(shop, args.needed("item_id", whole))
    own, below = args.get("item_price", _price), args.get("sku_prices", listed) or []
    if own is None and not below:
        raise ERRORS("missing", name="item_price")
    for one in below:
        check_sku(item, one)
    # The item has one SKU, and its price may not lie outside of its SKUs' prices.
    skus = {_sku_price(one.get("price")) for one in below} or {item["price_minor"]}
    minors = skus | ({own} if own is not None else set())
    if len(minors) != 1:
        raise ERRORS("invalid-parameter:item_price-tmall")
    _set(shop, item, minors.pop())
    return {"price_update_result": str(ids.num_iid(item["product_id"]))}


def check_sku(item: Mapping[str, Any], named: Mapping[str, Any]) -> None:
    """Refuse what names a SKU that is not the item's; by its number, properties or code."""
    product_id = item["product_id"]
    own = {
        "sku_id": str(ids.sku_id(product_id)),
        "properties": ids.properties(product_id),
        "outer_id": str(product_id),
    }
    given = {name: str(named[name]) for name in own if named.get(name)}
    if not given or any(own[name] != value for name, value in given.items()):
        raise ERRORS("invalid-parameter:sku-properties")


def _price(text: object) -> int:
    minor = minor_of(text)
    if not 0 < minor < MAX_MINOR:
        raise ValueError("out of range")
    return minor


def _sku_price(text: object) -> int:
    try:
        return _price(text)
    except ValueError as error:
        raise ERRORS("invalid", name="sku_prices", reason=error) from error


def _set(shop: Shop, item: Mapping[str, Any], minor: int) -> None:
    shop.world.set_product(item["product_id"], price_minor=minor, updated_at=shop.now)
    shop.record("set_price", item["product_id"], minor, before=item["price_minor"])
