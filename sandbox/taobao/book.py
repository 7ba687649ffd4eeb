"""The shop's trades at the world's clock with their states, and their refund cases."""

from typing import Final

import polars as pl

from sandbox.kit.frames import first_of
from sandbox.taobao.shop import Shop
from sandbox.world.aftersales import stated

FREE_POST_MINOR, POST_MINOR = 4_900, 600
_KINDS: Final = {3: "cod", 8: "step", 13: "o2o_offlinetrade", 18: "external_trade"}
"""Types of some trades; a call that names none misses the last two."""
_STATES: Final = {
    "PAID": "SUCCESS", "CLOSED": "CLOSED", "REFUSED": "SELLER_REFUSE_BUYER",
    "OPEN": "WAIT_SELLER_AGREE",
}  # fmt: skip


def trades_of(shop: Shop) -> pl.DataFrame:
    """Grain: trade; `modified_at` is the last of all that happened to it."""
    return shop.derived(_trades, shop.book().orders, shop.world.reviews)


def cases_of(shop: Shop) -> pl.DataFrame:
    """Grain: refund case of a line: `case_id`, `state`, `amount_minor`, its times."""
    return shop.book().cases.with_columns(pl.col("state").replace_strict(_STATES))


def _trades(orders: pl.DataFrame, reviews: pl.DataFrame) -> pl.DataFrame:
    is_small = pl.col("original_minor") < FREE_POST_MINOR
    closed_at = pl.when("is_back").then("back_at").otherwise("confirmed_at")
    return orders.with_columns(
        kind=(pl.col("order_id") % 25).replace_strict(_KINDS, default="fixed"),
        post_minor=pl.when(is_small).then(POST_MINOR).otherwise(0),
        end_at=pl.coalesce("cancelled_at", closed_at),
        is_rated=pl.col("order_id").is_in(reviews["order_id"].unique().implode()),
    ).with_columns(status=_status())


def _status() -> pl.Expr:
    arrived = pl.col("delivered_at").is_not_null() & (pl.col("kind") == "cod")
    return stated(
        first_of(
            (pl.col("cancelled_at").is_not_null(), "TRADE_CLOSED_BY_TAOBAO"),
            (pl.col("is_back"), "TRADE_CLOSED"),
            (pl.col("shipped_at").is_null(), "WAIT_SELLER_SEND_GOODS"),
            (pl.col("confirmed_at").is_not_null(), "TRADE_FINISHED"),
            (arrived, "TRADE_BUYER_SIGNED"),
            otherwise="WAIT_BUYER_CONFIRM_GOODS",
        )
    )
