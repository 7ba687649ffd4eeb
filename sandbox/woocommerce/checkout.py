"""Orders are created over the API; one that fails half way stays behind as a draft."""

from datetime import datetime
from typing import Any, Final

import polars as pl

from sandbox.woocommerce import documents
from sandbox.woocommerce.calls import Call, Given, Reply
from sandbox.woocommerce.documents import Row
from sandbox.woocommerce.errors import RestError, not_emulated, only
from sandbox.world.parcels import promised
from sandbox.world.world import World, row_of

FIELDS: Final = frozenset(
    {"customer_id", "set_paid", "line_items", "coupon_lines", "payment_method"}
) | frozenset({"payment_method_title", "billing", "shipping"})


def create_order(call: Call) -> Reply:
    """Create an order."""
    found = created_order(call, call.body)
    return Reply(found, 201, {"Location": f"{call.base}/orders/{found['id']}"})


def created_order(call: Call, given: Given) -> Row:
    """Create an order at the prices in force and answer it; paid, it takes its pieces from stock.

    Raises:
        RestError: 400; when it is for a coupon the order was begun, and `data` names its draft.
    """
    shop, world = call.shop, call.shop.world
    with shop.refusing("create_order", given.get("customer_id", 0), given):
        only(given, FIELDS, "an order")
        household = _household(world, given)
        wanted = [_wanted(world, item) for item in given.get("line_items") or []]
        _check_coupons(call, given)
    key = _next(world.orders, "order_id", shop.drafts)
    _add(world, key, household=household, wanted=wanted, is_paid=given.get("set_paid") is True)
    shop.record("create_order", key, {"lines": len(wanted)})
    own = world.orders.filter(pl.col("order_id") == key)
    own = documents.orders_with_status(shop, own)
    [found] = documents.orders(shop, own, base=call.base, decimals=None)
    return found


def _household(world: World, given: Given) -> int:
    customer = given.get("customer_id", 0)
    if customer == 0:
        raise not_emulated("orders of guests")
    if row_of(world.customers, "household_id", customer) is None:
        raise RestError("woocommerce_rest_invalid_customer_id", "Customer ID is invalid.", 400)
    return int(customer)


def _wanted(world: World, item: Row) -> tuple[Row, int]:
    asked = str(item.get("product_id") or item.get("sku") or "")
    product = world.product(int(asked)) if asked.isdigit() else None
    if product is None:
        said = "Product ID or SKU is required."
        raise RestError("woocommerce_rest_required_product_reference", said, 400)
    return product, int(item.get("quantity", 1))


def _check_coupons(call: Call, given: Given) -> None:
    codes = call.shop.world.discounts["code"].str.to_lowercase().to_list()
    for line in given.get("coupon_lines") or []:
        code = str(line.get("code") or "").lower()
        if code in codes:
            raise not_emulated("coupons on orders created over the API")
        said = f'Coupon "{code}" cannot be applied because it does not exist.'
        draft = _next(call.shop.world.orders, "order_id", call.shop.drafts)
        call.shop.drafts.append(draft)
        raise RestError(
            "woocommerce_rest_invalid_coupon", said if code else "Coupon code is required.", 400,
            {"new_draft_order_id": draft},
        )  # fmt: skip


def _add(
    world: World, key: int, *, household: int, wanted: list[tuple[Row, int]], is_paid: bool
) -> None:
    now, first = world.clock, _next(world.lines, "line_id", [])
    lines = [
        {
            "line_id": first + place,
            "order_id": key,
            "product_id": product["product_id"],
            "quantity": quantity,
            "current_quantity": quantity,
            "unit_minor": product["price_minor"],
            "automatic_minor": 0,
            "code_minor": 0,
            "is_removed": False,
        }
        for place, (product, quantity) in enumerate(wanted)
    ]
    order = _order(world, key, household, at=now) | {
        "line_start": world.lines.height,
        "line_count": len(lines),
        "original_minor": sum(line["unit_minor"] * line["quantity"] for line in lines),
        "financial_status": "PAID" if is_paid else "PENDING",
    }
    frame = pl.DataFrame([order], schema=world.orders.schema)
    world.orders = pl.concat([world.orders, promised(frame, world.zone)])
    world.lines = pl.concat([world.lines, pl.DataFrame(lines, schema=world.lines.schema)])
    world.version += 1
    if is_paid:
        for product, quantity in wanted:
            left = max(0, product["on_hand_units"] - quantity)
            world.set_product(product["product_id"], on_hand_units=left, stock_updated_at=now)


def _order(world: World, key: int, household: int, *, at: datetime) -> dict[str, Any]:
    return dict.fromkeys(world.orders.columns) | {
        "order_id": key,
        "household_id": household,
        "created_at": at,
        "updated_at": at,
        "automatic_minor": 0,
        "code_minor": 0,
        "fulfillment_status": "UNFULFILLED",
        "currency": world.currency,
        "refunded_minor": 0,
    }


def _next(frame: pl.DataFrame, column: str, taken: list[int]) -> int:
    newest = frame[column].max()
    return max([newest if isinstance(newest, int) else 0, *taken]) + 1
