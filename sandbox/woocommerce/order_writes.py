"""Orders are changed by hand: their status, their lines and fees, to the trash and out of it."""

from typing import Any, Final

import polars as pl

from sandbox.woocommerce import documents
from sandbox.woocommerce.calls import Call, Reply
from sandbox.woocommerce.documents import Row, orders_with_status
from sandbox.woocommerce.errors import RestError, invalid_param, not_emulated, only
from sandbox.woocommerce.shop import minor_of
from sandbox.world.world import World

FEE_IDS: Final = 20_000_000_000
FIELDS: Final = frozenset({"id", "status", "line_items", "fee_lines"})
WRITTEN: Final = tuple(one for one in documents.STATUSES if one != "trash")


def update_order(call: Call, key: int) -> Reply:
    """Change an order; each change renews its date."""
    shop, given = call.shop, call.body
    with shop.refusing("set_order", key, given):
        row = _row(call, key, 404)
        only(given, FIELDS, "an order")
        status = given.get("status")
        if status is not None and status not in WRITTEN:
            raise invalid_param("status", f"status is not one of {', '.join(WRITTEN)}.")
        edits = [_edit(shop.world, key, one) for one in given.get("line_items") or []]
        fees = [_fee(key, place, one) for place, one in enumerate(given.get("fee_lines") or [])]
    if status is not None:
        shop.order_status[key] = status
    shop.line_edits |= {number: shop.line_edits.get(number, {}) | edit for number, edit in edits}
    if fees:
        shop.fees[key] = fees
    shop.world.set_order(key, updated_at=shop.world.clock)
    shop.record("set_order", key, {"status": status or row["status"]})
    return Reply(_document(call, key))


def delete_order(call: Call, key: int) -> Reply:
    """Put an order into the trash, which renews its date, or delete it for good."""
    shop, world = call.shop, call.shop.world
    with shop.refusing("delete_order", key, {}):
        if _row(call, key, 404)["status"] == "trash" and not call.is_forced:
            raise RestError("woocommerce_rest_already_trashed", "Already deleted.", 410)
    if call.is_forced:
        found = _document(call, key)
        world.orders = world.orders.filter(pl.col("order_id") != key)
        world.version += 1
    else:
        shop.order_status[key] = "trash"
        world.set_order(key, updated_at=world.clock)
        found = _document(call, key)
    shop.record("delete_order", key, {"is_forced": call.is_forced})
    return Reply(found)


def delete_refund(call: Call, key: int, refund_id: int) -> Reply:
    """Delete a refund for good; its order keeps its status and its date of change."""
    shop, world = call.shop, call.shop.world
    with shop.refusing("delete_refund", refund_id, {}):
        row = _row(call, key, 404)
        own = world.refunds.filter(pl.col("order_id") == key)
        gone = own.filter(pl.col("refund_id") == refund_id)
        if gone.is_empty():
            raise RestError("woocommerce_rest_shop_order_refund_invalid_id", "Invalid ID.", 404)
        if not call.is_forced:
            said = "The shop_order_refund does not support trashing."
            raise RestError("woocommerce_rest_trash_not_supported", said, 501)
    [found] = documents.refunds(
        shop, gone, base=call.base, decimals=call.decimals, has_parent=False
    )
    left = own.filter(pl.col("refund_id") != refund_id)
    world.refunds = world.refunds.filter(pl.col("refund_id") != refund_id)
    shop.order_status[key] = row["status"]
    world.set_order(
        key,
        refunded_minor=int(left["amount_minor"].sum()),
        financial_status="PARTIALLY_REFUNDED" if left.height else "PAID",
    )
    shop.record("delete_refund", refund_id, None)
    return Reply(found)


def _row(call: Call, key: int, status: int) -> Row:
    frame = call.shop.world.orders.filter(pl.col("order_id") == key)
    if frame.is_empty():
        raise RestError("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", status)
    return orders_with_status(call.shop, frame).row(0, named=True)


def _document(call: Call, key: int) -> Row:
    own = call.shop.world.orders.filter(pl.col("order_id") == key)
    frame = orders_with_status(call.shop, own)
    [found] = documents.orders(call.shop, frame, base=call.base, decimals=call.decimals)
    return found


def _edit(world: World, key: int, given: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """A line of the order and what is written of it: its total, or how much of it there is."""
    only(given, frozenset({"id", "total", "quantity"}), "a line of an order")
    mine = world.lines.filter(pl.col("order_id") == key)["line_id"].to_list()
    if given.get("id") not in mine:
        raise not_emulated("new lines of an order")
    edit: dict[str, Any] = {name: given[name] for name in ("total", "quantity") if name in given}
    if "total" in edit and minor_of(edit["total"]) is None:
        raise invalid_param("line_items", "total is no amount.")
    return int(given["id"]), edit


def _fee(key: int, place: int, given: dict[str, Any]) -> dict[str, Any]:
    only(given, frozenset({"name", "total"}), "a fee")
    text = str(given.get("total", "0"))
    below = text.startswith("-")
    minor = minor_of(text.removeprefix("-"))
    if minor is None:
        raise invalid_param("fee_lines", "total is no amount.")
    return {
        "id": FEE_IDS + key * 10 + place,
        "name": str(given.get("name", "Fee")),
        "minor": -minor if below else minor,
    }
