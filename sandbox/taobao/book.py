"""The shop's trades at the world's clock, with their states and times, and their refund cases."""

from typing import Final, NamedTuple

import polars as pl

from sandbox.kit.frames import first_of
from sandbox.taobao.shop import Shop
from sandbox.world import aftersales
from sandbox.world.aftersales import sent
from sandbox.world.world import World

FREE_POST_MINOR: Final = 4_900
POST_MINOR: Final = 600
_STATES: Final = {
    "PAID": "SUCCESS",
    "CLOSED": "CLOSED",
    "REFUSED": "SELLER_REFUSE_BUYER",
    "OPEN": "WAIT_SELLER_AGREE",
}


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
    is_small = pl.col("original_minor") < FREE_POST_MINOR
    orders = sent(world).with_columns(
        kind=_kind(), post_minor=pl.when(is_small).then(POST_MINOR).otherwise(0)
    )
    cases = aftersales.cases(world, orders).with_columns(pl.col("state").replace_strict(_STATES))
    return Book(_trades(world, orders, cases), cases)


def _kind() -> pl.Expr:
    """The type of a trade; a call that names none misses the last two."""
    drawn = {3: "cod", 8: "step", 13: "o2o_offlinetrade", 18: "external_trade"}
    return (pl.col("order_id") % 25).replace_strict(drawn, default="fixed")


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
    closed_at = pl.when("is_closed").then("back_at").otherwise("confirmed_at")
    moves = ("updated_at", "paid_at", "shipped_at", "confirmed_at", "case_at")
    return frame.with_columns(
        status=_status(),
        end_at=pl.coalesce("cancelled_at", closed_at),
        modified_at=pl.max_horizontal(*moves).dt.truncate("1s"),
    )


def _status() -> pl.Expr:
    known = pl.col("financial_status").is_in(["PAID", "REFUNDED", "PARTIALLY_REFUNDED", "VOIDED"])
    arrived = pl.col("delivered_at").is_not_null() & (pl.col("kind") == "cod")
    status = first_of(
        (pl.col("cancelled_at").is_not_null(), "TRADE_CLOSED_BY_TAOBAO"),
        (pl.col("is_closed"), "TRADE_CLOSED"),
        (pl.col("shipped_at").is_null(), "WAIT_SELLER_SEND_GOODS"),
        (pl.col("confirmed_at").is_not_null(), "TRADE_FINISHED"),
        (arrived, "TRADE_BUYER_SIGNED"),
        otherwise="WAIT_BUYER_CONFIRM_GOODS",
    )
    # A state that was planted must reach the client as it is.
    return pl.when(known).then(status).otherwise("financial_status")
