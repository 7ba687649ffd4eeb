"""The shop's trades at the world's clock, with their states and times, and their refund cases."""

from datetime import timedelta
from typing import Final, NamedTuple

import polars as pl

from sandbox.taobao import ids
from sandbox.taobao.shop import Shop
from sandbox.world.world import World, instant

FREE_POST_MINOR: Final = 4_900
POST_MINOR: Final = 600
APPLIED_HOURS: Final = 20
"""Between the member's application and the money is that long."""
UNPAID_OUT: Final = ("CLOSED", "SELLER_REFUSE_BUYER", "WAIT_SELLER_AGREE")
"""Where cases stand that no money came of; a few orders have one."""
_UNPAID_EVERY, _UNPAID_AT = 101, 7


class Book(NamedTuple):
    """Frames that follow from the world."""

    trades: pl.DataFrame
    """Grain: trade; `modified_at` is the last of all that happened to it."""
    cases: pl.DataFrame
    """Grain: refund case of a line: `case_id`, `state`, `amount_minor`, its times."""


def book_of(shop: Shop) -> Book:
    """The shop's book at the world's clock, made again when the world has changed."""
    world = shop.world
    frames = (world.orders, world.lines, world.refunds, world.reviews)
    return shop.derived(_made, world, *frames, world.clock)


def _made(world: World, *_: object) -> Book:
    orders = _sent(world)
    cases = _cases(world, orders)
    return Book(_trades(world, orders, cases), cases)


def _kind() -> pl.Expr:
    """The type of a trade; a call that names none misses the last two."""
    drawn = {3: "cod", 8: "step", 13: "o2o_offlinetrade", 18: "external_trade"}
    return (pl.col("order_id") % 25).replace_strict(drawn, default="fixed")


def _sent(world: World) -> pl.DataFrame:
    """Orders with their parcel, and when the member confirmed that it arrived."""
    parcels = world.parcels.select(
        "order_id", "carrier", "number", "shipped_at", "promised_at", "delivered_at"
    )
    confirmed = pl.col("delivered_at") + pl.duration(days=3 + pl.col("order_id") % 8)
    now = instant(world.clock)
    return (
        world.orders.join(parcels, on="order_id", how="left", maintain_order="left")
        .with_columns(
            kind=_kind(),
            paid_at=pl.min_horizontal(
                pl.col("created_at") + pl.duration(minutes=1 + pl.col("order_id") % 15), now
            ),
            confirmed_at=pl.when(confirmed <= now).then(confirmed),
            post_minor=pl.when(pl.col("original_minor") < FREE_POST_MINOR)
            .then(POST_MINOR)
            .otherwise(0),
        )
        .with_columns(paid_at=pl.when(pl.col("cancelled_at").is_null()).then("paid_at"))
    )


def _cases(world: World, orders: pl.DataFrame) -> pl.DataFrame:
    """A refund of a whole order is a case for each of its lines."""
    lines = world.lines.filter(~pl.col("is_removed")).select(
        "order_id",
        "line_id",
        net_minor=pl.col("unit_minor") * pl.col("quantity")
        - pl.col("automatic_minor")
        - pl.col("code_minor"),
    )
    refunds = world.refunds.rename({"line_id": "refunded_line", "created_at": "modified_at"})
    of_line = pl.col("is_full") | (pl.col("line_id") == pl.col("refunded_line"))
    paid_back = (
        refunds.join(lines, on="order_id", maintain_order="left_right")
        .filter(of_line)
        .with_columns(place=pl.int_range(pl.len()).over("refund_id"), state=pl.lit("SUCCESS"))
        .select(
            "order_id",
            "line_id",
            "state",
            "modified_at",
            case_id=pl.col("refund_id") * ids.CASES + pl.col("place"),
            amount_minor=pl.when("is_full").then("net_minor").otherwise("amount_minor"),
            applied_at=pl.col("modified_at") - timedelta(hours=APPLIED_HOURS),
        )
    )
    unpaid = _unpaid(world, orders, lines).select(paid_back.columns)
    return pl.concat([paid_back, unpaid]).with_columns(
        pl.col("modified_at").dt.truncate("1s"), pl.col("applied_at").dt.truncate("1s")
    )


def _unpaid(world: World, orders: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Cases that were closed, refused or are still open: asked for, and nothing was paid."""
    asked = pl.col("delivered_at") + timedelta(hours=30)
    chosen = orders.filter(
        (pl.col("order_id") % _UNPAID_EVERY == _UNPAID_AT)
        & (asked <= instant(world.clock))
        & ~pl.col("order_id").is_in(world.refunds["order_id"].implode())
    )
    first = lines.unique("order_id", keep="first", maintain_order=True)
    stand = (pl.col("order_id") // _UNPAID_EVERY % len(UNPAID_OUT)).cast(pl.UInt32)
    return chosen.join(first, on="order_id", maintain_order="left").select(
        "order_id",
        "line_id",
        state=pl.lit(pl.Series(list(UNPAID_OUT))).gather(stand),
        modified_at=asked,
        case_id=pl.col("order_id") * ids.CASES,
        amount_minor="net_minor",
        applied_at=pl.col("delivered_at") + timedelta(hours=6),
    )


def _trades(world: World, orders: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    paid = pl.col("state") == "SUCCESS"
    back = cases.group_by("order_id").agg(
        back_minor=pl.col("amount_minor").filter(paid).sum(),
        back_at=pl.col("modified_at").filter(paid).max(),
        case_at=pl.col("modified_at").max(),
    )
    full = world.refunds.filter("is_full")["order_id"].implode()
    rated = world.reviews["order_id"].unique().implode()
    frame = orders.join(back, on="order_id", how="left", maintain_order="left").with_columns(
        pl.col("back_minor").fill_null(0),
        is_closed=pl.col("order_id").is_in(full),
        is_rated=pl.col("order_id").is_in(rated),
    )
    return frame.with_columns(
        status=_status(),
        end_at=pl.when(pl.col("cancelled_at").is_not_null())
        .then("cancelled_at")
        .when("is_closed")
        .then("back_at")
        .otherwise("confirmed_at"),
        modified_at=pl.max_horizontal(
            "updated_at", "paid_at", "shipped_at", "confirmed_at", "case_at"
        ).dt.truncate("1s"),
    )


def _status() -> pl.Expr:
    known = ("PAID", "REFUNDED", "PARTIALLY_REFUNDED", "VOIDED")
    arrived = pl.col("delivered_at").is_not_null() & (pl.col("kind") == "cod")
    return (
        # A state that was planted must reach the client as it is.
        pl.when(~pl.col("financial_status").is_in(known))
        .then("financial_status")
        .when(pl.col("cancelled_at").is_not_null())
        .then(pl.lit("TRADE_CLOSED_BY_TAOBAO"))
        .when("is_closed")
        .then(pl.lit("TRADE_CLOSED"))
        .when(pl.col("shipped_at").is_null())
        .then(pl.lit("WAIT_SELLER_SEND_GOODS"))
        .when(pl.col("confirmed_at").is_not_null())
        .then(pl.lit("TRADE_FINISHED"))
        .when(arrived)
        .then(pl.lit("TRADE_BUYER_SIGNED"))
        .otherwise(pl.lit("WAIT_BUYER_CONFIRM_GOODS"))
    )
