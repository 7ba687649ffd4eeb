"""What the lines of an order say of the order: one rule for all connectors."""

import polars as pl

from contracts.codes import GOODS

_VERSION = ["order_id", "source_updated_at"]


def with_goods(orders: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Orders with the sums of their lines of goods; of an order without lines both are nothing.

    What cannot be read of a line is left out here: its document is held for the line's sake.
    """
    is_goods = pl.col("line_kind").is_in([str(kind) for kind in GOODS])
    sums = lines.group_by(_VERSION).agg(
        goods=pl.col("total_minor").filter(is_goods).sum(),
        pieces=pl.col("quantity_units").filter(is_goods).sum(),
    )
    return (
        orders.join(sums, on=_VERSION, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(goods_minor=pl.col("goods").fill_null(0), goods_units="pieces")
        .select(orders.columns)
    )
