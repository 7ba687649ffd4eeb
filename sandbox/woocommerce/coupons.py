"""Coupons are created, changed and deleted; a code exists once, however it is written."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl

from sandbox.woocommerce import goods
from sandbox.woocommerce.calls import Call, Given, Reply
from sandbox.woocommerce.documents import Row
from sandbox.woocommerce.errors import RestError, invalid_param, missing_param, only
from sandbox.woocommerce.reads import coupon_row
from sandbox.woocommerce.shop import Shop, minor_of

COUPON_FIELDS: Final = frozenset(
    {"id", "code", "amount", "date_expires", "date_expires_gmt", "usage_limit"}
) | frozenset(goods.COUPON_DEFAULTS)
DISCOUNT_TYPES: Final = ("percent", "fixed_cart", "fixed_product")


def create_coupon(call: Call) -> Reply:
    """Create a coupon."""
    found = created_coupon(call, call.body)
    return Reply(found, 201, {"Location": f"{call.base}/coupons/{found['id']}"})


def created_coupon(call: Call, given: Given) -> Row:
    """Create a coupon and answer it.

    Raises:
        RestError: 400, the code exists, or what else is wrong.
    """
    shop, world = call.shop, call.shop.world
    with shop.refusing("create_coupon", given.get("code"), given):
        if given.get("id"):
            said = "Cannot create existing shop_coupon."
            raise RestError("woocommerce_rest_shop_coupon_exists", said, 400)
        code = _code(shop, given, own=None)
        values, fields = _coupon_values(shop, {"amount": "0", **given})
    key = world.add_discount(
        code=code,
        title=fields.get("description") or code,
        starts_at=world.clock,
        created_at=world.clock,
        updated_at=world.clock,
        usage_count=0,
        once_per_customer=fields.get("usage_limit_per_user") == 1,
        **values,
    )
    shop.coupon_fields[key] = fields
    shop.record("create_coupon", code, {"discount_id": key, **_told(values)})
    return _coupon(call, key)


def update_coupon(call: Call, key: int) -> Reply:
    """Change a coupon."""
    return Reply(changed_coupon(call, key, call.body))


def changed_coupon(call: Call, key: int, given: Given) -> Row:
    """Change a coupon and answer it."""
    shop = call.shop
    with shop.refusing("set_coupon", key, given):
        row = coupon_row(call, key, 400)
        code = _code(shop, given, own=row) if "code" in given else row["code"]
        kept = shop.coupon_fields.get(key, {})
        values, fields = _coupon_values(shop, given, row=row, kept=kept)
    shop.world.set_discount(key, code=code, **values, updated_at=shop.world.clock)
    shop.coupon_fields[key] = kept | fields
    shop.record("set_coupon", code, {"discount_id": key, **_told(values)})
    return _coupon(call, key)


def delete_coupon(call: Call, key: int) -> Reply:
    """Delete a coupon for good."""
    return Reply(deleted_coupon(call, key, is_forced=call.is_forced))


def deleted_coupon(call: Call, key: int, *, is_forced: bool) -> Row:
    """Delete a coupon and answer what it was."""
    shop, world = call.shop, call.shop.world
    with shop.refusing("delete_coupon", key, {}):
        row = coupon_row(call, key, 404)
        if not is_forced:
            said = "The shop_coupon does not support trashing."
            raise RestError("woocommerce_rest_trash_not_supported", said, 501)
    found = _coupon(call, key)
    world.discounts = world.discounts.filter(pl.col("discount_id") != key)
    world.version += 1
    shop.coupon_fields.pop(key, None)
    shop.record("delete_coupon", row["code"], None)
    return found


def _coupon(call: Call, key: int) -> Row:
    return goods.coupon(call.shop, coupon_row(call, key, 404), base=call.base)


def _code(shop: Shop, given: Given, *, own: Row | None) -> str:
    code = str(given.get("code") or "").strip().lower()
    if not code:
        raise missing_param("code")
    others = shop.world.discounts
    if own is not None:
        others = others.filter(pl.col("discount_id") != own["discount_id"])
    if others["code"].str.to_lowercase().is_in([code]).any():
        said = "The coupon code already exists"
        raise RestError("woocommerce_rest_coupon_code_already_exists", said, 400)
    return code


def _coupon_values(
    shop: Shop, given: Given, *, row: Row | None = None, kept: Row | None = None
) -> tuple[dict[str, Any], Row]:
    """Columns of the world, and the fields beside them."""
    only(given, COUPON_FIELDS, "a coupon")
    kind = given.get("discount_type")
    if kind is None:
        is_percent = row is not None and row["percentage"] is not None
        kind = "percent" if is_percent else (kept or {}).get("discount_type", "fixed_cart")
    if kind not in DISCOUNT_TYPES:
        said = f"discount_type is not one of {', '.join(DISCOUNT_TYPES[:2])}, and fixed_product."
        raise invalid_param("discount_type", said)
    values: dict[str, Any] = {}
    if "amount" in given or "discount_type" in given:
        amount = given.get("amount", goods.coupon_amount(shop, row or {}))
        values |= _discount(str(kind), amount)
    if "usage_limit" in given:
        values["usage_limit"] = _limit(given["usage_limit"])
    if "date_expires" in given:  # its twin in GMT is only read: whoever writes it changes nothing
        values["ends_at"] = _expiry(shop, given["date_expires"])
    beside = {name: given[name] for name in goods.COUPON_DEFAULTS if name in given}
    for name in ("minimum_amount", "maximum_amount"):
        if name in beside:
            beside[name] = shop.money(minor_of(beside[name]) or 0)
    return values, beside | {"discount_type": kind}


def _limit(given: object) -> int | None:
    """How often a coupon can be used; 0 is no limit."""
    if given is None:
        return None
    if isinstance(given, bool) or not str(given).isdigit():
        raise invalid_param("usage_limit", "usage_limit is not of type integer.")
    return int(str(given)) or None


def _discount(kind: str, amount: object) -> dict[str, Any]:
    minor = minor_of(amount)
    if minor is None or (kind == "percent" and minor > 100_00):
        raise RestError("coupon_invalid_amount", "Invalid discount amount.", 400)
    if kind == "percent":
        return {"percentage": float(Decimal(minor) / 10_000), "amount_minor": None}
    return {"percentage": None, "amount_minor": minor}


def _expiry(shop: Shop, given: object) -> datetime | None:
    """The instant of a text: with an offset as it says, without one in the site's time."""
    if not given:
        return None
    try:
        instant = datetime.fromisoformat(str(given))
    except ValueError as error:
        raise invalid_param("date_expires", "Invalid date.") from error
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=shop.zone)
    return instant.astimezone(UTC)


def _told(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value
        for name, value in values.items()
    }
