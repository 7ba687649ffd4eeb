"""What really happened, summed line by line in plain Python: the scoreboard tests compare with."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from sandbox.world.ads import SUMS, ads_seen
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


def parcels(world: World) -> list[dict[str, Any]]:
    """Every parcel and its newest state, a number of kuaidi100's.

    `is_late`: it was delivered after the promise, or has not been although the promise is over.
    """
    states = dict(world.parcel_events.select("number", "state").iter_rows())
    return [
        {
            "number": row["number"],
            "order_id": str(row["order_id"]),
            "carrier": row["carrier"],
            "state": states[row["number"]],
            "shipped_at": _text(row["shipped_at"]),
            "promised_at": _text(row["promised_at"]),
            "delivered_at": _text(row["delivered_at"]),
            "is_late": (row["delivered_at"] or world.clock) > row["promised_at"],
        }
        for row in world.parcels.iter_rows(named=True)
    ]


def reviews(world: World) -> list[dict[str, Any]]:
    """Every review: what it judges, how, and the reply in force."""
    return [
        {
            "review_id": str(row["review_id"]),
            "order_id": str(row["order_id"]),
            "sku": str(row["product_id"]),
            "stars": row["stars"],
            "created_at": _text(row["created_at"]),
            "reply": row["reply"],
        }
        for row in world.reviews.iter_rows(named=True)
    ]


def ad_days(world: World, first: date, last: date) -> list[Day]:
    """Spend, clicks, impressions, orders and revenue per date, ad product and SKU.

    Orders and revenue are those credited so far, see `sandbox.world.ads`. Both ends included.
    """
    found: dict[tuple[date, str, int], Day] = {}
    for row in ads_seen(world, world.clock).iter_rows(named=True):
        if not first <= row["date"] <= last:
            continue
        key = row["date"], row["product"], row["product_id"]
        entry = found.setdefault(key, dict.fromkeys(SUMS, 0))
        for name in SUMS:
            entry[name] += row[name]
    return [
        {"date": day.isoformat(), "product": product, "sku": str(sku), **found[day, product, sku]}
        for day, product, sku in sorted(found)
    ]


def members(world: World) -> list[dict[str, Any]]:
    """Every contact and whether mail may be sent to it."""
    return [
        {
            "household_id": str(row["household_id"]),
            "email": row["email"],
            "consent": row["consent"],
            "consented_at": _text(row["consented_at"]),
            "updated_at": _text(row["updated_at"]),
        }
        for row in world.contacts.iter_rows(named=True)
    ]


def _text(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def _empty(day: date) -> Day:
    return {
        "date": day.isoformat(),
        "orders": 0,
        "units": 0,
        "gmv_minor": 0,
        "cancelled_orders": 0,
    }
