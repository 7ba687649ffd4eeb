"""Prices, stock and reviews are changed; every write that was received is kept."""

from typing import Any, Final

from sandbox.woocommerce import goods
from sandbox.woocommerce.calls import Call, Given, Reply
from sandbox.woocommerce.documents import Row
from sandbox.woocommerce.errors import RestError, invalid_param, not_emulated, only
from sandbox.woocommerce.reads import member, review_row
from sandbox.woocommerce.shop import Shop, minor_of
from sandbox.world.world import row_of

PRODUCT_FIELDS: Final = frozenset(
    {"id", "regular_price", "sale_price", "manage_stock", "stock_quantity"}
)
REVIEW_STATUSES: Final = ("approved", "hold", "spam", "unspam", "trash", "untrash")


def update_product(call: Call, key: int) -> Reply:
    """Change one product; its prices have to be text."""
    with call.shop.refusing("set_product", key, call.body):
        for name in ("regular_price", "sale_price"):
            if not isinstance(call.body.get(name, ""), str):
                raise invalid_param(name, f"{name} is not of type string.")
    return Reply(changed_product(call, key, call.body))


def changed_product(call: Call, key: int, given: Given) -> Row:
    """Change one product as a row of a batch, where no type is checked, and answer it.

    Raises:
        RestError: there is no such product, or the sandbox cannot do what is asked.
    """
    shop = call.shop
    with shop.refusing("set_product", key, given):
        row = shop.world.product(key)
        if row is None:
            raise RestError("woocommerce_rest_product_invalid_id", "Invalid ID.", 400)
        only(given, PRODUCT_FIELDS, "a product")
        price, stock = _new_prices(shop, row, given), _new_stock(shop, key, given)
    if price is not None:
        _set_price(shop, key, *price)
    if stock is not None:
        _set_stock(shop, key, stock)
    return goods.product(shop, shop.world.product(key) or row, base=call.base)


def _new_prices(shop: Shop, row: Row, given: Given) -> tuple[int, int | None] | None:
    if not {"regular_price", "sale_price"} & set(given):
        return None
    regular, sale = goods.prices(shop, row)
    if "regular_price" in given:
        regular = _amount(given, "regular_price")
    if "sale_price" in given:
        sale = None if given["sale_price"] in ("", None) else _amount(given, "sale_price")
    return regular, sale


def _amount(given: Given, name: str) -> int:
    # The platform would take a text without digits as no price at all; the world cannot sell that.
    minor = minor_of(given[name])
    if minor is None:
        raise invalid_param(name, f"{name} is no price the sandbox can sell at.")
    return minor


def _set_price(shop: Shop, key: int, regular: int, sale: int | None) -> None:
    shop.idle_sale_minor.pop(key, None)
    price, listed = regular, None
    if sale is not None and sale < regular:
        price, listed = sale, regular
    elif sale is not None:
        shop.idle_sale_minor[key] = sale
    after = {"price_minor": price, "compare_at_minor": listed}
    shop.world.set_product(key, **after, updated_at=shop.world.clock)
    shop.record("set_price", key, after)


def _new_stock(shop: Shop, key: int, given: Given) -> dict[str, Any] | None:
    if not {"manage_stock", "stock_quantity"} & set(given):
        return None
    is_managed = given.get("manage_stock", key not in shop.unmanaged)
    if not isinstance(is_managed, bool):
        raise invalid_param("manage_stock", "manage_stock is not of type boolean.")
    units = given.get("stock_quantity")
    if units is None or not is_managed:
        return {"is_managed": is_managed}
    if isinstance(units, bool) or not str(units).lstrip("-").isdigit():
        raise invalid_param("stock_quantity", "stock_quantity is not of type integer.")
    if int(units) < 0:
        raise not_emulated("stock below zero")
    return {"is_managed": is_managed, "on_hand_units": int(units)}


def _set_stock(shop: Shop, key: int, stock: dict[str, Any]) -> None:
    (shop.unmanaged.discard if stock["is_managed"] else shop.unmanaged.add)(key)
    now = shop.world.clock
    values = {name: stock[name] for name in ("on_hand_units",) if name in stock}
    if values:
        values["stock_updated_at"] = now
    shop.world.set_product(key, **values, updated_at=now)
    shop.record("set_stock", key, stock)


def update_review(call: Call, key: int) -> Reply:
    """Change a review: its text, its rating, or whether it is shown. There is no reply to one."""
    return Reply(changed_review(call, key, call.body))


def changed_review(call: Call, key: int, given: Given) -> Row:
    """Change a review and answer it."""
    shop = call.shop
    with shop.refusing("set_review", key, given):
        row = review_row(call, key)
        only(given, frozenset({"id", "review", "rating", "status"}), "a review")
        if given.get("status", "approved") not in REVIEW_STATUSES:
            raise invalid_param("status", "status is not one of the statuses of a review.")
        rating = given.get("rating", row["stars"])
        if isinstance(rating, bool) or not isinstance(rating, int):
            raise invalid_param("rating", "rating is not of type integer.")
    text = str(given.get("review", row["text"]))
    shop.world.set_review(key, text=text, stars=rating, updated_at=shop.world.clock)
    if status := given.get("status"):
        shop.review_status.pop(key, None)
        if status in ("hold", "spam", "trash"):
            shop.review_status[key] = status
    shop.record("set_review", key, {"stars": rating, "status": status})
    row = row_of(shop.world.reviews, "review_id", key) or row
    return goods.review(shop, row, base=call.base, member=member(call, row), is_edited=True)
