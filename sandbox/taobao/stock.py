"""Writes of stock: absolute (type 1) or by a difference (type 2)."""

from typing import Any, Final

from sandbox.taobao import ids
from sandbox.taobao.arguments import Arguments
from sandbox.taobao.errors import invalid, missing, refused
from sandbox.taobao.items import item_of
from sandbox.taobao.prices import checked_sku
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import Answer, written

ABSOLUTE, DIFFERENCE = 1, 2
MAX_SKUS: Final = 20
_HEX: Final = frozenset("0123456789abcdefABCDEF")


def set_quantity(shop: Shop, args: Arguments) -> Answer:
    """Set the stock of a SKU; an item that has SKUs takes no stock of its own."""
    item = item_of(shop, args.needed_number("num_iid"))
    quantity, way = args.needed_number("quantity"), _way(args)
    named = {"sku_id": args.text("sku_id"), "outer_id": args.text("outer_id")}
    if not any(named.values()):
        raise refused("item-quantity-item-update-service-error", "商品含有销售属性，请传入SKU")
    checked_sku(item, named)
    after = quantity if way == ABSOLUTE else item["on_hand_units"] + quantity
    if after < 0:
        raise refused("invalid-parameter:quantity", "库存数量不能为负数")
    _set(shop, item, after)
    return {"item": _answered(shop, item, after)}


def set_quantities(shop: Shop, args: Arguments) -> Answer:
    """Set the stock of up to 20 SKUs of an item; a difference never goes below nothing."""
    item, way = item_of(shop, args.needed_number("num_iid")), _way(args)
    pairs = _pairs(args)
    if len(pairs) > MAX_SKUS:
        raise invalid("skuid_quantities", f"at most {MAX_SKUS} SKUs")
    after = item["on_hand_units"]
    for name, sku, quantity in pairs:
        checked_sku(item, {name: sku})
        if way == ABSOLUTE and quantity < 0:
            raise refused("invalid-parameter:quantity", "库存数量不能为负数")
        after = quantity if way == ABSOLUTE else max(0, after + quantity)
    _set(shop, item, after)
    return {"item": _answered(shop, item, after)}


def set_tmall_quantity(shop: Shop, args: Arguments) -> Answer:
    """Set the stock of a Tmall item's SKUs; one `outer_biz_key` is applied once."""
    if not shop.credentials.is_tmall:
        raise refused("invalid-permission:not-tmall-seller-tmall", "非天猫商家")
    item = item_of(shop, args.needed_number("item_id"))
    options, below = args.structure("options") or {}, args.structure("sku_quantities")
    if not below:
        raise missing("sku_quantities")
    if not isinstance(below, list) or not isinstance(options, dict):
        raise invalid("sku_quantities", "a list of SKUs and quantities")
    key = str(options.get("outer_biz_key") or "")
    if not _HEX.issuperset(key):
        raise invalid("options", "outer_biz_key takes hexadecimal digits only")
    done = {"quantity_update_result": str(ids.num_iid(item["product_id"]))}
    if key and any(write.get("key") == key for write in shop.written("set_stock")):
        return done
    after, way = item["on_hand_units"], options.get("type", ABSOLUTE)
    for one in below:
        checked_sku(item, one)
        quantity = _whole(one.get("quantity"))
        after = quantity if way == ABSOLUTE else after + quantity
    if after < 0:
        raise refused("invalid-parameter:quantity-tmall", "库存数量不能为负数")
    _set(shop, item, after, key=key)
    return done


def _way(args: Arguments) -> int:
    return args.between("type", least=ABSOLUTE, most=DIFFERENCE, default=ABSOLUTE)


def _whole(value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise invalid("quantity", "not a number") from error


def _pairs(args: Arguments) -> list[tuple[str, str, int]]:
    name, text = "sku_id", args.text("skuid_quantities")
    if text is None:
        name, text = "outer_id", args.text("outerid_quantities")
    if text is None:
        raise missing("skuid_quantities")
    parts = [part.rpartition(":") for part in text.split(";") if part]
    return [(name, sku, _whole(quantity)) for sku, _, quantity in parts]


def _set(shop: Shop, item: dict[str, Any], units: int, *, key: str = "") -> None:
    product_id = item["product_id"]
    shop.world.set_product(product_id, on_hand_units=units, stock_updated_at=shop.now)
    before = item["on_hand_units"]
    shop.record("set_stock", str(product_id), units, before=before, key=key)


def _answered(shop: Shop, item: dict[str, Any], units: int) -> Answer:
    number, at = item["product_id"], written(shop.now)
    sku = {"sku_id": ids.sku_id(number), "modified": at, "quantity": units}
    return {
        "num_iid": ids.num_iid(number),
        "modified": at,
        "num": units,
        "skus": {"sku": [sku]},
    }
