"""Faults planted by hand: wrong data, changes behind one's back, a platform that misbehaves.

A change to the data takes a minute of the world's time, so that it happens at an instant that is
neither inside what was read before nor still to come.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import polars as pl

from sandbox.shopify.shop import Shop
from sandbox.world.world import World

UNKNOWN_STATUS: Final = "HELD_BY_PARTNER"
FUTURE_DAYS: Final = 2
Request = dict[str, Any]
Touched = dict[str, Any]


class UnknownFaultError(ValueError):
    """The fault asked for is none of those that can be planted."""


def tamper(shop: Shop, request: Request) -> Touched:
    """Plant the fault `request["op"]` and return what it touched.

    Raises:
        UnknownFaultError: there is no such fault, or nothing to spoil.
    """
    op = request.get("op")
    with shop.world.lock:
        if op in _ANSWERS:
            return _ANSWERS[op](shop, request)
        if op not in _DATA:
            raise UnknownFaultError(f"unknown op {op!r}; one of {sorted({*_ANSWERS, *_DATA})}")
        touched = _DATA[op](shop.world, request)
        shop.world.clock += timedelta(minutes=1)
        return touched


def _order(world: World, request: Request) -> dict[str, Any]:
    """The order asked for, else the newest with several lines that nothing else happened to."""
    if request.get("order_id"):
        found = world.order(int(request["order_id"]))
        if found is None:
            raise UnknownFaultError(f"there is no order {request['order_id']}")
        return found
    plain = world.orders.filter(
        (pl.col("line_count") >= 3)
        & (pl.col("financial_status") == "PAID")
        & ~pl.col("order_id").is_in(world.spoiled)
    )
    if plain.is_empty():
        raise UnknownFaultError("no order is left to spoil")
    return plain.sort("created_at", "order_id").row(-1, named=True)


def _spoil_order(world: World, request: Request, values: dict[str, Any]) -> Touched:
    order_id = _order(world, request)["order_id"]
    world.spoiled.append(order_id)
    world.set_order(order_id, **{"updated_at": world.clock, **values})
    return {"order_id": str(order_id)}


def _spoil_line(world: World, request: Request, values: Callable[[Request], Request]) -> Touched:
    order = _order(world, request)
    lines = world.lines.slice(order["line_start"], order["line_count"])
    line = lines.filter(~pl.col("is_removed")).row(0, named=True)
    world.set_line(line["line_id"], **values(line))
    touched = _spoil_order(world, {"order_id": order["order_id"]}, {})
    return {**touched, "line_id": str(line["line_id"]), "sku": str(line["product_id"])}


def _penny_price(world: World, request: Request) -> Touched:
    penny = {"unit_minor": 1, "automatic_minor": 0, "code_minor": 0}
    return _spoil_line(world, request, lambda _: penny)


def _change_order(world: World, request: Request) -> Touched:
    return _spoil_line(
        world,
        request,
        lambda line: {name: line[name] + 1 for name in ("quantity", "current_quantity")},
    )


def _remove_line(world: World, request: Request) -> Touched:
    return _spoil_line(world, request, lambda _: {"is_removed": True})


def _currency(world: World, request: Request) -> Touched:
    return _spoil_order(world, request, {"currency": request.get("currency", "EUR")})


def _status(world: World, request: Request) -> Touched:
    status = request.get("status", UNKNOWN_STATUS)
    return _spoil_order(world, request, {"financial_status": status})


def _future(world: World, request: Request) -> Touched:
    # Changed now, so that it is listed; placed on a day that is still to come.
    return _spoil_order(world, request, {"created_at": world.clock + timedelta(days=FUTURE_DAYS)})


def _set_price(world: World, request: Request) -> Touched:
    best = world.products.sort("hourly_rate", "product_id").row(-1, named=True)
    product = world.product(int(request["sku"])) if request.get("sku") else best
    if product is None:
        raise UnknownFaultError(f"there is no SKU {request['sku']}")
    price = int(request.get("price_minor", product["price_minor"] * 11 // 10 + 1))
    world.set_product(product["product_id"], price_minor=price, updated_at=world.clock)
    return {"sku": str(product["product_id"]), "price_minor": price}


def _http(shop: Shop, request: Request) -> Touched:
    status, count = int(request.get("status", 503)), int(request.get("count", 1))
    shop.faults.statuses.extend([status] * count)
    return {"status": status, "count": count}


def _counted(name: str) -> Callable[[Shop, Request], Touched]:
    def plant(shop: Shop, request: Request) -> Touched:
        count = int(request.get("count", 1))
        setattr(shop.faults, name, getattr(shop.faults, name) + count)
        return {"count": count}

    return plant


_DATA: Final[dict[Any, Callable[[World, Request], Touched]]] = {
    "penny_price": _penny_price,
    "currency": _currency,
    "status": _status,
    "future": _future,
    "change_order": _change_order,
    "remove_line": _remove_line,
    "set_price": _set_price,
}
_ANSWERS: Final[dict[Any, Callable[[Shop, Request], Touched]]] = {
    "duplicate_page": _counted("duplicate_pages"),
    "repeat_cursor": _counted("repeated_cursors"),
    "throttle": _counted("throttled"),
    "http": _http,
}
