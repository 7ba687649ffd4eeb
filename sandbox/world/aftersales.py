"""What follows an order on a marketplace: its parcel, the member's word that it arrived, cases."""

from datetime import timedelta
from typing import Final, NamedTuple

import polars as pl

from sandbox.world.world import World, instant

CASES: Final = 1000
"""More than an order has lines: a refund of a whole order is one case for each of them."""
APPLIED_HOURS: Final = 20
"""Between the member's application and the money is that long."""
UNPAID_OUT: Final = ("CLOSED", "REFUSED", "OPEN")
"""Where cases stand that no money came of; a few orders have one."""
_KNOWN: Final = ("PAID", "REFUNDED", "PARTIALLY_REFUNDED", "VOIDED")
OF_LINE: Final = ("line_id", "product_id", "quantity")
_UNPAID_EVERY, _UNPAID_AT = 101, 7


class Book(NamedTuple):
    """Orders of a marketplace and the cases of their lines."""

    orders: pl.DataFrame
    """Grain: order, as `sent`; `back_minor` was paid back until `back_at`, first requested at
    `applied_at`; `is_back`: all of it was; `modified_at` is the last of all that happened."""
    cases: pl.DataFrame
    """Grain: case, see `cases`."""


def book(world: World) -> Book:
    """The world's orders with what followed them."""
    orders, paid = sent(world), pl.col("state") == "PAID"
    found = cases(world, orders)
    sums = found.group_by("order_id").agg(
        back_minor=pl.col("amount_minor").filter(paid).sum(),
        back_at=pl.col("modified_at").filter(paid).max(),
        applied_at=pl.col("applied_at").filter(paid).min(),
        case_at=pl.col("modified_at").max(),
    )
    full = world.refunds.filter("is_full")["order_id"].implode()
    moves = ("updated_at", "paid_at", "shipped_at", "confirmed_at", "case_at")
    orders = orders.join(sums, on="order_id", how="left", maintain_order="left").with_columns(
        pl.col("back_minor").fill_null(0),
        is_back=pl.col("order_id").is_in(full),
        modified_at=pl.max_horizontal(*moves).dt.truncate("1s"),
    )
    return Book(orders, found)


def stated(state: pl.Expr, *more: str) -> pl.Expr:
    """The state of orders in a platform's words; one that was planted goes out as it is.

    Args:
        more: states of payment that the platform has words for, beside those of the world.
    """
    known = pl.col("financial_status").is_in([*_KNOWN, *more])
    return pl.when(known).then(state).otherwise("financial_status")


def sent(world: World) -> pl.DataFrame:
    """Orders with their parcel; `confirmed_at` is when the member confirmed that it arrived."""
    parcels = world.parcels.select(
        "order_id", "carrier", "number", "shipped_at", "promised_at", "delivered_at"
    )
    confirmed = pl.col("delivered_at") + pl.duration(days=3 + pl.col("order_id") % 8)
    now = instant(world.clock)
    paid = pl.col("created_at") + pl.duration(minutes=1 + pl.col("order_id") % 15)
    return world.orders.join(
        parcels, on="order_id", how="left", maintain_order="left"
    ).with_columns(
        paid_at=pl.when(pl.col("cancelled_at").is_null()).then(pl.min_horizontal(paid, now)),
        confirmed_at=pl.when(confirmed <= now).then(confirmed),
    )


def cases(world: World, orders: pl.DataFrame) -> pl.DataFrame:
    """Grain: case of a line; a refund of a whole order is a case for each of its lines.

    `state` is PAID or one of `UNPAID_OUT`, `net_minor` what the line cost; `orders` are those of
    `sent`.
    """
    lines = world.lines.filter(~pl.col("is_removed")).select(
        "order_id",
        *OF_LINE,
        net_minor=pl.col("unit_minor") * pl.col("quantity")
        - pl.col("automatic_minor")
        - pl.col("code_minor"),
    )
    refunds = world.refunds.rename({"line_id": "refunded_line", "created_at": "modified_at"})
    of_line = pl.col("is_full") | (pl.col("line_id") == pl.col("refunded_line"))
    paid_back = (
        refunds.join(lines, on="order_id", maintain_order="left_right")
        .filter(of_line)
        .with_columns(place=pl.int_range(pl.len()).over("refund_id"), state=pl.lit("PAID"))
        .select(
            "order_id",
            *OF_LINE,
            "net_minor",
            "state",
            "modified_at",
            case_id=pl.col("refund_id") * CASES + pl.col("place"),
            amount_minor=pl.when("is_full").then("net_minor").otherwise("amount_minor"),
            applied_at=pl.col("modified_at") - timedelta(hours=APPLIED_HOURS),
        )
    )
    unpaid = _unpaid(world, orders, lines).select(paid_back.columns)
    return pl.concat([paid_back, unpaid]).with_columns(
        pl.col("modified_at").dt.truncate("1s"), pl.col("applied_at").dt.truncate("1s")
    )


def _unpaid(world: World, orders: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Cases that were closed, refused or are still open: requested, and nothing was paid."""
    ended = pl.col("delivered_at") + timedelta(hours=30)
    chosen = orders.filter(
        (pl.col("order_id") % _UNPAID_EVERY == _UNPAID_AT)
        & (ended <= instant(world.clock))
        & ~pl.col("order_id").is_in(world.refunds["order_id"].implode())
    )
    first = lines.unique("order_id", keep="first", maintain_order=True)
    stand = (pl.col("order_id") // _UNPAID_EVERY % len(UNPAID_OUT)).cast(pl.UInt32)
    return chosen.join(first, on="order_id", maintain_order="left").select(
        "order_id",
        *OF_LINE,
        "net_minor",
        state=pl.lit(pl.Series(list(UNPAID_OUT))).gather(stand),
        modified_at=ended,
        case_id=pl.col("order_id") * CASES,
        amount_minor="net_minor",
        applied_at=pl.col("delivered_at") + timedelta(hours=6),
    )
