"""Writes of stock: absolute (type 1) or by a difference (type 2)."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.kit.arguments import Arguments, between, listed, mapped, whole
from sandbox.kit.fields import Document
from sandbox.taobao import ids
from sandbox.taobao.errors import ERRORS
from sandbox.taobao.items import item_of
from sandbox.taobao.prices import check_sku
from sandbox.taobao.shop import Shop
from sandbox.taobao.values import TIME

ABSOLUTE, DIFFERENCE = 1, 2
MAX_SKUS: Final = 20
_HEX: Final = frozenset("0123456789abcdefABCDEF")


def set_quantity(shop: Shop, args: Arguments) -> Document:
    """Set the stock of a SKU; an item that has SKUs takes no stock of its own."""
    item = item_of(shop, args.needed("num_iid", whole))
    quantity, way = args.needed("quantity", whole), _way(args)
    named = {"sku_id": args.text("sku_id"), "outer_id": args.text("outer_id")}
    if not any(named.values()):
        raise ERRORS("item-quantity-item-update-service-error")
    check_sku(item, named)
    after = quantity if way == ABSOLUTE else item["on_hand_units"] + quantity
    if after < 0:
        raise ERRORS("invalid-parameter:quantity")
    return _set(shop, item, after)


def set_quantities(shop: Shop, args: Arguments) -> Document:
    """Set the stock of up to 20 SKUs of an item; a difference never goes below nothing."""
    item, way = item_of(shop, args.needed("num_iid", whole)), _way(args)
    pairs = _pairs(args)
    if len(pairs) > MAX_SKUS:
        raise ERRORS("invalid", name="skuid_quantities", reason=f"at most {MAX_SKUS} SKUs")
    after = item["on_hand_units"]
    for name, sku, quantity in pairs:
        check_sku(item, {name: sku})
        if way == ABSOLUTE and quantity < 0:
            raise ERRORS("invalid-parameter:quantity")
        after = quantity if way == ABSOLUTE else max(0, after + quantity)
    return _set(shop, item, after)


def set_tmall_quantity(shop: Shop, args: Arguments) -> Document:
    """Set the stock of a Tmall item's SKUs; one `outer_biz_key` is applied once."""
    if not shop.credentials.is_tmall:
        raise ERRORS("invalid-permission:not-tmall-seller-tmall")
    item = item_of(shop, args.needed("item_id", whole))
    options, below = args.get("options", mapped) or {}, args.get("sku_quantities", listed)
    if not below:
        raise ERRORS("missing", name="sku_quantities")
    key = str(options.get("outer_biz_key") or "")
    if not _HEX.issuperset(key):
        raise ERRORS(
            "invalid", name="options", reason="outer_biz_key takes hexadecimal digits only"
        )
    done = {"quantity_update_result": str(ids.num_iid(item["product_id"]))}
    if key and any(write.get("key") == key for write in shop.written("set_stock")):
        return done
    after, way = item["on_hand_units"], options.get("type", ABSOLUTE)
    for one in below:
        check_sku(item, one)
        quantity = _whole(one.get("quantity"))
        after = quantity if way == ABSOLUTE else after + quantity
    if after < 0:
        raise ERRORS("invalid-parameter:quantity-tmall")
    _set(shop, item, after, key=key)
    return done


def _way(args: Arguments) -> int:
    return args.get("type", between(ABSOLUTE, DIFFERENCE), ABSOLUTE)


def _whole(value: object) -> int:
    try:
        return whole(str(value))
    except ValueError as error:
        raise ERRORS("invalid", name="quantity", reason=error) from error


def _pairs(args: Arguments) -> list[tuple[str, str, int]]:
    """SKUs by number or by code, each with its quantity."""
    name, text = "sku_id", args.text("skuid_quantities")
    if not text:
        name, text = "outer_id", args.text("outerid_quantities")
    if not text:
        raise ERRORS("missing", name="skuid_quantities")
    parts = [part.rpartition(":") for part in text.split(";") if part]
    return [(name, sku, _whole(quantity)) for sku, _, quantity in parts]


def _set(shop: Shop, item: Mapping[str, Any], units: int, *, key: str = "") -> Document:
    """Set the units of an item, and answer with it."""
    product_id, at = item["product_id"], TIME.written(shop.now)
    shop.world.set_product(product_id, on_hand_units=units, stock_updated_at=shop.now)
    shop.record("set_stock", product_id, units, before=item["on_hand_units"], key=key)
    sku = {"sku_id": ids.sku_id(product_id), "modified": at, "quantity": units}
    own = {"num_iid": ids.num_iid(product_id), "modified": at, "num": units}
    return {"item": {**own, "skus": {"sku": [sku]}}}
