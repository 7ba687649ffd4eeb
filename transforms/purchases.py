"""Orders that a person approved here and that stock and purchase orders do not show yet."""

import datetime as dt
from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from contracts.tables import Inbound, OpenOrder, StockLevel
from transforms.days import local_day
from transforms.stock import latest_levels

_SKU: Final = ["shop_id", "sku_id"]

APPROVED_SCHEMA: Final[Mapping[str, pl.DataType]] = {
    "shop_id": pl.String(),
    "sku_id": pl.String(),
    "action_id": pl.String(),
    "decided_at": pl.Datetime("us", "UTC"),
    "ordered_units": pl.Int64(),
    "position_units": pl.Int64(),
    "lead_time_days": pl.Float64(),
}
"""One row per approved order; its position is what was in stock and on the way when decided."""


def open_orders(
    approved: pl.LazyFrame,
    stock_levels: dy.LazyFrame[StockLevel],
    *,
    sales_daily: pl.LazyFrame,
    inbound: dy.LazyFrame[Inbound],
    as_of: dt.datetime,
    time_zone: str,
) -> dy.LazyFrame[OpenOrder]:
    """What of the approved orders (`APPROVED_SCHEMA`) is still to come; what came is left out.

    `sales_daily` is what left the shelf, in bundles too (`transforms.bundles.pieces_sold`).

    No source reports when an order is placed or received. But with it stock and purchase orders
    hold what they held then, less what was sold since, plus the order: whatever they lack of that,
    up to the order, is still to come. So an order counts once, here until the merchant's purchase
    orders show it and there from then on, and a part that arrived no longer. Sales of the day of
    decision are not counted, so that an order that has not come stays whole.
    """
    today = as_of.astimezone(ZoneInfo(time_zone)).date()
    now = (
        latest_levels(stock_levels, as_of)
        .group_by(_SKU)
        .agg(held=pl.col("available_units").sum())
        .join(
            inbound.lazy().group_by(_SKU).agg(coming=pl.col("inbound_units").sum()),
            on=_SKU,
            how="left",
        )
    )
    orders = approved.with_columns(ordered_date=local_day("decided_at", time_zone))
    since = (
        orders.join(sales_daily.lazy(), on=_SKU)
        .filter(pl.col("sales_date").is_between("ordered_date", today, closed="right"))
        .group_by("action_id")
        .agg(sold_since=pl.col("sold_units").sum())
    )
    expected = pl.col("position_units") - pl.col("sold_since").fill_null(0)
    missing = expected + pl.col("ordered_units") - pl.col("held") - pl.col("coming").fill_null(0)
    days = pl.duration(days=pl.col("lead_time_days").ceil().cast(pl.Int64))
    return (
        orders.join(since, on="action_id", how="left")
        .join(now, on=_SKU)
        .with_columns(
            open_units=missing.clip(0, pl.col("ordered_units")),
            expected_date=pl.col("ordered_date") + days,
        )
        .filter(pl.col("open_units") > 0)
        .pipe(OpenOrder.cast)
    )
