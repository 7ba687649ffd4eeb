"""The order book: real baskets, an invented afterlife (payment, refund, cancellation, code)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from sandbox.world.channels import Channel
from sandbox.world.parcels import promised
from sandbox.world.seed import INSTANT, Seed

REFUNDED_RATE: Final = 0.015
FULL_REFUND_RATE: Final = 0.4
CANCELLED_RATE: Final = 0.003
SETTLED_WITHIN_MINUTES: Final = 90
REFUNDED_WITHIN_DAYS: Final = 20
OTHER_COUPON: Final = "MANUFACTURER"


@dataclass(frozen=True)
class OrderBook:
    """Orders (grain: order), their lines and their refunds (grain: one refund of an order)."""

    orders: pl.DataFrame
    lines: pl.DataFrame
    refunds: pl.DataFrame


def order_book(seed: Seed, rng: np.random.Generator) -> OrderBook:
    """Give every basket its states; what would happen after the clock has not happened yet."""
    lines = seed.lines.with_columns(current_quantity="quantity", is_removed=pl.lit(value=False))
    orders = settled(
        seed.baskets.with_columns(_code(seed)), rng, until=seed.clock, channel=seed.channel
    )
    refunds = _refunds(orders, lines, rng, until=seed.clock)
    full = refunds.filter("is_full")["order_id"].to_list()
    single = refunds.filter(~pl.col("is_full"))["line_id"].to_list()
    gone = pl.col("order_id").is_in(full) | pl.col("line_id").is_in(single)
    lines = lines.with_columns(current_quantity=pl.when(gone).then(0).otherwise("quantity"))
    return OrderBook(_refunded(_cancelled(orders, rng, refunds), refunds), lines, refunds)


def settled(
    baskets: pl.DataFrame, rng: np.random.Generator, *, until: datetime, channel: Channel
) -> pl.DataFrame:
    """Orders paid and handed over some minutes after they were placed, always before `until`."""
    minutes = rng.integers(1, SETTLED_WITHIN_MINUTES, baskets.height)
    later = pl.col("created_at") + pl.duration(minutes=pl.lit(pl.Series(minutes)))
    return promised(baskets, channel.zone).with_columns(
        updated_at=pl.min_horizontal(later, pl.lit(until - timedelta(seconds=1), dtype=INSTANT)),
        cancelled_at=pl.lit(None, dtype=INSTANT),
        cancel_reason=pl.lit(None, dtype=pl.String),
        financial_status=pl.lit("PAID"),
        fulfillment_status=pl.lit("FULFILLED"),
        currency=pl.lit(channel.currency),
        refunded_minor=pl.lit(0, dtype=pl.Int64),
    )


def _code(seed: Seed) -> pl.Expr:
    """The code of an order: the campaign its household redeemed that day, else the general one."""
    redeemed = seed.redemptions.unique(["household_id", "redemption_date"], keep="first")
    day = pl.col("created_at").dt.convert_time_zone("America/New_York").dt.date()
    key = seed.baskets.select("household_id", redemption_date=day)
    campaign = key.join(
        redeemed, on=["household_id", "redemption_date"], how="left", maintain_order="left"
    )["campaign_id"]
    named = pl.lit(pl.Series(campaign)).cast(pl.String)
    code = pl.concat_str(pl.lit("CAMPAIGN"), named).fill_null(OTHER_COUPON)
    return pl.when(pl.col("code_minor") > 0).then(code).alias("code")


def _refunds(
    orders: pl.DataFrame, lines: pl.DataFrame, rng: np.random.Generator, *, until: datetime
) -> pl.DataFrame:
    """Full refunds, and refunds of an order's first line; amounts as paid."""
    chosen = orders.filter(pl.Series(rng.random(orders.height) < REFUNDED_RATE))
    hours = rng.integers(24, REFUNDED_WITHIN_DAYS * 24, chosen.height)
    first = lines.with_columns(
        line_minor=pl.col("unit_minor") * pl.col("quantity")
        - pl.col("automatic_minor")
        - pl.col("code_minor")
    ).unique("order_id", keep="first")
    full = pl.Series(rng.random(chosen.height) < FULL_REFUND_RATE)
    paid = pl.col("original_minor") - pl.col("automatic_minor") - pl.col("code_minor")
    return (
        chosen.with_columns(
            refunded_at=pl.col("created_at") + pl.duration(hours=pl.lit(pl.Series(hours))),
            is_full=full | (chosen["line_count"] == 1),
            paid_minor=paid,
        )
        .filter(pl.col("refunded_at") < until)
        .join(first.select("order_id", "line_id", "line_minor"), on="order_id")
        .sort("refunded_at", "order_id")
        .with_row_index("refund_id", offset=900_001)
        .select(
            pl.col("refund_id").cast(pl.Int64),
            "order_id",
            "line_id",
            "is_full",
            created_at="refunded_at",
            amount_minor=pl.when("is_full").then("paid_minor").otherwise("line_minor"),
        )
    )


def _refunded(orders: pl.DataFrame, refunds: pl.DataFrame) -> pl.DataFrame:
    back = refunds.select("order_id", "is_full", back_minor="amount_minor", back_at="created_at")
    status = (
        pl.when("is_full")
        .then(pl.lit("REFUNDED"))
        .when(pl.col("is_full").is_not_null())
        .then(pl.lit("PARTIALLY_REFUNDED"))
        .otherwise("financial_status")
    )
    return (
        orders.join(back, on="order_id", how="left", maintain_order="left")
        .with_columns(
            financial_status=status,
            refunded_minor=pl.col("back_minor").fill_null(0),
            updated_at=pl.max_horizontal("updated_at", "back_at"),
        )
        .drop("is_full", "back_minor", "back_at")
    )


def _cancelled(
    orders: pl.DataFrame, rng: np.random.Generator, refunds: pl.DataFrame
) -> pl.DataFrame:
    """Cancel a few orders when they would have been settled; nothing was captured for them."""
    drawn = pl.Series(rng.random(orders.height) < CANCELLED_RATE)
    chosen = drawn & ~orders["order_id"].is_in(refunds["order_id"].to_list())
    return orders.with_columns(
        cancelled_at=pl.when(chosen).then("updated_at"),
        cancel_reason=pl.when(chosen).then(pl.lit("CUSTOMER")),
        financial_status=pl.when(chosen).then(pl.lit("VOIDED")).otherwise("financial_status"),
        fulfillment_status=pl.when(chosen)
        .then(pl.lit("UNFULFILLED"))
        .otherwise("fulfillment_status"),
    )
