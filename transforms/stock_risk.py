"""Stock at risk: goods that sell out before goods ordered now could come."""

import dataframely as dy
import polars as pl

from contracts.tables import StockFact


def stock_at_risk(facts: dy.LazyFrame[StockFact]) -> pl.LazyFrame:
    """How many SKUs of a shop sell out before an order of today arrives, and what that costs.

    Missing are the pieces that would sell within the lead time beyond those that can be sold and
    those on the way. One row: `skus`, `sold_out` (of those, without a piece left), `missing_minor`
    (their value at the price in force, in minor units), `unknown` (SKUs that sell and whose lead
    time or stock nobody knows).
    """
    sells = facts.lazy().filter(~pl.col("is_discontinued") & (pl.col("daily_units") > 0))
    stock = pl.col("available_units").clip(0)
    needed = pl.col("daily_units") * pl.col("lead_time_days")
    missing = needed - stock - pl.col("inbound_units")
    is_short = missing > 0
    value = (missing * pl.col("price_minor")).filter(is_short).sum()
    return sells.select(
        skus=is_short.sum(),
        sold_out=(is_short & (stock == 0)).sum(),
        missing_minor=value.round().cast(pl.Int64),
        unknown=missing.is_null().sum(),
    )
