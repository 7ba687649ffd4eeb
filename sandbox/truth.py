"""What really happened, summed line by line in plain Python: the scoreboard tests compare with."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from sandbox.world.world import World

Day = dict[str, Any]


def days(world: World, first: date, last: date) -> list[Day]:
    """Orders, units and GMV per shop-local day of `created_at`, both ends included.

    `gmv_minor` is what lines cost after all discounts, before refunds, without tax and shipping;
    `units` are pieces ordered. Cancelled orders are in, and counted in `cancelled_orders` too.
    """
    orders = world.orders
    zone = ZoneInfo(world.zone)
    columns = [
        orders[name].to_list()
        for name in ("created_at", "cancelled_at", "line_start", "line_count")
    ]
    lines = [
        world.lines[name].to_list()
        for name in ("quantity", "unit_minor", "automatic_minor", "code_minor", "is_removed")
    ]
    found: dict[date, Day] = {}
    for created_at, cancelled_at, start, count in zip(*columns, strict=True):
        day = created_at.astimezone(zone).date()
        if not first <= day <= last:
            continue
        entry = found.setdefault(day, _empty(day))
        entry["orders"] += 1
        entry["cancelled_orders"] += cancelled_at is not None
        for row in range(start, start + count):
            quantity, unit, automatic, code, is_removed = (column[row] for column in lines)
            if not is_removed:
                entry["units"] += quantity
                entry["gmv_minor"] += unit * quantity - automatic - code
    return [found[day] for day in sorted(found)]


def orders(world: World) -> list[dict[str, Any]]:
    """Lines, units and GMV of every order, as in `days`."""
    kept = world.lines.filter(~pl.col("is_removed"))
    paid = pl.col("unit_minor") * pl.col("quantity") - pl.col("automatic_minor")
    sums = kept.group_by("order_id").agg(
        lines=pl.len(),
        units=pl.col("quantity").sum(),
        gmv_minor=(paid - pl.col("code_minor")).sum(),
    )
    found = world.orders.select("order_id").join(sums, on="order_id", how="left").fill_null(0)
    return found.with_columns(pl.col("order_id").cast(pl.String)).sort("order_id").to_dicts()


def prices(world: World, skus: list[str]) -> dict[str, int]:
    """The price in force in cents of each known SKU."""
    rows = zip(
        world.products["product_id"].to_list(), world.products["price_minor"].to_list(), strict=True
    )
    wanted = set(skus)
    return {str(key): price for key, price in rows if str(key) in wanted}


def _empty(day: date) -> Day:
    return {
        "date": day.isoformat(),
        "orders": 0,
        "units": 0,
        "gmv_minor": 0,
        "cancelled_orders": 0,
    }
