"""Writes of prices and stock: some calls are for shops of Taobao, others for those of Tmall."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.kit.arguments import Arguments, between, listed, mapped, price, reading, whole
from sandbox.kit.fields import Document
from sandbox.taobao import ids
from sandbox.taobao.errors import ERRORS, invalid
from sandbox.taobao.items import item_of
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import TIME

ABSOLUTE, DIFFERENCE = 1, 2
MAX_SKUS: Final = 20
_HEX: Final = frozenset("0123456789abcdefABCDEF")


def set_sku_price(shop: Shop, args: Arguments) -> Document:
    """Set the price of one SKU of a Taobao shop; the item's must stay within its SKUs' prices."""
    if shop.credentials.is_tmall:
        raise ERRORS("invalid-permission:tmall-seller")
    item = item_of(shop, args, "num_iid")
    _check_sku(item, {"properties": args.needed("properties", str)})
    minor = args.needed("price", price)
    if args.get("item_price", price, item["price_minor"]) != minor:
        raise ERRORS("invalid-parameter:item_price")
    shop.set_price(item, minor)
    own = {"num_iid": ids.num_iid(item["product_id"]), "sku_id": ids.sku_id(item["product_id"])}
    return {"sku": {**own, "modified": TIME.written(shop.now)}}


def set_tmall_price(shop: Shop, args: Arguments) -> Document:
    """Set the prices of an item of a Tmall shop and of its SKUs, all or none."""
    _check_tmall(shop)
    item = item_of(shop, args, "item_id")
    own, below = args.get("item_price", price), args.get("sku_prices", listed) or []
    if own is None and not below:
        raise ERRORS("missing", name="item_price")
    for one in below:
        _check_sku(item, one)
    # The item has one SKU, and its price may not lie outside of its SKUs' prices.
    given = [reading(ERRORS, "sku_prices", price, one.get("price")) for one in below]
    minors = {*(given or [item["price_minor"]]), *([own] if own is not None else [])}
    if len(minors) != 1:
        raise ERRORS("invalid-parameter:item_price-tmall")
    shop.set_price(item, minors.pop())
    return {"price_update_result": str(ids.num_iid(item["product_id"]))}


def set_quantity(shop: Shop, args: Arguments) -> Document:
    """Set the stock of a SKU; an item that has SKUs takes no stock of its own."""
    item = item_of(shop, args, "num_iid")
    quantity, way = args.needed("quantity", whole), _way(args)
    named = {"sku_id": args.text("sku_id"), "outer_id": args.text("outer_id")}
    if not any(named.values()):
        raise ERRORS("item-quantity-item-update-service-error")
    _check_sku(item, named)
    after = quantity if way == ABSOLUTE else item["on_hand_units"] + quantity
    if after < 0:
        raise ERRORS("invalid-parameter:quantity")
    return _set_stock(shop, item, after)


def set_quantities(shop: Shop, args: Arguments) -> Document:
    """Set the stock of up to 20 SKUs of an item; a difference never goes below nothing."""
    item, way = item_of(shop, args, "num_iid"), _way(args)
    # SKUs by number or by code, each with its quantity.
    key, name = "sku_id", "skuid_quantities"
    if not args.text(name) and args.text("outerid_quantities"):
        key, name = "outer_id", "outerid_quantities"
    pairs = [part.rpartition(":") for part in args.needed(name, str).split(";") if part]
    if len(pairs) > MAX_SKUS:
        raise invalid("skuid_quantities", f"at most {MAX_SKUS} SKUs")
    after = item["on_hand_units"]
    for sku, _, text in pairs:
        quantity = reading(ERRORS, "quantity", whole, text)
        _check_sku(item, {key: sku})
        if way == ABSOLUTE and quantity < 0:
            raise ERRORS("invalid-parameter:quantity")
        after = quantity if way == ABSOLUTE else max(0, after + quantity)
    return _set_stock(shop, item, after)


def set_tmall_quantity(shop: Shop, args: Arguments) -> Document:
    """Set the stock of a Tmall item's SKUs; one `outer_biz_key` is applied once."""
    _check_tmall(shop)
    item = item_of(shop, args, "item_id")
    options, below = args.get("options", mapped) or {}, args.get("sku_quantities", listed)
    if not below:
        raise ERRORS("missing", name="sku_quantities")
    key = str(options.get("outer_biz_key") or "")
    if not _HEX.issuperset(key):
        raise invalid("options", "outer_biz_key takes hexadecimal digits only")
    done = {"quantity_update_result": str(ids.num_iid(item["product_id"]))}
    if key and any(write.get("key") == key for write in shop.written("set_stock")):
        return done
    after = item["on_hand_units"]
    for one in below:
        _check_sku(item, one)
        quantity = reading(ERRORS, "quantity", whole, one.get("quantity"))
        after = quantity if options.get("type", ABSOLUTE) == ABSOLUTE else after + quantity
    if after < 0:
        raise ERRORS("invalid-parameter:quantity-tmall")
    _set_stock(shop, item, after, key=key)
    return done


def _check_tmall(shop: Shop) -> None:
    if not shop.credentials.is_tmall:
        raise ERRORS("invalid-permission:not-tmall-seller-tmall")


def _check_sku(item: Mapping[str, Any], named: Mapping[str, Any]) -> None:
    """Refuse what names a SKU that is not the item's; by its number, properties or code."""
    key = item["product_id"]
    own = {"sku_id": ids.sku_id(key), "properties": ids.properties(key), "outer_id": key}
    given = {name: str(named[name]) for name in own if named.get(name)}
    if not given or any(str(own[name]) != value for name, value in given.items()):
        raise ERRORS("invalid-parameter:sku-properties")


def _way(args: Arguments) -> int:
    return args.get("type", between(ABSOLUTE, DIFFERENCE), ABSOLUTE)


def _set_stock(shop: Shop, item: Mapping[str, Any], units: int, *, key: str = "") -> Document:
    """Set the units of an item, and answer with it."""
    product_id, at = item["product_id"], TIME.written(shop.now)
    shop.set_stock(item, units, key=key)
    sku = {"sku_id": ids.sku_id(product_id), "modified": at, "quantity": units}
    own = {"num_iid": ids.num_iid(product_id), "modified": at, "num": units}
    return {"item": {**own, "skus": {"sku": [sku]}}}
