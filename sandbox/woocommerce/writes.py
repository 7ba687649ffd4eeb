"""Prices, stock and reviews are changed; every write that was received is kept."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from sandbox.woocommerce import goods, offers
from sandbox.woocommerce.calls import Call, Given, Reply
from sandbox.woocommerce.documents import Row
from sandbox.woocommerce.errors import RestError, invalid_param, not_emulated, only
from sandbox.woocommerce.reads import member, product_row, review_row
from sandbox.woocommerce.shop import Shop, minor_of
from sandbox.world.world import row_of

PRODUCT_FIELDS: Final = frozenset(
    {
        "id", "regular_price", "sale_price", "date_on_sale_from_gmt", "date_on_sale_to_gmt",
        "manage_stock", "stock_quantity", "backorders", "status",
    }
)  # fmt: skip
STATUSES: Final = ("draft", "pending", "private", "publish")
BACKORDERS: Final = ("no", "notify", "yes")
REVIEW_STATUSES: Final = ("approved", "hold", "spam", "unspam", "trash", "untrash")
_OFFERED: Final = frozenset(
    {"regular_price", "sale_price", "date_on_sale_from_gmt", "date_on_sale_to_gmt"}
)


def update_product(call: Call, key: int) -> Reply:
    """Change one product; its prices have to be text."""
    return _updated(call, 0, key)


def update_variation(call: Call, parent: int, key: int) -> Reply:
    """Change one variation."""
    return _updated(call, parent, key)


def _updated(call: Call, parent: int, key: int) -> Reply:
    with call.shop.refusing("set_product", key, call.body):
        for name in ("regular_price", "sale_price"):
            if not isinstance(call.body.get(name, ""), str):
                raise invalid_param(name, f"{name} is not of type string.")
    return Reply(changed_product(call, parent, key, call.body))


def changed_product(call: Call, parent: int, key: int, given: Given) -> Row:
    """Change one product as a row of a batch, where no type is checked, and answer it.

    Raises:
        RestError: there is no such product, or the sandbox cannot do what is asked.
    """
    shop = call.shop
    with shop.refusing("set_product", key, given):
        row = product_row(call, key, 400, parent=parent)
        if not parent and shop.families.of(key) is not None:
            said = "To manipulate product variations you should use their own address."
            raise RestError("woocommerce_rest_invalid_product_id", said, 404)
        only(given, PRODUCT_FIELDS, "a product")
        if key in shop.families.found and set(given) - {"id", "status"}:
            raise not_emulated("this field of a product with variations")
        offer, stock = _new_offer(shop, row, given), _new_stock(shop, key, given)
        _check_one_of(given, "status", STATUSES)
        _check_one_of(given, "backorders", BACKORDERS)
    if offer is not None:
        offers.put(shop, key, offer)
    if "backorders" in given:
        shop.backorders[key] = given["backorders"]
    if stock is not None:
        _set_stock(shop, key, stock)
    if "status" in given:
        shop.product_status[key] = given["status"]
        shop.record("set_product", key, {"status": given["status"]})
    if {"status", "backorders"} & set(given) and key not in shop.families.found:
        shop.world.set_product(key, updated_at=shop.world.clock)
    return goods.product(shop, product_row(call, key, 400, parent=parent), base=call.base)


def _check_one_of(given: Given, name: str, known: tuple[str, ...]) -> None:
    if given.get(name, known[0]) not in known:
        raise invalid_param(name, f"{name} is not one of {', '.join(known)}.")


def _new_offer(shop: Shop, row: Row, given: Given) -> offers.Offer | None:
    if not _OFFERED & set(given):
        return None
    offer = offers.offer_of(shop, row)
    if "regular_price" in given:
        offer = replace(offer, regular=_amount(shop, given, "regular_price"))
    if "sale_price" in given:
        is_none = given["sale_price"] in ("", None)
        offer = replace(offer, sale=None if is_none else _amount(shop, given, "sale_price"))
    if "date_on_sale_from_gmt" in given:
        offer = replace(offer, begins=_gmt(given, "date_on_sale_from_gmt"))
    if "date_on_sale_to_gmt" in given:
        offer = replace(offer, ends=_gmt(given, "date_on_sale_to_gmt"))
    return offer


def _gmt(given: Given, name: str) -> datetime | None:
    if not given[name]:
        return None
    try:
        return datetime.fromisoformat(str(given[name])).replace(tzinfo=UTC)
    except ValueError as error:
        raise invalid_param(name, "Invalid date.") from error


def _amount(shop: Shop, given: Given, name: str) -> str:
    """A price as it is kept: with all its digits, or those of the shop where it has fewer."""
    # The platform would take a text without digits as no price at all; the world cannot sell that.
    text = str(given[name]).strip()
    minor = minor_of(text)
    if minor is None:
        raise invalid_param(name, f"{name} is no price the sandbox can sell at.")
    return text if len(text.partition(".")[2]) > max(shop.decimals, 2) else shop.money(minor)


def delete_product(call: Call, key: int) -> Reply:
    """Put a product into the trash, or delete it for good."""
    return Reply(deleted_product(call, 0, key, is_forced=call.is_forced))


def delete_variation(call: Call, parent: int, key: int) -> Reply:
    """Delete a variation for good."""
    return Reply(deleted_product(call, parent, key, is_forced=True))


def deleted_product(call: Call, parent: int, key: int, *, is_forced: bool) -> Row:
    """Delete a product or a variation and answer what it was."""
    shop, world = call.shop, call.shop.world
    with shop.refusing("delete_product", key, {}):
        row = product_row(call, key, 404, parent=parent)
        if key in shop.families.found:
            raise not_emulated("the deletion of a product with variations")
        if shop.product_status.get(key) == "trash" and not is_forced:
            raise RestError("woocommerce_rest_already_trashed", "Already deleted.", 410)
    if is_forced:
        found = goods.product(shop, row, base=call.base)
        world.products = world.products.filter(pl.col("product_id") != key)
        world.version += 1
    else:
        shop.product_status[key] = "trash"
        world.set_product(key, updated_at=world.clock)
        found = goods.product(shop, product_row(call, key, 404), base=call.base)
    shop.record("delete_product", key, {"is_forced": is_forced})
    return found


def delete_customer(call: Call, key: int) -> Reply:
    """Delete an account for good: there is no trash for people."""
    shop, world = call.shop, call.shop.world
    with shop.refusing("delete_customer", key, {}):
        row = row_of(world.customers, "household_id", key)
        if row is None:
            raise RestError("wc_user_invalid_id", "Invalid user ID.", 404)
        if not call.is_forced:
            said = "Customers do not support trashing."
            raise RestError("woocommerce_rest_trash_not_supported", said, 501)
    found = goods.customer(shop, row, base=call.base)
    world.customers = world.customers.filter(pl.col("household_id") != key)
    world.version += 1
    shop.record("delete_customer", key, None)
    return Reply(found)


def delete_review(call: Call, key: int) -> Reply:
    """Delete a review for good; without `force` it goes into the trash."""
    shop, world = call.shop, call.shop.world
    with shop.refusing("delete_review", key, {}):
        row = review_row(call, key)
    found = goods.review(shop, row, base=call.base, member=member(call, row))
    if call.is_forced:
        world.reviews = world.reviews.filter(pl.col("review_id") != key)
        world.version += 1
    else:
        shop.review_status[key] = "trash"
    shop.record("delete_review", key, {"is_forced": call.is_forced})
    return Reply({"deleted": True, "previous": found} if call.is_forced else found)


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
