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
    is_short = pl.col("missing_units") > 0
    return _missing(facts).select(
        skus=is_short.sum(),
        sold_out=(is_short & (pl.col("stock_units") == 0)).sum(),
        missing_minor=pl.col("missing_minor").filter(is_short).sum().round().cast(pl.Int64),
        unknown=pl.col("missing_units").is_null().sum(),
    )


def skus_at_risk(facts: dy.LazyFrame[StockFact], *, limit: int) -> pl.LazyFrame:
    """The SKUs of a shop that sell out before an order of today arrives, dearest first.

    Grain: (shop_id, sku_id). Columns: missing_minor (as above, null without a price), cover_days
    (how long stock and what is on the way last), lead_time_days.
    """
    cover = (pl.col("stock_units") + pl.col("inbound_units")) / pl.col("daily_units")
    return (
        _missing(facts)
        .filter(pl.col("missing_units") > 0)
        .sort("missing_minor", "sku_id", descending=[True, False], nulls_last=True)
        .head(limit)
        .select(
            "shop_id",
            "sku_id",
            pl.col("missing_minor").round().cast(pl.Int64),
            cover.alias("cover_days"),
            "lead_time_days",
        )
    )


def _missing(facts: dy.LazyFrame[StockFact]) -> pl.LazyFrame:
    """SKUs that sell, with `stock_units`, and `missing_units` within the lead time."""
    needed = pl.col("daily_units") * pl.col("lead_time_days")
    missing = needed - pl.col("stock_units") - pl.col("inbound_units")
    return (
        facts.lazy()
        .filter(~pl.col("is_discontinued") & (pl.col("daily_units") > 0))
        .with_columns(stock_units=pl.col("available_units").clip(0))
        .with_columns(missing_units=missing)
        .with_columns(missing_minor=pl.col("missing_units") * pl.col("price_minor"))
    )
