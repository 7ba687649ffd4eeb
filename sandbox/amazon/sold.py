"""What was ordered, as the platform counts it: without what was cancelled, at prices as charged."""

import polars as pl

from sandbox.amazon.account import Account


def sold(account: Account) -> pl.DataFrame:
    """Lines with the instant and the local day on which they were ordered; promotions are not taken
    off `gross_minor`."""
    world = account.world
    kept = world.orders.filter(pl.col("cancelled_at").is_null()).select(
        "order_id", "created_at", date=local_day(account, "created_at")
    )
    return (
        world.lines.filter(~pl.col("is_removed"))
        .join(kept, on="order_id")
        .select(
            "order_id", "product_id", "created_at", "date",
            units="quantity",
            gross_minor=pl.col("unit_minor") * pl.col("quantity"),
        )
    )  # fmt: skip


def local_day(account: Account, column: str) -> pl.Expr:
    """The store's day of an instant."""
    return pl.col(column).dt.convert_time_zone(account.world.zone).dt.date()
