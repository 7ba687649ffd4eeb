"""Facts that are what there is, not what happened: stock and members, on the last whole day alone.

No other day has rows: a metric of them is that of the last whole day in its span, or has no value.
"""

from typing import Final

import polars as pl

from contracts.metrics import Dimension
from transforms.metrics.sources import DATE, Sources, with_costs
from transforms.sales import counted_orders

DEAD_DAYS: Final = 90
"""Days without a sale after which stock is dead: a season."""
_SKU: Final = ["shop_id", "sku_id"]


def stock(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """SKUs whose stock is known, with what it is worth at cost and what sells of it a day.

    A bundle lies on no shelf, so it is left out. `is_dead`: it lies there and no piece was sold
    within `DEAD_DAYS`, although it was listed before them; null while the orders reach back less.
    """
    since = pl.lit(of.known_until) - pl.duration(days=DEAD_DAYS)
    first_order = counted_orders(of.orders).select(first=pl.col("placed_at").min())
    listed = of.listings.lazy().group_by(_SKU).agg(listed_at=pl.col("created_at").min())
    held = pl.col("on_hand_units").clip(0)
    listed_on, began_on = (
        pl.col(one).dt.convert_time_zone(of.time_zone).dt.date() for one in ("listed_at", "first")
    )
    is_idle = (pl.col("last_sold_date").fill_null(pl.date(2000, 1, 1)) <= since) & (
        listed_on.fill_null(pl.date(2000, 1, 1)) <= since
    )
    known = of.stock.lazy().filter(
        pl.col("on_hand_units").is_not_null(),
        ~pl.col("is_bundle").fill_null(value=False),
    )
    return (
        with_costs(known.with_columns(pl.lit(of.known_until).alias(DATE)), of)
        .join(listed, on=_SKU, how="left")
        .join(first_order, how="cross")
        .with_columns(
            pl.col("sku_id").alias(Dimension.SKU),
            held_units=held,
            value_minor=held * pl.col("piece_cost"),
            daily_minor=pl.col("daily_units") * pl.col("piece_cost"),
            is_dead=pl.when(began_on <= since).then(is_idle & (held > 0)),
        )
    )


def members(of: Sources, _by: frozenset[Dimension]) -> pl.LazyFrame:
    """Members with an order, with the goods to expect of each within a year, by the models."""
    expected = pl.col("year_orders") * pl.col("order_minor")
    return of.members.lazy().with_columns(
        pl.lit(of.known_until).alias(DATE), expected_minor=expected
    )
