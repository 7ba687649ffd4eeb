"""Writes of prices: one call for shops of Taobao, another for shops of Tmall."""

from decimal import Decimal, InvalidOperation
from typing import Any, Final

from sandbox.taobao import ids
from sandbox.taobao.arguments import Arguments
from sandbox.taobao.errors import invalid, missing, refused
from sandbox.taobao.items import item_of
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import Answer, written

MAX_YUAN: Final = 100_000_000


def set_sku_price(shop: Shop, args: Arguments) -> Answer:
    """Set the price of one SKU of a Taobao shop; the item's must stay within its SKUs' prices."""
    if shop.credentials.is_tmall:
        raise refused("invalid-permission:tmall-seller", "天猫商家请使用tmall.item.price.update")
    item = item_of(shop, args.needed_number("num_iid"))
    checked_sku(item, {"properties": args.needed("properties")})
    minor = _minor("price", args.needed("price"))
    whole = args.text("item_price")
    item_minor = item["price_minor"] if whole is None else _minor("item_price", whole)
    if item_minor != minor:
        raise refused("invalid-parameter:item_price", "商品价格必须在SKU价格范围内")
    _set(shop, item, minor)
    return {
        "sku": {
            "num_iid": ids.num_iid(item["product_id"]),
            "sku_id": ids.sku_id(item["product_id"]),
            "modified": written(shop.now),
        }
    }


def set_tmall_price(shop: Shop, args: Arguments) -> Answer:
    """Set the prices of an item of a Tmall shop and of its SKUs, all or none."""
    if not shop.credentials.is_tmall:
        raise refused("invalid-permission:not-tmall-seller-tmall", "非天猫商家")
    item = item_of(shop, args.needed_number("item_id"))
    whole, below = args.text("item_price"), args.structure("sku_prices") or []
    if not whole and not below:
        raise missing("item_price")
    if not isinstance(below, list) or not all(isinstance(one, dict) for one in below):
        raise invalid("sku_prices", "a list of SKUs and prices")
    minors = {_minor("item_price", whole)} if whole else set()
    for one in below:
        checked_sku(item, one)
        minors.add(_minor("sku_prices", one.get("price")))
    # The item has one SKU, and its price may not lie outside of its SKUs' prices.
    if not below:
        minors.add(item["price_minor"])
    if len(minors) != 1:
        raise refused("invalid-parameter:item_price-tmall", "商品价格必须在SKU价格范围内")
    _set(shop, item, minors.pop())
    return {"price_update_result": str(ids.num_iid(item["product_id"]))}


def checked_sku(item: dict[str, Any], named: dict[str, Any]) -> None:
    """Refuse what names a SKU that is not the item's; by its number, properties or code."""
    product_id = item["product_id"]
    own = {
        "sku_id": str(ids.sku_id(product_id)),
        "properties": ids.properties(product_id),
        "outer_id": str(product_id),
    }
    given = {name: str(named[name]) for name in own if named.get(name)}
    if not given or any(own[name] != value for name, value in given.items()):
        raise refused("invalid-parameter:sku-properties", "传入的SKU属性找不到对应的SKU记录")


def _minor(name: str, text: object) -> int:
    try:
        amount = Decimal(str(text))
    except InvalidOperation as error:
        raise invalid(name, "not a price") from error
    if not amount.is_finite() or not 0 < amount < MAX_YUAN:
        raise invalid(name, "out of range")
    if amount != round(amount, 2):
        raise invalid(name, "two decimals at most")
    return int(amount * 100)


def _set(shop: Shop, item: dict[str, Any], minor: int) -> None:
    shop.world.set_product(item["product_id"], price_minor=minor, updated_at=shop.now)
    shop.record("set_price", str(item["product_id"]), minor, before=item["price_minor"])
