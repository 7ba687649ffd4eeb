"""Impact: the orders that were sold at a price while it was in force, and what they forgo."""

import datetime as dt
from typing import Final

import dataframely as dy
import polars as pl

from contracts.codes import FulfilmentStatus, LineKind
from contracts.columns import MAX_MINOR
from contracts.economics import FACTS, Economics, extra_cost, received_rate
from contracts.tables import Order, OrderLine, Shipment

_LEAVES: Final = (
    FulfilmentStatus.UNFULFILLED,
    FulfilmentStatus.SCHEDULED,
    FulfilmentStatus.ON_HOLD,
    FulfilmentStatus.IN_PROGRESS,
    FulfilmentStatus.PARTIALLY_FULFILLED,
)
_ORDER = ["shop_id", "order_id"]


def impact(
    lines: dy.LazyFrame[OrderLine],
    orders: dy.LazyFrame[Order],
    shipments: dy.LazyFrame[Shipment],
    *,
    fact: pl.LazyFrame,
    right_minor: int,
    since: dt.datetime,
    until: dt.datetime | None,
    economics: Economics,
) -> pl.DataFrame:
    """One row per order of a listing placed in [since, until): `order_id`, `placed_at`, `units`,
    `paid_minor`, `margin_minor` (null: cost unknown), `missed_minor` and `can_wait`.

    `fact` is the listing's row of `PriceFact`. Missed is what the same pieces would have brought
    in at `right_minor` without a discount beyond what was paid, never below zero. Test orders and
    cancelled ones are left out. An order can wait while nothing, or not all of it, has left.
    """
    end = pl.lit(until, dtype=pl.Datetime("us", "UTC"))
    sold = (
        lines.lazy()
        .filter(
            pl.col("line_kind") == LineKind.SALE,
            pl.col("placed_at") >= since,
            end.is_null() | (pl.col("placed_at") < end),
        )
        .join(fact.select("shop_id", *_FACT), on=["shop_id", "listing_id"])
        .with_columns(rate=received_rate(economics, FACTS), extra=extra_cost(economics, FACTS))
    )
    units, paid, rate = pl.col("quantity_units"), pl.col("total_minor"), pl.col("rate")
    earned = paid * rate - units * (pl.col("extra") + pl.col("unit_cost_minor"))
    missed = (units * (right_minor - pl.col("unit_price_minor")) * rate).clip(lower_bound=0)
    whole = (
        sold.group_by(*_ORDER)
        .agg(
            placed_at=pl.col("placed_at").min(),
            units=units.sum(),
            paid_minor=paid.sum(),
            margin_minor=pl.when(earned.is_not_null().all()).then(earned.sum()),
            missed_minor=missed.sum(),
        )
        .with_columns(pl.col("margin_minor", "missed_minor").clip(-MAX_MINOR, MAX_MINOR))
        .with_columns(pl.col("margin_minor", "missed_minor").round().cast(pl.Int64))
    )
    left = shipments.lazy().filter(pl.col("shipped_at").is_not_null()).select(_ORDER).unique()
    status = pl.col("fulfilment_status")
    has_left = pl.col("has_left").fill_null(value=False)
    is_part = status == FulfilmentStatus.PARTIALLY_FULFILLED
    counted = orders.lazy().filter(~pl.col("is_test") & pl.col("cancelled_at").is_null())
    return (
        whole.join(counted.select(*_ORDER, "fulfilment_status"), on=_ORDER)
        .join(left.with_columns(has_left=pl.lit(True)), on=_ORDER, how="left")
        .with_columns(can_wait=status.is_in(_LEAVES) & (is_part | ~has_left))
        .sort("placed_at", "order_id")
        .select(
            "order_id", "placed_at", "units", "paid_minor", "margin_minor", "missed_minor",
            "can_wait",
        )
        .collect()
    )  # fmt: skip


_FACT: Final = ("listing_id", "category", "discount_rate", "unit_cost_minor")
