"""Orders are created over the API; one that fails half way stays behind as a draft."""

from typing import Any, Final, NamedTuple

import polars as pl

from sandbox.kit.fields import alike
from sandbox.woocommerce import schema
from sandbox.woocommerce.calls import Row
from sandbox.woocommerce.errors import ERRORS, not_emulated, refused
from sandbox.woocommerce.shop import Shop
from sandbox.world.parcels import promised
from sandbox.world.world import World, row_of

_GIVEN: Final = alike(
    schema.anything,
    "customer_id set_paid line_items coupon_lines payment_method payment_method_title billing "
    "shipping",
)


class Basket(NamedTuple):
    """What is bought, by whom: products with their pieces."""

    household_id: int
    wanted: list[tuple[Row, int]]
    is_paid: bool


def checked(shop: Shop, given: Row) -> Basket:
    """The basket of a new order.

    Raises:
        RefusedError: 400; when it is for a coupon the order was begun, and `data` names its draft.
    """
    schema.read(given, _GIVEN, "an order")
    customer = given.get("customer_id", 0)
    if customer == 0:
        raise not_emulated("orders of guests")
    if row_of(shop.world.customers, "household_id", customer) is None:
        raise ERRORS("buyer")
    wanted = [_wanted(shop.world, item) for item in given.get("line_items") or []]
    for line in given.get("coupon_lines") or []:
        _refuse_coupon(shop, str(line.get("code") or "").lower())
    return Basket(int(customer), wanted, given.get("set_paid") is True)


def _wanted(world: World, item: Row) -> tuple[Row, int]:
    asked = str(item.get("product_id") or item.get("sku") or "")
    product = world.product(int(asked)) if asked.isdigit() else None
    if product is None:
        raise ERRORS("goods")
    return product, int(item.get("quantity", 1))


def _refuse_coupon(shop: Shop, code: str) -> None:
    if code in shop.world.discounts["code"].str.to_lowercase():
        raise not_emulated("coupons on orders created over the API")
    draft = _next(shop.world.orders["order_id"], shop.kept.drafts)
    shop.kept.drafts.append(draft)
    unknown = f'Coupon "{code}" cannot be applied because it does not exist.'
    reason = unknown if code else "Coupon code is required."
    raise refused("coupon", {"new_draft_order_id": draft}, reason=reason)


def added(shop: Shop, basket: Basket) -> int:
    """Add the order to the world at the prices in force; returns its id."""
    world, key = shop.world, _next(shop.world.orders["order_id"], shop.kept.drafts)
    first = _next(world.lines["line_id"], [])
    lines = [
        {
            "line_id": first + place,
            "order_id": key,
            "product_id": product["product_id"],
            **alike(quantity, "quantity current_quantity"),
            "unit_minor": product["price_minor"],
            **alike(0, "automatic_minor code_minor"),
            "is_removed": False,
        }
        for place, (product, quantity) in enumerate(basket.wanted)
    ]
    order: dict[str, Any] = dict.fromkeys(world.orders.columns) | {
        "order_id": key,
        "household_id": basket.household_id,
        **alike(shop.now, "created_at updated_at"),
        **alike(0, "automatic_minor code_minor refunded_minor"),
        "fulfillment_status": "UNFULFILLED",
        "currency": world.currency,
        "line_start": world.lines.height,
        "line_count": len(lines),
        "original_minor": sum(line["unit_minor"] * line["quantity"] for line in lines),
        "financial_status": "PAID" if basket.is_paid else "PENDING",
    }
    frame = pl.DataFrame([order], schema=world.orders.schema)
    world.orders = pl.concat([world.orders, promised(frame, world.zone)])
    world.lines = pl.concat([world.lines, pl.DataFrame(lines, schema=world.lines.schema)])
    world.version += 1
    for product, quantity in basket.wanted if basket.is_paid else ():
        left = max(0, product["on_hand_units"] - quantity)
        world.set_product(product["product_id"], on_hand_units=left, stock_updated_at=shop.now)
    shop.record("create_order", key, {"lines": len(lines)})
    return key


def _next(keys: pl.Series, taken: list[int]) -> int:
    """The next free id."""
    newest = keys.max()
    return max([newest if isinstance(newest, int) else 0, *taken]) + 1
